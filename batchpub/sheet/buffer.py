"""The rows of one sheet as a reader meets them, with the bounds on what one file may make us hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from batchpub.cells import Cell
from batchpub.plan.text import trim
from batchpub.sheet.fields import gather_cells
from batchpub.sheet.grid import (
    LAST_COLUMN,
    MAX_CELLS,
    TOO_MANY_CELLS,
    Area,
    Grid,
    GridRow,
    Unreadable,
    name_cell,
    say_twice,
)

_MAX_AREAS = 50_000
_MOST_COLUMNS_NAMED = 64 * LAST_COLUMN

Place = tuple[int, int]
"""Row as the person counts, column from 0."""


@dataclass(slots=True)
class RowBuffer:
    """Collects what one sheet holds while a file is read, and ends the reading when enough rows are there or too much."""

    wanted: int
    rows: list[GridRow] = field(default_factory=list)
    merges: list[Area] = field(default_factory=list)
    arrays: list[Area] = field(default_factory=list)
    hidden_columns: set[int] = field(default_factory=set)
    filled: int = 0
    complete: bool = True
    _numbers: set[int] | None = None
    _highest: int = 0
    _columns_named: int = 0

    def add(self, number: int, found: Mapping[int, Cell | str], *, hidden: bool, width: int = 0) -> bool:
        """Take the cells of a row, unless a person would see nothing in them; say whether there is place for more rows."""
        if not any(map(_shows, found.values())):
            return True
        if len(self.rows) >= self.wanted:
            self.complete = False
            return False
        self.filled += len(found)
        if self.filled > MAX_CELLS:
            raise Unreadable(TOO_MANY_CELLS)
        self._refuse_twice(number, found)
        self.rows.append(GridRow(number=number, cells=gather_cells(number, found), hidden=hidden, width=width))
        return True

    def _refuse_twice(self, number: int, found: Mapping[int, Cell | str]) -> None:
        """Refuse a row that was there before. Most files have them in order; only others need a set of what was seen."""
        if number <= self._highest and self._numbers is None:
            self._numbers = {seen.number for seen in self.rows}
        if self._numbers is not None:
            if number in self._numbers:
                raise Unreadable(say_twice(name_cell(number, min(found))))
            self._numbers.add(number)
        self._highest = max(self._highest, number)

    def add_area(self, areas: list[Area], first: Place, last: Place) -> None:
        """Add a rectangle between two corners to the merges or arrays; a single cell is none."""
        if first == last:
            return
        if len(areas) >= _MAX_AREAS:
            raise Unreadable(TOO_MANY_CELLS)
        (top, bottom), (left, right) = (sorted(pair) for pair in zip(first, last, strict=True))
        areas.append(Area(first_row=top, last_row=bottom, first_column=left, last_column=right))

    def hide_columns(self, first: int, count: int) -> None:
        """Add so many columns to the hidden ones. Raises Unreadable where they are named over and over."""
        self._columns_named += min(count, LAST_COLUMN)
        if self._columns_named > _MOST_COLUMNS_NAMED:
            raise Unreadable(TOO_MANY_CELLS)
        self.hidden_columns.update(range(first, min(first + count, LAST_COLUMN)))

    def finish(self) -> Grid:
        """Give the sheet as far as it was read."""
        return Grid(
            rows=sorted(self.rows, key=lambda row: row.number),
            merges=self.merges,
            arrays=self.arrays,
            hidden_columns=frozenset(self.hidden_columns),
            complete=self.complete,
        )


def _shows(value: Cell | str) -> bool:
    return bool(trim(value) if isinstance(value, str) else value.formula or trim(value.text))
