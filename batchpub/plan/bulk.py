"""Building very many small objects at once."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_MANY = 100_000  # objects; fewer are collected sooner than anybody notices


@contextmanager
def without_collector() -> Iterator[None]:
    """Keep the garbage collector away while a table is built.

    100,000 rows are a million small objects without a cycle among them; the collector would walk them over and over as
    they grow, which is a third of the time. What was built is then set aside for good: whatever follows (asking the
    journal, writing JSON) would pay the same again. Also usable as a decorator.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if gc.get_count()[0] > _MANY:
            gc.freeze()
        if was_enabled:
            gc.enable()
