"""SIGINT and SIGTERM, from the first instruction to the last report."""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from types import FrameType

from batchpub.errors import ExitCode
from batchpub.stopping import Stop, StopReason

CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}
REASONS = {signal.SIGINT: StopReason.INTERRUPTED, signal.SIGTERM: StopReason.TERMINATED}


class Left(SystemExit):
    """A signal came while nothing was sent yet: the process leaves at once."""

    def __init__(self, number: int) -> None:
        """Remember the signal's exit code, and say its name."""
        self.exit_code = CODES[signal.Signals(number)]
        super().__init__(int(self.exit_code))
        self.reason = f"Stopped by {signal.Signals(number).name} before anything was published."


class Signals:
    """Hears both signals as long as the process lives: as PID 1 it would have no handlers of its own.

    The first one stops: before the run by leaving at once, in it by closing the gate, after it not at all. The same
    again ends at once: what is committed stands, and the next run finds out about the rest. Another one is ignored
    (GitHub sends SIGINT, then SIGTERM).
    """

    def __init__(self) -> None:
        """Hear nothing yet."""
        self._first: int | None = None
        self._begin: Callable[[int], None] = self._leave

    def listen(self) -> None:
        """Put the handlers in place. They are plain ones, for the loop's own go when the loop goes."""
        for number in CODES:
            signal.signal(number, self._hear)

    @contextlib.contextmanager
    def stopping(self, close_gate: Callable[[Stop], None]) -> Iterator[None]:
        """Close this gate at a signal, on the running loop; after the block a first signal comes too late."""
        import asyncio  # noqa: PLC0415 - `--help` runs no loop

        loop = asyncio.get_running_loop()

        def close(number: int) -> None:
            stop = Stop(reason=REASONS[signal.Signals(number)], said=signal.Signals(number).name)
            loop.call_soon_threadsafe(close_gate, stop)

        self._begin = close
        try:
            yield
        finally:
            self._begin = lambda _number: None

    def _leave(self, number: int) -> None:
        raise Left(number)

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        if self._first is None:
            self._first = number
            self._begin(number)
        elif self._first == number:
            os._exit(CODES[signal.Signals(number)])
