"""One process at a time: whoever holds a file's lock has the turn."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from batchpub.clock import Clock

LOOK_AGAIN_SECONDS = 0.1

if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


@asynccontextmanager
async def take_turn(path: Path | None, *, clock: Clock, patience_seconds: float) -> AsyncIterator[None]:
    """Hold the turn while the block lasts. A process that died has let go.

    Where no such file can be had, or its holder outlasts our patience (it may be suspended), go on without.
    """
    handle = _open(path)
    try:
        if handle is not None:
            await _wait_for(handle, clock, patience_seconds)
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _open(path: Path | None) -> int | None:
    if path is None:
        return None
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    return None


async def _wait_for(handle: int, clock: Clock, patience_seconds: float) -> None:
    waited = 0.0
    while waited <= patience_seconds:
        try:
            _take(handle)
        except OSError:
            await clock.sleep(LOOK_AGAIN_SECONDS)
            waited += LOOK_AGAIN_SECONDS
        else:
            return
