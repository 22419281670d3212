"""The gate: one queue per operation, a slot first, then the limiter; only the head of the queue waits at it.

The slots (in the state) are the proof that the service never sees too many calls; aiolimiter gives the shape. In that
order: whoever pays the limiter first and then waits for a lock would be let go together with everybody else.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from aiolimiter import AsyncLimiter

from batchpub.clock import Clock
from batchpub.stopping import Stop
from batchpub.store.ledger import Ledger
from batchpub.store.limits import NoSlotYet, Outlook, Slot

T = TypeVar("T")

ROUNDING = 1e-9
"""aiolimiter's bucket can be left with a rounding residue that no timer ever drains; this much more room cures it."""

TICK = 0.001
"""Seconds; no wait is shorter, or the rounding of two clocks could make the head look again without end."""


class GateClosed(Exception):
    """No further call may start in this run."""


class _Head:
    """Who waits first in one queue. Each head has its own events, so clearing one loses no wake-up."""

    def __init__(self, operation: str) -> None:
        self.operation = operation
        self.changed = asyncio.Event()
        self.freed = asyncio.Event()


class Gate:
    """Lets one call after the other through, as fast as slots, shape and lock permit, until it is closed."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        clock: Clock,
        on_lock_wait: Callable[[float], None] | None = None,
        on_lock_found: Callable[[float], None] | None = None,
    ) -> None:
        """Guard one ledger.

        `on_lock_wait` hears the seconds whenever the head of a queue begins to wait for a lock; `on_lock_found` before
        it, when the lock is another run's.
        """
        self._ledger = ledger
        self._clock = clock
        self._on_lock_wait = on_lock_wait
        self._on_lock_found = on_lock_found
        self._queues: dict[str, asyncio.Lock] = {}
        self._heads: set[_Head] = set()
        self._waiting: Counter[str] = Counter()
        self._spare: dict[str, list[Slot]] = {}
        self._limiters: dict[tuple[str, int, int], AsyncLimiter] = {}
        self._unspent: Counter[tuple[str, int, int]] = Counter()
        """Permits taken for calls never made; reused first, since AsyncLimiter cannot take one back."""
        self._shut = asyncio.Event()
        self._locked_until = 0.0
        self._waits_until = 0.0
        self._pace = ledger.limits.pace
        self.stop: Stop | None = None

    def close(self, stop: Stop) -> None:
        """Close for good: waiters wake at once, also in a lock. The first reason stays."""
        if self.stop is None:
            self.stop = stop
        self._shut.set()
        self.notice_change(freed=True)

    async def wait_closed(self) -> None:
        """Return when the gate is closed."""
        await self._shut.wait()

    async def unless_closed(self, wait: Coroutine[Any, Any, T]) -> T:
        """Await what may be given up at any moment, such as a token. Raises GateClosed as soon as the run is stopping."""
        waiting = asyncio.ensure_future(wait)
        shut = asyncio.ensure_future(self._shut.wait())
        try:
            await asyncio.wait({waiting, shut}, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                return waiting.result()
            raise GateClosed
        finally:
            waiting.cancel()
            shut.cancel()
            await asyncio.wait({waiting, shut})

    def notice_lock(self, seconds: float) -> None:
        """Hold every further call from this instant on, before the lock is even written down."""
        self._locked_until = max(self._locked_until, self._clock.boot_seconds() + seconds)

    def notice_change(self, *, freed: bool = False) -> None:
        """Look again: a slot came back. `freed`: it needs no rest, and may be better than one that opens later."""
        for head in self._heads:
            head.changed.set()
            if freed:
                head.freed.set()

    def may_send(self, send_before: float) -> bool:
        """Say, at the last moment, whether the claim still holds and neither a lock nor a stop came in between."""
        now = self._clock.boot_seconds()
        return self.stop is None and now < send_before and now >= self._locked_until

    def outlook(self) -> Outlook:
        """Say what further calls must expect, as far as this gate knows without asking the state."""
        now = self._clock.boot_seconds()
        wait = max(0.0, self._waits_until - now)
        return Outlook(
            pace=self._pace, lock_seconds=max(0.0, self._locked_until - now), taken=(wait,) * self._pace.rate
        )

    async def acquire(self, operation: str) -> Slot:
        """Wait in line and take a slot.

        Raises:
            GateClosed: the run is stopping.

        """
        self._waiting[operation] += 1
        try:
            async with self._queues.setdefault(operation, asyncio.Lock()):
                head = _Head(operation)
                self._heads.add(head)
                try:
                    return await self._pass(operation, head)
                finally:
                    self._heads.discard(head)
        finally:
            self._waiting[operation] -= 1
            if not self._waiting[operation]:
                await self._drop_spare(operation)

    async def hand_on(self, slot: Slot) -> None:
        """Leave a slot that was not used to whoever is next in line; where nobody waits it is given back."""
        if self.stop is not None or slot.is_probe or slot.spaced is not None or not self._waiting[slot.operation]:
            await self.give_back(slot)
            return
        self._unspent[_shape_of(slot)] += 1
        self._spare.setdefault(slot.operation, []).append(slot)
        for head in self._heads:
            if head.operation == slot.operation:
                head.changed.set()
                head.freed.set()

    async def _drop_spare(self, operation: str) -> None:
        for slot in self._spare.pop(operation, ()):
            await self._return(slot)

    async def give_back(self, slot: Slot) -> None:
        """Give back a slot that was not used, also when the caller is being cancelled."""
        self._unspent[_shape_of(slot)] += 1
        await self._return(slot)

    async def _return(self, slot: Slot) -> None:
        await asyncio.shield(self._ledger.give_back(slot))
        self.notice_change(freed=True)

    async def _pass(self, operation: str, head: _Head) -> Slot:
        while True:
            slot = await self._take_slot(operation, head)
            try:
                await self._take_shape(slot)
                if self.stop is None and self._clock.boot_seconds() >= self._locked_until:
                    return slot
            except BaseException:
                await self._return(slot)
                raise
            await self.give_back(slot)

    async def _take_slot(self, operation: str, head: _Head) -> Slot:
        held: Slot | None = None
        while True:
            if self.stop is not None:
                if held is not None:
                    await self._return(held)
                raise GateClosed
            head.changed.clear()
            head.freed.clear()
            here = self._locked_until - self._clock.boot_seconds()
            if here > 0:
                await self._drop_spare(operation)  # from before the lock: no call may go out with it
                if held is not None:
                    gone, held = held, None
                    await self._return(gone)
                found: Slot | NoSlotYet = NoSlotYet(seconds=here, locked=True)
            elif self._spare.get(operation):
                found, held = self._exchange(operation, held), None
            else:
                found, held = await self._ask_ledger(operation, held), None
            if isinstance(found, NoSlotYet):
                if found.locked:
                    self._hear_lock(found.seconds, is_ours=here > 0)
                self._waits_until = self._clock.boot_seconds() + found.seconds
                await _wait(head.changed, found.seconds)
                continue
            self._pace = found.pace
            if await self._opens(found, head):
                return found
            held = found

    def _exchange(self, operation: str, held: Slot | None) -> Slot:
        """Give the spare slot that opens first, and keep the one held, if any, for the next in line."""
        spare = self._spare[operation]
        if held is not None:
            spare.append(held)
        first = min(spare, key=lambda slot: slot.opens_at)
        spare.remove(first)
        return first

    async def _ask_ledger(self, operation: str, held: Slot | None) -> Slot | NoSlotYet:
        """Ask to the end, also when cancelled meanwhile: else a slot would be taken that nobody knows of."""
        asking = asyncio.ensure_future(self._ledger.take_slot(operation, instead_of=held))
        try:
            return await asyncio.shield(asking)
        except BaseException:
            found = await asking
            if isinstance(found, Slot):
                await self._return(found)
            raise

    async def _opens(self, slot: Slot, head: _Head) -> bool:
        """Wait until a slot opens; False when another may be better by now, or none is wanted any more."""
        self._waits_until = max(self._waits_until, slot.opens_at)
        try:
            while (left := slot.opens_at - self._clock.boot_seconds()) > 0:
                await _wait(head.freed, left)
                if head.freed.is_set():
                    return False
        except BaseException:
            await self._return(slot)
            raise
        return True

    def _hear_lock(self, seconds: float, *, is_ours: bool) -> None:
        if not is_ours:
            self.notice_lock(seconds)
            if self._on_lock_found:
                self._on_lock_found(seconds)
        if self._on_lock_wait:
            self._on_lock_wait(seconds)

    async def _take_shape(self, slot: Slot) -> None:
        pace, key = slot.pace, _shape_of(slot)
        if self._unspent[key]:
            self._unspent[key] -= 1
            return
        if key not in self._limiters:
            period = self._ledger.limits.period
            self._limiters[key] = AsyncLimiter(pace.burst + ROUNDING, pace.burst * period / pace.rate)
        if self._limiters[key].has_capacity():
            await self._limiters[key].acquire()
            return
        paid = asyncio.ensure_future(self._limiters[key].acquire())
        shut = asyncio.ensure_future(self._shut.wait())
        try:
            await asyncio.wait({paid, shut}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            paid.cancel()
            shut.cancel()


def _shape_of(slot: Slot) -> tuple[str, int, int]:
    return "any" if slot.pace.shared else slot.operation, slot.pace.burst, slot.pace.rate


async def _wait(changed: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(max(seconds, TICK)):
            await changed.wait()
