"""One portal's row: who may hold it, and the time by which it counts.

Ledger seconds are the database's clock where it is a server's. In a file they are the boot clock of the boot that
wrote last: when another boot opens the ledger, all its times are moved over by the wall time that passed since; if the
wall clock (or the server's) went backwards, nothing is taken to have passed. Both err on the side of waiting. Two machines
in turn may use one file; at the same time, the one that had it first stops, for nothing tells whose clock is right.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from batchpub.clock import Clock
from batchpub.errors import CannotWrite
from batchpub.store.database import Database
from batchpub.store.limits import GENTLE_SECONDS, Limits, Pace, gentle_pace
from batchpub.store.tables import calls, courses, insert_into, portals

SERVER = "server"
"""Marks times read from the server's clock, which all hosts share."""

STEP_SECONDS = 1.0
"""A server's clock that is behind the last writing by less than this was read a moment before that writing."""

WALL_ROUNDING = 2e-6
"""Seconds subtracted at each hand-over between hosts, so that rounding never shortens a rest."""

T = TypeVar("T")

TWO_MACHINES = (
    "The state {name} is a file, and another machine, or a container with a clock of its own, has begun to use it: no clock that both could trust would keep them to "
    "one limit. Run the same command again when the other run is over, or name a PostgreSQL in BATCHPUB_STATE."
)

NEXT_AT = {"publish": "next_send_at", "read": "next_read_at"}
"""Where each operation's spacing is written: reading has a budget of its own, in its shape as in its slots."""


class Hold(Enum):
    """What others may do with the portal until the transaction ends."""

    ALONE = "alone"
    """Nothing: a lock begins or ends."""
    TURN = "turn"
    """Start calls that have their slot, but take none: slots are counted one after the other."""
    SHARED = "shared"
    """Anything but lock: so no call starts after a lock that it could have known of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPortal:
    """The portal while a transaction holds it: that transaction's connection, the portal's row, and the ledger's time."""

    connection: AsyncConnection
    row: Row[Any]
    now: float


class Portal:
    """The portal's row as one run reads and writes it, inside transactions of others."""

    def __init__(self, database: Database, *, portal: str, run: str, limits: Limits, clock: Clock) -> None:
        """Bind it to a portal, and to the run that works with it."""
        self.database = database
        self.portal = portal
        self.run = run
        self.limits = limits
        self.clock = clock
        its_time = [] if database.now is None else [database.now.label("ledger_now")]
        self._asked = select(portals, *its_time).where(portals.c.portal == portal)
        self._ahead: float | None = None
        self._is_mine = False

    def now(self) -> float:
        """Estimate the ledger's time without asking: never ahead of it, so that no wait ends early."""
        return self.clock.boot_seconds() + (self._ahead or 0.0)

    def wall(self, now: float) -> float:
        """Give the wall time of a moment; where a server counts, both are one."""
        return self.clock.now().timestamp() if self.database.now is None else now

    async def hold(self, connection: AsyncConnection, how: Hold = Hold.ALONE) -> HeldPortal:
        """Hold the portal's row and read the ledger's time, moving all times over when the clock they count by changed.

        Other portals go on. SQLite knows one way to hold: nobody else writes.
        """
        # FOR UPDATE, FOR NO KEY UPDATE, FOR KEY SHARE: the latter two do not conflict (PostgreSQL's manual, 13.3.2).
        query = self._asked.with_for_update(read=how is Hold.SHARED, key_share=how is not Hold.ALONE)
        row = (await connection.execute(query)).one_or_none()
        if row is None:
            new = insert_into(connection, portals).values(portal=self.portal, **self.stamp(self._read_clock(None)))
            await connection.execute(new.on_conflict_do_nothing())
            row = (await connection.execute(query)).one()
        now = self._read_clock(row)
        if self._is_in_order(row, now):
            self._is_mine = True
            return HeldPortal(connection=connection, row=row, now=max(now, row.last_boot))
        if how is not Hold.ALONE:
            return await self.hold(connection)
        await self._put_in_order(connection, row, now)
        return await self.hold(connection)

    async def _put_in_order(self, connection: AsyncConnection, row: Row[Any], now: float) -> None:
        if self._is_gentle_too_long(row, now):
            await self.set(connection, gentle_until_wall=self.wall(now) + GENTLE_SECONDS)
        if not self._is_moved(row, now):
            return
        if self._is_mine and row.boot_id != self._boot_id and self.clock.is_host_wide:
            raise CannotWrite(TWO_MACHINES.format(name=self.database.name))
        passed = max(0.0, self.wall(now) - row.last_wall - WALL_ROUNDING)
        await self._move_times(connection, row, now - row.last_boot - passed)
        await self.set(connection, **self.stamp(now))

    async def glance(self, work: Callable[[AsyncConnection, float], Awaitable[T]]) -> T:
        """Read at the ledger's time without holding the portal, unless its times have to be moved over first.

        How far a server's clock is ahead of ours is known from the last slot; that is asked again at every further one.
        """
        if self._ahead is not None:
            now = self.now()
            return await self.database.read(lambda connection: work(connection, now))

        async def read(connection: AsyncConnection) -> tuple[T] | None:
            row = await self.look(connection)
            now = self._read_clock(row)
            return (await work(connection, now),) if row is None or self._is_in_order(row, now) else None

        async def move(connection: AsyncConnection) -> T:
            return await work(connection, (await self.hold(connection)).now)

        found = await self.database.read(read)
        return found[0] if found is not None else await self.database.write(move)

    async def look(self, connection: AsyncConnection) -> Row[Any] | None:
        """Read the row without holding it; None where there is none yet."""
        return (await connection.execute(self._asked)).one_or_none()

    def _is_in_order(self, row: Row[Any], now: float) -> bool:
        return not self._is_moved(row, now) and not self._is_gentle_too_long(row, now)

    def _is_moved(self, row: Row[Any], now: float) -> bool:
        slack = 0.0 if self.database.now is None else STEP_SECONDS
        return bool(row.boot_id != self._boot_id or row.last_boot > now + slack)

    def _is_gentle_too_long(self, row: Row[Any], now: float) -> bool:
        """Tell whether the wall clock was ahead when the gentleness was written."""
        return bool(row.gentle_until_wall > self.wall(now) + GENTLE_SECONDS)

    @property
    def _boot_id(self) -> str:
        return self.clock.boot_id if self.database.now is None else SERVER

    def _read_clock(self, row: Row[Any] | None) -> float:
        boot = self.clock.boot_seconds()
        if self.database.now is None:
            return boot
        if row is None:
            return 0.0
        now = float(row.ledger_now)
        self._ahead = now - boot
        return now

    def wall_text(self) -> str:
        """Give the wall time as the tables keep it."""
        return self.clock.now().isoformat()

    def stamp(self, now: float) -> dict[str, Any]:
        """Give the columns that say by which clock the row counts, and when it was written."""
        return {"boot_id": self._boot_id, "last_boot": now, "last_wall": self.wall(now)}

    async def set(self, connection: AsyncConnection, **values: Any) -> None:
        """Write columns of the row."""
        await connection.execute(update(portals).where(portals.c.portal == self.portal).values(**values))

    async def _move_times(self, connection: AsyncConnection, row: Row[Any], shift: float) -> None:
        mine = calls.c.portal == self.portal
        over = calls.c.free_at <= row.last_boot
        await connection.execute(update(calls).where(mine, over).values(free_at=0.0))
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

    def gentle_level(self, row: Row[Any], now: float) -> int:
        """Give how gently the portal is treated at a moment; 0 as usual."""
        return int(row.gentle_level) if row.gentle_until_wall > self.wall(now) else 0

    def pace(self, row: Row[Any], now: float) -> Pace:
        """Give what is allowed at a moment."""
        return gentle_pace(self.limits, self.gentle_level(row, now))
