"""What a throttle answer causes: pause all calls, log once, stop where waiting cannot help."""

import math
from dataclasses import dataclass, field
from datetime import timedelta

from batchpub.clock import Clock
from batchpub.events import Events
from batchpub.lifecycle.signs import SHARED_LIMIT
from batchpub.pace.gate import Gate
from batchpub.services.interface import Throttled
from batchpub.stopping import Stop, StopReason
from batchpub.store.ledger import Ledger
from batchpub.store.limits import GENTLE_SECONDS, Limits, Lock, Refusal


@dataclass(slots=True)
class LockWatch:
    """Judges one lock answer after the other: where no call gets through after the longest wait, more waiting is vain."""

    gate: Gate
    limits: Limits
    events: Events
    waited: dict[str, float] = field(default_factory=dict)
    """By operation: the seconds of the last lock, while no call of that kind was let through since."""

    def note_passed(self, operation: str) -> None:
        """Begin anew: a call was let through."""
        self.waited.pop(operation, None)

    def foresee(self, throttled: Throttled) -> None:
        """Hold every call from this instant on, before the lock is even written down."""
        stated = throttled.wait_seconds
        self.gate.notice_lock(self.limits.lock if stated is None else stated)

    def hear(self, operation: str, lock: Lock, throttled: Throttled, *, code: str) -> None:
        """Hold every call until the lock ends, tell it, and close the gate where there is no sense in waiting."""
        self.gate.notice_lock(lock.seconds)
        tell_lock(self.events, lock, throttled.cause, code)
        waited = self.waited.get(operation, 0.0) if lock.is_new else 0.0
        stop = why_not_wait(throttled, lock.seconds, waited=waited, longest=self.limits.max_lock)
        if stop is not None:
            self.gate.close(stop)
        if lock.is_new:
            self.waited[operation] = lock.seconds


def refusal_of(throttled: Throttled) -> Refusal:
    """Give what the ledger is told of a lock answer."""
    return Refusal(cause=throttled.cause, stated=throttled.wait_seconds, is_quota=throttled.quota)


def why_not_wait(throttled: Throttled, seconds: float, *, waited: float, longest: float) -> Stop | None:
    """Say why this lock is none to wait for; None where it is.

    `waited` is how long the run has waited for the lock before, which this one follows with no call let through between;
    `longest` is the longest lock that the operator lets a run wait for.
    """
    stated = throttled.wait_seconds
    if throttled.quota:
        return Stop(reason=StopReason.QUOTA_IS_USED, seconds=stated, said=throttled.cause)
    if stated is not None and stated > longest:
        return Stop(reason=StopReason.LONG_LOCK_STATED, seconds=stated, most=longest)
    if throttled.cause == SHARED_LIMIT and seconds >= longest:
        return Stop(reason=StopReason.LIMIT_IS_SHARED)
    if min(waited, seconds) >= longest:  # a shorter one begins anew: another run's call got through
        return Stop(reason=StopReason.LOCKED_AGAIN, seconds=waited)
    return None


def why_not_wait_on(seconds: float, *, longest: float, left: float) -> Stop | None:
    """Say why a lock that holds for `seconds` more is none to wait for: no call could start before the run's own end."""
    if seconds > longest:
        return Stop(reason=StopReason.LONG_LOCK_FOUND, seconds=seconds, most=longest)
    if seconds > left:
        return Stop(reason=StopReason.LOCK_OUTLASTS_RUN, seconds=seconds, most=left)
    return None


def tell_lock(events: Events, lock: Lock, cause: str, code: str) -> None:
    """Tell a lock that is new, with the time it ends, and that the pace becomes gentler."""
    ends_at = lock.ends_at.isoformat(timespec="seconds")
    if lock.is_new:
        events.warning("portal.locked", seconds=round(lock.seconds, 1), ends_at=ends_at, cause=cause, code=code)
    if lock.gentler is not None:
        events.warning(
            "portal.gentler", rate=lock.gentler.rate, burst=lock.gentler.burst, for_seconds=round(GENTLE_SECONDS)
        )


def open_gate(
    ledger: Ledger,
    *,
    clock: Clock,
    events: Events,
    deadline: float = math.inf,
) -> Gate:
    """Give a gate that tells of a lock it finds, and closes by itself where there is no sense in waiting.

    `deadline` is when the run ends by itself, in boot seconds.
    """
    limits = ledger.limits

    def tell_found(seconds: float) -> None:
        if seconds > limits.lock_margin:  # less is the tail of a lock that was told
            ends_at = (clock.now() + timedelta(seconds=seconds)).isoformat(timespec="seconds")
            events.warning("portal.lock_found", seconds=round(seconds, 1), ends_at=ends_at)

    def judge(seconds: float) -> None:
        left = deadline - clock.boot_seconds()
        # The longest wait that may be stated, as it was written down: with its margin.
        stop = why_not_wait_on(seconds, longest=limits.max_lock + limits.lock_margin, left=left)
        if stop is not None:
            gate.close(stop)

    gate = Gate(ledger, clock=clock, on_lock_wait=judge, on_lock_found=tell_found)
    return gate
