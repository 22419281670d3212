"""Text as people see it: what is invisible, what reads the same, how to quote a stranger's words in a sentence."""

import unicodedata

_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
# Letters and symbols that draw nothing: combining joiner, Hangul fillers, the Braille blank, variation selectors.
_BLANK_GLYPHS = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0" + "".join(map(chr, range(0xFE00, 0xFE10))))
_QUOTED_CHARACTERS = 40
_MOST_NAMES = 8
_NOT_COMPARED = str.maketrans("", "", " _-")


def is_invisible(character: str) -> bool:
    """Say whether a character draws nothing on a screen."""
    return unicodedata.category(character) in _INVISIBLE_CATEGORIES or character in _BLANK_GLYPHS


def trim(text: str) -> str:
    """Take white space and invisible characters off both ends."""
    text = text.strip()
    if text.isascii() and text.isprintable():
        return text  # nearly always
    start, end = 0, len(text)
    while start < end and is_invisible(text[start]):
        start += 1
    while end > start and is_invisible(text[end - 1]):
        end -= 1
    return text[start:end]


def fold(text: str) -> str:
    """Give what two headings must share to be the same: no case, no width, no spaces, `_`, `-` or invisible characters."""
    if text.isascii() and text.isprintable():
        return text.lower().translate(_NOT_COMPARED)
    wide = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in wide if character not in "_-\u2010\u2011" and not is_invisible(character))


def fold_name(text: str) -> str:
    """Give what two names of one course must share to be the same: case, width and spacing do not matter."""
    if text.isascii() and text.isprintable():
        return " ".join(text.lower().split())
    return " ".join(unicodedata.normalize("NFKC", trim(text)).casefold().split())


def quote(text: str) -> str:
    """Put a stranger's words into a sentence: on one line, without control characters, not too long."""
    plain = "".join(character if character.isprintable() else " " for character in text[: 4 * _QUOTED_CHARACTERS])
    plain = " ".join(plain.split())
    if len(plain) > _QUOTED_CHARACTERS:
        plain = plain[: _QUOTED_CHARACTERS - 1] + "…"
    return f'"{plain}"'


def list_names(names: list[str]) -> str:
    """Join names as a person would say them: A, B and C; of very many only the first."""
    if len(names) > _MOST_NAMES:
        names = [*names[:_MOST_NAMES], f"{len(names) - _MOST_NAMES} more"]
    if len(names) <= 1:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
