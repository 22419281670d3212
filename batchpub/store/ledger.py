"""The portal's slots, shared by all runs, processes and crashes through the state: the proof that the limit is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from batchpub.clock import Clock
from batchpub.store.database import Database
from batchpub.store.limits import Limits, Outlook, Pace, Slot, Wait
from batchpub.store.lock import PortalLock
from batchpub.store.portal import NEXT_AT, Hold, Portal
from batchpub.store.tables import calls, portals

ROUNDING_SECONDS = 0.001
"""Two clocks that tell of the same moment may differ by their rounding."""

OPENS_LATER = 5e-7
"""Seconds added to when a place opens, so that rounding can only make it later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A place for a call that was found free, or that will be when it `opens` (ledger seconds)."""

    pace: Pace
    operation: str
    opens: float
    is_probe: bool


class Ledger:
    """Slots and lock of one portal, for one run. Each public coroutine is one transaction, or a part of the journal's."""

    def __init__(self, database: Database, *, portal: str, run: str, limits: Limits, clock: Clock) -> None:
        """Bind the ledger to its portal and to the run that takes slots."""
        self.row = Portal(database, portal=portal, run=run, limits=limits, clock=clock)
        self.lock = PortalLock(self.row)
        self.database = database
        self.portal = portal
        self.run = run
        self.limits = limits
        self.clock = clock

    async def take_slot(self, operation: str, *, instead_of: Slot | None = None) -> Slot | Wait:
        """Take a slot for one call, or say how long to wait before looking again. One transaction.

        Where the next free place is known, it is taken now and opens later: however many processes wait for one, each
        knows its own moment, and none has to look again. `instead_of` is a slot that is given back for a better one.

        Raises:
            CannotWrite: the state is not there any more, or cannot be written.

        """
        self.database.look_at_place()

        async def take(connection: AsyncConnection) -> Slot | Wait:
            portal, now = await self.row.hold(connection, Hold.TURN)
            if instead_of is not None:
                await self._drop(connection, instead_of)
                portal = await self.row.look(connection) or portal
            if portal.lock_until_at > now:
                return Wait(seconds=portal.lock_until_at - now, locked=True)
            probe = portal.lock_level > 0
            if probe and portal.probe_until_at > now:
                return Wait(seconds=min(portal.probe_until_at - now, self.limits.period / 60))
            pace = self.row.pace(portal, now)
            opens = await self._find_place(connection, pace, operation, portal, now)
            if isinstance(opens, Wait):
                return opens
            place = _Place(pace=pace, operation=operation, opens=opens, is_probe=probe)
            return await self._take_place(connection, portal, now, place)

        return await self.database.write(take)

    async def _find_place(
        self, connection: AsyncConnection, pace: Pace, operation: str, portal: Row[Any], now: float
    ) -> float | Wait:
        busy = (await connection.execute(self._taken(pace, operation, now))).all()
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

    def _taken(self, pace: Pace, operation: str, now: float) -> Any:
        taken = select(calls.c.in_flight, calls.c.taken_at, calls.c.free_at)
        mine = taken.where(calls.c.portal == self.portal, calls.c.free_at > now)
        return mine if pace.shared else mine.where(calls.c.operation == operation)

    async def _take_place(self, connection: AsyncConnection, portal: Row[Any], now: float, place: _Place) -> Slot:
        pace, operation, opens = place.pace, place.operation, place.opens
        # Unclaimed, it lapses by itself: no call was made with it.
        new = insert(calls).values(
            portal=self.portal,
            operation=operation,
            run=self.run,
            in_flight=True,
            taken_at=opens,
            free_at=opens + self.limits.lease + self._spacing(pace),
        )
        key = (await connection.execute(new)).inserted_primary_key
        slot = int(key[0]) if key else 0
        values: dict[str, Any] = {}
        spaced = None
        if pace.burst < pace.rate:
            starts = max(opens, _next_at(portal, pace, operation))
            spaced = starts, starts + self._spacing(pace)
            values[NEXT_AT[operation]] = spaced[1]
        if place.is_probe:
            values |= {"probe_slot": slot, "probe_until_at": opens + self.limits.lease}
        if values or now - portal.last_boot > self.limits.period / 2:
            await self.row.set(connection, **values, **self.row.stamp(now))
        opens_at = self.clock.boot_seconds() + (opens - now + OPENS_LATER if opens > now else 0.0)
        return Slot(
            slot=slot, operation=operation, pace=pace, is_probe=place.is_probe, opens_at=opens_at, spaced=spaced
        )

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
        # Others take slots while this is under way: the lease must last until the call has started.
        late = now + (limits.send_within if self.database.now is not None else 0.0)
        opened, latest = portal.opened_at, now + ROUNDING_SECONDS + limits.guard / 2
        held = update(calls).where(
            calls.c.call == slot.slot,
            calls.c.free_at > late,
            calls.c.taken_at >= opened,
            calls.c.taken_at <= latest,
        )
        values = {"taken_at": now, "free_at": now + limits.lease + limits.settle + limits.rest, **(call or {})}
        changed = await connection.execute(held.values(**values))
        if changed.rowcount and is_probe:
            await self.row.set(connection, probe_until_at=now + limits.lease)
        return changed.rowcount == 1

    async def begin_call(self, slot: Slot, tell: Callable[[], Mapping[str, Any]] = dict) -> float | None:
        """Make a slot good for a call; give the boot time until which it may start, None when `renew_slot` says no.

        `tell` says what a journal keeps of the call, as of the moment when it is written.

        Raises:
            CannotWrite: the state is not there any more, or cannot be written.

        """
        self.database.look_at_place()

        async def begin(connection: AsyncConnection) -> float | None:
            before = self.clock.boot_seconds()
            portal, now = await self.row.hold(connection, Hold.SHARED)
            may = await self.renew_slot(connection, slot, portal, now, tell())
            return before + self.limits.send_within if may else None

        return await self.database.write(begin)

    async def give_back(self, slot: Slot) -> None:
        """Give back a slot whose call was never sent."""

        async def give(connection: AsyncConnection) -> None:
            portal, now = await self.row.hold(connection, Hold.TURN)
            await self._drop(connection, slot)
            if slot.is_probe:
                await self.lock.note_answer(connection, slot, portal, now, through=False)

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
            portal = await self.row.look(connection)
            if portal is None:
                return Outlook(pace=self.limits.pace)
            pace = self.row.pace(portal, now)
            free_at = sorted(row.free_at for row in await connection.execute(self._taken(pace, operation, now)))
            return Outlook(
                pace=pace,
                lock_seconds=max(0.0, portal.lock_until_at - now),
                taken=tuple(moment - now for moment in free_at),
            )

        return await self.row.glance(read)

    async def forget_lock(self) -> float:
        """Forget the lock (an operator's decision); give the seconds that it had left, 0 where there was none."""
        return await self.database.write(self.lock.forget)

    async def forget_gentleness(self) -> None:
        """Go back to the full rate at once (an operator's decision)."""
        await self.database.write(self.lock.forget_gentleness)


def _next_at(portal: Row[Any], pace: Pace, operation: str) -> float:
    """Give when the next call may start, as far as spacing goes."""
    if pace.shared:
        return max(float(getattr(portal, name)) for name in NEXT_AT.values())
    return float(getattr(portal, NEXT_AT[operation]))
