"""SQLite on a local disk: durable, every write transaction BEGIN IMMEDIATE, readers beside it."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from batchpub.errors import CannotWrite, SettingsWrong
from batchpub.state.store import Store
from batchpub.state.tables import meta

BUSY_SECONDS = 0.5
"""How long SQLite itself waits for a writer; it hears nothing meanwhile, so we come back and ask again."""

PATIENCE = 30.0
"""Seconds for which a state that another process holds is waited for."""

NETWORK_FILE_SYSTEMS = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "ocfs2", "gfs2", "davfs"),
    *("fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.gcsfuse", "fuse.blobfuse2", "fuse.glusterfs", "fuse.davfs2"),
}
READ_ONLY = {"batchpub_reads": True}


def make_store(path: Path | None) -> Store:
    """Make the store for a file, or for a state in memory (None).

    Raises:
        CannotWrite: the file cannot be opened.
        SettingsWrong: it lies on a network file system, or is the database of another program.

    """
    if path is not None:
        _refuse_network_disk(path)
        _make_private(path)
        _refuse_others(path)
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}" if path else "sqlite+aiosqlite://",
        **({"pool_size": 1, "max_overflow": 0} if path else {}),
    )
    event.listen(engine.sync_engine, "connect", _prepare_connection)
    event.listen(engine.sync_engine, "begin", _begin)
    # One transaction in turn: two of our own would only wait for each other inside SQLite, unfairly.
    return Store(
        engine=engine,
        name=str(path or "in memory"),
        say_trouble=_say_trouble,
        is_passing=_is_held,
        patience=PATIENCE,
        reads=READ_ONLY,
    )


def _is_held(error: BaseException) -> bool:
    return isinstance(error, DBAPIError) and "locked" in str(error.orig)


def _say_trouble(name: str, trouble: str) -> str:
    """Say what is wrong with the state, and what to do."""
    if "not a database" in trouble or "malformed" in trouble:
        return (
            f"The state {name} is damaged, or no state of batchpub ({trouble}). Keep it aside and name another with "
            "--state; courses that mail are then read before they are sent."
        )
    if "locked" in trouble:
        return (
            f"The state {name} is held by another process for longer than {PATIENCE:g} s. Look whether one is frozen "
            "or has the file open, end it, then run the same command again; what was sent is in the log."
        )
    return (
        f"The state {name} cannot be written: {trouble}. Free the disk or make it writable, then run the same command "
        "again; what was sent is in the log."
    )


def _prepare_connection(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={int(BUSY_SECONDS * 1000)}", "journal_mode=WAL", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    reads = connection.get_execution_options().get("batchpub_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


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
    kind = file_system_of(path.resolve().parent, mounts.read_text(errors="replace")) if mounts.exists() else ""
    if kind in NETWORK_FILE_SYSTEMS:
        raise SettingsWrong(
            f"The state {path} lies on a network file system ({kind}), where its locks cannot be trusted. "
            "Choose a local disk with --state."
        )


def _refuse_others(path: Path) -> None:
    """Leave another program's database as it is; even opening it our way would change its journal's mode."""
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0)) as found,
    ):
        tables = [name for (name,) in found.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        if tables and meta.name not in tables:
            raise SettingsWrong(
                f"{path} is a database of another program: it has the tables {', '.join(tables[:3])}. Name another file "
                "with --state."
            )


def _make_private(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise CannotWrite(
            f"The state {path} cannot be opened: {error.strerror}. Name a writable file with --state or BATCHPUB_STATE."
        ) from error
