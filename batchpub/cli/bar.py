"""The bar itself, as rich draws it on a terminal."""

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task
from rich.table import Column
from rich.text import Text

WIDE = 72  # columns in which the whole of it stands on one line with a bar worth the name


class _Words(ProgressColumn):
    """Says what the bar cannot: asked anew each time it is drawn, so that a countdown counts while nothing happens."""

    def __init__(self, words: Callable[[], str]) -> None:
        super().__init__(table_column=Column(no_wrap=True, overflow="ellipsis"))
        self._words = words

    def render(self, _task: Task) -> Text:
        return Text(self._words())


@contextlib.contextmanager
def draw_bar(total: int, words: Callable[[bool], str]) -> Iterator[Callable[[int], None]]:
    """Draw on stderr how far something is while the block lasts, and give what is told how many are done.

    `words` gives the words beside it; it is told whether the window is wide.
    """
    console = Console(stderr=True, highlight=False, markup=False)
    wide = console.width >= WIDE
    columns: list[ProgressColumn] = [BarColumn(bar_width=None)] if wide else []
    columns += [MofNCompleteColumn(), _Words(lambda: words(wide))]
    with Progress(*columns, console=console, transient=True, expand=True, refresh_per_second=4) as bar:
        task = bar.add_task("", total=total)
        yield lambda done: bar.update(task, completed=done)
