"""The program's one logger. structlog, and how events are written, are loaded when the first event is told.

Most commands that only look have nothing to log: they start in half the time without.
"""

from collections.abc import Callable
from typing import Any


class Logger:
    """Tells events, as `batchpub.events` declares them."""

    def __init__(self) -> None:
        """Begin without a way to write that anybody chose."""
        self._prepare: Callable[[], None] | None = None

    def prepare_with(self, prepare: Callable[[], None]) -> None:
        """Keep what sets the log up until the first event; what was set up before counts no more."""
        self._prepare = prepare

    def is_set_up(self) -> None:
        """Drop what was kept: the log has been set up since, by whoever calls this."""
        self._prepare = None

    def get(self) -> Any:
        """Give structlog's logger, set up."""
        if self._prepare is not None:
            prepare, self._prepare = self._prepare, None
            prepare()
        import structlog  # noqa: PLC0415 - see above

        return structlog.get_logger("batchpub")

    def debug(self, event: str, **fields: Any) -> None:
        """Tell what only debugging needs."""
        self.get().debug(event, **fields)

    def info(self, event: str, **fields: Any) -> None:
        """Tell a fact."""
        self.get().info(event, **fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Tell what a person may need to look at."""
        self.get().warning(event, **fields)

    def error(self, event: str, **fields: Any) -> None:
        """Tell why something ended."""
        self.get().error(event, **fields)


log = Logger()
