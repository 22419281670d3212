"""`batchpub runs` and `batchpub report`: what the state knows of earlier runs."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath
from typing import Any

import click

from batchpub.cli.options import settle_settings
from batchpub.cli.states import open_state
from batchpub.cli.table import lay_out
from batchpub.cli.wiring import existing_state, start_log, state_of
from batchpub.clock import SystemClock
from batchpub.course import Outcome
from batchpub.errors import ExitCode, SettingsWrong
from batchpub.plural import say_count
from batchpub.record import RunRecord
from batchpub.report.check import check_rows
from batchpub.report.json_file import describe_run
from batchpub.report.summary import make_summary_text
from batchpub.report.text import make_plain
from batchpub.report.totals import DONE, PROBLEMS
from batchpub.report.write import write_reports
from batchpub.sentences.events import say_duration
from batchpub.settings.fields import Settings
from batchpub.store.history import forget_runs, list_runs, read_run
from batchpub.store.overview import read_overview

DAYS = re.compile(r"(\d{1,5})d?", re.ASCII)  # more digits are older than any calendar reaches
NO_RUN = "The state has no run yet, so that there is nothing to report."


def _find_state(settings: Settings) -> None:
    if existing_state(settings) is None:
        raise SettingsWrong(f"There is no state at {state_of(settings)}. Name it with --state or BATCHPUB_STATE.")


def runs(*, state: str | None, run: str | None, as_json: bool, delete_older_than: str | None) -> int:
    """List the runs in the state, newest first, or tell of one."""
    settings = settle_settings({"state": state}, None, needs_credentials=False)
    start_log(settings)
    _find_state(settings)
    days = DAYS.fullmatch(delete_older_than) if delete_older_than else None
    if delete_older_than and days is None:
        raise click.UsageError(f"--delete-older-than: {delete_older_than!r} is no number of days, such as 90d.")
    if run is not None:
        return _show_one(asyncio.run(_read(settings, run)), run, as_json=as_json)
    known, forgotten = asyncio.run(_list(settings, int(days[1]) if days else None))
    if as_json:
        click.echo(json.dumps({"schema_version": 1, "forgotten": forgotten, "runs": known}, indent=2))
        return ExitCode.OK
    if forgotten:
        click.echo(f"Forgot {say_count(forgotten, 'run')}. Which courses are published stays known.")
    if not known:
        click.echo("No run yet.")
        return ExitCode.OK
    headings = ("Started (UTC)", "Took", "Ended", "Published", "Attention", "Host", "Files", "Run")
    for line in lay_out(headings, map(_cells, known)):
        click.echo(line)
    return ExitCode.OK


def _show_one(found: RunRecord | None, run: str, *, as_json: bool) -> int:
    """Print one run: as the log's readers want it, or as a run ends on a terminal."""
    if found is None:
        raise click.UsageError(f"The state has no run {run}. `batchpub runs` lists them.")
    if as_json:
        click.echo(json.dumps(describe_run(found), indent=2, ensure_ascii=True))
    else:
        click.echo(make_summary_text(found), nl=False)
    return ExitCode.OK


def _cells(one: dict[str, Any]) -> list[str]:
    started = datetime.fromisoformat(one["started_at"])
    took = ""
    if one["finished_at"]:
        took = say_duration((datetime.fromisoformat(one["finished_at"]) - started).total_seconds())
    totals = {Outcome(name): number for name, number in one["totals"].items()}
    files = [PurePath(file).name for file in one["files"]]
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return [
        f"{started.astimezone(UTC):%Y-%m-%d %H:%M}",
        took,
        one["state"] if one["exit_code"] is None else f"finished, {one['exit_code']}",
        f"{sum(totals.get(outcome, 0) for outcome in DONE):,} of {sum(totals.values()):,}",
        f"{sum(totals.get(outcome, 0) for outcome in PROBLEMS):,}",
        one["portal"],
        make_plain(files[0]) + more if files else "",
        one["run"],
    ]


async def _list(settings: Settings, days: int | None) -> tuple[list[dict[str, Any]], int]:
    async with open_state(settings, reading=days is None) as database:
        now, forgotten = datetime.now(tz=UTC), 0
        if days is not None:
            before = now - timedelta(days=days)
            forgotten = await forget_runs(database, before, quiet_since=now - timedelta(days=1))
        at_work = {run.run for run in (await read_overview(database, SystemClock())).at_work}
        known = await list_runs(database)
    states = {one["run"]: "running" if one["run"] in at_work else "died" for one in known}
    return [
        {**one, "state": states[one["run"]] if one["exit_code"] is None else "finished"} for one in known
    ], forgotten


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
