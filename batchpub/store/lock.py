"""The portal's lock: how it begins, how long it holds, and what ends it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from batchpub.store.limits import GENTLE_SECONDS, Lock, Refusal, Slot, gentle_pace, lock_wait
from batchpub.store.portal import Portal
from batchpub.store.tables import calls, locks


class PortalLock:
    """The lock of one portal, inside transactions that hold the portal's row."""

    def __init__(self, portal: Portal) -> None:
        """Bind it to the portal."""
        self._portal = portal
        self._limits = portal.limits

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
        await self._portal.set(connection, **values)

    async def close(
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
        until = max(
            now + lock_wait(self._limits, refusal.stated, level) + self._limits.lock_margin, portal.lock_until_at
        )
        values: dict[str, object] = {
            "lock_until_at": until,
            "lock_level": level,
            "lock_operation": slot.operation,
            "probe_slot": 0,
            "probe_until_at": 0.0,
        }
        gentler = None
        if is_new and not refusal.is_quota and not await self._is_above_limit(connection, slot.operation, now):
            gentle_level = self._portal.gentle_level(portal, now) + 1
            gentler = gentle_pace(self._limits, gentle_level)
            values["gentle_level"] = gentle_level
            values["gentle_until_wall"] = self._portal.wall(now) + GENTLE_SECONDS
        await self._portal.set(connection, **values)
        # Places that open later were given out at the pace before the lock: whoever waits for one comes back.
        await connection.execute(
            delete(calls).where(
                calls.c.portal == self._portal.name,
                calls.c.taken_at > now,
                calls.c.sent_on.is_(None),
                calls.c.free_at - calls.c.taken_at
                < self._limits.lease + self._limits.rest,  # begun, it is held for longer
            )
        )
        ends_at = self._portal.clock.now() + timedelta(seconds=until - now)
        await self._write_lock(connection, ends_at, refusal.cause, is_new=is_new or repeated)
        return Lock(seconds=until - now, ends_at=ends_at, is_new=is_new or repeated, gentler=gentler)

    async def _was_sent_before(self, connection: AsyncConnection, slot: Slot, moment: float) -> bool:
        taken_at = (await connection.execute(select(calls.c.taken_at).where(calls.c.call == slot.slot))).scalar()
        return taken_at is not None and taken_at < moment

    async def _is_above_limit(self, connection: AsyncConnection, operation: str, now: float) -> bool:
        """Tell whether more calls were under way or fresh than the limit allows: an earlier run had a higher rate."""
        counted = select(func.count()).where(
            calls.c.portal == self._portal.name,
            calls.c.operation == operation,
            calls.c.free_at > now,
            calls.c.taken_at <= now,
        )
        return bool((await connection.execute(counted)).scalar_one() > self._limits.rate)

    async def _write_lock(self, connection: AsyncConnection, ends_at: datetime, cause: str, *, is_new: bool) -> None:
        began, ends = self._portal.clock.now().isoformat(), ends_at.isoformat()
        open_lock = select(locks.c.lock).where(locks.c.run == self._portal.run, locks.c.ends_on >= began)
        last = (await connection.execute(open_lock.order_by(locks.c.lock.desc()).limit(1))).scalar()
        if last is not None and not is_new:
            await connection.execute(update(locks).where(locks.c.lock == last).values(ends_on=ends))
            return
        await connection.execute(
            insert(locks).values(
                run=self._portal.run, portal=self._portal.name, began_on=began, ends_on=ends, cause=cause
            )
        )

    async def forget(self, connection: AsyncConnection) -> float:
        """Forget the lock; give the seconds that it had left, 0 where there was none.

        The next call goes alone all the same: where the account is locked, that is one refusal and no more.
        """
        portal, now = await self._portal.hold(connection)
        level = min(portal.lock_level, 1)
        await self._portal.set(connection, lock_until_at=0.0, lock_level=level, probe_slot=0, probe_until_at=0.0)
        return max(0.0, float(portal.lock_until_at) - now)

    async def forget_gentleness(self, connection: AsyncConnection) -> None:
        """Go back to the full rate."""
        await self._portal.hold(connection)
        await self._portal.set(connection, gentle_level=0, gentle_until_wall=0.0)
