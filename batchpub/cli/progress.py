"""The bar on a terminal: done of total, time left, and the countdown of a lock. Off a terminal there is none."""

import contextlib
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from batchpub.cli.duration import duration
from batchpub.run import Run, Snapshot


@contextlib.contextmanager
def show_progress(run: Run) -> Iterator[None]:
    """Show how far a run is while the block lasts, when stderr is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[told]}"))
    with Progress(*columns, console=console, transient=True, get_time=None) as bar:
        now = run.snapshot()
        task = bar.add_task("publishing", total=now.total, completed=now.done, told="")

        def show(snapshot: Snapshot) -> None:
            told = f"about {duration(snapshot.eta_seconds)} left"
            if snapshot.lock_seconds > 0:
                told = f"locked by Zoho for {duration(snapshot.lock_seconds)} more; {told}"
            bar.update(task, completed=snapshot.done, told=told)

        run.watch(show)
        yield
