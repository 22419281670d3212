"""The portal's slots and its lock, shared by all runs, processes and crashes through the state.

Ledger seconds are the database's clock where it is a server's. In a file they are the boot clock of the boot that
wrote last: when another boot opens the ledger, all its times are moved over by the wall time that passed since; if the
wall clock (or the server's) went backwards, nothing is taken to have passed. Both err on the side of waiting. Two machines
in turn may use one file; at the same time, the one that had it first stops, for nothing tells whose clock is right.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from batchpub.clock import Clock
from batchpub.errors import CannotWrite
from batchpub.standing import Rest
from batchpub.state.database import Database
from batchpub.state.dialect import insert_into
from batchpub.state.limits import (
    GENTLE_SECONDS,
    Limits,
    Lock,
    Outlook,
    Pace,
    Refusal,
    Slot,
    Wait,
    gentle_pace,
    lock_wait,
)
from batchpub.state.statements import Statements
from batchpub.state.tables import calls, courses, locks, portals

SERVER = "server"
"""The boot id of a ledger that counts by the database's clock: all hosts are one boot there."""

STEP_SECONDS = 1.0
"""A server's clock that is behind the last writing by less than this was read a moment before that writing."""

ROUNDING_SECONDS = 0.001
"""Two clocks that tell of the same moment may differ by their rounding."""

OPENS_LATER = 5e-7
"""Seconds; a place that is waited for opens rather a rounding too late than too early."""

LedgerTime = float | ColumnElement[float]
"""Seconds of the ledger: a number, or the server's own clock inside a statement."""

T = TypeVar("T")

WALL_ROUNDING = 2e-6
"""Wall time has microseconds: two hosts in turn must not round a rest away, a little at each turn."""

TWO_MACHINES = (
    "The state {name} is a file, and another machine, or a container with a clock of its own, has begun to use it: no clock that both could trust would keep them to "
    "one limit. Run the same command again when the other run is over, or name a PostgreSQL in BATCHPUB_STATE."
)

NEXT_AT = {"publish": "next_send_at", "read": "next_read_at"}
"""Where each operation's spacing is written: reading has a budget of its own, in its shape as in its slots."""


class Hold(StrEnum):
    """What others may do with the portal until the transaction ends."""

    ALONE = "alone"
    """Nothing: a lock begins or ends."""
    TURN = "turn"
    """Start calls that have their slot, but take none: slots are counted one after the other."""
    SHARED = "shared"
    """Anything but lock: so no call starts after a lock that it could have known of."""


HOLDS: dict[Hold, dict[str, Any]] = {
    Hold.ALONE: {},
    Hold.TURN: {"key_share": True},  # FOR NO KEY UPDATE
    Hold.SHARED: {"read": True, "key_share": True},  # FOR KEY SHARE
}
"""PostgreSQL's row locks, section 13.3.2 of its manual: the second and third do not conflict with each other."""


class Ledger:
    """Slots and lock of one portal, for one run."""

    def __init__(self, database: Database, *, portal: str, run: str, limits: Limits, clock: Clock) -> None:
        """Bind the ledger to its portal and to the run that takes slots."""
        self.database = database
        self.portal = portal
        self.run = run
        self.limits = limits
        self.clock = clock
        self.say = Statements(dialect=database.store.engine.dialect.name, now=database.now)
        self._held = {hold: self.say.portal.with_for_update(**how) for hold, how in HOLDS.items()}
        self._ahead: float | None = None
        self._is_mine = False

    # Time.

    def now(self) -> float:
        """Estimate the ledger's time without asking: never ahead of it, so that no wait ends early."""
        return self.clock.boot_seconds() + (self._ahead or 0.0)

    async def tell_time(self, connection: AsyncConnection) -> LedgerTime:
        """Give the ledger's time to write down; a server tells it inside the statement, without holding the portal."""
        if self.say.now is not None:
            return self.say.now
        return (await self.read_portal(connection))[1]

    def _wall(self, now: float) -> float:
        return self.clock.now().timestamp() if self.database.now is None else now

    async def read_portal(self, connection: AsyncConnection, hold: Hold = Hold.ALONE) -> tuple[Row[Any], float]:
        """Hold the portal's row and read the ledger's time, moving all times over when the clock they count by changed.

        Other portals go on. SQLite knows one way to hold: nobody else writes.
        """
        query, which = self._held[hold], {"the_portal": self.portal}
        portal = (await connection.execute(query, which)).one_or_none()
        if portal is None:
            new = insert_into(connection, portals).values(portal=self.portal, **self._stamp(self._read_clock(None)))
            await connection.execute(new.on_conflict_do_nothing())
            portal = (await connection.execute(query, which)).one()
        now = self._read_clock(portal)
        if hold is not Hold.ALONE and (self._is_moved(portal, now) or self._is_gentle_too_long(portal, now)):
            return await self.read_portal(connection)
        if self._is_gentle_too_long(portal, now):
            await self._set_portal(connection, gentle_until_wall=self._wall(now) + GENTLE_SECONDS)
        if not self._is_moved(portal, now):
            self._is_mine = True
            return portal, max(now, portal.last_boot)
        if self._is_mine and portal.boot_id != self._boot_id and self.clock.is_host_wide:
            raise CannotWrite(TWO_MACHINES.format(name=self.database.name))
        self._is_mine = True
        passed = max(0.0, self._wall(now) - portal.last_wall - WALL_ROUNDING)
        await self._move_times(connection, portal, now - portal.last_boot - passed)
        await self._set_portal(connection, **self._stamp(now))
        return (await connection.execute(query, which)).one(), now

    async def glance(self, work: Callable[[AsyncConnection, float], Awaitable[T]]) -> T:
        """Read at the ledger's time without holding the portal, unless its times have to be moved over first.

        How far a server's clock is ahead of ours is known from the last slot; that is asked again at every further one.
        """
        if self._ahead is not None:
            now = self.now()
            return await self.database.read(lambda connection: work(connection, now))

        async def read(connection: AsyncConnection) -> tuple[T] | None:
            portal = await self._look_at_portal(connection)
            now = self._read_clock(portal)
            if portal is not None and (self._is_moved(portal, now) or self._is_gentle_too_long(portal, now)):
                return None
            return (await work(connection, now),)

        async def move(connection: AsyncConnection) -> T:
            _, now = await self.read_portal(connection)
            return await work(connection, now)

        found = await self.database.read(read)
        return found[0] if found is not None else await self.database.write(move)

    async def _look_at_portal(self, connection: AsyncConnection) -> Row[Any] | None:
        return (await connection.execute(self.say.portal, {"the_portal": self.portal})).one_or_none()

    def _is_moved(self, portal: Row[Any], now: float) -> bool:
        slack = 0.0 if self.database.now is None else STEP_SECONDS
        return bool(portal.boot_id != self._boot_id or portal.last_boot > now + slack)

    def _is_gentle_too_long(self, portal: Row[Any], now: float) -> bool:
        """Tell whether the wall clock was ahead when the gentleness was written."""
        return bool(portal.gentle_until_wall > self._wall(now) + GENTLE_SECONDS)

    @property
    def _boot_id(self) -> str:
        return self.clock.boot_id if self.database.now is None else SERVER

    def _read_clock(self, portal: Row[Any] | None) -> float:
        boot = self.clock.boot_seconds()
        if self.database.now is None:
            return boot
        if portal is None:
            return 0.0
        now = float(portal.ledger_now)
        self._ahead = now - boot
        return now

    def _stamp(self, now: float) -> dict[str, Any]:
        return {"boot_id": self._boot_id, "last_boot": now, "last_wall": self._wall(now)}

    async def _set_portal(self, connection: AsyncConnection, **values: Any) -> None:
        await connection.execute(update(portals).where(portals.c.portal == self.portal).values(**values))

    async def _move_times(self, connection: AsyncConnection, portal: Row[Any], shift: float) -> None:
        mine = calls.c.portal == self.portal
        over = calls.c.free_at <= portal.last_boot
        await connection.execute(update(calls).where(mine, over, calls.c.free_at > 0).values(free_at=0.0))
        for table, which, names in (
            (
                portals,
                portals.c.portal == self.portal,
                ("lock_until_at", "opened_at", "probe_until_at", *NEXT_AT.values()),
            ),
            (calls, mine & ~over, ("taken_at", "free_at")),
            (courses, courses.c.portal == self.portal, ("held_until_at", "ready_at", "changed_at")),
        ):
            await connection.execute(update(table).where(which).values({n: table.c[n] + shift for n in names}))

    # Slots.

    async def take_slot(self, operation: str, *, instead_of: Slot | None = None) -> Slot | Wait:
        """Take a slot for one call, or say how long to wait before looking again. One transaction.

        Where the next free place is known, it is taken now and opens later: however many processes wait for one, each
        knows its own moment, and none has to look again. `instead_of` is a slot that is given back for a better one.

        Raises:
            CannotWrite: the state is not there any more, or cannot be written.

        """
        self.database.look_at_place()

        async def take(connection: AsyncConnection) -> Slot | Wait:
            portal, now = await self.read_portal(connection, Hold.TURN)
            if instead_of is not None:
                await self._drop(connection, instead_of)
                portal = await self._look_at_portal(connection) or portal
            if portal.lock_until_at > now:
                return Wait(seconds=portal.lock_until_at - now, locked=True)
            probe = portal.lock_level > 0
            if probe and portal.probe_until_at > now:
                return Wait(seconds=min(portal.probe_until_at - now, self.limits.period / 60))
            pace = gentle_pace(self.limits, self._gentle_level(portal, now))
            opens = await self._find_place(connection, pace, operation, portal, now)
            if isinstance(opens, Wait):
                return opens
            return await self._take_place(connection, pace, operation, portal, now=now, opens=opens, probe=probe)

        return await self.database.write(take)

    async def _find_place(
        self, connection: AsyncConnection, pace: Pace, operation: str, portal: Row[Any], now: float
    ) -> float | Wait:
        which: dict[str, Any] = {"the_portal": self.portal, "the_now": now}
        if pace.shared:
            busy = (await connection.execute(self.say.taken_by_all, which)).all()
        else:
            busy = (await connection.execute(self.say.taken, {**which, "the_operation": operation})).all()
        opens = now
        if len(busy) >= pace.rate:
            # A slot in flight cannot be free before a whole rest after it was taken, whoever holds it.
            places = sorted(
                (max(now + self.limits.period / 60, place.taken_at + self.limits.rest), True)
                if place.in_flight
                else (place.free_at, False)
                for place in busy
            )
            needed = places[: len(busy) - pace.rate + 1]  # more than one where others went at a higher rate
            earliest, _ = needed[-1]
            if any(in_flight for _, in_flight in needed):
                return Wait(seconds=earliest - now)
            opens = earliest
        if pace.burst < pace.rate:
            opens = max(opens, _next_at(portal, pace, operation) - (pace.burst - 1) * self._spacing(pace))
        return float(opens)

    def _spacing(self, pace: Pace) -> float:
        return self.limits.period / pace.rate

    async def _take_place(  # noqa: PLR0913 - all that was found out about the place
        self,
        connection: AsyncConnection,
        pace: Pace,
        operation: str,
        portal: Row[Any],
        *,
        now: float,
        opens: float,
        probe: bool,
    ) -> Slot:
        # Unclaimed, it lapses by itself: no call was made with it.
        place = {
            "portal": self.portal,
            "operation": operation,
            "run": self.run,
            "in_flight": True,
            "taken_at": opens,
            "free_at": opens + self.limits.lease + self._spacing(pace),
        }
        number = await connection.execute(self.say.take, place)
        key = number.inserted_primary_key
        slot = int(key[0]) if key else 0
        values: dict[str, Any] = {}
        spaced = None
        if pace.burst < pace.rate:
            starts = max(opens, _next_at(portal, pace, operation))
            spaced = starts, starts + self._spacing(pace)
            values[NEXT_AT[operation]] = spaced[1]
        if probe:
            values |= {"probe_slot": slot, "probe_until_at": opens + self.limits.lease}
        if values or now - portal.last_boot > self.limits.period / 2:
            await self._set_portal(connection, **values, **self._stamp(now))
        opens_at = self.clock.boot_seconds() + (opens - now + OPENS_LATER if opens > now else 0.0)
        return Slot(slot=slot, operation=operation, pace=pace, is_probe=probe, opens_at=opens_at, spaced=spaced)

    def _gentle_level(self, portal: Row[Any], now: float) -> int:
        return int(portal.gentle_level) if portal.gentle_until_wall > self._wall(now) else 0

    async def renew_slot(
        self,
        connection: AsyncConnection,
        slot: Slot,
        portal: Row[Any],
        now: float,
        call: Mapping[str, Any] | None = None,
    ) -> bool:
        """Give a slot a whole lease from now and make it a `call`; False when the call must not go out with it.

        It must not in a lock, nor after one except as the call that goes first, nor with a slot from before a lock, or
        one that is not open or not held any more. The place stays taken until the call can no longer arrive late.
        """
        limits, is_probe = self.limits, portal.probe_slot == slot.slot
        if portal.lock_until_at > now or (portal.lock_level > 0 and not is_probe):
            return False
        which = {"the_call": slot.slot, "the_opened": portal.opened_at}
        # Others take slots while this is under way: the lease must last until the call has started.
        which["the_late"] = now + (limits.send_within if self.database.now is not None else 0.0)
        which["the_latest"] = now + ROUNDING_SECONDS + limits.guard / 2
        values = {"taken_at": now, "free_at": now + limits.lease + limits.settle + limits.rest, **(call or {})}
        changed = await connection.execute(self.say.claim_call, {**which, **values})
        if changed.rowcount and is_probe:
            await self._set_portal(connection, probe_until_at=now + limits.lease)
        return changed.rowcount == 1

    def rest_after(self, rest: Rest) -> float:
        """Give the seconds that a slot is taken from now on."""
        return {
            Rest.UNUSED: 0.0,
            Rest.ANSWERED: self.limits.rest,
            Rest.UNANSWERED: self.limits.rest + self.limits.settle,
        }[rest]

    async def rest_slot(self, connection: AsyncConnection, slot: Slot, rest: Rest, now: LedgerTime) -> None:
        """Let a slot rest, inside the transaction that records why."""
        rested = {"in_flight": False, "free_at": now + self.rest_after(rest)}
        await connection.execute(update(calls).where(calls.c.call == slot.slot).values(**rested))
        await self.end_probe(connection, slot, rest)

    async def end_probe(self, connection: AsyncConnection, slot: Slot, rest: Rest) -> None:
        """Let another call go first when this one did not get through to the service."""
        if slot.is_probe and rest is not Rest.ANSWERED:
            mine = (portals.c.portal == self.portal) & (portals.c.probe_slot == slot.slot)
            await connection.execute(update(portals).where(mine).values(probe_until_at=0.0))

    async def begin_call(self, slot: Slot, tell: Callable[[], Mapping[str, Any]] = dict) -> float | None:
        """Make a slot good for a call; give the boot time until which it may start, None when `renew_slot` says no.

        `tell` says what a journal keeps of the call, as of the moment when it is written.

        Raises:
            CannotWrite: the state is not there any more, or cannot be written.

        """
        self.database.look_at_place()

        async def begin(connection: AsyncConnection) -> float | None:
            before = self.clock.boot_seconds()
            portal, now = await self.read_portal(connection, Hold.SHARED)
            may = await self.renew_slot(connection, slot, portal, now, tell())
            return before + self.limits.send_within if may else None

        return await self.database.write(begin)

    async def end_call(self, slot: Slot, rest: Rest, *, through: bool) -> None:
        """Write down that such a call is over. `through` tells that the throttle let it pass."""

        async def end(connection: AsyncConnection) -> None:
            portal, now = await self.read_portal(connection)
            await self.rest_slot(connection, slot, rest, now)
            if rest is Rest.ANSWERED:
                await self.note_answer(connection, slot, portal, now, through=through)

        await self.database.write(end)

    async def end_locked(self, slot: Slot, refusal: Refusal) -> Lock:
        """Write down that such a call was answered by the lock."""

        async def end(connection: AsyncConnection) -> Lock:
            portal, now = await self.read_portal(connection)
            await self.rest_slot(connection, slot, Rest.ANSWERED, now)
            return await self.close_for_lock(connection, slot, portal, now, refusal)

        return await self.database.write(end)

    async def give_back(self, slot: Slot) -> None:
        """Give back a slot whose call was never sent."""

        async def give(connection: AsyncConnection) -> None:
            if slot.is_probe or slot.spaced is not None:
                await self.read_portal(connection, Hold.TURN)
            await self._drop(connection, slot)
            await self.end_probe(connection, slot, Rest.UNUSED)

        await self.database.write(give)

    async def _drop(self, connection: AsyncConnection, slot: Slot) -> None:
        unused = calls.c.sent_on.is_(None)
        dropped = await connection.execute(delete(calls).where(calls.c.call == slot.slot, unused))
        if dropped.rowcount and slot.spaced is not None:  # nobody came after it: the next one may have its moment
            starts, following = slot.spaced
            column = portals.c[NEXT_AT[slot.operation]]
            last = (portals.c.portal == self.portal) & (column == following)
            await connection.execute(update(portals).where(last).values({column: starts}))

    async def look_ahead(self, operation: str) -> Outlook:
        """Say what calls must expect, for an estimate."""

        async def read(connection: AsyncConnection, now: float) -> Outlook:
            portal = await self._look_at_portal(connection)
            if portal is None:
                return Outlook(pace=self.limits.pace)
            pace = gentle_pace(self.limits, self._gentle_level(portal, now))
            taken = select(calls.c.free_at).where(calls.c.portal == self.portal, calls.c.free_at > now)
            if not pace.shared:
                taken = taken.where(calls.c.operation == operation)
            free_at = sorted((await connection.execute(taken)).scalars())
            return Outlook(
                pace=pace,
                lock_seconds=max(0.0, portal.lock_until_at - now),
                taken=tuple(moment - now for moment in free_at),
            )

        return await self.glance(read)

    # The lock.

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

    async def close_for_lock(
        self, connection: AsyncConnection, slot: Slot, portal: Row[Any], now: float, refusal: Refusal
    ) -> Lock:
        """Write a lock answer down, before anybody sleeps.

        A refusal while the lock holds, or of a call sent before it was over, is the same lock, counted from the latest
        answer. The refusal of the call that went first doubles the wait, up to `max_lock`. A new lock that came
        although we kept to the limit makes the portal gentler for a day; a used-up quota says nothing of the pace.
        """
        repeated = portal.lock_level > 0 and portal.probe_slot == slot.slot
        is_new = portal.lock_level == 0 and not await self._was_sent_before(connection, slot, portal.opened_at)
        level = portal.lock_level + 1 if repeated or is_new else max(1, portal.lock_level)
        until = max(now + self._lock_wait(refusal.stated, level), portal.lock_until_at)
        values: dict[str, object] = {
            "lock_until_at": until,
            "lock_level": level,
            "lock_operation": slot.operation,
            "probe_slot": 0,
            "probe_until_at": 0.0,
        }
        gentler = None
        if is_new and not refusal.is_quota and not await self._is_above_limit(connection, slot.operation, now):
            gentle_level = self._gentle_level(portal, now) + 1
            gentler = gentle_pace(self.limits, gentle_level)
            values["gentle_level"] = gentle_level
            values["gentle_until_wall"] = self._wall(now) + GENTLE_SECONDS
        await self._set_portal(connection, **values)
        # Places that open later were given out at the pace before the lock: whoever waits for one comes back.
        await connection.execute(
            delete(calls).where(
                calls.c.portal == self.portal,
                calls.c.taken_at > now,
                calls.c.sent_on.is_(None),
                calls.c.free_at - calls.c.taken_at
                < self.limits.lease + self.limits.rest,  # begun, it is held for longer
            )
        )
        ends_at = self.clock.now() + timedelta(seconds=until - now)
        await self._write_lock(connection, ends_at, refusal.cause, is_new=is_new or repeated)
        return Lock(seconds=until - now, ends_at=ends_at, is_new=is_new or repeated, gentler=gentler)

    def _lock_wait(self, stated: float | None, level: int) -> float:
        return lock_wait(self.limits, stated, level) + self.limits.lock_margin

    async def _was_sent_before(self, connection: AsyncConnection, slot: Slot, moment: float) -> bool:
        taken_at = (await connection.execute(select(calls.c.taken_at).where(calls.c.call == slot.slot))).scalar()
        return taken_at is not None and taken_at < moment

    async def _is_above_limit(self, connection: AsyncConnection, operation: str, now: float) -> bool:
        """Tell whether more calls were under way or fresh than the limit allows: an earlier run had a higher rate."""
        counted = select(func.count()).where(
            calls.c.portal == self.portal,
            calls.c.operation == operation,
            calls.c.free_at > now,
            calls.c.taken_at <= now,
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

    async def forget_lock(self) -> float:
        """Forget the lock (an operator's decision); give the seconds that it had left, 0 where there was none.

        The next call goes alone all the same: where the account is locked, that is one refusal and no more.
        """

        async def forget(connection: AsyncConnection) -> float:
            portal, now = await self.read_portal(connection)
            left = max(0.0, float(portal.lock_until_at) - now)
            await self._set_portal(
                connection, lock_until_at=0.0, lock_level=min(portal.lock_level, 1), probe_slot=0, probe_until_at=0.0
            )
            return left

        return await self.database.write(forget)

    async def forget_gentleness(self) -> None:
        """Go back to the full rate at once (an operator's decision)."""

        async def forget(connection: AsyncConnection) -> None:
            await self.read_portal(connection)
            await self._set_portal(connection, gentle_level=0, gentle_until_wall=0.0)

        await self.database.write(forget)


def _next_at(portal: Row[Any], pace: Pace, operation: str) -> float:
    """Give when the next call may start, as far as spacing goes."""
    if pace.shared:
        return max(float(getattr(portal, name)) for name in NEXT_AT.values())
    return float(getattr(portal, NEXT_AT[operation]))
