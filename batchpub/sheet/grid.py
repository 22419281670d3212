"""What every reader gives back, whatever the format: sparse rows of typed cells, not yet a table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from batchpub.cells import Cell
from batchpub.nouns import one_of_many

MAX_CELLS = 1_200_000  # filled cells: what fits into 500 MB, and twelve columns of 100,000 rows
MAX_CHARACTERS = 32_767  # in one cell: "Excel specifications and limits"
LAST_COLUMN = 16_384  # XFD
LAST_ROW = 1_048_576
HEAD_ROWS = 30  # where a heading is looked for: banner rows above a table are common; thirty of them are not
MAX_TABS = 1_000


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A file whose format is known.

    `read` gives so many filled rows of one sheet, by its place among the tabs. `is_text` says that cells are only separated
    by commas and the like, so that a value beyond the headings may have pushed others aside; `is_page`, that it is a web page.
    """

    tabs: Sequence[Tab]
    read: Callable[[int, int], Grid]
    notes: Sequence[str] = ()
    is_text: bool = False
    is_page: bool = False


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


def cut(text: str) -> str:
    """Shorten what no spreadsheet could hold in one cell."""
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"
