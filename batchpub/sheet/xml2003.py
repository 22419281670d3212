"""XML Spreadsheet 2003, often named .xls, as a stream of typed cells.

The format's facts are from Microsoft's "XML Spreadsheet Reference" (Office 2003).
"""

import codecs
import io
import re
from collections.abc import Sequence

from batchpub.course import Cell, CellKind
from batchpub.sheet.grid import (
    DAMAGED,
    HEAD_ROWS,
    LAST_COLUMN,
    LAST_ROW,
    MAX_CHARACTERS,
    Area,
    Grid,
    GridRow,
    Shelf,
    Tab,
    Unreadable,
    cut,
    name_cell,
)
from batchpub.sheet.values import show_number, unwrap
from batchpub.sheet.xmlstream import Attributes, parse_guarded

_SS = "urn:schemas-microsoft-com:office:spreadsheet}"
_X = "urn:schemas-microsoft-com:office:excel}"
_KINDS = {
    "String": CellKind.TEXT,
    "Number": CellKind.NUMBER,
    "DateTime": CellKind.DATE,
    "Boolean": CellKind.BOOLEAN,
    "Error": CellKind.ERROR,
}
_REACH = re.compile(r"RC(?::R(?:\[([0-9]{1,7})\])?C(?:\[([0-9]{1,5})\])?)?")
_TWICE = "Cell {} is stored twice, so nobody can know what is in it. The file is damaged or was tampered with: ask for it again."


class Xml2003Book:
    """An opened workbook. Raises Unreadable where the XML is damaged or something else."""

    noun = "an XML spreadsheet of Excel 2003"
    is_text = False
    notes: Sequence[str] = ()

    def __init__(self, data: bytes) -> None:
        """Read the names of the sheets and the top of each."""
        self._data = data if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else data.lstrip()
        reader = self._heads = self._parse(rows=HEAD_ROWS, tab=None)
        if not reader.is_workbook:
            raise Unreadable("This is an XML file, but no spreadsheet. Export the list as CSV or as an Excel workbook.")
        self.tabs: Sequence[Tab] = [
            Tab(name=name, hidden=hidden) for name, hidden in zip(reader.names, reader.hidden, strict=True)
        ]

    def read(self, tab: int, rows: int) -> Grid:
        """Read so many filled rows of one sheet."""
        reader = self._heads if rows <= HEAD_ROWS else self._parse(rows=rows, tab=tab)
        return reader.grids[tab]

    def _parse(self, *, rows: int, tab: int | None) -> "_WorkbookReader":
        reader = _WorkbookReader(rows=rows, tab=tab)
        parse_guarded(io.BytesIO(self._data), start=reader.start, end=reader.end, text=reader.text)
        return reader


class _WorkbookReader:
    """The handlers. `path` holds the open elements; text counts only in Cell/Data, not in a comment's Data."""

    def __init__(self, *, rows: int, tab: int | None) -> None:
        self.is_workbook = False
        self.names: list[str] = []
        self.hidden: list[bool] = []
        self.grids: list[Grid] = []
        self._rows = rows
        self._tab = tab
        self._path: list[str] = []
        self._begin_sheet()

    def _begin_sheet(self) -> None:
        self._shelf = Shelf(wanted=self._rows)
        self._full = self._tab not in (None, len(self.names) - 1)
        self._merges: list[Area] = []
        self._arrays: list[Area] = []
        self._hidden_columns: set[int] = set()
        self._next_column_info = 0
        self._row = 0
        self._row_hidden = False
        self._cells: dict[int, Cell] = {}
        self._column = -1
        self._across = 0
        self._formula = ""
        self._type = ""
        self._pieces: list[str] = []
        self._seen_rows: set[int] = set()

    def start(self, name: str, attributes: Attributes) -> None:
        name = name.removeprefix(_SS)
        above = self._path[-1] if self._path else ""
        self._path.append(name)
        match above, name:
            case "", "Workbook":
                self.is_workbook = True
            case "Workbook", "Worksheet":
                self.names.append(attributes.get(f"{_SS}Name", ""))
                self.hidden.append(False)
                self._begin_sheet()
            case "Table", "Column":
                self._add_column(attributes)
            case "Table", "Row":
                self._start_row(attributes)
            case "Row", "Cell":
                self._start_cell(attributes)
            case "Cell", "Data":
                if self._type:
                    raise Unreadable(_TWICE.format(name_cell(self._row, self._column)))
                self._type = attributes.get(f"{_SS}Type", "String")

    def text(self, text: str) -> None:
        path = self._path
        if "Data" in path and "Comment" not in path and len(self._pieces) < MAX_CHARACTERS:
            self._pieces.append(text)
        elif path and path[-1] == f"{_X}Visible" and self.hidden:
            self.hidden[-1] = "hidden" in text.lower()

    def end(self, _: str) -> None:
        name = self._path.pop()
        if name == "Worksheet":
            self.grids.append(
                Grid(
                    rows=self._shelf.rows,
                    merges=self._merges,
                    arrays=self._arrays,
                    hidden_columns=frozenset(self._hidden_columns),
                    complete=self._shelf.complete,
                ),
            )
        elif name == "Cell" and self._path[-1] == "Row":
            self._end_cell()
        elif name == "Row" and self._path[-1] == "Table":
            self._end_row()

    def _start_row(self, attributes: Attributes) -> None:
        self._row = _read_index(attributes, f"{_SS}Index", self._row + 1, LAST_ROW)
        self._row_hidden = attributes.get(f"{_SS}Hidden") == "1" or attributes.get(f"{_SS}Height") in ("0", "0.0")
        self._cells = {}
        self._column = -1
        self._across = 0

    def _end_row(self) -> None:
        if self._full or not self._cells:
            return
        if self._row in self._seen_rows:
            raise Unreadable(_TWICE.format(name_cell(self._row, min(self._cells))))
        self._seen_rows.add(self._row)
        self._full = not self._shelf.add(GridRow(number=self._row, cells=self._cells, hidden=self._row_hidden))

    def _start_cell(self, attributes: Attributes) -> None:
        self._column = _read_index(attributes, f"{_SS}Index", self._column + self._across + 2, LAST_COLUMN) - 1
        self._across = _read_count(attributes, f"{_SS}MergeAcross")
        down = _read_count(attributes, f"{_SS}MergeDown")
        if self._across or down:
            self._merges.append(self._area(self._across, down))
        if array := attributes.get(f"{_SS}ArrayRange"):
            self._arrays.append(self._area(*_read_reach(array)))
        self._formula = attributes.get(f"{_SS}Formula", "")
        self._type = ""
        self._pieces = []

    def _area(self, across: int, down: int) -> Area:
        """Give the area from this cell so many columns and rows further."""
        return Area(
            first_row=self._row,
            last_row=self._row + down,
            first_column=self._column,
            last_column=self._column + across,
        )

    def _end_cell(self) -> None:
        if self._full:
            return
        kind, text = _read_value(self._type, "".join(self._pieces))
        if kind is CellKind.EMPTY and not self._formula:
            return
        ref = name_cell(self._row, self._column)
        if self._column in self._cells:
            raise Unreadable(_TWICE.format(ref))
        self._cells[self._column] = Cell(ref=ref, kind=kind, text=cut(text), formula=cut(self._formula))

    def _add_column(self, attributes: Attributes) -> None:
        column = _read_index(attributes, f"{_SS}Index", self._next_column_info + 1, LAST_COLUMN) - 1
        span = _read_count(attributes, f"{_SS}Span")
        self._next_column_info = column + span + 1
        if attributes.get(f"{_SS}Hidden") == "1":
            self._hidden_columns.update(range(column, min(column + span + 1, LAST_COLUMN)))


def _read_value(stated: str, text: str) -> tuple[CellKind, str]:
    kind = _KINDS.get(stated, CellKind.EMPTY if not stated else CellKind.ERROR)
    match kind:
        case CellKind.TEXT:
            text = unwrap(text)
            return (CellKind.TEXT, text) if text else (CellKind.EMPTY, "")
        case CellKind.NUMBER:
            try:
                return CellKind.NUMBER, show_number(float(text))
            except ValueError:
                return CellKind.ERROR, text or "an error"
        case CellKind.BOOLEAN:
            return CellKind.BOOLEAN, "TRUE" if text.strip() == "1" else "FALSE"
    return kind, text


def _read_index(attributes: Attributes, name: str, default: int, most: int) -> int:
    stated = attributes.get(name)
    index = (
        default if stated is None else int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 9 else 0  # noqa: PLR2004
    )
    if not 1 <= index <= most:
        raise Unreadable(DAMAGED)
    return index


def _read_reach(reference: str) -> tuple[int, int]:
    """Say how many columns and rows an array formula reaches beyond its own cell: RC:R[3]C reaches three rows."""
    found = _REACH.fullmatch(reference)
    if found is None:
        raise Unreadable(DAMAGED)
    down, across = (int(count or 0) for count in found.groups())
    return across, down


def _read_count(attributes: Attributes, name: str) -> int:
    stated = attributes.get(name, "0")
    if not (stated.isascii() and stated.isdigit() and len(stated) < 9):  # noqa: PLR2004
        raise Unreadable(DAMAGED)
    return int(stated)
