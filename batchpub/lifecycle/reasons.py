"""Why a row has its outcome: values with their facts, which `batchpub.sentences.rows` words."""

from dataclasses import dataclass
from enum import Enum, auto

from batchpub.course import Outcome
from batchpub.services.interface import CourseState, Refused, Reply, SaidPublished
from batchpub.standing import Held, PublishedBefore, RefusedBeside, Uncertain


class Plain(Enum):
    """Reasons that need no facts. They are written down in words only."""

    NOT_YET = auto()
    """Its turn has not come, or comes again."""
    LOST_BEFORE = auto()
    """A call whose answer was lost may have published it."""
    MAILED = auto()
    """Published, and its learners were mailed."""
    NOT_MAILED = auto()
    FOUND_PUBLISHED = auto()
    """A call of this run had no clear answer, and the course is published now."""
    SEEN_DRAFT = auto()
    SEEN_PUBLISHED = auto()
    SEEN_DISABLED = auto()
    SEEN_E_MATERIAL = auto()
    SEEN_BLENDED = auto()
    """It is published batch by batch, and the row names no batch."""
    SEEN_SELF_PACED = auto()
    """It has no batches, and the row names one."""
    STATE_NOT_SAID = auto()
    """It was read, and the answer does not say what state it is in."""
    UNKNOWN_COURSE = auto()
    UNKNOWN_BATCH = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class StateUnread:
    """The course cannot be read; `why` is the answer's reason or code."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherName:
    """The service has another name for the course than the sheet."""

    sheet: str
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldForName:
    """Nothing is sent while the two names differ."""

    names: OtherName
    mails: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalNo:
    """The service refused it for good; `was_lost`: an earlier call, whose answer was lost, may have published it."""

    answer: Refused
    http_status: int | None
    is_batch: bool
    was_lost: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NotConfirmed:
    """The service said that it is published, and reading says `state`; None where it cannot be read."""

    said: SaidPublished
    state: CourseState | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Believed:
    """The service said that it is published; it cannot be read, but an earlier call of ours explains it."""

    said: SaidPublished


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreached:
    """No call reached the service; `why` is the last one's trouble."""

    attempts: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoWord:
    """It was sent, and the reply, if one came, does not say what became of it."""

    reply: Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class StillDraft:
    """All attempts are made; `last` is the last answer that said something."""

    attempts: int
    last: Reply | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoClearAnswer:
    """All attempts are made, the course cannot be read; `last` as above."""

    attempts: int
    last: Reply | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSentAgain:
    """It mails, was sent before, and cannot be read: a second call could mail twice. `code` and `last` of the answers."""

    code: str
    last: Reply | None


RowReason = (
    Plain
    | StateUnread
    | HeldForName
    | FinalNo
    | SaidPublished
    | NotConfirmed
    | Believed
    | Unreached
    | NoWord
    | StillDraft
    | NoClearAnswer
    | NotSentAgain
    | PublishedBefore
    | Held
    | RefusedBeside
    | Uncertain
)
"""Why a row has its outcome, be it what an answer said or how the course stands in the journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a row, or what it says meanwhile, as a value. `other_name` is a remark beside the reason."""

    outcome: Outcome
    reason: RowReason
    attempts: int
    http_status: int | None = None
    code: str = ""
    verified: bool = False
    other_name: OtherName | None = None
