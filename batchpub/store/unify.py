"""One limit has one name: what older versions kept under several spellings of it becomes one portal."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from batchpub.clock import Clock
from batchpub.store.database import Database
from batchpub.store.limits import Limits
from batchpub.store.portal import Portal
from batchpub.store.tables import calls, courses, locks, portals, runs

LATEST = (
    "lock_until_at",
    "lock_level",
    "opened_at",
    "gentle_level",
    "gentle_until_wall",
    "next_send_at",
    "next_read_at",
)
"""Of two portals that are one, the more careful value of each counts."""

STRENGTH = {"free": 0, "unclear": 1, "sending": 1, "published": 2}
"""What is known of a course, by its status: published is published; what may have been sent is not free."""


async def unify_portals(database: Database, name: Callable[[str], str], clock: Clock) -> tuple[str, ...]:
    """Give every portal the one name of its limit, and put those together that are one; give the names that went.

    `name` gives the one name for any other. Where all names are right already, this is one small question.
    """
    known = select(portals.c.portal).union(select(courses.c.portal), select(runs.c.portal))

    async def find(connection: AsyncConnection) -> list[str]:
        return [old for old in (await connection.execute(known)).scalars() if old and name(old) != old]

    async def unify(connection: AsyncConnection) -> tuple[str, ...]:
        wrong = sorted(await find(connection))  # another process may have been first
        for old in wrong:
            await _put_into(connection, database, clock, old, name(old))
        return tuple(wrong)

    return await database.write(unify) if await database.read(find) else ()


async def _put_into(connection: AsyncConnection, database: Database, clock: Clock, old: str, new: str) -> None:
    # Both count by the same clock then.
    left, kept = [
        (await Portal(database, portal=each, run="", limits=Limits(), clock=clock).hold(connection)).row
        for each in (old, new)
    ]
    later = left if left.lock_until_at > kept.lock_until_at else kept
    values = {column: max(getattr(left, column), getattr(kept, column)) for column in LATEST}
    # Whoever went first after a lock did so under another name: after the longer of the two, one call goes first again.
    values |= {"lock_operation": later.lock_operation, "probe_slot": 0, "probe_until_at": 0.0}
    await connection.execute(update(portals).where(portals.c.portal == new).values(**values))
    await connection.execute(delete(portals).where(portals.c.portal == old))
    await _put_courses_together(connection, old, new)
    for table in (calls, locks, runs):
        await connection.execute(update(table).where(table.c.portal == old).values(portal=new))


async def _put_courses_together(connection: AsyncConnection, old: str, new: str) -> None:
    under = {
        portal: {
            (row.course_id, row.batch_id): row
            for row in await connection.execute(select(courses).where(courses.c.portal == portal))
        }
        for portal in (old, new)
    }
    twice = under[old].keys() & under[new].keys()
    for course_id, batch_id in sorted(twice):
        pair = [under[portal][course_id, batch_id] for portal in (new, old)]
        this = (courses.c.course_id == course_id) & (courses.c.batch_id == batch_id)
        await connection.execute(delete(courses).where(this, courses.c.portal.in_((old, new))))
        await connection.execute(insert(courses).values(**_put_together(pair)))
    await connection.execute(update(courses).where(courses.c.portal == old).values(portal=new))


def _put_together(pair: Sequence[Row[Any]]) -> dict[str, Any]:
    """Say what is known of a course that is known twice: the stronger knowledge, and every wait."""
    first, second = pair
    stronger = max(pair, key=lambda row: (STRENGTH[row.status], row.changed_at))
    kept = dict(stronger._mapping)  # noqa: SLF001 - SQLAlchemy's documented way to a row's columns
    waits = ("version", "held_until_at", "ready_at", "changed_at")
    kept |= {column: max(getattr(first, column), getattr(second, column)) for column in waits}
    kept |= {"version": kept["version"] + 1, "portal": first.portal, "known": first.known or second.known}
    return kept | {"lost": (first.lost or second.lost) and stronger.status != "published"}
