"""A file into a sheet: read, found the table in it, nothing judged."""

from collections.abc import Sequence
from pathlib import Path

from batchpub.cells import CellKind, Sheet
from batchpub.errors import SheetMissing, SheetRefused, name_bug
from batchpub.logger import log
from batchpub.plan.bulk import without_collector
from batchpub.plan.text import fold, trim
from batchpub.sheet.choose import choose_column, choose_table
from batchpub.sheet.grid import HEAD_ROWS, Book, Grid, GridRow, IsHeading, Unreadable, name_cell
from batchpub.sheet.heading import Heading, make_is_heading
from batchpub.sheet.options import SheetOptions
from batchpub.sheet.shape import is_like_id, read_text, refuse_lines
from batchpub.sheet.sniff import open_book, refuse_lock_file
from batchpub.sheet.table import Table

MAX_BYTES = 300 * 1024 * 1024  # of a file; as much as a workbook may unpack to
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
        log.error("sheet.not_understood", file=file, error=name_bug(error))
        raise SheetRefused(file, _INTERNAL.format(type(error).__name__)) from error


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
    table = Table(grid, heading, id_column, body, is_text=book.is_text)
    rows, own_notes = table.build_rows()
    return Sheet(
        file=file,
        name=book.tabs[chosen].name,
        headings=table.headings,
        columns=table.roles,
        rows=tuple(rows),
        notes=(*book.notes, *notes, *own_notes),
        layout=table.layout(),
    )


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
