"""One course, one step on: decide, call, weigh, write down."""

import asyncio
import random
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

from batchpub.caller import Called, Caller, Hand
from batchpub.events import Events
from batchpub.lifecycle.moves import Move, Read, Send, Settle, Wait, next_move
from batchpub.lifecycle.reading import move_after_look, weigh_reading
from batchpub.lifecycle.signs import Signs
from batchpub.lifecycle.verdict import Ended, Heard, Later, Renewal, Verdict
from batchpub.lifecycle.weighing import weigh
from batchpub.lifecycle.work import Rules, Work
from batchpub.sentences.rows import in_words
from batchpub.services import interface as answers
from batchpub.services.interface import Operation, Reply
from batchpub.standing import CourseStatus, RowResult
from batchpub.store.asked import Claim

NOT_READ = Reply(answer=answers.Denied(code="no scope for reading", message=""), http_status=None)
"""Stands for the answers of readings that are not made because an earlier one was denied."""


@dataclass(slots=True, kw_only=True)
class Steps:
    """Takes courses one step on; shared by all workers of a run.

    A look at a course is good for `evidence_seconds`: no call goes out on an older one.
    """

    caller: Caller
    rules: Rules
    events: Events
    evidence_seconds: float
    signs: Signs = field(default_factory=Signs)
    _first: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by who looks and then sends as the first one after a lock."""

    async def take(self, work: Work) -> RowResult | Later:
        """Take the course one step on: an outcome, or when to look at it again.

        Raises:
            GateClosed: the run is stopping; the journal already says how the course stands.
            CannotWrite: the journal cannot be written.

        """
        journal = self.caller.journal
        standing = await journal.look(work.course, again=self.rules.publishes_again(work.course))
        move = next_move(standing, work, self.rules, run=journal.run)
        async with self.caller.empty_hand() as hand:
            return await self._follow(work, move, hand)

    async def _follow(self, work: Work, move: Move, hand: Hand) -> RowResult | Later:
        match move:
            case Settle():
                return await self._settle(work, move)
            case Wait():
                if move.meanwhile is not None:
                    await self._settle(work, Settle(result=move.meanwhile))
                return Later(work=work, seconds=move.seconds)
            case Read():
                return await self._read(work, move, hand)
            case Send():
                return await self._send(work, move, hand)
            case _ as unreachable:
                assert_never(unreachable)

    async def _settle(self, work: Work, move: Settle) -> RowResult:
        result = in_words(move.result)
        await self.caller.journal.settle(
            work.course,
            position=work.position,
            status=move.status,
            result=result,
            version=move.version,
        )
        return result

    # Reading.

    async def _read(self, work: Work, read: Read, hand: Hand) -> RowResult | Later:
        asked = await self.ask(work)
        if isinstance(asked, Later):
            return asked
        work, reply = asked
        seen = work.other_name
        work, move = move_after_look(work, reply, self.rules, read=read, now=self.caller.clock.boot_seconds())
        if work.other_name != seen and isinstance(reply.answer, answers.StateRead):
            self.events.warning("course.name_differs", sheet_name=work.name, zoho_name=reply.answer.name)
        return await self._follow(work, move, hand)

    async def ask(self, work: Work) -> tuple[Work, Reply] | Later:
        """Read a course once; give the answer, or when to read it again.

        Raises:
            GateClosed: the run is stopping.

        """
        if self.signs.may_not_read:
            return work, NOT_READ
        claim = Claim(course=work.course, position=work.position, attempt=work.reads + 1)
        called = await self.caller.read(claim)
        if called is None:
            return Later(work=work)
        verdict = weigh_reading(work.spend(called.seconds), called.reply, self.signs, self.rules)
        await self._conclude(called, verdict)
        match verdict.then:
            case Heard(work=work):
                return work, called.reply
            case Renewal() | Later():
                return await self._go_on(called, verdict.then)
            case _ as unreachable:
                assert_never(unreachable)

    # Sending.

    async def _send(self, work: Work, send: Send, hand: Hand) -> RowResult | Later:
        await self.caller.fill(hand, Operation.PUBLISH)
        if send.look is not None and self.caller.clock.boot_seconds() - work.looked_at > self.evidence_seconds:
            read = Read(version=send.version, why=send.look)
            return await (self._go_first(work, read, hand) if hand.is_probe else self._read(work, read, hand))
        claim = Claim(
            course=work.course,
            position=work.position,
            attempt=work.attempts + 1,
            version=send.version,
            again=self.rules.publishes_again(work.course),
            evidence=send.before is CourseStatus.DRAFT,
        )
        called = await self.caller.publish(claim, hand, notify=work.notify)
        if called is None:
            return Later(work=work)
        verdict = weigh(send, work.spend(called.seconds), called.reply, self.signs, self.rules)
        await self._conclude(called, verdict)
        match verdict.then:
            case Ended(result=result):
                return in_words(result)
            case Renewal() | Later():
                return await self._go_on(called, verdict.then)
            case _ as unreachable:
                assert_never(unreachable)

    async def _go_first(self, work: Work, read: Read, hand: Hand) -> RowResult | Later:
        """Look although only one call may be under way after a lock: the slot in hand is that one, and goes back."""
        await self.caller.drop(hand)
        if hand.goes_first:  # the look became old in line
            return Later(work=work)
        hand.goes_first = True
        async with self._first:
            return await self._read(work, read, hand)

    # Both.

    async def _conclude(self, called: Called, verdict: Verdict[Any]) -> None:
        """Tell an answer, then write it down: where the disk is full, the log has it all the same."""
        meaning, status, code = verdict.note.meaning, called.reply.http_status, called.reply.code
        duration = round(called.seconds * 1e9)  # ECS's event.duration is in nanoseconds
        if isinstance(called.reply.answer, answers.Withheld):
            pass  # no call was made
        elif called.slot.operation == Operation.READ:
            self.events.debug("course.read", meaning=meaning, http_status=status, code=code, duration=duration)
        else:
            self.events.info("call.answered", meaning=meaning, http_status=status, code=code, duration=duration)
        if verdict.signs.may_not_read and not self.signs.may_not_read:
            self.events.warning("read.denied", code=code, needed="ZOHOPEOPLE.training.READ")
        self.signs = verdict.signs
        await self.caller.record(called, verdict)

    async def _go_on(self, called: Called, then: Renewal | Later) -> Later:
        """Renew the access, or give a back-off its jitter and let the course pay for it."""
        if isinstance(then, Renewal):
            renewed = await self.caller.renew(called.access, again=then.work.renewed)
            return Later(work=replace(then.work, renewed=True) if renewed else then.work)
        if not then.backoff:
            return then
        seconds = random.uniform(0.5, 1.0) * then.backoff  # noqa: S311 - jitter, no secret
        return replace(then, work=then.work.spend(seconds), seconds=seconds)
