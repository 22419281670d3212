"""Comma-, semicolon-, tab- and bar-separated text, split strictly.

A record that cannot be split with certainty carries a fault, and its row is refused; where it is uncertain which records
there are, the whole file is. pandas is not used here: it shifts columns without a word where rows end in a comma, and
drops or swallows rows after a bad quotation mark.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from batchpub.plan.text import trim
from batchpub.sheet.encoding import GUESSED
from batchpub.sheet.fields import WRAPPED, FieldCells
from batchpub.sheet.grid import (
    HEAD_ROWS,
    MAX_CELLS,
    MAX_CHARACTERS,
    TOO_MANY_CELLS,
    Book,
    Grid,
    GridRow,
    IsHeading,
    Tab,
    Unreadable,
)
from batchpub.sheet.heading import is_possible_heading
from batchpub.sheet.shape import is_like_id
from batchpub.sheet.values import unwrap

DELIMITERS = (",", ";", "\t", "|")
_SEP_LINE = re.compile(r'"?sep=([^\w\s"]|\t)"?\s*', re.IGNORECASE)
_LONGEST_FIELD = 131_072  # csv's own limit; stated here because it is a setting of the whole process
_MAX_FIELDS = 16_384  # what a spreadsheet can show in one row
_HEAD_LINES = 2_000

_UNCLOSED = (
    "A quotation mark is opened in row {} and never closed properly, so nobody can know where the rows after it begin. Correct the "
    "quotation marks there, or export the list again."
)
_TOO_LONG = (
    "Row {} holds more text in one value than any spreadsheet could. This is no table of courses, or it is damaged."
)
_ONE_PAIR = (
    "Every row is written inside one pair of quotation marks, so its columns cannot be told apart. Export the list again, with the "
    "quotation marks around single values."
)
_WRONG_SEP = "The first line says that the columns are separated by {0} (sep={0}), but they are separated by {1}. Correct that line or delete it."
_STRAY_QUOTE = (
    "a quotation mark is out of place, so the values of this row cannot be told apart. Put the whole title into quotation marks and write "
    "those inside it twice."
)
_SWALLOWED = (
    "one value of this row holds what looks like further rows; a quotation mark is probably opened here and closed rows later. Correct the "
    "quotation marks, or export the list again."
)


def open_text(text: str, note: str, is_heading: IsHeading) -> Book:
    """Open a decoded text as one sheet without a name; the note is about its decoding. Raises Unreadable."""
    text, stated = _split_sep_line(text.lstrip("\ufeff"))  # a second mark is seen where files were joined
    found, headings = _find_delimiter(text, is_heading, DELIMITERS)
    if stated and headings and not _find_delimiter(text, is_heading, [stated])[1]:
        raise Unreadable(_WRONG_SEP.format(stated, found).replace("\t", "TAB"))
    if not headings:
        found, _ = _find_delimiter(text, is_possible_heading, DELIMITERS)
    delimiter = stated or found
    _refuse_one_pair(text, delimiter, is_heading)
    # The delimiter can be half a letter of an old code page, as in Shift-JIS.
    counts_usual = delimiter == "|" and note == GUESSED

    def read(_: int, rows: int) -> Grid:
        return _read(text, delimiter, rows, counts_usual=counts_usual)

    return Book(tabs=[Tab(name="")], read=read, notes=(note,) if note else (), is_text=True)


def _read(text: str, delimiter: str, rows: int, *, counts_usual: bool) -> Grid:
    """Read so many filled records."""
    found: list[GridRow] = []
    filled = 0
    is_complete = True
    for row in _split(text, delimiter):
        filled += len(row.cells)
        is_complete = len(found) < rows
        if not is_complete or filled > MAX_CELLS:
            break
        found.append(row)
    if filled > MAX_CELLS:
        raise Unreadable(TOO_MANY_CELLS)
    spaced = any(f"{delimiter}{quote} " in text for quote in ("", '"'))
    width = _find_usual_width(found) if counts_usual else 0
    return Grid(rows=found, complete=is_complete, width=width, may_be_spaced=spaced)


def _find_usual_width(rows: Sequence[GridRow]) -> int:
    counts = Counter(row.width for row in rows)
    return min((width for width, count in counts.items() if count == max(counts.values())), default=0)


def _refuse_one_pair(text: str, delimiter: str, is_heading: IsHeading) -> None:
    """Refuse a file whose heading is one field that would be a heading if it were split."""
    heads = list(_peek(text, delimiter))
    if any(_has_heading(fields, is_heading) for fields in heads):
        return
    for fields in heads:
        inner = [value for value in fields if value]
        split = [parts for mark in DELIMITERS for parts in _peek(inner[0], mark)] if len(inner) == 1 else []
        if any(_has_heading(parts, is_heading) for parts in split):
            raise Unreadable(_ONE_PAIR)


def _split_sep_line(text: str) -> tuple[str, str]:
    """Take off the line with which Excel is told the delimiter; Excel does not show it, so it is not counted."""
    line, end, rest = _first_line(text)
    found = _SEP_LINE.fullmatch(line)
    return (rest, found[1]) if found and end else (text, "")


def _first_line(text: str) -> tuple[str, str, str]:
    found = re.search(r"\r\n|\r|\n", text[:64])
    if not found:
        return text, "", ""
    return text[: found.start()], found[0], text[found.end() :]


def _find_delimiter(text: str, is_heading: IsHeading, delimiters: Sequence[str]) -> tuple[str, int]:
    """Choose the delimiter under which the heading appears, among several the one that gives the most headings.

    The second value is the number of headings under it, 0 where there is none under any.
    """
    best, most, width = delimiters[0], 0, 0
    for delimiter in delimiters:
        for fields in _peek(text, delimiter):
            if _has_heading(fields, is_heading):
                filled = sum(bool(value.strip()) for value in fields)
                if filled > most:
                    best, most, width = delimiter, filled, len(fields)
                break
    return best, width


def _peek(text: str, delimiter: str) -> Iterator[list[str]]:
    """Split the first records without complaint: only to look for the heading."""
    found = 0
    reader = csv.reader(_lines(text, _HEAD_LINES), delimiter=delimiter)
    while found < HEAD_ROWS:
        try:
            fields = next(reader)
        except (StopIteration, csv.Error):
            return
        if any(fields):
            found += 1
            yield fields


def _lines(text: str, most: int | None = None) -> Iterator[str]:
    """Give the lines with their ends: CR, LF and CRLF end a line, nothing else does."""
    for number, line in enumerate(io.StringIO(text, newline="")):
        if number == most:
            return
        yield line


def _has_heading(fields: Sequence[str], is_heading: IsHeading) -> bool:
    return any(is_heading(unwrap(value)) for value in fields[:_MAX_FIELDS])


def _split(text: str, delimiter: str) -> Iterator[GridRow]:
    """Split into rows, strictly. Raises Unreadable where the records themselves are uncertain."""
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number = line_number = begin = 0
    may_be_wrapped = any(mark in text for mark in WRAPPED)
    while True:
        number += 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            line = _last_line(text, begin, lines.tell())
            if len(line) > _LONGEST_FIELD and '"' not in line:
                raise Unreadable(_TOO_LONG.format(number)) from error
            if reader.line_num - line_number != 1 or line.count('"') % 2 or len(line) > _LONGEST_FIELD:
                raise Unreadable(_UNCLOSED.format(number)) from error
            yield _build_row(number, next(csv.reader([line], delimiter=delimiter), []), _STRAY_QUOTE)
        else:
            if fields and (fields[0].isdigit() or any(map(trim, fields))):
                is_long = reader.line_num - line_number > 1 or len(fields) > _MAX_FIELDS
                fault = _find_fault(fields, delimiter) if is_long else ""
                yield _build_row(
                    number, fields, fault, is_plain=not may_be_wrapped and lines.tell() - begin <= MAX_CHARACTERS
                )
        line_number, begin = reader.line_num, lines.tell()


def _last_line(text: str, begin: int, end: int) -> str:
    """Give the last line that a reader took: where it stopped, and no further back than its record begins."""
    start = max(text.rfind(mark, begin, end - 1) for mark in "\r\n") + 1
    return text[max(start, begin) : end]


def _build_row(number: int, fields: list[str], fault: str, *, is_plain: bool = False) -> GridRow:
    cells = FieldCells(number, fields[:_MAX_FIELDS] if fault else fields, is_plain=is_plain)
    return GridRow(number=number, cells=cells, faults=(fault,) if fault else (), width=len(fields))


def _find_fault(fields: Sequence[str], delimiter: str) -> str:
    if len(fields) > _MAX_FIELDS:
        return f"it has {len(fields):,} values, more than any spreadsheet can show."
    return _SWALLOWED if any(_holds_rows(value, delimiter) for value in fields) else ""


def _holds_rows(value: str, delimiter: str) -> bool:
    """Say whether a line inside a value has columns of its own, one of them nothing but an id."""
    lines = [line.split(delimiter) for line in re.split(r"[\r\n]+", value)]
    return len(lines) > 1 and any(len(fields) > 1 and any(map(is_like_id, fields)) for fields in lines)
