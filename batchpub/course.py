"""The nouns everything else speaks about: courses, rows of a sheet, piles and outcomes."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self, TypeVar, dataclass_transform, overload

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True, kw_only_default=True, order_default=True)
def one_of_many(noun: type[_T]) -> type[_T]:
    """Make a dataclass of which a sheet needs hundreds of thousands: frozen for type checkers only.

    A frozen one takes twice as long to build, which is a fifth of the time of checking 100,000 rows.
    """
    return dataclass(slots=True, kw_only=True, unsafe_hash=True, order=True)(noun)


class Outcome(StrEnum):
    """What became of a row. Every row of every report has exactly one. Each says what it means."""

    meaning: str

    def __new__(cls, name: str, meaning: str = "") -> Self:
        """Make a word that can explain itself."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.meaning = meaning
        return member

    PUBLISHED = "published", "this run published it"
    ALREADY_PUBLISHED = "already_published", "an earlier run did, or Zoho says so"
    REFUSED = "refused", "Zoho's final no"
    FAILED = "failed", "temporary trouble outlasted the attempts"
    UNKNOWN = "unknown", "sent, no answer, and not to be found out"
    NOT_ATTEMPTED = "not_attempted", "the run stopped first"
    INVALID = "invalid", "the row itself is wrong; the message names the cell and the remedy"
    DUPLICATE = "duplicate", "the same course stands on an earlier row, which is named"
    SKIPPED = "skipped", 'blank, or a "Publish?" column says no'


class Pile(StrEnum):
    """What the plan makes of a row, before the service is asked."""

    TO_PUBLISH = "to_publish"
    ALREADY_PUBLISHED = "already_published"
    INVALID = "invalid"
    DUPLICATE = "duplicate"
    SKIPPED = "skipped"


class NotifyPolicy(StrEnum):
    """Who is mailed: nobody, whoever the sheet says, or everybody. A row's own no always wins."""

    NEVER = "never"
    SHEET = "sheet"
    ALL = "all"


class NamesRule(StrEnum):
    """What becomes of a row whose name differs from the course's name in Zoho."""

    AUTO = "auto"
    """Held where it would mail learners, a remark elsewhere."""
    HOLD = "hold"
    WARN = "warn"
    IGNORE = "ignore"


@one_of_many
class Course:
    """What is published: a course, or one batch of a blended course. Ids are text, digit for digit."""

    course_id: str
    batch_id: str = ""

    def __str__(self) -> str:
        """Name the course as people write it in a sentence."""
        return f"{self.course_id} batch {self.batch_id}" if self.batch_id else self.course_id


@dataclass(frozen=True, slots=True, kw_only=True)
class IdShape:
    """What ids of one account look like, and how many were seen so.

    An id seems to be the organisation's number (`prefix`) followed by 12 digits, so that one account has one length and
    one prefix: inferred from public samples, not documented by Zoho.
    """

    digits: int
    prefix: str
    count: int = 1


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSheet:
    """A sheet as reports give it back: where it came from and the person's own headings.

    `refused` is the sentence why the file could not be read, where the others were published without it. `sha256` is the
    checksum of the file's bytes as they were read, in hexadecimal.
    """

    file: str
    sheet: str
    headings: tuple[str, ...]
    notes: tuple[str, ...] = ()
    refused: str = ""
    layout: Layout | None = None
    sha256: str = ""


@one_of_many
class PlannedRow:
    """One row in its pile, with the sentence that says why.

    `position` counts from 0 over all files of the run. `course` is None unless the row has a valid id.
    `notify` is settled: will learners be mailed for this row. `duplicate_of` is the position of the
    row that stands for this one. `values` are the person's cells as text, one for every heading. `confirmed`: somebody
    wrote yes under Confirmed, so that what looks odd about the row is meant.
    """

    position: int
    sheet_index: int
    row: int
    cell: str
    course: Course | None
    name: str
    notify: bool
    pile: Pile
    message: str = ""
    duplicate_of: int | None = None
    values: tuple[str, ...] = ()
    confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every row of every sheet, each in one pile, in the order of the files."""

    sheets: tuple[PlannedSheet, ...]
    rows: tuple[PlannedRow, ...]

    def to_publish(self) -> tuple[PlannedRow, ...]:
        """Give the rows that name a course to publish, each course once."""
        return tuple(row for row in self.rows if row.pile is Pile.TO_PUBLISH)

    def names_to_publish(self) -> dict[Course, str]:
        """Give the courses to publish, with the sheet's name for each."""
        return {row.course: row.name for row in self.to_publish() if row.course is not None}
