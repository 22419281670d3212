"""What a state holds, for whoever looks after it: nothing here decides about a call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from batchpub.clock import Clock
from batchpub.store.database import Database
from batchpub.store.limits import GENTLE_SECONDS, Limits
from batchpub.store.portal import Portal
from batchpub.store.tables import SCHEMA_VERSION, Status, calls, courses, portals, runs

AT_WORK_SECONDS = 1_200.0
"""A run without an end of which nothing was heard for longer is over: no wait between two of its calls is usually so long
(a lock of 900 s, then one call that goes first)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAtWork:
    """A run without an end, of which something was heard a short while ago. It may also have died since then."""

    run: str
    portal: str
    again_id: str
    """The repetition it is a part of; "" where it does not publish again."""
    heard_at: datetime
    """When it started its newest call, or itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalOverview:
    """What shares one limit: its lock, and its places for calls as of now. All in seconds or numbers."""

    portal: str
    lock_seconds: float
    """How long the lock holds on; 0 where there is none."""
    gentle_seconds: float
    """How long the gentler pace after an unexplained lock goes on; 0 where the pace is the usual one."""
    places_taken: int
    """Places of calls that are under way, or over and not yet at rest for long enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A whole state in a few numbers. `schema_version` is the one it was found with."""

    name: str
    schema_version: int
    """One that is older than `SCHEMA_VERSION` is brought forward when the state is used."""
    oldest_run_at: datetime | None
    runs: int
    published: int
    """Courses that are known to be published."""
    at_work: tuple[RunAtWork, ...]
    portals: tuple[PortalOverview, ...]


async def read_overview(database: Database, clock: Clock) -> Overview:
    """Read what a state holds, as of now."""

    async def read_names(connection: AsyncConnection) -> Sequence[str]:
        return (await connection.execute(select(portals.c.portal).order_by(portals.c.portal))).scalars().all()

    seen = tuple([await _read_portal(database, name, clock) for name in await database.read(read_names)])

    async def read(connection: AsyncConnection) -> Overview:
        first, number = (await connection.execute(select(func.min(runs.c.started_on), func.count(runs.c.run)))).one()
        published = select(func.count()).where(courses.c.status == Status.PUBLISHED)
        return Overview(
            name=database.name,
            schema_version=int(database.found_version or SCHEMA_VERSION),
            oldest_run_at=datetime.fromisoformat(first).astimezone(UTC) if first else None,
            runs=number,
            published=(await connection.execute(published)).scalar_one(),
            at_work=await read_at_work(connection, clock.now()),
            portals=seen,
        )

    with database.understood():
        return await database.read(read)


async def read_at_work(connection: AsyncConnection, now: datetime) -> tuple[RunAtWork, ...]:
    """Read which runs seem to be at work, inside a transaction; oldest first."""
    heard = (
        select(
            runs.c.run, runs.c.portal, runs.c.again_id, runs.c.started_on, func.max(calls.c.sent_on).label("heard_on")
        )
        .outerjoin(calls, and_(calls.c.run == runs.c.run, calls.c.sent_on.is_not(None)))
        .where(runs.c.finished_on.is_(None))
        .group_by(runs.c.run)
        .order_by(runs.c.started_on)
    )
    found = [
        RunAtWork(
            run=row.run,
            portal=row.portal,
            again_id=row.again_id,
            heard_at=datetime.fromisoformat(row.heard_on or row.started_on),
        )
        for row in await connection.execute(heard)
    ]
    return tuple(one for one in found if one.heard_at > now - timedelta(seconds=AT_WORK_SECONDS))


async def _read_portal(database: Database, name: str, clock: Clock) -> PortalOverview:
    ledger = Portal(database, portal=name, run="", limits=Limits(), clock=clock)

    async def read(connection: AsyncConnection, now: float) -> PortalOverview:
        portal = (await connection.execute(select(portals).where(portals.c.portal == name))).one()
        is_used = or_(~calls.c.in_flight, calls.c.sent_on.is_not(None))
        taken = select(func.count()).where(calls.c.portal == name, calls.c.free_at > now, is_used)
        wall = clock.now().timestamp() if database.now is None else now
        gentle = min(max(0.0, portal.gentle_until_wall - wall), GENTLE_SECONDS)
        return PortalOverview(
            portal=name,
            lock_seconds=max(0.0, portal.lock_until_at - now),
            gentle_seconds=gentle,
            places_taken=(await connection.execute(taken)).scalar_one(),
        )

    return await ledger.glance(read)
