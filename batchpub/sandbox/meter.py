"""Count calls the way the service does, and lock who makes one too many.

All times are seconds of one monotonic clock; the caller passes them in and they never go backwards.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import floor


class Window(StrEnum):
    """How the service may count "30 calls within a minute". Zoho does not say which."""

    ROLLING = "rolling"
    """Any period, both ends included: a call exactly one period old still counts. The strictest."""
    FIXED = "fixed"
    """Periods one after the other since the sandbox started."""
    FIRST_CALL = "first-call"
    """A period starts with the first call after the last period ended."""
    FRAMES = "frames"
    """Rolling, but in whole frames of a second: a call may count almost a second longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How many calls in how long, and what one too many costs. Seconds of the clock that is passed in.

    `trips_at` is the number of the call that starts the lock, `calls + 1` unless the service trips earlier.
    """

    calls: int
    trips_at: int
    period_seconds: float
    lock_seconds: float
    frame_seconds: float
    window: Window = Window.ROLLING
    refused_calls_count: bool = False
    early_calls_lengthen_lock: bool = False
    repeat_lock_factor: float = 1.0


@dataclass(slots=True, kw_only=True)
class Episode:
    """One lock, from the call that started it to its end. It grows while it lasts, hence not frozen."""

    began_at: float
    ends_at: float
    first_refusal_written_at: float | None = None
    """When the first refusal was wholly handed to the socket: from then on the caller can know."""
    calls_during: int = 0
    sent_after_refusal: int = 0

    def is_over(self, now: float) -> bool:
        """Whether a call arriving at `now` is met with the ordinary limit again."""
        return now >= self.ends_at

    def could_be_known(self, received_at: float, *, grace_seconds: float) -> bool:
        """Whether a request received then was sent although its first refusal had been answered."""
        written = self.first_refusal_written_at
        return written is not None and received_at > written + grace_seconds


@dataclass(slots=True)
class Meter:
    """One budget of calls and its lock."""

    limit: Limit
    started_at: float
    episodes: list[Episode] = field(default_factory=list)
    _counted: deque[float] = field(default_factory=deque)

    def locked_by(self, now: float) -> Episode | None:
        """Give the lock that holds at `now`, if one does."""
        last = self.episodes[-1] if self.episodes else None
        return None if last is None or last.is_over(now) else last

    def arrive(self, now: float) -> Episode | None:
        """Count one call. Gives the lock that refuses it, or None when it may pass."""
        episode = self.locked_by(now)
        if episode is not None:
            self._knock(episode, now)
            return episode
        self._forget_before(now)
        if len(self._counted) + 1 < self.limit.trips_at:
            self._counted.append(now)
            return None
        if self.limit.refused_calls_count:
            self._counted.append(now)
        return self.lock(now)

    def lock(self, now: float) -> Episode:
        """Start a lock, for whatever reason; a lock that holds already goes on as it is."""
        episode = self.locked_by(now)
        if episode is None:
            episode = Episode(began_at=now, ends_at=now + self._lock_length(now))
            self.episodes.append(episode)
        return episode

    def _knock(self, episode: Episode, now: float) -> None:
        if self.limit.refused_calls_count:
            self._counted.append(now)
        if self.limit.early_calls_lengthen_lock:
            episode.ends_at = now + self.limit.lock_seconds

    def _lock_length(self, now: float) -> float:
        """Give the next lock's length: a lock soon after another one may be longer ("can multiply repeated locks")."""
        last = self.episodes[-1] if self.episodes else None
        if last is None or now > last.ends_at + self.limit.lock_seconds:
            return self.limit.lock_seconds
        return (last.ends_at - last.began_at) * self.limit.repeat_lock_factor

    def _forget_before(self, now: float) -> None:
        counted = self._counted
        match self.limit.window:
            case Window.ROLLING:
                while counted and counted[0] < now - self.limit.period_seconds:
                    counted.popleft()
            case Window.FRAMES:
                frames = round(self.limit.period_seconds / self.limit.frame_seconds)
                while counted and self._frame(counted[0]) < self._frame(now) - frames:
                    counted.popleft()
            case Window.FIXED:
                if counted and self._period(counted[0]) != self._period(now):
                    counted.clear()
            case Window.FIRST_CALL:
                if counted and now >= counted[0] + self.limit.period_seconds:
                    counted.clear()

    def _frame(self, moment: float) -> int:
        return floor((moment - self.started_at) / self.limit.frame_seconds)

    def _period(self, moment: float) -> int:
        return floor((moment - self.started_at) / self.limit.period_seconds)


def largest_window(times: Sequence[float], *, period_seconds: float) -> int:
    """Give the largest number of `times` in any closed interval as long as the period. O(n).

    `times` do not decrease. Both ends count: arrivals exactly one period apart are in one window.
    """
    largest = start = 0
    for end, time in enumerate(times):
        while times[start] < time - period_seconds:
            start += 1
        largest = max(largest, end - start + 1)
    return largest
