"""The portal's slots and its lock, shared by all runs, processes and crashes through the state.

Ledger seconds are the boot clock of the boot that wrote last. When another boot (or host) opens the ledger, all its
times are moved over by the wall time that passed since the last write; if the wall clock went backwards, nothing is
taken to have passed. Both err on the side of waiting.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from batchpub.clock import Clock
from batchpub.state.database import Database
from batchpub.state.tables import courses, locks, portals, slots

GENTLE_SECONDS = 86_400.0
"""How long a portal is treated gently after a lock that came although we kept to the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one portal allows, in calls and seconds. The defaults are the documented threshold and lock period."""

    rate: int = 30
    period: float = 60.0
    guard: float = 1.0
    settle: float = 60.0
    burst: int = 30
    lock: float = 300.0
    lock_margin: float = 5.0
    max_lock: float = 900.0
    lease: float = 45.0
    total_timeout: float = 30.0

    @property
    def rest(self) -> float:
        """Seconds that a slot stays taken after its answer."""
        return self.period + self.guard

    @property
    def send_within(self) -> float:
        """Seconds after its claim in which a call may start, so that it has been given up when the claim ends."""
        return self.lease - self.total_timeout


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What is allowed right now: the limits, or less of them after unexplained locks."""

    rate: int
    burst: int
    shared: bool


def gentle_pace(limits: Limits, level: int) -> Pace:
    """Say how gently to go after `level` unexplained locks: burst 1, two fewer; then 10 % fewer each, never below 1."""
    if level == 0:
        return Pace(rate=limits.rate, burst=limits.burst, shared=False)
    rate = max(1, limits.rate - 2)
    for _ in range(level - 1):
        rate = max(1, min(rate - 1, int(rate * 0.9)))
    return Pace(rate=rate, burst=1, shared=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place for one call. `probe` marks the one call that goes first after a lock."""

    slot: int
    operation: str
    probe: bool
    pace: Pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """No slot now. Look again after `seconds`; `locked` tells that a lock is the reason."""

    seconds: float
    locked: bool = False


class Rest(StrEnum):
    """How a slot comes back: how long must it rest so that the service cannot count one too many."""

    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    UNUSED = "unused"


class Ledger:
    """Slots and lock of one portal, for one run."""

    def __init__(self, database: Database, *, portal: str, run: str, limits: Limits, clock: Clock) -> None:
        """Bind the ledger to its portal and to the run that takes slots."""
        self.database = database
        self.portal = portal
        self.run = run
        self.limits = limits
        self.clock = clock

    async def take_slot(self, operation: str) -> Slot | Wait:
        """Take a slot for one call, or say how long to wait before looking again. One transaction."""
        async with self.database.transaction() as connection:
            portal, now = await self.read_portal(connection)
            if portal.lock_until_at > now:
                return Wait(seconds=portal.lock_until_at - now, locked=True)
            probe = portal.lock_level > 0
            if probe and portal.probe_until_at > now:
                return Wait(seconds=min(portal.probe_until_at - now, self.limits.period / 60), locked=True)
            pace = gentle_pace(self.limits, self._gentle_level(portal))
            wait = await self._wait_for_place(connection, pace, operation, portal, now)
            if wait > 0:
                return Wait(seconds=wait)
            spacing = self.limits.period / pace.rate
            bound = (
                now + self.limits.lease + self.limits.total_timeout + self.limits.settle + self.limits.rest + spacing
            )
            number = await connection.execute(
                insert(slots).values(
                    portal=self.portal, operation=operation, run=self.run, in_flight=True, taken_at=now, free_at=bound
                )
            )
            await connection.execute(
                update(portals)
                .where(portals.c.portal == self.portal)
                .values(
                    next_send_at=max(now, portal.next_send_at) + spacing,
                    probe_until_at=now + self.limits.lease if probe else portal.probe_until_at,
                )
            )
            key = number.inserted_primary_key
            return Slot(slot=int(key[0]) if key else 0, operation=operation, probe=probe, pace=pace)

    async def _wait_for_place(
        self, connection: AsyncConnection, pace: Pace, operation: str, portal: Row[Any], now: float
    ) -> float:
        await connection.execute(delete(slots).where(slots.c.portal == self.portal, slots.c.free_at <= now))
        taken = select(slots.c.in_flight, slots.c.taken_at, slots.c.free_at).where(slots.c.portal == self.portal)
        if not pace.shared:
            taken = taken.where(slots.c.operation == operation)
        busy = (await connection.execute(taken)).all()
        wait = 0.0
        if len(busy) >= pace.rate:
            # A slot in flight cannot be free before a whole rest after it was taken, whoever holds it.
            earliest = sorted(
                max(now + self.limits.period / 60, place.taken_at + self.limits.rest)
                if place.in_flight
                else place.free_at
                for place in busy
            )
            wait = earliest[len(busy) - pace.rate] - now
        if pace.burst < pace.rate:
            spacing = self.limits.period / pace.rate
            wait = max(wait, portal.next_send_at - (pace.burst - 1) * spacing - now)
        return wait

    def _gentle_level(self, portal: Row[Any]) -> int:
        return int(portal.gentle_level) if portal.gentle_until_wall > self.clock.now().timestamp() else 0

    async def read_portal(self, connection: AsyncConnection) -> tuple[Row[Any], float]:
        """Read the portal's row and the ledger's time, moving all times over when another boot wrote last."""
        now, wall = self.clock.boot_seconds(), self.clock.now().timestamp()
        mine = {"boot_id": self.clock.boot_id, "last_boot": now, "last_wall": wall}
        query = select(portals).where(portals.c.portal == self.portal)
        portal = (await connection.execute(query)).one_or_none()
        if portal is None:
            await connection.execute(insert(portals).values(portal=self.portal, **mine))
            return (await connection.execute(query)).one(), now
        moved = portal.boot_id != self.clock.boot_id or portal.last_boot > now
        if moved:
            await self._move_times(connection, now - portal.last_boot - max(0.0, wall - portal.last_wall))
        await connection.execute(update(portals).where(portals.c.portal == self.portal).values(**mine))
        return ((await connection.execute(query)).one() if moved else portal), now

    async def _move_times(self, connection: AsyncConnection, shift: float) -> None:
        for table, names in (
            (portals, ("lock_until_at", "probe_until_at", "next_send_at")),
            (slots, ("taken_at", "free_at")),
            (courses, ("held_until_at", "ready_at")),
        ):
            await connection.execute(
                update(table).where(table.c.portal == self.portal).values({n: table.c[n] + shift for n in names})
            )

    async def rest_slot(self, connection: AsyncConnection, slot: Slot, rest: Rest, now: float) -> None:
        """Give a slot back, inside the transaction that records why."""
        mine = slots.c.slot == slot.slot
        if rest is Rest.UNUSED:
            await connection.execute(delete(slots).where(mine))
        else:
            late = self.limits.settle if rest is Rest.UNANSWERED else 0.0
            await connection.execute(
                update(slots).where(mine).values(in_flight=False, free_at=now + self.limits.rest + late)
            )
        if slot.probe and rest is not Rest.ANSWERED:
            await connection.execute(update(portals).where(portals.c.portal == self.portal).values(probe_until_at=0.0))

    async def give_back(self, slot: Slot) -> None:
        """Give back a slot whose call was never sent."""
        async with self.database.transaction() as connection:
            _, now = await self.read_portal(connection)
            await self.rest_slot(connection, slot, Rest.UNUSED, now)

    async def open_after_probe(self, connection: AsyncConnection) -> None:
        """End a lock: the one call that went first was let through."""
        await connection.execute(
            update(portals).where(portals.c.portal == self.portal).values(lock_level=0, probe_until_at=0.0)
        )

    async def close_for_lock(
        self, connection: AsyncConnection, *, stated: float | None, cause: str, probe: bool
    ) -> tuple[float, bool]:
        """Write a lock answer down; give the seconds to wait from now, and whether a new episode began.

        A refusal while the lock holds is the same episode, counted from the latest answer. A refused probe doubles
        the wait, up to `max_lock`. A new episode makes the portal gentler for a day.
        """
        portal, now = await self.read_portal(connection)
        inside = portal.lock_level > 0 and not probe
        level = portal.lock_level if inside else portal.lock_level + 1
        wait = self.limits.lock if stated is None else stated
        if level > 1:
            wait = max(wait, min(wait * 2 ** (level - 1), self.limits.max_lock))
        wait += self.limits.lock_margin
        until = max(now + wait, portal.lock_until_at)
        fresh = portal.lock_level == 0
        values: dict[str, object] = {"lock_until_at": until, "lock_level": level, "probe_until_at": 0.0}
        if fresh:
            values["gentle_level"] = self._gentle_level(portal) + 1
            values["gentle_until_wall"] = self.clock.now().timestamp() + GENTLE_SECONDS
        await connection.execute(update(portals).where(portals.c.portal == self.portal).values(**values))
        wall = self.clock.now()
        ends = (wall + timedelta(seconds=until - now)).isoformat()
        last = (
            await connection.execute(
                select(locks.c.lock).where(locks.c.run == self.run).order_by(locks.c.lock.desc()).limit(1)
            )
        ).scalar()
        if inside and last is not None:
            await connection.execute(update(locks).where(locks.c.lock == last).values(ends_on=ends))
        else:
            await connection.execute(
                insert(locks).values(
                    run=self.run, portal=self.portal, began_on=wall.isoformat(), ends_on=ends, cause=cause
                )
            )
        return until - now, not inside

    async def forget_gentleness(self) -> None:
        """Go back to the full rate at once (an operator's decision)."""
        async with self.database.transaction() as connection:
            await self.read_portal(connection)
            await connection.execute(
                update(portals).where(portals.c.portal == self.portal).values(gentle_level=0, gentle_until_wall=0.0)
            )
