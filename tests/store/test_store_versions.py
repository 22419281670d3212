"""A state that an older version wrote is brought forward, with all that it knows."""

import contextlib
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Boolean, func, inspect, select

from batchpub.clock import SystemClock
from batchpub.course import Course, IdShape
from batchpub.standing import Free, PublishedBefore, Uncertain
from batchpub.store.database import open_database
from batchpub.store.history import list_runs, read_id_shapes, read_run
from batchpub.store.ledger import Ledger
from batchpub.store.limits import Limits
from batchpub.store.overview import read_overview
from batchpub.store.schema import OLDEST
from batchpub.store.tables import SCHEMA_VERSION, courses

DATA = Path(__file__).parent.parent / "data" / "state"
FIRST_RUN, KILLED_RUN = "20261127T193027Z-ab7328", "20261127T193033Z-68d16e"


def course(end):
    return Course(course_id=f"478346000019580{end}")


@pytest.fixture(params=["sqlite", "postgresql"])
def old_state(request, tmp_path):
    """What version 0.1.0 left: four courses published, one whose answer was lost, one refused, and a run that was killed."""
    text = (DATA / f"v0.1.0.{request.param}.sql").read_text()
    if request.param == "sqlite":
        path = tmp_path / "old.db"
        with contextlib.closing(sqlite3.connect(path)) as made:
            made.executescript(text)
        return path
    server = request.getfixturevalue("server")
    url = server.make_database()
    server.ask(text, database=url.partition("@/")[2].partition("?")[0])
    return url


async def test_an_old_state_keeps_what_it_knows(old_state, desk):
    """
    PublishedBefore, lost, refused and free are what they were, under the new columns too; runs and their reports are readable.
    """
    async with open_database(old_state) as database:
        journal = desk.journal(database, portal="127.0.0.1:33315")
        known = await journal.standings([course(end) for end in (102, 105, 106, 999)])

        assert str(OLDEST) == database.found_version
        assert isinstance(known[course(102)], PublishedBefore)
        assert isinstance(known[course(105)], Uncertain)
        assert Free(version=2, known=False) == known[course(106)]  # a 403 is about the credentials
        assert course(999) not in known
        assert 3 == len(await list_runs(database))
        found = await read_run(database, FIRST_RUN)
        assert [4, 1, 1] == [
            sum(row.outcome == outcome for row in found.rows) for outcome in ("published", "unknown", "refused")
        ]

    async with open_database(old_state) as database:
        assert str(SCHEMA_VERSION) == database.found_version


async def test_an_old_state_forgets_no_lost_call(old_state):
    """
    What was being sent when the old run was killed, and what it could not find out, is marked as lost.
    """
    async with open_database(old_state) as database:
        lost = select(courses.c.course_id).where(courses.c.lost).order_by(courses.c.course_id)
        known = select(func.count()).where(courses.c.known, ~courses.c.lost)

        found = (await database.read(lambda connection: connection.execute(lost))).scalars().all()
        number = (await database.read(lambda connection: connection.execute(known))).scalar_one()

    assert ([course(105).course_id, course(203).course_id], 8) == (found, number)


async def test_old_and_new_states_have_the_same_tables(old_state, desk):
    """
    Brought forward or made anew: the same columns of the same kinds, empty or not alike.
    """

    def describe(connection):
        seen = inspect(connection)
        return {
            (table, column["name"]): (_kind(column["type"]), column["nullable"])
            for table in seen.get_table_names()
            for column in seen.get_columns(table)
        }

    kind = "postgresql" if isinstance(old_state, str) else "sqlite"
    async with open_database(old_state) as old, desk.open() as new:
        if new.store.engine.dialect.name != kind:
            pytest.skip("the other database")
        tables = [await one.read(lambda connection: connection.run_sync(describe)) for one in (old, new)]

        assert tables[0] == tables[1]


def _kind(told):
    return Boolean if isinstance(told, Boolean) else type(told)


async def test_many_processes_may_bring_a_state_forward_at_the_same_time(old_state, run_all):
    """
    One of six does it, five find it done.
    """

    async def open_once():
        async with open_database(old_state) as database:
            return database.found_version

    assert sorted([str(OLDEST), *[str(SCHEMA_VERSION)] * 5]) == sorted(await run_all(*(open_once() for _ in range(6))))


async def test_reading_an_old_file_leaves_it_old(old_state):
    """
    Who only reads sees an old state as a new one, and the file stays as it is, for the version that works with it.
    """
    if isinstance(old_state, str):
        pytest.skip("a server's is brought forward")
    before = old_state.read_bytes()

    async with open_database(old_state, reading=True) as database:
        seen = await read_overview(database, SystemClock())

    assert (OLDEST, 3, 8) == (seen.schema_version, seen.runs, seen.published)
    assert before == old_state.read_bytes()
    assert ["old.db"] == [path.name for path in old_state.parent.iterdir()]


async def test_an_old_state_tells_what_its_ids_look_like(old_state):
    """
    The account's length and prefix are counted from what is published, whoever published it; other portals do not count.
    """
    async with open_database(old_state) as database:
        shapes = [await read_id_shapes(database, name) for name in ("127.0.0.1:33315", "elsewhere")]

    assert [(IdShape(digits=18, prefix="478346", count=4),), ()] == shapes


async def test_calls_go_on_with_an_old_state(old_state, desk):
    """
    A slot is taken in an old state's portal, whatever clock it counted by.
    """
    async with open_database(old_state) as database:
        ledger = Ledger(database, portal="127.0.0.1:33315", run="new", limits=Limits(), clock=desk.clock)

        assert "publish" == (await ledger.take_slot("publish")).operation
