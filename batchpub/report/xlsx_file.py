"""results.xlsx: a summary to read first, then the person's own sheet with our columns behind it."""

from datetime import UTC
from io import BytesIO
from typing import Any

import xlsxwriter

from batchpub.course import Outcome
from batchpub.errors import CannotWrite
from batchpub.record import RunRecord
from batchpub.report.table import IDS, OURS, Table, build_table
from batchpub.report.text import cut_cell, is_digits, is_id, neutralise, show_time
from batchpub.report.totals import PROBLEMS, advice, count_outcomes, name_outcome, summary_sentence

_MOST_ROWS = 1_048_575  # "Excel specifications and limits", less the heading
_MOST_COLUMNS = 16_384
_NARROWEST, _WIDEST = 8, 50
_ROWS_MEASURED = 200  # for the widths; more would cost time and show nothing new
_AS_TEXT = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
_GOOD, _WATCH, _BAD, _QUIET = "#C6EFCE", "#FFEB9C", "#FFC7CE", "#E7E6E6"
_COLOURS = {
    Outcome.PUBLISHED: _GOOD,
    Outcome.ALREADY_PUBLISHED: _GOOD,
    Outcome.REFUSED: _BAD,
    Outcome.FAILED: _BAD,
    Outcome.UNKNOWN: _WATCH,
    Outcome.NOT_ATTEMPTED: _WATCH,
    Outcome.INVALID: _BAD,
    Outcome.DUPLICATE: _QUIET,
    Outcome.SKIPPED: _QUIET,
}


def write_xlsx(run: RunRecord) -> bytes:
    """Write the workbook; every cell is text but the totals. Raises CannotWrite for more rows than a sheet can hold."""
    table = build_table(run)
    if len(run.rows) > _MOST_ROWS or len(table.own_headings) + len(OURS) > _MOST_COLUMNS:
        raise CannotWrite("A workbook cannot hold so many rows or columns. Use results.csv.")
    file = BytesIO()
    with xlsxwriter.Workbook(file, _AS_TEXT) as book:
        book.set_properties({"created": run.started_at.astimezone(UTC).replace(tzinfo=None)})
        _write_summary(book, run)
        _write_results(book, table)
    return file.getvalue()


def _write_summary(book: Any, run: RunRecord) -> None:
    """Write sentences, never a stranger's text alone in a cell: a sheet named "Course ID" would read as a heading."""
    page = book.add_worksheet("Summary")
    bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    colours = _make_colours(book)
    page.set_column(0, 0, 18)
    page.set_column(1, 1, 10)
    page.set_column(2, 2, 90)
    page.write_string(0, 0, cut_cell(neutralise(summary_sentence(run))), bold)
    page.write_row(2, 0, ("Outcome", "Rows", "What to do"), bold)
    totals = count_outcomes(run)
    for line, (outcome, count) in enumerate(totals.items(), start=3):
        page.write_string(line, 0, name_outcome(outcome), colours[outcome.value])
        page.write_number(line, 1, count)
        page.write_string(line, 2, advice(outcome), wrap)
    for line, sentence in enumerate(_tell_run(run), start=4 + len(totals)):
        page.write_string(line, 0, cut_cell(neutralise(sentence)))


def _tell_run(run: RunRecord) -> list[str]:
    ended = f"finished {show_time(run.finished_at)}" if run.finished_at else "not finished"
    problems = sum(count_outcomes(run)[outcome] for outcome in PROBLEMS)
    told = [
        f"What to do next: {'look at the coloured rows of the sheet Results' if problems else 'nothing'}.",
        f"Run {run.run} on {run.portal}: started {show_time(run.started_at)}, {ended}.",
    ]
    if run.stop_reason:
        told.append(f"It stopped early: {run.stop_reason}")
    if run.resume_command:
        told.append(f"To go on, run: {run.resume_command}")
    for sheet in run.sheets:
        told.append(f"Read from {sheet.file}" + (f", sheet {sheet.sheet}" if sheet.sheet else ""))
        told += [f"Note: {note}" for note in sheet.notes]
    return told


def _write_results(book: Any, table: Table) -> None:
    page = book.add_worksheet("Results")
    text_format, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "bottom": 1})
    colours = _make_colours(book)
    headings = (*table.own_headings, *OURS)
    own = len(table.own_headings)
    id_columns = {own + OURS.index(heading) for heading in IDS}
    rows = [(*mine, *ours) for mine, ours in zip(table.own_rows, table.our_rows, strict=True)]
    _set_widths(page, headings, rows)
    for column, heading in enumerate(headings):
        page.write_string(0, column, cut_cell(neutralise(heading)), bold)
    for line, cells in enumerate(rows, start=1):
        for column, text in enumerate(cells):
            if not text:
                continue
            as_id = is_id(text) or (column in id_columns and is_digits(text))
            cell_format = colours[text] if column == own else text_format if as_id else None
            page.write_string(line, column, cut_cell(neutralise(text)), cell_format)
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, len(rows), len(headings) - 1)
    if rows:
        page.ignore_errors({"number_stored_as_text": f"A1:XFD{len(rows) + 1}"})  # no green corner on every id


def _set_widths(page: Any, headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    for column, heading in enumerate(headings):
        longest = max([len(heading) + 3, *(len(cells[column]) for cells in rows[:_ROWS_MEASURED])])
        page.set_column(column, column, min(max(longest + 1, _NARROWEST), _WIDEST))


def _make_colours(book: Any) -> dict[str, Any]:
    return {outcome.value: book.add_format({"bg_color": colour}) for outcome, colour in _COLOURS.items()}
