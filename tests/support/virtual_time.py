"""Virtual time: a loop that jumps to the next timer, and SQLite in line, so that a run of hours takes a second."""

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import aiosqlite

from .uptime import virtual_offset

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


RESOLUTION = 1e-6
MANY_TURNS = 2000


class Jumping(selectors.SelectSelector):
    """Instead of waiting for time to pass, lets it pass."""

    def __init__(self, tick=0.0):
        super().__init__()
        self.now = 0.0
        self.turns = 0
        self.tick = tick

    def select(self, timeout=None):
        ready = super().select(0)
        self.now += self.tick
        if not ready:
            if timeout is None:
                raise RuntimeError("deadlock: nothing is ready and no timer is set")
            # A real clock moves while a loop turns: whoever asks for less than its resolution gets there in the end.
            self.turns = 0 if timeout > 0 else self.turns + 1
            self.now += timeout if timeout > 0 else RESOLUTION if self.turns > MANY_TURNS else 0.0
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """`tick`: what one round of the loop takes. Where it takes nothing, some libraries wait for a rounding residue."""

    def __init__(self, *, tick=0.0):
        self.jumping = Jumping(tick)
        super().__init__(self.jumping)
        self._clock_resolution = RESOLUTION

    def time(self):
        return self.jumping.now


class VirtualClock:
    """Boot time is the loop's; the wall can be stepped, as administrators and time servers do."""

    def __init__(self, loop, *, boot_id="boot", offset=0.0):
        self._loop = loop
        self.boot_id = boot_id
        self.is_host_wide = True
        self.offset = offset + virtual_offset()
        self.step_seconds = 0.0

    def now(self):
        return START + timedelta(seconds=self._loop.time() + self.step_seconds)

    def boot_seconds(self):
        return self._loop.time() + self.offset

    async def sleep(self, seconds):
        await asyncio.sleep(max(0.0, seconds))


class InLine:
    """Takes the place of the queue to aiosqlite's thread: what is put into it is done at once."""

    def put_nowait(self, item):
        future, function = item
        try:
            result = function()
        except Exception as error:  # noqa: BLE001 - the thread passes on whatever comes
            future.set_exception(error)
        else:
            if future is not None:
                future.set_result(result)


class Slowly:
    """As InLine, but the one who asked hears of it a round of the loop later: every statement is an await."""

    def put_nowait(self, item):
        future, function = item
        try:
            result, error = function(), None
        except Exception as raised:  # noqa: BLE001 - as above
            result, error = None, raised
        if future is not None:
            future.get_loop().call_soon(tell, future, result, error)


def tell(future, result, error):
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


class NoThread:
    def __init__(self, **_):
        self.daemon = True

    def start(self):
        """Nothing runs beside the loop."""


def run_virtually(main: Coroutine[Any, Any, Any], loop: VirtualLoop, *, slowly: bool = False) -> Any:
    """Run to the end on a virtual loop, with aiosqlite's thread taken out of the way: threads know no virtual time.

    `slowly` makes every statement an await, so that something may happen there.
    """
    kept = aiosqlite.core.SimpleQueue, aiosqlite.core.Thread
    aiosqlite.core.SimpleQueue, aiosqlite.core.Thread = Slowly if slowly else InLine, NoThread
    try:
        return loop.run_until_complete(main)
    finally:
        aiosqlite.core.SimpleQueue, aiosqlite.core.Thread = kept
        loop.close()
