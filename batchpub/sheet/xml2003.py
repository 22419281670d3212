"""XML Spreadsheet 2003, often named .xls, row by row.

The format's facts are from Microsoft's "XML Spreadsheet Reference" (Office 2003).
"""

import io
import re
from dataclasses import dataclass, field

from lxml import etree

from batchpub.cells import Cell, CellKind
from batchpub.sheet.document import SheetsInTurn, open_document
from batchpub.sheet.fields import make_cell
from batchpub.sheet.grid import LAST_COLUMN, LAST_ROW, Book, Unreadable, name_cell, say_damaged, say_twice
from batchpub.sheet.values import as_text, is_flat, read_number, show_formula
from batchpub.sheet.xmlstream import count_of, local_name

_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"
_ROOTS = (f"{_SS}Workbook", "Workbook")
_FIRST = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_SAMPLE = 8192
_ARRAY = re.compile(r"RC(?::R(?:\[([0-9]{1,7})\])?C(?:\[([0-9]{1,5})\])?)?")
_KINDS = {"DateTime": CellKind.DATE, "Error": CellKind.ERROR}
_STRIKES = frozenset({"s", "del", "strike"})
_OTHER_XML = "This is an XML file, but none of the spreadsheets that are read here. Export the list as CSV or as an Excel workbook."


def open_xml(text: str, note: str) -> Book:
    """Open a workbook; the note is about its decoding. Raises Unreadable where the XML is damaged or something else."""
    text = text.lstrip()
    first = _FIRST.search(_COMMENT.sub("", text[:_SAMPLE]))
    if first and first[1] != "Workbook":
        raise Unreadable(_OTHER_XML)  # before anything is said of its DOCTYPE, its letters or its end
    data = text.encode()

    def parse(rows: int, only: int | None) -> _Workbook:
        workbook = _Workbook(wanted=rows, only=only)
        workbook.read(io.BytesIO(data), is_part=False)
        if not workbook.is_workbook:
            raise Unreadable(_OTHER_XML)
        return workbook

    return open_document(parse, note)


@dataclass(slots=True)
class _Workbook(SheetsInTurn):
    """The sheets of a workbook as their elements come by."""

    names = ("Style", "Column", "Row", "Visible", "Worksheet", "Workbook")
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
        count = _span(info, "Span") + 1
        self.columns = column + count
        if info.get(f"{_SS}Hidden") == "1" or is_flat(info.get(f"{_SS}Width")):
            self.sheet.hide_columns(column, count)
        if info.get(f"{_SS}StyleID") in self.struck_styles:
            self.struck_columns.update(range(column, min(column + count, LAST_COLUMN)))

    def _take_row(self, row: etree._Element) -> None:
        number = _read_index(row, self.row + 1, LAST_ROW)
        self.row = number + _span(row, "Span")
        found: dict[int, Cell | str] = {}
        following = 1
        for element in row.iterchildren(f"{_SS}Cell", "Cell"):
            column = _read_index(element, following, LAST_COLUMN) - 1
            across, down = _span(element, "MergeAcross"), _span(element, "MergeDown")
            following = column + across + 2
            place = number, column
            self.sheet.add_area(self.sheet.merges, place, (number + down, column + across))
            if array := element.get(f"{_SS}ArrayRange"):
                rows, columns = _read_reach(array)
                self.sheet.add_area(self.sheet.arrays, place, (number + rows, column + columns))
            style = element.get(f"{_SS}StyleID") or row.get(f"{_SS}StyleID")
            struck = style in self.struck_styles if style else column in self.struck_columns
            cell = _build_cell(element, place, struck=struck)
            if cell is not None and column in found:
                raise Unreadable(say_twice(name_cell(number, column)))
            if cell is not None:
                found[column] = cell
        if found:
            hidden = row.get(f"{_SS}Hidden") == "1" or is_flat(row.get(f"{_SS}Height"))
            self.full = not self.sheet.add(number, found, hidden=hidden)


def _build_cell(element: etree._Element, place: tuple[int, int], *, struck: bool) -> Cell | str | None:
    """Build a cell from its one Data (a comment's Data is not the cell's own); None where it holds nothing."""
    data = list(element.iterchildren(f"{_SS}Data", "Data"))
    if len(data) > 1:
        raise Unreadable(say_twice(name_cell(*place)))
    stated = element.get(f"{_SS}Formula")
    kind, text, exact = _read_data(data[0]) if data else (CellKind.EMPTY, "", False)
    struck = struck or (bool(data) and any(local_name(part).lower() in _STRIKES for part in data[0].iterdescendants()))
    return make_cell(place, kind, text, formula=show_formula(stated) if stated else "", struck=struck, exact=exact)


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
    index = _span(element, "Index") or default
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


def _span(element: etree._Element, name: str) -> int:
    return count_of(element, f"{_SS}{name}", least=0)
