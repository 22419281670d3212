"""`batchpub runs` and `batchpub report`: what the state knows of earlier runs."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from batchpub.cli.options import settle_settings
from batchpub.cli.wiring import existing_state, open_state, start_log, state_of
from batchpub.errors import ExitCode, SettingsWrong
from batchpub.plural import say_count
from batchpub.record import RunRecord
from batchpub.report import check_rows, write_reports
from batchpub.settings import Settings
from batchpub.state import forget_runs, list_runs, read_run

DAYS = re.compile(r"(\d{1,5})d?", re.ASCII)  # more digits are older than any calendar reaches
NO_RUN = "The state has no run yet, so that there is nothing to report."


def _find_state(settings: Settings) -> None:
    if existing_state(settings) is None:
        raise SettingsWrong(f"There is no state at {state_of(settings)}. Name it with --state or BATCHPUB_STATE.")


def runs(*, state: str | None, as_json: bool, delete_older_than: str | None) -> None:
    """List the runs in the state, newest first."""
    settings = settle_settings({"state": state}, None, needs_credentials=False)
    start_log(settings)
    _find_state(settings)
    days = DAYS.fullmatch(delete_older_than) if delete_older_than else None
    if delete_older_than and days is None:
        raise click.UsageError(f"--delete-older-than: {delete_older_than!r} is no number of days, such as 90d.")
    known, forgotten = asyncio.run(_list(settings, int(days[1]) if days else None))
    if as_json:
        click.echo(json.dumps({"schema_version": 1, "forgotten": forgotten, "runs": known}, indent=2))
        return
    if forgotten:
        click.echo(f"Forgot {say_count(forgotten, 'run')}. Which courses are published stays known.")
    for one in known:
        totals = ", ".join(f"{number} {outcome}" for outcome, number in sorted(one["totals"].items())) or "no rows"
        ended = f"exit {one['exit_code']}" if one["exit_code"] is not None else "not finished"
        click.echo(f"{one['run']}  {ended:>12}  {totals}")


async def _list(settings: Settings, days: int | None) -> tuple[list[dict[str, Any]], int]:
    async with open_state(settings, reading=days is None) as database:
        now, forgotten = datetime.now(tz=UTC), 0
        if days is not None:
            before = now - timedelta(days=days)
            forgotten = await forget_runs(database, before, quiet_since=now - timedelta(days=1))
        return await list_runs(database), forgotten


def report(run: str | None, state: str | None, out: Path | None, report: tuple[str, ...]) -> int:
    """Write a run's reports again; without RUN, the newest one's. Works for a run that died, too."""
    settings = settle_settings({"state": state, "report": report}, None, needs_credentials=False)
    start_log(settings)
    _find_state(settings)
    found = asyncio.run(_read(settings, run))
    if found is None:
        raise click.UsageError(f"The state has no run {run}. `batchpub runs` lists them." if run else NO_RUN)
    for path in write_reports(found, out or Path("batchpub-reports") / found.run, settings.report):
        click.echo(path)
    violations = check_rows(found)
    if violations:
        click.echo(f"batchpub: a bug: {'; '.join(violations)}", err=True)
    return ExitCode.BUG if violations else ExitCode.OK


async def _read(settings: Settings, run: str | None) -> RunRecord | None:
    async with open_state(settings, reading=True) as database:
        known = await list_runs(database)
        wanted = run or (known[0]["run"] if known else None)
        return await read_run(database, wanted) if wanted else None
