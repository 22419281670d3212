"""Office Open XML workbooks (.xlsx, .xlsm), transitional and strict, row by row.

A reader of our own, because the cases show that the libraries cannot: openpyxl keeps the last of two cells stored under
one name, in `read_only` mode believes a wrong `<dimension>` and loses rows, finds no sheets in Strict Open XML, and in full
mode needs some 2 GB and minutes for a hostile workbook of 5 MB; calamine aborts the process on a stray cell at XFD1048576.
The format's facts are from ECMA-376 part 1, section 18.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from lxml import etree

from batchpub.cells import Cell, CellKind
from batchpub.sheet.buffer import RowBuffer
from batchpub.sheet.fields import make_cell
from batchpub.sheet.grid import (
    LAST_COLUMN,
    LAST_ROW,
    MAX_CHARACTERS,
    MAX_TABS,
    TOO_MANY_CELLS,
    TOO_MANY_TABS,
    Area,
    Grid,
    Tab,
    Unreadable,
    cut,
    name_cell,
    say_damaged,
    say_twice,
)
from batchpub.sheet.package import Package, join_target
from batchpub.sheet.values import (
    as_text,
    differ,
    is_date_format,
    is_date_number,
    is_flat,
    read_count,
    read_number,
    show_date,
    show_formula,
    show_two,
    unescape,
    unwrap,
)
from batchpub.sheet.xmlstream import Budget, local_name, read_elements

_WORKBOOK = "xl/workbook.xml"
_MAX_STRINGS = 2_000_000
_MAX_CELL_TEXT = 8 * MAX_CHARACTERS  # before escapes in it are decoded
_MAX_STRING_CHARACTERS = 32_000_000
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})?\$?([1-9][0-9]{0,8})?", re.IGNORECASE)
_MOST_BUILT_IN = 164  # number formats from here on are a workbook's own
_DIGITS = "0123456789"
_TRUE = ("1", "true")
_ELSEWHERE = (
    "Row {} holds a cell that calls itself {}, and programs disagree on which of the two is right, so nobody can know on which row it belongs. "
    "The program that wrote the file made a mistake: tell whoever runs the export, and until then export the list as CSV."
)
# What may be long in a worksheet besides its rows; named so that a long list of it is no flood of elements nobody wants.
_SHEET_PARTS = ("row", "col", "mergeCell", "hyperlink", "dataValidation", "cfRule")
_STYLE_PARTS = ("numFmt", "font", "xf", "cellStyle", "dxf")


@dataclass(slots=True)
class _Shared:
    """What the sheets of a workbook share: texts, and which cell styles, by their place, show a date or strike the text out."""

    since_1904: bool
    texts: list[str] = field(default_factory=list)
    struck_texts: set[int] = field(default_factory=set)
    dates: frozenset[str] = frozenset()
    struck: frozenset[str] = frozenset()


class XlsxBook:
    """An opened workbook. Raises Unreadable where the package is no workbook or is damaged."""

    def __init__(self, package: Package) -> None:
        """Read what all sheets share: their names, the texts, the cell styles."""
        self._package = package
        self._budget = Budget()
        workbook = self._find_workbook()
        relations = dict(self._read_relations(workbook))
        sheets, since_1904 = self._read_workbook(workbook)
        named = [(tab, *relations[relation]) for tab, relation in sheets if relation in relations]
        kept = [(tab, part) for tab, kind, part in named if kind == "worksheet" and part in package]
        if not kept:
            raise Unreadable(say_damaged("it names no sheet that is in it"))
        self.tabs: Sequence[Tab] = [tab for tab, _ in kept]
        self.parts: Sequence[str] = [part for _, part in kept]
        part_of = dict(relations.values())
        self.styles = part_of.get("styles", "")
        self._shared = _Shared(since_1904=since_1904)
        self._read_texts(part_of.get("sharedStrings", ""))
        self._read_styles()

    def read(self, tab: int, rows: int) -> Grid:
        """Read so many filled rows of one worksheet."""
        sheet = _Worksheet(self._shared, RowBuffer(wanted=rows))
        for element in self._elements(self.parts[tab], *_SHEET_PARTS):
            match local_name(element):
                case "row" if not sheet.take_row(element):
                    break
                case "mergeCell":
                    sheet.add_area(sheet.buffer.merges, element.get("ref", ""))
                case "col":
                    sheet.take_column(element)
        return sheet.buffer.finish()

    def _elements(self, part: str, *names: str) -> Iterator[etree._Element]:
        """Give the elements of a part; none where there is no such part."""
        if part in self._package:
            with self._package.open(part) as stream:
                yield from read_elements(stream, names, self._budget, is_part=True)

    def _find_workbook(self) -> str:
        targets = (part for kind, part in dict(self._read_relations("")).values() if kind == "officeDocument")
        found = next((part for part in [*targets, _WORKBOOK] if part in self._package), None)
        if found is None:
            raise Unreadable(say_damaged("there is no workbook in it"))
        return found

    def _read_relations(self, part: str) -> Iterator[tuple[str, tuple[str, str]]]:
        """Read where a part's relationships point: id → (kind, name of the part)."""
        folder, _, name = part.rpartition("/")
        for relation in self._elements(f"{folder}/_rels/{name}.rels".lstrip("/"), "Relationship"):
            if relation.get("TargetMode") != "External":
                kind = relation.get("Type", "").rpartition("/")[2]
                yield relation.get("Id", ""), (kind, join_target(part, relation.get("Target", "")))

    def _read_workbook(self, part: str) -> tuple[list[tuple[Tab, str]], bool]:
        """Read the sheets' names with their relationship ids, and whether days are counted from 1904."""
        sheets: list[tuple[Tab, str]] = []
        since_1904 = False
        for element in self._elements(part, "sheet", "workbookPr"):
            if local_name(element) == "workbookPr":
                since_1904 = element.get("date1904") in _TRUE
                continue
            if len(sheets) >= MAX_TABS:
                raise Unreadable(TOO_MANY_TABS)
            relation = next((value for name, value in element.items() if name.endswith("elationships}id")), "")
            hidden = element.get("state", "visible") != "visible"
            sheets.append((Tab(name=element.get("name", ""), hidden=hidden), relation))
        return sheets, since_1904

    def _read_texts(self, part: str) -> None:
        texts, total = self._shared.texts, 0
        for element in self._elements(part, "si"):
            text, struck = _read_rich_text(element)
            if struck:
                self._shared.struck_texts.add(len(texts))
            total += len(text)
            if len(texts) >= _MAX_STRINGS or total > _MAX_STRING_CHARACTERS:
                raise Unreadable(TOO_MANY_CELLS)
            texts.append(cut(unwrap(text)))

    def _read_styles(self) -> None:
        dates = {str(code) for code in range(_MOST_BUILT_IN) if is_date_number(code)}
        struck: set[str] = set()
        fonts = 0
        styles: list[Mapping[str, str]] = []
        for element in self._elements(self.styles, *_STYLE_PARTS):
            match local_name(element), local_name(element.getparent()):
                case "numFmt", _:
                    change = dates.add if is_date_format(element.get("formatCode", "")) else dates.discard
                    change(element.get("numFmtId", ""))
                case "font", "fonts":
                    if _is_struck(element):
                        struck.add(str(fonts))
                    fonts += 1
                case "xf", "cellXfs":
                    styles.append(dict(element.attrib))
        places = [(str(place), style) for place, style in enumerate(styles)]
        self._shared.dates = frozenset(place for place, style in places if style.get("numFmtId", "0") in dates)
        self._shared.struck = frozenset(place for place, style in places if style.get("fontId", "0") in struck)


@dataclass(slots=True)
class _Worksheet:
    """The rows of one worksheet as they come by. A million rows that are only formatted cost nothing but their parsing."""

    shared: _Shared
    buffer: RowBuffer
    row: int = 0
    shared_formulas: dict[str, str] = field(default_factory=dict)

    def take_row(self, element: etree._Element) -> bool:
        """Read a row; False when enough rows are there."""
        self.row = self._find_number(element)
        number = str(self.row)
        found: dict[int, Cell | str] = {}
        column = -1
        for part in element.iterchildren(f"{element.tag[:-3]}c"):
            reference = part.get("r")
            column = column + 1 if reference is None else self._find_column(reference, number)
            if not len(part):
                continue
            value = self._read_text(part, column) or self._build_cell(part, column)
            if not value:
                continue
            if column in found:
                raise Unreadable(say_twice(name_cell(self.row, column)))
            found[column] = value
        if column >= LAST_COLUMN:
            raise Unreadable(say_damaged(f"row {number} has more cells than a row can have"))
        if not found:
            return True
        hidden = element.get("hidden") in _TRUE or is_flat(element.get("ht"))
        return self.buffer.add(self.row, found, hidden=hidden)

    def take_column(self, element: etree._Element) -> None:
        """Read what is said about some columns."""
        if element.get("hidden") in _TRUE or is_flat(element.get("width")):
            first, last = max(read_count(element.get("min", "")), 1), read_count(element.get("max", ""))
            self.buffer.hide_columns(first - 1, max(last - first + 1, 0))

    def _find_number(self, row: etree._Element) -> int:
        """Find a row's number: its own, else that of its first cell with a name, else one more than that of the row before."""
        stated = row.get("r")
        if stated is None:
            named = next((name for cell in row if (name := cell.get("r"))), None) if len(row) else None
            number = self.row + 1 if named is None else read_reference(named)[0]
        else:
            number = read_count(stated)
        if number is None or not 1 <= number <= LAST_ROW:
            raise Unreadable(say_damaged(f"a row calls itself {stated!a}"))
        return number

    def _find_column(self, reference: str, number: str) -> int:
        """Find the column that a cell's name says. Raises Unreadable."""
        letters = reference.rstrip(_DIGITS)
        if reference[len(letters) :] == number and (column := _find_letters(letters)) is not None:
            return column
        row, found = read_reference(reference)
        if row is None or found is None:
            raise Unreadable(say_damaged(f"a cell in row {number} calls itself {reference!a}"))
        if row != self.row:
            raise Unreadable(_ELSEWHERE.format(number, reference.upper()))
        return found

    def _read_text(self, element: etree._Element, column: int) -> str:
        """Read a cell that is a shared text and nothing else, which nearly all are; "" where it is not."""
        shared = self.shared
        if (
            element.get("t") != "s"
            or len(element) != 1
            or shared.struck_texts
            or element.get("s", "0") in shared.struck
        ):
            return ""
        place = element[0].text if element[0].tag[-2:] == "}v" else None
        return self._find_text(place, column) if place else ""

    def _find_text(self, place: str, column: int) -> str:
        number = read_count(place)
        if not 0 <= number < len(self.shared.texts):  # then the other texts may be in other places too
            ref = name_cell(self.row, column)
            raise Unreadable(say_damaged(f"cell {ref} names the text number {place!a}, which is not in it"))
        return self.shared.texts[number]

    def _build_cell(self, element: etree._Element, column: int) -> Cell | str | None:
        """Build a cell from its v, f and is; None where it holds nothing."""
        parts: dict[str, etree._Element] = {}
        for part in element:
            name = local_name(part)
            if name in parts:
                raise Unreadable(say_twice(name_cell(self.row, column)))
            parts[name] = part
        formula = self._read_formula(parts["f"]) if "f" in parts else ""
        value = parts["v"].text or "" if "v" in parts else ""
        inline, struck = _read_rich_text(parts["is"]) if "is" in parts else ("", False)
        if not value and not inline and not formula:
            return None
        style, stated, exact = element.get("s", "0"), element.get("t", "n"), False
        struck = struck or style in self.shared.struck
        if inline and value and differ(inline, unescape(value)):
            kind, text = CellKind.ERROR, show_two(inline, value)
        elif inline:
            kind, text = as_text(inline)
        elif stated == "s" and value.strip():
            kind, text = as_text(self._find_text(value, column))
            struck = struck or int(value) in self.shared.struck_texts
        elif stated == "n" and value.strip():
            kind, text, exact = read_number(value)
            if kind is CellKind.NUMBER and style in self.shared.dates:
                kind, text = CellKind.DATE, show_date(float(value), since_1904=self.shared.since_1904)
        else:
            kind, text = _read_value(stated, value)
        return make_cell((self.row, column), kind, text, formula=formula, struck=struck, exact=exact)

    def _read_formula(self, part: etree._Element) -> str:
        """Give the formula's text; a cell that only shares another's formula gets the text of that one."""
        kind, text = part.get("t"), unescape(part.text or "")
        if kind in ("array", "dataTable"):  # the results stand in other cells as if somebody had typed them
            self.add_area(self.buffer.arrays, part.get("ref", ""))
        if kind == "shared":
            text = text or self.shared_formulas.get(part.get("si", ""), "")
            self.shared_formulas[part.get("si", "")] = text
        return show_formula(text) if text else "=…"

    def add_area(self, areas: list[Area], reference: str) -> None:
        """Add a range: "B2:B3", "D:E" or "3:4". One that no program understands is nobody's range."""
        first, _, last = reference.partition(":")
        (top, left), (bottom, right) = read_reference(first), read_reference(last or first)
        if (top, left) != (None, None) and (bottom, right) != (None, None):
            self.buffer.add_area(
                areas,
                (min(top or 1, LAST_ROW), left or 0),
                (min(bottom or LAST_ROW, LAST_ROW), LAST_COLUMN - 1 if right is None else right),
            )


def read_reference(reference: str) -> tuple[int | None, int | None]:
    """Take a cell's name apart: row as the person counts, column from 0; None for what it does not say or nobody can read."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        return None, None
    return (int(found[2]) if found[2] else None), (_find_letters(found[1]) if found[1] else None)


@lru_cache(maxsize=1024)
def _find_letters(letters: str) -> int | None:
    """Find a column by its letters, A is 0; None where there is no such column."""
    column = 0
    for letter in letters.upper():
        if not "A" <= letter <= "Z":
            return None
        column = column * 26 + ord(letter) - 64
    return column - 1 if 0 < column <= LAST_COLUMN else None


def _read_value(stated: str, value: str) -> tuple[CellKind, str]:
    """Read a value of the rarer types; of one that nobody knows it is only known that it is no text."""
    match stated:
        case "str" | "inlineStr" | "s":
            return as_text(unescape(value))
        case "n":
            return CellKind.EMPTY, ""
        case "b":
            return CellKind.BOOLEAN, "TRUE" if value.strip() in _TRUE else "FALSE"
        case "d":
            return CellKind.DATE, value
        case _:
            return CellKind.ERROR, value or "an error"


def _read_rich_text(item: etree._Element) -> tuple[str, bool]:
    """Give the text of a string, its runs joined and reading aids left out; and whether a line goes through a part of it."""
    if len(item) == 1 and item[0].tag.endswith("}t"):
        return unescape((item[0].text or "")[:_MAX_CELL_TEXT]), False  # nearly always
    pieces: list[str] = []
    struck = False
    for part in item:
        for inner in part if local_name(part) == "r" else (part,):
            if local_name(inner) == "t":
                pieces.append(inner.text or "")
            elif local_name(inner) == "rPr":
                struck = struck or _is_struck(inner)
    return unescape("".join(pieces)[:_MAX_CELL_TEXT]), struck


def _is_struck(font: etree._Element) -> bool:
    return any(local_name(part) == "strike" and part.get("val", "1") in _TRUE for part in font)
