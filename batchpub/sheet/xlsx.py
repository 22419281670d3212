"""Office Open XML workbooks (.xlsx, .xlsm), transitional and strict, as a stream of typed cells.

A reader of our own, because the cases show that the libraries cannot: openpyxl keeps the last of two cells stored under
one name, in `read_only` mode believes a wrong `<dimension>` and loses rows, finds no sheets in Strict Open XML, and in full
mode needs some 2 GB and minutes for a hostile workbook of 5 MB; calamine aborts the process on a stray cell at XFD1048576.
The format's facts are from ECMA-376 part 1, section 18.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from batchpub.course import Cell, CellKind
from batchpub.sheet.grid import (
    DAMAGED,
    LAST_COLUMN,
    LAST_ROW,
    MAX_AREAS,
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
from batchpub.sheet.package import Package, join_target
from batchpub.sheet.values import is_date_format, show_date, show_number, unescape, unwrap
from batchpub.sheet.xmlstream import (
    MAX_DEPTH,
    MAX_ELEMENTS,
    Attributes,
    Enough,
    local_name,
    parse_guarded,
    parse_xml,
    say_too_many,
)

_MAIN = ("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main")
_RELATION_ID = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships}id",
    "http://purl.oclc.org/ooxml/officeDocument/relationships}id",
)
_WORKBOOK = "xl/workbook.xml"
_MAX_STRINGS = 2_000_000
_MAX_CELL_TEXT = 8 * MAX_CHARACTERS  # before escapes in it are decoded
_MAX_STRING_CHARACTERS = 32_000_000
_BUILT_IN_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})  # ECMA-376 18.8.30
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_TWICE = "Cell {} is stored twice, so nobody can know what is in it. The file is damaged or was tampered with: ask for it again."


@dataclass(slots=True, kw_only=True)
class _Shared:
    """What the sheets of a workbook share: texts, formats that show dates, and a budget of elements for all of them.

    Many small sheet entries may name one large part; reading it for each of them must not take forever.
    """

    strings: Sequence[str]
    dates: frozenset[str]
    since_1904: bool
    elements: int = 0


class XlsxBook:
    """An opened workbook. Raises Unreadable where the package is no workbook or is damaged."""

    noun = "an Excel workbook (.xlsx)"
    is_text = False
    notes: Sequence[str] = ()

    def __init__(self, package: Package) -> None:
        """Read what all sheets share: their names, the texts, the number formats."""
        self._package = package
        self._workbook = _find_workbook(package)
        self._relations = _read_relations(package, self._workbook)
        names, since_1904 = _read_workbook(package, self._workbook)
        sheets = [(tab, self._relations[relation]) for tab, relation in names if relation in self._relations]
        kept = [(tab, target) for tab, (kind, target) in sheets if kind == "worksheet" and target in package]
        if not kept:
            raise Unreadable(DAMAGED)
        self.tabs: Sequence[Tab] = [tab for tab, _ in kept]
        self._parts = [part for _, part in kept]
        self._shared = _Shared(
            strings=_read_strings(package, self._part_of("sharedStrings")),
            dates=_read_date_styles(package, self._part_of("styles")),
            since_1904=since_1904,
        )

    def read(self, tab: int, rows: int) -> Grid:
        """Read so many filled rows of one worksheet."""
        with self._package.open(self._parts[tab]) as stream:
            reader = _SheetReader(self._shared, Shelf(wanted=rows))
            parse_xml(stream, start=reader.start, end=reader.end, text=reader.text)
        return reader.finish()

    def _part_of(self, kind: str) -> str:
        return next((target for found, target in self._relations.values() if found == kind), "")


class _SheetReader:
    """The handlers for one worksheet part.

    Depths: 1 worksheet, 2 sheetData, 3 row, 4 c, 5 v, f or is, 6 t or r, 7 t. A row is kept when a cell in it has a value
    or a formula; a million rows that are only formatted cost nothing but their parsing.
    """

    def __init__(self, shared: _Shared, shelf: Shelf) -> None:
        self._shared_parts = shared
        self._strings = shared.strings
        self._dates = shared.dates
        self._shelf = shelf
        self._depth = 0
        self._room = 0
        self._in_data = False
        self._row_number = 0
        self._row_hidden = False
        self._cells: dict[int, Cell] = {}
        self._reference = ""
        self._offset = 0
        self._in_phonetic = False
        self._attributes: Attributes = {}
        self._value: list[str] = []
        self._formula: list[str] | None = None
        self._formula_attributes: Attributes = {}
        self._inline: list[str] = []
        self._collect: Callable[[str], None] | None = None
        self._shared_formulas: dict[str, str] = {}
        self._seen_rows: set[int] = set()
        self._merges: list[Area] = []
        self._arrays: list[Area] = []
        self._column_infos = 0
        self._hidden_columns = bytearray(LAST_COLUMN)
        self._names = {f"{main}}}{name}": name for main in _MAIN for name in _SHEET_NAMES}

    def start(self, name: str, attributes: Attributes) -> None:  # noqa: C901 - one branch an element
        self._shared_parts.elements += 1
        self._depth = depth = self._depth + 1
        if self._shared_parts.elements > MAX_ELEMENTS:
            raise say_too_many()
        if depth > MAX_DEPTH:
            raise Unreadable(DAMAGED)
        known = self._names.get(name)
        if known is None:
            return
        if depth == 4 and self._in_data:  # noqa: PLR2004 - see the depths above
            if known == "c":
                self._start_cell(attributes)
        elif depth >= 5 and self._in_data:  # noqa: PLR2004
            self._start_part(known, depth, attributes)
        elif depth == 3:  # noqa: PLR2004
            if known == "row" and self._in_data:
                self._start_row(attributes)
            elif known == "mergeCell":
                _add_area(self._merges, attributes.get("ref", ""))
            elif known == "col":
                self._add_columns(attributes)
        elif depth == 2:  # noqa: PLR2004
            self._in_data = known == "sheetData"

    def end(self, name: str) -> None:
        depth, self._depth = self._depth, self._depth - 1
        if not self._in_data:
            return
        if depth >= 5:  # noqa: PLR2004
            self._collect = None
        elif depth == 4:  # noqa: PLR2004
            if self._value or self._formula is not None or self._inline:
                self._end_cell()
        elif depth == 3:  # noqa: PLR2004
            self._end_row(name)
        elif depth == 2:  # noqa: PLR2004
            self._in_data = False

    def text(self, text: str) -> None:
        if self._collect is not None and self._room > 0:
            self._room -= len(text)
            self._collect(text)

    def finish(self) -> Grid:
        rows = sorted(self._shelf.rows, key=lambda row: row.number)
        return Grid(
            rows=rows,
            merges=self._merges,
            arrays=self._arrays,
            hidden_columns=frozenset(column for column, hidden in enumerate(self._hidden_columns) if hidden),
            complete=self._shelf.complete,
        )

    def _start_row(self, attributes: Attributes) -> None:
        number = attributes.get("r")
        self._row_number = self._row_number + 1 if number is None else _to_int(number)
        if not 1 <= self._row_number <= LAST_ROW:
            raise Unreadable(DAMAGED)
        self._row_hidden = attributes.get("hidden", "0") in ("1", "true") or _is_flat(attributes.get("ht"))
        self._cells = {}
        self._reference, self._offset = "", 0

    def _end_row(self, _: str) -> None:
        if not self._cells:
            return
        if self._row_number in self._seen_rows:
            raise Unreadable(_TWICE.format(name_cell(self._row_number, min(self._cells))))
        self._seen_rows.add(self._row_number)
        if not self._shelf.add(GridRow(number=self._row_number, cells=self._cells, hidden=self._row_hidden)):
            raise Enough
        self._cells = {}

    def _start_cell(self, attributes: Attributes) -> None:
        self._attributes = attributes
        self._value = []
        self._inline = []
        self._formula = None
        self._room = _MAX_CELL_TEXT
        reference = attributes.get("r")
        if reference is None:
            self._offset += 1
        else:
            self._reference, self._offset = reference, 0

    def _start_part(self, known: str, depth: int, attributes: Attributes) -> None:
        if known == "v" and depth == 5:  # noqa: PLR2004
            if self._value:
                raise Unreadable(_TWICE.format(name_cell(self._row_number, self._locate())))
            self._collect = self._value.append
        elif known == "f" and depth == 5:  # noqa: PLR2004
            if attributes.get("t") in _FILLING:
                _add_area(self._arrays, attributes.get("ref", ""))
            self._formula = []
            self._formula_attributes = attributes
            self._collect = self._formula.append
        elif known == "t" and (depth == 6 or (depth == 7 and not self._in_phonetic)):  # noqa: PLR2004 - is/t, is/r/t, not is/rPh/t
            self._collect = self._inline.append
        elif depth == 6:  # noqa: PLR2004
            self._in_phonetic = known == "rPh"

    def _end_cell(self) -> None:
        column = self._locate()
        if column in self._cells:
            raise Unreadable(_TWICE.format(name_cell(self._row_number, column)))
        self._cells[column] = self._build_cell(name_cell(self._row_number, column))
        self._value, self._inline, self._formula = [], [], None

    def _locate(self) -> int:
        """Find the cell's column: by its own name, or so many places after the last cell that had one."""
        column, row = read_reference(self._reference) if self._reference else (-1, self._row_number)
        if row != self._row_number or column + self._offset >= LAST_COLUMN:
            raise Unreadable(DAMAGED)
        return column + self._offset

    def _build_cell(self, ref: str) -> Cell:
        kind, text = self._read_value("".join(self._value))
        formula = "" if self._formula is None else f"={self._read_formula()}"
        return Cell(ref=ref, kind=kind, text=cut(text), formula=cut(formula))

    def _read_value(self, value: str) -> tuple[CellKind, str]:
        match self._attributes.get("t", "n"):
            case "s":
                return _as_text(self._shared(value))
            case "inlineStr":
                return _as_text(unescape("".join(self._inline) or value))
            case "str":
                return _as_text(unescape(value))
            case "n":
                return self._read_number(value)
            case "b":
                return CellKind.BOOLEAN, "TRUE" if value.strip() in ("1", "true") else "FALSE"
            case "e":
                return CellKind.ERROR, value or "an error"
            case "d":
                return CellKind.DATE, value
            case _:
                raise Unreadable(DAMAGED)

    def _shared(self, value: str) -> str:
        if not value.strip():
            return ""
        try:
            return self._strings[_to_int(value)]
        except IndexError as error:
            raise Unreadable(DAMAGED) from error

    def _read_number(self, value: str) -> tuple[CellKind, str]:
        if not value.strip():
            return CellKind.EMPTY, ""
        try:
            number = float(value)
        except ValueError:
            return CellKind.ERROR, value
        if self._attributes.get("s", "0") in self._dates:
            return CellKind.DATE, show_date(number, since_1904=self._shared_parts.since_1904)
        return CellKind.NUMBER, show_number(number)

    def _read_formula(self) -> str:
        """Give the formula's text; a cell that only shares another's formula gets the text of that one."""
        text = unescape("".join(self._formula or ()))
        shared = self._formula_attributes.get("si", "") if self._formula_attributes.get("t") == "shared" else ""
        if not shared:
            return text or "…"
        if text:
            self._shared_formulas[shared] = text
        return text or self._shared_formulas.get(shared, "…")

    def _add_columns(self, attributes: Attributes) -> None:
        self._column_infos += 1
        if self._column_infos > LAST_COLUMN:
            raise Unreadable(DAMAGED)
        if attributes.get("hidden", "0") in ("1", "true") or _is_flat(attributes.get("width")):
            first = max(_to_int(attributes.get("min", "")), 1) - 1
            last = min(_to_int(attributes.get("max", "")), LAST_COLUMN)
            self._hidden_columns[first:last] = b"\1" * max(last - first, 0)


_FILLING = ("array", "dataTable")  # formulas whose results stand in other cells as if somebody had typed them
_SHEET_NAMES = ("sheetData", "row", "c", "v", "f", "is", "r", "t", "rPh", "mergeCell", "col")


def _add_area(areas: list[Area], reference: str) -> None:
    """Add a range of more than one cell: "B2:B3"."""
    first, _, last = reference.partition(":")
    if not last or first == last:
        return
    if len(areas) >= MAX_AREAS:
        raise say_too_many()
    (left, top), (right, bottom) = read_reference(first), read_reference(last)
    areas.append(
        Area(
            first_row=min(top, bottom),
            last_row=max(top, bottom),
            first_column=min(left, right),
            last_column=max(left, right),
        ),
    )


def read_reference(reference: str) -> tuple[int, int]:
    """Take a cell's name apart: column from 0, row as the person counts. Raises Unreadable."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise Unreadable(DAMAGED)
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    row = int(found[2])
    if column > LAST_COLUMN or row > LAST_ROW:
        raise Unreadable(DAMAGED)
    return column - 1, row


def _as_text(text: str) -> tuple[CellKind, str]:
    text = unwrap(text)
    return (CellKind.TEXT, text) if text else (CellKind.EMPTY, "")


def _to_int(text: str) -> int:
    """Read a count or a place: plain digits, for `int` would also take `1_0` and the digits of other scripts."""
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004 - no sheet has a billion of anything
        raise Unreadable(DAMAGED)
    return int(text)


def _is_flat(size: str | None) -> bool:
    """Say whether a row or column is drawn with no height or width, which hides it without saying so."""
    try:
        return size is not None and float(size) == 0
    except ValueError:
        return False


def _find_workbook(package: Package) -> str:
    for kind, target in _read_relations(package, "").values():
        if kind == "officeDocument" and target in package:
            return target
    if _WORKBOOK in package:
        return _WORKBOOK
    raise Unreadable(DAMAGED)


def _read_relations(package: Package, part: str) -> dict[str, tuple[str, str]]:
    """Read where a part's relationships point: id → (kind, name of the part)."""
    folder, _, name = part.rpartition("/")
    relations: dict[str, tuple[str, str]] = {}

    def start(element: str, attributes: Attributes) -> None:
        if local_name(element) == "Relationship" and attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            relations[attributes.get("Id", "")] = kind, join_target(part, attributes.get("Target", ""))

    source = f"{folder}/_rels/{name}.rels".lstrip("/")
    if source in package:
        _parse(package, source, start)
    return relations


def _read_workbook(package: Package, part: str) -> tuple[list[tuple[Tab, str]], bool]:
    """Read the sheets' names with their relationship ids, and whether days are counted from 1904."""
    sheets: list[tuple[Tab, str]] = []
    since_1904 = False

    def start(element: str, attributes: Attributes) -> None:
        nonlocal since_1904
        match local_name(element):
            case "sheet":
                hidden = attributes.get("state", "visible") != "visible"
                relation = next((attributes[name] for name in _RELATION_ID if name in attributes), "")
                sheets.append((Tab(name=attributes.get("name", ""), hidden=hidden), relation))
            case "workbookPr":
                since_1904 = attributes.get("date1904", "0") in ("1", "true")

    _parse(package, part, start)
    return sheets, since_1904


def _read_strings(package: Package, part: str) -> list[str]:
    """Read the shared texts: rich text joined, reading aids left out."""
    strings: list[str] = []
    pieces: list[str] = []
    path: list[str] = []
    total = 0
    room = _MAX_CELL_TEXT

    def start(element: str, _: Attributes) -> None:
        path.append(local_name(element))

    def end(_: str) -> None:
        nonlocal total, room
        if path.pop() == "si" and len(path) == 1:
            text = cut(unescape("".join(pieces)))
            pieces.clear()
            room = _MAX_CELL_TEXT
            total += len(text)
            if len(strings) >= _MAX_STRINGS or total > _MAX_STRING_CHARACTERS:
                raise say_too_many()
            strings.append(text)

    def text(text: str) -> None:
        nonlocal room
        if path[-1] == "t" and room > 0 and "rPh" not in path:
            room -= len(text)
            pieces.append(text)

    if part in package:
        with package.open(part) as stream:
            parse_guarded(stream, start=start, end=end, text=text)
    return strings


def _read_date_styles(package: Package, part: str) -> frozenset[str]:
    """Read which cell formats show a number as a date; cells name them by their place in the list."""
    formats: dict[str, str] = {}
    used: list[str] = []
    path: list[str] = []

    def start(element: str, attributes: Attributes) -> None:
        name = local_name(element)
        if name == "numFmt":
            formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "xf" and path[-1:] == ["cellXfs"]:
            used.append(attributes.get("numFmtId", "0"))
        path.append(name)

    def end(_: str) -> None:
        path.pop()

    if part in package:
        with package.open(part) as stream:
            parse_guarded(stream, start=start, end=end, text=_ignore)
    dates = {code for code, pattern in formats.items() if is_date_format(pattern)}
    dates |= {str(code) for code in _BUILT_IN_DATES if str(code) not in formats}
    return frozenset(str(index) for index, code in enumerate(used) if code in dates)


def _parse(package: Package, part: str, start: Callable[[str, Attributes], None]) -> None:
    with package.open(part) as stream:
        parse_guarded(stream, start=start, end=_ignore, text=_ignore)


def _ignore(_: str) -> None:
    """Take no notice."""
