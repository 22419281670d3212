"""What a run makes of a lock: held before it is written down, told once, and left where waiting is vain."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from support.virtual_time import START, VirtualClock, VirtualLoop

from batchpub.events import Events
from batchpub.lifecycle.signs import SHARED_LIMIT
from batchpub.pace.gate import GateClosed
from batchpub.pace.lock import LockWatch, open_gate, refusal_of, why_not_wait, why_not_wait_on
from batchpub.services.interface import Throttled
from batchpub.stopping import Stop, StopReason
from batchpub.store.limits import Limits, Lock, NoSlotYet, Pace, Refusal

LIMITS = Limits(lock=300, lock_margin=5, max_lock=900)
ENDS_AT = datetime(2026, 3, 2, 9, 5, 0, 700_000, tzinfo=UTC)
LOCKED = Throttled(wait_seconds=None, cause="7209")


class Gate:
    def __init__(self):
        self.locks, self.stops = [], []

    def notice_lock(self, seconds):
        self.locks.append(seconds)

    def close(self, stop):
        self.stops.append(stop)


def make_watch(limits=LIMITS):
    told = []
    events = Events(lambda event: told.append((event.level, event.name, dict(event.fields))))
    return LockWatch(gate=Gate(), limits=limits, events=events), told


def make_lock(seconds=305.0, *, is_new=True, gentler=None):
    return Lock(seconds=seconds, ends_at=ENDS_AT, is_new=is_new, gentler=gentler)


@pytest.mark.parametrize(("stated", "held"), [(None, 300), (40.0, 40.0), (0.0, 0.0)])
def test_a_lock_holds_before_it_is_written_down(stated, held):
    """
    For as long as it states, else for as long as a lock is thought to last.
    """
    watch, told = make_watch()

    watch.foresee(Throttled(wait_seconds=stated, cause="429"))

    assert [held] == watch.gate.locks
    assert [] == told


def test_a_new_lock_is_held_and_told_with_its_end():
    """
    Once, with what gave it away; the end in whole seconds.
    """
    watch, told = make_watch()

    watch.hear("publish", make_lock(305.16), LOCKED, code="400")
    watch.hear("publish", make_lock(301.0, is_new=False), LOCKED, code="400")

    fields = {"seconds": 305.2, "ends_at": "2026-03-02T09:05:00+00:00", "cause": "7209", "code": "400"}
    assert [("warning", "portal.locked", fields)] == told
    assert [305.16, 301.0] == watch.gate.locks
    assert [] == watch.gate.stops


def test_a_pace_that_becomes_gentler_is_told():
    """
    What is allowed from now on, and for how long; also with a refusal that is no new lock.
    """
    watch, told = make_watch()

    watch.hear("publish", make_lock(is_new=False, gentler=Pace(rate=28, burst=1, shared=True)), LOCKED, code="400")

    assert [("warning", "portal.gentler", {"rate": 28, "burst": 1, "for_seconds": 86_400})] == told


@pytest.mark.parametrize(
    ("steps", "stops"),
    [
        ([("publish", 905.0)], False),
        ([("publish", 905.0), ("publish", 905.0)], True),
        ([("publish", 605.0), ("publish", 905.0)], False),
        ([("publish", 605.0), ("publish", 905.0), ("publish", 905.0)], True),
        ([("publish", 905.0), ("publish", 305.0), ("publish", 905.0)], False),
        ([("publish", 905.0), ("read", 905.0)], False),
        ([("publish", 905.0), "passed publish", ("publish", 905.0)], False),
        ([("publish", 905.0), "passed read", ("publish", 905.0)], True),
        (["passed publish", ("publish", 905.0), ("publish", 905.0)], True),
        ([("publish", 905.0), ("publish", 905.0, "again")], False),
        ([("publish", 905.0, "again"), ("publish", 905.0)], False),
        ([("publish", 905.0), ("publish", 100.0, "again"), ("publish", 905.0)], True),
    ],
)
def test_more_waiting_is_vain_after_the_longest_wait_in_which_nobody_got_through(steps, stops):
    """
    Counted for each operation, and from lock to lock: a refusal of the same lock neither counts nor begins anew.
    """
    watch, _ = make_watch()

    for step in steps:
        if isinstance(step, str):
            watch.note_passed(step.split()[1])
        else:
            operation, seconds, *again = step
            watch.hear(operation, make_lock(seconds, is_new=not again), LOCKED, code="400")

    assert ([Stop(reason=StopReason.LOCKED_AGAIN, seconds=905.0)] if stops else []) == watch.gate.stops


def test_the_first_lock_is_waited_for_however_short_the_longest_wait():
    """
    Nothing was waited for in vain yet; nor was it by the refusals that belong to it.
    """
    watch, _ = make_watch(Limits(max_lock=0.5))

    watch.hear("publish", make_lock(), LOCKED, code="400")
    watch.hear("publish", make_lock(is_new=False), LOCKED, code="400")

    assert [] == watch.gate.stops


def stated(seconds, **more):
    return Throttled(wait_seconds=seconds, cause="429", **more)


@pytest.mark.parametrize(
    ("throttled", "seconds", "waited", "stop"),
    [
        (LOCKED, 905.0, 0.0, None),
        (stated(900.0), 905.0, 0.0, None),
        (stated(900.5), 905.5, 0.0, Stop(reason=StopReason.LONG_LOCK_STATED, seconds=900.5, most=900.0)),
        (stated(60.0, quota=True), 65.0, 0.0, Stop(reason=StopReason.QUOTA_IS_USED, seconds=60.0, said="429")),
        (stated(None, quota=True), 305.0, 0.0, Stop(reason=StopReason.QUOTA_IS_USED, said="429")),
        (Throttled(wait_seconds=None, cause=SHARED_LIMIT), 899.9, 0.0, None),
        (Throttled(wait_seconds=None, cause=SHARED_LIMIT), 900.0, 0.0, Stop(reason=StopReason.LIMIT_IS_SHARED)),
        (LOCKED, 900.0, 899.9, None),
        (LOCKED, 899.9, 900.0, None),
        (LOCKED, 901.0, 900.0, Stop(reason=StopReason.LOCKED_AGAIN, seconds=900.0)),
    ],
)
def test_which_lock_is_none_to_wait_for(throttled, seconds, waited, stop):
    """
    A day's quota, a stated wait that is longer than allowed, "maximum limit exceeded" after the longest wait, and a
    second longest wait.
    """
    assert stop == why_not_wait(throttled, seconds, waited=waited, longest=900.0)


@pytest.mark.parametrize(
    ("seconds", "left", "stop"),
    [
        (900.0, 900.0, None),
        (900.1, 9000.0, Stop(reason=StopReason.LONG_LOCK_FOUND, seconds=900.1, most=900.0)),
        (900.1, 0.0, Stop(reason=StopReason.LONG_LOCK_FOUND, seconds=900.1, most=900.0)),
        (100.0, 99.9, Stop(reason=StopReason.LOCK_OUTLASTS_RUN, seconds=100.0, most=99.9)),
        (100.0, -5.0, Stop(reason=StopReason.LOCK_OUTLASTS_RUN, seconds=100.0, most=-5.0)),
    ],
)
def test_which_lock_is_none_to_go_on_waiting_for(seconds, left, stop):
    """
    One that holds longer than is allowed, or longer than the run may last.
    """
    assert stop == why_not_wait_on(seconds, longest=900.0, left=left)


def test_the_ledger_is_told_all_that_a_lock_answer_says():
    """
    Its cause, the wait that it states, and whether the quota of the day is used up.
    """
    assert Refusal(cause="a", stated=4.0, is_quota=True) == refusal_of(
        Throttled(wait_seconds=4.0, cause="a", quota=True)
    )
    assert Refusal(cause="b", stated=None, is_quota=False) == refusal_of(Throttled(wait_seconds=None, cause="b"))


def find_lock(seconds, *, deadline=None):
    """Have a gate find a lock of another run's; give its stop, and what it told."""
    loop, told = VirtualLoop(), []
    clock = VirtualClock(loop, offset=1000.0)
    more = {} if deadline is None else {"deadline": clock.boot_seconds() + deadline}

    async def take_slot(_operation, **_):
        return NoSlotYet(seconds=seconds, locked=True)

    events = Events(lambda event: told.append((event.level, event.name, dict(event.fields))))
    ledger = SimpleNamespace(limits=LIMITS, take_slot=take_slot)
    gate = open_gate(ledger, clock=clock, events=events, **more)

    async def main():
        with pytest.raises((GateClosed, TimeoutError)):
            async with asyncio.timeout(1):
                await gate.acquire("publish")

    try:
        loop.run_until_complete(main())
    finally:
        loop.close()
    return gate.stop, told


def test_a_lock_of_another_run_is_told_with_its_end():
    """
    In the time of the wall.
    """
    stop, told = find_lock(200.16)

    ends_at = (START + timedelta(seconds=200)).isoformat(timespec="seconds")
    assert [("warning", "portal.lock_found", {"seconds": 200.2, "ends_at": ends_at})] == told
    assert stop is None


@pytest.mark.parametrize(("seconds", "is_told"), [(5.0, False), (5.2, True)])
def test_the_tail_of_a_lock_is_not_told(seconds, is_told):
    """
    What holds no longer than the margin was told when the lock came.
    """
    assert is_told == bool(find_lock(seconds)[1])


@pytest.mark.parametrize(
    ("seconds", "deadline", "stop"),
    [
        (905.0, None, None),
        (905.1, None, Stop(reason=StopReason.LONG_LOCK_FOUND, seconds=905.1, most=905.0)),
        (100.0, 100.5, None),
        (100.0, 99.5, Stop(reason=StopReason.LOCK_OUTLASTS_RUN, seconds=100.0, most=99.5)),
    ],
)
def test_a_lock_that_outlasts_what_is_allowed_closes_the_gate(seconds, deadline, stop):
    """
    The longest wait that may be stated with its margin, or the end of the run; without one a run has all the time.
    """
    closed, _ = find_lock(seconds, deadline=deadline)

    assert stop == closed
