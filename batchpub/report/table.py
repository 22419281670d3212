"""The one table of results: the person's own columns in their order, then ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchpub.course import Outcome, PlannedSheet
from batchpub.plan.seen import ROLES, say_seen
from batchpub.plan.text import fold
from batchpub.record import RowRecord, RunRecord
from batchpub.report.rows import describe_row
from batchpub.sheet.heading import ALIASES, fold_heading, is_possible_heading

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "bp_outcome": "what became of the row, one word",
    "bp_message": "a sentence for people: why, and what to do",
    "bp_row": "the row's number as the sheet shows it",
    "bp_cell": "the cell of the course id",
    "bp_course_id": "the course id as it was sent, as text",
    "bp_attempts": "how often it was sent, locks not counted",
    "bp_http_status": "the status of Zoho's last answer",
    "bp_code": "the code in Zoho's last answer",
    "bp_first_sent_at": "when it was sent first, UTC",
    "bp_finished_at": "when its outcome was known, UTC",
    "bp_run": "the run",
    "bp_batch_id": "the batch id of a blended course, as text",
    "bp_file": "the file the row is from",
    "bp_sheet": "the worksheet the row is from",
    "bp_seen": "what the cells that decide said when the row was judged; where they say something else now, it is judged anew",
}
"""The columns that a report adds, and what they hold. Their names are part of the promise."""

OURS = tuple(COLUMNS)
IDS = ("bp_course_id", "bp_batch_id")
_OPEN = (Outcome.INVALID, Outcome.REFUSED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.NOT_ATTEMPTED)
_Key = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultTable:
    """All rows of a run under one heading: the person's columns, then ours; not yet escaped for any file."""

    headings: tuple[str, ...]
    """Two columns may have one name."""
    rows: tuple[tuple[str | int, ...], ...]
    """Text, but for the numbers among our columns; each row is as long as `headings`."""

    @property
    def own(self) -> int:
        """How many columns are the person's: the first ones."""
        return len(self.headings) - len(OURS)


def make_table(run: RunRecord) -> ResultTable:
    """Lay all rows of all sheets under one heading, for results.csv, results.xlsx and `RunRecord.to_frame`.

    The person's columns are the union of the sheets' headings in order of first appearance.
    """
    keys = [_name_columns(sheet) for sheet in run.sheets]
    headings: dict[_Key, str] = {}
    for sheet, named in zip(run.sheets, keys, strict=True):
        for key, index in named.items():
            headings.setdefault(key, sheet.headings[index])
    places = [[named.get(key) for key in headings] for named in keys]
    rows = ((*_pick(row.values, places[row.sheet_index]), *_our_cells(run, row)) for row in run.rows)
    return ResultTable(headings=(*headings.values(), *OURS), rows=tuple(rows))


def to_frame(run: RunRecord) -> "pd.DataFrame":
    """Give the table as a DataFrame, for programs that go on with it."""
    import pandas as pd  # noqa: PLC0415 - a quarter of a second and 50 MB, which a command need not spend

    table = make_table(run)
    return pd.DataFrame(list(table.rows), columns=list(table.headings), dtype=object)  # nothing is ever inferred


def find_own_columns(sheet: PlannedSheet) -> tuple[int, ...]:
    """Give the places of the person's columns: those an earlier report of ours added are written anew, not twice."""
    return tuple(
        index for index, heading in enumerate(sheet.headings) if heading.strip().casefold() not in _OUR_HEADINGS
    )


def pick_own(row: RowRecord, columns: Sequence[int]) -> tuple[str, ...]:
    """Give the person's cells in these columns, "" where the row ends earlier."""
    return _pick(row.values, columns)


_OUR_HEADINGS = frozenset(OURS)
_ROLE_OF = {alias: role for role in ROLES for alias in ALIASES[role]}


def _name_columns(sheet: PlannedSheet) -> dict[_Key, int]:
    """Name the columns so that those of several sheets meet.

    "Course ID" and "Kurs-ID" of two sheets are one column, else the result could not be read again; the second "Note"
    of one sheet is a column of its own.
    """
    named: dict[_Key, int] = {}
    seen: dict[str, int] = {}
    for index in find_own_columns(sheet):
        folded = fold(sheet.headings[index])
        name = _ROLE_OF.get(fold_heading(sheet.headings[index]), folded)
        seen[name] = seen.get(name, 0) + 1
        named[name, seen[name]] = index
    return named


def _pick(values: Sequence[str], columns: Sequence[int | None]) -> tuple[str, ...]:
    return tuple("" if column is None or column >= len(values) else values[column] for column in columns)


def _our_cells(run: RunRecord, row: RowRecord) -> tuple[str | int, ...]:
    seen = _say_seen(run.sheets[row.sheet_index], row) if row.outcome in _OPEN else ""
    named = {**describe_row(run, row), "run": run.run, "seen": seen}
    cells = (named[name.removeprefix("bp_")] for name in OURS)
    return tuple("" if cell is None else cell for cell in cells)


def _say_seen(sheet: PlannedSheet, row: RowRecord) -> str:
    folded = [fold_heading(heading) for heading in sheet.headings]
    columns = {
        role: next((index for index, text in enumerate(folded) if text in ALIASES[role]), None) for role in ROLES
    }
    if columns["course_id"] is None:
        columns["course_id"] = next((i for i, text in enumerate(sheet.headings) if is_possible_heading(text)), None)
    if columns["course_id"] is None:
        return ""  # the heading was named in the command; what is not known cannot be compared
    return say_seen({role: _pick(row.values, [column])[0] for role, column in columns.items()})
