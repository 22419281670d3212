"""What a portal allows, and how much less of it after locks that cannot be explained. Plain values; no state."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from batchpub.standing import Rest

GENTLE_SECONDS = 86_400.0
"""How long a portal is treated gently after a lock that came although we kept to the limit."""

LONGEST_STATED = 86_400.0
"""Seconds; a daily quota is the longest thing to wait for. A number above it is a date, or nonsense."""

BOOT_ROUNDING = 1e-6
"""Sums of boot times round by up to 1e-7 s: a slot must not come back the least bit early, which can be a whole frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What is allowed right now: the limits, or less of them after unexplained locks."""

    rate: int
    burst: int
    shared: bool = False
    """Whether reads and publishes are counted together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one portal allows, in calls and seconds. The defaults are the documented threshold and lock period."""

    rate: int = 30
    period: float = 60.0
    guard: float = 1.0
    settle: float = 60.0
    burst: int = 30
    lock: float = 300.0
    lock_margin: float = 5.0
    max_lock: float = 900.0
    lease: float = 45.0
    total_timeout: float = 30.0

    @property
    def pace(self) -> Pace:
        """What is allowed where nothing is known against it."""
        return Pace(rate=self.rate, burst=self.burst)

    @property
    def rest(self) -> float:
        """Seconds that a slot stays taken after its answer: never less than period and guard, whatever floats round."""
        return self.period + self.guard + BOOT_ROUNDING

    @property
    def evidence(self) -> float:
        """Seconds for which a look at a course says how it is: 5 at a period of 60 s."""
        return self.period / 12

    @property
    def send_within(self) -> float:
        """Seconds after its claim in which a call may start, so that it has been given up when the claim ends."""
        return self.lease - self.total_timeout

    def rest_after(self, rest: Rest) -> float:
        """Give the seconds that a slot is taken once its call is over."""
        match rest:
            case Rest.UNUSED:
                return 0.0
            case Rest.ANSWERED:
                return self.rest
            case Rest.UNANSWERED:
                return self.rest + self.settle
            case _ as unreachable:
                assert_never(unreachable)


def lock_wait(limits: Limits, stated: float | None, level: int) -> float:
    """Say how long the `level`-th refusal of one lock is waited for, in seconds, its margin not counted.

    `stated` is what the answer asks for; what no lock or quota lasts counts as not stated. Whoever knocks again and is
    refused was told too little, or told wrong: from then on no wait is shorter than a lock, and each is twice the last.
    """
    is_sane = stated is not None and 0 <= stated <= LONGEST_STATED
    wait = stated if is_sane and stated is not None else limits.lock
    if level == 1:
        return wait
    longest = max(limits.max_lock, limits.lock)
    return max(wait, min(wait * 2.0 ** (level - 1), limits.max_lock), min(limits.lock * 2.0 ** (level - 2), longest))


def gentle_pace(limits: Limits, level: int) -> Pace:
    """Say how gently to go after `level` unexplained locks: burst 1, two fewer; then 10 % fewer each, never below 1."""
    if level == 0:
        return limits.pace
    rate = max(1, limits.rate - 2)
    for _ in range(level - 1):
        rate = max(1, int(rate * 0.9))
    return Pace(rate=rate, burst=1, shared=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place for one call, at the pace that held when it was taken; usable from `opens_at` on (boot clock).

    `is_probe` marks the one call that goes first after a lock.
    """

    slot: int
    operation: str
    pace: Pace
    is_probe: bool = False
    opens_at: float = 0.0
    spaced: tuple[float, float] | None = None
    """Ledger times, where calls are spaced: when this one may start, and the next one after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoSlotYet:
    """No slot now. Look again after `seconds`; `locked` tells that a lock is the reason."""

    seconds: float
    locked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What a lock answer said. `stated`: for how many seconds, where it says; `is_quota`: the day's calls are used up."""

    cause: str
    stated: float | None = None
    is_quota: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A lock answer as it was written down: the seconds to wait from now, and when that is by the wall clock.

    `is_new` is False for refusals that belong to a lock already told. `gentler` is the pace that this lock led to.
    """

    seconds: float
    ends_at: datetime
    is_new: bool
    gentler: Pace | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What calls must expect: the pace, the lock, and the seconds until each place that is taken is free."""

    pace: Pace
    lock_seconds: float = 0.0
    taken: tuple[float, ...] = ()
