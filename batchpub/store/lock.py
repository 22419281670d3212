"""The portal's lock: how it begins, how long it holds, and what ends it."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from batchpub.store.limits import GENTLE_SECONDS, Lock, Refusal, Slot, gentle_pace, lock_wait
from batchpub.store.portal import HeldPortal, Portal
from batchpub.store.tables import calls, locks


async def note_answer(portal: Portal, held: HeldPortal, slot: Slot, *, through: bool) -> None:
    """Learn from an answer that is no lock. `through` tells that it was about the course: the throttle let it pass.

    Only the call that goes first ends a lock, only for what was locked, and not when a later refusal holds.
    Anything else it may have met (a gateway, the login) proves nothing: the next call goes alone as well.
    """
    row = held.row
    if not row.lock_level or row.probe_slot != slot.slot:
        return
    values: dict[str, object] = {"probe_until_at": 0.0}
    if through and slot.operation == row.lock_operation and row.lock_until_at <= held.now:
        values |= {"lock_level": 0, "probe_slot": 0, "opened_at": held.now}
    await portal.set(held.connection, **values)


async def close_lock(portal: Portal, held: HeldPortal, slot: Slot, refusal: Refusal) -> Lock:
    """Write a lock answer down, before anybody sleeps.

    A refusal while the lock holds, or of a call sent before it was over, is the same lock, counted from the latest
    answer. The refusal of the call that went first doubles the wait, up to `max_lock`. A new lock that came
    although we kept to the limit makes the portal gentler for a day; a used-up quota says nothing of the pace.
    """
    connection, row, now = held.connection, held.row, held.now
    repeated = row.lock_level > 0 and row.probe_slot == slot.slot
    is_new = row.lock_level == 0 and not await _was_sent_before(connection, slot, row.opened_at)
    level = row.lock_level + 1 if repeated or is_new else max(1, row.lock_level)
    until = max(now + lock_wait(portal.limits, refusal.stated, level) + portal.limits.lock_margin, row.lock_until_at)
    values: dict[str, object] = {
        "lock_until_at": until,
        "lock_level": level,
        "lock_operation": slot.operation,
        "probe_slot": 0,
        "probe_until_at": 0.0,
    }
    gentler = None
    if is_new and not refusal.is_quota and not await _is_above_limit(portal, held, slot.operation):
        gentle_level = portal.gentle_level(row, now) + 1
        gentler = gentle_pace(portal.limits, gentle_level)
        values["gentle_level"] = gentle_level
        values["gentle_until_wall"] = portal.wall(now) + GENTLE_SECONDS
    await portal.set(held.connection, **values)
    # Places that open later were given out at the pace before the lock: whoever waits for one comes back.
    await connection.execute(
        delete(calls).where(
            calls.c.portal == portal.portal,
            calls.c.taken_at > now,
            calls.c.sent_on.is_(None),
            calls.c.free_at - calls.c.taken_at
            < portal.limits.lease + portal.limits.rest,  # begun, it is held for longer
        )
    )
    ends_at = portal.clock.now() + timedelta(seconds=until - now)
    await _write_lock(portal, connection, ends_at, refusal.cause, is_new=is_new or repeated)
    return Lock(seconds=until - now, ends_at=ends_at, is_new=is_new or repeated, gentler=gentler)


async def _was_sent_before(connection: AsyncConnection, slot: Slot, moment: float) -> bool:
    taken_at = (await connection.execute(select(calls.c.taken_at).where(calls.c.call == slot.slot))).scalar()
    return taken_at is not None and taken_at < moment


async def _is_above_limit(portal: Portal, held: HeldPortal, operation: str) -> bool:
    """Tell whether more calls were under way or fresh than the limit allows: an earlier run had a higher rate."""
    counted = select(func.count()).where(
        calls.c.portal == portal.portal,
        calls.c.operation == operation,
        calls.c.free_at > held.now,
        calls.c.taken_at <= held.now,
    )
    return bool((await held.connection.execute(counted)).scalar_one() > portal.limits.rate)


async def _write_lock(
    portal: Portal, connection: AsyncConnection, ends_at: datetime, cause: str, *, is_new: bool
) -> None:
    began, ends = portal.clock.now().isoformat(), ends_at.isoformat()
    open_lock = select(locks.c.lock).where(locks.c.run == portal.run, locks.c.ends_on >= began)
    last = (await connection.execute(open_lock.order_by(locks.c.lock.desc()).limit(1))).scalar()
    if last is not None and not is_new:
        await connection.execute(update(locks).where(locks.c.lock == last).values(ends_on=ends))
        return
    await connection.execute(
        insert(locks).values(run=portal.run, portal=portal.portal, began_on=began, ends_on=ends, cause=cause)
    )
