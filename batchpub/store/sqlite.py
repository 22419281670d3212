"""SQLite on a local disk: durable, every write transaction BEGIN IMMEDIATE, readers beside it."""

import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import URL, Connection, StaticPool, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from batchpub.errors import CannotWrite, SettingsWrong
from batchpub.store.store import Store
from batchpub.store.tables import meta

BUSY_SECONDS = 0.5
"""How long SQLite itself waits for a writer; it hears nothing meanwhile, so we come back and ask again."""

PATIENCE = 30.0
"""Seconds for which a state that another process holds is waited for."""

NETWORK_FILE_SYSTEMS = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "ocfs2", "gfs2", "davfs"),
    *("fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.gcsfuse", "fuse.blobfuse2", "fuse.glusterfs", "fuse.davfs2"),
}
READ_ONLY = {"batchpub_reads": True}

NO_FILES = (":memory:", "")
"""Names that SQLite takes for a database in memory."""

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def make_store(path: Path | None) -> Store:
    """Make the store for a file, or for a state in memory (None).

    Raises:
        CannotWrite: the file cannot be opened.
        SettingsWrong: it is no regular file, lies on a network file system, or is the database of another program.

    """
    if path is None:
        return _store(create_async_engine("sqlite+aiosqlite://"), name="in memory")
    file = _find_file(path)
    _refuse_network_disk(file)
    _make_private(path, file)
    _refuse_others(path, file)
    # The path is a part of the URL, not its text: it may hold %, ? and #.
    engine = create_async_engine(URL.create("sqlite+aiosqlite", database=str(file)), pool_size=1, max_overflow=0)
    return _store(engine, name=str(path), is_in_place=FilePlace(file).is_ours)


def make_copy(path: Path) -> Store:
    """Make a store that has a state as it is at this moment, in memory: for reading a state without touching it.

    Works where the file or its folder cannot be written, and never makes a file.

    Raises:
        CannotWrite: the file cannot be read, or is no database.
        SettingsWrong: there is no such file, it is no regular one, or the database of another program.

    """
    file = _find_file(path)
    if not file.exists():
        raise SettingsWrong(f"There is no state at {path}. Name it with the setting state or BATCHPUB_STATE.")
    _refuse_others(path, file)

    async def copy() -> aiosqlite.Connection:
        made = await aiosqlite.connect(":memory:")
        try:
            await _fill(made, file)
        except BaseException as error:
            await made.close()
            if isinstance(error, sqlite3.Error | OSError):
                raise CannotWrite(_say_trouble(str(path), str(error))) from error
            raise
        return made

    engine = create_async_engine("sqlite+aiosqlite://", async_creator=copy, poolclass=StaticPool)
    return _store(engine, name=str(path))


def _store(engine: AsyncEngine, *, name: str, is_in_place: Callable[[], bool] = lambda: True) -> Store:
    event.listen(engine.sync_engine, "connect", _prepare_connection)
    event.listen(engine.sync_engine, "begin", _begin)
    # One transaction in turn: two of our own would only wait for each other inside SQLite, unfairly.
    return Store(
        engine=engine,
        name=name,
        say_trouble=_say_trouble,
        is_passing=_is_held,
        patience=PATIENCE,
        reads=READ_ONLY,
        is_in_place=is_in_place,
    )


async def _fill(copy: aiosqlite.Connection, file: Path) -> None:
    """Fill a copy, also where SQLite cannot make the two other files that it wants beside the one.

    Without a journal (-wal) the file itself is whole. With one, left by a crash, both are read where there is room for a
    third: https://www.sqlite.org/wal.html#read_only_databases
    """
    try:
        await _copy_from(f"{file.as_uri()}?mode=ro", copy)
    except sqlite3.OperationalError:
        journal = file.with_name(f"{file.name}-wal")
        if not journal.exists() or journal.stat().st_size == 0:
            await _copy_from(f"{file.as_uri()}?immutable=1", copy)
            return
        with tempfile.TemporaryDirectory(prefix="batchpub-") as room:
            for part in (file, journal):
                shutil.copyfile(part, Path(room) / part.name)
            await _copy_from(f"{(Path(room) / file.name).as_uri()}?mode=ro", copy)


async def _copy_from(uri: str, copy: aiosqlite.Connection) -> None:
    async with aiosqlite.connect(uri, uri=True, timeout=PATIENCE) as found:
        await found.backup(copy)


class FilePlace:
    """Which files a state has open, by device and inode: whether they are still those at its path."""

    def __init__(self, file: Path) -> None:
        """Remember nothing yet; what is there at the first look is what was opened."""
        self._parts = [file.with_name(file.name + suffix) for suffix in ("", "-wal", "-shm")]
        self._known: dict[Path, tuple[int, int]] = {}

    def is_ours(self) -> bool:
        """Tell whether every file is the one that was there before. A file that is not there yet is not looked for."""
        return all(self._is_same(part) for part in self._parts)

    def _is_same(self, part: Path) -> bool:
        try:
            found = part.stat()
        except OSError:
            return part not in self._known
        return self._known.setdefault(part, (found.st_dev, found.st_ino)) == (found.st_dev, found.st_ino)


def _find_file(path: Path) -> Path:
    """Give the file that a path leads to. Raises SettingsWrong where that can be no file of ours."""
    name = path.name
    try:
        file = path.resolve(strict=False)
        kind = stat.S_IFMT(file.stat().st_mode)
    except FileNotFoundError:
        kind = stat.S_IFREG
    except PermissionError as error:
        raise CannotWrite(_say_closed(path, error)) from error
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a part that is no folder, a NUL
        trouble = (error.strerror if isinstance(error, OSError) else "") or "Too many levels of symbolic links"
        raise SettingsWrong(
            f"The state {path} can be no file: {trouble}. Name another with the setting state."
        ) from None
    if kind != stat.S_IFREG or name in NO_FILES:
        what = KINDS.get(kind, "kept in memory only" if name in NO_FILES else "no regular file")
        raise SettingsWrong(f"The state {path} is {what}. Name a file on a local disk with the setting state.")
    return file


def _is_held(error: BaseException) -> bool:
    return isinstance(error, DBAPIError) and "locked" in str(error.orig)


def _say_trouble(name: str, trouble: str) -> str:
    """Say what is wrong with the state, and what to do."""
    if any(sign in trouble for sign in ("not a database", "malformed", "Could not decode")):
        return (
            f"The state {name} is damaged, or no state of batchpub ({trouble}). Keep it aside and name another with "
            "the setting state; courses that mail are then read before they are sent."
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
    kind = file_system_of(path.parent, mounts.read_text(errors="replace")) if mounts.exists() else ""
    if kind in NETWORK_FILE_SYSTEMS:
        raise SettingsWrong(
            f"The state {path} lies on a network file system ({kind}), where its locks cannot be trusted. "
            "Choose a local disk with the setting state."
        )


def _refuse_others(path: Path, file: Path) -> None:
    """Leave another program's database as it is; even opening it our way would change its journal's mode."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=0)) as found:
        tables = [name for (name,) in found.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        if tables and meta.name not in tables:
            raise SettingsWrong(
                f"{path} is a database of another program: it has the tables {', '.join(tables[:3])}. Name another file "
                "with the setting state."
            )


def _make_private(path: Path, file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise CannotWrite(_say_closed(path, error)) from error


def _say_closed(path: Path, error: OSError) -> str:
    return f"The state {path} cannot be opened: {error.strerror}. Name a writable file with the setting state or BATCHPUB_STATE."
