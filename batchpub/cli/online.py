"""What `check --online` adds: a look at every course in Zoho, beside what the sheet says."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from batchpub.account import credentials_of, open_account
from batchpub.cli.progress import is_watched
from batchpub.cli.states import ledger_of, open_state
from batchpub.cli.table import lay_out
from batchpub.cli.wiring import files_of, rules_of
from batchpub.clock import SystemClock
from batchpub.course import Course
from batchpub.engine.survey import Survey
from batchpub.events import OnEvent, RunEvent, ignore, tell_all
from batchpub.forecast import Foreseen
from batchpub.lifecycle.looks import Look
from batchpub.log import log_event
from batchpub.logger import log
from batchpub.pace.estimate import estimate_seconds
from batchpub.report.text import make_plain
from batchpub.sentences.events import say_duration
from batchpub.services.zoho.people import ZohoPeople
from batchpub.settings.fields import Settings

SHOWN = 200
WIDTHS = (0, 0, 17, 17, 9, 10)  # with an id of 19 digits and 5 of a row, 79 columns


async def look_online(names: Mapping[Course, str], settings: Settings) -> dict[Course, Look]:
    """Read every course through the real gate: these calls count, for this run and the next."""
    progress = _Progress()
    async with open_survey(settings, on_event=progress.hear) as (survey, _):
        eta = estimate_seconds(len(names), survey.ledger.limits, await survey.ledger.look_ahead("read"))
        async with _show_progress(progress, len(names), eta, settings):
            return await survey.look_at_all(names, workers=settings.workers)


@contextlib.asynccontextmanager
async def open_survey(settings: Settings, *, on_event: OnEvent = ignore) -> AsyncIterator[tuple[Survey, ZohoPeople]]:
    """Give a survey whose calls count in the state, and the client it asks."""
    clock = SystemClock()
    credentials = credentials_of(settings, sandbox=False)
    async with (
        open_state(settings) as database,
        open_account(settings, credentials, clock=clock, beside=files_of(settings)) as api,
    ):
        ledger = ledger_of(settings, database, run="check", clock=clock)
        rules = rules_of(settings)
        yield Survey(service=api, ledger=ledger, rules=rules, on_event=tell_all(on_event, log_event)), api


@dataclass(slots=True)
class _Progress:
    """Listens to a survey: how many courses it has looked at, and who else wants to know."""

    done: int = 0
    on_done: Callable[[int], None] = lambda _done: None

    def hear(self, event: RunEvent) -> None:
        if event.name == "check.progress":
            self.done = event.fields["done"]
            self.on_done(self.done)


@contextlib.asynccontextmanager
async def _show_progress(progress: _Progress, total: int, eta: float, settings: Settings) -> AsyncIterator[None]:
    """Show a bar to a person, and give a log its heartbeat."""
    log.info("check.reading", total=total, eta_seconds=round(eta))
    if is_watched(quiet=settings.quiet):
        from batchpub.cli.bar import draw_bar  # noqa: PLC0415 - rich draws for people alone

        words = f"courses read in Zoho, about {say_duration(eta)} in all"
        with draw_bar(total, lambda _wide: words) as progress.on_done:
            yield
        return
    beating = asyncio.ensure_future(_beat(progress, total, settings.progress_every))
    try:
        yield
    finally:
        beating.cancel()


async def _beat(progress: _Progress, total: int, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        log.info("check.progress", done=progress.done, total=total)


def show_looks(seen: Sequence[Foreseen]) -> str:
    """Give a table of the name on the sheet beside the one in Zoho, with state and type."""
    looked = [one for one in seen if one.look]
    cells = [line for one in looked[:SHOWN] for line in _cells(one)]
    lines = [*lay_out(("Row", "Course", "On the sheet", "In Zoho", "State", "Type"), cells, most=WIDTHS)]
    if len(looked) > SHOWN:
        lines.append(f"... and {len(looked) - SHOWN} more; --json has them all.")
    return "".join(f"{line}\n" for line in [*lines, ""])


def _cells(one: Foreseen) -> Iterator[tuple[str, ...]]:
    """Give the cells of a row; a batch stands in a line of its own."""
    row, look, course = one.row, one.look, one.row.course
    if look is None or course is None:
        return
    name, *others = (make_plain(text or "?") for text in (look.name, look.state, look.kind))
    differs = "≠ " if look.other_name else ""
    yield (str(row.row), course.course_id, make_plain(row.name), differs + name, *others)
    if course.batch_id:
        yield ("", f"/{course.batch_id}", "", "", "", "")
