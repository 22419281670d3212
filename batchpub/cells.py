"""One table of one file, cell by cell, as a reader gives it and before anybody judges it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import overload

from batchpub.nouns import one_of_many


class CellKind(StrEnum):
    """The type a cell has in the file. Only TEXT can be an id: the type decides, never the characters."""

    EMPTY = "empty"
    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    ERROR = "error"


@one_of_many
class Cell:
    """One cell as the file holds it.

    `text` is what a person would be shown and what reports write back. A number of more than 15 digits is
    shown in scientific notation, as spreadsheets do, so that nothing that reads a report takes it for an id.
    `formula` is the formula's text with its `=`, or "" where the cell has none.
    `merged` is the range of several rows that the cell is merged into ("B2:B3"), or "".
    `struck` says that a line is drawn through the text or a part of it.
    `exact` says of a number that the file holds all its digits, more than any spreadsheet shows.
    """

    ref: str
    kind: CellKind
    text: str
    formula: str = ""
    merged: str = ""
    struck: bool = False
    exact: bool = False


class TextCells(Sequence[Cell]):
    """The cells of a row of a text file, made when they are asked for.

    All of them hold plain text or nothing, so that most rows are judged by their texts and never become cells: that is half
    the time of a long list. `letters` are the columns' names.
    """

    __slots__ = ("letters", "number", "texts")

    def __init__(self, number: int, texts: Sequence[str], letters: Sequence[str]) -> None:
        """Take the texts as they are, one for each column."""
        self.number, self.texts, self.letters = number, texts, letters

    def __len__(self) -> int:
        """Count the columns."""
        return len(self.texts)

    @overload
    def __getitem__(self, index: int) -> Cell: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Cell]: ...
    def __getitem__(self, index: int | slice) -> Cell | Sequence[Cell]:
        """Make a cell, or several."""
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        text = self.texts[index]
        ref = f"{self.letters[index]}{self.number}"
        return Cell(ref=ref, kind=CellKind.TEXT if text else CellKind.EMPTY, text=text)

    def __eq__(self, other: object) -> bool:
        """Hold the same cells."""
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        """Hash as what is in it."""
        return hash((self.number, *self.texts))


@one_of_many
class SheetRow:
    """One row under the heading: its number as the person sees it, and a cell for every heading.

    `extra` holds the non-blank cells beyond the last heading; only text files have them.
    """

    number: int
    cells: Sequence[Cell]
    hidden: bool = False
    extra: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where a table stands on its sheet, so that its owner gets it back in the same cells.

    `row` is the heading's number; `columns` are those of the headings, 0 is A; `above` holds the texts of the rows before
    the heading as (row, column, text).
    """

    row: int
    columns: tuple[int, ...]
    above: tuple[tuple[int, int, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table of one file, read and not judged.

    `columns` says which column plays which role: `course_id` (always there), `batch_id`, `name`, `notify`,
    `publish`, `confirmed`, and `bp_outcome` when the file is a results file of ours.
    `notes` are sentences for the person about the file as a whole (a guessed code page, a hidden sheet).
    """

    file: str
    name: str
    headings: tuple[str, ...]
    columns: dict[str, int]
    rows: tuple[SheetRow, ...]
    notes: tuple[str, ...] = ()
    layout: Layout | None = None
    sha256: str = ""
