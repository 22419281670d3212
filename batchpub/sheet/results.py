"""An earlier run's results.csv, results.xlsx or run_results.json, read again as sheets.

A results file is a sheet like any other: the person's own columns, then ours (`bp_…`). What was invalid stays invalid by
its `bp_outcome`, which the plan looks at, so that a hidden row or a number cannot come alive by the detour.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from batchpub.cells import Cell, CellKind, Sheet, SheetRow
from batchpub.course import Course, Outcome
from batchpub.errors import SheetRefused
from batchpub.plan.text import trim
from batchpub.sheet.grid import NoHeading, Unreadable, name_cell
from batchpub.sheet.heading import OURS, assign_roles, make_is_heading
from batchpub.sheet.load import load_sheet, read_file
from batchpub.sheet.options import SheetOptions
from batchpub.sheet.values import unwrap

_NOT_OURS = (
    "This is no results file of batchpub. Give a results.csv, results.xlsx or run_results.json from an earlier run."
)
_TOO_MANY = "The run has more than {:,} rows. If that is meant, give the setting max_rows a larger number."


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """The sheets of an earlier run, and the outcome each row had: by (place of the sheet, row number)."""

    sheets: tuple[Sheet, ...]
    outcomes: dict[tuple[int, int], str]

    def courses_with(self, *wanted: Outcome) -> frozenset[Course]:
        """Give the courses that had one of these outcomes: by our own column, for a person may have mended theirs."""
        return frozenset(
            Course(course_id=course_id, batch_id=_text(row, sheet.columns.get("bp_batch_id")))
            for index, sheet in enumerate(self.sheets)
            for row in sheet.rows
            if self.outcomes[index, row.number] in wanted
            and (course_id := _text(row, sheet.columns.get("bp_course_id", sheet.columns["course_id"])))
        )


def _text(row: SheetRow, column: int | None) -> str:
    return "" if column is None else trim(row.cells[column].text)


def load_results(file: str, options: SheetOptions) -> Results:
    """Read an earlier run's results. Raises SheetMissing, and SheetRefused for what is no results file."""
    sheets = _load_json(file, options) if PurePath(file).suffix.lower() == ".json" else (_load_table(file, options),)
    if not all("bp_outcome" in sheet.columns for sheet in sheets):
        raise SheetRefused(file, _NOT_OURS)
    outcomes = {
        (index, row.number): trim(
            row.cells[sheet.columns["bp_outcome"]].text
        ).casefold()  # a program may change case and blanks
        for index, sheet in enumerate(sheets)
        for row in sheet.rows
    }
    return Results(sheets=sheets, outcomes=outcomes)


def _load_table(file: str, options: SheetOptions) -> Sheet:
    """Read a table; where the person's own id column had a heading of its own, our copy of the ids serves."""
    try:
        return load_sheet(file, options)
    except SheetRefused as error:
        if options.column is not None or not isinstance(error.__cause__, NoHeading):
            raise
    return load_sheet(file, replace(options, column="bp_course_id"))


def _load_json(file: str, options: SheetOptions) -> tuple[Sheet, ...]:
    try:
        run = json.loads(read_file(file))
        described = [
            (str(one["file"]), str(one.get("sheet", "")), list(map(str, one["headings"]))) for one in run["sheets"]
        ]
        names = [(name, sheet) for name, sheet, _ in described]
        rows: list[list[Mapping[str, Any]]] = [[] for _ in described]
        for row in run["rows"]:
            index = row.get("sheet_index")
            place = names.index((str(row["file"]), str(row.get("sheet", "")))) if not isinstance(index, int) else index
            rows[place].append(row)
        if len(run["rows"]) > options.max_rows:
            raise SheetRefused(file, _TOO_MANY.format(options.max_rows))
        sheets = [
            _build_sheet(*one, its_rows, options) for one, its_rows in zip(described, rows, strict=True) if its_rows
        ]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, MemoryError) as error:
        raise SheetRefused(file, _NOT_OURS) from error
    except Unreadable as error:
        raise SheetRefused(file, str(error)) from error
    if not sheets:
        raise SheetRefused(file, "This run has no rows. There is nothing to do again.")
    return tuple(sheets)


def _build_sheet(
    file: str, name: str, own_headings: Sequence[str], rows: Sequence[Mapping[str, Any]], options: SheetOptions
) -> Sheet:
    headings = (*own_headings, *OURS)
    is_heading = make_is_heading(options.column)
    own_ids = [index for index, heading in enumerate(own_headings) if is_heading(heading)]
    own_id = own_ids[0] if own_ids else headings.index("bp_course_id")
    columns = assign_roles(headings, range(len(headings)), own_id)
    built = tuple(_build_row(row, len(own_headings)) for row in rows)
    return Sheet(file=file, name=name, headings=headings, columns=columns, rows=built)


def _build_row(row: Mapping[str, Any], own: int) -> SheetRow:
    """Give a row's own values as text, as its report shows them: a number there is no text of 18 digits any more."""
    values = [str(value) for value in row.get("values", ())]
    values = [*values[:own], *[""] * (own - len(values))]
    ours = [row["outcome"], row.get("message", ""), row.get("course_id") or "", row.get("batch_id") or "", ""]
    number = int(row["row"])
    cells = tuple(_build_cell(name_cell(number, column), str(text)) for column, text in enumerate([*values, *ours]))
    return SheetRow(number=number, cells=cells)


def _build_cell(ref: str, text: str) -> Cell:
    text, written = unwrap(text), text
    formula = text if written.startswith("=") and text == written else ""
    return Cell(ref=ref, kind=CellKind.TEXT if text else CellKind.EMPTY, text=text, formula=formula)
