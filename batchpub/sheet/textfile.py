"""Comma-, semicolon-, tab- and bar-separated text, split strictly.

A record that cannot be split with certainty carries a fault, and its row is refused; where it is uncertain which records
there are, the whole file is. pandas is not used here: it shifts columns without a word where rows end in a comma, and
drops or swallows rows after a bad quotation mark.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from batchpub.course import Cell, CellKind, one_of_many
from batchpub.sheet.encoding import GUESSED, decode
from batchpub.sheet.grid import (
    HEAD_ROWS,
    MAX_CHARACTERS,
    Grid,
    GridRow,
    IsHeading,
    Shelf,
    Tab,
    Unreadable,
    cut,
    name_column,
)
from batchpub.sheet.shifts import ShiftWatch, is_like_id
from batchpub.sheet.values import unwrap

DELIMITERS = (",", ";", "\t", "|")
_SEP_LINE = re.compile(r'"?sep=([^\w\s"]|\t)"?\s*', re.IGNORECASE)
_LONGEST_FIELD = 131_072  # csv's own limit; stated here because it is a setting of the whole process
_MAX_FIELDS = 16_384  # what a spreadsheet can show in one row
_HEAD_LINES = 2_000
_WRAPPED = "='"  # what a value that needs a second look begins with

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


@one_of_many
class _Record:
    """One record: its number as the person sees it, its fields, its lines, and why the fields may be wrong."""

    number: int
    fields: list[str]
    lines: int = 1
    fault: str = ""


class TextBook:
    """An opened text file: one sheet without a name."""

    is_text = True
    tabs: Sequence[Tab] = (Tab(name=""),)

    def __init__(self, data: bytes, is_heading: IsHeading) -> None:
        """Decode the text and find its delimiter. Raises Unreadable."""
        text, note = decode(data)
        self._text, stated = _split_sep_line(text.lstrip("\ufeff"))  # a second mark is seen where files were joined
        found, self._headings = _find_delimiter(self._text, is_heading, DELIMITERS)
        self._delimiter = stated or found
        if stated:
            _, headings = _find_delimiter(self._text, is_heading, [stated])
            if self._headings and not headings:
                raise Unreadable(_WRONG_SEP.format(stated, found).replace("\t", "TAB"))
            self._headings = headings
        self.noun = "a text file (CSV)"
        self.notes: Sequence[str] = (note,) if note else ()
        self._refuse_one_pair(is_heading)

    def read(self, tab: int, rows: int) -> Grid:  # noqa: ARG002 - a text file has one sheet
        """Read so many filled records."""
        shelf = Shelf(wanted=rows)
        watch = ShiftWatch(
            headings=self._headings,
            doubtful_delimiter=self._delimiter == "|"
            and GUESSED in self.notes,  # half the letters of Shift-JIS hold one
        )
        for record in _split(self._text, self._delimiter):
            row = _build_row(record, self._delimiter)
            if row is None:
                continue
            watch.look(len(shelf.rows), record.fields)
            if not shelf.add(row):
                break
        for place, fault in watch.find_doubtful().items():
            if place < len(shelf.rows):
                shelf.rows[place] = replace(shelf.rows[place], faults=(*shelf.rows[place].faults, fault))
        return Grid(rows=shelf.rows, complete=shelf.complete)

    def _refuse_one_pair(self, is_heading: IsHeading) -> None:
        """Refuse a file whose heading is one field that would be a heading if it were split."""
        heads = list(_peek(self._text, self._delimiter))
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


def _split(text: str, delimiter: str) -> Iterator[_Record]:
    """Split into records, strictly. Raises Unreadable where the records themselves are uncertain."""
    line = ""

    def feed() -> Iterator[str]:
        nonlocal line
        for line in _lines(text):  # noqa: UP028
            yield line

    reader = csv.reader(feed(), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        before = reader.line_num
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if len(line) > _LONGEST_FIELD and '"' not in line:
                raise Unreadable(_TOO_LONG.format(number)) from error
            if reader.line_num - before != 1 or line.count('"') % 2 or len(line) > _LONGEST_FIELD:
                raise Unreadable(_UNCLOSED.format(number)) from error
            yield _Record(number=number, fields=next(csv.reader([line], delimiter=delimiter), []), fault=_STRAY_QUOTE)
            continue
        if fields:
            yield _Record(number=number, fields=fields, lines=reader.line_num - before)


def _build_row(record: _Record, delimiter: str) -> GridRow | None:
    """Make cells of the filled fields. This runs for every value of the longest lists, hence the short cuts."""
    number = str(record.number)
    fault = record.fault
    text = CellKind.TEXT  # looking it up in the enumeration every time costs as much as the rest of a cell
    cells = {}
    for column, value in enumerate(record.fields):
        if not value:
            continue
        if column >= _MAX_FIELDS:
            fault = f"it has {len(record.fields):,} values, more than any spreadsheet can show."
            break
        ref = name_column(column) + number
        if value[0] in _WRAPPED or len(value) > MAX_CHARACTERS:
            cells[column] = _build_cell(ref, value)
        else:
            cells[column] = Cell(ref=ref, kind=text, text=value)
    if not cells:
        return None
    if not fault and record.lines > 1 and any(_holds_rows(value, delimiter) for value in record.fields):
        fault = _SWALLOWED
    return GridRow(number=record.number, cells=cells, faults=(fault,) if fault else ())


def _build_cell(ref: str, value: str) -> Cell:
    text = unwrap(value)
    formula = value if text[:1] == "=" and text == value else ""
    return Cell(ref=ref, kind=CellKind.TEXT if text else CellKind.EMPTY, text=cut(text), formula=cut(formula))


def _holds_rows(value: str, delimiter: str) -> bool:
    """Say whether a line inside a value has columns of its own, one of them nothing but an id."""
    lines = [line.split(delimiter) for line in re.split(r"[\r\n]+", value)]
    return len(lines) > 1 and any(len(fields) > 1 and any(map(is_like_id, fields)) for fields in lines)
