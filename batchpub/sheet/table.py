"""The rows under one heading on their way into a sheet: which columns go along, and what beyond them matters."""

from collections.abc import Sequence

from batchpub.cells import Cell, CellKind, Layout, SheetRow, TextCells
from batchpub.plan.text import list_names, trim
from batchpub.sheet.areas import Areas
from batchpub.sheet.fields import PlainCells
from batchpub.sheet.grid import Grid, GridRow, name_cell, name_column
from batchpub.sheet.heading import Heading, assign_roles, name_headings
from batchpub.sheet.shape import find_misfits

_MOST_COLUMNS = 500  # a table wider than this has stray cells far to the right; they are named, not carried along
_NEAR_COLUMNS = 50  # cells without a heading this close to the table belong to it
_LONGEST_GAP = 100  # more blank rows than this in one place are counted, not listed one by one
_MOST_BLANK_ROWS = 10_000  # likewise in all
_MOST_EXTRAS = 5
_MOST_TITLES = 20  # cells of one row above the heading that reports give back
_LONGEST_TITLE = 1_000
_JUDGED_ROLES = ("course_id", "batch_id", "notify", "publish", "confirmed")


class Table:
    """The rows under one heading. `headings` are those of the columns that go along, `roles` says what each means to us."""

    def __init__(self, grid: Grid, heading: Heading, id_column: int, body: Sequence[GridRow], *, is_text: bool) -> None:
        """Choose the columns and find the rows that do not fit. Raises Unreadable where two columns claim one role."""
        self._grid, self._heading, self._body, self._is_text = grid, heading.row, body, is_text
        self._columns = self._find_columns(id_column)
        self._letters = tuple(map(name_column, self._columns))
        self._is_whole = self._columns == list(range(len(self._columns)))  # no column is left out
        self._known = frozenset(self._columns)
        self._id_column = id_column
        self.headings = name_headings(heading.row, self._columns)
        self.roles = assign_roles(self.headings, self._columns, self._columns.index(id_column))
        roles = {role: self._columns[index] for role, index in self.roles.items()}
        self._areas = Areas(grid, body, [roles[role] for role in _JUDGED_ROLES if role in roles])
        self._has_areas = self._areas.are_there
        self._misfits = find_misfits(heading.row, id_column, body, grid=grid, roles=roles)
        self._far: list[str] = []

    def layout(self) -> Layout:
        """Say where the table stands, and what stands above it: titles, not a whole other sheet."""
        above = [
            (row.number, column, cell.text[:_LONGEST_TITLE])
            for row in self._grid.rows
            if row.number < self._heading.number
            for column, cell in sorted(row.cells.items())[:_MOST_TITLES]
        ]
        return Layout(row=self._heading.number, columns=tuple(self._columns), above=tuple(above))

    def _find_columns(self, id_column: int) -> list[int]:
        """Choose the columns to carry along: all that have a heading, and filled ones among or near them."""
        used = {column for column, cell in self._heading.cells.items() if trim(cell.text)}
        last = max(used)
        if not self._is_text or len(used) <= last:
            used.update(*(row.cells for row in self._body))
        limit = last if self._is_text else last + _NEAR_COLUMNS
        near = sorted(column for column in used if column <= limit)[:_MOST_COLUMNS]
        return near if id_column in near else sorted([*near[:-1], id_column])

    def build_rows(self) -> tuple[list[SheetRow], list[str]]:
        """Give the rows, blank ones between them too, and what there is to say about the table."""
        rows: list[SheetRow] = []
        gaps: list[str] = []
        listed = 0
        expected = self._heading.number + 1
        for row in self._body:
            if row.number != expected:
                gap = range(expected, row.number)
                if len(gap) > _LONGEST_GAP or listed + len(gap) > _MOST_BLANK_ROWS:
                    gaps.append(str(gap[0]) if len(gap) == 1 else f"{gap[0]} to {gap[-1]}")
                else:
                    rows += [self._build_row(GridRow(number=number, cells={})) for number in gap]
                    listed += len(gap)
            rows.append(self._build_row(row))
            expected = row.number + 1
        notes = [f"These rows are blank and not listed one by one: {list_names(gaps)}."] if gaps else []
        return rows, [*notes, *self._tell_far(), *self._tell_hidden_columns()]

    def _build_row(self, row: GridRow) -> SheetRow:
        cells = row.cells
        if isinstance(cells, PlainCells) and not cells.is_wrapped and not self._has_areas:
            texts = self._pick(cells.fields)
            is_longer = max(row.width, len(cells.fields)) > len(texts)
            extra = self._find_extras(row) if row.faults or is_longer or row.number in self._misfits else ()
            plain = TextCells(row.number, texts, self._letters)
            return SheetRow(number=row.number, cells=plain, hidden=row.hidden, extra=extra)
        made = [cells.get(column) or _blank(row.number, column) for column in self._columns]
        if self._has_areas:
            made = [
                self._areas.mark(cell, row.number, column) for cell, column in zip(made, self._columns, strict=True)
            ]
        return SheetRow(number=row.number, cells=tuple(made), hidden=row.hidden, extra=self._find_extras(row))

    def _pick(self, fields: Sequence[str]) -> Sequence[str]:
        """Give a record's text for every column of the table."""
        if self._is_whole and len(fields) >= len(self._columns):
            return fields if len(fields) == len(self._columns) else fields[: len(self._columns)]
        return [fields[column] if column < len(fields) else "" for column in self._columns]

    def _find_extras(self, row: GridRow) -> tuple[Cell, ...]:
        """Give the cells beyond the table that matter.

        In a text file each of them may have pushed the others aside. In a workbook they only matter on a row that holds
        nothing else: elsewhere they are named in a note.
        """
        faults = [*row.faults, *([self._misfits[row.number]] if row.number in self._misfits else [])]
        if not faults and self._known.issuperset(row.cells):
            return ()
        ref = name_cell(row.number, self._id_column)
        extras = [Cell(ref=ref, kind=CellKind.ERROR, text=fault) for fault in faults]
        far = [cell for column, cell in sorted(row.cells.items()) if column not in self._known and trim(cell.text)]
        if far and not self._is_text and not self._known.isdisjoint(row.cells):
            self._far += [cell.ref for cell in far[:_MOST_EXTRAS]]
            return tuple(extras)
        return (*extras, *far[:_MOST_EXTRAS])

    def _tell_far(self) -> list[str]:
        if not self._far:
            return []
        named = ", ".join(self._far[:_MOST_EXTRAS]) + (" and others" if len(self._far) > _MOST_EXTRAS else "")
        return [f"Cells far to the right of the table were left out: {named}."]

    def _tell_hidden_columns(self) -> list[str]:
        """Name the hidden columns that decide what is published or mailed; nobody may have looked at them."""
        hidden = [
            f'{self._letters[index]} ("{self.headings[index]}")'
            for index in sorted(self.roles.values())
            if self._columns[index] in self._grid.hidden_columns
        ]
        if not hidden:
            return []
        columns, was = ("Column", "is hidden; it was") if len(hidden) == 1 else ("Columns", "are hidden; they were")
        return [f"{columns} {list_names(hidden)} {was} read all the same."]


def _blank(row: int, column: int) -> Cell:
    return Cell(ref=name_cell(row, column), kind=CellKind.EMPTY, text="")
