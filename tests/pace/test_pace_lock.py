"""The lock: how long, one call first, doubling, gentler, and what a run makes of it."""

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.answering import end_call, end_locked
from support.virtual_time import VirtualClock, VirtualLoop, run_virtually
from world import Process, Service, World

from batchpub.pace.estimate import estimate_seconds
from batchpub.pace.gate import GateClosed
from batchpub.standing import Rest
from batchpub.stopping import Stop, StopReason
from batchpub.store.limits import Limits, Outlook, Pace, Refusal, lock_wait


def run_world(main, limits=None, **dials):
    """Run `main(world)` in a fresh world, and give what it gives."""
    loop = VirtualLoop()
    limits = limits or Limits()
    world = World(loop, limits, Service(random.Random(1), limits, **dials))

    async def inside():
        async with world:
            return await main(world)

    return run_virtually(inside(), loop)


async def refuse(process, slot, stated=None):
    """Answer a call with the lock; give the seconds to wait and whether that is told as a new lock."""
    lock = await end_locked(process.ledger, slot, Refusal(stated=stated, cause="429"))
    process.gate.notice_lock(lock.seconds)
    return lock


async def let_through(process, slot):
    await end_call(process.ledger, slot, Rest.ANSWERED, through=True)
    process.gate.notice_change()


async def renew(process, slot):
    return await process.ledger.begin_call(slot) is not None


@pytest.mark.parametrize(("gentle", "gap"), [(False, 2.0), (True, 60 / 28)])
def test_after_a_lock_one_call_goes_first_and_the_others_keep_their_distance(gentle, gap):
    """
    30 workers, burst 1, a lock of 300 s and 5 s of margin: one call at its end, then one every two seconds; after an
    unexplained lock at 28 a minute. They go in the order in which they came.
    """

    async def main(world):
        process = Process(world, "run")
        await refuse(process, await process.gate.acquire("publish"))
        if not gentle:
            await process.ledger.forget_gentleness()
        order = []

        async def work(number):
            slot = await process.gate.acquire("publish")
            order.append((number, world.loop.time()))
            await asyncio.sleep(1)
            await let_through(process, slot)

        async with asyncio.TaskGroup() as group:
            for number in range(30):
                group.create_task(work(number))
        return order

    order = run_world(main, Limits(burst=1))

    assert list(range(30)) == [number for number, _ in order]
    assert [pytest.approx(305 + number * gap, abs=0.05) for number in range(28)] == [at for _, at in order[:28]]


def test_repeated_refusals_of_the_first_call_double_the_wait():
    """
    The lock counts from the latest answer; a refused first call waits twice as long, never longer than the cap.
    """

    async def main(world):
        process = Process(world, "run")
        gate = process.gate
        first, in_flight = await gate.acquire("publish"), await gate.acquire("publish")
        told = [await refuse(process, first), await refuse(process, in_flight)]
        for _ in range(3):
            told.append(await refuse(process, await gate.acquire("publish")))
        return [(lock.seconds, lock.is_new, lock.gentler is not None) for lock in told]

    assert [
        (305, True, True),
        (305, False, False),
        (605, True, False),
        (905, True, False),
        (905, True, False),
    ] == run_world(main)


def test_a_late_refusal_of_a_call_sent_before_the_lock_was_over_is_the_same_lock():
    """
    Sent before a short lock, refused after the first call was let through, in another process: everybody waits again,
    but nobody becomes gentler or waits twice as long for it.
    """

    async def main(world):
        one, other = Process(world, "one"), Process(world, "other")
        refused, slow = await one.gate.acquire("publish"), await other.gate.acquire("publish")
        first = await refuse(one, refused, 1.0)
        probe = await one.gate.acquire("publish")
        await let_through(one, probe)
        late = await refuse(other, slow, 1.0)
        again = await one.gate.acquire("publish")
        return first, late, await refuse(one, again, 1.0), world.loop.time()

    first, late, repeated, took = run_world(main)

    assert (6, True, 28) == (first.seconds, first.is_new, first.gentler.rate)
    assert (6, False, None) == (late.seconds, late.is_new, late.gentler)
    assert (305, True, None) == (repeated.seconds, repeated.is_new, repeated.gentler)
    assert 12 <= took < 16


def test_a_slot_from_before_a_lock_is_no_way_around_the_first_call():
    """
    Whoever took a slot before a lock and comes to its call after it goes back to the gate.
    """

    async def main(world):
        process = Process(world, "run")
        refused, kept = await process.gate.acquire("publish"), await process.gate.acquire("publish")
        await refuse(process, refused, 1.0)
        in_lock = await renew(process, kept)
        await asyncio.sleep(7)
        after = await renew(process, kept)
        probe = await process.gate.acquire("publish")
        beside = await renew(process, kept)
        may_first = await renew(process, probe)
        await let_through(process, probe)
        return in_lock, after, beside, await renew(process, kept), may_first

    assert (False, False, False, False, True) == run_world(main)


def test_only_what_was_locked_ends_the_lock():
    """
    A reading that is let through says nothing about publishing: the next call still goes alone, and doubles.
    """

    async def main(world):
        process = Process(world, "run")
        await refuse(process, await process.gate.acquire("publish"))
        reading = await process.gate.acquire("read")
        await let_through(process, reading)
        return await refuse(process, await process.gate.acquire("publish"))

    assert 605 == run_world(main).seconds


def test_an_unexplained_lock_makes_the_portal_gentler_for_a_day():
    """
    Burst 1 and two fewer, then a tenth fewer each time, reads counted together; a day later all is forgotten, a wall
    clock set back keeps it for a day at most, and the operator may forget it at once.
    """

    async def main(world):
        process = Process(world, "run")
        paces = []
        for _ in range(3):
            slot = await process.gate.acquire("publish")
            paces.append((await refuse(process, slot)).gentler)
            await let_through(process, await process.gate.acquire("publish"))
        process.clock.step_seconds = -30 * 86_400
        await asyncio.sleep(86_300)
        kept = (await process.ledger.look_ahead("publish")).pace
        await asyncio.sleep(86_401)
        forgotten = (await process.ledger.look_ahead("publish")).pace
        await refuse(process, await process.gate.acquire("publish"))
        await process.ledger.forget_gentleness()
        return paces, kept, forgotten, (await process.ledger.look_ahead("publish")).pace

    paces, kept, forgotten, at_will = run_world(main)

    assert [Pace(rate=rate, burst=1, shared=True) for rate in (28, 25, 22)] == paces
    assert paces[-1] == kept
    assert [Limits().pace] * 2 == [forgotten, at_will]


@pytest.mark.parametrize(("count", "is_gentler"), [(30, True), (31, False)])
def test_a_lock_that_a_higher_rate_explains_makes_nobody_gentler(count, is_gentler):
    """
    An earlier run with --rate 60 is known to have exceeded 30: its lock is no reason to be gentle. 30 are no excess.
    """

    async def main(world):
        fast, slow = Process(world, "fast", limits=Limits(rate=60, burst=60)), Process(world, "slow")
        taken = [await fast.ledger.take_slot("publish") for _ in range(count)]
        return await refuse(slow, taken[-1])

    lock = run_world(main)

    assert (True, is_gentler) == (lock.is_new, lock.gentler is not None)


@pytest.mark.parametrize(
    ("stated", "waits"),
    [
        (None, [300, 600, 1200, 2400, 4800, 9000]),
        (400.0, [400, 800, 1600, 3200, 6400, 9000]),
        (60.0, [60, 300, 600, 1200, 2400, 4800]),
        (0.0, [0, 300, 600, 1200, 2400, 4800]),
        (20_000.0, [20_000] * 6),
        (86_401.0, [300, 600, 1200, 2400, 4800, 9000]),
        (-1.0, [300, 600, 1200, 2400, 4800, 9000]),
    ],
)
def test_each_repeat_of_a_lock_is_waited_for_twice_as_long(stated, waits):
    """
    From what it states, or else from what a lock lasts, up to the longest; never shorter than it states, and what no lock
    lasts counts as not stated.
    """
    limits = Limits(max_lock=9000.0)

    assert waits == [lock_wait(limits, stated, level) for level in range(1, 7)]


def test_the_estimate_knows_the_lock_the_pace_and_the_places_taken():
    """
    What the state says must be expected is what calls then meet, to within a round trip.
    """
    told = {}

    async def main(world):
        process = Process(world, "run")
        await asyncio.gather(*(process.step("publish") for _ in range(20)))
        await refuse(process, await process.gate.acquire("publish"))
        told["outlook"] = await process.ledger.look_ahead("publish")
        began, count = world.loop.time(), 100
        told["eta"] = estimate_seconds(count, world.limits, told["outlook"])
        process.start(10, [None] * count)
        await process.finish()
        return world.loop.time() - began

    took = run_world(main, longest=0.2)

    assert (305, 28, 21) == (
        round(told["outlook"].lock_seconds),
        told["outlook"].pace.rate,
        len(told["outlook"].taken),
    )
    assert abs(took - told["eta"]) < 3


@pytest.mark.parametrize(
    ("calls", "outlook", "seconds"),
    [
        (0, {}, 0),
        (1, {}, 0),
        (30, {}, 0),
        (31, {}, 62),
        (40, {}, 62),
        (1, {"lock_seconds": 305.0}, 305),
        (1, {"taken": (20.0,) * 30}, 20),
        (10, {"taken": (20.0,) * 15}, 0),
        (16, {"taken": (20.0,) * 15}, 20),
        (3, {"pace": Pace(rate=28, burst=1, shared=True), "lock_seconds": 100.0}, 100 + 2 * 60 / 28),
        (1, {"pace": Pace(rate=28, burst=1, shared=True), "taken": tuple(range(1, 31))}, 3),
        (0, {"taken": (20.0,) * 30}, 0),
        (1, {"pace": Pace(rate=30, burst=1)}, 0),
        (31, {"pace": Pace(rate=30, burst=1)}, 62),
        (32, {"pace": Pace(rate=30, burst=1)}, 64),
        (61, {"pace": Pace(rate=30, burst=1)}, 124),
        (61, {"pace": Pace(rate=30, burst=1), "taken": (3.0,) * 30}, 127),
        (30, {"pace": Pace(rate=30, burst=10), "taken": (3.0,) * 30}, 43),
        (59, {"taken": (*[0.0] * 29, 200.0)}, 124),
    ],
)
def test_estimates(calls, outlook, seconds):
    """
    By hand: places that are free, taken, locked, fewer, spaced.
    """
    limits = Limits(guard=2.0)

    assert seconds == pytest.approx(estimate_seconds(calls, limits, Outlook(**{"pace": limits.pace, **outlook})))


@settings(max_examples=25)
@given(
    calls=st.integers(1, 60),
    rate=st.integers(1, 5),
    taken=st.lists(st.floats(0, 400), max_size=7),
    lock=st.sampled_from([0.0, 0.0, 90.0]),
)
def test_the_estimate_is_when_the_last_call_starts_if_each_takes_the_place_that_is_free_first(calls, rate, taken, lock):
    """
    Where calls are not spaced: found by playing it, call for call; a place more than a round late serves less often.
    """
    limits = Limits(rate=rate, burst=rate)
    places = [0.0] * max(0, rate - len(taken)) + sorted(taken)[-rate:]
    for _ in range(calls):
        places.sort()
        start = max(places[0], lock)
        places[0] = start + limits.rest

    assert pytest.approx(start) == estimate_seconds(
        calls, limits, Outlook(pace=limits.pace, lock_seconds=lock, taken=tuple(taken))
    )


def test_closing_the_gate_wakes_waiters_inside_a_lock_and_loses_no_slot():
    """
    A stop ends all waiting at once, and no slot stays taken by a call that never started.
    """

    async def main(world):
        process = Process(world, "run")
        await refuse(process, await process.gate.acquire("publish"))

        async def wait():
            try:
                await process.gate.acquire("publish")
            except GateClosed:
                return world.loop.time()

        world.loop.call_later(10, process.gate.close, Stop(reason=StopReason.OWN_RULE))
        return await asyncio.gather(*(wait() for _ in range(5))), await process.ledger.look_ahead("publish")

    woken, outlook = run_world(main)

    assert [10.0] * 5 == woken
    assert [Limits().rest - 10] == [pytest.approx(left, abs=1e-6) for left in outlook.taken]  # the refused call alone


def test_who_leaves_in_a_lock_takes_no_place_along():
    """
    The head of the queue has a place that opens later; a lock begins, a place comes back, and the head is cancelled.
    """

    async def main(world):
        process = Process(world, "run")
        gate = process.gate
        await let_through(process, await gate.acquire("publish"))
        waiting = asyncio.ensure_future(gate.acquire("publish"))
        await asyncio.sleep(1)
        before = len((await process.ledger.look_ahead("publish")).taken)
        gate.notice_lock(10)
        gate.notice_change(freed=True)
        await asyncio.sleep(1)
        waiting.cancel()
        await asyncio.wait({waiting})
        return before, len((await process.ledger.look_ahead("publish")).taken)

    assert (2, 1) == run_world(main, Limits(rate=1, burst=1))


def test_a_run_that_fits_one_minute_never_waits():
    """
    Up to 30 calls go out at once: no slot, shape or lock is in the way.
    """

    async def main(world):
        process = Process(world, "run")
        process.start(30, [None] * 30)
        await process.finish()
        return {started.at for started in world.started}

    assert {0.0} == run_world(main, longest=0.2)


def test_many_calls_take_little_more_than_the_optimum():
    """
    200 calls at up to 0.2 s each way need at most 1.04 times the optimum of 360 s, and so says the estimate.
    """
    limits = Limits()

    async def main(world):
        process = Process(world, "run")
        process.start(30, [None] * 200)
        await process.finish()
        return world.loop.time()

    took = run_world(main, longest=0.2)

    assert took <= 360 * 1.04
    assert abs(took - estimate_seconds(200, limits, Outlook(pace=limits.pace))) < 5


def test_a_lock_is_kept_across_a_boot_with_the_wall_clock_set_back():
    """
    The next boot waits out what is left; a wall clock set back by an hour never makes it shorter.
    """

    async def main(world):
        process = Process(world, "run")
        await refuse(process, await process.gate.acquire("publish"))
        await asyncio.sleep(100)
        told = []
        for step in (0.0, -3_600.0):
            clock = VirtualClock(world.loop, boot_id=f"boot {step}", offset=3.0)
            clock.step_seconds = step
            told.append((await Process(world, "later", clock=clock).ledger.look_ahead("publish")).lock_seconds)
        return told

    assert [pytest.approx(205, abs=0.01), pytest.approx(205, abs=0.01)] == run_world(main)


@pytest.mark.parametrize("offset", [3.0, 2e6])
def test_a_call_rests_as_long_across_a_boot(offset):
    """
    An answer of 20 seconds ago: its place opens when it would have, whatever the next boot's clock begins with.
    """

    async def main(world):
        process = Process(world, "run")
        slot = await process.gate.acquire("publish")
        assert await process.ledger.begin_call(slot) is not None
        await end_call(process.ledger, slot, Rest.ANSWERED, through=True)
        await asyncio.sleep(20)
        clock = VirtualClock(world.loop, boot_id="the next boot", offset=offset)
        return (await Process(world, "later", clock=clock).ledger.look_ahead("publish")).taken

    assert [pytest.approx(41, abs=0.01)] == list(run_world(main))


def test_a_used_up_quota_makes_nothing_gentler():
    """
    It closes the portal for as long as it says, and says nothing of the pace.
    """

    async def main(world):
        process = Process(world, "run")
        slot = await process.gate.acquire("publish")
        assert await process.ledger.begin_call(slot) is not None

        lock = await end_locked(process.ledger, slot, Refusal(cause="quota", stated=86_400.0, is_quota=True))

        return lock.gentler, lock.is_new, (await process.ledger.look_ahead("publish")).pace

    limits = Limits()
    assert (None, True, limits.pace) == run_world(main, limits)
