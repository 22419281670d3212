"""XML Spreadsheet 2003, often named .xls, row by row.

The format's facts are from Microsoft's "XML Spreadsheet Reference" (Office 2003).
"""

import codecs
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from lxml import etree

from batchpub.course import Cell, CellKind
from batchpub.sheet.fields import gather_cells
from batchpub.sheet.grid import (
    HEAD_ROWS,
    LAST_COLUMN,
    LAST_ROW,
    Grid,
    GridRow,
    SheetsInTurn,
    Tab,
    Unreadable,
    cut,
    name_cell,
    say_damaged,
    say_twice,
)
from batchpub.sheet.values import as_text, is_flat, read_number, show_formula
from batchpub.sheet.xmlstream import Budget, find_encoding, local_name, read_elements

_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"
_ROOTS = (f"{_SS}Workbook", "Workbook")
_NAMES = ("Style", "Column", "Row", "Visible", "Worksheet", "Workbook")
_FIRST = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_SAMPLE = 8192
_ARRAY = re.compile(r"RC(?::R(?:\[([0-9]{1,7})\])?C(?:\[([0-9]{1,5})\])?)?")
_KINDS = {"DateTime": CellKind.DATE, "Error": CellKind.ERROR}
_STRIKES = frozenset({"s", "del", "strike"})
_OTHER_XML = "This is an XML file, but none of the spreadsheets that are read here. Export the list as CSV or as an Excel workbook."


class Xml2003Book:
    """An opened workbook. Raises Unreadable where the XML is damaged or something else."""

    noun = "an XML spreadsheet of Excel 2003"
    is_text = False

    def __init__(self, data: bytes) -> None:
        """Read the names of the sheets and the top of each."""
        self._data = data.removeprefix(codecs.BOM_UTF8).lstrip()
        first = _FIRST.search(_COMMENT.sub(b"", self._data[:_SAMPLE]))
        if first and first[1] != b"Workbook":
            raise Unreadable(_OTHER_XML)  # before anything is said of its DOCTYPE, its letters or its end
        self._heads, self._encoding, note = find_encoding(self._data, lambda named: self._parse(named, HEAD_ROWS))
        self.notes: Sequence[str] = (note,) if note else ()
        self.tabs: Sequence[Tab] = self._heads.tabs

    def read(self, tab: int, rows: int) -> Grid:
        """Read so many filled rows of one sheet."""
        workbook = self._heads if rows <= HEAD_ROWS else self._parse(self._encoding, rows, tab)
        return workbook.shelves[tab].finish()

    def _parse(self, encoding: str | None, rows: int, tab: int | None = None) -> "_Workbook":
        workbook = _Workbook(wanted=rows, only=tab)
        for element in read_elements(io.BytesIO(self._data), _NAMES, Budget(), encoding=encoding):
            workbook.take(element)
        if not workbook.is_workbook:
            raise Unreadable(_OTHER_XML)
        return workbook


@dataclass(slots=True)
class _Workbook(SheetsInTurn):
    """The sheets of a workbook as their elements come by."""

    is_workbook: bool = False
    is_hidden: bool = False
    struck_styles: set[str] = field(default_factory=set)

    def take(self, element: etree._Element) -> None:
        """Read one element."""
        match local_name(element):
            case "Row" if not self.full:
                self._take_row(element)
            case "Column":
                self._take_column(element)
            case "Style":
                self._take_style(element)
            case "Visible":
                self.is_hidden = "hidden" in (element.text or "").lower()
            case "Worksheet":
                self.end_sheet(element.get(f"{_SS}Name", ""), hidden=self.is_hidden)
                self.is_hidden = False
            case "Workbook":
                self.is_workbook = element.tag in _ROOTS

    def _take_style(self, style: etree._Element) -> None:
        font = style.find(f"{_SS}Font")
        struck = None if font is None else font.get(f"{_SS}StrikeThrough")
        if struck == "1" or (struck is None and style.get(f"{_SS}Parent") in self.struck_styles):
            self.struck_styles.add(style.get(f"{_SS}ID", ""))

    def _take_column(self, info: etree._Element) -> None:
        column = _read_index(info, self.columns + 1, LAST_COLUMN) - 1
        count = _read_count(info, "Span") + 1
        self.columns = column + count
        if info.get(f"{_SS}Hidden") == "1" or is_flat(info.get(f"{_SS}Width")):
            self.shelf.hide_columns(column, count)
        if info.get(f"{_SS}StyleID") in self.struck_styles:
            self.struck_columns.update(range(column, min(column + count, LAST_COLUMN)))

    def _take_row(self, row: etree._Element) -> None:
        number = _read_index(row, self.row + 1, LAST_ROW)
        self.row = number + _read_count(row, "Span")
        found: dict[int, Cell | str] = {}
        following = 1
        for element in row.iterchildren(f"{_SS}Cell", "Cell"):
            column = _read_index(element, following, LAST_COLUMN) - 1
            across, down = _read_count(element, "MergeAcross"), _read_count(element, "MergeDown")
            following = column + across + 2
            place = number, column
            self.shelf.add_area(self.shelf.merges, place, (number + down, column + across))
            if array := element.get(f"{_SS}ArrayRange"):
                rows, columns = _read_reach(array)
                self.shelf.add_area(self.shelf.arrays, place, (number + rows, column + columns))
            style = element.get(f"{_SS}StyleID") or row.get(f"{_SS}StyleID")
            struck = style in self.struck_styles if style else column in self.struck_columns
            cell = _build_cell(element, name_cell(number, column), struck=struck)
            if cell is None:
                continue
            if column in found:
                raise Unreadable(say_twice(cell.ref))
            is_plain = cell.kind is CellKind.TEXT and not cell.formula and not cell.struck
            found[column] = cell.text if is_plain else cell
        if found:
            hidden = row.get(f"{_SS}Hidden") == "1" or is_flat(row.get(f"{_SS}Height"))
            self.full = not self.shelf.add(GridRow(number=number, cells=gather_cells(number, found), hidden=hidden))


def _build_cell(element: etree._Element, ref: str, *, struck: bool) -> Cell | None:
    """Build a cell from its one Data (a comment's Data is not the cell's own); None where it holds nothing."""
    data = list(element.iterchildren(f"{_SS}Data", "Data"))
    if len(data) > 1:
        raise Unreadable(say_twice(ref))
    stated = element.get(f"{_SS}Formula")
    formula = show_formula(stated) if stated else ""
    kind, text, exact = _read_data(data[0]) if data else (CellKind.EMPTY, "", False)
    if kind is CellKind.EMPTY and not formula:
        return None
    struck = struck or (bool(data) and any(local_name(part).lower() in _STRIKES for part in data[0].iterdescendants()))
    return Cell(ref=ref, kind=kind, text=cut(text), formula=cut(formula), struck=struck, exact=exact)


def _read_data(data: etree._Element) -> tuple[CellKind, str, bool]:
    text = "".join(data.itertext()) if len(data) else data.text or ""
    match data.get(f"{_SS}Type", "String"):
        case "String":
            return *as_text(text), False
        case "Number":
            return read_number(text)
        case "Boolean":
            return CellKind.BOOLEAN, "TRUE" if text.strip() == "1" else "FALSE", False
        case stated:
            return _KINDS.get(stated, CellKind.ERROR), text or "an error", False


def _read_index(element: etree._Element, default: int, most: int) -> int:
    index = _read_count(element, "Index") or default
    if index > most:
        raise Unreadable(say_damaged(f"it names a {local_name(element).lower()} {index:,}"))
    return index


def _read_reach(reference: str) -> tuple[int, int]:
    """Say how many rows and columns an array formula reaches beyond its own cell: RC:R[3]C reaches three rows."""
    found = _ARRAY.fullmatch(reference)
    if found is None:
        raise Unreadable(say_damaged(f"an array formula claims the cells {reference!a}"))
    down, across = (int(count or 0) for count in found.groups())
    return down, across


def _read_count(element: etree._Element, name: str) -> int:
    stated = element.get(f"{_SS}{name}", "0").strip()
    if not (stated.isascii() and stated.isdigit() and len(stated) < 9):  # noqa: PLR2004 - no sheet has so many of anything
        raise Unreadable(say_damaged(f"{name} reads {stated!a}"))
    return int(stated)
