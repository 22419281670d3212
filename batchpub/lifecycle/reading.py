"""What the answer to a reading means: whether it says anything, and what it makes of the course."""

from dataclasses import replace
from typing import assert_never

from batchpub.course import NamesRule, Outcome
from batchpub.lifecycle.looks import Finding, Look, hold_for_name, judge_look
from batchpub.lifecycle.meaning import note_of, rest_of
from batchpub.lifecycle.moves import Move, Read, Send, Settle, result_of
from batchpub.lifecycle.sentences import say_last
from batchpub.lifecycle.signs import Signs
from batchpub.lifecycle.verdict import Judged, Later, Renewal, Verdict
from batchpub.lifecycle.work import Rules, Why, Work
from batchpub.plural import say_count
from batchpub.services import interface as answers
from batchpub.services.interface import CourseState, Reply
from batchpub.standing import CourseStatus


def weigh_reading(work: Work, reply: Reply, signs: Signs, rules: Rules) -> Verdict:
    """Say whether a reading is over, or why the course is read once more."""
    signs = signs.hear(reply)
    then: Later | Renewal | Judged = Judged(work=work)
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
        case answers.Denied():
            signs = replace(signs, may_not_read=True)
        case answers.StateRead() | answers.Refused() | answers.Published() | answers.SaidPublished():
            pass
        case _ as unreachable:
            assert_never(unreachable)
    return Verdict(note=note_of(reply), rest=rest_of(reply), signs=signs, then=then, lock=lock)


def look_of(work: Work, reply: Reply, rules: Rules) -> Look:
    """Say what a reading means for the row, before anything is decided about it."""
    compared = "" if rules.names is NamesRule.IGNORE else work.name
    return judge_look(work.course, compared, reply.answer, http_status=reply.http_status, code=reply.code)


def move_after_look(work: Work, reply: Reply, rules: Rules, *, read: Read, now: float) -> tuple[Work, Move]:
    """Decide what to do with a course that was looked at; `now` is the boot time (s) of the look."""
    look = look_of(work, reply, rules)
    work = replace(work, looked_at=now, reads=0, remark=look.remark or work.remark)
    match read.why:
        case Why.VERIFY:
            return work, move_verified(work, look, rules, read)
        case Why.CONFIRM:
            return work, _move_confirmed(work, _state_in(reply), read)
        case Why.LOST | Why.LOST_BEFORE:
            return work, _move_lost(work, look, reply, rules, read)
        case Why.SHOW:
            return work, Settle(result=result_of(work, Outcome.NOT_ATTEMPTED, look.message, verified=True))
        case _ as unreachable:
            assert_never(unreachable)


def _state_in(reply: Reply) -> CourseState | None:
    return reply.answer.state if isinstance(reply.answer, answers.StateRead) else None


def move_verified(work: Work, look: Look, rules: Rules, read: Read) -> Move:
    """Send what can be published; what cannot be told is sent, as without verifying."""
    match look.finding:
        case Finding.INVALID:
            return Settle(result=result_of(work, Outcome.INVALID, look.message, verified=True))
        case Finding.ALREADY_PUBLISHED if not rules.publishes_again(work.course):
            result = result_of(work, Outcome.ALREADY_PUBLISHED, look.message, verified=True)
            return Settle(result=result, status=CourseStatus.PUBLISHED)
        case Finding.ALREADY_PUBLISHED | Finding.TO_PUBLISH | Finding.CANNOT_TELL:
            if held := _hold(work, look, rules):
                return Settle(result=result_of(replace(work, remark=""), Outcome.INVALID, held, verified=True))
            before = CourseStatus.DRAFT if look.finding is Finding.TO_PUBLISH else CourseStatus.FREE
            return Send(version=read.version, before=before, look=Why.VERIFY)
        case _ as unreachable:
            assert_never(unreachable)


def _move_confirmed(work: Work, state: CourseState | None, read: Read) -> Move:
    """Settle a course that the service refused as published already: only reading it makes that certain."""
    if state is CourseState.PUBLISHED:
        return _found_published(work, read)
    seen = "reading it does not confirm that" if state is None else f"reading it says {state.value}"
    result = result_of(work, Outcome.REFUSED, f"{work.said_published} Yet {seen}. Look at it in Zoho.")
    status = CourseStatus.DRAFT if state is CourseState.DRAFT else CourseStatus.FREE
    return Settle(result=result, status=status, version=read.version)


def _move_lost(work: Work, look: Look, reply: Reply, rules: Rules, read: Read) -> Move:
    """Go on with a course that a lost call may have published."""
    state = _state_in(reply)
    if state is CourseState.PUBLISHED:
        return _found_published(work, read)
    if state is not CourseState.DRAFT:
        return _believe(work) if work.said_published else _move_blind(work, rules, read, code=reply.code)
    if held := _hold(work, look, rules):
        result = result_of(replace(work, remark=""), Outcome.INVALID, held, verified=True)
        return Settle(result=result, status=CourseStatus.DRAFT, version=read.version)
    if not rules.may_try(work):
        message = f"Still a draft after {say_count(work.attempts, 'attempt')}.{say_last(work)} Run it again later."
        result = result_of(work, Outcome.FAILED, message)
        return Settle(result=result, status=CourseStatus.DRAFT, version=read.version)
    return Send(version=read.version, before=CourseStatus.DRAFT, look=read.why)


def _found_published(work: Work, read: Read) -> Settle:
    if read.why is Why.LOST:
        message = "Published: its answer was lost, and Zoho says it is published now."
        result = result_of(work, Outcome.PUBLISHED, message, verified=True)
    else:
        result = result_of(work, Outcome.ALREADY_PUBLISHED, "Zoho says it is published already.", verified=True)
    return Settle(result=result, status=CourseStatus.PUBLISHED)


def _believe(work: Work) -> Settle:
    """Take the service's word for it: a call whose answer was lost explains why the course is published already."""
    outcome = Outcome.PUBLISHED if work.is_lost else Outcome.ALREADY_PUBLISHED
    message = f"{work.said_published} Its state cannot be read, but it was sent before, and that answer was lost."
    return Settle(result=result_of(work, outcome, message), status=CourseStatus.PUBLISHED)


def _move_blind(work: Work, rules: Rules, read: Read, *, code: str) -> Move:
    """Go on although the course's state could not be read: never with mails on after a lost answer."""
    message = ""
    if work.notify:
        message = (
            f"Sent before, its answer was lost, and its state cannot be read{f' ({code})' if code else ''}."
            f"{say_last(work)} Look in Zoho: if it is still a draft, publish it there."
        )
    elif not rules.may_try(work):
        tries = say_count(work.attempts, "attempt")
        message = f"No clear answer in {tries}, and its state cannot be read.{say_last(work)}"
    if message:
        result = result_of(work, Outcome.UNKNOWN, message)
        return Settle(result=result, status=CourseStatus.UNCLEAR, version=read.version)
    return Send(version=read.version, before=CourseStatus.UNCLEAR)


def _hold(work: Work, look: Look, rules: Rules) -> str:
    """Say why a row whose name differs is not sent; "" where it may be."""
    if not look.remark or not rules.holds_names(work):
        return ""
    return hold_for_name(look.remark, mails=work.notify)
