"""Staff's own .xlsx with what became of its rows: the file itself, and three columns more on the right of the table.

Widths, colours, filters, formulas and other sheets stay as they were, since every part of the package is copied but the
sheets with rows and the styles, and in those something is only added. What comes out is read again and compared cell by
cell with what went in; where anything differs, or the file has what this does not know, there is no such workbook.
"""

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

from lxml import etree

from batchpub.report.text import cut_cell, replace_unshowable
from batchpub.report.xlsx_look import FILLS, Page, SheetLine, line_height
from batchpub.sheet.grid import LAST_COLUMN, Unreadable, name_cell
from batchpub.sheet.package import Package
from batchpub.sheet.xlsx import XlsxBook, read_reference

_MOST_BYTES = 5 << 20  # of a file
_MOST_UNPACKED = 20 << 20  # bytes of all its parts; some are held as trees of elements, ten times as large
_MOST_ROWS = 100_000
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_NOT_OURS = ("vbaproject.bin", "_xmlsignatures/")  # macros are for .xlsm; a signature would break
# ECMA-376 18.3.1.99: the order of what a worksheet holds
_BEHIND_PAGE_SETUP = (
    "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing",
    "legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst",
)  # fmt: skip
_FAULTS = (Unreadable, etree.LxmlError, zipfile.BadZipFile, KeyError, ValueError, OSError)


def add_results(data: bytes, pages: Sequence[Page]) -> bytes | None:
    """Give a workbook with our columns in it, None where that cannot be done with certainty."""
    if len(data) > _MOST_BYTES:
        return None
    try:
        return _OwnWorkbook(data).answer(pages)
    except _FAULTS:
        return None


@dataclass(slots=True)
class _OwnWorkbook:
    """A workbook on its way back; `changed` are the parts that are written anew."""

    data: bytes
    book: XlsxBook = field(init=False)
    changed: dict[str, etree._Element] = field(default_factory=dict)

    def answer(self, pages: Sequence[Page]) -> bytes:
        package = Package(self.data)
        if any(strange in name for name in package.names() for strange in _NOT_OURS):
            raise Unreadable("no plain workbook")
        if package.unpacked_bytes() > _MOST_UNPACKED:
            raise Unreadable("too large for trees")
        self.book = XlsxBook(package)
        styles = _Styles(self._parse(package, self.book.styles))
        firsts = {}
        for page in pages:
            (tab,) = [index for index, one in enumerate(self.book.tabs) if one.name == page.name]
            sheet = _Sheet(self._parse(package, self.book.parts[tab]), styles)
            firsts[tab] = sheet.add(page)
        result = self._pack()
        self._compare(result, firsts)
        return result

    def _parse(self, package: Package, part: str) -> etree._Element:
        with package.open(part) as stream:
            root = etree.parse(stream, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
        self.changed[part.lower()] = root
        return root

    def _pack(self) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(self.data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
            for info in old.infolist():
                root = self.changed.get(info.filename.replace("\\", "/").lstrip("/").lower())
                made = zipfile.ZipInfo(info.filename, info.date_time)
                made.compress_type = zipfile.ZIP_DEFLATED
                new.writestr(made, old.read(info) if root is None else _serialise(root))
        return file.getvalue()

    def _compare(self, result: bytes, firsts: Mapping[int, int]) -> None:
        """Read both, and raise ValueError where a cell of the person's, a merge or a hidden row is another."""
        after = XlsxBook(Package(result))
        if list(after.tabs) != list(self.book.tabs):
            raise ValueError
        for tab in range(len(after.tabs)):
            before, now = self.book.read(tab, _MOST_ROWS), after.read(tab, _MOST_ROWS)
            limit = firsts.get(tab, LAST_COLUMN)
            cells = [
                {
                    row.number: (row.hidden, kept)
                    for row in grid.rows
                    if (kept := {column: cell for column, cell in row.cells.items() if column < limit})
                }
                for grid in (before, now)
            ]
            if not before.complete or cells[0] != cells[1] or before.merges != now.merges:
                raise ValueError


def _serialise(root: etree._Element) -> bytes:
    return bytes(etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8", standalone=True))


def _tag(root: etree._Element, name: str) -> str:
    """Name an element in the part's own namespace: there are two, of the standard's editions."""
    return f"{{{etree.QName(root).namespace}}}{name}"


class _Styles:
    """The cell styles of a workbook, and ours behind them: by tone, and one for sentences."""

    def __init__(self, root: etree._Element) -> None:
        self._root = root
        self._fills, self._styles = (root.find(_tag(self._root, name)) for name in ("fills", "cellXfs"))
        if self._fills is None or self._styles is None or not len(self._styles):
            raise Unreadable("no styles")
        self.tones = {tone: self._add(fill=self._add_fill(colour)) for tone, colour in FILLS.items()}
        self.wrapped = self._add(wrap=True)

    def _add_fill(self, colour: str) -> int:
        pattern = etree.SubElement(
            etree.SubElement(self._fills, _tag(self._root, "fill")),
            _tag(self._root, "patternFill"),
            patternType="solid",
        )
        etree.SubElement(pattern, _tag(self._root, "fgColor"), rgb=f"FF{colour.removeprefix('#')}")
        self._fills.set("count", str(len(self._fills)))
        return len(self._fills) - 1

    def _add(self, *, fill: int | None = None, wrap: bool = False) -> str:
        style = deepcopy(self._styles[0])
        for child in style.findall(_tag(self._root, "alignment")):
            style.remove(child)
        if wrap:
            style.insert(0, etree.Element(_tag(self._root, "alignment"), wrapText="1"))
            style.set("applyAlignment", "1")
        if fill is not None:
            style.set("fillId", str(fill))
            style.set("applyFill", "1")
        self._styles.append(style)
        self._styles.set("count", str(len(self._styles)))
        return str(len(self._styles) - 1)


class _Sheet:
    """The rows of one worksheet by their numbers."""

    def __init__(self, root: etree._Element, styles: _Styles) -> None:
        self._root, self._styles = root, styles
        self._rows = root.find(_tag(self._root, "sheetData"))
        self._by_number = {int(row.attrib["r"]): row for row in self._rows.iterchildren(_tag(self._root, "row"))}
        if len(self._by_number) != len(self._rows) or list(self._by_number) != sorted(self._by_number):
            raise Unreadable("rows out of order")

    def add(self, page: Page) -> int:
        """Write our columns and give the first of them."""
        first = self._find_end(page.heading_row) if page.first is None else page.first
        if first + len(page.widths) > LAST_COLUMN:
            raise Unreadable("no room")
        for element in self._root.findall(_tag(self._root, "dimension")):
            self._root.remove(element)
        heading_style = self._find_heading_style(page.heading_row, first)
        for number, line in page.lines.items():
            row = self._find_row(number)
            for place, text in enumerate(line.texts):
                style = heading_style if number == page.heading_row else self._choose(place, line)
                self._put(row, number, first + place, text, style)
            if line.lines > 1 and not (row.get("ht") or row.get("hidden")):
                row.set("ht", f"{line_height(line.lines):g}")
                row.set("customHeight", "1")
        self._widen(first, page.widths)
        self._fit_on_paper()
        return first

    def _fit_on_paper(self) -> None:
        """Print the whole width on one sheet of paper: with our columns it is wider than it was."""
        about = self._root.find(_tag(self._root, "sheetPr"))
        if about is None:
            about = etree.Element(_tag(self._root, "sheetPr"))
            self._root.insert(0, about)
        fit = about.find(_tag(self._root, "pageSetUpPr"))
        if fit is None:
            fit = etree.SubElement(about, _tag(self._root, "pageSetUpPr"))
        fit.set("fitToPage", "1")
        setup = self._root.find(_tag(self._root, "pageSetup"))
        if setup is None:
            setup = etree.Element(_tag(self._root, "pageSetup"), paperSize="9")
            behind = [child for child in self._root if etree.QName(child).localname in _BEHIND_PAGE_SETUP]
            self._root.insert(self._root.index(behind[0]) if behind else len(self._root), setup)
        setup.attrib.update({"orientation": "landscape", "fitToWidth": "1", "fitToHeight": "0"})
        setup.attrib.pop("scale", None)

    def _choose(self, place: int, line: SheetLine) -> str:
        return self._styles.tones[line.tone] if not place and line.tone else self._styles.wrapped

    def _find_end(self, heading_row: int) -> int:
        """Give the first column that is free from the heading down."""
        ends = [
            _read_reference(cell.attrib["r"])[0]
            for number, row in self._by_number.items()
            if number >= heading_row
            for cell in row
            if len(cell)
        ]
        for merge in self._root.iter(_tag(self._root, "mergeCell")):
            column, number = _read_reference(merge.attrib["ref"].rpartition(":")[2])
            ends += [column] if number >= heading_row else []
        return max(ends) + 1

    def _find_heading_style(self, number: int, first: int) -> str:
        cells = [cell for cell in self._by_number[number] if len(cell) and _read_reference(cell.attrib["r"])[0] < first]
        return cells[-1].get("s", "0") if cells else "0"

    def _find_row(self, number: int) -> etree._Element:
        """Give a row, made where a blank one is not in the file."""
        if number not in self._by_number:
            row = etree.Element(_tag(self._root, "row"), r=str(number))
            before = sum(other < number for other in self._by_number)
            self._rows.insert(before, row)
            self._by_number[number] = row
        self._by_number[number].attrib.pop("spans", None)
        return self._by_number[number]

    def _put(self, row: etree._Element, number: int, column: int, text: str, style: str) -> None:
        cell = etree.Element(_tag(self._root, "c"), r=name_cell(number, column), s=style)
        if text:
            cell.set("t", "inlineStr")
            inline = etree.SubElement(etree.SubElement(cell, _tag(self._root, "is")), _tag(self._root, "t"))
            inline.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
            inline.text = _ESCAPE.sub("_x005F_", cut_cell(replace_unshowable(text)))
        place = 0
        for other in row.findall(_tag(self._root, "c")):
            there = _read_reference(other.attrib["r"])[0]
            if there == column:
                row.remove(other)
            elif there < column:
                place += 1
        row.insert(place, cell)

    def _widen(self, first: int, widths: Sequence[float]) -> None:
        """Give our columns their widths; a run of columns that reaches into them ends before, and goes on behind."""
        columns = self._root.find(_tag(self._root, "cols"))
        if columns is None:
            columns = etree.Element(_tag(self._root, "cols"))
            self._rows.addprevious(columns)
        last = first + len(widths)
        kept = [column for old in columns for column in _split(old, first + 1, last)]
        ours = [
            etree.Element(_tag(self._root, "col"), min=str(place), max=str(place), width=f"{width:g}", customWidth="1")
            for place, width in enumerate(widths, first + 1)
        ]
        columns[:] = sorted([*kept, *ours], key=lambda column: int(column.attrib["min"]))


def _split(column: etree._Element, first: int, last: int) -> list[etree._Element]:
    """Give what is left of a run of columns outside of ours."""
    low, high = int(column.attrib["min"]), int(column.attrib["max"])
    parts = []
    for start, end in ((low, min(high, first - 1)), (max(low, last + 1), high)):
        if start <= end:
            part = deepcopy(column)
            part.set("min", str(start))
            part.set("max", str(end))
            parts.append(part)
    return parts


def _read_reference(reference: str) -> tuple[int, int]:
    """Read a cell's name: its column from 0, its row."""
    row, column = read_reference(reference)
    if row is None or column is None or name_cell(row, column) != reference:
        raise Unreadable("a reference of another kind")
    return column, row
