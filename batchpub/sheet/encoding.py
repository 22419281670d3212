"""Bytes of a text file into text. Ids are ASCII digits, so they are exact in every encoding tried here.

No detector: they guess wrong on short files. A mark at the start, else the pattern of the NUL bytes, else what an XML
declaration names, else strict UTF-8, else what a web page names, else the code page in which the most headings, yes and no
are words that we know: in a wrong one a Publish column is overlooked, and with it a no. Where they tell nothing, names may
come out garbled but ids do not.
"""

import codecs
import re

from batchpub.sheet.grid import Unreadable
from batchpub.sheet.heading import KNOWN_WORDS, fold_heading

_MARKS = (  # the longer first: UTF-32's begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 8192
_NUL_SHARE = 0.1  # of the high bytes of UTF-16 text with Latin letters or digits in it
_STRAY_SHARE = 0.01
_MANY = 16  # so many NUL bytes, every one of them at an even place or every one at an odd place, are no damage
_IN_XML = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']\s*([A-Za-z0-9_.:-]+)")
_IN_HTML = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]+)", re.IGNORECASE)
# What programs write under these names is nearly always the larger set of the same family.
_WIDER = {
    **dict.fromkeys(("gb2312", "gb_2312-80", "gbk", "x-gbk"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "ksc5601"), "cp949"),
    **dict.fromkeys(("big5", "x-x-big5"), "cp950"),
    **dict.fromkeys(("iso-8859-1", "latin1", "us-ascii", "ascii"), "cp1252"),
}
# What Windows, MS-DOS and a Mac save a CSV in, for the languages of our headings; the likelier first.
_CODE_PAGES = (
    "cp1252", "cp932", "gb18030", "cp950", "cp949", "cp1251", "cp1250", "cp1254", "cp1256", "cp850", "mac_roman", "cp852",
    "cp866", "cp857", "mac_cyrillic", "mac_latin2", "mac_turkish", "euc_jp", "koi8_r", "cp720", "iso8859_6",
)  # fmt: skip
_BETWEEN = re.compile(r"[,;\t|\r\n<>\"]+")

GUESSED = "The file is in an old code page, not in UTF-8: names with special letters may look wrong. The ids are exact."
_KNOWN = "The file is in an old code page, not in UTF-8; it was read as {}, in which its headings are readable. The ids are exact."
_NUL = "The file contains NUL bytes: it is damaged, or it is no table at all. Export the list again."
_BROKEN = "The file says that it is {} text, but it is not, or it is cut short (perhaps an incomplete download). Export the list again."


def decode(data: bytes) -> tuple[str, str]:
    """Decode a text file; the second value is a note for the person, or "". Raises Unreadable for NUL bytes and damage."""
    encoding, start = _find_wide_encoding(data)
    if encoding:
        return _decode_wide(data[start:], encoding), ""
    declared = _IN_XML.match(data)
    data = data.removeprefix(codecs.BOM_UTF8)
    if b"\0" in data:
        raise Unreadable(_NUL)
    for named in (declared, b"utf-8", _IN_HTML.search(data[:4096])):
        if named is not None:
            name = (named if isinstance(named, bytes) else named[1]).decode("ascii").lower()
            try:
                return data.decode(_WIDER.get(name, name)), ""
            except (LookupError, UnicodeError):  # nobody knows such an encoding, or the text is in another one
                continue
    return _decode_bytes(data)


def _find_wide_encoding(data: bytes) -> tuple[str, int]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding, len(mark)
    sample = data[:_SAMPLE]
    half = len(sample) // 2
    if not half or b"\0" not in sample:
        return "", 0
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if _are_halves(odd, even, half):
        return "utf-16-le", 0
    return ("utf-16-be", 0) if _are_halves(even, odd, half) else ("", 0)


def _are_halves(nuls: int, strays: int, places: int) -> bool:
    """Say whether the NUL bytes in one half of the places are the high bytes of letters and digits."""
    return (nuls >= _NUL_SHARE * places and strays <= _STRAY_SHARE * places) or (nuls >= _MANY and not strays)


def _decode_wide(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(_BROKEN.format(encoding[:6].upper())) from error
    if "\0" in text:
        raise Unreadable(_NUL)
    return text


def _decode_bytes(data: bytes) -> tuple[str, str]:
    """Decode in the code page in which the most words are known, and say which; where none tells more, as Western Windows does."""
    known = {page: _count_words(data[:_SAMPLE], page) for page in _CODE_PAGES}
    usual = known[_CODE_PAGES[0]]
    for page in sorted(known, key=lambda page: -known[page]):
        if known[page] <= usual:
            break
        try:
            return data.decode(page), _KNOWN.format(page)
        except UnicodeDecodeError:
            continue
    try:
        return data.decode(_CODE_PAGES[0]), GUESSED
    except UnicodeDecodeError:
        return data.decode("latin-1"), GUESSED


def _count_words(sample: bytes, page: str) -> int:
    """Count the words of ours that a code page makes readable: those in ASCII are so in all of them."""
    parts = {part for part in _BETWEEN.split(sample.decode(page, "replace")) if not part.isascii()}
    return len(KNOWN_WORDS.intersection(map(fold_heading, parts)))
