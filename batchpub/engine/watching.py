"""How far a run is: for the progress bar, the heartbeat and whoever watches."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from batchpub.clock import Clock
from batchpub.engine.worklist import Worklist
from batchpub.errors import CannotWrite
from batchpub.events import Events
from batchpub.pace import Gate, estimate_seconds
from batchpub.services.interface import Operation
from batchpub.store import Ledger, Outlook

LOOK_EVERY = 1.0
"""Seconds between two looks at what a watcher is told of the state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """How far the run is, for whoever watches."""

    done: int
    total: int
    eta_seconds: float
    lock_seconds: float
    calls_left: int
    waiting: str = ""
    """Why nothing is sent just now: `lock`, `minute` (all places are taken), `settle` (a lost call may still arrive)."""


class Watching:
    """Knows what the gate and the state say of the calls to come, and tells it to the watchers."""

    def __init__(self, *, total: int, gate: Gate, ledger: Ledger, clock: Clock, events: Events) -> None:
        """Begin with no row done and nobody watching."""
        self._total = total
        self._gate = gate
        self._ledger = ledger
        self._clock = clock
        self._events = events
        self._seen: Outlook | None = None
        self._seen_at = 0.0
        self._watchers: list[Callable[[Snapshot], None]] = []
        self._worklist: Worklist | None = None
        self.done = 0

    def follow(self, worklist: Worklist) -> None:
        """Look at what is left, too: courses that wait by themselves take time as well."""
        self._worklist = worklist

    def add(self, watcher: Callable[[Snapshot], None]) -> None:
        """Tell a watcher after every outcome and wait."""
        self._watchers.append(watcher)

    def tell(self) -> None:
        """Tell all watchers."""
        for watcher in self._watchers:
            watcher(self.snapshot())

    def snapshot(self) -> Snapshot:
        """Say how far the run is."""
        outlook = self._outlook(self._gate.outlook())
        calls_left = max(0, outlook.pace.rate - len(outlook.taken))
        settling = self._worklist.settling_seconds() if self._worklist else 0.0
        return Snapshot(
            done=self.done,
            total=self._total,
            eta_seconds=max(settling, estimate_seconds(self._total - self.done, self._ledger.limits, outlook)),
            lock_seconds=outlook.lock_seconds,
            calls_left=calls_left,
            waiting=self._say_wait(outlook, calls_left),
        )

    def _say_wait(self, outlook: Outlook, calls_left: int) -> str:
        if self.done >= self._total:
            return ""
        if outlook.lock_seconds > 0:
            return "lock"
        if self._worklist is not None and self._worklist.is_idle:
            return "settle"
        return "" if calls_left else "minute"

    def _outlook(self, here: Outlook) -> Outlook:
        """Add to what the gate knows at this instant when places come back, as of the last look into the state."""
        if self._seen is None:
            return here
        age, rest = self._clock.boot_seconds() - self._seen_at, self._ledger.limits.rest
        # A place whose call is in flight is held for long, but comes back a rest after its answer.
        taken = (min(wait, rest) - age for wait in self._seen.taken)
        return replace(here, taken=tuple(wait for wait in taken if wait > 0))

    async def _look(self) -> None:
        with contextlib.suppress(CannotWrite):  # the next call says so, and that ends the run in order
            self._seen = await self._ledger.look_ahead(Operation.PUBLISH)
            self._seen_at = self._clock.boot_seconds()

    async def keep_looking(self) -> None:
        """Look into the state once a second while anybody watches."""
        while self._watchers:
            await self._look()
            await self._clock.sleep(LOOK_EVERY)

    async def beat(self, every: float, worklist: Worklist) -> None:
        """Tell how far the run is, every so many seconds, until cancelled."""
        while True:
            await self._clock.sleep(every)
            await self._look()
            now = self.snapshot()
            self._events.info(
                "run.progress",
                done=now.done,
                total=now.total,
                open=worklist.open,
                eta_seconds=round(now.eta_seconds),
                lock_seconds=round(now.lock_seconds),
                waiting=now.waiting,
            )
