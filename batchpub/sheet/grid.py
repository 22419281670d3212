"""What every reader gives back, whatever the format: sparse rows of typed cells, not yet a table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from batchpub.course import Cell, one_of_many
from batchpub.plan.text import trim

MAX_CELLS = 1_200_000  # filled cells: what fits into 500 MB, and twelve columns of 100,000 rows
MAX_CHARACTERS = 32_767  # in one cell: "Excel specifications and limits"
LAST_COLUMN = 16_384  # XFD
LAST_ROW = 1_048_576
HEAD_ROWS = 30  # where a heading is looked for: banner rows above a table are common; thirty of them are not
MAX_AREAS = 50_000
MAX_TABS = 1_000
_MOST_COLUMNS_NAMED = 64 * LAST_COLUMN


class Unreadable(Exception):
    """The file as a whole cannot be read; the text says why and what to do, without the file's name."""


class NoHeading(Unreadable):
    """The file can be read, but there is no table of courses in it."""


CUT_SHORT = "The file is cut short (perhaps an incomplete download). Get it again from where it came from."
TOO_MANY_CELLS = f"The sheet has more than {MAX_CELLS:,} filled cells, which is no list of courses. Delete what does not belong there."

TOO_MANY_TABS = f"The workbook has more than {MAX_TABS:,} sheets, which no list of courses has. Delete those that do not belong there."


def say_damaged(what: str) -> str:
    """Write the sentence about a file that is complete but wrong in itself."""
    return f"The file is damaged: {what}. Get it again from where it came from; if it stays so, whoever makes it must mend it."


def say_twice(ref: str) -> str:
    """Write the sentence about a cell that is in the file twice."""
    return f"Cell {ref} is stored twice, so nobody can know what is in it. The file is damaged or was tampered with: ask for it again."


@one_of_many
class GridRow:
    """One row that holds something: its number as the person sees it and its filled cells by column (0 is A).

    `faults` are sentences about text that could not be split into cells with certainty. `width` is the number of values,
    blank ones too, where only their order tells the columns apart, else 0.
    """

    number: int
    cells: Mapping[int, Cell]
    hidden: bool = False
    faults: tuple[str, ...] = ()
    width: int = 0

    def text_at(self, column: int) -> str:
        """Give the text of a cell, "" where there is none."""
        cell = self.cells.get(column)
        return "" if cell is None else cell.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A rectangle of cells; rows as the person counts them, columns from 0."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int

    def __str__(self) -> str:
        """Name the range as a spreadsheet does: B2:B3."""
        return f"{name_cell(self.first_row, self.first_column)}:{name_cell(self.last_row, self.last_column)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The rows of one sheet from the top, in order. `complete` is False when there were more than were asked for.

    `arrays` are the areas that one formula fills: only its first cell says so itself. `width` is the number of values a
    row should have, where that is not the heading's. `may_be_spaced` is False where no value begins with a space.
    """

    rows: Sequence[GridRow]
    merges: Sequence[Area] = ()
    arrays: Sequence[Area] = ()
    hidden_columns: frozenset[int] = frozenset()
    complete: bool = True
    width: int = 0
    may_be_spaced: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One sheet of a workbook by name."""

    name: str
    hidden: bool = False


class Book(Protocol):
    """A file whose format is known.

    `noun` says in a sentence what the file really is. `is_text` is True where cells are only separated by commas and the
    like, so that a value beyond the headings may have pushed others aside.
    """

    noun: str
    is_text: bool
    notes: Sequence[str]
    tabs: Sequence[Tab]

    def read(self, tab: int, rows: int) -> Grid:
        """Read so many filled rows of one sheet, by its place among the tabs."""
        ...


IsHeading = Callable[[str], bool]
"""Says whether a cell's text is the heading of the id column."""


@lru_cache(maxsize=1024)
def name_column(column: int) -> str:
    """Give a column's letters: 0 is A, 26 is AA."""
    letters = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(65 + letter) + letters
    return letters


def name_cell(row: int, column: int) -> str:
    """Give a cell's name as a spreadsheet does."""
    return f"{name_column(column)}{row}"


@dataclass(slots=True)
class RowBuffer:
    """Collects what one sheet holds while a file is read, and ends the reading when enough rows are there or too much."""

    wanted: int
    rows: list[GridRow] = field(default_factory=list)
    merges: list[Area] = field(default_factory=list)
    arrays: list[Area] = field(default_factory=list)
    hidden_columns: set[int] = field(default_factory=set)
    filled: int = 0
    complete: bool = True
    _numbers: set[int] | None = None
    _highest: int = 0
    _columns_named: int = 0

    def add(self, row: GridRow) -> bool:
        """Take a row, unless a person would see nothing in it; say whether there is place for more."""
        if not row.faults and not _shows_something(row):
            return True
        if len(self.rows) >= self.wanted:
            self.complete = False
            return False
        self.filled += len(row.cells)
        if self.filled > MAX_CELLS:
            raise Unreadable(TOO_MANY_CELLS)
        self._refuse_twice(row)
        self.rows.append(row)
        return True

    def _refuse_twice(self, row: GridRow) -> None:
        """Refuse a row that was there before. Most files have them in order; only others need a set of what was seen."""
        if row.number <= self._highest and self._numbers is None:
            self._numbers = {seen.number for seen in self.rows}
        if self._numbers is not None:
            if row.number in self._numbers:
                raise Unreadable(say_twice(name_cell(row.number, min(row.cells))))
            self._numbers.add(row.number)
        self._highest = max(self._highest, row.number)

    def add_area(self, areas: list[Area], first: tuple[int, int], last: tuple[int, int]) -> None:
        """Add a rectangle between two corners, each (row, column), to the merges or arrays; a single cell is none."""
        if first == last:
            return
        if len(areas) >= MAX_AREAS:
            raise Unreadable(TOO_MANY_CELLS)
        (top, bottom), (left, right) = (sorted(pair) for pair in zip(first, last, strict=True))
        areas.append(Area(first_row=top, last_row=bottom, first_column=left, last_column=right))

    def hide_columns(self, first: int, count: int) -> None:
        """Add so many columns to the hidden ones. Raises Unreadable where they are named over and over."""
        self._columns_named += min(count, LAST_COLUMN)
        if self._columns_named > _MOST_COLUMNS_NAMED:
            raise Unreadable(TOO_MANY_CELLS)
        self.hidden_columns.update(range(first, min(first + count, LAST_COLUMN)))

    def finish(self) -> Grid:
        """Give the sheet as far as it was read."""
        return Grid(
            rows=sorted(self.rows, key=lambda row: row.number),
            merges=self.merges,
            arrays=self.arrays,
            hidden_columns=frozenset(self.hidden_columns),
            complete=self.complete,
        )


@dataclass(slots=True)
class SheetsInTurn:
    """The sheets of a document that is read from its beginning to its end; `only` one of them where the others are known.

    `row`, `columns` and `struck_columns` are where the reader stands in the present sheet; `full` says that its rows are done.
    """

    wanted: int
    only: int | None
    tabs: list[Tab] = field(default_factory=list)
    shelves: list[RowBuffer] = field(default_factory=list)
    shelf: RowBuffer = field(init=False)
    full: bool = field(init=False)
    row: int = field(init=False)
    columns: int = field(init=False)
    struck_columns: set[int] = field(init=False)

    def __post_init__(self) -> None:
        """Begin the first sheet."""
        self._begin_sheet()

    def _begin_sheet(self) -> None:
        self.shelf = RowBuffer(wanted=self.wanted)
        self.full = self.only not in (None, len(self.shelves))
        self.row = self.columns = 0
        self.struck_columns = set()

    def end_sheet(self, name: str, *, hidden: bool) -> None:
        """Put the present sheet to the others and begin the next. Raises Unreadable for the one too many."""
        if len(self.tabs) >= MAX_TABS:
            raise Unreadable(TOO_MANY_TABS)
        self.tabs.append(Tab(name=name, hidden=hidden))
        self.shelves.append(self.shelf)
        self._begin_sheet()


def _shows_something(row: GridRow) -> bool:
    if (fields := getattr(row.cells, "fields", None)) is not None:
        return any(map(trim, fields))
    for cell in row.cells.values():  # noqa: SIM110 - nearly always the first one ends it; a generator costs more than the look
        if cell.formula or trim(cell.text):
            return True
    return False


def cut(text: str) -> str:
    """Shorten what no spreadsheet could hold in one cell."""
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"
