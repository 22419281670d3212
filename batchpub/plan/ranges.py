"""Many rows in few words: rows 2-301, A2–A301."""

import re
from collections.abc import Hashable, Iterable, Sequence

_CELL = re.compile(r"([A-Z]{1,3}|row )([1-9][0-9]{0,6})")
_VALUES = re.compile(r'"[^"]*"|\b[A-Z]{1,3}[1-9][0-9]{0,6}\b|[0-9][0-9.,]*(?:E\+?[0-9]+)?')
_MOST_RANGES = 8


def say_ranges(cells: Iterable[str]) -> str:
    """Name cells and rows as a person would: A2–A301, A305, rows 5–9. Neighbours in one column become one range, in the order of first sight."""
    columns: dict[str, list[int]] = {}
    for cell in cells:
        found = _CELL.fullmatch(cell)
        if found:
            columns.setdefault(found[1], []).append(int(found[2]))
        else:
            columns.setdefault(cell, [])
    ranges = []
    for column, numbers in columns.items():
        ranges += [_say(column, *both) for both in _join(numbers)] or [column]
    if len(ranges) > _MOST_RANGES:
        ranges = [*ranges[:_MOST_RANGES], f"{len(ranges) - _MOST_RANGES} more"]
    return ", ".join(ranges)


def say_rows(rows: Sequence[tuple[Hashable, int]]) -> str:
    """Name rows, each a sheet and a number, seen from anywhere: rows 2–4; 5 rows of 2 files."""
    sheets = {sheet for sheet, _ in rows}
    if len(sheets) > 1:
        return f"{len(rows)} rows of {len(sheets)} files"
    numbers = [number for _, number in rows]
    named = [_say("", *both) for both in _join(numbers)]
    if len(named) > _MOST_RANGES:
        named = [*named[:_MOST_RANGES], f"{len(named) - _MOST_RANGES} more"]
    return f"{'rows' if len(numbers) > 1 else 'row'} {', '.join(named)}"


def say_alike(cell: str, sentence: str) -> str:
    """Give what two sentences must share to be about the same fault: all but their cell, numbers and what they quote."""
    return _VALUES.sub("#", sentence.removeprefix(cell).removeprefix(":").strip())


def _join(numbers: Iterable[int]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if joined and number == joined[-1][1] + 1:
            joined[-1] = joined[-1][0], number
        else:
            joined.append((number, number))
    return joined


def _say(column: str, first: int, last: int) -> str:
    if first == last:
        return f"{column}{first}"
    if column == "row ":
        return f"rows {first}–{last}"
    return f"{column}{first}–{column}{last}"
