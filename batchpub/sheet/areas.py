"""Areas of cells: which cells of a table lie in a merged range, or in a range that one formula fills."""

from collections.abc import Sequence
from dataclasses import replace
from string import ascii_uppercase

from batchpub.course import Cell
from batchpub.sheet.grid import Area, GridRow

Covered = dict[tuple[int, int], str]
"""(row number, column) → the name of the area that the cell lies in."""


def find_covered(rows: Sequence[GridRow], areas: Sequence[Area], columns: Sequence[int]) -> Covered:
    """Find which cells of these rows and columns lie in one of the areas.

    A merge inside one row leaves no doubt about its first cell; what is stored in its others nobody sees.
    """
    covered: Covered = {}
    if not areas:
        return covered  # nearly always, and there may be a hundred thousand rows
    for column in columns:
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


def with_areas(cell: Cell, *, merged: str, array: str) -> Cell:
    """Give a cell the name of the range it is merged into, and the formula that fills it from another cell."""
    if array and not cell.formula:
        cell = replace(cell, formula=f"={{{array}}}")
    return replace(cell, merged=merged) if merged and _leaves_doubt(cell, merged) else cell


def _leaves_doubt(cell: Cell, merged: str) -> bool:
    """Say whether a merged range leaves open what a cell is: it has several rows, or hides what is stored in the cell."""
    first, _, last = merged.partition(":")
    if first.lstrip(ascii_uppercase) != last.lstrip(ascii_uppercase):
        return True
    return cell.ref != first and bool(cell.text or cell.formula)
