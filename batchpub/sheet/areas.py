"""Areas of cells: which cells of a table lie in a merged range, or in a range that one formula fills."""

from collections.abc import Sequence
from dataclasses import replace
from string import ascii_uppercase

from batchpub.cells import Cell
from batchpub.sheet.grid import Area, Grid, GridRow

_Covered = dict[tuple[int, int], str]


class Areas:
    """The cells of some columns that lie in areas, each with the name of its area."""

    def __init__(self, grid: Grid, rows: Sequence[GridRow], columns: Sequence[int]) -> None:
        """Find the cells, by row number and column."""
        self._merged = _find_covered(rows, grid.merges, columns)
        self._arrays = _find_covered(rows, grid.arrays, columns)
        self.are_there = bool(self._merged or self._arrays)

    def mark(self, cell: Cell, row: int, column: int) -> Cell:
        """Give a cell the name of the range it is merged into, and the formula that fills it from another cell."""
        merged, array = self._merged.get((row, column), ""), self._arrays.get((row, column), "")
        if array and not cell.formula:
            cell = replace(cell, formula=f"={{{array}}}")
        return replace(cell, merged=merged) if merged and _leaves_doubt(cell, merged) else cell


def _find_covered(rows: Sequence[GridRow], areas: Sequence[Area], columns: Sequence[int]) -> _Covered:
    covered: _Covered = {}
    for column in columns if areas else ():  # nearly always there are none, and there may be a hundred thousand rows
        covering = sorted(
            (area for area in areas if area.first_column <= column <= area.last_column),
            key=lambda area: area.first_row,
        )
        position, active = 0, None
        for row in rows:
            while position < len(covering) and covering[position].first_row <= row.number:
                if active is None or covering[position].last_row > active.last_row:
                    active = covering[position]
                position += 1
            if active is not None and row.number <= active.last_row:
                covered[row.number, column] = str(active)
    return covered


def _leaves_doubt(cell: Cell, merged: str) -> bool:
    """Say whether a merged range leaves open what a cell is: it has several rows, or hides what is stored in the cell.

    A merge inside one row leaves no doubt about its first cell; what is stored in its others nobody sees.
    """
    first, _, last = merged.partition(":")
    if first.lstrip(ascii_uppercase) != last.lstrip(ascii_uppercase):
        return True
    return cell.ref != first and bool(cell.text or cell.formula)
