"""The nouns everything else speaks about: courses, planned rows, piles and outcomes."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from batchpub.cells import Layout
from batchpub.nouns import one_of_many


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
