"""Web pages with a table of courses in them, often exports named .xls: the text as it stands in the page.

Excel would turn the ids into numbers on opening such a file, so nobody is ever told to open it and save it again.
Some programs write beside the shown text that the cell was a number (`x:num`, `sdval`, `data-t`): then it is one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree
from lxml import html as lxml_html

from batchpub.cells import Cell, CellKind
from batchpub.sheet.buffer import RowBuffer
from batchpub.sheet.fields import make_cell
from batchpub.sheet.grid import LAST_COLUMN, TOO_MANY_CELLS, Area, Book, Grid, Tab, Unreadable, say_damaged
from batchpub.sheet.hiding import Hiding
from batchpub.sheet.values import differ, read_number, show_two, unwrap

_MAX_SPAN = 65_534  # what browsers clamp to: HTML standard, "forming a table"
_MAX_WORK = 2_000_000
_UNSEEN = frozenset({"script", "style", "template", "noscript", "head", "title", "table"})
_ROWS_LIE_IN = frozenset({"thead", "tbody", "tfoot"})
_COLUMNS_LIE_IN = frozenset({"colgroup"})
_STRUCK = re.compile(r"<(?:s|strike|del)\b|line-through", re.IGNORECASE)
_BREAK = re.compile(r"<br ?/?>|&#x000d;", re.IGNORECASE)
_BREAKS = frozenset({"br", "p", "div", "li"})
_GOOGLE_TYPES = re.compile(r'"1"\s*:\s*(\d+)')
_GOOGLE_TEXT = re.compile(r'"2"\s*:\s*"([^"\\]*)"')  # one with an escape in it is no id
_FORMULAS = ("x:fmla", "fmla", "data-sheets-formula")
_SHEETJS_KINDS = {"n": CellKind.NUMBER, "b": CellKind.BOOLEAN, "e": CellKind.ERROR, "d": CellKind.DATE}


def open_page(text: str, note: str) -> Book:
    """Open a page; the note is about its decoding. Raises Unreadable where it cannot be parsed.

    Every table in it is a sheet without a name; those without the heading do not count.
    """
    try:
        page = lxml_html.document_fromstring(text.encode(), parser=lxml_html.HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise Unreadable(say_damaged("it cannot be read as a web page")) from error
    may_strike = _STRUCK.search(text) is not None
    hiding = Hiding(page)
    tables = [table for table in _find_tables(page) if not hiding.hides_around(table)]
    names = [f"table {number}" if len(tables) > 1 else "" for number in range(1, len(tables) + 1)]

    def read(tab: int, rows: int) -> Grid:
        return _TableReader(RowBuffer(wanted=rows), hiding, may_strike=may_strike).read(tables[tab])

    return Book(tabs=[Tab(name=name) for name in names], read=read, notes=(note,) if note else (), is_page=True)


@dataclass(slots=True)
class _TableReader:
    """Lays a table out on a grid: cells that span rows or columns push the others aside, as browsers do."""

    buffer: RowBuffer
    hiding: Hiding
    may_strike: bool
    spanning: dict[int, int] = field(default_factory=dict)  # column → last row a cell above reaches down to
    work: int = 0

    def read(self, table: etree._Element) -> Grid:
        for number, row in enumerate(_own(table, "tr", _ROWS_LIE_IN), 1):
            cells, width = self._lay_out(row, number)
            if cells and not self.buffer.add(number, cells, hidden=self.hiding.hides_around(row), width=width):
                break
        column = 0
        for element in _own(table, "col", _COLUMNS_LIE_IN):
            count = _read_span(element, "span")
            if self.hiding.hides(element):
                self.buffer.hidden_columns.update(range(column, min(column + count, LAST_COLUMN)))
            column += count
        return self.buffer.finish()

    def _lay_out(self, row: etree._Element, number: int) -> tuple[dict[int, Cell | str], int]:
        """Give the cells of a row, and how many columns it has."""
        cells: dict[int, Cell | str] = {}
        column = 0
        self.spanning = {taken: last for taken, last in self.spanning.items() if last >= number}
        for element in row.iterchildren("td", "th"):
            if self.hiding.hides(element):
                continue  # browsers close the gap
            while column in self.spanning:
                column += 1
            wide, high = _read_span(element, "colspan"), _read_span(element, "rowspan")
            self.work += wide + len(self.spanning) // 64
            if self.work > _MAX_WORK:
                raise Unreadable(TOO_MANY_CELLS)
            if column + wide > LAST_COLUMN:
                break
            cell = self._build_cell(element, (number, column))
            if cell is not None:
                cells[column] = cell
            if wide > 1 or high > 1:
                self._span(number, column, wide, high)
            column += wide
        return cells, max([column, *(taken + 1 for taken in self.spanning)])

    def _span(self, number: int, column: int, wide: int, high: int) -> None:
        last_row, last_column = number + high - 1, column + wide - 1
        area = Area(first_row=number, last_row=last_row, first_column=column, last_column=last_column)
        self.buffer.merges.append(area)
        if high > 1:
            self.spanning.update(dict.fromkeys(range(column, last_column + 1), last_row))

    def _build_cell(self, element: etree._Element, place: tuple[int, int]) -> Cell | str | None:
        text = unwrap(_read_text(element, self.hiding))
        formula = next((stated for name in _FORMULAS if (stated := element.get(name))), text if text[:1] == "=" else "")
        if not text and not formula:
            return None
        kind, exact = _read_kind(element), False
        if kind is CellKind.NUMBER:
            kind, text, exact = _read_stored_number(element, text)
        if kind is CellKind.TEXT and (other := _find_other_text(element, text)):
            kind, text = CellKind.ERROR, show_two(text, other)
        struck = self.may_strike and self.hiding.strikes(element)
        return make_cell(place, kind if text else CellKind.EMPTY, text, formula=formula, struck=struck, exact=exact)


def _find_tables(page: etree._Element) -> list[etree._Element]:
    """Find the tables, and what holds rows without one, as in the HTML of a database console."""
    found = [element if element.tag == "table" else element.getparent() for element in page.iter("table", "tr")]
    return list(dict.fromkeys(element for element in found if element.tag not in _ROWS_LIE_IN))


def _own(table: etree._Element, tag: str, between: frozenset[str]) -> Iterator[etree._Element]:
    """Give a table's own rows, not those of a table inside one of its cells."""
    for element in table.iterchildren():
        if element.tag == tag:
            yield element
        elif element.tag in between:
            yield from element.iterchildren(tag)


def _read_span(element: etree._Element, name: str) -> int:
    stated = element.get(name, "1").strip()
    if not (stated.isascii() and stated.isdigit()):
        return 1
    return min(max(int(stated[:6]), 1), _MAX_SPAN if name == "rowspan" else LAST_COLUMN)


def _read_kind(element: etree._Element) -> CellKind:
    """Say what the program that wrote the page says the cell was; text where it says nothing."""
    if any(name in element.attrib for name in ("x:num", "sdval")):
        return CellKind.NUMBER
    if "x:bool" in element.attrib:
        return CellKind.BOOLEAN
    if "x:err" in element.attrib:
        return CellKind.ERROR
    google = _GOOGLE_TYPES.search(element.get("data-sheets-value", ""))
    if google:
        return {"3": CellKind.NUMBER, "4": CellKind.BOOLEAN, "5": CellKind.ERROR}.get(google[1], CellKind.TEXT)
    return _SHEETJS_KINDS.get(element.get("data-t", ""), CellKind.TEXT)


def _find_other_text(element: etree._Element, shown: str) -> str:
    """Give the text that the page stores for the cell where it is not the one that it shows."""
    google = _GOOGLE_TEXT.search(element.get("data-sheets-value", ""))
    sheetjs = _BREAK.sub(" ", element.get("data-v", ""))  # its line ends are tags there
    stored = (element.get("x:str"), sheetjs, google[1] if google else "")
    return next((text for text in stored if text and differ(unwrap(text), shown)), "")


def _read_stored_number(element: etree._Element, text: str) -> tuple[CellKind, str, bool]:
    """Read a number by its stored value, so that 18 digits of it cannot be taken for an id when a report is read again."""
    for value in (element.get("x:num"), element.get("sdval"), element.get("data-v"), text):
        kind, shown, exact = read_number(value or "")
        if kind is CellKind.NUMBER:
            return kind, shown, exact
    return CellKind.NUMBER, text, False


def _read_text(element: etree._Element, hiding: Hiding) -> str:
    """Give the text a person sees in a cell: no scripts, no hidden parts, no tables inside."""
    pieces: list[str] = [element.text or ""]
    skipped: etree._Element | None = None
    for event, child in etree.iterwalk(element, events=("start", "end", "comment", "pi")):
        if child is element:
            continue
        if skipped is None and event == "start" and (child.tag in _UNSEEN or hiding.hides(child)):
            skipped = child
        if skipped is None and event == "start":
            pieces.append((" " if child.tag in _BREAKS else "") + (child.text or ""))
        if event in ("comment", "pi", "end"):
            if skipped is child:
                skipped = None
            if skipped is None:
                pieces.append(child.tail or "")
    return re.sub(r"[ \t\r\n\f]+", " ", "".join(pieces)).strip(" ")  # as browsers do; a non-breaking space stays
