"""Calls per rolling period against the limit, with the locks, as shapes to draw. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from batchpub.plural import say_count
from batchpub.record import LockRecord, RunRecord

COLUMNS, HEIGHT = 600, 100  # of the drawing, in its own units; the page stretches it
_HEADROOM = 1.2
NEVER_SENT = ("notsent", "withheld", "not sent")
"""Meanings of calls that were claimed and never reached the service: they are none of those that it counts."""
_MOST_TICKS = 6
_STEPS = ((1, "s"), (60, "min"), (3_600, "h"), (86_400, "d"))
_MULTIPLES = (1, 2, 5, 10, 15, 30)
_Steps = list[tuple[float, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A stretch of the time axis, in percent of it, with the sentence that belongs to it."""

    left: float
    width: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What is drawn. Paths are SVG path data in `COLUMNS` by `HEIGHT`; `limit_y` is in percent from the top.

    `peak` is the largest number of publish calls sent in any one period; `ticks` are (percent, label).
    """

    publishes: str
    reads: str
    limit_y: float
    peak: int
    ticks: tuple[tuple[float, str], ...]
    locks: tuple[Bar, ...]
    sentence: str


def draw_timeline(run: RunRecord) -> Timeline | None:
    """Draw the calls of the run; None where there were none."""
    published, read = _moments(run, "publish"), _moments(run, "read")
    if not (published or read) or run.period_seconds <= 0:
        return None
    steps = count_rolling(published, run.period_seconds)
    steps_read = count_rolling(read, run.period_seconds)
    peak = find_peak(steps)
    span = _find_span(run, [*published, *read])
    top = max(peak, find_peak(steps_read), run.rate, 1) * _HEADROOM
    return Timeline(
        publishes=_draw_area(steps, span, top),
        reads=_draw_area(steps_read, span, top) if read else "",
        limit_y=round(100 - 100 * run.rate / top, 2),
        peak=peak,
        ticks=_make_ticks(span),
        locks=tuple(_place_lock(run, lock, span) for lock in run.locks),
        sentence=_say_calls(run, peak, len(published), len(read)),
    )


def count_rolling(seconds: Iterable[float], period: float) -> _Steps:
    """Give (moment, calls in the period that ends there) wherever that number changes.

    A call that is exactly one period old no longer counts.
    """
    changes = sorted([(second + period, -1) for second in seconds] + [(second, 1) for second in seconds])
    steps: _Steps = []
    count = 0
    for moment, change in changes:
        count += change
        steps.append((moment, count))
    return steps


def find_peak(steps: _Steps) -> int:
    """Give the largest count."""
    return max((count for _, count in steps), default=0)


def thin_out(steps: _Steps, span: float, columns: int) -> list[int]:
    """Give the largest count within each of so many equal stretches of the span: no excess is ever thinned away."""
    heights = [0] * columns
    column = carried = 0
    for moment, count in steps:
        reached = min(int(moment / span * columns), columns)
        while column < reached:
            heights[column] = max(heights[column], carried)
            column += 1
        if column == columns:
            return heights
        heights[column] = max(heights[column], carried, count)
        carried = count
    return heights


def _moments(run: RunRecord, operation: str) -> list[float]:
    return [
        _since(run, call.sent_at)
        for call in run.calls
        if call.operation == operation and call.meaning not in NEVER_SENT
    ]


def _since(run: RunRecord, moment: datetime) -> float:
    return max(0.0, (moment - run.started_at).total_seconds())


def _find_span(run: RunRecord, sent: Sequence[float]) -> float:
    ends = [_since(run, lock.ends_at) for lock in run.locks]
    ended = [_since(run, run.finished_at)] if run.finished_at else []
    return max([*sent, *ends, *ended, run.period_seconds]) or 1.0


def _draw_area(steps: _Steps, span: float, top: float) -> str:
    """Draw a flight of stairs from the ground up and back to it; stretches of one height are one line."""
    path = [f"M0 {HEIGHT}"]
    before = 0
    for column, count in enumerate(thin_out(steps, span, COLUMNS)):
        if count != before:
            path.append(f"H{column}V{round(HEIGHT - HEIGHT * count / top, 2):g}")
            before = count
    return "".join([*path, f"H{COLUMNS}V{HEIGHT}Z"])


def _make_ticks(span: float) -> tuple[tuple[float, str], ...]:
    step, unit, name = _choose_step(span)
    count = int(span // step)
    return tuple((round(100 * index * step / span, 2), _label(index * step / unit, name)) for index in range(count + 1))


def _choose_step(span: float) -> tuple[float, float, str]:
    steps = ((unit * multiple, unit, name) for unit, name in _STEPS for multiple in _MULTIPLES)
    unit, name = _STEPS[-1]
    return next((found for found in steps if span / found[0] <= _MOST_TICKS), (span / _MOST_TICKS, unit, name))


def _label(number: float, unit: str) -> str:
    return f"{number:,.0f} {unit}" if number else "0"


def _place_lock(run: RunRecord, lock: LockRecord, span: float) -> Bar:
    left, right = (min(_since(run, moment) / span, 1.0) * 100 for moment in (lock.began_at, lock.ends_at))
    sign = f" (Zoho's sign: {lock.cause})" if lock.cause else ""
    label = f"Locked from {_clock(lock.began_at)} to {_clock(lock.ends_at)} UTC{sign}"
    return Bar(left=round(left, 3), width=round(max(right - left, 0.0), 3), label=label)


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%H:%M:%S}"


def _say_calls(run: RunRecord, peak: int, published: int, read: int) -> str:
    period = f"{run.period_seconds:g} {'second' if run.period_seconds == 1 else 'seconds'}"
    sentence = f"{say_count(published, 'publish call')}, at most {peak:,} in any {period}"
    sentence += f" ({run.rate:,} are allowed)" if peak <= run.rate else f", MORE than the {run.rate} that are allowed"
    if read:
        sentence += f"; {say_count(read, 'call')} to read a course"
    if run.locks:
        sentence += f"; {say_count(len(run.locks), 'lock')}"
    return sentence + "."
