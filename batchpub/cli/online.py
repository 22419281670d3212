"""What `check --online` adds: a look at every course in Zoho, beside what the sheet says."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from batchpub.cli.access import credentials_of, open_client, token_file
from batchpub.cli.duration import duration
from batchpub.cli.person import has_person
from batchpub.cli.wiring import files_of, ledger_of, open_state
from batchpub.clock import SystemClock
from batchpub.course import Course
from batchpub.locks import open_gate
from batchpub.pace import estimate_seconds
from batchpub.publish import Rules
from batchpub.report.text import make_plain
from batchpub.settings import Settings
from batchpub.survey import Survey
from batchpub.verify import Look

log = structlog.get_logger("batchpub")

SHOWN = 200


async def look_online(names: Mapping[Course, str], settings: Settings) -> dict[Course, Look]:
    """Read every course through the real gate: these calls count, for this run and the next."""
    clock = SystemClock()
    credentials = credentials_of(settings, sandbox=False)
    async with (
        open_state(settings) as database,
        open_client(settings, credentials, clock=clock, token_file=token_file(files_of(settings))) as api,
    ):
        ledger = ledger_of(settings, database, run="check", clock=clock)
        eta = estimate_seconds(len(names), ledger.limits, await ledger.look_ahead("read"))
        rules = Rules(
            attempts=settings.attempts,
            backoff_seconds=settings.backoff,
            max_backoff_seconds=settings.max_backoff,
            max_calls=settings.max_calls,
        )
        async with _tell_progress(len(names), eta, settings) as told:
            gate = open_gate(ledger, clock=clock)
            survey = Survey(api=api, gate=gate, ledger=ledger, rules=rules, clock=clock, on_look=told.note)
            return await survey.look_at_all(names, workers=settings.workers)


@dataclass(slots=True)
class _Told:
    done: int = 0
    bar: Progress | None = None

    def note(self, done: int) -> None:
        self.done = done
        if self.bar is not None:
            self.bar.update(self.bar.task_ids[0], completed=done)


@contextlib.asynccontextmanager
async def _tell_progress(total: int, eta: float, settings: Settings) -> AsyncIterator[_Told]:
    """Show a bar to a person, and give a log its heartbeat."""
    told = _Told()
    log.info("check.reading", total=total, eta_seconds=round(eta))
    if has_person(sys.stderr) and not settings.quiet:
        console = Console(stderr=True, highlight=False, markup=False)
        words = TextColumn(f"courses read in Zoho, about {duration(eta)} in all")
        with Progress(BarColumn(), MofNCompleteColumn(), words, console=console, transient=True) as told.bar:
            told.bar.add_task("", total=total)
            yield told
        return
    beating = asyncio.ensure_future(_beat(told, total, settings.progress_every))
    try:
        yield told
    finally:
        beating.cancel()


async def _beat(told: _Told, total: int, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        log.info("check.progress", done=told.done, total=total)


def show_looks(rows: Sequence[dict[str, Any]], console: Console) -> None:
    """Show the name on the sheet beside the one in Zoho, with state and type."""
    looked = [row for row in rows if row["looked"]]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Row", "Course", "On the sheet", "In Zoho", "State", "Type"):
        table.add_column(heading, overflow="fold", no_wrap=heading not in ("On the sheet", "In Zoho"))
    for row in looked[:SHOWN]:
        differs = "yellow" if row["remark"] else ""
        course = f"{row['course_id']}\n/{row['batch_id']}" if row["batch_id"] else row["course_id"]
        names = (Text(make_plain(row["name"]), style=differs), Text(make_plain(row["zoho_name"] or "?"), style=differs))
        table.add_row(
            str(row["row"]),
            Text(course),
            *names,
            Text(make_plain(row["zoho_state"] or "?")),
            Text(make_plain(row["zoho_type"] or "?")),
        )
    if looked:
        console.print(table)
    if len(looked) > SHOWN:
        console.print(Text(f"... and {len(looked) - SHOWN} more; --json has them all."))
