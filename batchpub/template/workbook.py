"""A workbook for staff whose id column cannot lose digits.

The whole id columns are text before anybody types, cells can be filled in but not reformatted (the sheet is protected
without a password, which stops accidents and nobody else), what is typed is checked at once, and the first sheet says how
to paste an id. A paste can still carry a number in; the loader refuses that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchpub.errors import CannotWrite
from batchpub.plan import PlanOptions
from batchpub.plan.vocabulary import LANGUAGES
from batchpub.sheet.grid import name_column
from batchpub.template.texts import TEXTS, Texts

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.worksheet import Worksheet

ROWS = 5_000  # filled in by hand, nobody gets further; the formats hold for the whole columns
_WIDTHS = {"course_id": 24, "course_name": 44, "batch_id": 24, "notify": 16, "publish": 16, "confirmed": 14}
"""Every column by its role, in its order, with its width."""
_IDS = ("course_id", "batch_id")
_WORDS = {"notify": ("yes", "no"), "publish": ("yes", "no"), "confirmed": ("yes",)}
_FREE_COLUMNS = 20  # on the right, for whoever fills it in
_A4 = 9
_ONE_LINE = 106  # letters that fit into the width of a step; two of Japanese take the room of three
_WIDE = "\u2e80"  # from here on letters are wide
_WRONG = {"bg_color": "#F8CBAD", "font_color": "#9C0006"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """One template on its way: its language, the texts of it, and what they speak of."""

    texts: Texts
    headings: dict[str, str]
    words: dict[str, str]
    least: int
    most: int

    def say(self, text: str, **more: str) -> str:
        """Fill in what a text speaks of."""
        shape = self.texts.digits if self.least == self.most else self.texts.digits_between
        digits = shape.format(least=self.least, most=self.most)
        return text.format(digits=digits, courses=self.texts.courses, **self.words, **self.headings, **more)


def write_template(
    path: str | Path, *, id_digits: tuple[int, int] = PlanOptions().id_digits, language: str = "en"
) -> None:
    """Write an empty workbook for a list of courses, replacing what is there. Raises CannotWrite."""
    import xlsxwriter  # noqa: PLC0415 - only this command needs it
    from xlsxwriter.exceptions import XlsxWriterException  # noqa: PLC0415

    spoken = LANGUAGES[language]
    made = _Made(
        texts=TEXTS[language],
        headings={role: getattr(spoken, role)[0] for role in _WIDTHS},
        words={"yes": spoken.yes[0], "no": spoken.no[0]},
        least=id_digits[0],
        most=id_digits[1],
    )
    try:
        workbook = xlsxwriter.Workbook(
            str(path), {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
        )
        _write_how_to(workbook, made)
        _write_courses(workbook, made)
        workbook.close()
    except (OSError, XlsxWriterException) as error:
        raise CannotWrite(
            f"{path}: the template cannot be written ({error}). Give another file name or folder."
        ) from error


def _write_how_to(workbook: "xlsxwriter.Workbook", made: _Made) -> None:
    sheet = workbook.add_worksheet(made.texts.read_me)
    title = workbook.add_format({"bold": True, "font_size": 16, "font_color": "#1F3864"})
    number = workbook.add_format({"bold": True, "valign": "top", "align": "right", "font_color": "#1F3864"})
    step = workbook.add_format({"text_wrap": True, "valign": "top"})
    small = workbook.add_format({"text_wrap": True, "valign": "top", "italic": True, "font_color": "#595959"})
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 4)
    sheet.set_column(1, 1, 96)
    sheet.write_string(0, 0, made.texts.title, title)
    for row, line, text in _lay_out_steps(made):
        sheet.set_row(row, 2 + 16 * _count_lines(text))
        if line:
            sheet.write_string(row, 0, f"{line}.", number)
        sheet.write_string(row, 1, text, step if line else small)
    _lay_out_print(sheet)
    sheet.protect()


def _lay_out_steps(made: _Made) -> Iterator[tuple[int, int, str]]:
    """Give row, number (0 for none) and text of every line under the title."""
    for number, text in enumerate(made.texts.steps, start=1):
        yield number + 1, number, made.say(text)
    for row, text in enumerate(made.texts.why, start=len(made.texts.steps) + 3):
        yield row, 0, made.say(text)


def _count_lines(text: str) -> int:
    return 1 + int(sum(1.6 if letter >= _WIDE else 1 for letter in text) / _ONE_LINE)


def _lay_out_print(sheet: "Worksheet") -> None:
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)


def _write_courses(workbook: "xlsxwriter.Workbook", made: _Made) -> None:
    sheet = workbook.add_worksheet(made.texts.courses)
    heading = workbook.add_format(
        {"bold": True, "bg_color": "#1F3864", "font_color": "#FFFFFF", "num_format": "@", "valign": "vcenter"}
    )
    text = workbook.add_format({"num_format": "@", "locked": False})
    digits = workbook.add_format({"num_format": "@", "locked": False, "font_name": "Consolas"})
    wrong = workbook.add_format(_WRONG)
    sheet.set_row(0, 22)
    for column, (role, width) in enumerate(_WIDTHS.items()):
        sheet.set_column(column, column, width, digits if role in _IDS else text)
        sheet.write_string(0, column, made.headings[role], heading)
        sheet.data_validation(1, column, ROWS, column, _validate(role, column, made))
        if role in _IDS:  # a paste is not validated: it must be seen
            cell = f"{name_column(column)}2"
            formula = f'=AND({cell}<>"",NOT({_say_is_id(cell, (made.least, made.most))[1:]}))'
            sheet.conditional_format(1, column, ROWS, column, {"type": "formula", "criteria": formula, "format": wrong})
    last = len(_WIDTHS) - 1
    sheet.set_column(last + 1, last + _FREE_COLUMNS, 16, text)
    sheet.autofilter(0, 0, ROWS, last)
    sheet.freeze_panes(1, 0)
    _lay_out_print(sheet)
    sheet.repeat_rows(0)
    sheet.set_footer(f"&L&A&R{made.texts.page}")
    sheet.ignore_errors(
        {"number_stored_as_text": f"A1:{name_column(last)}{ROWS + 1}"}
    )  # the green corners that invite to convert to numbers
    allowed = ("format_columns", "insert_rows", "delete_rows", "sort", "autofilter")
    sheet.protect("", {"format_cells": False, **dict.fromkeys(allowed, True)})
    sheet.activate()


def _validate(role: str, column: int, made: _Made) -> dict[str, Any]:
    name = made.headings[role]
    hint = {"input_title": name, "input_message": made.say(made.texts.hints[role])}
    if role in _WORDS:
        words = [made.words[word] for word in _WORDS[role]]
        shown = " / ".join(words)
        return {
            **hint,
            "validate": "list",
            "source": words,
            "error_title": f"{name}: {shown}",
            "error_message": made.say(made.texts.no_word, words=shown),
        }
    if role not in _IDS:
        return {**hint, "validate": "any"}
    return {
        **hint,
        "validate": "custom",
        "value": _say_is_id(f"{name_column(column)}2", (made.least, made.most)),
        "error_title": made.say(made.texts.no_id, heading=name),
        "error_message": made.say(made.texts.no_id_message),
    }


def _say_is_id(cell: str, id_digits: tuple[int, int]) -> str:
    """Write the formula that is true for a text of so many digits 0-9.

    Beyond the end of a text MID gives "", which FIND finds everywhere: one row of digits serves for all lengths.
    """
    least, most = id_digits
    length = f"LEN({cell})={most}" if least == most else f"LEN({cell})>={least},LEN({cell})<={most}"
    digit = f'MID({cell},ROW(INDIRECT("1:{most}")),1)'
    return f'=AND(ISTEXT({cell}),{length},SUMPRODUCT(--ISNUMBER(FIND({digit},"0123456789")))={most})'
