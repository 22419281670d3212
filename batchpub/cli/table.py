"""Columns of text that begin below each other, for lists that a command prints."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from batchpub.report.summary import width_of


def lay_out(headings: Sequence[str], rows: Iterable[Sequence[str]], *, most: Sequence[int] = ()) -> Iterator[str]:
    """Give the lines of a table. `most` are the widths at which cells are cut, 0 for never; none cuts nothing."""
    lines = [list(headings), *(_cut(row, most) for row in rows)]
    widths = [max(width_of(line[column]) for line in lines) for column in range(len(headings))]
    for line in lines:
        padded = (cell + " " * (width - width_of(cell)) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(padded).rstrip()


def _cut(row: Sequence[str], most: Sequence[int]) -> list[str]:
    return [_shorten(cell, room) for cell, room in zip(row, most or [0] * len(row), strict=True)]


def _shorten(text: str, room: int) -> str:
    if not room or width_of(text) <= room:
        return text
    kept = text
    while width_of(kept) > room - 1:
        kept = kept[:-1]
    return unicodedata.normalize("NFC", kept) + "…"
