"""The queue of courses, and those that must wait a while before they are looked at again."""

import asyncio
import contextlib
import heapq
import itertools
import random
from collections.abc import Container, Sequence

from batchpub.course import Course
from batchpub.lifecycle.verdict import Later
from batchpub.lifecycle.work import Work


class Worklist:
    """The queue of courses, and those that must wait a while before they are looked at again."""

    def __init__(self, works: Sequence[Work]) -> None:
        """Fill the queue."""
        self._queue: asyncio.Queue[Work | None] = asyncio.Queue()
        self._waiting: list[tuple[float, int, Work]] = []
        self._number = itertools.count()
        self._is_scattered = False
        self._more = asyncio.Event()
        self.open = len(works)
        for work in works:
            self._queue.put_nowait(work)

    def delay(self, courses: Container[Course], seconds: float) -> None:
        """Let some courses wait before their first turn: a call of an earlier run may still arrive."""
        waiting = [self._queue.get_nowait() for _ in range(self._queue.qsize())]
        for work in waiting:
            if work is not None and work.course in courses:
                self.put_later(Later(work=work, seconds=seconds))
            else:
                self._queue.put_nowait(work)

    def put_later(self, later: Later) -> None:
        """Bring a course back after its wait."""
        if later.seconds <= 0:
            self._queue.put_nowait(later.work)
            return
        due = asyncio.get_running_loop().time() + later.seconds
        heapq.heappush(self._waiting, (due, next(self._number), later.work))
        self._more.set()

    async def get(self) -> Work | None:
        """Give the next course; None when all are done."""
        return await self._queue.get()

    def scatter(self) -> None:
        """Go on in any order: another run is on the same sheet, and in the same order both would reach for each course."""
        if self._is_scattered:
            return
        self._is_scattered = True
        works = [self._queue.get_nowait() for _ in range(self._queue.qsize())]
        random.shuffle(works)
        for work in works:
            self._queue.put_nowait(work)

    def finish_one(self) -> None:
        """Count a course as done."""
        self.open -= 1

    def end(self, workers: int) -> None:
        """Send every worker home."""
        for _ in range(workers):
            self._queue.put_nowait(None)
        self._more.set()

    def settling_seconds(self) -> float:
        """Give how long the last course that waits has still to wait; 0 where none does."""
        if not self._waiting:
            return 0.0
        return max(0.0, max(due for due, _, _ in self._waiting) - asyncio.get_running_loop().time())

    @property
    def is_idle(self) -> bool:
        """Tell whether every course that is left waits."""
        return self._queue.empty() and len(self._waiting) >= self.open > 0

    async def feed(self) -> None:
        """Move courses whose wait is over to the queue, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            while self._waiting and self._waiting[0][0] <= loop.time():
                self._queue.put_nowait(heapq.heappop(self._waiting)[2])
            self._more.clear()
            wait = self._waiting[0][0] - loop.time() if self._waiting else None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._more.wait()
