"""Count calls the way the service does, and lock who makes one too many.

All times are seconds since the sandbox started; the caller passes them in and they never go backwards.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field


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


@dataclass(kw_only=True)
class Meter:
    """One budget of so many calls in any period, and its lock. A call exactly one period old still counts."""

    calls: int
    period_seconds: float
    lock_seconds: float
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
            return episode
        self._forget_before(now)
        if len(self._counted) >= self.calls:
            return self.lock(now)
        self._counted.append(now)
        return None

    def lock(self, now: float) -> Episode:
        """Start a lock, for whatever reason; a lock that holds already goes on as it is."""
        episode = self.locked_by(now)
        if episode is None:
            episode = Episode(began_at=now, ends_at=now + self._lock_length(now))
            self.episodes.append(episode)
        return episode

    def _lock_length(self, _now: float) -> float:
        return self.lock_seconds

    def _forget_before(self, now: float) -> None:
        while self._counted and self._counted[0] < now - self.period_seconds:
            self._counted.popleft()


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
