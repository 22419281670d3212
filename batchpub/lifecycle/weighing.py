"""What the answer to a call to publish makes of its course."""

from dataclasses import dataclass, replace
from typing import assert_never

from batchpub.course import Outcome
from batchpub.lifecycle.moves import Send
from batchpub.lifecycle.reasons import FinalNo, NoWord, Plain, Result, RowReason, Unreached
from batchpub.lifecycle.signs import SHARED_LIMIT, Signs
from batchpub.lifecycle.verdict import Ended, Later, Renewal, Verdict, note_of, rest_of
from batchpub.lifecycle.work import Rules, Work
from batchpub.services import interface as answers
from batchpub.services.interface import Operation, Reply
from batchpub.standing import CourseStatus
from batchpub.stopping import Stop, StopReason

Weighed = Verdict[Later | Renewal | Ended]


def weigh(send: Send, work: Work, reply: Reply, signs: Signs, rules: Rules) -> Weighed:
    """Say what an answer makes of a course.

    `before` says what the course goes back to. An answer that is a no by an operator's word alone is not certain to be
    one: the course may have been published, and is read before it is sent again.
    """
    call = _begin(send, work, reply, signs, rules)
    match reply.answer:
        case answers.Throttled():
            return call.locked(reply.answer)
        case answers.Published():
            return call.published()
        case answers.SaidPublished():
            return call.said_published(reply.answer)
        case answers.Refused():
            return call.refused(reply.answer)
        case answers.Expired():
            return call.back_in_line(Renewal(work=call.work))
        case answers.Denied():
            return call.denied(reply.answer)
        case answers.NotSent():
            return call.not_sent(reply.answer)
        case answers.Withheld():
            return call.back_in_line(Later(work=call.work))
        case answers.Unclear() | answers.StateRead():
            return call.unclear()
        case _ as unreachable:
            assert_never(unreachable)


def _begin(send: Send, work: Work, reply: Reply, signs: Signs, rules: Rules) -> "_Call":
    before = send.before
    if not isinstance(reply.answer, answers.Expired | answers.NotSent | answers.Withheld):
        work = replace(work, renewed=False)
    if not getattr(reply.answer, "certain", True):
        before, work = CourseStatus.UNCLEAR, replace(work, is_lost=True)
    return _Call(
        reply=reply, before=before, work=work, signs=signs.hear(Operation.PUBLISH, work.course, reply), rules=rules
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """One call with its answer, and everything that is weighed with it."""

    reply: Reply
    before: CourseStatus
    work: Work
    signs: Signs
    rules: Rules

    @property
    def sent(self) -> Work:
        """The work with this call as an attempt."""
        return replace(self.work, attempts=self.work.attempts + 1)

    def _verdict(
        self,
        then: Later | Renewal | Ended,
        *,
        status: CourseStatus,
        result: Result,
        stop: Stop | None = None,
    ) -> Weighed:
        return Verdict(
            note=note_of(self.reply),
            rest=rest_of(self.reply),
            signs=self.signs,
            then=then,
            status=status,
            result=result,
            stop=stop or self.signs.why_stop(Operation.PUBLISH, self.reply),
        )

    def _result(self, outcome: Outcome, reason: RowReason) -> Result:
        return Result(
            outcome=outcome,
            reason=reason,
            attempts=self.sent.attempts,
            http_status=self.reply.http_status,
            code=self.reply.code,
            other_name=self.work.other_name,
        )

    def back_in_line(self, then: Later | Renewal, *, stop: Stop | None = None) -> Weighed:
        """Count the call as none: the course is as it was before it."""
        outcome, reason = Outcome.NOT_ATTEMPTED, Plain.NOT_YET
        if self.before is CourseStatus.UNCLEAR:
            outcome, reason = Outcome.UNKNOWN, Plain.LOST_BEFORE
        result = Result(outcome=outcome, reason=reason, attempts=then.work.attempts)
        return self._verdict(then, status=self.before, result=result, stop=stop)

    def locked(self, throttled: answers.Throttled, work: Work | None = None) -> Weighed:
        """Wait for a lock: no attempt of the course."""
        return replace(self.back_in_line(Later(work=work or self.work)), lock=throttled)

    def published(self) -> Weighed:
        """End with the course published."""
        result = self._result(Outcome.PUBLISHED, Plain.MAILED if self.work.notify else Plain.NOT_MAILED)
        return self._verdict(Ended(result=result), status=CourseStatus.PUBLISHED, result=result)

    def said_published(self, answer: answers.SaidPublished) -> Weighed:
        """Have it read: after an attempt whose answer was lost it may well be that one which published it."""
        maybe_ours = self.before is CourseStatus.UNCLEAR or self.work.attempts > 0
        status = CourseStatus.UNCLEAR if maybe_ours else CourseStatus.ASKING
        then = Later(work=replace(self.sent, said_published=answer))
        return self._verdict(then, status=status, result=self._result(Outcome.REFUSED, answer))

    def refused(self, answer: answers.Refused) -> Weighed:
        """Take a final no. The second 422 of two courses is a lock; a no to a second call says nothing of a lost first."""
        if self.signs.is_limit_shared(self.work.course, self.reply.http_status) and not self.work.strained:
            throttled = answers.Throttled(wait_seconds=None, cause=SHARED_LIMIT)
            return self.locked(throttled, replace(self.work, strained=True))
        was_lost = self.before is CourseStatus.UNCLEAR and answer.certain
        status = CourseStatus.FREE if answer.certain and not was_lost else CourseStatus.UNCLEAR
        reason = FinalNo(
            answer=answer,
            http_status=self.reply.http_status,
            is_batch=bool(self.work.course.batch_id),
            was_lost=was_lost,
        )
        result = self._result(Outcome.UNKNOWN if was_lost else Outcome.REFUSED, reason)
        return self._verdict(Ended(result=result), status=status, result=result)

    def denied(self, answer: answers.Denied) -> Weighed:
        """Stop the run: the access lacks the scope, and nothing can be published with it."""
        stop = Stop(reason=StopReason.DENIED, said=f"{answer.code}: {answer.message}".rstrip(": "))
        return self.back_in_line(Later(work=self.work), stop=stop)

    def not_sent(self, answer: answers.NotSent) -> Weighed:
        """Try again, or give up. Where no other call reached the service either, the run stops."""
        sent = self.sent
        if self.rules.may_try(sent):
            then = Later(work=sent, backoff=self.rules.longest_backoff(sent.attempts))
            return self.back_in_line(then)
        outcome = Outcome.UNKNOWN if self.before is CourseStatus.UNCLEAR else Outcome.FAILED
        result = self._result(outcome, Unreached(attempts=sent.attempts, why=answer.reason))
        nobody_gets_through = self.signs.unreached_in_a_row >= sent.attempts
        stop = (
            Stop(reason=StopReason.NOT_REACHED, count=sent.attempts, said=answer.reason)
            if nobody_gets_through
            else None
        )
        return self._verdict(Ended(result=result), status=self.before, result=result, stop=stop)

    def unclear(self) -> Weighed:
        """Doubt: it may be published, and is read when the call can no longer arrive late."""
        sent = self.sent if self.reply.http_status is None else replace(self.sent, last=self.reply)
        settle = self.rules.settle_seconds
        then = Later(work=replace(sent, is_lost=True).spend(settle), seconds=settle)
        return self._verdict(
            then, status=CourseStatus.UNCLEAR, result=self._result(Outcome.UNKNOWN, NoWord(reply=self.reply))
        )
