"""Runs, their workers and one service on a virtual clock; every start and every lock is kept, so that laws can ask."""

import asyncio
import dataclasses
import random
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from sqlalchemy import Double, bindparam
from support.answering import end_call, end_locked
from support.virtual_time import START, VirtualClock

from batchpub.pace.gate import Gate, GateClosed
from batchpub.standing import Rest
from batchpub.store.database import Database, open_database
from batchpub.store.ledger import Ledger
from batchpub.store.limits import Refusal

ROUNDING = 1e-5
"""Seconds: the host's clock and the loop's differ by how long the host has been up, a server's counts from 1970, and each
sum of them is rounded."""

UP = 1000.0
"""Seconds that the host has been up when a world begins."""


@dataclass
class Started:
    """One call as it set out. `back_at` is when its slot may serve again; `asked_at` when it came to the gate."""

    at: float
    run: str
    asked_at: float
    level: int
    alive: bool = True
    ended: bool = False
    back_at: float = float("inf")


@dataclass
class Told:
    """A lock answer that was committed."""

    at: float
    until: float


@dataclass
class Service:
    """Each way takes up to `longest`; a lost call arrives up to `settle` after it was given up; some meet a lock."""

    rng: random.Random
    limits: object
    longest: float = 0.0
    lost: float = 0.0
    refuses: float = 0.0
    states: tuple = (None, 1.0, 40.0, 300.0)
    arrivals: list = field(default_factory=list)

    async def call(self):
        """Give what became of it, and for a refusal the wait that it states."""
        loop = asyncio.get_running_loop()
        there, back = self.rng.uniform(0, self.longest), self.rng.uniform(0, self.longest)
        timeout = self.limits.total_timeout
        if self.rng.random() < self.lost:
            there = self.rng.uniform(0, timeout + self.limits.settle)
            back = timeout
        if self.rng.random() < self.refuses:
            await asyncio.sleep(min(there + back, timeout))
            return (Rest.ANSWERED, self.rng.choice(self.states)) if there + back < timeout else (Rest.UNANSWERED, 0.0)
        loop.call_later(there, lambda: self.arrivals.append(loop.time()))  # it arrives whoever waits for it
        await asyncio.sleep(min(there + back, timeout))
        return (Rest.ANSWERED if there + back < timeout else Rest.UNANSWERED), 0.0


class Watched(Ledger):
    """Keeps at which level of a lock each call was let go."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self.levels = {}

    async def renew_slot(self, held, slot, call):
        self.levels[slot.slot] = held.row.lock_level
        return await super().renew_slot(held, slot, call)


class Process:
    """One run on the shared state: what the Publisher does with slots, and nothing else."""

    def __init__(self, world, name, *, clock=None, limits=None):
        self.world, self.name = world, name
        self.clock = clock or VirtualClock(world.loop, offset=UP)
        self.ledger = Watched(
            world.database, portal="portal", run=name, limits=limits or world.limits, clock=self.clock
        )
        self.gate = Gate(self.ledger, clock=self.clock)
        self.tasks = []
        world.processes.append(self)

    def start(self, workers, todo, operation="publish"):
        self.tasks = [asyncio.ensure_future(self.work(todo, operation)) for _ in range(workers)]

    async def finish(self):
        for done in await asyncio.gather(*self.tasks, return_exceptions=True):
            if isinstance(done, Exception):
                raise done

    def kill(self):
        """Nothing of this process runs on, and nothing of it reaches the state any more."""

        async def nothing(_slot):
            return None

        self.ledger.give_back = nothing
        for started in self.world.started:
            started.alive = started.alive and started.run != self.name
        for task in self.tasks:
            task.cancel()

    async def work(self, todo, operation):
        while todo:
            todo.pop()
            try:
                while not await self.step(operation):
                    """Refused or late: it is tried again."""
            except GateClosed:
                return

    async def step(self, operation):
        world, ledger, asked_at = self.world, self.ledger, self.world.loop.time()
        slot = await self.gate.acquire(operation)
        if world.service.rng.random() < world.taken_away:  # the course turned out to be another run's
            await self.gate.hand_on(slot)
            return True
        send_before = await ledger.begin_call(slot)
        if send_before is None or not self.gate.may_send(send_before):
            await self.gate.give_back(slot)
            return False
        started = Started(at=world.loop.time(), run=self.name, asked_at=asked_at, level=ledger.levels[slot.slot])
        world.check_start(started)
        world.started.append(started)
        rest, refused = await world.service.call()
        await self.record(slot, started, rest, refused)
        return refused == 0.0

    async def record(self, slot, started, rest, refused):
        world, ledger = self.world, self.ledger
        if refused != 0.0:
            self.gate.notice_lock(world.limits.lock if refused is None else refused)
        if refused != 0.0:
            lock = await end_locked(ledger, slot, Refusal(stated=refused, cause="429"))
            self.gate.notice_lock(lock.seconds)
            world.locks.append(Told(world.loop.time(), world.loop.time() + lock.seconds))
        else:
            await end_call(ledger, slot, rest, through=True)
        started.ended = True
        late = world.limits.settle if rest is Rest.UNANSWERED else 0.0
        started.back_at = world.loop.time() + world.limits.rest + late
        self.gate.notice_change()


class World:
    """Everything that a law may ask about. With `server`, the database has a clock, as PostgreSQL has.

    So much as `taken_away` says of all courses turn out to be another run's when they have their slot.
    """

    def __init__(self, loop, limits, service, *, server=False):
        self.loop, self.limits, self.service = loop, limits, service
        self.server, self.server_step = server, 0.0
        self.taken_away = 0.0
        self.started, self.locks = [], []
        self.processes = []
        self.database = None

    async def __aenter__(self):
        self.stack = AsyncExitStack()
        self.database = await self.stack.enter_async_context(open_database(None))
        if self.server:
            now = bindparam("server_now", callable_=self.server_time, type_=Double)
            self.database = Database(dataclasses.replace(self.database.store, now=now))
        return self

    def server_time(self):
        """Seconds since 1970, as the server believes."""
        return START.timestamp() + self.loop.time() + self.server_step

    async def __aexit__(self, kind, *_):
        """End whoever still runs: left behind, they would be charged to the next test. What they asserted counts."""
        for process in self.processes:
            process.kill()
        tasks = [task for process in self.processes for task in process.tasks]
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        await self.stack.aclose()
        broken = [error for error in ended if isinstance(error, AssertionError)]
        if broken and kind is None:
            raise broken[0]

    def check_start(self, started):
        """P2, and one call first: asked at every start."""
        holding = [lock for lock in self.locks if lock.at <= started.at < lock.until - ROUNDING]
        assert not holding, f"a call started at {started.at} in {holding}"
        if started.level:
            began = self.locks[-1].at if self.locks else -float("inf")
            beside = [s for s in self.started if s.at > began and not s.ended and s.alive]
            assert not beside, f"{started} is not the only one after the lock: {beside}"

    def longest_idle(self):
        """P8: give the longest time that somebody waited at the gate although slot and shape permitted a call."""
        limits, spacing = self.limits, self.limits.period / self.limits.rate
        calls = sorted(self.started, key=lambda s: s.at)
        asked = [s.asked_at for s in calls]
        longest, next_at = 0.0, 0.0
        for number, call in enumerate(calls):
            backs = sorted(s.back_at for s in calls[:number])
            slot_at = backs[number - limits.rate] if number >= limits.rate else 0.0
            shape_at = next_at - (limits.burst - 1) * spacing if limits.burst < limits.rate else 0.0
            before = calls[number - 1].at if number else 0.0
            permitted = max(min(asked[number:]), slot_at, shape_at, before)
            longest = max(longest, call.at - permitted)
            next_at = max(call.at, next_at) + spacing
        return longest
