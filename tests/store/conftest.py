"""Both databases, and a clock that can be set forward, for laws that hold on either."""

import asyncio
import contextlib
import dataclasses
import itertools

import pytest
from sqlalchemy import Double, bindparam

from batchpub.clock import SystemClock
from batchpub.store.database import Database, open_database
from batchpub.store.journal import Journal
from batchpub.store.ledger import Ledger
from batchpub.store.limits import Limits

KINDS = ("sqlite", "postgresql")


class Forward(SystemClock):
    """The host's clock, and as much ahead of it as a test says."""

    def __init__(self):
        super().__init__()
        self.ahead = 0.0

    def boot_seconds(self):
        return super().boot_seconds() + self.ahead


class Desk:
    """One new state of a kind. Every `open` is a process of its own to it; `clock` sets the time for all of them."""

    def __init__(self, where):
        self.where = where
        self.clock = Forward()
        self._number = itertools.count()

    @contextlib.asynccontextmanager
    async def open(self):
        async with open_database(self.where) as database:
            yield self._by_our_clock(database)

    def _by_our_clock(self, database):
        """A server's clock goes forward by as much as the host's."""
        if database.now is None:
            return database
        ahead = bindparam("ahead", callable_=lambda: self.clock.ahead, type_=Double)
        moved = Database(dataclasses.replace(database.store, now=database.now + ahead))
        moved.found_version = database.found_version
        return moved

    def ledger(self, database, *, portal="portal", limits=None, run=None):
        run = run or f"run-{next(self._number)}"
        return Ledger(database, portal=portal, run=run, limits=limits or Limits(), clock=self.clock)

    def journal(self, database, *, again_id="", **more):
        return Journal(self.ledger(database, **more), again_id=again_id)


@pytest.fixture(params=KINDS)
def desk(request, tmp_path):
    if request.param == "postgresql":
        return Desk(request.getfixturevalue("server").make_database())
    return Desk(tmp_path / "state.db")


@pytest.fixture
def run_all():
    """Run coroutines at the same time, each to its end."""

    async def run(*coroutines):
        return await asyncio.gather(*coroutines)

    return run
