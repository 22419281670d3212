"""The queue of courses, and those that must wait a while before they are looked at again."""

import asyncio
import random
from collections.abc import Container, Sequence

from batchpub.course import Course
from batchpub.lifecycle.verdict import Later
from batchpub.lifecycle.work import Work


class Worklist:
    """The queue of courses, and those that must wait a while before they are looked at again."""

    def __init__(self, works: Sequence[Work], *, late: Container[Course] = (), seconds: float = 0.0) -> None:
        """Fill the queue. The courses in `late` have their first turn after so many seconds."""
        self._queue: asyncio.Queue[Work | None] = asyncio.Queue()
        self._waiting: set[asyncio.TimerHandle] = set()
        self._is_scattered = False
        self.open = len(works)
        for work in works:
            self.put_later(Later(work=work, seconds=seconds if work.course in late else 0.0))

    def put_later(self, later: Later) -> None:
        """Bring a course back after its wait."""
        if later.seconds <= 0:
            self._queue.put_nowait(later.work)
            return

        def bring_back() -> None:
            self._waiting.discard(timer)
            self._queue.put_nowait(later.work)

        timer = asyncio.get_running_loop().call_later(later.seconds, bring_back)
        self._waiting.add(timer)

    async def get(self) -> Work | None:
        """Give the next course; None when all are done, to every worker that asks."""
        work = await self._queue.get()
        if work is None:
            self._queue.put_nowait(None)
        return work

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
        """Count a course as done; the last one ends the list."""
        self.open -= 1
        if self.open == 0:
            self.end()

    def end(self) -> None:
        """Send every worker home, and bring nothing back."""
        for timer in self._waiting:
            timer.cancel()
        self._waiting.clear()
        self._queue.put_nowait(None)

    def settling_seconds(self) -> float:
        """Give how long the last course that waits has still to wait; 0 where none does."""
        now = asyncio.get_running_loop().time()
        return max((timer.when() - now for timer in self._waiting), default=0.0)

    @property
    def is_idle(self) -> bool:
        """Tell whether every course that is left waits."""
        return self._queue.empty() and len(self._waiting) >= self.open > 0
