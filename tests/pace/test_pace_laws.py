"""P1, P2 and P8 on a virtual clock, counted at a simulated service."""

import asyncio
import random
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent.parent))
from virtual import VirtualClock, VirtualLoop, run_virtually

from batchpub.errors import ExitCode
from batchpub.pace import Gate, GateClosed, Stop, estimate_seconds
from batchpub.state import Ledger, Limits, Outlook, Rest, Slot, open_database

HUGE = 1e-6


def largest_window(arrivals, period):
    """Count by brute force: the most arrivals in any closed window that begins with one."""
    times = sorted(arrivals)
    return max((sum(start <= t < start + period - HUGE for t in times) for start in times), default=0)


async def give_slot_back(ledger, slot, rest):
    async with ledger.database.transaction() as connection:
        portal, now = await ledger.read_portal(connection)
        await ledger.rest_slot(connection, slot, rest, now)
        if rest is Rest.ANSWERED:
            await ledger.note_answer(connection, slot, portal, now, through=True)


async def refuse(ledger, slot, stated=None):
    async with ledger.database.transaction() as connection:
        portal, now = await ledger.read_portal(connection)
        await ledger.rest_slot(connection, slot, Rest.ANSWERED, now)
        return await ledger.close_for_lock(connection, slot, portal, now, stated=stated, cause="429")


async def begin_lock(ledger, stated=None):
    slot = await ledger.take_slot("publish")
    assert isinstance(slot, Slot)
    return await refuse(ledger, slot, stated)


class Service:
    """Counts arrivals. Delays each way are drawn; a lost call arrives up to `settle` after we gave up on it."""

    def __init__(self, rng, limits, *, longest, lost):
        self.rng, self.limits, self.longest, self.lost = rng, limits, longest, lost
        self.arrivals = []
        self.late = []

    async def call(self):
        now = asyncio.get_running_loop().time()
        if self.rng.random() < self.lost:
            await asyncio.sleep(self.limits.total_timeout)
            self.arrivals.append(now + self.rng.uniform(0, self.limits.total_timeout + self.limits.settle))
            return Rest.UNANSWERED
        await asyncio.sleep(self.rng.uniform(0, self.longest))
        self.arrivals.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self.rng.uniform(0, self.longest))
        return Rest.ANSWERED


async def drain(gate, ledger, service, todo):
    while todo:
        todo.pop()
        slot = await gate.acquire("publish")
        rest = await service.call()
        await give_slot_back(ledger, slot, rest)
        gate.notice_change()


async def open_gate(stack, loop, limits, *, run="run", database=None, clock=None):
    clock = clock or VirtualClock(loop)
    database = database or await stack.enter_async_context(open_database(None))
    ledger = Ledger(database, portal="portal", run=run, limits=limits, clock=clock)
    return Gate(ledger, clock=clock), ledger


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    rate=st.integers(1, 40),
    burst=st.integers(1, 40),
    workers=st.integers(1, 40),
    longest=st.sampled_from([0.0, 0.2, 3.0, 14.0]),
    lost=st.sampled_from([0.0, 0.1, 0.5]),
    calls=st.integers(1, 90),
    processes=st.integers(1, 3),
)
def test_no_window_sees_more_than_the_rate(seed, rate, burst, workers, longest, lost, calls, processes):
    """
    Whatever the delays, losses, workers and processes on one state, no period holds more arrivals than the rate.
    """
    limits = Limits(rate=rate, burst=min(burst, rate))
    loop = VirtualLoop()
    service = Service(random.Random(seed), limits, longest=longest, lost=lost)

    async def main():
        async with AsyncExitStack() as stack:
            gate, ledger = await open_gate(stack, loop, limits)
            gates = [(gate, ledger)]
            for number in range(1, processes):
                gates.append(await open_gate(stack, loop, limits, run=f"run {number}", database=ledger.database))
            todo = [None] * calls
            async with asyncio.TaskGroup() as group:
                for number in range(workers):
                    group.create_task(drain(*gates[number % processes], service, todo))

    run_virtually(main(), loop)

    assert calls == len(service.arrivals)
    assert largest_window(service.arrivals, limits.period) <= rate


def test_a_run_that_fits_one_minute_never_waits():
    """
    Up to 30 calls go out at once: no slot, shape or lock is in the way.
    """
    loop, limits = VirtualLoop(), Limits()
    service = Service(random.Random(1), limits, longest=0.2, lost=0)

    async def main():
        async with AsyncExitStack() as stack:
            gate, ledger = await open_gate(stack, loop, limits)
            todo = [None] * 30
            async with asyncio.TaskGroup() as group:
                for _ in range(30):
                    group.create_task(drain(gate, ledger, service, todo))
        return loop.time()

    assert run_virtually(main(), loop) <= 0.4


def test_a_thousand_calls_take_little_more_than_the_optimum():
    """
    1,000 calls at 0.1 s each way need at most 1.04 times the optimum of 1,980 s, and so says the estimate.
    """
    loop, limits = VirtualLoop(), Limits()
    service = Service(random.Random(1), limits, longest=0.2, lost=0)

    async def main():
        async with AsyncExitStack() as stack:
            gate, ledger = await open_gate(stack, loop, limits)
            todo = [None] * 1000
            async with asyncio.TaskGroup() as group:
                for _ in range(30):
                    group.create_task(drain(gate, ledger, service, todo))
        return loop.time()

    took = run_virtually(main(), loop)

    assert took <= 1980 * 1.04
    assert abs(took - estimate_seconds(1000, limits, Outlook(pace=limits.pace))) < 20
    assert largest_window(service.arrivals, 60) <= 30


def test_after_a_lock_one_call_goes_first_and_the_others_keep_their_distance():
    """
    30 workers wait out 300 s and the margin; one call starts then, and the next only after it was answered.
    """
    loop, limits = VirtualLoop(), Limits()
    starts = []

    async def worker(gate, ledger):
        slot = await gate.acquire("publish")
        starts.append(loop.time())
        await asyncio.sleep(1)
        await give_slot_back(ledger, slot, Rest.ANSWERED)
        gate.notice_change()

    async def main():
        async with AsyncExitStack() as stack:
            gate, ledger = await open_gate(stack, loop, limits)
            await begin_lock(ledger)
            async with asyncio.TaskGroup() as group:
                for _ in range(30):
                    group.create_task(worker(gate, ledger))

    run_virtually(main(), loop)
    gaps = [after - before for before, after in zip(starts, starts[1:], strict=False)]

    assert 30 == len(starts)
    assert 305 <= starts[0] < 305.1
    assert min(gaps) >= 60 / 28 - 0.01  # gentle now: 28 a minute, one at a time


def test_repeated_refusals_of_the_first_call_double_the_wait():
    """
    The lock counts from the latest answer; a refused probe waits twice as long, never longer than the cap.
    """
    loop, limits = VirtualLoop(), Limits()

    async def main():
        async with AsyncExitStack() as stack:
            gate, ledger = await open_gate(stack, loop, limits)
            first, in_flight = await gate.acquire("publish"), await gate.acquire("publish")
            told = [await refuse(ledger, first), await refuse(ledger, in_flight)]
            for _ in range(3):
                told.append(await refuse(ledger, await gate.acquire("publish")))
            return [(lock.seconds, lock.is_new) for lock in told]

    assert [(305, True), (305, False), (605, True), (905, True), (905, True)] == run_virtually(main(), loop)


def test_closing_the_gate_wakes_waiters_inside_a_lock_and_loses_no_slot():
    """
    A stop ends all waiting at once, and no slot stays taken by a call that never started.
    """
    loop, limits = VirtualLoop(), Limits()

    async def wait(gate):
        try:
            await gate.acquire("publish")
        except GateClosed:
            return loop.time()

    async def main():
        async with AsyncExitStack() as stack:
            gate, ledger = await open_gate(stack, loop, limits)
            await begin_lock(ledger)
            loop.call_later(10, gate.close, Stop(reason="enough", exit_code=ExitCode.STOPPED_EARLY))
            return await asyncio.gather(*(wait(gate) for _ in range(5)))

    assert [10.0] * 5 == run_virtually(main(), loop)


@settings(deadline=None, max_examples=30)
@given(step=st.sampled_from([-3600.0, 0.0, 3600.0]), same_boot=st.booleans(), away=st.floats(0, 90))
def test_the_next_run_counts_the_same_minute(step, same_boot, away):
    """
    A later process, on this boot or the next, with the wall clock stepped back or not, never adds to a full minute.
    """
    if not same_boot and step > 0:
        return  # a forward jump across reboots cannot be seen; the docs say so
    loop, limits = VirtualLoop(), Limits()
    service = Service(random.Random(3), limits, longest=0.2, lost=0)

    async def main():
        async with AsyncExitStack() as stack:
            gate, ledger = await open_gate(stack, loop, limits)
            await asyncio.gather(*(drain(gate, ledger, service, [None]) for _ in range(30)))
            await asyncio.sleep(away)
            later = VirtualClock(loop) if same_boot else VirtualClock(loop, boot_id="next", offset=-50.0)
            later.step_seconds = step
            gate, ledger = await open_gate(stack, loop, limits, run="later", database=ledger.database, clock=later)
            await asyncio.gather(*(drain(gate, ledger, service, [None]) for _ in range(30)))

    run_virtually(main(), loop)

    assert largest_window(service.arrivals, 60) <= 30
