"""The one way to the service: access, slot, claim, a last look, the call, the record."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from batchpub.clock import Clock
from batchpub.errors import AccessRefused, ServiceUnreachable
from batchpub.events import Events
from batchpub.lifecycle.verdict import ABOUT_THE_COURSE, Verdict
from batchpub.lifecycle.work import Work
from batchpub.pace.gate import Gate, GateClosed
from batchpub.pace.lock import LockWatch, open_gate, refusal_of
from batchpub.sentences.rows import in_words
from batchpub.services.interface import Access, Operation, Reply, Service
from batchpub.standing import Claimed, LostSlot, Rest, Standing
from batchpub.stopping import Stop, StopReason, stop_for
from batchpub.store.asked import Answered, Claim
from batchpub.store.journal import Journal
from batchpub.store.limits import Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call that somebody wants to make.

    `number` counts the calls of its kind for this course. For publishing: `version` is what the course must still have,
    `again` looks past what earlier runs published, `evidence` tells that it was just seen to be a draft.
    """

    operation: Operation
    work: Work
    number: int
    version: int = 0
    again: bool = False
    evidence: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A call that was claimed, with its answer. `seconds` is how long it took."""

    attempt: Attempt
    call: int
    slot: Slot
    access: Access
    reply: Reply
    seconds: float


@dataclass(slots=True)
class Hand:
    """What is in hand for a call: a slot and the access, or nothing."""

    held: tuple[Slot, Access] | None = None
    goes_first: bool = False
    """After a lock one call goes first: whoever looks before it does so alone, and sends right afterwards."""

    @property
    def is_probe(self) -> bool:
        """Tell whether the slot is that of the one call that goes first after a lock."""
        return self.held is not None and self.held[0].is_probe

    def take(self) -> tuple[Slot, Access]:
        """Take both out of the hand."""
        held, self.held = self.held, None
        if held is None:
            raise RuntimeError("nothing is in hand")
        return held


@dataclass(slots=True, kw_only=True)
class Caller:
    """Makes one call after the other; shared by all workers."""

    service: Service
    gate: Gate
    journal: Journal
    clock: Clock
    locks: LockWatch
    max_calls: int | None = None
    calls: int = field(default=0, init=False)

    @asynccontextmanager
    async def empty_hand(self) -> AsyncIterator[Hand]:
        """Give a hand whose slot, if it still holds one at the end, is left to the next in line."""
        hand = Hand()
        try:
            yield hand
        finally:
            if hand.held is not None:
                await self.gate.hand_on(hand.take()[0])

    async def fill(self, hand: Hand, operation: Operation) -> None:
        """Have the access first, for that may take minutes; then a slot. What went stale in line is fetched again.

        Raises:
            GateClosed: the run is stopping, or there is no access to be had.

        """
        while hand.held is None:
            try:
                access = await self.gate.unless_closed(self.service.get_access())
            except (AccessRefused, ServiceUnreachable) as error:
                self.gate.close(stop_for(error))
                raise GateClosed from error
            slot = await self.gate.acquire(operation)
            if access.is_valid(self.clock.now()):
                hand.held = slot, access
            else:
                await self.gate.hand_on(slot)

    async def drop(self, hand: Hand) -> None:
        """Give back the slot in hand."""
        await self.gate.give_back(hand.take()[0])

    async def call(self, attempt: Attempt, hand: Hand) -> Called | None:
        """Claim the call and make it; None where the claim is lost, and the slot is somebody else's again."""
        await self.fill(hand, attempt.operation)
        slot, access = hand.take()
        claimed = await self._claim(attempt, slot)
        if isinstance(claimed, LostSlot):
            await self.gate.give_back(slot)
            return None
        if not isinstance(claimed, Claimed):
            await self.gate.hand_on(slot)
            return None
        started = self.clock.boot_seconds()
        reply = await self._send(attempt, access, claimed)
        seconds = self.clock.boot_seconds() - started
        return Called(attempt=attempt, call=claimed.call, slot=slot, access=access, reply=reply, seconds=seconds)

    async def _claim(self, attempt: Attempt, slot: Slot) -> Claimed | LostSlot | Standing:
        claim = _claim_of(attempt)
        if attempt.operation is Operation.READ:
            return await self.journal.begin_reading(claim, slot)
        return await self.journal.claim(claim, slot)

    async def _send(self, attempt: Attempt, access: Access, claimed: Claimed) -> Reply:
        def may_send() -> bool:
            return access.is_valid(self.clock.now()) and self._may_call(claimed.send_before)

        work = attempt.work
        if attempt.operation is Operation.READ:
            return await self.service.read_state(work.course, access=access, may_send=may_send)
        return await self.service.publish(work.course, notify=work.notify, access=access, may_send=may_send)

    def _may_call(self, send_before: float) -> bool:
        """Take the last look before a call, and count it. The one that is too many closes the gate instead."""
        if not self.gate.may_send(send_before):
            return False
        if self.max_calls is not None and self.calls >= self.max_calls:
            self.gate.close(Stop(reason=StopReason.CALLS_ARE_MADE, count=self.max_calls))
            return False
        self.calls += 1
        return True

    async def record(self, called: Called, verdict: Verdict) -> None:
        """Write down what a call came to, in one transaction. All others hear a lock, or an end, before anything is awaited."""
        operation = called.slot.operation
        through = called.reply.answer.meaning in ABOUT_THE_COURSE
        if verdict.lock is not None:
            self.locks.foresee(verdict.lock)
        if verdict.stop is not None:
            self.gate.close(verdict.stop)
        if through:
            self.locks.note_passed(operation)
        lock = await self.journal.record(
            _claim_of(called.attempt),
            Answered(
                call=called.call,
                slot=called.slot,
                note=verdict.note,
                rest=verdict.rest,
                status=verdict.status,
                result=in_words(verdict.result) if verdict.result else None,
                through=through,
                lock=refusal_of(verdict.lock) if verdict.lock else None,
            ),
        )
        self.gate.notice_change(freed=verdict.rest is Rest.UNUSED)
        if lock is not None and verdict.lock is not None:
            self.locks.hear(operation, lock, verdict.lock, code=called.reply.code)

    async def renew(self, access: Access, *, again: bool) -> bool:
        """Renew an access that was answered as expired; where that is vain, or was so just now, end the run."""
        try:
            if not again and await self.gate.unless_closed(self.service.renew(access)):
                return True
            self.gate.close(Stop(reason=StopReason.ACCESS_IS_INVALID, said=access.hint))
        except (AccessRefused, ServiceUnreachable) as error:
            self.gate.close(stop_for(error))
        return False


def open_caller(
    service: Service, journal: Journal, *, events: Events, max_calls: int | None, deadline: float = math.inf
) -> Caller:
    """Make the way to a service, from the gate on. `deadline` is when the run ends by itself, in boot seconds."""
    ledger = journal.ledger
    gate = open_gate(ledger, clock=ledger.clock, events=events, deadline=deadline)
    return Caller(
        service=service,
        gate=gate,
        journal=journal,
        clock=ledger.clock,
        locks=LockWatch(gate=gate, limits=ledger.limits, events=events),
        max_calls=max_calls,
    )


def _claim_of(attempt: Attempt) -> Claim:
    return Claim(
        course=attempt.work.course,
        position=attempt.work.position,
        attempt=attempt.number,
        version=attempt.version,
        again=attempt.again,
        evidence=attempt.evidence,
    )
