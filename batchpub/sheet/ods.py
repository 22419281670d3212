"""OpenDocument spreadsheets (.ods, .fods), row by row.

A reader of our own, because odfpy builds the whole document as Python objects: 60,000 rows take it 15 s and 900 MB
(measured), and a hostile file of 5 MB all the memory there is. The format's facts are from OpenDocument 1.3 part 3,
sections 9, 16, 19 and 20.
"""

import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import IO

from lxml import etree

from batchpub.cells import Cell, CellKind
from batchpub.sheet.document import SheetsInTurn, open_document
from batchpub.sheet.fields import make_cell
from batchpub.sheet.grid import LAST_COLUMN, LAST_ROW, MAX_CHARACTERS, Area, Book, Unreadable, cut, name_cell
from batchpub.sheet.package import PROTECTED, Package
from batchpub.sheet.values import as_text, differ, read_number, show_formula, show_two, unwrap
from batchpub.sheet.xmlstream import count_of, local_name

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_CELL, _COVERED = f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"
_PARAGRAPHS = (f"{_TEXT}p", f"{_TEXT}h")
_NOT_PLAIN = frozenset({f"{_TABLE}formula", f"{_OFFICE}string-value", f"{_CALC}value-type"})
_SPACES = {f"{_TEXT}s": " ", f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n"}
_NOT_SHOWN = (f"{_OFFICE}annotation", f"{_TEXT}note", f"{_TEXT}ruby-text")  # and drawings: text of their own
_NUMBERS = frozenset({"float", "percentage", "currency"})
_ERROR_TEXT = re.compile(r"#[A-Z/0!?]+[!?A]?|Err:\d+|#N/A")
_NESTED = "A cell of this document holds a table of its own, which no spreadsheet program shows. Move the inner table to a sheet of its own."
_MOST_SPACES = 1_000
_MAX_STYLES = 100_000


def open_package(package: Package) -> Book:
    """Open a document in a package, the usual .ods. Raises Unreadable where there is a password."""
    if b"encryption-data" in package.read("META-INF/manifest.xml", 1 << 22):
        raise Unreadable(PROTECTED)
    named = _Document(wanted=0)
    if "styles.xml" in package:
        with package.open("styles.xml") as stream:
            named.read(stream, is_part=True)
    return _open(lambda: package.open("content.xml"), named.styles, is_part=True)


def open_flat(text: str, note: str) -> Book:
    """Open a document that is one XML file, .fods; the note is about its decoding."""
    data = text.lstrip().encode()
    return _open(lambda: io.BytesIO(data), {}, note=note)


def _open(
    contents: Callable[[], IO[bytes]], styles: "Mapping[str, _Style]", *, is_part: bool = False, note: str = ""
) -> Book:
    def parse(rows: int, only: int | None) -> _Document:
        document = _Document(wanted=rows, only=only, styles=dict(styles))
        with contents() as stream:
            document.read(stream, is_part=is_part)
        if not document.tabs:
            raise Unreadable("This is an OpenDocument file, but no spreadsheet.")
        return document

    return open_document(parse, note)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Style:
    """What a style says of what it is used for: a table that is not shown, a text with a line through it."""

    hidden: bool = False
    struck: bool = False


_PLAIN = _Style()


@dataclass(slots=True)
class _Document(SheetsInTurn):
    """The sheets of a document as their elements come by, and the styles before them."""

    names = ("style", "table-column", "table-row", "table", "spreadsheet")
    styles: dict[str, _Style] = field(default_factory=dict)

    def take(self, element: etree._Element) -> None:
        """Read one element."""
        match local_name(element):
            case "table-row" if not self.full and _is_sheet_part(element):
                self._take_row(element)
            case "table-column" if _is_sheet_part(element):
                self._take_column(element)
            case "style":
                self._take_style(element)
            case "table" if element.getparent().tag == f"{_OFFICE}spreadsheet":
                self._end_table(element)
            case "table" if element.getparent().tag in (_CELL, _COVERED):
                raise Unreadable(_NESTED)

    def _take_style(self, style: etree._Element) -> None:
        """Read a style; it begins with what its parent says. Names are kept by family: others may have the same ones."""
        family = style.get(f"{_STYLE}family", "")
        base = self.styles.get(f"{family} {style.get(f'{_STYLE}parent-style-name', '')}", _PLAIN)
        if (table := style.find(f"{_STYLE}table-properties")) is not None:
            base = replace(base, hidden=table.get(f"{_TABLE}display") == "false")
        if (text := style.find(f"{_STYLE}text-properties")) is not None:
            lines = [text.get(f"{_STYLE}text-line-through-{what}") for what in ("style", "type")]
            if any(lines):
                base = replace(base, struck=any(line not in (None, "none") for line in lines))
        if base is not _PLAIN and len(self.styles) < _MAX_STYLES:
            self.styles[f"{family} {style.get(f'{_STYLE}name', '')}"] = base

    def _is_struck(self, family: str, name: str | None) -> bool:
        return self.styles.get(f"{family} {name}", _PLAIN).struck

    def _end_table(self, table: etree._Element) -> None:
        hidden = self.styles.get(f"table {table.get(f'{_TABLE}style-name')}", _PLAIN).hidden
        self.end_sheet(table.get(f"{_TABLE}name", ""), hidden=hidden)

    def _take_column(self, info: etree._Element) -> None:
        count = count_of(info, f"{_TABLE}number-columns-repeated", least=1)
        if info.get(f"{_TABLE}visibility", "visible") != "visible" or _is_in_hidden_group(info):
            self.sheet.hide_columns(self.columns, count)
        if self._is_struck("table-cell", info.get(f"{_TABLE}default-cell-style-name")):
            self.struck_columns.update(range(self.columns, min(self.columns + count, LAST_COLUMN)))
        self.columns += count

    def _take_row(self, row: etree._Element) -> None:
        """Put the row on the buffer as often as it is repeated. Blank rows are only counted: a million of them is usual."""
        number = self.row + 1
        self.row += count_of(row, f"{_TABLE}number-rows-repeated", least=1)
        found = self._read_cells(row, number)
        if not found:
            return
        hidden = row.get(f"{_TABLE}visibility", "visible") != "visible" or _is_in_hidden_group(row)
        for place in range(number, min(self.row, LAST_ROW) + 1):
            if place > number:
                found = {column: _move(cell, place, column) for column, cell in found.items()}
            if not self.sheet.add(place, found, hidden=hidden):
                self.full = True
                return

    def _read_cells(self, row: etree._Element, number: int) -> dict[int, Cell | str]:
        found: dict[int, Cell | str] = {}
        row_style = row.get(f"{_TABLE}default-cell-style-name")
        column = 0
        for element in row.iterchildren(_CELL, _COVERED):
            first, column = column, column + count_of(element, f"{_TABLE}number-columns-repeated", least=1)
            if element.tag == _CELL:
                self._add_area(self.sheet.merges, element, "number-{}-spanned", number, first)
            self._add_area(self.sheet.arrays, element, "number-matrix-{}-spanned", number, first)
            style = element.get(f"{_TABLE}style-name") or row_style
            struck = self._is_struck("table-cell", style) if style else first in self.struck_columns
            cell: Cell | str | None = _read_plain(element) if not struck else ""
            if not cell and len(element):
                struck = struck or any(
                    self._is_struck("text", span.get(f"{_TEXT}style-name")) for span in element.iter(f"{_TEXT}span")
                )
            cell = cell or _build_cell(element, (number, first), struck=struck)
            if cell:
                found[first] = cell
                for place in range(first + 1, min(column, LAST_COLUMN)):
                    found[place] = _move(cell, number, place)
        return found

    def _add_area(self, areas: list[Area], cell: etree._Element, counts: str, row: int, column: int) -> None:
        high = count_of(cell, _TABLE + counts.format("rows"), least=1)
        wide = count_of(cell, _TABLE + counts.format("columns"), least=1)
        self.sheet.add_area(areas, (row, column), (row + high - 1, column + wide - 1))


def _is_sheet_part(element: etree._Element) -> bool:
    """Say whether a row or column is a sheet's own: not of a table inside a cell, a drawing or a tracked change."""
    for above in element.iterancestors():
        if above.tag == f"{_TABLE}table":
            return bool(above.getparent().tag == f"{_OFFICE}spreadsheet")
    return False


def _is_in_hidden_group(element: etree._Element) -> bool:
    above = element.getparent()
    while above is not None and above.tag != f"{_TABLE}table":
        if above.get(f"{_TABLE}display") == "false":
            return True
        above = above.getparent()
    return False


def _build_cell(element: etree._Element, place: tuple[int, int], *, struck: bool) -> Cell | str | None:
    stated = element.get(f"{_TABLE}formula")
    kind, text, exact = _read_value(element, _read_text(element) if len(element) else "")
    return make_cell(place, kind, text, formula=show_formula(stated) if stated else "", struck=struck, exact=exact)


def _move(cell: Cell | str, row: int, column: int) -> Cell | str:
    return cell if isinstance(cell, str) else replace(cell, ref=name_cell(row, column))


def _read_plain(element: etree._Element) -> str:
    """Read a cell that is a text in one piece and nothing else, as nearly all are; "" where it is not."""
    if len(element) != 1 or element.get(f"{_OFFICE}value-type") != "string" or len(element[0]):
        return ""
    if element[0].tag != _PARAGRAPHS[0] or not _NOT_PLAIN.isdisjoint(element.attrib):
        return ""
    return cut(unwrap(element[0].text or ""))


def _read_value(cell: etree._Element, shown: str) -> tuple[CellKind, str, bool]:
    """Read a cell by the type it says it has; one that says none is text if it shows any."""
    stated = cell.get(f"{_OFFICE}value-type", "")
    if cell.get(f"{_CALC}value-type") == "error":
        return CellKind.ERROR, shown or "an error", False
    if stated in _NUMBERS:
        return read_number(cell.get(f"{_OFFICE}value") or shown)
    if stated == "boolean":
        return CellKind.BOOLEAN, "TRUE" if cell.get(f"{_OFFICE}boolean-value") == "true" else "FALSE", False
    if stated in ("date", "time"):
        return CellKind.DATE, cell.get(f"{_OFFICE}{stated}-value", shown), False
    if f"{_TABLE}formula" in cell.attrib and _ERROR_TEXT.fullmatch(shown):
        return CellKind.ERROR, shown, False
    kept = cell.get(f"{_OFFICE}string-value", "")
    if shown and kept and differ(shown, kept):
        return CellKind.ERROR, show_two(shown, kept), False
    return *as_text(shown or kept), False


def _read_text(cell: etree._Element) -> str:
    """Give the text that a cell shows, its paragraphs as lines."""
    if len(cell) == 1 and cell[0].tag == f"{_TEXT}p" and not len(cell[0]):
        return cell[0].text or ""  # nearly always
    pieces: list[str] = []
    room = MAX_CHARACTERS
    for piece in _list_pieces(cell, in_paragraph=False):
        if room <= 0:
            break
        room -= len(piece) or 1
        pieces.append(piece)
    return "".join(pieces).removesuffix("\n")


def _list_pieces(element: etree._Element, *, in_paragraph: bool) -> Iterator[str]:
    """Give the pieces of text in the order they are shown; outside a paragraph there is none."""
    if in_paragraph:
        yield element.text or ""
    for part in element:
        if part.tag in _SPACES:
            count = min(count_of(part, f"{_TEXT}c", least=1), _MOST_SPACES) if part.tag == f"{_TEXT}s" else 1
            yield _SPACES[part.tag] * count
        elif part.tag not in _NOT_SHOWN and "drawing:1.0}" not in part.tag:
            starts = part.tag in _PARAGRAPHS
            yield from _list_pieces(part, in_paragraph=in_paragraph or starts)
            if starts and not in_paragraph:
                yield "\n"
        if in_paragraph:
            yield part.tail or ""
