"""One course, from planned to recorded."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from batchpub.course import Course, Outcome
from batchpub.errors import AccessRefused, ExitCode, ServiceUnreachable
from batchpub.pace import Gate, GateClosed, Stop
from batchpub.state import (
    NOT_YET,
    AnswerNote,
    Claimed,
    Free,
    Held,
    Journal,
    Limits,
    LostSlot,
    Published,
    Rest,
    RowResult,
    Slot,
    Uncertain,
)
from batchpub.zoho import answers
from batchpub.zoho.client import Reply

log = structlog.get_logger("batchpub")


class CourseApi(Protocol):
    """What publishing needs of the service."""

    async def prepare(self) -> None:
        """Make sure that a call can go out at once: a token renewed after the last look would send too late."""

    async def publish(self, course: Course, *, notify: bool) -> Reply:
        """Publish a course."""

    async def read_state(self, course: Course) -> Reply:
        """Read whether a course is published."""

    async def renew(self, stale: Mapping[str, str]) -> bool:
        """Renew the access that a call was made with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What an operator may set about one course's attempts."""

    attempts: int = 5
    verify_mails: bool = False
    again: frozenset[str] = frozenset()
    uncertain: frozenset[Course] = frozenset()
    """Courses that an earlier run's results call unknown, which this state may know nothing of."""

    def publishes_again(self, course: Course) -> bool:
        """Tell whether a course is published although an earlier run did it."""
        return "all" in self.again or course.course_id in self.again


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A course in the queue, with what this run already knows of it."""

    position: int
    course: Course
    notify: bool
    attempts: int = 0
    reads: int = 0
    renewed: bool = False
    strained: bool = False
    """Zoho said "maximum limit exceeded" for it while another course had the same trouble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """The course must wait; it holds no worker meanwhile."""

    work: Work
    seconds: float


Step = RowResult | Later


@dataclass(slots=True)
class Breakers:
    """Signs that the trouble is not one course's: three 403 in a row, 422 on two courses with no success between."""

    forbidden_in_a_row: int = 0
    limited_course: Course | None = None

    def note(self, course: Course, status: int | None, *, published: bool) -> None:
        """Count one definite answer."""
        self.forbidden_in_a_row = self.forbidden_in_a_row + 1 if status == 403 else 0  # noqa: PLR2004
        if published:
            self.limited_course = None
        elif status == 422 and self.limited_course is None:  # noqa: PLR2004
            self.limited_course = course

    def is_limit_shared(self, course: Course, status: int | None) -> bool:
        """Tell whether a 422 is the second one, from another course, with no success between."""
        return status == 422 and self.limited_course not in (None, course)  # noqa: PLR2004


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Publishes one course after the other; shared by all workers of a run."""

    api: CourseApi
    gate: Gate
    journal: Journal
    limits: Limits
    rules: Rules
    breakers: Breakers

    async def publish_course(self, work: Work) -> Step:
        """Take the course one step on: an outcome, or when to look at it again.

        Raises:
            GateClosed: the run is stopping; the journal already says how the course stands.
            CannotWrite: the journal cannot be written.

        """
        standing = await self.journal.look(work.course, again=self.rules.publishes_again(work.course))
        match standing:
            case Published():
                return await self._settle(work, None, Outcome.ALREADY_PUBLISHED, str(standing))
            case Held(run=run, seconds=seconds):
                outcome = Outcome.UNKNOWN if work.attempts else Outcome.NOT_ATTEMPTED
                await self._settle(work, None, outcome, f"Being published by run {run}.")
                return Later(work=work, seconds=min(seconds, self.limits.period / 30))
            case Uncertain(seconds=seconds) if seconds > 0:
                return Later(work=work, seconds=seconds)
            case Uncertain(version=version):
                return await self._find_out(work, version, uncertain_of=standing.run)
            case Free(version=version) if work.course in self.rules.uncertain and work.attempts == 0:
                return await self._find_out(work, version, uncertain_of="an earlier run")
            case Free(version=version):
                if self.rules.verify_mails and work.notify and work.attempts == 0:
                    return await self._find_out(work, version, uncertain_of=None)
                return await self._send(work, version, before="free")

    async def _settle(
        self, work: Work, status: str | None, outcome: Outcome, message: str, *, verified: bool = False
    ) -> RowResult:
        result = RowResult(outcome=outcome, message=message, attempts=work.attempts, verified=verified)
        await self.journal.settle(work.course, position=work.position, status=status, result=result)
        return result

    # Reading: what became of a call whose answer never came, or what is there before the first mail.

    async def _find_out(  # noqa: C901 - one branch an answer
        self, work: Work, version: int, *, uncertain_of: str | None
    ) -> Step:
        slot = await self._acquire("read")
        claimed = await self.journal.begin_reading(
            work.course, position=work.position, attempt=work.reads + 1, slot=slot
        )
        if isinstance(claimed, LostSlot):
            await self.gate.give_back(slot)
            return Later(work=work, seconds=0)
        if not self.gate.may_send(claimed.send_before):
            await self._record(work, claimed, slot, AnswerNote(meaning="not sent"), Rest.UNUSED)
            return Later(work=work, seconds=0)
        reply = await self.api.read_state(work.course)
        log.debug("course.read", meaning=_name(reply.answer), http_status=reply.http_status, code=reply.code)
        match reply.answer:
            case answers.Throttled():
                return await self._locked(work, claimed, slot, reply, reply.answer, status=None)
            case answers.Expired():
                await self._record(work, claimed, slot, _note(reply), Rest.ANSWERED)
                return await self._renew(work, reply)
            case answers.NotSent() | answers.Unclear():
                await self._record(work, claimed, slot, _note(reply), _rest(reply))
                if work.reads + 1 < self.rules.attempts:
                    return self._later(replace(work, reads=work.reads + 1), work.reads)
            case answers.StateRead(state=answers.CourseState.PUBLISHED):
                await self._record(work, claimed, slot, _note(reply), Rest.ANSWERED)
                if uncertain_of == self._run:
                    message = "Published: its answer was lost, and Zoho says it is published now."
                    return await self._settle(work, "published", Outcome.PUBLISHED, message, verified=True)
                message = "Zoho says it is published already."
                return await self._settle(work, "published", Outcome.ALREADY_PUBLISHED, message, verified=True)
            case answers.StateRead(state=answers.CourseState.DRAFT):
                await self._record(work, claimed, slot, _note(reply), Rest.ANSWERED)
                if work.attempts >= self.rules.attempts:
                    message = (
                        f"Still a draft after {work.attempts} attempts without a clear answer. Run it again later."
                    )
                    return await self._settle(work, "draft", Outcome.FAILED, message)
                return await self._send(work, version, before="draft")
            case _:
                await self._record(work, claimed, slot, _note(reply), Rest.ANSWERED)
        return await self._send_blind(work, version, uncertain=uncertain_of is not None, code=reply.code)

    async def _send_blind(self, work: Work, version: int, *, uncertain: bool, code: str) -> Step:
        """Go on although the course's state could not be read: never with mails on after a lost answer."""
        if uncertain and work.notify:
            message = (
                "Sent before, its answer was lost, and its state cannot be read"
                f"{f' ({code})' if code else ''}. Look in Zoho: if it is still a draft, publish it there."
            )
            return await self._settle(work, "unclear", Outcome.UNKNOWN, message)
        if uncertain and work.attempts >= self.rules.attempts:
            message = f"No clear answer in {work.attempts} attempts, and its state cannot be read."
            return await self._settle(work, "unclear", Outcome.UNKNOWN, message)
        return await self._send(work, version, before="unclear" if uncertain else "free")

    # Sending: slot, claim, a last look, the call, the record.

    async def _send(self, work: Work, version: int, *, before: str) -> Step:
        slot = await self._acquire("publish")
        claimed = await self.journal.claim(
            work.course,
            position=work.position,
            attempt=work.attempts + 1,
            version=version,
            slot=slot,
            again=self.rules.publishes_again(work.course),
        )
        if not isinstance(claimed, Claimed):
            await self.gate.give_back(slot)
            return Later(work=work, seconds=0)
        if not self.gate.may_send(claimed.send_before):
            result = self._back_in_line(work, before)
            await self._record(work, claimed, slot, AnswerNote(meaning="not sent"), Rest.UNUSED, before, result)
            return Later(work=work, seconds=0)
        reply = await self.api.publish(work.course, notify=work.notify)
        return await self._weigh(work, claimed, slot, reply, before)

    async def _weigh(self, work: Work, claimed: Claimed, slot: Slot, reply: Reply, before: str) -> Step:
        """Say what the answer makes of the course. The log has it first, so that a full disk loses nothing."""
        sent = replace(work, attempts=work.attempts + 1)
        log.info("call.answered", meaning=_name(reply.answer), http_status=reply.http_status, code=reply.code)
        match reply.answer:
            case answers.Throttled() as throttled:
                return await self._locked(work, claimed, slot, reply, throttled, status=before)
            case answers.Published():
                self.breakers.note(work.course, reply.http_status, published=True)
                mailed = "Published; its learners were mailed." if work.notify else "Published without a mail."
                result = self._result(sent, reply, Outcome.PUBLISHED, mailed)
                await self._record(work, claimed, slot, _note(reply), Rest.ANSWERED, "published", result)
                return result
            case answers.Refused() as refused:
                return await self._refused(sent, claimed, slot, reply, refused, before)
            case answers.Expired():
                result = self._back_in_line(work, before)
                await self._record(work, claimed, slot, _note(reply), Rest.ANSWERED, before, result)
                return await self._renew(work, reply)
            case answers.Denied(message=message):
                result = self._back_in_line(work, before)
                await self._record(work, claimed, slot, _note(reply), Rest.ANSWERED, before, result)
                reason = f"Zoho denies access ({reply.code}: {message}). The token needs ZOHOPEOPLE.training.CREATE."
                self.gate.close(Stop(reason=reason, exit_code=ExitCode.ACCESS_REFUSED))
                return Later(work=work, seconds=0)
            case answers.NotSent(reason=reason):
                return await self._not_sent(sent, claimed, slot, reply, before, reason)
            case _:
                message = "Sent, and the answer was lost or made no sense. Its state is read before it is sent again."
                result = self._result(sent, reply, Outcome.UNKNOWN, message)
                await self._record(work, claimed, slot, _note(reply), _rest(reply), "unclear", result)
                return Later(work=sent, seconds=self.limits.settle)

    async def _refused(  # noqa: PLR0913 - one answer and all that belongs to it
        self, work: Work, claimed: Claimed, slot: Slot, reply: Reply, refused: answers.Refused, before: str
    ) -> Step:
        if self.breakers.is_limit_shared(work.course, reply.http_status) and not work.strained:
            throttled = answers.Throttled(wait_seconds=None, cause="422 from two courses with no success between")
            waiting = replace(work, attempts=work.attempts - 1, strained=True)
            return await self._locked(waiting, claimed, slot, reply, throttled, status=before)
        self.breakers.note(work.course, reply.http_status, published=False)
        result = self._result(work, reply, Outcome.REFUSED, refused.message or f"Zoho refuses it ({refused.code}).")
        await self._record(work, claimed, slot, _note(reply), Rest.ANSWERED, "free", result)
        if self.breakers.forbidden_in_a_row >= 3:  # noqa: PLR2004 - "three 403 in a row", the design
            reason = "Zoho answered 403 three times in a row: this account may not publish."
            self.gate.close(Stop(reason=reason, exit_code=ExitCode.ACCESS_REFUSED))
        return result

    async def _not_sent(  # noqa: PLR0913 - as above
        self, work: Work, claimed: Claimed, slot: Slot, reply: Reply, before: str, reason: str
    ) -> Step:
        if work.attempts >= self.rules.attempts:
            message = f"Zoho could not be reached in {work.attempts} attempts ({reason})."
            result = self._result(work, reply, Outcome.UNKNOWN if before == "unclear" else Outcome.FAILED, message)
            await self._record(work, claimed, slot, _note(reply), Rest.UNUSED, before, result)
            self.gate.close(Stop(reason=message, exit_code=ExitCode.UNREACHABLE))
            return result
        await self._record(work, claimed, slot, _note(reply), Rest.UNUSED, before, self._back_in_line(work, before))
        return self._later(work, work.attempts)

    async def _locked(  # noqa: PLR0913 - as above
        self,
        work: Work,
        claimed: Claimed,
        slot: Slot,
        reply: Reply,
        throttled: answers.Throttled,
        status: str | None,
    ) -> Step:
        stated = throttled.wait_seconds
        # Before anything is awaited: no other worker of this process may start a call from here on.
        self.gate.notice_lock(self.limits.lock if stated is None else stated)
        result = self._back_in_line(work, status) if status is not None else None
        lock = await self._record(
            work, claimed, slot, _note(reply), Rest.ANSWERED, status, result, lock=(stated, throttled.cause)
        )
        if lock is not None:
            seconds, fresh = lock
            self.gate.notice_lock(seconds)
            if fresh:
                log.warning("portal.locked", seconds=round(seconds, 1), cause=throttled.cause, code=reply.code)
        if throttled.quota or (stated is not None and stated > self.limits.max_lock):
            told = f"a wait of {stated:.0f} s" if stated is not None else "a used-up quota"
            self.gate.close(
                Stop(reason=f"Zoho states {told}, longer than --max-lock allows.", exit_code=ExitCode.STOPPED_EARLY)
            )
        return Later(work=work, seconds=0)

    async def _renew(self, work: Work, reply: Reply) -> Step:
        try:
            if not work.renewed and await self.gate.unless_closed(self.api.renew(reply.stale)):
                return Later(work=replace(work, renewed=True), seconds=0)
            reason = "Zoho refuses the access it was given. Check the token or the cookie, and its data centre."
            self.gate.close(Stop(reason=reason, exit_code=ExitCode.ACCESS_REFUSED))
        except (AccessRefused, ServiceUnreachable) as error:
            self.gate.close(Stop(reason=str(error), exit_code=error.exit_code))
        return Later(work=work, seconds=0)

    async def _acquire(self, operation: str) -> Slot:
        slot = await self.gate.acquire(operation)
        try:
            await self.gate.unless_closed(self.api.prepare())
        except GateClosed:
            await self.gate.give_back(slot)
            raise
        except (AccessRefused, ServiceUnreachable) as error:
            await self.gate.give_back(slot)
            self.gate.close(Stop(reason=str(error), exit_code=error.exit_code))
            raise GateClosed from error
        return slot

    # Small words.

    @property
    def _run(self) -> str:
        return self.journal.run

    def _later(self, work: Work, tries: int) -> Later:
        """Wait exponentially longer, with jitter; a period at most."""
        longest = min(self.limits.period, self.limits.period / 30 * 2**tries)
        return Later(work=work, seconds=random.uniform(0.5, 1.0) * longest)  # noqa: S311 - jitter, no secret

    def _back_in_line(self, work: Work, before: str) -> RowResult:
        if before == "unclear":
            message = "Sent before, and its answer was lost; it is not known whether it is published."
            return RowResult(outcome=Outcome.UNKNOWN, message=message, attempts=work.attempts)
        return RowResult(outcome=Outcome.NOT_ATTEMPTED, message=NOT_YET, attempts=work.attempts)

    def _result(self, work: Work, reply: Reply, outcome: Outcome, message: str) -> RowResult:
        return RowResult(
            outcome=outcome, message=message, attempts=work.attempts, http_status=reply.http_status, code=reply.code
        )

    async def _record(  # noqa: PLR0913 - as above
        self,
        work: Work,
        claimed: Claimed,
        slot: Slot,
        note: AnswerNote,
        rest: Rest,
        status: str | None = None,
        result: RowResult | None = None,
        *,
        lock: tuple[float | None, str] | None = None,
    ) -> tuple[float, bool] | None:
        told = await self.journal.record(
            work.course,
            position=work.position,
            call=claimed.call,
            slot=slot,
            note=note,
            rest=rest,
            status=status,
            result=result,
            through=rest is Rest.ANSWERED and lock is None,
            lock=lock,
        )
        self.gate.notice_change()
        return told


def _name(answer: answers.Answer) -> str:
    return type(answer).__name__.lower()


def _note(reply: Reply) -> AnswerNote:
    return AnswerNote(
        meaning=_name(reply.answer), http_status=reply.http_status, code=reply.code, excerpt=reply.excerpt
    )


def _rest(reply: Reply) -> Rest:
    if isinstance(reply.answer, answers.NotSent):
        return Rest.UNUSED
    return Rest.UNANSWERED if reply.http_status is None else Rest.ANSWERED
