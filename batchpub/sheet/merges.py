"""Merged cells: which cells of a table a merged range covers."""

from collections.abc import Sequence
from dataclasses import replace

from batchpub.course import Cell
from batchpub.sheet.grid import GridRow, Area


def mark_merged(rows: Sequence[GridRow], merges: Sequence[Area], columns: Sequence[int]) -> dict[tuple[int, int], str]:
    """Find which cells of these rows and columns lie in a merged range: (row number, column) → the range's name."""
    merged: dict[tuple[int, int], str] = {}
    for column in columns:
        covering = sorted(
            (merge for merge in merges if merge.first_column <= column <= merge.last_column),
            key=lambda merge: merge.first_row,
        )
        position, active = 0, None
        for row in rows:
            while position < len(covering) and covering[position].first_row <= row.number:
                if active is None or covering[position].last_row > active.last_row:
                    active = covering[position]
                position += 1
            if active is not None and row.number <= active.last_row:
                merged[row.number, column] = str(active)
    return merged


def with_merge(cell: Cell, merged: str) -> Cell:
    """Give a cell the name of the range it is merged into."""
    return replace(cell, merged=merged) if merged else cell
