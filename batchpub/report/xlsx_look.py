"""How the workbook looks: formats, colours, widths, heights and paper."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from io import BytesIO
from itertools import islice
from math import ceil
from typing import Any

from batchpub.course import Outcome
from batchpub.record import RunRecord
from batchpub.report.text import cut_cell, neutralise
from batchpub.report.totals import TONES, Tone

MESSAGE_WIDTH = 60  # of a column in characters; longer sentences are wrapped
SUMMARY_WIDTHS = (18, 9, 83)  # of the summary's columns; together they fill a sheet of paper
TITLE_POINTS = 14
TITLE_SCALE = 1.6  # so much more room than plain letters of 11 points take bold ones of 14
_LETTER_WIDTH = 0.9  # of a letter on average; a column is measured in digits
_LINE_POINTS = 15.5  # height of a line
_TALLEST = 409.0  # "Excel specifications and limits": a row's height in points
_NARROWEST, _WIDEST = 8, 50
_ROWS_MEASURED = 200  # for the widths; more would cost time and show nothing new
_A4 = 9  # XlsxWriter: worksheet.set_paper()
_TOP = {"valign": "top"}
_HEADING = {"bold": True, "bottom": 1}
_INDENTED = {"align": "left", "indent": 1}
_COLOURS = {
    Tone.GOOD: {"bg_color": "#C6EFCE", "font_color": "#0B5A22"},
    Tone.WATCH: {"bg_color": "#FFEB9C", "font_color": "#6B4500"},
    Tone.BAD: {"bg_color": "#FFC7CE", "font_color": "#8E1510"},
    Tone.QUIET: {"bg_color": "#E7E6E6", "font_color": "#333333"},
}
FILLS = {tone: colours["bg_color"] for tone, colours in _COLOURS.items()}
"""The colour behind an outcome, as #RRGGBB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookStyles:
    """The formats of one workbook. `text` is the format in which a spreadsheet keeps what is typed letter for letter."""

    plain: Any
    text: Any
    wrapped: Any
    indented: Any
    bold: Any
    heading: Any
    indented_heading: Any
    title: Any
    outcomes: dict[Outcome, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLine:
    """What stands in our columns of one row; `lines` is how many lines the longest of it takes."""

    texts: tuple[str, ...]
    tone: Tone | None = None
    lines: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is added to one sheet: a line by row number. `first` is the column to begin in, where an earlier answer stands there."""

    name: str
    heading_row: int
    lines: Mapping[int, SheetLine]
    widths: tuple[float, ...]
    first: int | None = None


def make_styles(book: Any) -> BookStyles:
    """Make the formats; XlsxWriter keeps them in the workbook they are made for."""
    return BookStyles(
        plain=book.add_format(_TOP),
        text=book.add_format({"num_format": "@", **_TOP}),
        wrapped=book.add_format({"text_wrap": True, **_TOP}),
        indented=book.add_format({**_INDENTED, **_TOP}),
        bold=book.add_format({"bold": True, **_TOP}),
        heading=book.add_format(_HEADING),
        indented_heading=book.add_format({**_HEADING, **_INDENTED}),
        title=book.add_format({"bold": True, "font_size": TITLE_POINTS, "text_wrap": True, **_TOP}),
        outcomes={outcome: book.add_format({**_COLOURS[tone], **_TOP}) for outcome, tone in TONES.items()},
    )


@contextmanager
def open_workbook(file: BytesIO, run: RunRecord) -> Iterator[tuple[Any, BookStyles]]:
    """Give a workbook that is written into the file at the end, with its formats. No text becomes anything but text."""
    import xlsxwriter  # noqa: PLC0415 - `--help` and `check` write no workbook

    as_text = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(file, as_text) as book:
        book.set_properties({"created": run.started_at.astimezone(UTC).replace(tzinfo=None)})
        yield book, make_styles(book)


def furnish(page: Any, *, heading: int, last: int, columns: range) -> None:
    """Freeze what is above the rows, turn the filter on, keep green corners off the ids, and prepare the paper.

    `heading` and `last` are lines that count from 0.
    """
    page.freeze_panes(heading + 1, 0)
    page.autofilter(heading, columns.start, last, columns.stop - 1)
    page.ignore_errors({"number_stored_as_text": f"A1:XFD{last + 1}"})
    page.repeat_rows(heading)
    prepare_print(page, landscape=True)


def write_text(page: Any, line: int, column: int, text: str, cell_format: Any) -> None:
    """Write a text that stays text, however long it is; nothing for an empty one."""
    if text:
        page.write_string(line, column, cut_cell(neutralise(text)), cell_format)


def measure_width(heading: str, texts: Iterable[str]) -> int:
    """Give a column's width in characters, with room for the filter's arrow."""
    longest = max([len(heading) + 3, *map(len, islice(texts, _ROWS_MEASURED))])
    return min(max(longest + 1, _NARROWEST), _WIDEST)


def count_lines(text: str, width: float) -> int:
    """Count the lines a text needs when it is wrapped to so many characters."""
    return sum(max(1, ceil(len(line) * _LETTER_WIDTH / width)) for line in text.split("\n"))


def set_height(page: Any, line: int, lines: int, *, scale: float = 1.0) -> None:
    """Make a row tall enough for so many lines: neither merged cells nor LibreOffice do so by themselves."""
    if lines > 1 or scale > 1:
        page.set_row(line, line_height(lines, scale=scale))


def line_height(lines: int, *, scale: float = 1.0) -> float:
    """Give the height of a row of so many lines, in points."""
    return min(_TALLEST, _LINE_POINTS * scale * lines)


def prepare_print(page: Any, *, landscape: bool) -> None:
    """Put a page's whole width on A4."""
    page.set_paper(_A4)
    page.fit_to_pages(1, 0)
    if landscape:
        page.set_landscape()
