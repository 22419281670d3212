"""Cell values as the person is shown them: numbers, dates, and text that was wrapped to stay text."""

import math
import re
from datetime import datetime, timedelta

from batchpub.cells import CellKind

_SHOWN_DIGITS = 15  # what spreadsheets keep and show of a number
_DAY_ZERO = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}  # noqa: DTZ001 - sheets know no time zones
_LITERAL = re.compile(r'=\s*"((?:[^"]|"")*)"')
_FORMULA_PREFIX = re.compile(r"^(?:[a-z]+:(?==))?=?")
_NEUTRALISED = "=+-@\t\r\n＝＋－＠"  # the wide ones come alive in East Asian versions of Excel
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NOT_A_DATE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]|General', re.IGNORECASE)
_DATE_LETTERS = re.compile(r"[dmyhsge]", re.IGNORECASE)
# "General" and scientific formats hold an E or a g too; a format with digit places is a number's.
_NUMBER_PLACES = re.compile(r"[0#?]")


def show_number(number: float) -> str:
    """Show a number as a spreadsheet does: 15 digits at most, so that no long one can pass for an id."""
    if not math.isfinite(number):
        return "#NUM!"
    shown = f"{number:.{_SHOWN_DIGITS}g}".upper()
    return "0" if shown == "-0" else shown


def read_number(stated: str) -> tuple[CellKind, str, bool]:
    """Read a number as a file writes it: its kind, how it is shown, and whether the file holds more digits than are shown."""
    try:
        shown = show_number(float(stated))
    except ValueError:
        return CellKind.ERROR, stated or "an error", False
    whole = stated.strip().lstrip("-+0").removesuffix(".0")
    return CellKind.NUMBER, shown, whole.isdigit() and whole[_SHOWN_DIGITS:].strip("0") != ""


def read_count(stated: str) -> int:
    """Read a count or a place, -1 where it is none: plain digits, for `int` would also take `1_0` and digits of other scripts."""
    stated = stated.strip()
    return int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 10 else -1  # noqa: PLR2004 - no sheet has a billion of anything


def show_formula(stated: str) -> str:
    """Give a formula with one `=` before it, and without the `of:` and the like that say in which language it is."""
    return "=" + _FORMULA_PREFIX.sub("", stated)


def as_text(text: str) -> tuple[CellKind, str]:
    """Give a cell's text and kind; one without a character is empty."""
    text = unwrap(text)
    return (CellKind.TEXT, text) if text else (CellKind.EMPTY, "")


def is_flat(size: str | None) -> bool:
    """Say whether a row or column is drawn with no height or width, which hides it without saying so."""
    try:
        return size is not None and float(size) == 0
    except ValueError:
        return False


def show_date(serial: float, *, since_1904: bool) -> str:
    """Show a day number as a date, with the time of day where there is one."""
    try:
        moment = _DAY_ZERO[since_1904] + timedelta(seconds=round(serial * 86_400))
    except (OverflowError, ValueError):
        return show_number(serial)
    return moment.strftime("%Y-%m-%d" if not (moment.hour or moment.minute or moment.second) else "%Y-%m-%d %H:%M:%S")


def is_date_format(pattern: str) -> bool:
    """Say whether a number format shows dates or times."""
    letters = _NOT_A_DATE.sub("", pattern.split(";", 1)[0])
    if not _DATE_LETTERS.search(letters):
        return False
    return not _NUMBER_PLACES.search(letters) or bool(re.search(r"[dyhs]", letters, re.IGNORECASE))


def is_date_number(code: int) -> bool:
    """Say whether a number format that has only a number, because every program knows it, shows dates (ECMA-376 18.8.30)."""
    return 14 <= code <= 22 or 27 <= code <= 36 or 45 <= code <= 47 or 50 <= code <= 58  # noqa: PLR2004


def differ(shown: str, stored: str) -> bool:
    """Say whether a cell's two texts, the one it shows and the one it stores, differ in more than white space."""
    return "".join(shown.split()) != "".join(stored.split())


def show_two(shown: str, stored: str) -> str:
    """Show both texts of a cell that has two: nobody can know which one is meant."""
    return f"{shown} / {stored}"


def unwrap(text: str) -> str:
    """Take off what was put around a text to keep it text: `="…"`, and the `'` before what would be a formula."""
    if text[:1] == "'" and text[1:2] and text[1] in _NEUTRALISED:
        return text[1:]
    if text[:1] == "=" and (literal := _LITERAL.fullmatch(text.strip())):
        return literal[1].replace('""', '"')
    return text


def unescape(text: str) -> str:
    """Decode `_x000D_` and the like, with which Office Open XML writes characters that XML cannot hold."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda found: _character(int(found[1], 16)), text)


def _character(code: int) -> str:
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else chr(code)  # noqa: PLR2004 - half a character cannot be written again
