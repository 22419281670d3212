"""The portal's slots and its lock, shared by all runs, processes and crashes through the state.

Ledger seconds are the boot clock of the boot that wrote last. When another boot (or host) opens the ledger, all its
times are moved over by the wall time that passed since the last write; if the wall clock went backwards, nothing is
taken to have passed. Both err on the side of waiting.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from batchpub.clock import Clock
from batchpub.state.database import Database
from batchpub.state.tables import courses, locks, portals, slots

GENTLE_SECONDS = 86_400.0
"""How long a portal is treated gently after a lock that came although we kept to the limit."""

WALL_ROUNDING = 2e-6
"""Wall time has microseconds: two hosts in turn must not round a rest away, a little at each turn."""

BOOT_ROUNDING = 1e-6
"""Sums of boot times round by up to 1e-7 s: a slot must not come back the least bit early, which can be a whole frame."""

NEXT_AT = {"publish": "next_send_at", "read": "next_read_at"}
"""Where each operation's spacing is written: reading has a budget of its own, in its shape as in its slots."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What is allowed right now: the limits, or less of them after unexplained locks."""

    rate: int
    burst: int
    shared: bool = False
    """Whether reads and publishes are counted together."""


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
    def pace(self) -> Pace:
        """What is allowed where nothing is known against it."""
        return Pace(rate=self.rate, burst=self.burst)

    @property
    def rest(self) -> float:
        """Seconds that a slot stays taken after its answer: never less than period and guard, whatever floats round."""
        return self.period + self.guard + BOOT_ROUNDING

    @property
    def send_within(self) -> float:
        """Seconds after its claim in which a call may start, so that it has been given up when the claim ends."""
        return self.lease - self.total_timeout


def gentle_pace(limits: Limits, level: int) -> Pace:
    """Say how gently to go after `level` unexplained locks: burst 1, two fewer; then 10 % fewer each, never below 1."""
    if level == 0:
        return limits.pace
    rate = max(1, limits.rate - 2)
    for _ in range(level - 1):
        rate = max(1, min(rate - 1, int(rate * 0.9)))
    return Pace(rate=rate, burst=1, shared=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place for one call, at the pace that held when it was taken."""

    slot: int
    operation: str
    pace: Pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """No slot now. Look again after `seconds`; `locked` tells that a lock is the reason."""

    seconds: float
    locked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A lock answer as it was written down: the seconds to wait from now, and when that is by the wall clock.

    `is_new` is False for refusals that belong to a lock already told. `gentler` is the pace that this lock led to.
    """

    seconds: float
    ends_at: datetime
    is_new: bool
    gentler: Pace | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What calls must expect: the pace, the lock, and the seconds until each place that is taken is free."""

    pace: Pace
    lock_seconds: float = 0.0
    taken: tuple[float, ...] = ()


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
                return Wait(seconds=min(portal.probe_until_at - now, self.limits.period / 60))
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
            key = number.inserted_primary_key
            slot = int(key[0]) if key else 0
            values: dict[str, object] = {NEXT_AT[operation]: max(now, _next_at(portal, pace, operation)) + spacing}
            if probe:
                values |= {"probe_slot": slot, "probe_until_at": now + self.limits.lease}
            await connection.execute(update(portals).where(portals.c.portal == self.portal).values(**values))
            return Slot(slot=slot, operation=operation, pace=pace)

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
            wait = max(wait, _next_at(portal, pace, operation) - (pace.burst - 1) * spacing - now)
        return wait

    async def renew_slot(self, connection: AsyncConnection, slot: Slot, portal: Row[Any], now: float) -> bool:
        """Give a slot a whole lease from now, right before its call; False when the call must not go out with it.

        It must not in a lock, nor after one except as the call that goes first, nor with a slot from before a lock.
        """
        is_probe = portal.probe_slot == slot.slot
        if portal.lock_until_at > now or (portal.lock_level > 0 and not is_probe):
            return False
        changed = await connection.execute(
            update(slots)
            .where(slots.c.slot == slot.slot, slots.c.free_at > now, slots.c.taken_at >= portal.opened_at)
            .values(free_at=now + self.limits.lease + self.limits.settle + self.limits.rest)
        )
        if changed.rowcount and is_probe:
            await self._set_portal(connection, probe_until_at=now + self.limits.lease)
        return changed.rowcount == 1

    async def look_ahead(self, operation: str) -> Outlook:
        """Say what calls must expect, for an estimate."""
        async with self.database.transaction() as connection:
            portal, now = await self.read_portal(connection)
            pace = gentle_pace(self.limits, self._gentle_level(portal))
            taken = select(slots.c.free_at).where(slots.c.portal == self.portal, slots.c.free_at > now)
            if not pace.shared:
                taken = taken.where(slots.c.operation == operation)
            free_at = sorted((await connection.execute(taken)).scalars())
            return Outlook(
                pace=pace,
                lock_seconds=max(0.0, portal.lock_until_at - now),
                taken=tuple(moment - now for moment in free_at),
            )

    async def _set_portal(self, connection: AsyncConnection, **values: object) -> None:
        await connection.execute(update(portals).where(portals.c.portal == self.portal).values(**values))

    def _gentle_level(self, portal: Row[Any]) -> int:
        return int(portal.gentle_level) if portal.gentle_until_wall > self.clock.now().timestamp() else 0

    async def read_portal(self, connection: AsyncConnection) -> tuple[Row[Any], float]:
        """Read the portal's row and the ledger's time, moving all times over when another boot wrote last."""
        now, wall = self.clock.boot_seconds(), self.clock.now().timestamp()
        mine: dict[str, object] = {"boot_id": self.clock.boot_id, "last_boot": now, "last_wall": wall}
        query = select(portals).where(portals.c.portal == self.portal)
        portal = (await connection.execute(query)).one_or_none()
        if portal is None:
            await connection.execute(insert(portals).values(portal=self.portal, **mine))
            return (await connection.execute(query)).one(), now
        if portal.gentle_until_wall > wall + GENTLE_SECONDS:  # the wall clock was ahead when it was written
            mine["gentle_until_wall"] = wall + GENTLE_SECONDS
        moved = portal.boot_id != self.clock.boot_id or portal.last_boot > now
        if moved:
            passed = max(0.0, wall - portal.last_wall - WALL_ROUNDING)
            await self._move_times(connection, now - portal.last_boot - passed)
        await connection.execute(update(portals).where(portals.c.portal == self.portal).values(**mine))
        return ((await connection.execute(query)).one() if moved else portal), now

    async def _move_times(self, connection: AsyncConnection, shift: float) -> None:
        for table, names in (
            (portals, ("lock_until_at", "opened_at", "probe_until_at", "next_send_at", "next_read_at")),
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
        if rest is not Rest.ANSWERED:
            mine = and_(portals.c.portal == self.portal, portals.c.probe_slot == slot.slot)
            await connection.execute(update(portals).where(mine).values(probe_until_at=0.0))

    async def give_back(self, slot: Slot) -> None:
        """Give back a slot whose call was never sent."""
        async with self.database.transaction() as connection:
            _, now = await self.read_portal(connection)
            await self.rest_slot(connection, slot, Rest.UNUSED, now)

    async def note_answer(
        self, connection: AsyncConnection, slot: Slot, portal: Row[Any], now: float, *, through: bool
    ) -> None:
        """Learn from an answer that is no lock. `through` tells that it was about the course: the throttle let it pass.

        Only the call that goes first ends a lock, only for what was locked, and not when a later refusal holds.
        Anything else it may have met (a gateway, the login) proves nothing: the next call goes alone as well.
        """
        if not portal.lock_level or portal.probe_slot != slot.slot:
            return
        values: dict[str, object] = {"probe_until_at": 0.0}
        if through and slot.operation == portal.lock_operation and portal.lock_until_at <= now:
            values |= {"lock_level": 0, "probe_slot": 0, "opened_at": now}
        await self._set_portal(connection, **values)

    async def close_for_lock(  # noqa: PLR0913 - one lock answer and all that belongs to it
        self,
        connection: AsyncConnection,
        slot: Slot,
        portal: Row[Any],
        now: float,
        *,
        stated: float | None,
        cause: str,
    ) -> Lock:
        """Write a lock answer down, before anybody sleeps.

        A refusal while the lock holds, or of a call sent before it was over, is the same lock, counted from the latest
        answer. The refusal of the call that went first doubles the wait, up to `max_lock`. A new lock that came
        although we kept to the limit makes the portal gentler for a day.
        """
        repeated = portal.lock_level > 0 and portal.probe_slot == slot.slot
        is_new = portal.lock_level == 0 and not await self._was_sent_before(connection, slot, portal.opened_at)
        level = portal.lock_level + 1 if repeated or is_new else max(1, portal.lock_level)
        until = max(now + self._lock_wait(stated, level), portal.lock_until_at)
        values: dict[str, object] = {
            "lock_until_at": until,
            "lock_level": level,
            "lock_operation": slot.operation,
            "probe_slot": 0,
            "probe_until_at": 0.0,
        }
        gentler = None
        if is_new and not await self._is_above_limit(connection, slot.operation, now):
            gentle_level = self._gentle_level(portal) + 1
            gentler = gentle_pace(self.limits, gentle_level)
            values["gentle_level"] = gentle_level
            values["gentle_until_wall"] = self.clock.now().timestamp() + GENTLE_SECONDS
        await self._set_portal(connection, **values)
        ends_at = self.clock.now() + timedelta(seconds=until - now)
        await self._write_lock(connection, ends_at, cause, is_new=is_new or repeated)
        return Lock(seconds=until - now, ends_at=ends_at, is_new=is_new or repeated, gentler=gentler)

    def _lock_wait(self, stated: float | None, level: int) -> float:
        wait = self.limits.lock if stated is None else stated
        if level > 1:
            wait = max(wait, min(wait * 2 ** (level - 1), self.limits.max_lock))
        return wait + self.limits.lock_margin

    async def _was_sent_before(self, connection: AsyncConnection, slot: Slot, moment: float) -> bool:
        taken_at = (await connection.execute(select(slots.c.taken_at).where(slots.c.slot == slot.slot))).scalar()
        return taken_at is not None and taken_at < moment

    async def _is_above_limit(self, connection: AsyncConnection, operation: str, now: float) -> bool:
        """Tell whether more calls were under way or fresh than the limit allows: an earlier run had a higher rate."""
        counted = select(func.count()).where(
            slots.c.portal == self.portal, slots.c.operation == operation, slots.c.free_at > now
        )
        return bool((await connection.execute(counted)).scalar_one() > self.limits.rate)

    async def _write_lock(self, connection: AsyncConnection, ends_at: datetime, cause: str, *, is_new: bool) -> None:
        began, ends = self.clock.now().isoformat(), ends_at.isoformat()
        open_lock = select(locks.c.lock).where(locks.c.run == self.run, locks.c.ends_on >= began)
        last = (await connection.execute(open_lock.order_by(locks.c.lock.desc()).limit(1))).scalar()
        if last is not None and not is_new:
            await connection.execute(update(locks).where(locks.c.lock == last).values(ends_on=ends))
            return
        await connection.execute(
            insert(locks).values(run=self.run, portal=self.portal, began_on=began, ends_on=ends, cause=cause)
        )

    async def forget_gentleness(self) -> None:
        """Go back to the full rate at once (an operator's decision)."""
        async with self.database.transaction() as connection:
            await self.read_portal(connection)
            await self._set_portal(connection, gentle_level=0, gentle_until_wall=0.0)


def _next_at(portal: Row[Any], pace: Pace, operation: str) -> float:
    """Give when the next call may start, as far as spacing goes."""
    if pace.shared:
        return max(float(getattr(portal, name)) for name in NEXT_AT.values())
    return float(getattr(portal, NEXT_AT[operation]))
