"""The other ways in which a service may count, and lock."""

from dataclasses import dataclass
from math import floor

from batchpub.sandbox.meter import Meter

from .config import HardConfig, Window

FRAME_SECONDS = 1.0  # "it is counted in frames of about a second"


@dataclass(kw_only=True)
class HardMeter(Meter):
    """A budget with the rules of a configuration."""

    rules: HardConfig

    def arrive(self, now):
        held = self.locked_by(now)
        episode = super().arrive(now)
        if episode is not None and self.rules.refused_calls_count:
            self._counted.append(now)
        if held is not None and self.rules.early_calls_lengthen_lock:
            held.ends_at = now + self.rules.lock_seconds
        return episode

    def _lock_length(self, now):
        """Make a lock soon after another one longer ("can multiply repeated locks")."""
        last = self.episodes[-1] if self.episodes else None
        if last is None or now > last.ends_at + self.rules.lock_seconds:
            return self.rules.lock_seconds
        return (last.ends_at - last.began_at) * self.rules.repeat_lock_factor

    def _forget_before(self, now):
        counted, period = self._counted, self.rules.period_seconds
        match Window(self.rules.window):
            case Window.ROLLING:
                super()._forget_before(now)
            case Window.FRAMES:
                frames = round(period / FRAME_SECONDS)
                while counted and floor(counted[0] / FRAME_SECONDS) < floor(now / FRAME_SECONDS) - frames:
                    counted.popleft()
            case Window.FIXED:
                if counted and floor(counted[0] / period) != floor(now / period):
                    counted.clear()
            case Window.FIRST_CALL:
                if counted and now >= counted[0] + period:
                    counted.clear()


def make_meter(rules, calls):
    """Give a budget that trips one call over its number, or as much earlier as the rules say."""
    earlier = 0 if rules.trips_at is None else rules.limit + 1 - rules.trips_at
    return HardMeter(
        calls=max(0, calls - earlier), period_seconds=rules.period_seconds, lock_seconds=rules.lock_seconds, rules=rules
    )
