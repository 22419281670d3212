"""How far a run is, told as events: to the log now and then, and every second where somebody watches."""

import contextlib
from dataclasses import replace

from batchpub.engine.outcomes import Outcomes
from batchpub.engine.worklist import Worklist
from batchpub.errors import CannotWrite
from batchpub.events import Events
from batchpub.pace.estimate import estimate_seconds
from batchpub.pace.gate import Gate
from batchpub.services.interface import Operation
from batchpub.store.ledger import Ledger
from batchpub.store.limits import Outlook

LOOK_EVERY = 1.0
"""Seconds between two looks into the state while somebody watches."""


class Progress:
    """Knows what the gate and the state say of the calls to come."""

    def __init__(self, *, outcomes: Outcomes, gate: Gate, ledger: Ledger, events: Events) -> None:
        """Begin with no look into the state."""
        self._outcomes = outcomes
        self._gate = gate
        self._ledger = ledger
        self._events = events

    async def beat(self, worklist: Worklist, *, every: float, watched: bool) -> None:
        """Tell how far the run is, until cancelled: every so many seconds, and as a detail meanwhile where it is `watched`."""
        waited, step = 0.0, min(every, LOOK_EVERY) if watched else every
        while True:
            await self._ledger.clock.sleep(step)
            waited += step
            say = self._events.info if waited >= every else self._events.debug
            waited %= every
            with contextlib.suppress(CannotWrite):  # the next call says so, and that ends the run in order
                outlook = await self._look()
                calls_left = max(0, outlook.pace.rate - len(outlook.taken))
                done, total = self._outcomes.done, self._outcomes.total
                eta = estimate_seconds(total - done, self._ledger.limits, outlook)
                say(
                    "run.progress",
                    done=done,
                    total=total,
                    open=worklist.open,
                    eta_seconds=round(max(worklist.settling_seconds(), eta)),
                    lock_seconds=round(outlook.lock_seconds),
                    calls_left=calls_left,
                    waiting=_say_wait(worklist, outlook, calls_left),
                )

    async def _look(self) -> Outlook:
        """Join what the state knows of places with what the gate knows at this instant of the lock."""
        seen, limits = await self._ledger.look_ahead(Operation.PUBLISH), self._ledger.limits
        # A place whose call is in flight is held for long, but comes back a rest after its answer.
        return replace(self._gate.outlook(), taken=tuple(min(wait, limits.rest) for wait in seen.taken))


def _say_wait(worklist: Worklist, outlook: Outlook, calls_left: int) -> str:
    """Say why nothing is sent just now: a lock, all places are taken, or a lost call may still arrive; "" where it is."""
    if worklist.open == 0:
        return ""
    if outlook.lock_seconds > 0:
        return "lock"
    if worklist.is_idle:
        return "settle"
    return "" if calls_left else "minute"
