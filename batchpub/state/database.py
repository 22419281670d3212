"""Open the state: SQLite on a local disk, durable, every transaction BEGIN IMMEDIATE."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from batchpub.errors import CannotWrite, SettingsWrong
from batchpub.state.tables import SCHEMA_VERSION, meta, metadata

BUSY_SECONDS = 30
NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "fuse.sshfs"}


class Database:
    """One open state. `is_new` tells that this process made it: it then knows nothing of earlier runs."""

    def __init__(self, engine: AsyncEngine, *, name: str) -> None:
        """Wrap an engine; `open_database` is the way to get one."""
        self._engine = engine
        self._turn = asyncio.Lock()
        self.name = name
        self.is_new = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Hold the one write transaction; committed at the end, rolled back on any error.

        Raises:
            CannotWrite: the disk is full, the file is read-only, damaged, or held by another process for too long.

        """
        # One connection in turn: two of our own would only wait for each other inside SQLite, unfairly.
        async with self._turn:
            try:
                async with self._engine.begin() as connection:
                    yield connection
            except DBAPIError as error:
                raise CannotWrite(_say_trouble(self.name, str(error.orig))) from error

    async def close(self) -> None:
        """Let go of the file."""
        await self._engine.dispose()


def _say_trouble(name: str, trouble: str) -> str:
    if "not a database" in trouble or "malformed" in trouble:
        return (
            f"The state {name} is damaged, or no state of batchpub ({trouble}). Keep it aside and name another with "
            "--state; courses that mail are then read before they are sent."
        )
    if "locked" in trouble:
        return (
            f"The state {name} is held by another process for longer than {BUSY_SECONDS} s. Look whether one is frozen "
            "or has the file open, end it, then run the same command again; what was sent is in the log."
        )
    return (
        f"The state {name} cannot be written: {trouble}. Free the disk or make it writable, then run the same command "
        "again; what was sent is in the log."
    )


def _prepare_connection(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={BUSY_SECONDS * 1000}", "journal_mode=WAL", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def file_system_of(path: Path, mounts: str) -> str:
    """Name the type of the file system that holds a path, from the text of /proc/mounts; "" if not to be told."""
    best, kind = "", ""
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:  # noqa: PLR2004 - device, mount point, type
            continue
        point = fields[1].replace("\\040", " ")
        inside = str(path) == point or str(path).startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind


def _refuse_network_disk(path: Path) -> None:
    mounts = Path("/proc/mounts")
    kind = file_system_of(path.parent.resolve(), mounts.read_text(errors="replace")) if mounts.exists() else ""
    if kind in NETWORK_FILE_SYSTEMS:
        raise SettingsWrong(
            f"The state {path} lies on a network file system ({kind}), where its locks cannot be trusted. "
            "Choose a local disk with --state."
        )


def _make_private(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise CannotWrite(
            f"The state {path} cannot be opened: {error.strerror}. Name a writable file with --state or BATCHPUB_STATE."
        ) from error


@asynccontextmanager
async def open_database(path: Path | None) -> AsyncIterator[Database]:
    """Open the state at a path, or one in memory (None), creating the tables when it is new.

    Raises:
        CannotWrite: it cannot be opened or is no state of ours.
        SettingsWrong: it was written by another version, or lies on a network file system.

    """
    if path is not None:
        _make_private(path)
        _refuse_network_disk(path)
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}" if path else "sqlite+aiosqlite://",
        **({"pool_size": 1, "max_overflow": 0} if path else {}),
    )
    event.listen(engine.sync_engine, "connect", _prepare_connection)
    event.listen(engine.sync_engine, "begin", _begin_immediate)
    database = Database(engine, name=str(path or "in memory"))
    try:
        await _check_schema(database)
        yield database
    finally:
        await database.close()


async def _check_schema(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.run_sync(metadata.create_all)
        found = (await connection.execute(select(meta.c.value).where(meta.c.key == "schema_version"))).scalar()
        if found is None:
            await connection.execute(insert(meta).values(key="schema_version", value=str(SCHEMA_VERSION)))
            database.is_new = True
    if found is not None and found != str(SCHEMA_VERSION):
        raise SettingsWrong(
            f"The state {database.name} has schema version {found}; this batchpub works with {SCHEMA_VERSION}. "
            "Use the batchpub that wrote it, or name another state with --state."
        )
