"""What the journal is asked to write: plain values."""

from dataclasses import dataclass

from batchpub.course import Course
from batchpub.standing import AnswerNote, CourseStatus, Rest, RowResult
from batchpub.store.limits import Refusal, Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A call that is about to be made for a course, on the row at `position`; `attempt` counts its calls of that kind.

    For publishing: `version` is what the course must still have, `again` looks past what earlier runs published, and
    `evidence` tells that the service was just seen to hold the course as a draft. Without it, a course whose answer was
    lost stays so until an answer says what became of it: no refusal makes it free.
    """

    course: Course
    position: int
    attempt: int
    version: int = 0
    again: bool = False
    evidence: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One answer, and what is made of it.

    `status` None leaves the course alone (a reading); ASKING frees it, but keeps it from others until it is read, so that no
    run takes an answer for the last word that this one goes on to look into. `result` None leaves the row alone. `through`
    tells that the throttle let the call pass; `lock` is what a lock answer said.
    """

    call: int
    slot: Slot
    note: AnswerNote
    rest: Rest
    status: CourseStatus | None = None
    result: RowResult | None = None
    through: bool = False
    lock: Refusal | None = None
