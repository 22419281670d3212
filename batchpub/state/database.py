"""One open state: transactions that are done whole or not at all, whichever database keeps it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import ColumnElement
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from batchpub.errors import CannotWrite
from batchpub.state import sqlite
from batchpub.state.schema import check_schema

T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]
"""What is to be done in one transaction. It may be called again when the connection broke, so it begins from scratch."""


class Database:
    """One open state. `is_new` tells that this process made it: it then knows nothing of earlier runs."""

    now: ColumnElement[float] | None = None
    """The clock of a database that has one; the ledger counts by it then."""

    def __init__(self, engine: AsyncEngine, *, name: str) -> None:
        """Wrap an engine; `open_database` is the way to get one."""
        self._engine = engine
        # One connection in turn: two of our own would only wait for each other inside SQLite, unfairly.
        self._turn: AbstractAsyncContextManager[object] = asyncio.Lock()
        self.name = name
        self.is_new = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Hold the one write transaction; committed at the end, rolled back on any error.

        Raises:
            CannotWrite: the disk is full, the file is read-only, damaged, or held by another process for too long.

        """
        async with self._turn, self._translated(), self._engine.begin() as connection:
            yield connection

    async def write(self, work: Work[T]) -> T:
        """Do work in one write transaction.

        Raises:
            CannotWrite: as `transaction`.

        """
        async with self.transaction() as connection:
            return await work(connection)

    async def read(self, work: Work[T]) -> T:
        """Do work that only reads, all of it from one moment, without keeping writers waiting."""
        async with self._turn, self._translated(), self._engine.connect() as connection:
            await connection.execution_options(**sqlite.READ_ONLY)
            async with connection.begin():
                return await work(connection)

    @asynccontextmanager
    async def _translated(self) -> AsyncIterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise CannotWrite(sqlite.say_trouble(self.name, str(error.orig))) from error

    async def close(self) -> None:
        """Let go of the file."""
        await self._engine.dispose()


@asynccontextmanager
async def open_database(path: Path | None) -> AsyncIterator[Database]:
    """Open the state at a path, or one in memory (None), creating the tables when it is new.

    Raises:
        CannotWrite: it cannot be opened or is no state of ours.
        SettingsWrong: it was written by another version, or lies on a network file system.

    """
    database = Database(sqlite.make_engine(path), name=str(path or "in memory"))
    try:
        database.is_new = await database.write(lambda connection: check_schema(connection, name=database.name))
        yield database
    finally:
        await database.close()
