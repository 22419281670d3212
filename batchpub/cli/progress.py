"""How far a run is, in words: done of total, time left, calls left in this minute, and the countdown of a lock."""

import contextlib
import sys

from batchpub.cli.person import has_person
from batchpub.engine import Engine, Snapshot
from batchpub.plural import say_count
from batchpub.sentences.events import WAITS, say_duration


def show_progress(run: Engine, *, quiet: bool) -> contextlib.AbstractContextManager[None]:
    """Show how far a run is while the block lasts, when a person sits at stderr and nobody asked for quiet."""
    if quiet or not has_person(sys.stderr):
        return contextlib.nullcontext()
    from batchpub.cli.bar import draw_bar  # noqa: PLC0415 - rich draws for people alone

    return draw_bar(run)


def describe(now: Snapshot, *, wide: bool) -> str:
    """Say in a few words what it waits for, and how long it takes."""
    if now.done >= now.total:
        return "writing the reports"
    left = f"about {say_duration(now.eta_seconds)} left" if now.eta_seconds >= 1 else "nearly done"
    if now.waiting == "settle":
        return f"{left}; {WAITS['settle']}" if wide else left
    if now.lock_seconds > 0:
        lock = f"locked by Zoho, {count_down(now.lock_seconds)} to go"
        return f"{lock}; {left}" if wide else lock
    free = f"{say_count(now.calls_left, 'call')} free now"
    return f"{left}; {free}" if wide else left


def count_down(seconds: float) -> str:
    """Write a countdown: minutes and seconds."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes}:{rest:02d}"
