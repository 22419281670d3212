"""The gate alone, before a scripted ledger: who goes next, what becomes of a place, and when a wait ends."""

import asyncio
import math
from collections import defaultdict
from dataclasses import replace

import pytest
from support.uptime import virtual_offset
from support.virtual_time import VirtualClock, VirtualLoop, run_virtually
from world import UP

from batchpub.pace.gate import Gate, GateClosed
from batchpub.stopping import Stop, StopReason
from batchpub.store.limits import Limits, NoSlotYet, Outlook, Pace, Slot

ENOUGH = Stop(reason=StopReason.ASKED)
LATER = Stop(reason=StopReason.BUG)


class Ledger:
    """Finds for each question what its script has next, and in the end a new place that is open."""

    def __init__(self, loop, limits, *found):
        self.loop, self.limits, self.found = loop, limits, list(found)
        self.asked, self.taken, self.given, self.number = [], [], [], 100
        self.slowly = 0.0

    def make_slot(self, operation="publish", **more):
        self.number += 1
        return Slot(slot=self.number, operation=operation, **{"pace": self.limits.pace, **more})

    async def take_slot(self, operation, *, instead_of=None):
        self.asked.append((self.loop.time(), operation, instead_of and instead_of.slot))
        await asyncio.sleep(self.slowly)
        found = self.found.pop(0) if self.found else self.make_slot(operation)
        self.taken += [found.slot] if isinstance(found, Slot) else []
        return found

    async def give_back(self, slot):
        await asyncio.sleep(self.slowly)
        self.given.append(slot.slot)


class Door:
    """A gate, its ledger and its clock; `told` holds what it says of locks, `passed` who went through when."""

    def __init__(self, limits=None, *found, up=UP):
        self.loop = VirtualLoop()
        self.limits = limits or Limits()
        self.ledger = Ledger(self.loop, self.limits, *found)
        self.clock = VirtualClock(self.loop, offset=up)
        self.told, self.passed = [], {}
        self.gate = Gate(
            self.ledger,
            clock=self.clock,
            on_lock_wait=lambda seconds: self.told.append(("wait", seconds)),
            on_lock_found=lambda seconds: self.told.append(("found", seconds)),
        )

    async def enter(self, name="it", operation="publish"):
        """Pass the gate; give the number of the place, or "closed"."""
        try:
            slot = await self.gate.acquire(operation)
        except GateClosed:
            self.passed[name] = (self.loop.time(), "closed")
            return None
        self.passed[name] = (self.loop.time(), slot.slot)
        return slot

    def at(self, seconds, act):
        self.loop.call_later(seconds, act)

    def run(self, *mains):
        async def main():
            return await asyncio.gather(*mains)

        return run_virtually(main(), self.loop)


def opening(number, seconds, **more):
    """A place that opens so many seconds after the beginning."""
    return Slot(slot=number, operation="publish", pace=Limits().pace, opens_at=UP + virtual_offset() + seconds, **more)


def near(moment):
    return pytest.approx(moment, abs=0.002)


def test_the_first_reason_to_stop_stays():
    """
    Whoever asks later why the run ended hears what ended it.
    """
    door = Door()

    door.gate.close(ENOUGH)
    door.gate.close(LATER)

    assert ENOUGH is door.gate.stop
    door.loop.close()


def test_a_machine_that_was_just_started_lets_calls_go():
    """
    At its boot time 0 there is no lock and nothing to wait for.
    """
    door = Door(up=0.0)

    assert (0.0, (0.0,) * 30) == (door.gate.outlook().lock_seconds, door.gate.outlook().taken)
    door.run(door.enter())

    assert {"it": (0.0, 101)} == door.passed
    assert [] == door.told


def test_who_waits_for_the_end_hears_it_when_it_comes():
    """
    Not before, and at once.
    """
    door = Door()

    async def wait():
        await door.gate.wait_closed()
        return door.loop.time()

    door.at(7, lambda: door.gate.close(ENOUGH))
    assert [7] == door.run(wait())


def test_what_may_be_given_up_is_given_up_when_the_run_stops():
    """
    What was awaited gives its value or its error; when the gate closes it is ended, and ended before anybody goes on.
    """
    door, ended = Door(), []

    async def fetch(seconds, value):
        try:
            await asyncio.sleep(seconds)
        finally:
            ended.append((value, door.loop.time()))
        if isinstance(value, Exception):
            raise value
        return value

    async def main():
        assert "token" == await door.gate.unless_closed(fetch(2, "token"))
        with pytest.raises(ValueError, match="no"):
            await door.gate.unless_closed(fetch(1, ValueError("no")))
        door.at(4, lambda: door.gate.close(ENOUGH))
        with pytest.raises(GateClosed):
            await door.gate.unless_closed(fetch(100, "late"))
        assert ("late", 7.0) == ended[-1]
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert 1 == len(others)  # the one that gathers this

    door.run(main())


def test_the_last_look_before_a_call_asks_for_claim_lock_and_stop():
    """
    The claim holds until its moment and no longer; a lock holds until its end and no longer.
    """
    door, now = Door(), UP
    now = door.clock.boot_seconds()

    assert [True, False, False] == [door.gate.may_send(now + more) for more in (0.001, 0.0, -1.0)]
    door.gate.notice_lock(0.0)
    assert door.gate.may_send(math.inf)
    door.gate.notice_lock(5.0)
    assert not door.gate.may_send(math.inf)
    door.loop.jumping.now = 4.9
    assert not door.gate.may_send(math.inf)
    door.loop.jumping.now = 5.0
    assert door.gate.may_send(math.inf)
    door.gate.close(ENOUGH)
    assert not door.gate.may_send(math.inf)
    door.loop.close()


def test_a_lock_is_never_shortened():
    """
    Of two locks the one that ends later counts, and an outlook says what is left of it.
    """
    door = Door()

    door.gate.notice_lock(300)
    door.loop.jumping.now = 10.0
    door.gate.notice_lock(5)

    assert 290 == door.gate.outlook().lock_seconds
    door.loop.jumping.now = 301.0
    assert 0.0 == door.gate.outlook().lock_seconds
    door.loop.close()


def test_the_outlook_of_a_new_gate_is_that_of_the_limits():
    """
    All places free, no lock.
    """
    door = Door()

    assert Outlook(pace=door.limits.pace, lock_seconds=0.0, taken=(0.0,) * 30) == door.gate.outlook()
    door.loop.close()


def test_the_outlook_knows_the_newest_pace_and_what_the_head_of_the_line_waits_for():
    """
    Less of the limits as soon as a place says so; each place is thought to be free when the next one is.
    """
    gentle = Pace(rate=3, burst=1, shared=True)
    door = Door(None, opening(1, 0.0), opening(2, 40.0), NoSlotYet(seconds=20.0))
    door.ledger.found[0] = replace(door.ledger.found[0], pace=gentle)
    door.ledger.found[1] = replace(door.ledger.found[1], pace=gentle)
    seen = {}

    def look(name):
        seen[name] = door.gate.outlook()

    async def main():
        await door.enter("first")
        look("passed")
        second = asyncio.ensure_future(door.enter("second"))
        door.at(10, lambda: look("for a place that opens"))
        await second
        third = asyncio.ensure_future(door.enter("third"))
        door.at(5, lambda: look("for another look"))
        await third

    door.run(main())

    assert Outlook(pace=gentle, taken=(0.0,) * 3) == seen["passed"]
    assert Outlook(pace=gentle, taken=(near(30.0),) * 3) == seen["for a place that opens"]
    assert Outlook(pace=gentle, taken=(near(15.0),) * 3) == seen["for another look"]


def test_one_line_for_each_operation_in_the_order_of_coming():
    """
    Only the head of a line asks the ledger; a line of another operation is not held up by it.
    """
    door = Door(None, NoSlotYet(seconds=30.0))

    async def late(name, operation):
        await asyncio.sleep(1)
        await door.enter(name, operation)

    door.run(door.enter("head"), late("behind", "publish"), late("beside", "read"))

    assert [(0.0, "publish"), (1.0, "read"), (30.0, "publish"), (30.0, "publish")] == [
        (near(at), operation) for at, operation, _ in door.ledger.asked
    ]
    assert {"head": near(30.0), "behind": near(30.0), "beside": near(1.0)} == {
        name: at for name, (at, _) in door.passed.items()
    }
    assert not door.gate._heads  # nobody stays at the head of a line


def test_a_wait_ends_when_it_is_over_or_when_something_changes():
    """
    The ledger is asked again no sooner than it said, unless a place came back; and never without end in one moment.
    """
    door = Door(None, NoSlotYet(seconds=50.0), NoSlotYet(seconds=50.0), NoSlotYet(seconds=0.0), NoSlotYet(seconds=-1.0))

    door.at(10, door.gate.notice_change)
    door.run(door.enter())

    assert [0.0, 10.0, 60.0, pytest.approx(60.001, abs=1e-4), pytest.approx(60.002, abs=1e-4)] == [
        at for at, *_ in door.ledger.asked
    ]
    assert [] == door.told


def test_a_lock_that_another_run_met_is_told_and_held_for_all():
    """
    Found in the ledger: said as found, then as waited for; other lines hear of it without asking.
    """
    door = Door(None, NoSlotYet(seconds=100.0, locked=True))

    async def read():
        await asyncio.sleep(1)
        await door.enter("read", "read")

    door.run(door.enter(), read())

    assert [("found", 100.0), ("wait", 100.0), ("wait", near(99.0))] == door.told
    assert {"it": near(100.0), "read": near(100.0)} == {name: at for name, (at, _) in door.passed.items()}


@pytest.mark.parametrize("seconds", [60.0, 0.5])
def test_our_own_lock_is_waited_for_without_a_question(seconds):
    """
    It is told as a wait alone, and the ledger is asked when it is over.
    """
    door = Door()

    door.gate.notice_lock(seconds)
    door.run(door.enter())

    assert [("wait", seconds)] == door.told
    assert [near(seconds)] == [at for at, *_ in door.ledger.asked]


def test_a_lock_that_goes_on_when_ours_is_over_is_another_run_s():
    """
    It is told as found, like any other that the ledger knows and we did not.
    """
    door = Door(None, NoSlotYet(seconds=40.0, locked=True))

    door.gate.notice_lock(60.0)
    door.run(door.enter())

    assert [("wait", 60.0), ("found", 40.0), ("wait", 40.0)] == door.told
    assert near(100.0) == door.passed["it"][0]


def test_nobody_needs_to_listen():
    """
    A gate that nobody asked to tell of locks waits for them all the same.
    """
    door = Door(None, NoSlotYet(seconds=100.0, locked=True))
    door.gate = Gate(door.ledger, clock=door.clock)

    door.run(door.enter())

    assert near(100.0) == door.passed["it"][0]


def test_a_place_that_opens_later_is_waited_for_unless_a_better_one_comes():
    """
    The ledger is asked again when a place came back unused, with the one in hand to be exchanged; a place that came back
    from a call needs its rest, and is no better.
    """
    door = Door(None, opening(1, 50.0), opening(2, 30.0))

    door.at(5, door.gate.notice_change)
    door.at(10, lambda: door.gate.notice_change(freed=True))
    door.run(door.enter())

    assert [(0.0, "publish", None), (10.0, "publish", 1)] == door.ledger.asked
    assert (near(30.0), 2) == door.passed["it"]
    assert [] == door.ledger.given  # it was exchanged by the ledger


@pytest.mark.parametrize("seconds", [0.5, 50.0])
def test_no_call_goes_out_before_its_place_opens(seconds):
    """
    However little is left.
    """
    door = Door(None, opening(1, seconds))

    door.run(door.enter())

    assert {"it": (near(seconds), 1)} == door.passed


def test_a_place_that_was_given_back_may_be_better_than_the_one_in_hand():
    """
    It needs no rest: whoever holds one that opens later asks for it at once.
    """
    door = Door(None, opening(1, 0.0), opening(2, 50.0), opening(3, 0.0))

    async def main():
        slot = await door.enter("first")
        other = asyncio.ensure_future(door.enter("other"))
        await asyncio.sleep(5)
        await door.gate.give_back(slot)
        await other

    door.run(main())

    assert (5.0, "publish", 2) == door.ledger.asked[-1]
    assert (5.0, 3) == door.passed["other"]


def test_a_place_in_hand_is_given_back_where_a_lock_begins():
    """
    The head of the line holds a place that opens later; a lock begins: others may have the place, and it asks anew.
    """
    door = Door(None, opening(1, 50.0))

    def lock():
        door.gate.notice_lock(100.0)
        door.gate.notice_change(freed=True)

    door.at(10, lock)
    door.run(door.enter())

    assert [1] == door.ledger.given
    assert [(0.0, "publish", None), (near(110.0), "publish", None)] == door.ledger.asked
    assert {"wait"} == {what for what, _ in door.told}


def test_a_place_that_opens_in_a_lock_is_given_back():
    """
    Nobody was woken: the lock is seen when the place opens.
    """
    door = Door(None, opening(1, 50.0))

    door.at(10, lambda: door.gate.notice_lock(100.0))
    door.run(door.enter())

    assert [1] == door.ledger.given
    assert near(110.0) == door.passed["it"][0]


@pytest.mark.parametrize(
    "found",
    [NoSlotYet(seconds=100.0), NoSlotYet(seconds=100.0, locked=True), opening(1, 100.0)],
    ids=["busy", "locked", "opens"],
)
def test_a_stop_wakes_whoever_waits_and_keeps_no_place(found):
    """
    At once, whatever is waited for, and everybody in the line.
    """
    door = Door(None, found)

    door.at(10, lambda: door.gate.close(ENOUGH))
    door.run(door.enter("head"), door.enter("behind"))

    assert {"head": (10.0, "closed"), "behind": (10.0, "closed")} == door.passed
    assert ([1] if isinstance(found, Slot) else []) == door.ledger.given
    assert 1 == len(door.ledger.asked)


def test_a_stop_while_the_shape_is_waited_for_keeps_no_place():
    """
    Burst 1 at 30 a minute: the second call would start after two seconds, and the run stops after one.
    """
    door = Door(Limits(burst=1))

    door.at(1, lambda: door.gate.close(ENOUGH))
    door.run(door.enter("first"), door.enter("second"))

    assert {"first": (0.0, 101), "second": (1.0, "closed")} == door.passed
    assert [102] == door.ledger.given


def test_a_lock_while_the_shape_is_waited_for_keeps_no_place():
    """
    The permit is not lost with it: the next place goes at once when the lock is over.
    """
    door = Door(Limits(burst=1, rate=2))

    door.at(1, lambda: door.gate.notice_lock(30.5))
    door.run(door.enter("first"), door.enter("second"), door.enter("third"))

    assert [102] == door.ledger.given
    assert [0.0, near(31.5), near(60.0)] == [at for at, _ in door.passed.values()]


@pytest.mark.parametrize(
    ("rate", "burst", "expected"),
    [(30, 30, [0] * 6), (30, 1, [0, 2, 4, 6, 8, 10]), (30, 2, [0, 0, 2, 4, 6, 8]), (6, 3, [0, 0, 0, 10, 20, 30])],
)
def test_the_shape_lets_a_burst_go_and_spaces_the_others(rate, burst, expected):
    """
    `burst` calls at once, then one every period / rate.
    """
    door = Door(Limits(rate=rate, burst=burst))

    door.run(*(door.enter(n) for n in range(6)))

    assert expected == [pytest.approx(door.passed[n][0], abs=0.01) for n in range(6)]


def test_each_pace_has_a_shape_of_its_own_and_a_shared_one_holds_for_all_operations():
    """
    Reads beside publishes, until the portal is treated gently; then they are spaced together.
    """
    shared = Pace(rate=30, burst=1, shared=True)
    apart, together = Door(Limits(burst=1)), Door(Limits())
    for name in ("publish", "read"):
        together.ledger.found.append(together.ledger.make_slot(name, pace=shared))
    changed = Door(Limits(burst=1))
    changed.ledger.found += [changed.ledger.make_slot(), changed.ledger.make_slot(pace=shared)]

    for door in (apart, together):
        door.run(door.enter("publish", "publish"), door.enter("read", "read"))
    changed.run(changed.enter("publish"), changed.enter("gentle"))

    assert [0, 0] == [at for at, _ in apart.passed.values()]
    assert [0, near(2)] == [at for at, _ in together.passed.values()]
    assert [0, 0] == [at for at, _ in changed.passed.values()]


async def hold_then(door, act, waiting=1):
    """Take a place, let others wait in line for the ledger, then do something with the place; give when they passed."""
    slot = await door.enter("first")
    door.ledger.found += [NoSlotYet(seconds=90.0)] * 9
    others = [asyncio.ensure_future(door.enter(n)) for n in range(waiting)]
    await asyncio.sleep(5)
    await act(slot)
    await asyncio.sleep(1)
    passed = {n: door.passed[n] for n in range(waiting) if n in door.passed}
    for other in others:
        other.cancel()
    await asyncio.wait(others) if others else None
    return passed


def test_an_unused_place_goes_to_the_next_in_line_without_the_ledger():
    """
    At once, with its permit: also where calls are spaced by half a minute.
    """
    door = Door(Limits(rate=2, burst=1))

    (passed,) = door.run(hold_then(door, door.gate.hand_on))

    assert {0: (5.0, 101)} == passed
    assert [] == door.ledger.given
    assert 2 == len(door.ledger.asked)


def test_two_places_go_to_two_in_line_and_the_third_waits_for_the_shape():
    """
    One after the other, each with its permit; none is left, and no permit either.
    """
    door = Door(Limits(rate=4, burst=1))

    async def main():
        slot = await door.enter("first")
        door.ledger.found += [NoSlotYet(seconds=90.0)]
        others = [asyncio.ensure_future(door.enter(n)) for n in range(3)]
        await asyncio.sleep(5)
        await door.gate.hand_on(slot)
        await door.gate.hand_on(Slot(slot=55, operation="publish", pace=door.limits.pace))
        await asyncio.gather(*others)

    door.run(main())

    assert {"first": (0.0, 101), 0: (5.0, 101), 1: (5.0, 55), 2: (near(15.0), 102)} == door.passed
    assert [] == door.ledger.given


def test_a_spare_place_is_given_back_when_nobody_waits_any_more():
    """
    Whoever it was left to was cancelled.
    """
    door = Door()

    async def main():
        slot = await door.enter("first")
        door.ledger.found.append(NoSlotYet(seconds=90.0))
        other = asyncio.ensure_future(door.enter("other"))
        await asyncio.sleep(5)
        await door.gate.hand_on(slot)
        other.cancel()
        await asyncio.wait({other})

    door.run(main())

    assert [101] == door.ledger.given


@pytest.mark.parametrize("why", ["nobody waits", "stopped", "goes first", "spaced", "another operation"])
def test_an_unused_place_is_given_back_where_it_fits_nobody(why):
    """
    Where nobody waits, the run stops, or the place was for a certain call or moment.
    """
    door = Door()

    async def act(slot):
        if why == "stopped":
            door.gate.close(ENOUGH)
        changes = {
            "goes first": {"is_probe": True},
            "spaced": {"spaced": (1.0, 3.0)},
            "another operation": {"operation": "read"},
        }
        await door.gate.hand_on(replace(slot, **changes.get(why, {})))
        assert [101] == door.ledger.given

    (passed,) = door.run(hold_then(door, act, waiting=0 if why == "nobody waits" else 1))

    assert 101 not in [number for _, number in passed.values()]


def test_of_a_spare_place_and_the_one_in_hand_the_first_to_open_is_used_and_none_is_lost():
    """
    The head of the line has a place that opens later; another is left to it that opens sooner. The next in line has the
    other one.
    """
    door = Door(None, opening(1, 0.0), opening(2, 50.0))

    async def main():
        await door.enter("first")
        others = [asyncio.ensure_future(door.enter(name)) for name in ("second", "third")]
        await asyncio.sleep(5)
        await door.gate.hand_on(opening(3, 20.0))
        await asyncio.gather(*others)

    door.run(main())

    assert {"first": (0.0, 1), "second": (near(20.0), 3), "third": (near(50.0), 2)} == door.passed
    assert [] == door.ledger.given
    assert 2 == len(door.ledger.asked)


def test_a_spare_place_from_before_a_lock_is_given_back():
    """
    No call may go out with it once the lock is over.
    """
    door = Door()

    async def main():
        slot = await door.enter("first")
        door.ledger.found.append(NoSlotYet(seconds=90.0))
        other = asyncio.ensure_future(door.enter("other"))
        await asyncio.sleep(5)
        door.gate.notice_lock(60.0)
        await door.gate.hand_on(slot)
        await other

    door.run(main())

    assert [101] == door.ledger.given
    assert (near(65.0), 102) == door.passed["other"]


def test_an_unused_place_wakes_only_the_line_of_its_operation():
    """
    A line for readings is not asked to look at what it cannot have.
    """
    door = Door(None, opening(1, 0.0), NoSlotYet(seconds=90.0), NoSlotYet(seconds=90.0))

    async def main():
        slot = await door.enter("first")
        others = [asyncio.ensure_future(door.enter(name, name)) for name in ("publish", "read")]
        await asyncio.sleep(5)
        await door.gate.hand_on(slot)
        await asyncio.gather(*others)

    door.run(main())

    assert {"publish": (5.0, 1), "read": (near(90.0), 101)} == {name: door.passed[name] for name in ("publish", "read")}


def test_permits_of_calls_that_were_not_made_are_used_by_the_next():
    """
    Spaced by half a minute: two were given back, so two more go at once, and the one after them waits.
    """
    door = Door(Limits(rate=2, burst=2))

    async def main():
        slots = [await door.enter(n) for n in range(2)]
        for slot in slots:
            await door.gate.give_back(slot)
        for n in range(2, 5):
            await door.enter(n)

    door.run(main())

    assert [101, 102] == door.ledger.given
    assert [0.0, 0.0, 0.0, 0.0, near(30)] == [at for at, _ in door.passed.values()]


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("moment", [0.5, 1.5, 10.0])
def test_who_is_cancelled_at_any_moment_leaves_no_place_taken(moment, times):
    """
    While the ledger is asked, while a place is waited for, and while a place is given back in the end.
    """
    door = Door(None, opening(1, 50.0))
    door.ledger.slowly = 1.0

    async def main():
        waiting = asyncio.ensure_future(door.enter())
        await asyncio.sleep(moment)
        for _ in range(times):
            waiting.cancel()
            await asyncio.sleep(0.1)
        await asyncio.wait({waiting})
        await asyncio.sleep(2)
        assert waiting.cancelled()

    door.run(main())

    assert door.ledger.taken == door.ledger.given
    assert times == 2 or [1] == door.ledger.taken  # whoever is cancelled twice may not even have asked


def test_who_is_cancelled_while_the_shape_is_waited_for_leaves_no_place_taken():
    """
    And no permit paid: nothing of it goes on.
    """
    door = Door(Limits(burst=1))

    async def main():
        await door.enter("first")
        waiting = asyncio.ensure_future(door.enter("second"))
        await asyncio.sleep(1)
        waiting.cancel()
        await asyncio.wait({waiting})
        assert 2 == len(asyncio.all_tasks())  # this one, and the one that gathers it

    door.run(main())

    assert [102] == door.ledger.given


def test_a_place_that_came_back_wakes_every_line():
    """
    Whoever gives one back unused has all of them look again.
    """
    door = Door(None, opening(1, 0.0), NoSlotYet(seconds=90.0), NoSlotYet(seconds=90.0))

    async def main():
        slot = await door.enter("first")
        others = [asyncio.ensure_future(door.enter(name, name)) for name in ("publish", "read")]
        await asyncio.sleep(5)
        await door.gate.give_back(slot)
        await asyncio.gather(*others)

    door.run(main())

    asked = defaultdict(list)
    for at, operation, _ in door.ledger.asked[1:]:
        asked[operation].append(at)
    assert {"publish": [0.0, 5.0], "read": [0.0, 5.0]} == asked
