"""The bar itself, as rich draws it on a terminal."""

import contextlib
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task
from rich.table import Column
from rich.text import Text

from batchpub.cli.progress import Watcher, describe

WIDE = 72  # columns in which the whole of it stands on one line with a bar worth the name


class WaitColumn(ProgressColumn):
    """Says what the bar cannot: asked anew each time it is drawn, so that a countdown counts while nothing happens."""

    def __init__(self, watcher: Watcher, *, wide: bool) -> None:
        """Ask this watcher; a narrow window gets fewer words."""
        super().__init__(table_column=Column(no_wrap=True, overflow="ellipsis"))
        self._watcher = watcher
        self._wide = wide

    def render(self, _task: Task) -> Text:
        """Give the words of this moment."""
        return Text(describe(self._watcher.now(), wide=self._wide))


@contextlib.contextmanager
def draw_bar(watcher: Watcher) -> Iterator[None]:
    """Draw how far a run is on stderr while the block lasts."""
    console = Console(stderr=True, highlight=False, markup=False)
    wide = console.width >= WIDE
    columns: list[ProgressColumn] = [MofNCompleteColumn(), WaitColumn(watcher, wide=wide)]
    if wide:
        columns.insert(0, BarColumn(bar_width=None))
    with Progress(*columns, console=console, transient=True, expand=True, refresh_per_second=4) as bar:
        task = bar.add_task("", total=watcher.now().total, completed=watcher.now().done)
        watcher.on_done = lambda done: bar.update(task, completed=done)
        yield
