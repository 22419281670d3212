"""Staff's own file back: one workbook for each file handed in, every cell where it was, what became of it on the right."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO
from itertools import chain, count
from pathlib import PurePath
from typing import Any

from batchpub.cells import Layout
from batchpub.course import Outcome, PlannedSheet
from batchpub.record import RowRecord, RunRecord
from batchpub.report.attention import drop_place
from batchpub.report.table import find_own_columns, pick_own
from batchpub.report.totals import TONES, advice, name_outcome
from batchpub.report.xlsx_look import (
    MESSAGE_WIDTH,
    BookStyles,
    Page,
    SheetLine,
    count_lines,
    furnish,
    measure_width,
    open_workbook,
    set_height,
    write_text,
)

FOLDER = "staff"
"""The folder inside the reports' that holds these workbooks."""

HEADINGS = ("Result", "What it means, what to do", "Published or tried")
NO_TURN = "The run ended before this row's turn. There is nothing to correct: it is done when the run goes on."
_OF_SETTINGS = re.compile(r"\s*\([^()]*\bthe setting [^()]*\)")  # what a sentence adds for whoever runs the command
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,10})(\.[0-9]{1,6})?")  # longer ones would be shown rounded
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")  # of a worksheet: "Rename a worksheet", Microsoft Support
_LONGEST_NAME = 31
_WIDTHS = (16, MESSAGE_WIDTH, 38)


ReadKept = Callable[[str], bytes | None]
"""Gives a file that was handed in by its SHA-256, None where it is gone."""


def write_own_files(run: RunRecord, read_kept: ReadKept = lambda _: None) -> Iterator[tuple[str, bytes]]:
    """Give each workbook with its path inside the reports' folder, named after the file that it answers.

    An .xlsx that is still there comes back as it is, with our columns added; of everything else a workbook is made.
    """
    files: dict[str, list[int]] = {}
    for index, sheet in enumerate(run.sheets):
        if not sheet.refused:
            files.setdefault(sheet.file, []).append(index)
    taken: set[str] = set()
    for file, indexes in files.items():
        yield f"{FOLDER}/{_name_file(file, taken)}", _add_to_own(run, indexes, read_kept) or _write_book(run, indexes)


def _name_file(file: str, taken: set[str]) -> str:
    stem = PurePath(file).stem or "list"
    others = (f"{stem} ({number}) - results.xlsx" for number in count(2))
    return _choose_free(f"{stem} - results.xlsx", others, taken)


def _choose_free(usual: str, others: Iterable[str], taken: set[str]) -> str:
    """Give the first name that is free, whatever its capitals, and take it."""
    name = next(name for name in chain([usual], others) if name.casefold() not in taken)
    taken.add(name.casefold())
    return name


def _add_to_own(run: RunRecord, indexes: Sequence[int], read_kept: ReadKept) -> bytes | None:
    """Add our columns to the workbook that was handed in, where it is one and is kept."""
    sheets = [run.sheets[index] for index in indexes]
    data = read_kept(sheets[0].sha256) if sheets[0].sha256 else None
    if data is None or not data.startswith(b"PK") or not all(sheet.layout for sheet in sheets):
        return None
    from batchpub.report.own_workbook import add_results  # noqa: PLC0415 - most runs are of one kind of file

    return add_results(data, [_make_page(run, index) for index in indexes])


def _make_page(run: RunRecord, index: int) -> Page:
    sheet = run.sheets[index]
    layout = sheet.layout or Layout(row=1, columns=())
    lines = {layout.row: SheetLine(texts=HEADINGS)}
    for row in run.rows:
        if row.sheet_index == index:
            texts = _say_row(row)
            lines[row.row] = SheetLine(texts=texts, tone=TONES[row.outcome], lines=count_lines(texts[1], MESSAGE_WIDTH))
    is_answer = sheet.headings[-len(HEADINGS) :] == HEADINGS and len(layout.columns) == len(sheet.headings)
    first = layout.columns[-len(HEADINGS)] if is_answer else None
    return Page(name=sheet.sheet, heading_row=layout.row, lines=lines, widths=_WIDTHS, first=first)


def _say_row(row: RowRecord) -> tuple[str, ...]:
    """Give what stands in our columns of a row."""
    tried = show_local(row.finished_at) if row.finished_at is not None and row.attempts else ""
    return name_outcome(row.outcome), say_to_staff(row), tried


def _write_book(run: RunRecord, indexes: Sequence[int]) -> bytes:
    file, names = BytesIO(), set[str]()
    with open_workbook(file, run) as (book, styles):
        for index in indexes:
            rows = [row for row in run.rows if row.sheet_index == index]
            page = book.add_worksheet(_name_page(run.sheets[index].sheet, names))
            _write_page(page, run.sheets[index], rows, styles)
    return file.getvalue()


def _name_page(name: str, taken: set[str]) -> str:
    plain = _NOT_IN_NAMES.sub(" ", name).strip(" '")[:_LONGEST_NAME] or "List"
    return _choose_free(plain, (f"{plain[: _LONGEST_NAME - 4]} {number}" for number in count(2)), taken)


def _write_page(page: Any, sheet: PlannedSheet, rows: Sequence[RowRecord], styles: BookStyles) -> None:
    own = find_own_columns(sheet)
    layout = _lay_out(sheet, own, rows)
    cells = [pick_own(row, own) for row in rows]
    first_ours = max(layout.columns, default=-1) + 1
    for number, column, text in layout.above:
        write_text(page, number - 1, column, text, styles.bold)
    for place, column in enumerate(layout.columns):
        heading = sheet.headings[own[place]]
        page.set_column(column, column, measure_width(heading, (texts[place] for texts in cells)), styles.text)
        write_text(page, layout.row - 1, column, heading, styles.heading)
    for place, heading in enumerate(HEADINGS):
        column = first_ours + place
        page.set_column(column, column, _WIDTHS[place], styles.text if place else None)
        write_text(page, layout.row - 1, column, heading, styles.heading)
    for row, texts in zip(rows, cells, strict=True):
        for column, text in zip(layout.columns, texts, strict=True):
            _write_own(page, row.row - 1, column, text, styles)
        said = _say_row(row)
        for place, cell_format in enumerate((styles.outcomes[row.outcome], styles.wrapped, styles.plain)):
            write_text(page, row.row - 1, first_ours + place, said[place], cell_format)
        set_height(page, row.row - 1, count_lines(said[1], MESSAGE_WIDTH))
    last_row = max((row.row for row in rows), default=layout.row)
    columns = range(min(layout.columns, default=0), first_ours + len(HEADINGS))
    furnish(page, heading=layout.row - 1, last=last_row - 1, columns=columns)


def _lay_out(sheet: PlannedSheet, own: Sequence[int], rows: Sequence[RowRecord]) -> Layout:
    """Give where the table stood; where nobody knows any more, at the top, unless a row's number says otherwise."""
    if sheet.layout is not None and len(sheet.layout.columns) == len(sheet.headings):
        columns = tuple(sheet.layout.columns[index] for index in own)
        return Layout(row=sheet.layout.row, columns=columns, above=sheet.layout.above)
    return Layout(row=max(1, min((row.row for row in rows), default=2) - 1), columns=tuple(range(len(own))))


def _write_own(page: Any, line: int, column: int, text: str, styles: BookStyles) -> None:
    """Write what a person wrote: a plain number as a number, an id or anything else as text."""
    if _NUMBER.fullmatch(text):
        page.write_number(line, column, float(text), styles.plain)
    else:
        write_text(page, line, column, text, styles.text)


def say_to_staff(row: RowRecord) -> str:
    """Say what became of a row to a person who has the sheet and no command line: without settings and commands."""
    if row.outcome is Outcome.NOT_ATTEMPTED:
        return NO_TURN
    return _OF_SETTINGS.sub("", drop_place(row.cell, row.message)) or advice(row.outcome)


def show_local(moment: datetime) -> str:
    """Write a moment in the zone of this machine, with UTC beside it where that is another one."""
    here, there = moment.astimezone(), moment.astimezone(UTC)
    local = f"{here:%Y-%m-%d %H:%M}"
    return f"{local} UTC" if here.utcoffset() == there.utcoffset() else f"{local} {here:%Z} ({there:%H:%M} UTC)"
