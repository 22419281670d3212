"""Count calls the way the service does, and lock who makes one too many.

All times are seconds since the sandbox started; the caller passes them in and they never go backwards.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import floor

from batchpub.sandbox.config import SandboxConfig, Window

FRAME_SECONDS = 1.0  # "it is counted in frames of about a second"


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
    """One budget of so many calls in a period, and its lock."""

    rules: SandboxConfig
    calls: int
    episodes: list[Episode] = field(default_factory=list)
    _counted: deque[float] = field(default_factory=deque)

    def trips_at(self) -> int:
        """Give the number of the call that starts the lock: the one over the limit, unless the service trips earlier."""
        earlier = 0 if self.rules.trips_at is None else self.rules.limit + 1 - self.rules.trips_at
        return max(1, self.calls + 1 - earlier)

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
        if len(self._counted) + 1 < self.trips_at():
            self._counted.append(now)
            return None
        if self.rules.refused_calls_count:
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
        if self.rules.refused_calls_count:
            self._counted.append(now)
        if self.rules.early_calls_lengthen_lock:
            episode.ends_at = now + self.rules.lock_seconds

    def _lock_length(self, now: float) -> float:
        """Give the next lock's length: a lock soon after another one may be longer ("can multiply repeated locks")."""
        last = self.episodes[-1] if self.episodes else None
        if last is None or now > last.ends_at + self.rules.lock_seconds:
            return self.rules.lock_seconds
        return (last.ends_at - last.began_at) * self.rules.repeat_lock_factor

    def _forget_before(self, now: float) -> None:
        counted = self._counted
        match Window(self.rules.window):
            case Window.ROLLING:
                while counted and counted[0] < now - self.rules.period_seconds:
                    counted.popleft()
            case Window.FRAMES:
                frames = round(self.rules.period_seconds / FRAME_SECONDS)
                while counted and self._frame(counted[0]) < self._frame(now) - frames:
                    counted.popleft()
            case Window.FIXED:
                if counted and self._period(counted[0]) != self._period(now):
                    counted.clear()
            case Window.FIRST_CALL:
                if counted and now >= counted[0] + self.rules.period_seconds:
                    counted.clear()

    def _frame(self, moment: float) -> int:
        return floor(moment / FRAME_SECONDS)

    def _period(self, moment: float) -> int:
        return floor(moment / self.rules.period_seconds)


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
