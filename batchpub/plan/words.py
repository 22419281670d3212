"""Yes and no, as people write them into a Notify, Publish or Confirmed column."""

from enum import Enum
from functools import lru_cache

from batchpub.cells import Cell, CellKind
from batchpub.plan.text import fold_name
from batchpub.plan.vocabulary import words_of

_YES = frozenset(map(fold_name, words_of("yes")))
_NO = frozenset(map(fold_name, words_of("no")))
_READABLE_KINDS = frozenset({CellKind.TEXT, CellKind.NUMBER, CellKind.BOOLEAN})


class Word(Enum):
    """What a yes-or-no cell says."""

    YES = "yes"
    NO = "no"
    BLANK = "blank"
    UNREADABLE = "unreadable"


def read_word(cell: Cell) -> Word:
    """Read a yes-or-no cell; a formula counts by the result saved with it, and without one it cannot be read."""
    if cell.kind is CellKind.EMPTY:
        return Word.UNREADABLE if cell.formula else Word.BLANK
    if cell.kind not in _READABLE_KINDS:
        return Word.UNREADABLE
    return read_word_text(cell.text)


@lru_cache(maxsize=256)
def read_word_text(text: str) -> Word:
    """Read a yes-or-no text."""
    word = fold_name(text)
    if not word:
        return Word.BLANK
    if word in _YES:
        return Word.YES
    return Word.NO if word in _NO else Word.UNREADABLE
