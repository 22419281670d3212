"""What an answer makes of a course, as one value: what is kept of it, and how the course goes on."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from batchpub.lifecycle.reasons import Result
from batchpub.lifecycle.signs import Signs
from batchpub.lifecycle.work import Work
from batchpub.services.interface import Meaning, NotSent, Reply, Throttled, Withheld
from batchpub.standing import AnswerNote, CourseStatus, Rest
from batchpub.stopping import Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """The course must wait; it holds no worker meanwhile.

    `backoff` seconds are the longest; the wait has jitter. `reply` is the answer to a reading that said nothing.
    """

    work: Work
    seconds: float = 0.0
    backoff: float = 0.0
    reply: Reply | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """The access is renewed, then the course goes on."""

    work: Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The reading is over: what it says decides the next move."""

    work: Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The course has its outcome."""

    result: Result


Then = TypeVar("Then", bound=Later | Renewal | Heard | Ended)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict(Generic[Then]):
    """What is written down of an answer, all in one transaction, and what follows: other things after a call than after a reading.

    `status` None leaves the course alone, `result` None its row. `lock` is the answer where it is a lock; `stop` ends the
    run; `signs` are what the run has heard, this answer included.
    """

    note: AnswerNote
    rest: Rest
    signs: Signs
    then: Then
    status: CourseStatus | None = None
    result: Result | None = None
    lock: Throttled | None = None
    stop: Stop | None = None


ABOUT_THE_COURSE = frozenset({Meaning.PUBLISHED, Meaning.SAID_PUBLISHED, Meaning.REFUSED, Meaning.STATE_READ})
"""Answers that say that the service looked at the course: the throttle let the call pass."""


def note_of(reply: Reply) -> AnswerNote:
    """Give what the journal keeps of a reply."""
    return AnswerNote(
        meaning=reply.answer.meaning.value,
        http_status=reply.http_status,
        code=reply.code,
        excerpt=reply.excerpt,
    )


def rest_of(reply: Reply) -> Rest:
    """Say how long the place of a call must rest: a call that was never sent needs none, a lost one may arrive late."""
    if isinstance(reply.answer, NotSent | Withheld):
        return Rest.UNUSED
    return Rest.UNANSWERED if reply.http_status is None else Rest.ANSWERED
