"""Building very many small objects at once."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collector() -> Iterator[None]:
    """Keep the garbage collector away while a table is built.

    100,000 rows are a million small objects without a cycle among them; the collector would walk them over and over as
    they grow, which is a third of the time. Also usable as a decorator.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
