"""`batchpub check`: what `publish` would do, without sending anything."""

import asyncio
import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from batchpub.cli.options import JOB, SHEET_FLAGS, STATE, settle_settings, with_flags
from batchpub.cli.wiring import hosts_of, limits_of, load_all, plan_of, portal_of, state_path
from batchpub.clock import SystemClock
from batchpub.course import Course, Pile, Plan, PlannedRow
from batchpub.errors import ExitCode, SheetRefused
from batchpub.pace import estimate_seconds
from batchpub.publish import Rules
from batchpub.settings import Settings
from batchpub.state import Journal, Ledger, Outlook, Published, Standing, Uncertain, open_database

MANY = 40


@click.command()
@click.argument("sheets", nargs=-1, required=True, metavar="SHEET...")
@with_flags(JOB, STATE, *SHEET_FLAGS)
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def check(*, sheets: tuple[str, ...], job: Path | None, as_json: bool, **flags: Any) -> int:
    """Show what would be published, what is wrong and how long it takes. Nothing is sent."""
    settings = settle_settings(flags, job)
    try:
        plan = plan_of(load_all(sheets, settings), settings)
    except SheetRefused as error:
        if not as_json:
            raise
        told = {"schema_version": 1, "error": {"file": error.file, "message": error.message}}
        click.echo(json.dumps(told, ensure_ascii=False))
        return error.exit_code
    known, outlook = asyncio.run(_ask_state(plan, settings))
    rows = [_describe(row, plan, known, settings) for row in plan.rows]
    to_send = sum(row["outcome"] in ("to_publish", "uncertain") for row in rows)
    eta = estimate_seconds(to_send, limits_of(settings), outlook)
    if as_json:
        click.echo(
            json.dumps(
                {"schema_version": 1, "rows": rows, "to_publish": to_send, "eta_seconds": round(eta, 1)},
                ensure_ascii=False,
            )
        )
    else:
        _show(rows, plan, to_send, eta)
    return ExitCode.SOME_FAILED if any(row["outcome"] == "invalid" for row in rows) else ExitCode.OK


async def _ask_state(plan: Plan, settings: Settings) -> tuple[dict[Course, Standing], Outlook]:
    path, limits = state_path(settings), limits_of(settings)
    if not path.exists():
        return {}, Outlook(pace=limits.pace)
    portal = portal_of(settings, hosts_of(settings)[1])
    async with open_database(path) as database:
        ledger = Ledger(database, portal=portal, run="check", limits=limits, clock=SystemClock())
        courses = [row.course for row in plan.to_publish() if row.course is not None]
        return await Journal(ledger).standings(courses), await ledger.look_ahead("publish")


def _describe(row: PlannedRow, plan: Plan, known: dict[Course, Standing], settings: Settings) -> dict[str, Any]:
    outcome, message = row.pile.value, row.message
    standing = known.get(row.course) if row.course and row.pile is Pile.TO_PUBLISH else None
    again = row.course is not None and Rules(again=frozenset(settings.again)).publishes_again(row.course)
    if isinstance(standing, Published) and not again:
        outcome, message = "already_published", str(standing)
    elif isinstance(standing, Uncertain):
        outcome, message = "uncertain", f"Run {standing.run} sent it and the answer is not known; it is read first."
    sheet = plan.sheets[row.sheet_index]
    return {
        "file": sheet.file,
        "sheet": sheet.sheet,
        "row": row.row,
        "cell": row.cell,
        "course_id": row.course.course_id if row.course else "",
        "batch_id": row.course.batch_id if row.course else "",
        "notify": row.notify,
        "outcome": outcome,
        "message": message,
    }


def _show(rows: list[dict[str, Any]], plan: Plan, to_send: int, eta: float) -> None:
    console = Console(highlight=False, markup=False)
    for sheet in plan.sheets:
        for note in sheet.notes:
            console.print(Text(f"{sheet.file}: {note}", style="yellow"))
    problems = [row for row in rows if row["outcome"] in ("invalid", "duplicate", "uncertain", "skipped")]
    for row in problems[:MANY]:
        where = f"{row['file']}, row {row['row']}: " if len(plan.sheets) > 1 else f"Row {row['row']}: "
        console.print(Text(where + _printable(f"{row['outcome']} - {row['message']}")))
    if len(problems) > MANY:
        console.print(Text(f"... and {len(problems) - MANY} more; --json has them all."))
    mailed = sum(row["notify"] for row in rows if row["outcome"] in ("to_publish", "uncertain"))
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["outcome"]] = counts.get(row["outcome"], 0) + 1
    console.print(Text(", ".join(f"{number} {outcome}" for outcome, number in counts.items()) or "no rows"))
    console.print(
        Text(
            f"{to_send} courses to send, {mailed} courses will mail learners, about {duration(eta)}. Nothing was sent."
        )
    )


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def duration(seconds: float) -> str:
    """Say a time as people do."""
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02d} min"  # noqa: PLR2004 - 2 h
