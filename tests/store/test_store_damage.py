"""A state in which something was written that no version writes: said as such, never a bug."""

import pytest
from sqlalchemy import text
from support.plans import make_plan_of

from batchpub.clock import SystemClock
from batchpub.errors import CannotWrite
from batchpub.store.database import open_database
from batchpub.store.history import list_runs, read_run
from batchpub.store.journal import Journal
from batchpub.store.ledger import Ledger
from batchpub.store.limits import Limits
from batchpub.store.overview import read_overview

FACTS = {"batchpub_version": "1", "sandbox": False, "rate": 30, "period_seconds": 60.0, "notify_policy": "sheet"}


def ledger_of(database):
    return Ledger(database, portal="portal", run="run", limits=Limits(), clock=SystemClock())


DAMAGES = [
    "UPDATE runs SET facts = '{'",
    "UPDATE runs SET facts = '[1]'",
    "UPDATE runs SET facts = '{}'",
    f"UPDATE runs SET facts = '{'[' * 100_000}'",
    "UPDATE runs SET sheets = '[{}]'",
    "UPDATE runs SET sheets = '7'",
    "UPDATE runs SET started_on = 'yesterday'",
    "UPDATE rows SET row_values = '{\"a'",
    "UPDATE rows SET outcome = 'lost'",
    "UPDATE rows SET name = CAST(X'80' AS TEXT)",
]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda one: one[:50])
async def test_what_cannot_be_understood_is_a_damaged_state(tmp_path, damage):
    """
    Whoever reads it is told that it is damaged and what to do.
    """
    path = tmp_path / "damaged.db"
    async with open_database(path) as database:
        await Journal(ledger_of(database)).begin(make_plan_of(1), FACTS, {})

        async def do(connection):
            await connection.execute(text(damage.replace(":", "\\:")))

        await database.write(do)

        async def read_all():
            await read_run(database, "run")
            await list_runs(database)
            await read_overview(database, SystemClock())

        with pytest.raises(CannotWrite, match="damaged"):
            await read_all()


async def test_no_thread_is_no_bug(tmp_path, monkeypatch):
    """
    Where the machine allows no further thread, the state says so, and what to do.
    """

    def refuse(_thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", refuse)

    with pytest.raises(CannotWrite, match="no further thread. Raise the limit"):
        async with open_database(tmp_path / "state.db"):
            pytest.fail("it was opened")
