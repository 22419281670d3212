"""How far a run is, from what it tells: done of total, time left, calls left in this minute, and the countdown of a lock."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from batchpub.cli.pipeline import has_person
from batchpub.course import Outcome
from batchpub.events import RunEvent
from batchpub.plural import say_count
from batchpub.sentences.events import WAITS, say_duration

OUTCOMES = frozenset(f"course.{outcome}" for outcome in Outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How far a run is, as of the moment `at` (monotonic seconds)."""

    done: int = 0
    total: int
    eta_seconds: float = 0.0
    lock_seconds: float = 0.0
    calls_left: int = 0
    waiting: str = ""
    at: float = 0.0

    def after(self, event: RunEvent, now: float) -> "Seen":
        """Take in an event of the run."""
        fields = event.fields
        if event.name in OUTCOMES:
            return replace(self, done=self.done + 1)
        match event.name:
            case "run.planned":
                return replace(self, eta_seconds=fields["eta_seconds"], at=now)
            case "portal.locked" | "portal.lock_found":
                eta = self.by(now).eta_seconds + fields["seconds"]
                return replace(self, lock_seconds=fields["seconds"], eta_seconds=eta, waiting="lock", at=now)
            case "run.progress":
                heard = {
                    name: fields[name] for name in ("done", "eta_seconds", "lock_seconds", "calls_left", "waiting")
                }
                return replace(self, at=now, **heard)
            case _:
                return self

    def by(self, now: float) -> "Seen":
        """Count down to a moment at which nothing was heard."""
        gone = now - self.at
        eta, lock = max(0.0, self.eta_seconds - gone), max(0.0, self.lock_seconds - gone)
        return replace(self, eta_seconds=eta, lock_seconds=lock, at=now)


class Watcher:
    """Listens to a run of so many rows, and knows at every moment how far it is."""

    def __init__(self, total: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with no row done."""
        self._clock = clock
        self._seen = Seen(total=total)
        self.on_done: Callable[[int], None] = lambda _done: None
        """What is told how many rows are done, whenever something was heard."""

    def hear(self, event: RunEvent) -> None:
        """Take in an event of the run."""
        self._seen = self._seen.after(event, self._clock())
        self.on_done(self._seen.done)

    def now(self) -> Seen:
        """Say how far the run is at this moment."""
        return self._seen.by(self._clock())


def is_watched(*, quiet: bool) -> bool:
    """Tell whether a person sits at stderr, and nobody asked for quiet."""
    return has_person(sys.stderr) and not quiet


@contextlib.contextmanager
def show_progress(watcher: Watcher, *, quiet: bool) -> Iterator[None]:
    """Show how far a run is while the block lasts, where it is watched."""
    if not is_watched(quiet=quiet):
        yield
        return
    from batchpub.cli.bar import draw_bar  # noqa: PLC0415 - rich draws for people alone

    with draw_bar(watcher.now().total, lambda wide: describe(watcher.now(), wide=wide)) as watcher.on_done:
        yield


def describe(now: Seen, *, wide: bool) -> str:
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
