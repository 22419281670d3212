"""Whether two names mean the same course, as training staff would judge it. Pure."""

import re
import unicodedata
from collections.abc import Iterator

_ACCENTS = re.compile("[\u0300-\u036f]")  # of Latin, Greek and Cyrillic letters; those of Japanese kana change the word
_DIGIT_GAP = re.compile(r"(?<=\d) (?=\d)")
_SAID_THE_SAME = {"&": " and ", "@": " at "}
_CODE_DIGITS = 2  # fewer are a part or a level: L2, B1, v3
_MEANT = "+#"  # C, C++ and C# are three courses
_LANGUAGE_WORDS = """
en de fr es it nl pt ja jp pl cs da sv fi no tr zh cn ko ar ru hu ro us uk gb br at ch
english deutsch german franzosisch french francais spanish espanol spanisch englisch italian italiano italienisch dutch
nederlands niederlandisch portuguese portugues polish polski japanese 日本語 chinese 中文 korean 한국어
"""
_LANGUAGES = frozenset(_LANGUAGE_WORDS.split())
"""What may stand behind a name to say its language; two-letter codes of languages and of countries where one is meant,
without accents."""


def is_same_name(one: str, other: str) -> bool:
    """Say whether two names are one: case, blanks, accents, punctuation and a code or language behind one are nothing.

    "First Aid" and "first-aid (EN)" or "First Aid - FA-101" are the same; "First Aid 1" and "First Aid 2" are not, nor
    are two names that end in different languages. An empty name is the same as every other: nothing contradicts it.
    """
    left, right = _join(one), _join(other)
    if not left or not right or left == right:
        return True
    shorter, longer = (one, other) if len(left) < len(right) else (other, one)
    return _join(shorter) in _without_additions(longer)


def _without_additions(name: str) -> Iterator[str]:
    """Give the name without the codes and languages that stand last in it, one after the other."""
    parts = name.split()
    while len(parts) > 1 and _is_addition(parts.pop()):
        yield _join(" ".join(parts))


def _words(name: str) -> tuple[str, ...]:
    """Give the words of a name without what makes no difference."""
    text = unicodedata.normalize("NFKC", name).casefold()
    text = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", text)))
    for sign, words in _SAID_THE_SAME.items():
        text = text.replace(sign, words)
    kept = "".join(letter if letter.isalnum() or letter in _MEANT else _gap(letter) for letter in text)
    return tuple(kept.split())


def _gap(letter: str) -> str:
    """Give what is left of a sign between letters: an apostrophe or what is invisible leaves nothing."""
    return "" if letter in "'’`´" or unicodedata.category(letter) in ("Cf", "Mn", "Mc") else " "


def _join(name: str) -> str:
    """Join the words, which a hyphen may part or not, but no two numbers: 1.5 is not 15."""
    return _DIGIT_GAP.sub("_", " ".join(_words(name))).replace(" ", "")


def _is_addition(part: str) -> bool:
    """Say whether what stands behind a name is a dash, a language, or a code with letters and several digits ("FS-101")."""
    words = _words(part)
    joined = "".join(words)
    digits = sum(letter.isdigit() for letter in joined)
    return all(word in _LANGUAGES for word in words) or (digits >= _CODE_DIGITS and not joined.isdigit())
