"""The records that a binary workbook consists of."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from batchpub.biff.errors import CutShort, TooMuch

BIFF2, BIFF3, BIFF4, BIFF5, BIFF8 = 2, 3, 4, 5, 8
GLOBALS, WORKSHEET, WORKSPACE = 0x0005, 0x0010, 0x0100  # what a part can be
NEWER = 0x100  # numbers of cell records from here on have the layout of BIFF 3 and later
_MAX_RECORDS = 4_000_000
_AGES = (0x00, 0x02, 0x04)  # the high byte of a number says how old the layout is
_NEWEST_BOF = 0x0809
_BOFS = {0x0009: BIFF2, 0x0209: BIFF3, 0x0409: BIFF4}
_VERSION_8 = 0x06


class Kind(IntEnum):
    """The records that matter, by their numbers without the age."""

    INTEGER = 0x02
    NUMBER = 0x03
    LABEL = 0x04
    BOOLEAN = 0x05
    FORMULA = 0x06
    STRING = 0x07
    ROW = 0x08
    BOF = 0x09
    EOF = 0x0A
    FORMAT = 0x1E
    DATE_MODE = 0x22
    COLUMN_WIDTH = 0x24
    DEFAULT_ROW_HEIGHT = 0x25
    PASSWORD = 0x2F
    FONT = 0x31
    CONTINUE = 0x3C
    CODE_PAGE = 0x42
    STYLE = 0x43
    NEXT_STYLE = 0x44
    COLUMN_INFO = 0x7D
    SHORT_NUMBER = 0x7E
    SHEET = 0x85
    SHEET_HEADER = 0x8F
    SHORT_NUMBERS = 0xBD
    RICH_LABEL = 0xD6
    STYLE_OF_BIFF5 = 0xE0
    MERGED_CELLS = 0xE5
    SHARED_TEXTS = 0xFC
    SHARED_LABEL = 0xFD


class Record(NamedTuple):
    """One record: where it begins, its number as stored and without the age, and its body."""

    place: int
    stored: int
    kind: int
    body: bytes


@dataclass(slots=True)
class Records:
    """The records of a workbook. Many sheets may claim to begin at one place; walking there for each of them must end."""

    data: bytes
    left: int = _MAX_RECORDS

    def walk(self, place: int = 0) -> Iterator[Record]:
        """Give the records from a place on. Raises CutShort where the data end within one, TooMuch."""
        data, unpack, end = self.data, struct.Struct("<HH").unpack_from, len(self.data)
        while place < end:
            if place + 4 > end:
                raise CutShort
            stored, size = unpack(data, place)
            after = place + 4 + size
            if after > end:
                raise CutShort
            self.left -= 1
            if self.left < 0:
                raise TooMuch
            kind = stored & 0xFF if stored >> 8 in _AGES or stored == _NEWEST_BOF else stored
            yield Record(place, stored, kind, data[place + 4 : after])
            place = after

    def walk_part(self, place: int) -> Iterator[Record]:
        """Give the records of the part that begins at a place, without those of charts inside it.

        Raises CutShort where its end mark is missing, for then cells may be missing too.
        """
        depth = 0
        for record in self.walk(place):
            if record.kind == Kind.BOF:
                depth += 1
            elif record.kind == Kind.EOF:
                depth -= 1
                if depth <= 0:
                    return
            elif depth == 1:
                yield record
        raise CutShort


def read_version(bof: Record) -> tuple[int, int]:
    """Say how old the layout of a part is, and what the part is."""
    version, part = struct.unpack_from("<HH", bof.body)
    newest = BIFF8 if version >> 8 == _VERSION_8 else BIFF5
    return _BOFS.get(bof.stored, newest), part
