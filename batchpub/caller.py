"""The one way to the service: access, slot, claim, a last look, the call, the record."""

import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from batchpub.clock import Clock
from batchpub.errors import AccessRefused, ServiceUnreachable
from batchpub.events import Events
from batchpub.lifecycle.verdict import ABOUT_THE_COURSE, Verdict
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
class Called:
    """A call that was claimed, with its answer. `seconds` is how long it took."""

    claim: Claim
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

    async def read(self, claim: Claim) -> Called | None:
        """Read a course; None where there is no claim, and the slot is somebody else's again."""
        hand = Hand()
        await self.fill(hand, Operation.READ)
        return await self._call(claim, hand, self.journal.begin_reading, partial(self.service.read_state, claim.course))

    async def publish(self, claim: Claim, hand: Hand, *, notify: bool) -> Called | None:
        """Publish a course with the slot and the access in hand; None as above."""
        send = partial(self.service.publish, claim.course, notify=notify)
        return await self._call(claim, hand, self.journal.claim, send)

    async def _call(
        self,
        claim: Claim,
        hand: Hand,
        begin: Callable[[Claim, Slot], Awaitable[Claimed | LostSlot | Standing]],
        send: Callable[..., Awaitable[Reply]],
    ) -> Called | None:
        slot, access = hand.take()
        claimed = await begin(claim, slot)
        if isinstance(claimed, LostSlot):
            await self.gate.give_back(slot)
            return None
        if not isinstance(claimed, Claimed):
            await self.gate.hand_on(slot)
            return None

        def may_send() -> bool:
            return access.is_valid(self.clock.now()) and self._may_call(claimed.send_before)

        started = self.clock.boot_seconds()
        reply = await send(access=access, may_send=may_send)
        seconds = self.clock.boot_seconds() - started
        return Called(claim=claim, call=claimed.call, slot=slot, access=access, reply=reply, seconds=seconds)

    def _may_call(self, send_before: float) -> bool:
        """Take the last look before a call, and count it. The one that is too many closes the gate instead."""
        if not self.gate.may_send(send_before):
            return False
        if self.max_calls is not None and self.calls >= self.max_calls:
            self.gate.close(Stop(reason=StopReason.CALLS_ARE_MADE, count=self.max_calls))
            return False
        self.calls += 1
        return True

    async def record(self, called: Called, verdict: Verdict[Any]) -> None:
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
            called.claim,
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
