"""The program's one logger. structlog, and how events are written, are loaded when the first event is told.

Most commands that only look have nothing to log: they start in half the time without. In a program that only uses batchpub
nobody set a log up: then whoever listens to the run hears the events, and without one nobody does, unless that program has
configured structlog for itself.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any, Literal

Level = Literal["debug", "info", "warning", "error"]
Hear = Callable[[Level, str, Mapping[str, Any]], None]
_heard_by: ContextVar[Hear | None] = ContextVar("heard_by", default=None)


class Logger:
    """Tells events, as `batchpub.events` declares them."""

    def __init__(self) -> None:
        """Begin without a way to write that anybody chose."""
        self._prepare: Callable[[], None] | None = None
        self._is_chosen = False

    def prepare_with(self, prepare: Callable[[], None]) -> None:
        """Keep what sets the log up until the first event; what was set up before counts no more."""
        self._prepare, self._is_chosen = prepare, True

    def is_set_up(self) -> None:
        """Drop what was kept: the log has been set up since, by whoever calls this."""
        self._prepare, self._is_chosen = None, True

    @contextlib.contextmanager
    def heard_by(self, hear: Hear) -> Iterator[None]:
        """Have the events inside the block told to somebody instead of written."""
        before = _heard_by.set(hear)
        try:
            yield
        finally:
            _heard_by.reset(before)

    def get(self) -> Any:
        """Give structlog's logger, set up."""
        if self._prepare is not None:
            prepare, self._prepare = self._prepare, None
            prepare()
        import structlog  # noqa: PLC0415 - see above

        return structlog.get_logger("batchpub")

    def debug(self, event: str, **fields: Any) -> None:
        """Tell what only debugging needs."""
        self._tell("debug", event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """Tell a fact."""
        self._tell("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Tell what a person may need to look at."""
        self._tell("warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """Tell why something ended."""
        self._tell("error", event, fields)

    def _tell(self, level: Level, event: str, fields: Mapping[str, Any]) -> None:
        hear = _heard_by.get()
        if hear is not None:
            hear(level, event, fields)
        elif self._is_chosen or ("structlog" in sys.modules and sys.modules["structlog"].is_configured()):
            getattr(self.get(), level)(event, **fields)


log = Logger()
