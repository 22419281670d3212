"""What is counted and timed of a run. Pure: from the record alone, so a run that was killed has the same figures."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from batchpub.course import Outcome
from batchpub.record import RunRecord

UNANSWERED = "unanswered"
"""What a call without an answer means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One run in numbers. Times are in seconds.

    `rows` counts rows by outcome; `calls` counts calls by operation and meaning. `call_seconds` are the answered calls'
    durations by operation, `wait_seconds` how long each course waited from the run's start, or its call before, for each call.
    """

    exit_code: int
    started_at: datetime
    run_seconds: float
    rows: Mapping[Outcome, int]
    calls: Mapping[tuple[str, str], int]
    call_seconds: Mapping[str, tuple[float, ...]]
    wait_seconds: tuple[float, ...]
    lock_seconds: tuple[float, ...]


def measure(run: RunRecord) -> Figures:
    """Count and time a run."""
    end = last_moment(run)
    counted = Counter(row.outcome for row in run.rows)
    return Figures(
        exit_code=-1 if run.exit_code is None else run.exit_code,
        started_at=run.started_at,
        run_seconds=max(0.0, (end - run.started_at).total_seconds()),
        rows={outcome: counted[outcome] for outcome in Outcome},
        calls=Counter((call.operation, call.meaning or UNANSWERED) for call in run.calls),
        call_seconds={
            operation: tuple(
                _seconds(call.sent_at, call.answered_at)
                for call in run.calls
                if call.operation == operation and call.answered_at is not None
            )
            for operation in sorted({call.operation for call in run.calls})
        },
        wait_seconds=_waits(run),
        lock_seconds=tuple(_seconds(lock.began_at, lock.ends_at) for lock in run.locks),
    )


def last_moment(run: RunRecord) -> datetime:
    """Give when the run ended; of one that died, the last thing that is known of it."""
    if run.finished_at is not None:
        return run.finished_at
    known = [call.answered_at or call.sent_at for call in run.calls]
    known += [row.finished_at for row in run.rows if row.finished_at is not None]
    return max([run.started_at, *known])


def _waits(run: RunRecord) -> tuple[float, ...]:
    waits: list[float] = []
    before: dict[tuple[str, str], datetime] = {}
    for call in sorted(run.calls, key=attrgetter("sent_at")):
        course = call.course_id, call.batch_id
        waits.append(_seconds(before.get(course, run.started_at), call.sent_at))
        before[course] = call.answered_at or call.sent_at
    return tuple(waits)


def _seconds(start: datetime, end: datetime) -> float:
    """Give a duration between two readings of the wall clock; one that was set back makes it 0, never negative."""
    return max(0.0, (end - start).total_seconds())
