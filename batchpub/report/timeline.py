"""Publish calls over time against the limit, with the locks, as shapes to draw. Pure."""

from collections import Counter
from dataclasses import dataclass
from math import ceil

from batchpub.record import RunRecord

WIDTH, HEIGHT = 1000, 120  # of the drawing, in its own units
_MOST_BARS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle of the drawing; y counts from the top."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Bars of calls sent in each `bar_seconds`, the limit's height, and the locks."""

    bars: tuple[Box, ...]
    locks: tuple[Box, ...]
    limit_y: float
    bar_seconds: float


def draw_timeline(run: RunRecord) -> Timeline | None:
    """Draw the publish calls of the run; None where there were none. Long runs have several periods to a bar."""
    sent = [
        max(0.0, (call.sent_at - run.started_at).total_seconds()) for call in run.calls if call.operation == "publish"
    ]
    if not sent or run.period_seconds <= 0:
        return None
    periods = int(max(sent) // run.period_seconds) + 1
    together = ceil(periods / _MOST_BARS)
    bar_seconds = together * run.period_seconds
    bars = ceil(periods / together)
    counted = Counter(int(second // bar_seconds) for second in sent)
    highest = max(*counted.values(), run.rate * together, 1)
    wide = WIDTH / bars
    return Timeline(
        bars=tuple(_stand(index * wide, wide * 0.9, HEIGHT * count / highest) for index, count in counted.items()),
        locks=tuple(_draw_locks(run, WIDTH / (bars * bar_seconds))),
        limit_y=round(HEIGHT - HEIGHT * run.rate * together / highest, 2),
        bar_seconds=bar_seconds,
    )


def _draw_locks(run: RunRecord, scale: float) -> list[Box]:
    spans = [
        [min(max((end - run.started_at).total_seconds() * scale, 0.0), WIDTH) for end in (lock.began_at, lock.ends_at)]
        for lock in run.locks
    ]
    return [_stand(left, right - left, HEIGHT) for left, right in spans if right > left]


def _stand(x: float, width: float, height: float) -> Box:
    return Box(x=round(x, 2), y=round(HEIGHT - height, 2), width=round(width, 2), height=round(height, 2))
