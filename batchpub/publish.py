"""One course, from planned to recorded."""

import asyncio
import math
import random
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

import structlog

from batchpub.clock import Clock
from batchpub.course import Course, NamesRule, Outcome
from batchpub.errors import AccessRefused, ExitCode, ServiceUnreachable, Stop
from batchpub.locks import SHARED_LIMIT, LockWatch, refusal_of
from batchpub.pace import Gate, GateClosed
from batchpub.plural import say_count
from batchpub.state import (
    NOT_YET,
    AnswerNote,
    Claimed,
    Free,
    Held,
    Journal,
    Limits,
    Lock,
    LostSlot,
    Published,
    Refusal,
    Refused,
    Rest,
    RowResult,
    Slot,
    Uncertain,
)
from batchpub.verify import Finding, Look, hold_for_name, judge_look
from batchpub.zoho import answers
from batchpub.zoho.access import Access
from batchpub.zoho.client import MaySend, Reply

log = structlog.get_logger("batchpub")

NOT_READ = Reply(
    answer=answers.Denied(code="no_scope", message=""), http_status=None, code="no scope for reading", excerpt=""
)
"""Stands for the answers of readings that are not made because an earlier one was denied."""
PAST_THE_THROTTLE = ("published", "saidpublished", "refused", "stateread")
"""Answers about the course itself: whoever gives one of these let the call pass its limit."""


EXCERPT_IN_SENTENCE = 100
"""Characters of an answer's body that a row's sentence quotes where nothing in it can be read."""


class CourseApi(Protocol):
    """What publishing needs of the service."""

    async def get_access(self) -> Access:
        """Get what lets a call in before the call is claimed, for that may take minutes."""

    async def publish(self, course: Course, *, notify: bool, access: Access, may_send: MaySend) -> Reply:
        """Publish a course; `may_send` is asked when the connection stands, right before the first byte."""

    async def read_state(self, course: Course, *, access: Access, may_send: MaySend) -> Reply:
        """Read whether a course is published; `may_send` as above."""

    async def renew(self, stale: Access) -> bool:
        """Renew the access that a call was made with."""


class Verify(StrEnum):
    """Which courses are read before they are sent."""

    NOTHING = "nothing"
    NAMES = "names"
    """Those that a different name would keep from being sent."""
    MAILS = "mails"
    """Those that mail learners and of which this state has no answer, and those of `NAMES`."""
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What an operator may set about one course's attempts."""

    attempts: int = 5
    backoff_seconds: float = 2.0
    max_backoff_seconds: float = 60.0
    course_seconds: float = 1200.0
    """What one course's calls and waits may take in all; what it waits in line or for a lock does not count."""
    max_calls: int | None = None
    verify: Verify = Verify.NOTHING
    names: NamesRule = NamesRule.AUTO
    strict: bool = False
    """Hold every row whose name differs, unless names are to be ignored."""
    again: frozenset[str] = frozenset()
    uncertain: frozenset[Course] = frozenset()
    """Courses that an earlier run's results call unknown, which this state may know nothing of."""

    def publishes_again(self, course: Course) -> bool:
        """Tell whether a course is published although an earlier run did it."""
        return "all" in self.again or course.course_id in self.again

    def verifies(self, work: "Work", *, known: bool) -> bool:
        """Tell whether a course is read before it is sent for the first time; `known`: the state has an answer about it."""
        if work.attempts or self.verify is Verify.NOTHING:
            return False
        if self.verify is Verify.EVERYTHING or (self.verify is Verify.MAILS and work.notify and not known):
            return True
        return bool(work.name.strip()) and self.holds_names(mails=work.notify, confirmed=work.confirmed)

    def holds_names(self, *, mails: bool, confirmed: bool) -> bool:
        """Tell whether a row is held where Zoho has another name for its course."""
        if confirmed or self.names is NamesRule.IGNORE:
            return False
        return self.strict or self.names is NamesRule.HOLD or (self.names is NamesRule.AUTO and mails)

    def may_try(self, work: "Work") -> bool:
        """Tell whether a course has attempts and time left."""
        return work.attempts < self.attempts and work.spent_seconds < self.course_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A course in the queue, with what this run already knows of it."""

    position: int
    course: Course
    notify: bool
    name: str = ""
    confirmed: bool = False
    """Somebody wrote on the sheet that what looks odd about this row is meant."""
    attempts: int = 0
    reads: int = 0
    spent_seconds: float = 0.0
    """What its calls and its own waits have taken."""
    renewed: bool = False
    """Its last answer said that the access is not valid, and the access was renewed since."""
    is_lost: bool = False
    """A call of this run may have published it: its answer never came, or was no certain no."""
    looked_at: float = -math.inf
    """Boot time (s) of the newest look at the course in Zoho."""
    remark: str = ""
    """What a person should know beside the outcome: another name in Zoho than on the sheet."""
    said_published: str = ""
    """Zoho's sentence that it is published already, until reading the course makes sure."""
    last: Reply | None = None
    """The last answer that said something, though not what became of the course: what a person is shown in the end."""
    strained: bool = False
    """Zoho said "maximum limit exceeded" for it while another course had the same trouble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """The course must wait; it holds no worker meanwhile."""

    work: Work
    seconds: float


Step = RowResult | Later


@dataclass(slots=True)
class Hand:
    """What is in hand for a call: its slot and its access, None where neither is."""

    held: tuple[Slot, Access] | None = None
    is_first: bool = False
    """After a lock one call goes first: who looks before it does so alone, and sends right afterwards."""

    def take(self) -> tuple[Slot, Access]:
        """Take both out of the hand."""
        held, self.held = self.held, None
        if held is None:
            raise RuntimeError("nothing is in hand")
        return held


class Reason(StrEnum):
    """Why a course is read."""

    LOST = "lost"
    """A call of this run had no clear answer."""
    LOST_BEFORE = "lost_before"
    """A call of an earlier run had none."""
    VERIFY = "verify"
    """Before the first call: is it what the sheet says, and still a draft?"""
    CONFIRM = "confirm"
    """Zoho refused it as published already."""

    @property
    def is_lost(self) -> bool:
        """Tell whether the course may have been published by a call whose answer is not known."""
        return self in (Reason.LOST, Reason.LOST_BEFORE)


@dataclass(slots=True)
class Breakers:
    """Signs that the trouble is not one course's: three 403 in a row, 422 on two courses with no success between."""

    forbidden_in_a_row: int = 0
    limited_course: Course | None = None
    may_not_read: bool = False
    """Zoho said that the access lacks the scope for reading: no course is read any more in this run."""
    calls: int = 0
    unreached_in_a_row: int = 0
    """Calls that never reached Zoho since the last one that did."""
    first: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by who looks and then sends as the first one after a lock."""
    locks: LockWatch = field(default_factory=LockWatch)

    def note(self, course: Course, status: int | None, *, published: bool) -> None:
        """Count one definite answer."""
        self.forbidden_in_a_row = self.forbidden_in_a_row + 1 if status == 403 else 0  # noqa: PLR2004
        if published:
            self.limited_course = None
        elif status == 422 and self.limited_course is None:  # noqa: PLR2004
            self.limited_course = course

    def note_way(self, answer: answers.Answer) -> None:
        """Count whether a call reached Zoho."""
        self.unreached_in_a_row = self.unreached_in_a_row + 1 if isinstance(answer, answers.NotSent) else 0

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
    clock: Clock

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
                sent = work.attempts or work.course in self.rules.uncertain
                outcome = Outcome.UNKNOWN if sent else Outcome.NOT_ATTEMPTED
                await self._settle(work, None, outcome, f"Being published by run {run}.")
                return Later(work=work, seconds=min(seconds, self.limits.period / 30))
            case Refused(run=run, message=message, http_status=status, code=code):
                told = f"{message} Run {run} sent it."
                result = RowResult(
                    outcome=Outcome.REFUSED, message=told, attempts=work.attempts, http_status=status, code=code
                )
                await self.journal.settle(work.course, position=work.position, status=None, result=result)
                return result
            case Uncertain(seconds=seconds) if seconds > 0:
                return Later(work=work, seconds=seconds)
            case Uncertain(version=version, run=run):
                is_ours = work.is_lost and run == self._run
                return await self._find_out(work, version, Reason.LOST if is_ours else Reason.LOST_BEFORE)
            case Free(version=version) if work.course in self.rules.uncertain and work.attempts == 0:
                return await self._find_out(work, version, Reason.LOST_BEFORE)
            case Free(version=version) if work.said_published:
                return await self._find_out(work, version, Reason.CONFIRM)
            case Free(version=version, known=known) if self.rules.verifies(work, known=known):
                return await self._send(work, version, before="free", look=Reason.VERIFY)
            case Free(version=version):
                return await self._send(work, version, before="free")

    async def _settle(  # noqa: PLR0913 - an outcome and all that belongs to it
        self,
        work: Work,
        status: str | None,
        outcome: Outcome,
        message: str,
        *,
        verified: bool = False,
        version: int | None = None,
    ) -> RowResult:
        told = f"{message} {work.remark}".rstrip()
        last = work.last if outcome in (Outcome.FAILED, Outcome.UNKNOWN) else None
        result = RowResult(
            outcome=outcome,
            message=told,
            attempts=work.attempts,
            http_status=last.http_status if last else None,
            code=last.code if last else "",
            verified=verified,
        )
        await self.journal.settle(work.course, position=work.position, status=status, result=result, version=version)
        return result

    # Reading: what became of a call whose answer never came, or what is there before the first one.

    async def _look_first(self, work: Work, version: int, reason: Reason, hand: "Hand") -> Step:
        """Look although only one call may be under way: the place in hand goes back, for it is that one."""
        await self.gate.give_back(hand.take()[0])
        if hand.is_first:  # the look became old in line
            return Later(work=work, seconds=0)
        async with self.breakers.first:
            return await self._find_out(work, version, reason, Hand(is_first=True))

    async def _look_in_hand(self, work: Work, version: int, reason: Reason, hand: "Hand") -> Step:
        """Look while the place for the call is in hand; what is not sent leaves the place to the next in line."""
        try:
            return await self._find_out(work, version, reason, hand)
        finally:
            if hand.held is not None:
                await self.gate.hand_on(hand.take()[0])

    async def _find_out(self, work: Work, version: int, reason: Reason, hand: "Hand | None" = None) -> Step:
        hand = hand or Hand()
        if self.breakers.may_not_read:
            return await self._judge(work, version, reason, NOT_READ, hand)
        slot, access = await self._acquire("read")
        claimed = await self.journal.begin_reading(
            work.course, position=work.position, attempt=work.reads + 1, slot=slot
        )
        if isinstance(claimed, LostSlot):
            await self.gate.give_back(slot)
            return Later(work=work, seconds=0)
        started = self.clock.boot_seconds()
        reply = await self.api.read_state(work.course, access=access, may_send=lambda: self._may_send(claimed, access))
        if isinstance(reply.answer, answers.Withheld):
            await self._record(work, claimed, slot, AnswerNote(meaning="not sent"), Rest.UNUSED)
            return Later(work=work, seconds=0)
        work = self._spend(work, self.clock.boot_seconds() - started)
        self.breakers.note_way(reply.answer)
        log.debug("course.read", meaning=_name(reply.answer), http_status=reply.http_status, code=reply.code)
        match reply.answer:
            case answers.Throttled():
                return await self._locked(work, claimed, slot, reply, reply.answer, status=None)
            case answers.Expired():
                await self._record(work, claimed, slot, _note(reply), Rest.ANSWERED)
                return await self._renew(work, access)
            case answers.NotSent() | answers.Unclear():
                await self._record(work, claimed, slot, _note(reply), _rest(reply))
                again = replace(work, reads=work.reads + 1)
                if again.reads < self.rules.attempts and again.spent_seconds < self.rules.course_seconds:
                    return self._later(again, work.reads)
            case _:
                await self._record(work, claimed, slot, _note(reply), Rest.ANSWERED)
        if isinstance(reply.answer, answers.Denied):
            self._note_denied(reply)
        return await self._judge(work, version, reason, reply, hand)

    def _note_denied(self, reply: Reply) -> None:
        """Say once what it costs that courses cannot be read."""
        if not self.breakers.may_not_read:
            log.warning("read.denied", code=reply.code, needed="ZOHOPEOPLE.training.READ")
        self.breakers.may_not_read = True

    async def _judge(self, work: Work, version: int, reason: Reason, reply: Reply, hand: "Hand") -> Step:
        """Say what a look at the course means for what is to be known."""
        compared = "" if self.rules.names is NamesRule.IGNORE else work.name
        look = judge_look(work.course, compared, reply.answer, http_status=reply.http_status, code=reply.code)
        if look.remark and look.remark != work.remark:
            log.warning("course.name_differs", sheet_name=work.name, zoho_name=look.name)
        now = self.clock.boot_seconds()
        work = replace(work, looked_at=now, reads=0, remark=look.remark or work.remark)
        if reason is Reason.VERIFY:
            return await self._send_verified(work, version, look, hand)
        state = reply.answer.state if isinstance(reply.answer, answers.StateRead) else None
        if state is answers.CourseState.PUBLISHED:
            if reason is Reason.LOST:
                message = "Published: its answer was lost, and Zoho says it is published now."
                return await self._settle(work, "published", Outcome.PUBLISHED, message, verified=True)
            message = "Zoho says it is published already."
            return await self._settle(work, "published", Outcome.ALREADY_PUBLISHED, message, verified=True)
        if reason is Reason.CONFIRM:
            seen = "reading it does not confirm that" if state is None else f"reading it says {state.value}"
            message = f"{work.said_published} Yet {seen}. Look at it in Zoho."
            status = "draft" if state is answers.CourseState.DRAFT else "free"
            return await self._settle(work, status, Outcome.REFUSED, message, version=version)
        if state is not answers.CourseState.DRAFT and work.said_published:
            return await self._believe(work)
        if state is not answers.CourseState.DRAFT:
            return await self._send_blind(work, version, hand, uncertain=reason.is_lost, code=reply.code)
        if held := self._hold(work, look):
            unnamed = replace(work, remark="")
            return await self._settle(unnamed, "draft", Outcome.INVALID, held, verified=True, version=version)
        if not self.rules.may_try(work):
            message = f"Still a draft after {say_count(work.attempts, 'attempt')}.{_say_last(work)} Run it again later."
            return await self._settle(work, "draft", Outcome.FAILED, message, version=version)
        return await self._send(work, version, before="draft", look=reason, hand=hand)

    async def _believe(self, work: Work) -> Step:
        """Take Zoho's word for it: a call whose answer was lost explains why the course is published already."""
        outcome = Outcome.PUBLISHED if work.is_lost else Outcome.ALREADY_PUBLISHED
        message = f"{work.said_published} Its state cannot be read, but it was sent before, and that answer was lost."
        return await self._settle(work, "published", outcome, message)

    async def _send_verified(self, work: Work, version: int, look: Look, hand: "Hand") -> Step:
        """Send what can be published; what cannot be told is sent, as without verifying."""
        if look.finding is Finding.INVALID:
            return await self._settle(work, None, Outcome.INVALID, look.message, verified=True)
        if look.finding is Finding.ALREADY_PUBLISHED and not self.rules.publishes_again(work.course):
            return await self._settle(work, "published", Outcome.ALREADY_PUBLISHED, look.message, verified=True)
        if held := self._hold(work, look):
            return await self._settle(replace(work, remark=""), None, Outcome.INVALID, held, verified=True)
        before = "draft" if look.finding is Finding.TO_PUBLISH else "free"
        return await self._send(work, version, before=before, look=Reason.VERIFY, hand=hand)

    def _hold(self, work: Work, look: Look) -> str:
        """Say why a row whose name differs is not sent; "" where it may be."""
        if not look.remark or not self.rules.holds_names(mails=work.notify, confirmed=work.confirmed):
            return ""
        return hold_for_name(look.remark, mails=work.notify)

    async def _send_blind(self, work: Work, version: int, hand: "Hand", *, uncertain: bool, code: str) -> Step:
        """Go on although the course's state could not be read: never with mails on after a lost answer."""
        if uncertain and work.notify:
            message = (
                f"Sent before, its answer was lost, and its state cannot be read{f' ({code})' if code else ''}."
                f"{_say_last(work)} Look in Zoho: if it is still a draft, publish it there."
            )
            return await self._settle(work, "unclear", Outcome.UNKNOWN, message, version=version)
        if uncertain and not self.rules.may_try(work):
            message = (
                f"No clear answer in {say_count(work.attempts, 'attempt')}, and its state cannot be read."
                f"{_say_last(work)}"
            )
            return await self._settle(work, "unclear", Outcome.UNKNOWN, message, version=version)
        return await self._send(work, version, before="unclear" if uncertain else "free", hand=hand)

    # Sending: slot, claim, a last look, the call, the record.

    async def _send(
        self, work: Work, version: int, *, before: str, look: Reason | None = None, hand: "Hand | None" = None
    ) -> Step:
        """Send the course. Where a `look` is wanted it is of this moment: a place can take minutes, and a lock longer."""
        hand = hand or Hand()
        if hand.held is None:
            hand.held = await self._acquire("publish")
        if look is not None and self.clock.boot_seconds() - work.looked_at > self.limits.evidence:
            if hand.held is not None and hand.held[0].is_probe:
                return await self._look_first(work, version, look, hand)
            return await self._look_in_hand(work, version, look, hand)
        slot, access = hand.take()
        claimed = await self.journal.claim(
            work.course,
            position=work.position,
            attempt=work.attempts + 1,
            version=version,
            slot=slot,
            again=self.rules.publishes_again(work.course),
            evidence=before == "draft",
        )
        if isinstance(claimed, LostSlot):
            await self.gate.give_back(slot)
            return Later(work=work, seconds=0)
        if not isinstance(claimed, Claimed):
            await self.gate.hand_on(slot)
            return Later(work=work, seconds=0)
        started = self.clock.boot_seconds()
        reply = await self.api.publish(
            work.course, notify=work.notify, access=access, may_send=lambda: self._may_send(claimed, access)
        )
        if isinstance(reply.answer, answers.Withheld):
            work = self._spend(work, self.clock.boot_seconds() - started)
            result = self._back_in_line(work, before)
            await self._record(work, claimed, slot, AnswerNote(meaning="not sent"), Rest.UNUSED, before, result)
            return Later(work=work, seconds=0)
        work = self._spend(work, self.clock.boot_seconds() - started)
        self.breakers.note_way(reply.answer)
        return await self._weigh(work, claimed, slot, access, reply, before)

    async def _weigh(  # noqa: PLR0913 - an answer and all that belongs to it
        self, work: Work, claimed: Claimed, slot: Slot, access: Access, reply: Reply, before: str
    ) -> Step:
        """Say what the answer makes of the course. The log has it first, so that a full disk loses nothing."""
        if not isinstance(reply.answer, answers.Expired | answers.NotSent):
            work = replace(work, renewed=False)
        if not getattr(reply.answer, "certain", True):
            before = "unclear"  # an operator's word for a code: the course is read before it is sent again
            work = replace(work, is_lost=True)
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
            case answers.SaidPublished(message=message):
                said = f"Zoho says that it is published already ({reply.code}: {message})."
                result = self._result(sent, reply, Outcome.REFUSED, said)
                # After an attempt whose answer was lost it may well be that attempt which published it.
                status = "unclear" if before == "unclear" or work.attempts else "asking"
                await self._record(work, claimed, slot, _note(reply), Rest.ANSWERED, status, result)
                return Later(work=replace(sent, said_published=said), seconds=0)
            case answers.Refused() as refused:
                return await self._refused(sent, claimed, slot, reply, refused, before)
            case answers.Expired():
                result = self._back_in_line(work, before)
                await self._record(work, claimed, slot, _note(reply), Rest.ANSWERED, before, result)
                return await self._renew(work, access)
            case answers.Denied(message=message):
                result = self._back_in_line(work, before)
                await self._record(work, claimed, slot, _note(reply), Rest.ANSWERED, before, result)
                reason = f"Zoho denies access ({reply.code}: {message}). The token needs ZOHOPEOPLE.training.CREATE."
                self.gate.close(Stop(reason=reason, exit_code=ExitCode.ACCESS_REFUSED))
                return Later(work=work, seconds=0)
            case answers.NotSent(reason=reason):
                return await self._not_sent(sent, claimed, slot, reply, before, reason)
            case _:
                sent = sent if reply.http_status is None else replace(sent, last=reply)
                message = f"Sent, and {_say_unclear(sent, reply)} Its state is read before it is sent again."
                result = self._result(sent, reply, Outcome.UNKNOWN, message)
                await self._record(work, claimed, slot, _note(reply), _rest(reply), "unclear", result)
                lost = replace(sent, is_lost=True)
                return Later(work=self._spend(lost, self.limits.settle), seconds=self.limits.settle)

    async def _refused(  # noqa: PLR0913 - one answer and all that belongs to it
        self, work: Work, claimed: Claimed, slot: Slot, reply: Reply, refused: answers.Refused, before: str
    ) -> Step:
        if self.breakers.is_limit_shared(work.course, reply.http_status) and not work.strained:
            throttled = answers.Throttled(wait_seconds=None, cause=SHARED_LIMIT)
            waiting = replace(work, attempts=work.attempts - 1, strained=True)
            return await self._locked(waiting, claimed, slot, reply, throttled, status=before)
        self.breakers.note(work.course, reply.http_status, published=False)
        outcome, status = Outcome.REFUSED, "free" if refused.certain else "unclear"
        message = refused.message or f"Zoho refuses it ({refused.code})."
        if before == "unclear" and refused.certain:  # the no is about this call, and not about the lost one
            outcome, status = Outcome.UNKNOWN, "unclear"
            message = f"Sent before, and its answer was lost. Sent again, it was refused: {message} Look at it in Zoho."
        result = self._result(work, reply, outcome, message)
        await self._record(work, claimed, slot, _note(reply), Rest.ANSWERED, status, result)
        if self.breakers.forbidden_in_a_row >= 3:  # noqa: PLR2004 - "three 403 in a row", the design
            reason = "Zoho answered 403 three times in a row: this account may not publish."
            self.gate.close(Stop(reason=reason, exit_code=ExitCode.ACCESS_REFUSED))
        return result

    async def _not_sent(  # noqa: PLR0913 - as above
        self, work: Work, claimed: Claimed, slot: Slot, reply: Reply, before: str, reason: str
    ) -> Step:
        if not self.rules.may_try(work):
            message = f"Zoho could not be reached in {say_count(work.attempts, 'attempt')} ({reason})."
            result = self._result(work, reply, Outcome.UNKNOWN if before == "unclear" else Outcome.FAILED, message)
            await self._record(work, claimed, slot, _note(reply), Rest.UNUSED, before, result)
            if self.breakers.unreached_in_a_row >= work.attempts:  # else others were let through meanwhile
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
            work, claimed, slot, _note(reply), Rest.ANSWERED, status, result, lock=refusal_of(throttled)
        )
        if lock is not None:
            self.breakers.locks.hear(
                self.gate, slot.operation, lock, throttled, code=reply.code, longest=self.limits.max_lock
            )
        return Later(work=work, seconds=0)

    async def _renew(self, work: Work, access: Access) -> Step:
        try:
            if not work.renewed and await self.gate.unless_closed(self.api.renew(access)):
                return Later(work=replace(work, renewed=True), seconds=0)
            reason = "Zoho refuses the access it was given. Check the token or the cookie, and its data centre."
            self.gate.close(Stop(reason=reason, exit_code=ExitCode.ACCESS_REFUSED))
        except (AccessRefused, ServiceUnreachable) as error:
            self.gate.close(Stop(reason=str(error), exit_code=error.exit_code))
        return Later(work=work, seconds=0)

    async def _acquire(self, operation: str) -> tuple[Slot, Access]:
        """Have the access first, for that may take minutes; then a slot. What went stale in line is fetched again."""
        while True:
            try:
                access = await self.gate.unless_closed(self.api.get_access())
            except (AccessRefused, ServiceUnreachable) as error:
                self.gate.close(Stop(reason=str(error), exit_code=error.exit_code))
                raise GateClosed from error
            slot = await self.gate.acquire(operation)
            if access.is_valid(self.clock.now()):
                return slot, access
            await self.gate.hand_on(slot)

    # Small words.

    @property
    def _run(self) -> str:
        return self.journal.run

    def _later(self, work: Work, tries: int) -> Later:
        """Wait exponentially longer, with jitter."""
        longest = min(self.rules.max_backoff_seconds, self.rules.backoff_seconds * 2**tries)
        seconds = random.uniform(0.5, 1.0) * longest  # noqa: S311 - jitter, no secret
        return Later(work=self._spend(work, seconds), seconds=seconds)

    def _spend(self, work: Work, seconds: float) -> Work:
        return replace(work, spent_seconds=work.spent_seconds + seconds)

    def _may_send(self, claimed: Claimed, access: Access) -> bool:
        return access.is_valid(self.clock.now()) and may_call(self.gate, self.rules, self.breakers, claimed.send_before)

    def _back_in_line(self, work: Work, before: str) -> RowResult:
        if before == "unclear":
            message = "Sent before, and its answer was lost; it is not known whether it is published."
            return RowResult(outcome=Outcome.UNKNOWN, message=message, attempts=work.attempts)
        return RowResult(outcome=Outcome.NOT_ATTEMPTED, message=NOT_YET, attempts=work.attempts)

    def _result(self, work: Work, reply: Reply, outcome: Outcome, message: str) -> RowResult:
        return RowResult(
            outcome=outcome,
            message=f"{message} {work.remark}".rstrip(),
            attempts=work.attempts,
            http_status=reply.http_status,
            code=reply.code,
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
        lock: Refusal | None = None,
    ) -> Lock | None:
        through = note.meaning in PAST_THE_THROTTLE
        if through:
            self.breakers.locks.note_passed(slot.operation)
        told = await self.journal.record(
            work.course,
            position=work.position,
            call=claimed.call,
            slot=slot,
            note=note,
            rest=rest,
            status=status,
            result=result,
            through=through,
            lock=lock,
        )
        self.gate.notice_change(freed=rest is Rest.UNUSED)
        return told


def _name(answer: answers.Answer) -> str:
    return type(answer).__name__.lower()


def _say_unclear(work: Work, reply: Reply) -> str:
    if reply.http_status is None:
        return "the answer was lost."
    return f"the answer does not say what became of it.{_say_last(work)}"


def _say_last(work: Work) -> str:
    """Give the last answer that said something, as a sentence with a blank before it; "" where there was none."""
    if work.last is None:
        return ""
    told = work.last.answer.reason if isinstance(work.last.answer, answers.Unclear) else work.last.code
    if work.last.excerpt and told.endswith(answers.NOTHING_READABLE):
        told = f"{told.removesuffix(answers.NOTHING_READABLE)}: {work.last.excerpt[:EXCERPT_IN_SENTENCE]}"
    return f" {told.rstrip('.')}."


def _note(reply: Reply) -> AnswerNote:
    return AnswerNote(
        meaning=_name(reply.answer), http_status=reply.http_status, code=reply.code, excerpt=reply.excerpt
    )


def _rest(reply: Reply) -> Rest:
    if isinstance(reply.answer, answers.NotSent):
        return Rest.UNUSED
    return Rest.UNANSWERED if reply.http_status is None else Rest.ANSWERED


def may_call(gate: Gate, rules: Rules, breakers: Breakers, send_before: float) -> bool:
    """Take the last look before a call, and count it. The one that is too many closes the gate instead."""
    if not gate.may_send(send_before):
        return False
    most = rules.max_calls
    if most is not None and breakers.calls >= most:
        reason = f"The run has made {say_count(most, 'call')}, as many as --max-calls allows."
        gate.close(Stop(reason=reason, exit_code=ExitCode.STOPPED_EARLY))
        return False
    breakers.calls += 1
    return True
