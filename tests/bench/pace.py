"""Run several ways to pace calls against one simulated service on a virtual clock: `python -m tests.bench.pace`.

The first table: locks met, and the time as a multiple of the optimum `60 x floor((n - 1) / 30)`; for n up to 30, where the
optimum is nothing, the seconds. A refused call waits out the lock that it states, as everybody then does, and is made
again; so each way needs every course through. `--write` puts the tables into docs/pace.md and draws docs/pace.svg.

The others are their real libraries (`pip install '.[bench]'`). Batchpub is its real gate and ledger.
"""

import argparse
import asyncio
import contextlib
import functools
import itertools
import math
import time
from pathlib import Path
from types import SimpleNamespace

import aiometer
import limits
import limits.aio
import pyrate_limiter
from aiolimiter import AsyncLimiter
from limits.aio.storage import memory as limits_memory

from batchpub.pace.gate import Gate
from batchpub.standing import Rest
from batchpub.store.database import open_database
from batchpub.store.ledger import Ledger
from batchpub.store.limits import Limits, NoSlotYet, Refusal
from tests.bench.figure import draw
from tests.support.answering import end_call, end_locked
from tests.support.throttling_service import Service, adversary, constant, lognormal, stall, uniform
from tests.support.virtual_time import VirtualClock, VirtualLoop, run_virtually

DOCS = Path(__file__).parents[2] / "docs"
SIZES = (1, 10, 30, 31, 100, 1_000, 10_000)
WORKERS = 30
WAYS = {
    "const 0.2 s": lambda: constant(0.2),
    "lognormal, median 0.4 s": lambda: lognormal(0.4),
    "uniform 0-5 s": lambda: uniform(0, 5),
    "early calls 8 s late": adversary,
    "stall of 8 s every 97 s": stall,
}

A_MOMENT = 1e-6
SOME_WORKERS = (4, 8, 15, 30)
SOME_WAYS = {
    "const 0.2 s": lambda: constant(0.2),
    "lognormal, median 0.4 s": lambda: lognormal(0.4),
    "uniform 0-5 s": lambda: uniform(0, 5),
    "uniform 0-14 s": lambda: uniform(0, 14),
}


class Locked:
    """What everybody who is polite shares: nobody calls while a lock is known."""

    def __init__(self, service):
        self.service, self.until = service, 0.0

    async def wait(self):
        loop = asyncio.get_running_loop()
        while loop.time() < self.until:  # noqa: ASYNC110 - the lock may have grown meanwhile
            await asyncio.sleep(self.until - loop.time())

    async def call(self):
        if await self.service.call():
            return True
        self.until = max(self.until, asyncio.get_running_loop().time() + self.service.lock)
        return False


async def with_workers(count, service, acquire, workers=WORKERS):
    """Let workers make every call until it is through, each time after `acquire`."""
    todo, locked = list(range(count)), Locked(service)

    async def work():
        while todo:
            todo.pop()
            while True:
                await locked.wait()
                await acquire()
                if await locked.call():
                    break

    async with asyncio.TaskGroup() as group:
        for _ in range(min(workers, count)):
            group.create_task(work())


async def batchpub(count, service, workers=WORKERS):
    loop = asyncio.get_running_loop()
    clock, rules = VirtualClock(loop), Limits()
    todo, waited = list(range(count)), []
    async with open_database(None) as database:
        ledger = Ledger(database, portal="portal", run="run", limits=rules, clock=clock)
        gate = Gate(ledger, clock=clock)
        ask = ledger.take_slot

        async def take_slot(operation, **more):
            found = await ask(operation, **more)
            if isinstance(found, NoSlotYet) or found.opens_at > clock.boot_seconds() + A_MOMENT:
                waited.append(loop.time())
            return found

        ledger.take_slot = take_slot

        async def work():
            while todo:
                todo.pop()
                while True:
                    slot = await gate.acquire("publish")
                    through = await service.call()
                    if not through:
                        gate.notice_lock(rules.lock)
                    if through:
                        await end_call(ledger, slot, Rest.ANSWERED, through=True)
                    else:
                        lock = await end_locked(ledger, slot, Refusal(cause="429"))
                        gate.notice_lock(lock.seconds)
                    gate.notice_change()
                    if through:
                        break

        async with asyncio.TaskGroup() as group:
            for _ in range(min(workers, count)):
                group.create_task(work())
    if count <= rules.rate and not service.locks and waited:
        raise AssertionError(f"{len(waited)} waits for a slot with {count} courses")


async def aiolimiter_30_60(count, service):
    limiter = AsyncLimiter(30, 60)
    await with_workers(count, service, limiter.acquire)


async def aiolimiter_1_2(count, service):
    limiter = AsyncLimiter(1, 2)
    await with_workers(count, service, limiter.acquire)


async def sleep_2(count, service):
    first = itertools.count()

    async def rest():
        await asyncio.sleep(2 if next(first) else 0)

    await with_workers(count, service, rest, workers=1)


async def pyrate(count, service):
    loop = asyncio.get_running_loop()
    bucket = pyrate_limiter.InMemoryBucket([pyrate_limiter.Rate(30, 60_000)])
    bucket._clock = SimpleNamespace(now=lambda: round(loop.time() * 1000))
    limiter = pyrate_limiter.Limiter(pyrate_limiter.SingleBucketFactory(bucket, schedule_leak=False))
    await with_workers(count, service, lambda: limiter.try_acquire_async("zoho"))


async def limits_moving_window(count, service):
    loop = asyncio.get_running_loop()
    limiter = limits.aio.strategies.MovingWindowRateLimiter(limits_memory.MemoryStorage())
    rate = limits.parse("30/minute")

    async def acquire():
        while not await limiter.hit(rate, "zoho"):
            stats = await limiter.get_window_stats(rate, "zoho")
            await asyncio.sleep(max(stats.reset_time - loop.time(), 0.01))

    await with_workers(count, service, acquire)


async def aiometer_half(count, service):
    locked = Locked(service)

    async def one(_number):
        while True:
            await locked.wait()
            if await locked.call():
                return

    await aiometer.run_on_each(one, range(count), max_at_once=WORKERS, max_per_second=0.5)


CONTENDERS = {
    "**batchpub**": batchpub,
    "`AsyncLimiter(30, 60)`": aiolimiter_30_60,
    "`AsyncLimiter(1, 2)`": aiolimiter_1_2,
    "loop with `sleep(2)`": sleep_2,
    "pyrate-limiter, 30 a minute": pyrate,
    "limits, moving window": limits_moving_window,
    "aiometer, 0.5 a second": aiometer_half,
}


@contextlib.contextmanager
def on_virtual_time(loop):
    """Let `limits` read the loop's time, and do in line what it does in a thread: threads know no virtual time."""

    async def in_line(function, *arguments):
        return function(*arguments)

    kept = limits_memory.time, limits.aio.strategies.time, asyncio.to_thread
    virtual = SimpleNamespace(time=loop.time)
    limits_memory.time = limits.aio.strategies.time = virtual
    asyncio.to_thread = in_line
    try:
        yield
    finally:
        limits_memory.time, limits.aio.strategies.time, asyncio.to_thread = kept


def run(contender, way, count, **dials):
    """Run one way to pace; give the service with all that it saw."""
    loop = VirtualLoop(tick=1e-7)
    service = Service(way, **dials)

    async def main():
        await contender(count, service)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)

    with on_virtual_time(loop):
        run_virtually(main(), loop)
    if len(service.arrivals) - service.refused != count:
        raise AssertionError(f"{len(service.arrivals) - service.refused} of {count} calls came through")
    return service


def optimum(count):
    return 60 * math.floor((count - 1) / 30)


def time_of(service, count):
    best = optimum(count)
    return f"{service.answered_at / best:.2f}" if best else f"{service.answered_at:.1f} s"


def cell(service, count):
    return f"{len(service.locks)} / {time_of(service, count)}"


def make_table(sizes):
    """Yield the lines of the table as they are known."""
    yield "| n | delay each way | " + " | ".join(CONTENDERS) + " |"
    yield "|---" * (2 + len(CONTENDERS)) + "|"
    for count in sizes:
        for name, way in WAYS.items():
            cells = [cell(run(contender, way(), count), count) for contender in CONTENDERS.values()]
            yield f"| {count:,} | {name} | " + " | ".join(cells) + " |"


def make_gentle_table():
    """Yield what becomes of a thousand courses where the limit is not ours alone, or is lower than it is said."""
    yield "| 1,000 courses, 0.2 s each way | locks | time as a multiple of the optimum |"
    yield "|---|---|---|"
    trouble = {
        "nobody else, and the 31st call trips": {},
        "a neighbour takes 5 of the 30 calls a minute": {"neighbour_every": 12.0},
        "the 30th call already trips": {"trips_at": 30},
    }
    for name, dials in trouble.items():
        service = run(batchpub, constant(0.2), 1_000, **dials)
        yield f"| {name} | {len(service.locks)} | {service.answered_at / optimum(1_000):.2f} |"


def make_workers_table():
    """Yield what more or fewer workers make of batchpub's time."""
    yield "| n | delay each way | " + " | ".join(f"{workers} workers" for workers in SOME_WORKERS) + " |"
    yield "|---" * (2 + len(SOME_WORKERS)) + "|"
    for count, name in itertools.product((30, 100, 1_000), SOME_WAYS):
        services = [
            run(functools.partial(batchpub, workers=workers), SOME_WAYS[name](), count) for workers in SOME_WORKERS
        ]
        yield f"| {count:,} | {name} | " + " | ".join(time_of(service, count) for service in services) + " |"


def replace_block(text, name, lines):
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, rest = text.split(begin)
    return f"{before}{begin}\n\n" + "\n".join(lines) + f"\n\n{end}{rest.split(end)[1]}"


TABLES = {"table": make_table, "gentle table": make_gentle_table, "workers table": make_workers_table}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=lambda told: [int(n) for n in told.split(",")], default=SIZES)
    parser.add_argument("--table", choices=TABLES, action="append", help="only this one; more than once: these")
    parser.add_argument("--write", action="store_true", help="write docs/pace.md and docs/pace.svg")
    told = parser.parse_args()
    page, began = DOCS / "pace.md", time.monotonic()
    for name in told.table or TABLES:
        lines = []
        for line in TABLES[name](told.sizes) if name == "table" else TABLES[name]():
            print(line, flush=True)
            lines.append(line)
        print()
        if told.write:
            page.write_text(replace_block(page.read_text(), name, lines))
    if told.write:
        ours, bare = (run(contender, constant(0.2), 150) for contender in (batchpub, aiolimiter_30_60))
        (DOCS / "pace.svg").write_text(draw(ours, bare))
    print(f"{time.monotonic() - began:.0f} s of real time")


if __name__ == "__main__":
    main()
