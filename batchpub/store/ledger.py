"""The portal's slots, shared by all runs, processes and crashes through the state: the proof that the limit is kept."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from batchpub.store.limits import NoSlotYet, Outlook, Pace, Slot
from batchpub.store.lock import note_answer
from batchpub.store.portal import NEXT_AT, HeldPortal, Hold, Portal
from batchpub.store.tables import calls, portals

ROUNDING_SECONDS = 0.001
"""Two clocks that tell of the same moment may differ by their rounding."""

OPENS_LATER = 5e-7
"""Seconds added to when a place opens, so that rounding can only make it later."""


class Ledger(Portal):
    """Slots and lock of one portal, for one run. Each public coroutine is one transaction, or a part of the journal's."""

    async def take_slot(self, operation: str, *, instead_of: Slot | None = None) -> Slot | NoSlotYet:
        """Take a slot for one call, or say how long to wait before looking again. One transaction.

        Where the next free place is known, it is taken now and opens later: however many processes wait for one, each
        knows its own moment, and none has to look again. `instead_of` is a slot that is given back for a better one.

        Raises:
            CannotWrite: the state is not there any more, or cannot be written.

        """
        self.database.look_at_place()

        async def take(connection: AsyncConnection) -> Slot | NoSlotYet:
            held = await self.hold(connection, Hold.TURN)
            if instead_of is not None:
                await self._drop(connection, instead_of)
                held = await self.hold(connection, Hold.TURN)
            row, now = held.row, held.now
            if row.lock_until_at > now:
                return NoSlotYet(seconds=row.lock_until_at - now, locked=True)
            if row.lock_level > 0 and row.probe_until_at > now:
                return NoSlotYet(seconds=min(row.probe_until_at - now, self.limits.period / 60))
            opens = await self._find_place(held, operation)
            return opens if isinstance(opens, NoSlotYet) else await self._take_place(held, operation, opens)

        return await self.database.write(take)

    async def _find_place(self, held: HeldPortal, operation: str) -> float | NoSlotYet:
        """Give when a place opens (ledger seconds), or how long to wait until that can be told."""
        now, pace = held.now, self.pace(held.row, held.now)
        busy = (await held.connection.execute(self._taken(pace, operation, now))).all()
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
                return NoSlotYet(seconds=earliest - now)
            opens = earliest
        if pace.burst < pace.rate:
            opens = max(opens, _next_at(held.row, pace, operation) - (pace.burst - 1) * self._spacing(pace))
        return float(opens)

    def _spacing(self, pace: Pace) -> float:
        return self.limits.period / pace.rate

    def _taken(self, pace: Pace, operation: str, now: float) -> Any:
        taken = select(calls.c.in_flight, calls.c.taken_at, calls.c.free_at)
        mine = taken.where(calls.c.portal == self.portal, calls.c.free_at > now)
        return mine if pace.shared else mine.where(calls.c.operation == operation)

    async def _take_place(self, held: HeldPortal, operation: str, opens: float) -> Slot:
        now, pace, is_probe = held.now, self.pace(held.row, held.now), held.row.lock_level > 0
        # Unclaimed, it lapses by itself: no call was made with it.
        new = insert(calls).values(
            portal=self.portal,
            operation=operation,
            run=self.run,
            in_flight=True,
            taken_at=opens,
            free_at=opens + self.limits.lease + self._spacing(pace),
        )
        key = (await held.connection.execute(new)).inserted_primary_key
        slot = int(key[0]) if key else 0
        values: dict[str, Any] = {}
        spaced = None
        if pace.burst < pace.rate:
            starts = max(opens, _next_at(held.row, pace, operation))
            spaced = starts, starts + self._spacing(pace)
            values[NEXT_AT[operation]] = spaced[1]
        if is_probe:
            values |= {"probe_slot": slot, "probe_until_at": opens + self.limits.lease}
        if values or now - held.row.last_boot > self.limits.period / 2:
            await self.set(held.connection, **values, **self.stamp(now))
        opens_at = self.clock.boot_seconds() + (opens - now + OPENS_LATER if opens > now else 0.0)
        return Slot(slot=slot, operation=operation, pace=pace, is_probe=is_probe, opens_at=opens_at, spaced=spaced)

    async def renew_slot(self, held: HeldPortal, slot: Slot, call: Mapping[str, Any]) -> bool:
        """Give a slot a whole lease from now and make it a `call`; False when the call must not go out with it.

        It must not in a lock, nor after one except as the call that goes first, nor with a slot from before a lock, or
        one that is not open or not held any more. The place stays taken until the call can no longer arrive late.
        """
        limits, row, now = self.limits, held.row, held.now
        is_probe = row.probe_slot == slot.slot
        if row.lock_until_at > now or (row.lock_level > 0 and not is_probe):
            return False
        # Others take slots while this is under way: the lease must last until the call has started.
        late = now + (limits.send_within if self.database.now is not None else 0.0)
        latest = now + ROUNDING_SECONDS + limits.guard / 2
        still_held = update(calls).where(
            calls.c.call == slot.slot,
            calls.c.free_at > late,
            calls.c.taken_at >= row.opened_at,
            calls.c.taken_at <= latest,
        )
        values = {"taken_at": now, "free_at": now + limits.lease + limits.settle + limits.rest, **call}
        changed = await held.connection.execute(still_held.values(**values))
        if changed.rowcount and is_probe:
            await self.set(held.connection, probe_until_at=now + limits.lease)
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
            may = await self.renew_slot(await self.hold(connection, Hold.SHARED), slot, tell())
            return before + self.limits.send_within if may else None

        return await self.database.write(begin)

    async def give_back(self, slot: Slot) -> None:
        """Give back a slot whose call was never sent."""

        async def give(connection: AsyncConnection) -> None:
            held = await self.hold(connection, Hold.TURN)
            await self._drop(connection, slot)
            if slot.is_probe:
                await note_answer(self, held, slot, through=False)

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
            portal = await self.look(connection)
            if portal is None:
                return Outlook(pace=self.limits.pace)
            pace = self.pace(portal, now)
            free_at = sorted(row.free_at for row in await connection.execute(self._taken(pace, operation, now)))
            return Outlook(
                pace=pace,
                lock_seconds=max(0.0, portal.lock_until_at - now),
                taken=tuple(moment - now for moment in free_at),
            )

        return await self.glance(read)

    async def forget_lock(self) -> float:
        """Forget the lock (an operator's decision); give the seconds that it had left, 0 where there was none.

        The next call goes alone all the same: where the account is locked, that is one refusal and no more.
        """

        async def forget(connection: AsyncConnection) -> float:
            held = await self.hold(connection)
            level = min(held.row.lock_level, 1)
            await self.set(connection, lock_until_at=0.0, lock_level=level, probe_slot=0, probe_until_at=0.0)
            return max(0.0, float(held.row.lock_until_at) - held.now)

        return await self.database.write(forget)

    async def forget_gentleness(self) -> None:
        """Go back to the full rate at once (an operator's decision)."""

        async def forget(connection: AsyncConnection) -> None:
            await self.hold(connection)
            await self.set(connection, gentle_level=0, gentle_until_wall=0.0)

        await self.database.write(forget)


def _next_at(portal: Row[Any], pace: Pace, operation: str) -> float:
    """Give when the next call may start, as far as spacing goes."""
    if pace.shared:
        return max(float(getattr(portal, name)) for name in NEXT_AT.values())
    return float(getattr(portal, NEXT_AT[operation]))
