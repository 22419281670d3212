"""What the answer to a reading means: whether it says anything, and what it makes of the course."""

from dataclasses import replace
from typing import assert_never

from batchpub.course import Outcome
from batchpub.lifecycle.looks import Finding, Look, look_of
from batchpub.lifecycle.moves import Move, Read, Send, Settle, result_of
from batchpub.lifecycle.reasons import (
    Believed,
    HeldForName,
    NoClearAnswer,
    NotConfirmed,
    NotSentAgain,
    Plain,
    Result,
    StillDraft,
)
from batchpub.lifecycle.signs import Signs
from batchpub.lifecycle.verdict import Heard, Later, Renewal, Verdict, note_of, rest_of
from batchpub.lifecycle.work import Rules, Why, Work
from batchpub.services import interface as answers
from batchpub.services.interface import CourseState, Operation, Reply
from batchpub.standing import CourseStatus


def weigh_reading(work: Work, reply: Reply, signs: Signs, rules: Rules) -> Verdict[Later | Renewal | Heard]:
    """Say whether a reading is over, or why the course is read once more."""
    signs = signs.hear(Operation.READ, work.course, reply)
    then: Later | Renewal | Heard = Heard(work=work)
    lock = None
    match reply.answer:
        case answers.Throttled():
            lock, then = reply.answer, Later(work=work)
        case answers.Withheld():
            then = Later(work=work)
        case answers.Expired():
            then = Renewal(work=work)
        case answers.NotSent() | answers.Unclear():
            again = replace(work, reads=work.reads + 1)
            if rules.may_read(again):
                then = Later(work=again, backoff=rules.longest_backoff(work.reads), reply=reply)
        case answers.Denied() | answers.StateRead() | answers.Refused() | answers.Published() | answers.SaidPublished():
            pass
        case _ as unreachable:
            assert_never(unreachable)
    stop = signs.why_stop(Operation.READ, reply)
    return Verdict(note=note_of(reply), rest=rest_of(reply), signs=signs, then=then, lock=lock, stop=stop)


def move_after_look(work: Work, reply: Reply, rules: Rules, *, read: Read, now: float) -> tuple[Work, Move]:
    """Decide what to do with a course that was looked at; `now` is the boot time (s) of the look."""
    look = look_of(work, reply, rules)
    work = replace(work, looked_at=now, reads=0, other_name=look.other_name or work.other_name)
    match read.why:
        case Why.VERIFY:
            return work, move_verified(work, look, rules, read)
        case Why.CONFIRM | Why.LOST | Why.LOST_BEFORE:
            return work, _move_sent(work, look, reply, rules, read)
        case _ as unreachable:
            assert_never(unreachable)


def move_verified(work: Work, look: Look, rules: Rules, read: Read) -> Move:
    """Send what can be published; what cannot be told is sent, as without verifying."""
    match look.finding:
        case Finding.INVALID:
            return Settle(result=result_of(work, Outcome.INVALID, look.reason, verified=True))
        case Finding.ALREADY_PUBLISHED if not rules.publishes_again(work.course):
            return _already_published(work)
        case Finding.ALREADY_PUBLISHED | Finding.TO_PUBLISH | Finding.CANNOT_TELL:
            if (held := _hold(work, look, rules)) is not None:
                return Settle(result=held)
            before = CourseStatus.DRAFT if look.finding is Finding.TO_PUBLISH else CourseStatus.FREE
            return Send(version=read.version, before=before, look=Why.VERIFY)
        case _ as unreachable:
            assert_never(unreachable)


def _move_sent(work: Work, look: Look, reply: Reply, rules: Rules, read: Read) -> Move:
    """Go on with a course that was sent: a lost call may have published it, or the service said that it is published."""
    state = reply.answer.state if isinstance(reply.answer, answers.StateRead) else None
    if state is CourseState.PUBLISHED:
        return _already_published(work) if read.why is not Why.LOST else _found_published(work)
    if read.why is Why.CONFIRM and work.said_published is not None:
        reason = NotConfirmed(said=work.said_published, state=state)
        status = CourseStatus.DRAFT if state is CourseState.DRAFT else CourseStatus.FREE
        return Settle(result=result_of(work, Outcome.REFUSED, reason), status=status, version=read.version)
    if state is not CourseState.DRAFT:
        return _move_blind(work, rules, read, code=reply.code)
    held = _hold(work, look, rules)
    if held is None and rules.may_try(work):
        return Send(version=read.version, before=CourseStatus.DRAFT, look=read.why)
    failed = result_of(work, Outcome.FAILED, StillDraft(attempts=work.attempts, last=work.last))
    return Settle(result=held or failed, status=CourseStatus.DRAFT, version=read.version)


def _move_blind(work: Work, rules: Rules, read: Read, *, code: str) -> Move:
    """Go on although the course's state could not be read: never with mails on after a lost answer.

    The service's word that it is published is believed: a call whose answer was lost explains it.
    """
    if work.said_published is not None:
        outcome = Outcome.PUBLISHED if work.is_lost else Outcome.ALREADY_PUBLISHED
        believed = result_of(work, outcome, Believed(said=work.said_published))
        return Settle(result=believed, status=CourseStatus.PUBLISHED)
    reason: NotSentAgain | NoClearAnswer
    if work.notify:
        reason = NotSentAgain(code=code, last=work.last)
    elif not rules.may_try(work):
        reason = NoClearAnswer(attempts=work.attempts, last=work.last)
    else:
        return Send(version=read.version, before=CourseStatus.UNCLEAR)
    result = result_of(work, Outcome.UNKNOWN, reason)
    return Settle(result=result, status=CourseStatus.UNCLEAR, version=read.version)


def _found_published(work: Work) -> Settle:
    result = result_of(work, Outcome.PUBLISHED, Plain.FOUND_PUBLISHED, verified=True)
    return Settle(result=result, status=CourseStatus.PUBLISHED)


def _already_published(work: Work) -> Settle:
    result = result_of(work, Outcome.ALREADY_PUBLISHED, Plain.SEEN_PUBLISHED, verified=True)
    return Settle(result=result, status=CourseStatus.PUBLISHED)


def _hold(work: Work, look: Look, rules: Rules) -> Result | None:
    """Give what becomes of a row that is not sent because its name differs; None where it may be sent."""
    if look.other_name is None or not rules.holds_names(work):
        return None
    reason = HeldForName(names=look.other_name, mails=work.notify)
    return result_of(replace(work, other_name=None), Outcome.INVALID, reason, verified=True)
