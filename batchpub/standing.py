"""How a course stands in the journal, and what is written there: plain values, which import nothing that works."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from batchpub.course import Outcome, Pile

NOT_YET = "The run ended before this course's turn. Run the same command again."


FIRST_OUTCOME = {
    Pile.TO_PUBLISH: Outcome.NOT_ATTEMPTED,
    Pile.ALREADY_PUBLISHED: Outcome.ALREADY_PUBLISHED,
    Pile.INVALID: Outcome.INVALID,
    Pile.DUPLICATE: Outcome.DUPLICATE,
    Pile.SKIPPED: Outcome.SKIPPED,
}
"""What a row says before anything is done for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Free:
    """Nobody holds the course. `version` is what a claim must still find.

    `known` tells that this state has an answer about the course: without one, somebody may have published it before.
    """

    version: int
    known: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedBefore:
    """An earlier run, or another one just now, published it."""

    run: str
    on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Another run is publishing it, or died doing so; its claim ends in `seconds`, at `until`, unless it is renewed."""

    run: str
    seconds: float
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertain:
    """It was sent and the answer is not known. After `seconds` the call can no longer arrive late."""

    version: int
    run: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedBeside:
    """Another run that works beside this one sent it, and the service's final no counts for both."""

    run: str
    message: str
    http_status: int | None
    code: str


Standing = Free | PublishedBefore | Held | Uncertain | RefusedBeside


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """The claim is written: the call may start while the boot clock is before `send_before`."""

    call: int
    send_before: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LostSlot:
    """The slot's lease ran out or a lock began: back to the gate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """What the journal writes for a row."""

    outcome: Outcome
    message: str
    attempts: int
    http_status: int | None = None
    code: str = ""
    verified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerNote:
    """What the journal keeps of one answer. `meaning` is the answer's name."""

    meaning: str
    http_status: int | None = None
    code: str = ""
    excerpt: str = ""


class CourseStatus(StrEnum):
    """What the journal is told of a course; the state keeps words of its own (`store.tables.Status`)."""

    FREE = "free"
    """Nothing is under way: it may be sent."""
    ASKING = "asking"
    """As free, but kept from other runs until this one has read it."""
    DRAFT = "draft"
    """The service says that it is a draft, whatever was known before."""
    UNCLEAR = "unclear"
    """A call may have published it."""
    PUBLISHED = "published"


class Rest(StrEnum):
    """How a slot comes back: how long must it rest so that the service cannot count one too many."""

    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    UNUSED = "unused"
