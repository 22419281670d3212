"""Texts in records: characters of one byte or two, split over records, with fonts for parts of them."""

import struct
from collections.abc import Sequence
from typing import NamedTuple

_WIDE, _EXTENDED, _RICH = 0x01, 0x04, 0x08  # flags before a text of BIFF 8


class Text(NamedTuple):
    """A text and the fonts that parts of it have."""

    value: str
    fonts: Sequence[int] = ()


class TextReader:
    """Reads texts of BIFF 8 from a record and those that continue it."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        """Begin with the first piece."""
        self._pieces = iter(pieces)
        self._data = b""
        self._place = 0

    def has_more(self) -> bool:
        """Say whether anything is left, moving to the next piece where this one is done."""
        while self._place >= len(self._data):
            following = next(self._pieces, None)
            if following is None:
                return False
            self._data, self._place = following, 0
        return True

    def read(self, *, short: bool = False) -> Text:
        """Read a text with the number of its characters before it, in one byte or in two. Raises struct.error at the end."""
        count = self._take_number(1 if short else 2)
        flags = self._take_number(1)
        runs = self._take_number(2) if flags & _RICH else 0
        extended = self._take_number(4) if flags & _EXTENDED else 0
        value = self._take_characters(count, flags & _WIDE)
        fonts = [font for _, font in struct.iter_unpack("<HH", self._take(4 * runs))] if runs else ()
        self._take(extended)
        return Text(value, fonts)

    def read_fonts(self) -> list[int]:
        """Read the fonts of parts of a text that stand behind it, where anything does."""
        if not self.has_more():
            return []
        return [font for _, font in struct.iter_unpack("<HH", self._take(4 * self._take_number(2)))]

    def _take_number(self, size: int) -> int:
        return int.from_bytes(self._take(size), "little")

    def _take(self, size: int) -> bytes:
        """Take bytes, over the border of two pieces where it must be."""
        while len(self._data) - self._place < size:
            rest = self._data[self._place :]
            self._place = len(self._data)
            if not self.has_more():
                raise struct.error
            self._data = rest + self._data
        self._place += size
        return self._data[self._place - size : self._place]

    def _take_characters(self, count: int, wide: int) -> str:
        value = ""
        while True:
            here = min(count, (len(self._data) - self._place) >> wide)
            chunk = self._data[self._place : self._place + (here << wide)]
            value += chunk.decode("utf-16-le" if wide else "latin-1", "replace")
            self._place += here << wide
            count -= here
            if not count:
                return value
            self._place = len(self._data)
            wide = self._take_number(1) & _WIDE  # each piece says anew how wide its characters are


def read_shared_texts(pieces: Sequence[bytes]) -> list[Text]:
    """Read the shared texts as long as there are any: how many there are said to be is often wrong."""
    texts: list[Text] = []
    if not pieces:
        return texts
    (stated,) = struct.unpack_from("<I", pieces[0], 4)
    reader = TextReader([pieces[0][8:], *pieces[1:]])
    while reader.has_more():
        try:
            texts.append(reader.read())
        except struct.error:
            if len(texts) < stated:
                raise
            break
    return texts
