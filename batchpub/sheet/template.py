"""A workbook for staff whose id column cannot lose digits.

The whole id columns are text before anybody types, cells can be filled in but not reformatted (the sheet is protected
without a password, which stops accidents and nobody else), what is typed is checked at once, and the first sheet says how
to paste an id. A paste can still carry a number in; the loader refuses that.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchpub.errors import CannotWrite
from batchpub.plan import PlanOptions

if TYPE_CHECKING:
    import xlsxwriter

ROWS = 5_000  # filled in by hand, nobody gets further; the formats hold for the whole columns
_COLUMNS = (  # heading, width, what the input message says
    ("Course ID", 24, "{digits} digits, copied from Zoho. The cell is text: keep it so."),
    ("Course name", 44, "As it is in Zoho; it shows mistakes in the id."),
    ("Batch ID", 24, "Only for a batch of a blended course: {digits} digits. Otherwise leave it empty."),
    ("Notify", 10, "yes: learners get a mail. no or empty: they do not."),
    ("Publish", 10, "no: leave this course out this time."),
    ("Confirmed", 12, "yes: the id really ends in 000."),
)
_IDS = ("Course ID", "Batch ID")
_WORDS = {"Notify": ["yes", "no"], "Publish": ["yes", "no"], "Confirmed": ["yes"]}
_HOW_TO = (
    "How to fill in this workbook",
    "",
    "1.  Write one course into each row of the sheet “Courses”.",
    "2.  Copy the id of the course from Zoho: it is the number of {digits} digits in the address of the course's page.",
    "3.  Paste it with Paste Special → Text (Ctrl+Shift+V, or right-click → Paste Options → Keep Text Only).",
    "4.  Look at it: all {digits} digits must be there. If you see 4.78E+17, or zeros at the end, empty the cell and paste again as text.",
    "5.  Write the course's name beside it. Nobody can see from an id alone that it is the wrong one.",
    "6.  Notify: yes mails the learners of this course; no, or nothing, does not.",
    "7.  Publish: no leaves a course out this time.",
    "8.  Save as an Excel workbook (.xlsx). Do not save as CSV and open that again: Excel rounds ids in a CSV.",
    "",
    "Why so careful? A spreadsheet keeps only 15 digits of a number. An id that was a number for a moment names another course.",
    "The sheet is protected so that the columns stay text. There is no password: Review → Unprotect Sheet.",
)


def write_template(path: str | Path, *, id_digits: int = PlanOptions().id_digits) -> None:
    """Write an empty workbook for a list of courses, replacing what is there. Raises CannotWrite."""
    import xlsxwriter  # noqa: PLC0415 - only this command needs it
    from xlsxwriter.exceptions import XlsxWriterException  # noqa: PLC0415

    try:
        workbook = xlsxwriter.Workbook(
            str(path), {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
        )
        _write_how_to(workbook, id_digits)
        _write_courses(workbook, id_digits)
        workbook.close()
    except (OSError, XlsxWriterException) as error:
        raise CannotWrite(
            f"{path}: the template cannot be written ({error}). Give another file name or folder."
        ) from error


def _write_how_to(workbook: "xlsxwriter.Workbook", id_digits: int) -> None:
    sheet = workbook.add_worksheet("Read me first")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 120, workbook.add_format({"text_wrap": True, "valign": "top"}))
    title = workbook.add_format({"bold": True, "font_size": 14})
    for row, line in enumerate(_HOW_TO):
        sheet.write_string(row, 0, line.format(digits=id_digits), title if row == 0 else None)
    sheet.protect()


def _write_courses(workbook: "xlsxwriter.Workbook", id_digits: int) -> None:
    sheet = workbook.add_worksheet("Courses")
    heading = workbook.add_format({"bold": True, "bg_color": "#D9E1F2", "bottom": 1, "num_format": "@"})
    text = workbook.add_format({"num_format": "@", "locked": False})
    for column, (name, width, message) in enumerate(_COLUMNS):
        sheet.set_column(column, column, width, text)
        sheet.write_string(0, column, name, heading)
        sheet.data_validation(
            1, column, ROWS, column, _validate(name, column, message.format(digits=id_digits), id_digits)
        )
    sheet.freeze_panes(1, 0)
    sheet.ignore_errors(
        {"number_stored_as_text": f"A1:F{ROWS + 1}"}
    )  # the green corners that invite to convert to numbers
    sheet.protect(
        "", {"format_cells": False, "format_columns": True, "insert_rows": True, "delete_rows": True, "sort": True}
    )
    sheet.activate()


def _validate(name: str, column: int, message: str, id_digits: int) -> dict[str, Any]:
    told = {"input_title": name, "input_message": message}
    if name in _WORDS:
        return {
            **told,
            "validate": "list",
            "source": _WORDS[name],
            "error_title": f"{name}: {' or '.join(_WORDS[name])}",
            "error_message": f"Write {' or '.join(_WORDS[name])}, or leave the cell empty.",
        }
    if name not in _IDS:
        return {**told, "validate": "any"}
    cell = f"{'ABCDEF'[column]}2"
    return {
        **told,
        "validate": "custom",
        "value": _say_is_id(cell, id_digits),
        "error_title": f"This is no {name}",
        "error_message": f"Exactly {id_digits} digits as text, nothing else. Copy the id from Zoho again and paste it as text.",
    }


def _say_is_id(cell: str, id_digits: int) -> str:
    """Write the formula that is true for a text of so many digits 0-9."""
    digit = f'MID({cell},ROW(INDIRECT("1:{id_digits}")),1)'
    return (
        f'=AND(ISTEXT({cell}),LEN({cell})={id_digits},SUMPRODUCT(--ISNUMBER(FIND({digit},"0123456789")))={id_digits})'
    )
