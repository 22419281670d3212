"""From settings to the state, its journal and the ledger of the portal. Loads the database: import it where one is opened."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from batchpub.cli.pipeline import name_repetition
from batchpub.cli.wiring import limits_of, portal_of, rules_of, state_of
from batchpub.clock import Clock, SystemClock
from batchpub.course import Course, IdShape
from batchpub.services.zoho.portal import name_portal
from batchpub.settings.fields import Settings
from batchpub.standing import Standing
from batchpub.store.database import Database, open_database
from batchpub.store.history import read_id_shapes
from batchpub.store.journal import Journal
from batchpub.store.ledger import Ledger
from batchpub.store.limits import Outlook
from batchpub.store.unify import unify_portals


def ledger_of(settings: Settings, database: Database, *, run: str, clock: Clock) -> Ledger:
    """Give the ledger of the portal that the settings speak of."""
    portal = portal_of(settings)
    return Ledger(database, portal=portal, run=run, limits=limits_of(settings), clock=clock)


@asynccontextmanager
async def open_state(settings: Settings, *, reading: bool = False) -> AsyncIterator[Database]:
    """Open the state, with every portal under the one name of its limit. `reading` leaves a file as it is.

    Raises:
        CannotWrite: it cannot be opened or is no state of ours.
        SettingsWrong: a newer version wrote it, or it is no place for a state.

    """
    async with open_database(state_of(settings), reading=reading) as database:
        await unify_portals(database, name_portal, SystemClock())
        yield database


def journal_of(settings: Settings, ledger: Ledger) -> Journal:
    """Give the journal, which knows the repetition that a run with --again is a part of."""
    again = bool(settings.again)
    name = name_repetition(again=again, again_id=settings.again_id, environ=os.environ)
    return Journal(ledger, again_id=name or (ledger.run if again else ""))


async def ask_state(
    settings: Settings, courses: Sequence[Course]
) -> tuple[dict[Course, Standing], tuple[IdShape, ...], Outlook]:
    """Give what an existing state knows of the courses, what ids look like in it, and the pace of its portal.

    `check` and `publish` ask here, so that one shows what the other would do.
    """
    again = rules_of(settings).publishes_again
    async with open_state(settings, reading=True) as database:
        ledger = ledger_of(settings, database, run="check", clock=SystemClock())
        known = await journal_of(settings, ledger).standings(courses, again=again)
        return known, await read_id_shapes(database, ledger.portal), await ledger.look_ahead("publish")
