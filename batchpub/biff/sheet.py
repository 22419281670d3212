"""The cells of one sheet, record by record."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from batchpub.biff.errors import Damaged, Encrypted, TooMuch
from batchpub.biff.formulas import read_formula
from batchpub.biff.records import BIFF2, BIFF5, NEWER, Kind, Record
from batchpub.biff.styles import Styles
from batchpub.biff.texts import Text

MOST_ROWS = 65_536
_MAX_CELLS = 1_200_000
_MAX_RANGES = 100_000
_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}
_NO_NUMBER = b"\xff\xff"  # ends a formula's result that is none
_RESULT_BYTES = 8
_HIDDEN, _HEIGHT_BITS, _OTHERS_HIDDEN = 0x0020, 0x7FFF, 0x0002
_SHARED_LABEL = struct.Struct("<HHHI").unpack_from
_STYLE_BITS = _STYLE_BEFORE = 0x3F


class Value(Enum):
    """What a cell holds."""

    NOTHING = "nothing"
    TEXT = "text"
    NUMBER = "number"
    TRUTH = "truth"
    ERROR = "error"


class BiffCell(NamedTuple):
    """One cell. A number is a float, a truth a bool, all else text; `format` is a pattern or a number every program knows."""

    value: Value
    content: str | float
    format: str | int
    formula: str
    struck: bool


class _Place(NamedTuple):
    row: int
    column: int
    style: int
    start: int = 0  # of the value in the record


@dataclass(slots=True)
class BiffSheet:
    """One sheet as its records come by, in any order. Of more rows than are wanted the first ones are kept."""

    styles: Styles
    texts: Sequence[Text]
    wanted: int = MOST_ROWS
    rows: dict[int, dict[int, BiffCell | str]] = field(default_factory=dict)  # plain text, as most is, stays a str
    hidden_columns: set[int] = field(default_factory=set)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    complete: bool = True
    _hidden_rows: set[int] = field(default_factory=set)
    _told_rows: set[int] = field(default_factory=set)
    _others_hidden: bool = False
    _filled: int = 0
    _style_before: int = 0
    _awaited: tuple[_Place, str] | None = None  # the cell whose formula gave a text, which comes in a record of its own

    def is_hidden(self, row: int) -> bool:
        """Say whether a row is hidden, filtered out or has no height."""
        return row in self._hidden_rows or (self._others_hidden and row not in self._told_rows)

    def take(self, record: Record) -> None:  # noqa: C901, PLR0912 - one branch a kind of record
        """Take a record. Raises BiffError, and struct.error where the record is too short."""
        body = record.body
        match record.kind:
            case Kind.SHARED_LABEL:
                self._take_shared_text(*_SHARED_LABEL(body))
            case Kind.LABEL | Kind.RICH_LABEL | Kind.STRING:
                self._take_text(record)
            case Kind.NUMBER | Kind.INTEGER:
                place = self._find_place(record)
                layout = "<d" if record.kind == Kind.NUMBER else "<H"
                self._add(place, Value.NUMBER, float(*struct.unpack_from(layout, body, place.start)))
            case Kind.SHORT_NUMBER | Kind.SHORT_NUMBERS:
                row, column = struct.unpack_from("<HH", body)
                for style, number in struct.iter_unpack("<HI", body[4 : 4 + (len(body) - 4) // 6 * 6]):
                    self._add(_Place(row, column, style), Value.NUMBER, _read_short_number(number))
                    column += 1
            case Kind.BOOLEAN:
                place = self._find_place(record)
                self._add(place, *_read_truth(*struct.unpack_from("<BB", body, place.start)))
            case Kind.FORMULA:
                self._take_formula(record)
            case Kind.MERGED_CELLS:
                self.merges += struct.iter_unpack("<HHHH", body[2 : 2 + (len(body) - 2) // 8 * 8])
                if len(self.merges) > _MAX_RANGES:
                    raise TooMuch
            case Kind.PASSWORD:
                raise Encrypted
            case Kind.NEXT_STYLE:
                (self._style_before,) = struct.unpack_from("<H", body)
            case Kind.ROW | Kind.DEFAULT_ROW_HEIGHT | Kind.COLUMN_INFO | Kind.COLUMN_WIDTH:
                self._take_size(record)
            case _ if self.styles.version < BIFF5:
                self.styles.take(record)

    def _find_place(self, record: Record) -> _Place:
        """Say where a cell is, its style and where its value begins. BIFF 2 has the style in a byte of attributes."""
        row, column, style = struct.unpack_from("<HHH", record.body)
        is_newer = self.styles.version != BIFF2 if record.kind == Kind.FORMULA else record.stored >= NEWER
        if is_newer or record.kind == Kind.RICH_LABEL:
            return _Place(row, column, style, 6)
        style &= _STYLE_BITS
        return _Place(row, column, self._style_before if style == _STYLE_BEFORE else style, 7)

    def _take_shared_text(self, row: int, column: int, style: int, number: int) -> None:
        if number >= len(self.texts):
            raise Damaged(f"a cell in row {row + 1} names a text that is not in it")
        text = self.texts[number]
        if text.value:
            self._add(_Place(row, column, style), Value.TEXT, text.value, fonts=text.fonts)

    def _take_text(self, record: Record) -> None:
        formula = ""
        if record.kind == Kind.STRING:
            if self._awaited is None:
                return
            (place, formula), self._awaited = self._awaited, None
            self.rows.get(place.row, {}).pop(place.column, None)  # it was put there without its text
            try:
                text = self.styles.read_text(record.body, 0, short=record.stored < NEWER)
            except struct.error:  # continued in further records: longer than any id
                text = Text("…")
        else:
            place = self._find_place(record)
            is_short = record.stored < NEWER and record.kind != Kind.RICH_LABEL
            text = self.styles.read_text(record.body, place.start, short=is_short)
        self._add(place, Value.TEXT if text.value else Value.NOTHING, text.value, formula=formula, fonts=text.fonts)

    def _take_formula(self, record: Record) -> None:
        place = self._find_place(record)
        after = place.start + _RESULT_BYTES
        result = record.body[place.start : after]
        formula = read_formula(record.body, after, self.styles.version)
        if result[6:] != _NO_NUMBER:
            self._add(place, Value.NUMBER, *struct.unpack("<d", result), formula=formula)
        elif result[0] in (1, 2):
            self._add(place, *_read_truth(result[2], result[0] - 1), formula=formula)
        else:
            self._add(place, Value.NOTHING, "", formula=formula)
            self._awaited = (place, formula) if result[0] == 0 else None

    def _take_size(self, record: Record) -> None:
        """Find out what is hidden: by a flag, or by being drawn with no height or width."""
        body = record.body
        match record.kind:
            case Kind.ROW:
                row, height = struct.unpack_from("<HxxxxH", body)
                options = struct.unpack_from("<H", body, 12)[0] if record.stored >= NEWER else 0
                self._told_rows.add(row)
                if options & _HIDDEN or not height & _HEIGHT_BITS:
                    self._hidden_rows.add(row)
            case Kind.DEFAULT_ROW_HEIGHT if record.stored >= NEWER:
                self._others_hidden = bool(struct.unpack_from("<H", body)[0] & _OTHERS_HIDDEN)
            case Kind.COLUMN_INFO:
                first, last, width, options = struct.unpack_from("<HHHxxH", body)
                if options & 1 or not width:
                    self._hide_columns(first, last)
            case Kind.COLUMN_WIDTH:
                first, last, width = struct.unpack_from("<BBH", body)
                if not width:
                    self._hide_columns(first, last)

    def _hide_columns(self, first: int, last: int) -> None:
        self.hidden_columns.update(range(first, min(last, 0xFF) + 1))

    def _add(
        self, place: _Place, value: Value, content: str | float, *, formula: str = "", fonts: Sequence[int] = ()
    ) -> None:
        cells = self._find_row(place.row)
        if cells is None or (value is Value.NOTHING and not formula):
            return
        if place.column in cells:
            raise Damaged(f"two cells in row {place.row + 1} are stored under one name")
        self._filled += 1
        if self._filled > _MAX_CELLS:
            raise TooMuch
        look, struck = self.styles.find_look(place.style)
        struck = struck or self.styles.strikes(fonts)
        if isinstance(content, str) and value is Value.TEXT and not formula and not struck:
            cells[place.column] = content
        else:
            cells[place.column] = BiffCell(value, content, look, formula, struck)

    def _find_row(self, row: int) -> dict[int, BiffCell | str] | None:
        """Give the cells of a row; None where it is not among the first ones that are wanted."""
        cells = self.rows.get(row)
        if cells is None:
            if len(self.rows) >= self.wanted:
                self.complete = False
                last = max(self.rows)
                if row > last:
                    return None
                del self.rows[last]
            cells = self.rows[row] = {}
        return cells


def _read_truth(content: int, is_error: int) -> tuple[Value, str | bool]:
    return (Value.ERROR, _ERRORS.get(content, "an error")) if is_error else (Value.TRUTH, bool(content))


def _read_short_number(stored: int) -> float:
    """Decode a number of 30 bits: a whole number or the top of a float, perhaps of a hundred times it."""
    if stored & 2:
        number = float((stored - (1 << 32) if stored >> 31 else stored) >> 2)
    else:
        (number,) = struct.unpack("<d", b"\0\0\0\0" + (stored & ~3).to_bytes(4, "little"))
    return number / 100 if stored & 1 else number
