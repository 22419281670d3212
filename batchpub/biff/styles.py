"""What cells share: the code page of their texts, and what their fonts and formats show."""

import codecs
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from batchpub.biff.records import BIFF2, BIFF4, BIFF5, BIFF8, Kind, Record
from batchpub.biff.texts import Text, TextReader

_STRUCK = 0x0008  # flag of a font
_FORMAT_BITS = 0x3F
_FIFTH_FONT = 4  # there is no font of this number: the later ones are called one more than their place
_CODE_PAGES = {1200: "", 10000: "mac-roman", 32768: "mac-roman", 32769: "cp1252"}


@dataclass(slots=True)
class Styles:
    """The styles of a sheet or of a whole workbook as their records come by."""

    version: int
    code_page: str = ""
    since_1904: bool = False
    _fonts: list[bool] = field(default_factory=list)
    _formats: dict[int, str] = field(default_factory=dict)
    _styles: list[tuple[int, int]] = field(default_factory=list)
    _looks: dict[int, tuple[str | int, bool]] = field(default_factory=dict)

    def take(self, record: Record) -> None:
        """Take note of a record if it is about styles."""
        body = record.body
        match record.kind:
            case Kind.CODE_PAGE:
                self.code_page = _find_codec(*struct.unpack_from("<H", body))
            case Kind.DATE_MODE:
                self.since_1904 = any(body[:2])
            case Kind.FONT:
                self._fonts.append(bool(struct.unpack_from("<H", body, 2)[0] & _STRUCK))
            case Kind.FORMAT:
                self._take_format(body)
            case Kind.STYLE if self.version == BIFF2:
                font, pattern = struct.unpack_from("<BxB", body)
                self._styles.append((font, pattern & _FORMAT_BITS))
            case Kind.STYLE | Kind.STYLE_OF_BIFF5:
                self._styles.append(struct.unpack_from("<BB" if record.kind == Kind.STYLE else "<HH", body))

    def _take_format(self, body: bytes) -> None:
        is_counted = self.version < BIFF5  # else numbered
        number = len(self._formats) if is_counted else struct.unpack_from("<H", body)[0]
        place = 0 if is_counted and self.version != BIFF4 else 2
        try:
            self._formats[number] = self.read_text(body, place, short=self.version != BIFF8).value
        except struct.error:  # a pattern that cannot be read shows no dates, and is nobody's cell
            self._formats[number] = ""

    def find_look(self, style: int) -> tuple[str | int, bool]:
        """Give a style's number format, its pattern or the number of one that every program knows; and whether it strikes out."""
        if style not in self._looks:
            font, number = self._styles[style] if style < len(self._styles) else (0, 0)
            look = self._formats.get(number, number if self.version >= BIFF5 else 0)
            self._looks[style] = look, self.strikes((font,))
        return self._looks[style]

    def strikes(self, fonts: Sequence[int]) -> bool:
        """Say whether one of the fonts draws a line through the text."""
        places = [font - 1 if font > _FIFTH_FONT else font for font in fonts]
        return any(place < len(self._fonts) and self._fonts[place] for place in places)

    def read_text(self, body: bytes, place: int, *, short: bool = False) -> Text:
        """Read a text with its length before it; before BIFF 8 its bytes are in a code page.

        Programs that say they write BIFF 8 but write such bytes give themselves away by the length. Raises struct.error.
        """
        (count,) = struct.unpack_from("<B" if short else "<H", body, place)
        start = place + (1 if short else 2)
        if self.version == BIFF8 and start + count != len(body):
            reader = TextReader([body[place:]])
            text = reader.read(short=short)
            return Text(text.value, [*text.fonts, *reader.read_fonts()])
        chunk = body[start : start + count]
        if len(chunk) < count:
            raise struct.error
        return Text(self._decode(chunk), body[start + count + 1 :][1::2])

    def _decode(self, chunk: bytes) -> str:
        for codec in (self.code_page or "utf-8", "cp1252"):  # hand-written exporters name none and often write UTF-8
            try:
                return chunk.decode(codec)
            except UnicodeDecodeError:
                continue
        return chunk.decode("latin-1")


def _find_codec(page: int) -> str:
    """Find the codec of a code page; "" where there is none, as for 1200, which programs write over texts of single bytes."""
    try:
        return codecs.lookup(_CODE_PAGES.get(page, f"cp{page}")).name
    except LookupError:
        return ""
