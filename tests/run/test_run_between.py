"""The law of what lies between the last look and the wire, on a virtual clock: token, connection, network (P1, P2, P5, P6)."""

import asyncio
import random
from collections import defaultdict
from datetime import timedelta
from tempfile import TemporaryDirectory
from unittest import mock

from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.plans import make_plan_of
from support.throttling_service import largest_of_all
from support.virtual_time import VirtualClock, VirtualLoop, run_virtually

from batchpub.course import Outcome
from batchpub.engine.engine import Engine, EngineOptions
from batchpub.errors import AccessRefused, ExitCode, ServiceUnreachable
from batchpub.lifecycle.work import Rules
from batchpub.log import log_event
from batchpub.services.interface import (
    Access,
    CourseState,
    Expired,
    NotSent,
    Published,
    Reply,
    StateRead,
    Throttled,
    Unclear,
    Withheld,
)
from batchpub.stopping import Stop, StopReason
from batchpub.store.database import open_database
from batchpub.store.ledger import Ledger
from batchpub.store.limits import Limits

LIMITS = Limits()
TOTAL = LIMITS.total_timeout


def reply(answer, status=None):
    return Reply(answer=answer, http_status=status)


class World:
    """Zoho as it is: it counts what arrives, whoever sent it, and remembers what it published and whom it mailed.

    Its time goes on while a machine is suspended.
    """

    def __init__(self, seed, *, lost=0.0, locks=0.0):
        self.rng, self.lost, self.locks = random.Random(seed), lost, locks
        self.arrivals, self.locked, self.broken = [], [], []
        self.executed = defaultdict(list)
        self.slept = 0.0

    def now(self):
        return asyncio.get_running_loop().time() + self.slept

    def execute(self, course, at):
        self.arrivals.append(at)
        self.executed[course].append(at)

    def is_published(self, course, at):
        return any(moment <= at for moment in self.executed[course])


class Service:
    """One process' way to Zoho, with a token endpoint and a network of its own, each as slow as it likes."""

    def __init__(self, world, *, token_waits, lifetime, connects):
        self.world, self.token_waits, self.lifetime, self.connects = world, list(token_waits), lifetime, connects
        self.clock = None
        self.stopped_at = None
        self.access = None
        self.executed = set()

    async def get_access(self):
        if self.access is not None and self.access.is_valid(self.clock.now()):
            return self.access
        wait = self.token_waits.pop(0) if self.token_waits else 0.0
        await asyncio.sleep(abs(wait))
        if wait < -500:
            raise AccessRefused("revoked")
        if wait < 0:
            raise ServiceUnreachable("no token")
        self.access = Access(headers={}, expires_at=self.clock.now().timestamp() + self.lifetime)
        return self.access

    async def renew(self, stale):
        if self.access is stale:
            self.access = None
        await self.get_access()
        return True

    async def publish(self, course, *, notify, access, may_send):
        return await self.call("publish", course, access, may_send)

    async def read_state(self, course, *, access, may_send):
        return await self.call("read", course, access, may_send)

    async def call(self, operation, course, access, may_send):
        world, loop = self.world, asyncio.get_running_loop()
        connect = world.rng.uniform(0, self.connects)
        if connect > 10:
            await asyncio.sleep(10)
            return reply(NotSent(reason="slow"))
        await asyncio.sleep(connect)
        if not may_send():
            return reply(Withheld())
        sent = world.now()
        if self.stopped_at is not None:
            world.broken.append(f"sent at {loop.time()} after the stop at {self.stopped_at}")
        if operation == "publish" and any(told <= sent < ends for told, ends in world.locked):
            world.broken.append(f"sent at {sent} into a lock")
        left = TOTAL - connect
        if operation == "publish" and world.rng.random() < world.lost:
            self.executed.add(course.course_id)
            world.execute(course, sent + world.rng.uniform(0, left + LIMITS.settle))
            await asyncio.sleep(left)
            return reply(Unclear(reason="no answer"))
        arrives = sent + world.rng.uniform(0, 2)
        if operation == "publish" and world.rng.random() < world.locks:
            world.arrivals.append(arrives)
            await asyncio.sleep(arrives - sent + 0.2)
            world.locked.append((world.now() + 0.1, arrives + 0.2 + LIMITS.lock))
            return reply(Throttled(wait_seconds=LIMITS.lock, cause="429"), 429)
        is_let_in = access.is_valid(self.clock.now() + timedelta(seconds=arrives - sent))
        if is_let_in and operation == "publish":
            self.executed.add(course.course_id)
            world.execute(course, arrives)
        elif operation == "publish":
            world.arrivals.append(arrives)
        await asyncio.sleep(arrives - sent)
        if not is_let_in:
            return reply(Expired(code="401", message=""), 401)
        if operation == "read":
            state = CourseState.PUBLISHED if world.is_published(course, arrives) else CourseState.DRAFT
            return reply(StateRead(state=state, name="", kind=""), 200)
        return reply(Published(), 200)


async def at_once(function, *arguments):
    return function(*arguments)


def play(services, number, *, stop_after=None, sleeps=(), rules=None):
    """Run all services' processes on one state; give records and exit codes.

    `sleeps`: when their machine is suspended (seconds of the loop), and for how long. Its monotonic clock, and with it the
    loop and all time-outs, stands still meanwhile; its boot clock and its wall clock go on.
    """
    loop = VirtualLoop()
    plan = make_plan_of(number)
    for service in services:
        service.clock = VirtualClock(loop)

    async def one(name, service, database):
        options = EngineOptions(
            sandbox=False, workers=8, rules=rules or Rules(), notify_policy="all",
        )  # fmt: skip
        ledger = Ledger(database, portal="p", run=name, limits=LIMITS, clock=service.clock)
        run = Engine(plan, options, service=service, ledger=ledger, on_event=log_event)

        def stop():
            service.stopped_at = loop.time()
            run.stop(Stop(reason=StopReason.ASKED))

        if stop_after is not None:
            loop.call_later(stop_after, stop)
        found = await run.run()
        return found, ExitCode(found.exit_code), loop.time()

    def suspend(seconds):
        for service in services:
            service.world.slept += seconds / len(services)
            service.clock.offset += seconds
            service.clock.step_seconds += seconds

    async def main():
        for after, seconds in sleeps:
            loop.call_later(after, suspend, seconds)
        async with open_database(None) as database:
            return await asyncio.gather(*(one(f"r{n}", s, database) for n, s in enumerate(services)))

    with TemporaryDirectory(), mock.patch.object(asyncio, "to_thread", at_once):
        return run_virtually(main(), loop)


waits = st.lists(
    st.floats(0, 5) | st.sampled_from([130.0, 600.0, 44.0, 16.0]) | st.sampled_from([-3.0, -600.0]), max_size=5
)
way = st.fixed_dictionaries(
    {
        "token_waits": waits,
        "lifetime": st.sampled_from([20.0, 70.0, 3600.0]),
        "connects": st.sampled_from([0.1, 3.0, 12.0]),
    }
)


@settings(max_examples=15, deadline=None)
@given(
    ways=st.lists(way, min_size=1, max_size=2),
    number=st.integers(1, 70),
    lost=st.sampled_from([0.0, 0.1]),
    locks=st.sampled_from([0.0, 0.02]),
    stop_after=st.none() | st.floats(0, 300),
    sleeps=st.lists(st.tuples(st.floats(0, 200), st.sampled_from([20.0, 65.0, 400.0, 172800.0])), max_size=3),
    seed=st.integers(0, 1000),
)
@example(
    ways=[{"token_waits": [0.0, 130.0], "lifetime": 20.0, "connects": 3.0}, {"token_waits": [], "lifetime": 3600.0, "connects": 0.1}],
    number=40, lost=0.0, locks=0.0, stop_after=None, sleeps=[], seed=1,
)  # fmt: skip
@example(
    ways=[{"token_waits": [0.0, 160.0], "lifetime": 20.0, "connects": 12.0}], number=60, lost=0.1, locks=0.02, stop_after=90.0, sleeps=[], seed=2
)  # fmt: skip
@example(  # by the monotonic clock the first one's claims would hold when it wakes, and it would publish 6 courses again
    ways=[{"token_waits": [], "lifetime": 3600.0, "connects": 9.0}, {"token_waits": [], "lifetime": 3600.0, "connects": 0.1}],
    number=16, lost=0.0, locks=0.0, stop_after=None, sleeps=[(3.0, 400.0)], seed=0,
)  # fmt: skip
def test_nothing_between_the_last_look_and_the_wire_breaks_a_promise(
    ways, number, lost, locks, stop_after, sleeps, seed
):
    """
    With a token endpoint and a network of any slowness and any failure at any moment, on a machine that is suspended at any
    moment: never above 30 in a minute, nothing sent in a lock that one process could know of or after a stop, no course
    twice, and each row has a true outcome.
    """
    world = World(seed, lost=lost, locks=locks if len(ways) == 1 else 0.0)
    services = [Service(world, **one) for one in ways]

    ended = play(services, number, stop_after=stop_after, sleeps=sleeps)

    assert [] == world.broken
    assert largest_of_all(world.arrivals, 60.0) <= 30
    assert [] == [course for course, times in world.executed.items() if len(times) > 1]
    for service, (found, _, at) in zip(services, ended, strict=True):
        assert number == len(found.rows)
        assert stop_after is None or at <= stop_after + TOTAL + 1
        for row in found.rows:
            if row.outcome is Outcome.PUBLISHED:
                assert row.course_id in {course.course_id for course in world.executed}
            if row.outcome in (Outcome.FAILED, Outcome.REFUSED):
                assert row.course_id not in service.executed
