"""Excel workbooks of 1997-2003 (.xls), read with xlrd.

xlrd gives a formula's saved result as if somebody had typed it, keeps the last of two cells stored under one name, and
lets a column record claim 65,536 columns as often as it likes. So the records of each sheet are walked once before xlrd
sees them, and the stream is taken out of its container by our own reader. The record numbers are from Microsoft's [MS-XLS].
"""

import io
import struct
from collections.abc import Iterator, Sequence

import xlrd
from xlrd.biffh import XL_CELL_BLANK, XL_CELL_BOOLEAN, XL_CELL_DATE, XL_CELL_EMPTY, XL_CELL_ERROR, XL_CELL_NUMBER

from batchpub.course import Cell, CellKind
from batchpub.sheet.grid import (
    DAMAGED,
    TOO_MANY_CELLS,
    Area,
    Grid,
    GridRow,
    Shelf,
    Tab,
    Unreadable,
    cut,
    name_cell,
)
from batchpub.sheet.ole import SIGNATURE, read_stream
from batchpub.sheet.package import PROTECTED
from batchpub.sheet.values import show_date, show_number, unwrap

_BOF = frozenset({0x0009, 0x0209, 0x0409, 0x0809})
_EOF = 0x000A
_FORMULA = frozenset({0x0006, 0x0206, 0x0406})
_VALUES = frozenset({0x0002, 0x0003, 0x0004, 0x0005, 0x0203, 0x0204, 0x0205, 0x027E, 0x00FD, 0x00D6}) | _FORMULA
_COLUMN_INFO = 0x007D
_MULTIPLE_NUMBERS = 0x00BD
_MERGED = 0x00E5
_BIFF8 = 80
_TOKENS = 22  # where a formula's tokens begin in its record, after their size
_STRING_TOKEN = 0x17
_MAX_RECORDS = 1_000_000
_MAX_COLUMNS = 4_096  # named by all column records of a sheet; it has 256
_TWICE = "Cell {} is stored twice, so nobody can know what is in it. The file is damaged or was tampered with: ask for it again."
_NO_WORKBOOK = "This file is damaged, or it is no Excel workbook (perhaps a Word document or an e-mail). Get it again from where it came from."


class XlsBook:
    """An opened workbook. Raises Unreadable where it is protected, damaged or no workbook."""

    noun = "an Excel 97-2003 workbook (.xls)"
    is_text = False
    notes: Sequence[str] = ()

    def __init__(self, data: bytes) -> None:
        """Read what all sheets share; the sheets themselves are read when they are asked for."""
        stream = read_stream(data, ("Workbook", "Book")) if data.startswith(SIGNATURE) else data
        try:
            self._book = xlrd.open_workbook(
                file_contents=stream,
                formatting_info=True,
                on_demand=True,
                ragged_rows=True,
                logfile=io.StringIO(),  # it would complain on stdout
            )
            self.tabs: Sequence[Tab] = [
                Tab(name=name, hidden=bool(self._book._sheet_visibility[index]))  # noqa: SLF001 - the only place it is before loading
                for index, name in enumerate(self._book.sheet_names())
            ]
        except xlrd.XLRDError as error:
            raise Unreadable(PROTECTED if "encrypted" in str(error) else _NO_WORKBOOK) from error
        except Exception as error:  # xlrd meets damage with AssertionError, IndexError, struct.error and more
            raise Unreadable(DAMAGED) from error

    def read(self, tab: int, rows: int) -> Grid:
        """Read so many filled rows of one sheet."""
        try:
            formulas = _walk_sheet(self._book, tab)
            sheet = self._book.sheet_by_index(tab)
        except Unreadable:
            raise
        except Exception as error:
            raise Unreadable(DAMAGED) from error
        return _read_grid(self._book, sheet, formulas, Shelf(wanted=rows))


def _walk_sheet(book: "xlrd.Book", tab: int) -> dict[tuple[int, int], str]:
    """Find the cells that hold formulas, with their texts. Raises Unreadable for a cell stored twice and for records that would take forever."""
    formulas: dict[tuple[int, int], str] = {}
    stored: set[tuple[int, int]] = set()
    infos = 0
    for kind, body in _records(book, tab):
        if kind == _COLUMN_INFO:
            first, last = struct.unpack_from("<HH", body)
            infos += 1 + max(last - first, 0)
        if kind in _VALUES or kind == _MULTIPLE_NUMBERS:
            for place in _places(kind, body):
                if place in stored:
                    raise Unreadable(_TWICE.format(name_cell(place[0] + 1, place[1])))
                stored.add(place)
                if kind in _FORMULA:
                    formulas[place] = _read_formula(book, body)
        if infos > _MAX_COLUMNS or len(stored) > _MAX_RECORDS:
            raise Unreadable(TOO_MANY_CELLS)
    return formulas


def _read_formula(book: "xlrd.Book", body: memoryview) -> str:
    """Give the text of a formula that is only a text, ="…"; of any other it is enough to know that there is one."""
    if book.biff_version < _BIFF8:
        return "=…"
    (size,) = struct.unpack_from("<H", body, _TOKENS - 2)
    tokens = bytes(body[_TOKENS : _TOKENS + size])
    if len(tokens) < 3 or tokens[0] != _STRING_TOKEN or tokens[2] > 1:  # noqa: PLR2004 - 0: a byte a letter, 1: two
        return "=…"
    if len(tokens) != 3 + tokens[1] * (1 + tokens[2]):
        return "=…"
    text = tokens[3:].decode("utf-16-le" if tokens[2] else "latin-1", "replace")
    return '="{}"'.format(text.replace('"', '""'))


def _places(kind: int, body: memoryview) -> list[tuple[int, int]]:
    row, first = struct.unpack_from("<HH", body)
    if kind != _MULTIPLE_NUMBERS:
        return [(row, first)]
    (last,) = struct.unpack_from("<H", body, len(body) - 2)
    return [(row, column) for column in range(first, last + 1)]


def _records(book: "xlrd.Book", tab: int) -> Iterator[tuple[int, memoryview]]:
    """Walk the records of one sheet, but not those of charts inside it."""
    start = book._sh_abs_posn[tab]  # noqa: SLF001 - where xlrd itself will begin
    memory = memoryview(book.mem)
    position, depth, seen = start, 0, 0
    while position + 4 <= len(memory):
        kind, size = struct.unpack_from("<HH", memory, position)
        seen += 1
        if seen > _MAX_RECORDS:
            raise Unreadable(TOO_MANY_CELLS)
        if kind in _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                return
        elif depth == 1:
            yield kind, memory[position + 4 : position + 4 + size]
        position += 4 + size


def _read_grid(
    book: "xlrd.Book", sheet: "xlrd.sheet.Sheet", formulas: dict[tuple[int, int], str], shelf: Shelf
) -> Grid:
    for index in range(sheet.nrows):
        cells = {}
        for column in range(sheet.row_len(index)):
            cell = _build_cell(book, sheet, index, column, formula=formulas.get((index, column), ""))
            if cell is not None:
                cells[column] = cell
        info = sheet.rowinfo_map.get(index)
        hidden = bool(sheet.default_row_hidden if info is None else info.hidden or info.height == 0)
        if cells and not shelf.add(GridRow(number=index + 1, cells=cells, hidden=hidden)):
            break
    merges = [
        Area(first_row=top + 1, last_row=bottom, first_column=left, last_column=right - 1)
        for top, bottom, left, right in sheet.merged_cells
        if bottom - top > 1 or right - left > 1
    ]
    hidden_columns = frozenset(column for column, info in sheet.colinfo_map.items() if info.hidden)
    return Grid(rows=shelf.rows, merges=merges, hidden_columns=hidden_columns, complete=shelf.complete)


def _build_cell(book: "xlrd.Book", sheet: "xlrd.sheet.Sheet", row: int, column: int, *, formula: str) -> Cell | None:
    kind, text = _read_value(book, sheet.cell_type(row, column), sheet.cell_value(row, column))
    if kind is CellKind.EMPTY and not formula:
        return None
    return Cell(ref=name_cell(row + 1, column), kind=kind, text=cut(text), formula=cut(formula))


def _read_value(book: "xlrd.Book", kind: int, value: str | float) -> tuple[CellKind, str]:
    match kind:
        case _ if kind in (XL_CELL_EMPTY, XL_CELL_BLANK):
            return CellKind.EMPTY, ""
        case _ if kind == XL_CELL_NUMBER:
            return CellKind.NUMBER, show_number(float(value))
        case _ if kind == XL_CELL_DATE:
            return CellKind.DATE, show_date(float(value), since_1904=bool(book.datemode))
        case _ if kind == XL_CELL_BOOLEAN:
            return CellKind.BOOLEAN, "TRUE" if value else "FALSE"
        case _ if kind == XL_CELL_ERROR:
            return CellKind.ERROR, str(xlrd.error_text_from_code.get(value, "an error"))
    text = unwrap(str(value))
    return (CellKind.TEXT, text) if text else (CellKind.EMPTY, "")
