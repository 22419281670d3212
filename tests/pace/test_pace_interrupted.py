"""No slot is lost: a waiter is interrupted, or the process dies, at every single await in turn."""

import asyncio
import itertools
import shutil
import types
from contextlib import AsyncExitStack

import pytest
from support.virtual_time import VirtualClock, VirtualLoop, run_virtually
from world import UP

from batchpub.pace.gate import Gate
from batchpub.store.database import open_database
from batchpub.store.ledger import Ledger
from batchpub.store.limits import Limits

LIMITS = Limits(rate=2, burst=1)
DEAD_SECONDS = LIMITS.lease + LIMITS.total_timeout + LIMITS.settle + LIMITS.rest + 2 * LIMITS.period / LIMITS.rate
"""After so long no call of a dead process can be under way or count, and the spacing of two more has passed."""


class Broken(Exception):
    """Trouble that nobody foresaw."""


@types.coroutine
def watched(coroutine, at_each):
    """Run a coroutine. Wherever it waits, `at_each` may give an error that is thrown into it instead."""
    thrown = None
    while True:
        try:
            awaited = coroutine.send(None) if thrown is None else coroutine.throw(thrown)
        except StopIteration as done:
            return done.value
        thrown = at_each()
        if thrown is not None:
            if awaited is not None:
                awaited._asyncio_future_blocking = False
                awaited.cancel()
            continue
        try:
            yield awaited
        except BaseException as error:  # noqa: BLE001 - a time-out, which belongs inside
            thrown = error


async def interrupted(coroutine, number, error):
    """Run a coroutine, with an error at its `number`th await; give whether it has that many."""
    steps = itertools.count(1)
    try:
        await watched(coroutine, lambda: error if next(steps) == number else None)
    except (asyncio.CancelledError, Exception):  # noqa: BLE001 - whoever it met on its way out may have wrapped it
        assert next(steps) > number
    return next(steps) > number


async def open_gate(stack, loop, path, run, *, clock=None):
    database = await stack.enter_async_context(open_database(path))
    clock = clock or VirtualClock(loop, offset=UP)
    ledger = Ledger(database, portal="portal", run=run, limits=LIMITS, clock=clock)
    return Gate(ledger, clock=clock), ledger


async def in_flight(ledger):
    return len((await ledger.look_ahead("publish")).taken)


async def renew(ledger, slot):
    assert await ledger.begin_call(slot) is not None


async def wait_for_a_slot(gate):
    """Wait in the queue, for a place, and for the shape; then give it back unused."""
    slot = await gate.acquire("publish")
    await gate.give_back(slot)


async def take_both(gate, loop):
    """Give when two places could be had: nothing of what came before holds one any more."""
    await gate.acquire("publish")
    await gate.acquire("publish")
    return loop.time()


@pytest.mark.parametrize("error", [asyncio.CancelledError, Broken])
def test_a_waiter_interrupted_at_any_await_leaves_no_slot_taken(tmp_path, error):
    """
    Cancelled or broken at its n-th await, for every n: the place is free at once, and the next in line gets it.
    """

    async def main(loop, number):
        async with AsyncExitStack() as stack:
            gate, ledger = await open_gate(stack, loop, tmp_path / f"{number}.db", "run")
            held = [await gate.acquire("publish") for _ in range(2)]
            loop.call_later(10, lambda: asyncio.ensure_future(gate.give_back(held[0])))
            waiting = asyncio.ensure_future(interrupted(wait_for_a_slot(gate), number, error()))
            behind = asyncio.ensure_future(gate.acquire("publish"))
            met = await waiting
            await behind
            await asyncio.sleep(0.1)
            return met, loop.time(), await in_flight(ledger)

    number, met = 0, True
    while met:
        number += 1
        loop = VirtualLoop()
        met, at, taken = run_virtually(main(loop, number), loop, slowly=True)
        assert 2 == taken  # the one still held, and the next in line
        assert at < 95  # the shape that was paid for is the only thing lost
    assert number > 5


@pytest.mark.slow
def test_trouble_in_the_state_at_any_await_leaves_no_slot_taken_for_good(tmp_path):
    """
    The transaction that takes a slot breaks at its n-th await, for every n: after a dead call's time both are free.
    """

    async def main(loop, number):
        async with AsyncExitStack() as stack:
            gate, ledger = await open_gate(stack, loop, tmp_path / f"{number}.db", "run")
            met = await interrupted(ledger.take_slot("publish"), number, Broken())
            return met, await take_both(gate, loop)

    number, met = 0, True
    while met:
        number += 1
        loop = VirtualLoop()
        met, at = run_virtually(main(loop, number), loop, slowly=True)
        assert at <= DEAD_SECONDS
    assert number > 10


@pytest.mark.slow
def test_a_process_that_dies_at_any_await_leaves_no_slot_taken_for_good(tmp_path):
    """
    What the disk holds at each await of taking, renewing and giving back is what `kill -9` would leave: the next
    process has both places after a dead call's time, and no sooner than the dead one's call could count.
    """
    path, images = tmp_path / "s.db", []

    def take_image():
        image = tmp_path / f"image{len(images)}.db"
        for suffix in ("", "-wal"):
            source = path.with_name(path.name + suffix)
            if source.exists():
                shutil.copy(source, image.with_name(image.name + suffix))
        images.append(image)

    async def live(loop):
        async with AsyncExitStack() as stack:
            _, ledger = await open_gate(stack, loop, path, "run")
            for _ in range(2):
                slot = await watched(ledger.take_slot("publish"), take_image)
                await watched(renew(ledger, slot), take_image)
                await watched(ledger.give_back(slot), take_image)
                await asyncio.sleep(LIMITS.period)

    async def rise(loop, image):
        async with AsyncExitStack() as stack:
            clock = VirtualClock(loop, offset=UP + 5)
            gate, ledger = await open_gate(stack, loop, image, "next", clock=clock)
            taken = await in_flight(ledger)
            return taken, await take_both(gate, loop)

    loop = VirtualLoop()
    run_virtually(live(loop), loop, slowly=True)
    seen = set()
    for image in images:
        loop = VirtualLoop()
        taken, at = run_virtually(rise(loop, image), loop)
        seen.add(taken)
        assert at <= DEAD_SECONDS
    assert {0, 1} == seen
    assert len(images) > 20
