"""A simulated service on the running loop's time: it counts arrivals, locks, and knows nothing of the program."""

import asyncio
import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

Delay = Callable[[float, int], float]
"""Seconds on the way, from when a call sets out and its number."""


@dataclass(frozen=True)
class Way:
    """How long calls take: there, and back."""

    there: Delay
    back: Delay


def constant(seconds):
    return Way(lambda _now, _number: seconds, lambda _now, _number: seconds)


def lognormal(median, *, seed=1, sigma=0.8):
    rng = random.Random(seed)
    delay = lambda _now, _number: rng.lognormvariate(math.log(median), sigma)  # noqa: E731 - two uses of one line
    return Way(delay, delay)


def uniform(low, high, *, seed=1):
    rng = random.Random(seed)
    delay = lambda _now, _number: rng.uniform(low, high)  # noqa: E731 - as above
    return Way(delay, delay)


def adversary(delay=8.0, quick=0.2):
    """Every other thirty is held back, so that it arrives among the calls of the next thirty."""
    return Way(lambda _now, number: delay if number % 60 < 30 else quick, lambda _now, _number: quick)


def stall(every=97.0, lasting=8.0, quick=0.2):
    """Every so often nothing gets through for a while; then all of it arrives at once."""
    return Way(lambda now, _number: quick + max(0.0, lasting - now % every), lambda _now, _number: quick)


class Service:
    """Allows `limit` calls in any closed window of `period` seconds; the one with number `trips_at` starts a lock."""

    def __init__(self, way, *, limit=30, period=60.0, lock=300.0, trips_at=None, neighbour_every=None):
        self.way, self.limit, self.period, self.lock = way, limit, period, lock
        self.trips_at = trips_at or limit + 1
        self.arrivals = []
        self.refused = 0
        self.locks = []
        self.starts = []
        self.answered_at = 0.0
        self._counted = deque()
        self._neighbour_every, self._neighbour_at = neighbour_every, 0.0

    async def call(self):
        """Make a call; True when it was let through."""
        loop = asyncio.get_running_loop()
        number = len(self.starts)
        self.starts.append(loop.time())
        await asyncio.sleep(self.way.there(loop.time(), number))
        through = self._arrive(loop.time())
        await asyncio.sleep(self.way.back(loop.time(), number))
        self.answered_at = loop.time()
        return through

    def _arrive(self, now):
        while self._neighbour_every and self._neighbour_at <= now:
            self._count(self._neighbour_at)
            self._neighbour_at += self._neighbour_every
        self.arrivals.append(now)
        through = self._count(now)
        self.refused += not through
        return through

    def _count(self, now):
        if self.locks and now < self.locks[-1] + self.lock:
            return False
        while self._counted and self._counted[0] < now - self.period:
            self._counted.popleft()
        if len(self._counted) + 1 >= self.trips_at:
            self.locks.append(now)
            return False
        self._counted.append(now)
        return True


def largest_rolling(arrivals, period):
    """Give the most arrivals in any closed window of a period."""
    times, first, most = sorted(arrivals), 0, 0
    for last, moment in enumerate(times):
        while times[first] < moment - period:
            first += 1
        most = max(most, last - first + 1)
    return most


def largest_fixed(arrivals, period, phase):
    """Give the most arrivals in one of the periods that follow each other from a phase on."""
    counts = {}
    for moment in arrivals:
        number = math.floor((moment - phase) / period)
        counts[number] = counts.get(number, 0) + 1
    return max(counts.values(), default=0)


def largest_first_call(arrivals, period):
    """Give the most arrivals in a period that begins with the first call after the one before."""
    began, count, most = -math.inf, 0, 0
    for moment in sorted(arrivals):
        if moment >= began + period:
            began, count = moment, 0
        count += 1
        most = max(most, count)
    return most


def largest_framed(arrivals, period, frame=1.0):
    """Give the most arrivals in a period that is counted in whole frames: a call may count almost a frame longer."""
    frames = sorted(math.floor(moment / frame) for moment in arrivals)
    return largest_rolling(frames, round(period / frame))


def largest_of_all(arrivals, period, frame=1.0):
    """Give the most that any way of counting finds."""
    phases = [period * part / 7 for part in range(7)]
    return max(
        largest_rolling(arrivals, period),
        largest_first_call(arrivals, period),
        largest_framed(arrivals, period, frame),
        *(largest_fixed(arrivals, period, phase) for phase in phases),
    )
