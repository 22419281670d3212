"""A file into a sheet: read, found the table in it, nothing judged."""

from collections.abc import Sequence
from pathlib import Path

from batchpub.course import Cell, CellKind, Layout, Sheet, SheetRow, TextCells
from batchpub.errors import SheetMissing, SheetRefused, name_bug
from batchpub.logger import log
from batchpub.plan.bulk import without_collector
from batchpub.plan.text import fold, list_names, trim
from batchpub.sheet.areas import find_covered, with_areas
from batchpub.sheet.choose import choose_column, choose_table
from batchpub.sheet.fields import PlainCells
from batchpub.sheet.grid import (
    HEAD_ROWS,
    Book,
    Grid,
    GridRow,
    IsHeading,
    Unreadable,
    name_cell,
    name_column,
)
from batchpub.sheet.heading import (
    Heading,
    assign_roles,
    make_is_heading,
    name_headings,
)
from batchpub.sheet.options import SheetOptions
from batchpub.sheet.shape import find_misfits, is_like_id, read_text, refuse_lines
from batchpub.sheet.sniff import open_book, refuse_lock_file

MAX_BYTES = 300 * 1024 * 1024  # of a file; as much as a workbook may unpack to
_MOST_COLUMNS = 500  # a table wider than this has stray cells far to the right; they are named, not carried along
_NEAR_COLUMNS = 50  # cells without a heading this close to the table belong to it
_LONGEST_GAP = 100  # more blank rows than this in one place are counted, not listed one by one
_MOST_BLANK_ROWS = 10_000  # likewise in all
_MOST_EXTRAS = 5
_JUDGED_ROLES = ("course_id", "batch_id", "notify", "publish", "confirmed")
_INTERNAL = (
    "batchpub could not read this (internal: {}). That is a fault of batchpub, not of the file: the log has its place, please report it. Until it is "
    "mended, save or export the list in another format."
)
_TOO_BIG = "Reading this file needs more memory than it should. It is no list of courses, or it is damaged."


def load_sheet(file: str, options: SheetOptions) -> Sheet:
    """Read the one table of courses in a file, every cell with its type, every row under the heading.

    Raises SheetMissing where there is no such file or it may not be read, SheetRefused where the file as a whole cannot
    be taken as a table of courses; nothing else, whatever the bytes are.
    """
    return load_bytes(file, read_sheet(file), options)


def read_sheet(file: str) -> bytes:
    """Read a sheet's file whole. Raises SheetMissing, and SheetRefused for what its name or its size shows to be none."""
    try:
        refuse_lock_file(file)
        return read_file(file)
    except Unreadable as error:
        raise SheetRefused(file, str(error)) from error


@without_collector()
def load_bytes(file: str, data: bytes, options: SheetOptions) -> Sheet:
    """Read the one table of courses in a file's bytes; `file` is what sentences call it. Raises SheetRefused alone."""
    try:
        is_heading = make_is_heading(options.column)
        return build_sheet(file, open_book(file, data, is_heading), is_heading, options)
    except Unreadable as error:
        raise SheetRefused(file, str(error)) from error
    except (MemoryError, RecursionError) as error:
        raise SheetRefused(file, _TOO_BIG) from error
    except SheetRefused:
        raise
    except Exception as error:  # no file may end a run in a traceback, nor be called damaged for a fault of ours
        _tell_bug(file, error)
        raise SheetRefused(file, _INTERNAL.format(type(error).__name__)) from error


def _tell_bug(file: str, error: Exception) -> None:
    log.error("sheet.not_understood", file=file, error=name_bug(error))


def read_file(file: str) -> bytes:
    """Read a file whole. Raises SheetMissing, and Unreadable for one beyond all reason."""
    path = Path(file)
    try:
        if path.is_dir():
            raise SheetMissing(file, "This is a folder. Give the spreadsheet in it.")
        if not path.is_file():
            raise SheetMissing(file, "There is no such file. Check the name and the folder.")
        if path.stat().st_size > MAX_BYTES:
            raise Unreadable("The file is larger than 300 MB, which no list of courses is.")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "its name is not possible"
        raise SheetMissing(file, f"The file cannot be read ({reason}). Check its name and its permissions.") from error


def build_sheet(file: str, book: Book, is_heading: IsHeading, options: SheetOptions) -> Sheet:
    """Find the one table of courses in a book. Raises Unreadable where it has none, or more than one."""
    heads = [book.read(tab, HEAD_ROWS) for tab in range(len(book.tabs))]
    chosen, heading, notes = choose_table(book, heads, is_heading, options)
    id_column = choose_column(heading)
    grid = heads[chosen] if heads[chosen].complete else book.read(chosen, options.max_rows + HEAD_ROWS + 1)
    body = [row for row in grid.rows if row.number > heading.row.number]
    if len(body) > options.max_rows or not grid.complete:
        raise Unreadable(_say_too_many_rows(len(body), grid, options))
    if not body:
        raise Unreadable("There are no rows under the heading. Fill in the list, or check that this is the right file.")
    _refuse_merged_heading(grid, heading, id_column, body)
    refuse_lines(heading.row, body)
    _refuse_second_table(heading, id_column, body, is_heading)
    table = _Table(book, grid, heading, id_column, body)
    return table.build(file, book.tabs[chosen].name, [*book.notes, *notes])


_MOST_TITLES = 20  # cells of one row above the heading that reports give back
_LONGEST_TITLE = 1_000


class _Table:
    """The rows under one heading on their way into a sheet."""

    def __init__(self, book: Book, grid: Grid, heading: Heading, id_column: int, body: Sequence[GridRow]) -> None:
        self._is_text = book.is_text
        self._grid = grid
        self._body = body
        self._last_heading = max(column for column, cell in heading.row.cells.items() if trim(cell.text))
        self._columns = self._find_columns(heading, id_column)
        self._headings = name_headings(heading.row, self._columns)
        self._roles = assign_roles(self._headings, self._columns, self._columns.index(id_column))
        self._id_column = id_column
        self._blanks = {index: self._columns[index] for index in self._roles.values()}
        role_columns = [self._columns[self._roles[role]] for role in _JUDGED_ROLES if role in self._roles]
        self._merged = find_covered(body, grid.merges, role_columns)
        self._arrays = find_covered(body, grid.arrays, role_columns)
        self._known = frozenset(self._columns)
        roles = {role: self._columns[index] for role, index in self._roles.items()}
        self._misfits = find_misfits(heading.row, id_column, body, grid=grid, roles=roles)
        self._letters = tuple(map(name_column, self._columns))
        self._is_whole = self._columns == list(range(len(self._columns)))  # no column is left out
        self._far: list[str] = []
        self._heading_row = heading.row.number

    def build(self, file: str, name: str, notes: Sequence[str]) -> Sheet:
        rows, gap_notes = self._build_rows()
        own_notes = [*gap_notes, *self._tell_far(), *self._tell_hidden_columns()]
        return Sheet(
            file=file,
            name=name,
            headings=self._headings,
            columns=self._roles,
            rows=tuple(rows),
            notes=(*notes, *own_notes),
            layout=self._describe_layout(),
        )

    def _describe_layout(self) -> Layout:
        """Say where the table stands, and what stands above it: titles, not a whole other sheet."""
        above = [
            (row.number, column, cell.text[:_LONGEST_TITLE])
            for row in self._grid.rows
            if row.number < self._heading_row
            for column, cell in sorted(row.cells.items())[:_MOST_TITLES]
        ]
        return Layout(row=self._heading_row, columns=tuple(self._columns), above=tuple(above))

    def _find_columns(self, heading: Heading, id_column: int) -> list[int]:
        """Choose the columns to carry along: all that have a heading, and filled ones among or near them."""
        limit = self._last_heading if self._is_text else self._last_heading + _NEAR_COLUMNS
        used = {column for column, cell in heading.row.cells.items() if trim(cell.text)}
        if not self._is_text or len(used) <= self._last_heading:
            for row in self._body:
                used.update(row.cells)
        near = sorted(column for column in used if column <= limit)[:_MOST_COLUMNS]
        return near if id_column in near else sorted([*near[:-1], id_column])

    def _build_rows(self) -> tuple[list[SheetRow], list[str]]:
        rows: list[SheetRow] = []
        gaps: list[range] = []
        listed = 0
        expected = self._heading_row + 1
        for row in self._body:
            if row.number != expected:
                gap = range(expected, row.number)
                if len(gap) > _LONGEST_GAP or listed + len(gap) > _MOST_BLANK_ROWS:
                    gaps.append(gap)
                else:
                    rows += [self._build_row(GridRow(number=number, cells={})) for number in gap]
                    listed += len(gap)
            rows.append(self._build_row(row))
            expected = row.number + 1
        return rows, _tell_gaps(gaps)

    def _build_row(self, row: GridRow) -> SheetRow:
        in_areas = self._merged or self._arrays
        if isinstance(row.cells, PlainCells) and not row.cells.is_wrapped and not in_areas:
            texts = self._pick(row.cells.fields)
            is_longer = max(row.width, len(row.cells.fields)) > len(texts)
            extra = self._find_extras(row) if row.faults or is_longer or row.number in self._misfits else ()
            cells = TextCells(row.number, texts, self._letters)
            return SheetRow(number=row.number, cells=cells, hidden=row.hidden, extra=extra)
        made = [row.cells.get(column) or self._blank(index, row.number) for index, column in enumerate(self._columns)]
        if in_areas:
            for index, column in self._blanks.items():
                place = row.number, column
                merged, array = self._merged.get(place, ""), self._arrays.get(place, "")
                made[index] = with_areas(made[index], merged=merged, array=array)
        return SheetRow(number=row.number, cells=tuple(made), hidden=row.hidden, extra=self._find_extras(row))

    def _pick(self, fields: Sequence[str]) -> Sequence[str]:
        """Give a record's text for every column of the table."""
        if self._is_whole and len(fields) >= len(self._columns):
            return fields if len(fields) == len(self._columns) else fields[: len(self._columns)]
        return [fields[column] if column < len(fields) else "" for column in self._columns]

    def _blank(self, index: int, number: int) -> Cell:
        """Give an empty cell; only those with a role need a name of their own, in the sentences about them."""
        if index not in self._blanks:
            return _BLANK
        return Cell(ref=name_cell(number, self._columns[index]), kind=CellKind.EMPTY, text="")

    def _find_extras(self, row: GridRow) -> tuple[Cell, ...]:
        """Give the cells beyond the table that matter.

        In a text file each of them may have pushed the others aside. In a workbook they only matter on a row that holds
        nothing else: elsewhere they are named in a note.
        """
        misfit = self._misfits.get(row.number)
        if not row.faults and not misfit and self._known.issuperset(row.cells):
            return ()
        faults = [
            Cell(ref=name_cell(row.number, self._id_column), kind=CellKind.ERROR, text=fault)
            for fault in (*row.faults, misfit)
            if fault
        ]
        far = [cell for column, cell in sorted(row.cells.items()) if column not in self._known and trim(cell.text)][
            :_MOST_EXTRAS
        ]
        if far and not self._is_text and not self._known.isdisjoint(row.cells):
            self._far += [cell.ref for cell in far]
            return tuple(faults)
        return (*faults, *far)

    def _tell_far(self) -> list[str]:
        if not self._far:
            return []
        named = ", ".join(self._far[:5]) + (" and others" if len(self._far) > 5 else "")  # noqa: PLR2004
        return [f"Cells far to the right of the table were left out: {named}."]

    def _tell_hidden_columns(self) -> list[str]:
        """Name the hidden columns that decide what is published or mailed; nobody may have looked at them."""
        hidden = [
            f'{name_column(column)} ("{self._headings[index]}")'
            for index, column in sorted(self._blanks.items())
            if column in self._grid.hidden_columns
        ]
        if not hidden:
            return []
        columns, was = ("Column", "is hidden; it was") if len(hidden) == 1 else ("Columns", "are hidden; they were")
        return [f"{columns} {list_names(hidden)} {was} read all the same."]


_BLANK = Cell(ref="", kind=CellKind.EMPTY, text="")


def _tell_gaps(gaps: Sequence[range]) -> list[str]:
    """Say which blank rows are not listed one by one."""
    if not gaps:
        return []
    named = [str(gap[0]) if len(gap) == 1 else f"{gap[0]} to {gap[-1]}" for gap in gaps]
    return [f"These rows are blank and not listed one by one: {list_names(named)}."]


def _refuse_merged_heading(grid: Grid, heading: Heading, id_column: int, body: Sequence[GridRow]) -> None:
    """Refuse a heading that spans several filled columns: nobody can know which of them it is over."""
    number = heading.row.number
    for area in grid.merges:
        if not (area.first_row <= number <= area.last_row and area.first_column <= id_column <= area.last_column):
            continue
        spanned = set(range(area.first_column, area.last_column + 1))
        if len(spanned & {column for row in body for column in row.cells}) > 1:
            raise Unreadable(
                f"The heading over the ids, {area}, is merged over several columns, so nobody can know which of them holds the ids. Unmerge "
                f"it and write one heading over each column."
            )


def _refuse_second_table(heading: Heading, id_column: int, body: Sequence[GridRow], is_heading: IsHeading) -> None:
    """Refuse a sheet where a heading further down puts other columns in charge: the ids under it would be misread."""
    first = {(column, fold(cell.text)) for column, cell in heading.row.cells.items()}
    last_id = next((row.number for row in reversed(body) if _holds_id(row)), 0)
    for row in body:
        if read_text(row, id_column).isdigit():
            continue  # nearly always; a row with an id is no heading
        found = [column for column, cell in row.cells.items() if cell.kind is CellKind.TEXT and is_heading(cell.text)]
        if not found or first.issuperset((column, fold(cell.text)) for column, cell in row.cells.items()):
            continue
        if row.number < last_id:
            raise Unreadable(
                f"Row {row.number} begins a second table with headings of its own ({name_cell(row.number, found[0])} reads "
                f'"{trim(row.cells[found[0]].text)}"). Put the tables on sheets or into files of their own.'
            )


def _holds_id(row: GridRow) -> bool:
    return any(is_like_id(cell.text) for cell in row.cells.values())


def _say_too_many_rows(filled: int, grid: Grid, options: SheetOptions) -> str:
    number = f"{filled:,}" if grid.complete else f"more than {options.max_rows:,}"
    return (
        f"The sheet has {number} rows; at most {options.max_rows:,} are taken, as a guard against the wrong file. "
        f"If it is the right one, give the setting max_rows a larger number."
    )
