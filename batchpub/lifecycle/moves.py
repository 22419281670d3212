"""What to do next with a course: from how it stands in the journal, what this run knows of it, and the rules."""

from dataclasses import dataclass
from typing import assert_never

from batchpub.course import Outcome
from batchpub.lifecycle.reasons import Result, RowReason
from batchpub.lifecycle.work import Rules, Why, Work
from batchpub.standing import CourseStatus, Free, Held, PublishedBefore, RefusedBeside, Standing, Uncertain


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """Write the row's outcome without a call.

    `status` None leaves the course as it stands; `version` is what it must still have, None whatever others did.
    """

    result: Result
    status: CourseStatus | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Look again after so many seconds. `meanwhile` is what the row says should the run end before."""

    seconds: float
    meanwhile: Result | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Read what state the course is in."""

    version: int
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Publish the course.

    `before` is what it goes back to where the call turns out not to have been executed. With `look` it is only sent
    right after a look at it, made when the place for the call is in hand.
    """

    version: int
    before: CourseStatus
    look: Why | None = None


Move = Settle | Wait | Read | Send


def next_move(standing: Standing, work: Work, rules: Rules, *, run: str) -> Move:
    """Decide what to do with a course that stands like this; `run` is the name of this run."""
    match standing:
        case PublishedBefore():
            return Settle(result=result_of(work, Outcome.ALREADY_PUBLISHED, standing))
        case Held():
            sent = work.attempts or work.course in rules.uncertain
            outcome = Outcome.UNKNOWN if sent else Outcome.NOT_ATTEMPTED
            seconds = min(standing.seconds, rules.look_again_seconds)
            return Wait(seconds=seconds, meanwhile=result_of(work, outcome, standing))
        case RefusedBeside():
            return Settle(
                result=Result(
                    outcome=Outcome.REFUSED,
                    reason=standing,
                    attempts=work.attempts,
                    http_status=standing.http_status,
                    code=standing.code,
                )
            )
        case Uncertain():
            if standing.seconds > 0:
                return Wait(seconds=standing.seconds)
            is_ours = work.is_lost and standing.run == run
            return Read(version=standing.version, why=Why.LOST if is_ours else Why.LOST_BEFORE)
        case Free():
            return _move_free(standing, work, rules)
        case _ as unreachable:
            assert_never(unreachable)


def _move_free(standing: Free, work: Work, rules: Rules) -> Move:
    if work.course in rules.uncertain and work.attempts == 0:
        return Read(version=standing.version, why=Why.LOST_BEFORE)
    if work.said_published:
        return Read(version=standing.version, why=Why.CONFIRM)
    look = Why.VERIFY if rules.verifies(work, known=standing.known) else None
    return Send(version=standing.version, before=CourseStatus.FREE, look=look)


def result_of(work: Work, outcome: Outcome, reason: RowReason, *, verified: bool = False) -> Result:
    """Give what becomes of the row, and the last answer where the outcome leaves questions."""
    last = work.last if outcome in (Outcome.FAILED, Outcome.UNKNOWN) else None
    return Result(
        outcome=outcome,
        reason=reason,
        attempts=work.attempts,
        http_status=last.http_status if last else None,
        code=last.code if last else "",
        verified=verified,
        other_name=work.other_name,
    )
