"""The gate: one queue per operation, a slot first, then the limiter; only the head of the queue waits at it.

The slots (in the state) are the proof that the service never sees too many calls; aiolimiter gives the shape. In that
order: whoever pays the limiter first and then waits for a lock would be let go together with everybody else.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from aiolimiter import AsyncLimiter

from batchpub.clock import Clock
from batchpub.errors import ExitCode
from batchpub.state import Ledger, Slot, Wait

T = TypeVar("T")

ROUNDING = 1e-9
"""aiolimiter's bucket can be left with a rounding residue that no timer ever drains; this much more room cures it."""

TICK = 0.001
"""Seconds; no wait is shorter, or the rounding of two clocks could make the head look again without end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Why the gate is closed for good: the sentence for people and the exit code it asks for."""

    reason: str
    exit_code: ExitCode


class GateClosed(Exception):
    """No further call may start in this run."""


class Gate:
    """Lets one call after the other through, as fast as slots, shape and lock permit, until it is closed."""

    def __init__(self, ledger: Ledger, *, clock: Clock, on_lock_wait: Callable[[float], None] | None = None) -> None:
        """Guard one ledger. `on_lock_wait` hears the seconds whenever the head begins to wait for a lock."""
        self._ledger = ledger
        self._clock = clock
        self._on_lock_wait = on_lock_wait
        self._queues: dict[str, asyncio.Lock] = {}
        self._limiters: dict[tuple[str, int, int], AsyncLimiter] = {}
        self._changed = asyncio.Event()
        self._shut = asyncio.Event()
        self._locked_until = 0.0
        self.stop: Stop | None = None

    def close(self, stop: Stop) -> None:
        """Close for good: waiters wake at once, also in a lock. The first reason stays."""
        if self.stop is None:
            self.stop = stop
        self._shut.set()
        self._changed.set()

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

    def notice_change(self) -> None:
        """Look again: a slot came back."""
        self._changed.set()

    def may_send(self, send_before: float) -> bool:
        """Say, at the last moment, whether the claim still holds and neither a lock nor a stop came in between."""
        now = self._clock.boot_seconds()
        return self.stop is None and now < send_before and now >= self._locked_until

    async def acquire(self, operation: str) -> Slot:
        """Wait in line and take a slot.

        Raises:
            GateClosed: the run is stopping.

        """
        async with self._queues.setdefault(operation, asyncio.Lock()):
            while True:
                slot = await self._take_slot(operation)
                try:
                    await self._take_shape(slot)
                    if self.stop is None and self._clock.boot_seconds() >= self._locked_until:
                        return slot
                except BaseException:
                    await asyncio.shield(self._ledger.give_back(slot))
                    raise
                await self._ledger.give_back(slot)

    async def _take_slot(self, operation: str) -> Slot:
        while True:
            if self.stop is not None:
                raise GateClosed
            self._changed.clear()
            here = self._locked_until - self._clock.boot_seconds()
            found = Wait(seconds=here, locked=True) if here > 0 else await self._ledger.take_slot(operation)
            if isinstance(found, Slot):
                return found
            if found.locked and self._on_lock_wait:
                self._on_lock_wait(found.seconds)
            await self._wait(found.seconds)

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, TICK)):
                await self._changed.wait()

    async def _take_shape(self, slot: Slot) -> None:
        pace = slot.pace
        key = ("publish" if pace.shared else slot.operation, pace.burst, pace.rate)
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

    async def give_back(self, slot: Slot) -> None:
        """Give back a slot that was not used."""
        await self._ledger.give_back(slot)
        self._changed.set()
