"""One open state: transactions that are done whole or not at all, whichever database keeps it."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import ColumnElement
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from batchpub.errors import CannotWrite, name_shortage
from batchpub.logger import log
from batchpub.store import sqlite
from batchpub.store.schema import check_schema
from batchpub.store.store import NotNow, Store

T = TypeVar("T")
Transaction = Callable[[AsyncConnection], Awaitable[T]]
"""What is to be done in one transaction. It may be called again when the connection broke, so it begins from scratch."""

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
"""Seconds between two tries while a state cannot be reached."""

TELL_AFTER = 1.0
"""Seconds of waiting for the state that are worth a log line."""


class Database:
    """One open state."""

    def __init__(self, store: Store) -> None:
        """Wrap a store; `open_database` is the way to get one."""
        self.store = store
        self._turn = asyncio.Semaphore(store.at_once)
        self.name = store.name
        self.found_version: str | None = None
        """The schema version that the state had before it was opened; None where this process made its tables."""
        self._trouble_since: float | None = None
        self._trouble_told = False

    @property
    def now(self) -> ColumnElement[float] | None:
        """The clock of a database that has one; the ledger counts by it then."""
        return self.store.now

    async def write(self, work: Transaction[T]) -> T:
        """Do work in one transaction, again and again while the state cannot be reached, as long as there is patience.

        A commit whose confirmation was lost may have happened: `work` finds that out by itself.

        Raises:
            CannotWrite: the state is gone or held for too long, the disk is full, the file is read-only or damaged.

        """
        return await self._persist(work, {})

    async def read(self, work: Transaction[T]) -> T:
        """Do work that only reads: from one snapshot, without a write lock.

        Raises:
            CannotWrite: as `write`.

        """
        return await self._persist(work, self.store.reads)

    @contextmanager
    def understood(self) -> Iterator[None]:
        """Take what cannot be understood for a damaged state: a column's JSON, a date, a word that no version wrote."""
        try:
            yield
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise CannotWrite(self.store.say_trouble(self.name, "malformed contents")) from error

    async def _persist(self, work: Transaction[T], options: Mapping[str, Any]) -> T:
        time = asyncio.get_running_loop().time
        began, pause = time(), FIRST_PAUSE
        while True:
            try:
                done = await self._once(work, options)
            except RuntimeError as error:
                if shortage := name_shortage(error):
                    raise CannotWrite(shortage) from error
                raise
            except (DBAPIError, NotNow) as error:
                trouble = str(error.orig) if isinstance(error, DBAPIError) else str(error)
                # One trouble is waited out once, however many transactions meet it.
                self._trouble_since = self._trouble_since or time()
                waited = time() - min(began, self._trouble_since)
                if not self.store.is_passing(error) or waited > self.store.patience:
                    raise CannotWrite(self.store.say_trouble(self.name, trouble)) from error
                if not self._trouble_told and waited > TELL_AFTER:
                    log.warning("state.waiting", path=self.name, error=trouble, seconds=self.store.patience)
                    self._trouble_told = True
                await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - spreads processes, protects nothing
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                if self._trouble_told and self._trouble_since:
                    log.info("state.back", path=self.name, seconds=round(time() - self._trouble_since, 3))
                self._trouble_since, self._trouble_told = None, False
                return done

    async def _once(self, work: Transaction[T], options: Mapping[str, Any]) -> T:
        async with self._turn, self.store.engine.connect() as connection:
            if options:
                await connection.execution_options(**options)
            try:
                async with connection.begin():
                    try:
                        return await work(connection)
                    except OSError:  # the driver's own time-out: its rollback would be waited for as long again
                        if self.now is not None:
                            await connection.invalidate()
                        raise
            except (DBAPIError, OSError) as error:
                if self.now is None:  # a file: there is no connection to leave
                    raise
                if self.store.is_passing(error) and not connection.invalidated:
                    await connection.invalidate()  # a server that fell back to reading, say, or that answers nothing
                if isinstance(error, OSError):  # the driver's own time-out, or its socket
                    raise NotNow(str(error) or "no answer in time") from error
                raise

    def look_at_place(self) -> None:
        """See that the state is still where others find it: else they would know nothing of a call that begins now.

        Raises:
            CannotWrite: the file was removed, moved, or replaced by another one.

        """
        if not self.store.is_in_place():
            raise CannotWrite(
                f"The state {self.name} was removed, moved or replaced while this run used it, so that other runs know "
                "nothing of its calls. Put it back if you can, then run the same command again; what was sent is in the log."
            )

    async def close(self) -> None:
        """Let go of the file, or of the server."""
        await self.store.engine.dispose()


@asynccontextmanager
async def open_database(where: Path | str | None, *, reading: bool = False) -> AsyncIterator[Database]:
    """Open the state in a file, on a server (a URL) or in memory (None), creating the tables when it is new.

    `reading` opens a file as it is at this moment, for whoever only reads: what is written then reaches nobody, and the
    file, its folder and whoever uses it are left alone.

    Raises:
        CannotWrite: it cannot be opened or is no state of ours.
        SettingsWrong: it was written by a newer version, lies on a network file system, or its URL makes no sense.

    """
    store = _find_store(where, reading=reading)
    database = Database(store)

    try:
        database.found_version = await database.write(lambda connection: check_schema(connection, store.name))
        database.look_at_place()
        yield database
    finally:
        await database.close()


def _find_store(where: Path | str | None, *, reading: bool) -> Store:
    if reading and isinstance(where, Path):
        return sqlite.make_copy(where)
    if not isinstance(where, str):
        return sqlite.make_store(where)
    from batchpub.store import postgresql  # noqa: PLC0415 - its driver is an extra, and takes a while to import

    return postgresql.make_store(where)
