"""The rows that need a person, brought together where the same sentence is said of many."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePath

from batchpub.course import Outcome
from batchpub.record import RowRecord, RunRecord
from batchpub.report.totals import PROBLEMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One sentence and all rows it is said of. The sentence has no "B7: " in front, the rows have."""

    outcome: Outcome
    message: str
    rows: tuple[RowRecord, ...]


def list_problem_rows(run: RunRecord) -> tuple[RowRecord, ...]:
    """Give the rows that need somebody: what a person can mend first, what only time can mend last."""
    places = {outcome: place for place, outcome in enumerate(PROBLEMS)}
    return tuple(
        sorted((row for row in run.rows if row.outcome in places), key=lambda row: (places[row.outcome], row.position))
    )


def group_problems(run: RunRecord) -> tuple[Problem, ...]:
    """Bring together rows with the same outcome and the same sentence, in the order of `list_problem_rows`."""
    groups: dict[tuple[Outcome, str], list[RowRecord]] = {}
    for row in list_problem_rows(run):
        groups.setdefault((row.outcome, drop_cell(row)), []).append(row)
    return tuple(
        Problem(outcome=outcome, message=message, rows=tuple(rows)) for (outcome, message), rows in groups.items()
    )


def drop_cell(row: RowRecord) -> str:
    """Give the row's sentence without the cell it begins with, so that the same trouble reads the same on every row."""
    if row.cell and row.message.startswith(f"{row.cell}: "):
        told = row.message.removeprefix(f"{row.cell}: ")
        return told[:1].upper() + told[1:]
    if row.cell and row.message.startswith(f"{row.cell} "):
        return f"The cell {row.message.removeprefix(f'{row.cell} ')}"
    return row.message


def name_sheet(run: RunRecord, index: int) -> str:
    """Name a sheet beside its rows: file and sheet, "" where the run has only one."""
    if len(run.sheets) == 1:
        return ""
    sheet = run.sheets[index]
    return " · ".join(part for part in (PurePath(sheet.file).name, sheet.sheet) if part)


def name_row(row: RowRecord) -> str:
    """Name the cell that a person has to look at, or the row where no cell is to blame."""
    return row.cell or f"row {row.row}"


def name_places(run: RunRecord, rows: Sequence[RowRecord], most: int) -> str:
    """Name where the rows are, each sheet once; of many only the first."""
    by_sheet = groupby(rows[:most], key=lambda row: row.sheet_index)
    named = "; ".join(f"{name_sheet(run, index)} {', '.join(map(name_row, its))}".strip() for index, its in by_sheet)
    more = len(rows) - most
    return f"{named} and {more:,} more" if more > 0 else named
