"""results.xlsx: a summary to read first, then the person's own sheet with our columns behind it."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from batchpub.course import Outcome
from batchpub.errors import CannotWrite
from batchpub.record import RunRecord
from batchpub.report.table import IDS, OURS, ResultTable, make_table
from batchpub.report.xlsx_look import (
    MESSAGE_WIDTH,
    BookStyles,
    count_lines,
    furnish,
    measure_width,
    open_workbook,
    set_height,
    write_text,
)
from batchpub.report.xlsx_summary import write_summary

_MOST_ROWS = 1_048_575  # "Excel specifications and limits", less the heading
_MOST_COLUMNS = 16_384


def write_xlsx(run: RunRecord) -> bytes:
    """Write the workbook; every cell is text but our own numbers. Raises CannotWrite for more rows than a sheet can hold."""
    table = make_table(run)
    if len(table.rows) > _MOST_ROWS or len(table.headings) > _MOST_COLUMNS:
        raise CannotWrite("A workbook cannot hold so many rows or columns. Use results.csv.")
    file = BytesIO()
    with open_workbook(file, run) as (book, styles):
        write_summary(book.add_worksheet("Summary"), run, styles)
        _write_results(book.add_worksheet("Results"), table, styles)
    return file.getvalue()


def _write_results(page: Any, table: ResultTable, styles: BookStyles) -> None:
    headings, rows, own = table.headings, table.rows, table.own
    formats = _choose_formats(own, styles)
    outcome, message = (own + OURS.index(name) for name in ("bp_outcome", "bp_message"))
    for column, heading in enumerate(headings):
        width = MESSAGE_WIDTH if column == message else measure_width(heading, (str(cells[column]) for cells in rows))
        page.set_column(column, column, width, formats[column])
        write_text(page, 0, column, heading, styles.heading)
    for line, cells in enumerate(rows, start=1):
        broken = max(str(value).count("\n") for value in cells) + 1
        set_height(page, line, max(broken, count_lines(str(cells[message]), MESSAGE_WIDTH)))
        coloured = styles.outcomes[Outcome(str(cells[outcome]))]
        _write_row(page, line, cells, [*formats[:outcome], coloured, *formats[outcome + 1 :]])
    furnish(page, heading=0, last=len(rows), columns=range(len(headings)))
    page.print_area(0, 0, len(rows), message)  # on paper only what a person reads: what is behind is for programs


def _choose_formats(own: int, styles: BookStyles) -> list[Any]:
    """Give every column its format, which reaches down to the last row.

    The person's columns and our ids are text: who mends an id here types it into a cell where it keeps its digits.
    """
    ours = {**dict.fromkeys(IDS, styles.text), "bp_message": styles.wrapped}
    return [styles.text] * own + [ours.get(heading, styles.plain) for heading in OURS]


def _write_row(page: Any, line: int, cells: Sequence[str | int], formats: Sequence[Any]) -> None:
    for column, value in enumerate(cells):
        if isinstance(value, int):
            page.write_number(line, column, value, formats[column])
        else:
            write_text(page, line, column, value, formats[column])
