"""The bar on a terminal: done of total, time left, calls left in this minute, and the countdown of a lock."""

import contextlib
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task
from rich.table import Column
from rich.text import Text

from batchpub.cli.person import has_person
from batchpub.engine import Engine, Snapshot
from batchpub.plural import say_count
from batchpub.sentences.events import WAITS, say_duration

WIDE = 72  # columns in which the whole of it stands on one line with a bar worth the name


class WaitColumn(ProgressColumn):
    """Says what the bar cannot: asked anew each time it is drawn, so that a countdown counts while nothing happens."""

    def __init__(self, run: Engine, *, wide: bool) -> None:
        """Ask this run; a narrow window gets fewer words."""
        super().__init__(table_column=Column(no_wrap=True, overflow="ellipsis"))
        self._run = run
        self._wide = wide

    def render(self, _task: Task) -> Text:
        """Give the words of this moment."""
        return Text(describe(self._run.snapshot(), wide=self._wide))


@contextlib.contextmanager
def show_progress(run: Engine, *, quiet: bool) -> Iterator[None]:
    """Show how far a run is while the block lasts, when a person sits at stderr and nobody asked for quiet."""
    if quiet or not has_person(sys.stderr):
        yield
        return
    console = Console(stderr=True, highlight=False, markup=False)
    wide = console.width >= WIDE
    columns: list[ProgressColumn] = [MofNCompleteColumn(), WaitColumn(run, wide=wide)]
    if wide:
        columns.insert(0, BarColumn(bar_width=None))
    with Progress(*columns, console=console, transient=True, expand=True, refresh_per_second=4) as bar:
        now = run.snapshot()
        task = bar.add_task("", total=now.total, completed=now.done)
        run.watch(lambda snapshot: bar.update(task, completed=snapshot.done))
        yield


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
