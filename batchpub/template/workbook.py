"""A workbook for staff whose id column cannot lose digits.

The whole id columns are text before anybody types, cells can be filled in but not reformatted (the sheet is protected
without a password, which stops accidents and nobody else), what is typed is checked at once, and the first sheet says how
to paste an id. A paste can still carry a number in; the loader refuses that.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchpub.errors import CannotWrite
from batchpub.plan import PlanOptions, say_digits
from batchpub.sheet.grid import name_column

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.worksheet import Worksheet

ROWS = 5_000  # filled in by hand, nobody gets further; the formats hold for the whole columns
_COLUMNS = (  # heading, width, what the input message says
    ("Course ID", 24, "{digits}, copied from Zoho. The cell is text: keep it so."),
    ("Course name", 44, "As it is in Zoho; it shows mistakes in the id."),
    ("Batch ID", 24, "Only for a batch of a blended course: {digits}. Otherwise leave it empty."),
    ("Notify", 10, "yes: learners get a mail. no or empty: they do not."),
    ("Publish", 10, "no: leave this course out this time."),
    ("Confirmed", 12, "yes: the id really ends in zeros."),
)
_IDS = ("Course ID", "Batch ID")
_A4 = 9
_ONE_LINE = 106  # characters that fit into the width of a step
_WORDS = {"Notify": ["yes", "no"], "Publish": ["yes", "no"], "Confirmed": ["yes"]}
_STEPS = (
    "Write one course into each row of the sheet “Courses”.",
    "Copy the id of the course from Zoho: it is the number of {digits} in the address of the course's page.",
    "Paste it as text: Ctrl+Shift+V, or right-click → Paste Options → Keep Text Only.",
    "Look at it: all its digits must be there ({digits}). A red cell holds no id. If you see 4.78E+17, or zeros at the end, empty the cell and "
    "paste again as text; changing the format alone does not bring the digits back.",
    "Write the course's name beside it. Nobody can see from an id alone that it is the wrong one.",
    "Notify: yes mails the learners of this course; no, or nothing, does not.",
    "Publish: no leaves a course out this time.",
    "Save as an Excel workbook (.xlsx). Do not save as CSV and open that again: Excel rounds the ids in a CSV.",
)
_WHY = (
    "Why so careful? A spreadsheet keeps only 15 digits of a number. An id that was a number for a moment names another course.",
    "The sheets are protected so that the columns stay text. There is no password: Review → Unprotect Sheet.",
)
_WRONG = {"bg_color": "#F8CBAD", "font_color": "#9C0006"}


def write_template(path: str | Path, *, id_digits: tuple[int, int] = PlanOptions().id_digits) -> None:
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


def _write_how_to(workbook: "xlsxwriter.Workbook", id_digits: tuple[int, int]) -> None:
    sheet = workbook.add_worksheet("Read me first")
    title = workbook.add_format({"bold": True, "font_size": 16, "font_color": "#1F3864"})
    number = workbook.add_format({"bold": True, "valign": "top", "align": "right", "font_color": "#1F3864"})
    step = workbook.add_format({"text_wrap": True, "valign": "top"})
    small = workbook.add_format({"text_wrap": True, "valign": "top", "italic": True, "font_color": "#595959"})
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 4)
    sheet.set_column(1, 1, 96)
    sheet.write_string(0, 0, "How to fill in this workbook", title)
    for index, line in enumerate(_STEPS, start=1):
        text = line.format(digits=say_digits(id_digits))
        sheet.set_row(index + 1, 34 if len(text) > _ONE_LINE else 18)
        sheet.write_string(index + 1, 0, f"{index}.", number)
        sheet.write_string(index + 1, 1, text, step)
    for row, line in enumerate(_WHY, start=len(_STEPS) + 3):
        sheet.set_row(row, 34 if len(line) > _ONE_LINE else 18)
        sheet.write_string(row, 1, line, small)
    _lay_out_print(sheet)
    sheet.protect()


def _lay_out_print(sheet: "Worksheet") -> None:
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)


def _write_courses(workbook: "xlsxwriter.Workbook", id_digits: tuple[int, int]) -> None:
    sheet = workbook.add_worksheet("Courses")
    heading = workbook.add_format(
        {"bold": True, "bg_color": "#1F3864", "font_color": "#FFFFFF", "num_format": "@", "valign": "vcenter"}
    )
    text = workbook.add_format({"num_format": "@", "locked": False})
    digits = workbook.add_format({"num_format": "@", "locked": False, "font_name": "Consolas"})
    wrong = workbook.add_format(_WRONG)
    sheet.set_row(0, 22)
    for column, (name, width, message) in enumerate(_COLUMNS):
        sheet.set_column(column, column, width, digits if name in _IDS else text)
        sheet.write_string(0, column, name, heading)
        sheet.data_validation(
            1, column, ROWS, column, _validate(name, column, message.format(digits=say_digits(id_digits)), id_digits)
        )
        if name in _IDS:  # a paste is not validated: it must be seen
            cell = f"{name_column(column)}2"
            formula = f'=AND({cell}<>"",NOT({_say_is_id(cell, id_digits)[1:]}))'
            sheet.conditional_format(1, column, ROWS, column, {"type": "formula", "criteria": formula, "format": wrong})
    sheet.freeze_panes(1, 0)
    _lay_out_print(sheet)
    sheet.repeat_rows(0)
    sheet.set_footer("&L&A&RPage &P of &N")
    sheet.ignore_errors(
        {"number_stored_as_text": f"A1:F{ROWS + 1}"}
    )  # the green corners that invite to convert to numbers
    sheet.protect(
        "", {"format_cells": False, "format_columns": True, "insert_rows": True, "delete_rows": True, "sort": True}
    )
    sheet.activate()


def _validate(name: str, column: int, message: str, id_digits: tuple[int, int]) -> dict[str, Any]:
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
    cell = f"{name_column(column)}2"
    return {
        **told,
        "validate": "custom",
        "value": _say_is_id(cell, id_digits),
        "error_title": f"This is no {name}",
        "error_message": f"{say_digits(id_digits)} as text, nothing else. Copy the id from Zoho again and paste it as text.",
    }


def _say_is_id(cell: str, id_digits: tuple[int, int]) -> str:
    """Write the formula that is true for a text of so many digits 0-9.

    Beyond the end of a text MID gives "", which FIND finds everywhere: one row of digits serves for all lengths.
    """
    least, most = id_digits
    length = f"LEN({cell})={most}" if least == most else f"LEN({cell})>={least},LEN({cell})<={most}"
    digit = f'MID({cell},ROW(INDIRECT("1:{most}")),1)'
    return f'=AND(ISTEXT({cell}),{length},SUMPRODUCT(--ISNUMBER(FIND({digit},"0123456789")))={most})'
