"""Text on its way into a file that other programs open: nothing comes alive, nothing that can be shown is lost."""

import re
from datetime import UTC, datetime

MOST_CELL_CHARACTERS = 32_767  # of one cell: "Excel specifications and limits", counted in UTF-16 units
ID_DIGITS = 16  # a spreadsheet keeps 15 digits of a number
_CUT_MARK = " … (cut)"
# The wide ones are formulas in East Asian versions of Excel.
_COMES_ALIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_ONE_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_COMMANDS = re.compile(r"([:#])(?=\1)")
_DIGITS = re.compile(r"[0-9]+")


def replace_unshowable(text: str) -> str:
    """Replace what XML cannot hold and what is no character (control characters, half surrogates) with U+FFFD."""
    return _UNSHOWABLE.sub("\ufffd", text)


def replace_surrogates(text: str) -> str:
    """Replace half surrogates with U+FFFD: UTF-8 cannot hold them; JSON escapes all else."""
    return _SURROGATES.sub("\ufffd", text)


def strip_controls(text: str) -> str:
    """Give a text as one line that cannot steer a terminal: no control characters, no turned writing direction."""
    return _DIRECTIONS.sub("", _ONE_LINE.sub(" ", text)).strip()


def fit_encoding(text: str, encoding: str | None) -> str:
    """Replace what a stream cannot write (a Windows code page, a pipe in the C locale) with `?`."""
    used = encoding or "utf-8"
    return text.encode(used, errors="replace").decode(used)


def break_commands(text: str) -> str:
    """Put a space into what a CI server would read as a command of its own: `::name::`, `##[name]`, `##vso[name]`."""
    return _COMMANDS.sub(r"\1 ", text)


def escape_commands(line: str) -> str:
    """Escape one letter of each such command inside JSON text: whoever reads the JSON gets the text as it was."""
    return line.replace("##", "#\\u0023").replace("::", ":\\u003a")


def make_plain(text: str) -> str:
    """Give a sentence as it may stand in a terminal or a CI server's log: its own lines, and nothing that steers either."""
    return "\n".join(break_commands(strip_controls(line)) for line in text.split("\n"))


def is_long_number(text: str) -> bool:
    """Say whether a cell of the person's would lose digits as a number."""
    return len(text) >= ID_DIGITS and is_digits(text)


def is_digits(text: str) -> bool:
    """Say whether a text is nothing but the digits 0 to 9."""
    return _DIGITS.fullmatch(text) is not None


def neutralise(text: str) -> str:
    """Put a `'` before what a spreadsheet would take for a formula. Our own loader takes it off again."""
    shown = replace_unshowable(text)
    return f"'{shown}" if shown.startswith(_COMES_ALIVE) else shown


def wrap_id(text: str) -> str:
    """Write digits as `="…"`, which spreadsheets open as text. Whatever is no digits is neutralised instead."""
    return f'="{text}"' if is_digits(text) else neutralise(text)


def cut_cell(text: str) -> str:
    """Cut a text to what one cell of a workbook can hold, with a mark."""
    if len(text) * 2 <= MOST_CELL_CHARACTERS:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= MOST_CELL_CHARACTERS * 2:
        return text
    kept = units[: (MOST_CELL_CHARACTERS - len(_CUT_MARK)) * 2]
    return kept.decode("utf-16-le", errors="ignore") + _CUT_MARK


def show_time(moment: datetime | None) -> str:
    """Write a moment in UTC as RFC 3339 with milliseconds, "" for none."""
    if moment is None:
        return ""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
