"""`batchpub check`: what `publish` would do, without sending anything."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from batchpub.cli.files import find_files
from batchpub.cli.invocation import current_invocation
from batchpub.cli.options import settle_settings
from batchpub.cli.own_rule import find_broken_rule
from batchpub.cli.saying import show
from batchpub.cli.sheets import take_in
from batchpub.cli.wiring import existing_state, limits_of, portal_of, start_log
from batchpub.cli.wording import with_flags
from batchpub.course import Course, IdShape, NamesRule, Pile, Plan, PlannedRow
from batchpub.errors import BatchpubError, CannotWrite, ExitCode, SheetRefused
from batchpub.events import EVENTS
from batchpub.forecast import foresee_row
from batchpub.lifecycle.looks import Finding, Look
from batchpub.lifecycle.work import Rules
from batchpub.pace.estimate import estimate_seconds
from batchpub.plan.text import list_names
from batchpub.plural import say_count
from batchpub.report.attention import Spot, drop_place, shorten_files
from batchpub.report.check_files import write_check
from batchpub.report.ci import announce_check
from batchpub.report.summary import Summary
from batchpub.report.text import escape_commands
from batchpub.report.totals import Tone, say_plan
from batchpub.sentences.events import say_duration
from batchpub.sentences.rows import say_other_name, say_published
from batchpub.settings.fields import SETTINGS, Settings
from batchpub.standing import Standing
from batchpub.store.limits import Outlook

MANY = 40
TONES_OF = {"invalid": Tone.BAD, "uncertain": Tone.WATCH, "duplicate": Tone.QUIET, "skipped": Tone.QUIET}
"""The outcomes that rows are named for, the worst first."""
ACCESS_TOKEN_SECONDS = 3600.0  # "expires_in": 3600, Zoho accounts documentation


def check(
    *,
    sheets: tuple[str, ...],
    job: Path | None,
    online: bool,
    as_json: bool,
    formats: tuple[str, ...],
    out: Path,
    **flags: Any,
) -> int:
    """Show what would be published, what is wrong and how long it takes. Nothing is sent."""
    settings = settle_settings({**flags, "sheets": sheets}, job)
    start_log(settings)
    try:
        handed = find_files(settings.sheets)
        intake = take_in(handed, settings)
    except SheetRefused as error:
        _write_files([], _spots_of(error.each()), out, formats)
        if not as_json:
            announce_check(_spots_of(error.each()), str(error), os.environ, sys.stdout)
            current_invocation().said = True
            raise
        refused = _describe_refusals(error.each())
        _print(error=refused[0], refused=refused)
        return error.exit_code
    except BatchpubError as error:
        return _give_up(error, as_json=as_json)
    known, account, outlook = _ask_state(intake.judged.courses(), settings)
    rules = Rules(again=frozenset(settings.again), names=settings.names, strict=settings.strict)
    plan = intake.settle(say_published(known), account)
    try:
        looks = _look(plan, settings) if online else {}
    except BatchpubError as error:
        return _give_up(error, as_json=as_json)
    rows = [_describe(row, plan, known, looks, rules) for row in plan.rows]
    to_send = sum(row["outcome"] in ("to_publish", "uncertain") for row in rows)
    broken = find_broken_rule(plan, settings)
    _write_files(rows, _spots_of(intake.refused), out, formats)
    eta = estimate_seconds(to_send, limits_of(settings), outlook)
    warnings = [*_warn_of_rate(settings), *_warn_of_token(eta, settings), *_warn_of_names(rows)]
    if as_json:
        _print(
            rows=rows,
            to_publish=to_send,
            eta_seconds=round(eta, 1),
            online=online,
            forbidden=broken,
            warnings=warnings,
            refused=_describe_refusals(intake.refused),
            left_out=list(handed.left_out),
        )
    else:
        host = portal_of(settings)
        summary = _summarise(rows, plan, handed.left_out, to_send, eta, host, warnings)
        shown = show(summary, sys.stdout, before=_show_looks(rows) if online else "")
        invalid = [spot for spot in summary.spots if spot.word == Pile.INVALID]
        rule = [Spot(word="publish would send nothing", message=broken)] if broken else []
        spots = [*rule, *_spots_of(intake.refused), *invalid]
        for warning in announce_check(spots, f"{shown}\n{broken}", os.environ, sys.stdout):
            click.echo(f"batchpub: {warning}", err=True)
    if intake.refused:
        return ExitCode.SHEET_REFUSED
    if broken:
        click.echo(f"batchpub: {broken} `publish` would send nothing.", err=True)
        return ExitCode.OWN_RULE
    if any(look.finding is Finding.CANNOT_TELL and not look.state for look in looks.values()):
        return ExitCode.SOME_UNKNOWN
    return ExitCode.SOME_FAILED if any(row["outcome"] == "invalid" for row in rows) else ExitCode.OK


def _write_files(rows: Sequence[dict[str, Any]], unread: Sequence[Spot], folder: Path, formats: Sequence[str]) -> None:
    """Write what a CI server shows. Raises CannotWrite."""
    if not formats:
        return
    try:
        write_check(rows, unread, folder, formats)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise CannotWrite(
            f"The files of the check cannot be written to {folder}: {why}. Name another with --out."
        ) from error


def _give_up(error: BatchpubError, *, as_json: bool) -> int:
    """End without rows: a program finds the sentence where it looks for them, a person reads it on stderr."""
    if not as_json:
        raise error
    _print(error={"file": "", "message": with_flags(str(error))}, refused=[])
    return error.exit_code


def _print(**told: Any) -> None:
    """Print the JSON document."""
    click.echo(escape_commands(json.dumps({"schema_version": 1, **told}, ensure_ascii=False)))


def _look(plan: Plan, settings: Settings) -> dict[Course, Look]:
    """Look at the courses that would be sent, with the sheet's name for each."""
    from batchpub.cli.online import look_online  # noqa: PLC0415 - it loads the network

    return asyncio.run(look_online(plan.names_to_publish(), settings))


def _show_looks(rows: Sequence[dict[str, Any]]) -> str:
    from batchpub.cli.online import show_looks  # noqa: PLC0415 - as above

    return show_looks(rows)


def _ask_state(
    courses: Sequence[Course], settings: Settings
) -> tuple[dict[Course, Standing], tuple[IdShape, ...], Outlook]:
    if existing_state(settings) is None:
        return {}, (), Outlook(pace=limits_of(settings).pace)
    from batchpub.cli.states import ask_state  # noqa: PLC0415 - it loads the database

    return asyncio.run(ask_state(settings, courses))


def _spots_of(refused: Sequence[SheetRefused]) -> list[Spot]:
    return [Spot(file=one.file, word="the sheet is refused", message=with_flags(one.message)) for one in refused]


def _describe_refusals(refused: Sequence[SheetRefused]) -> list[dict[str, str]]:
    return [{"file": one.file, "message": with_flags(one.message)} for one in refused]


def _warn_of_rate(settings: Settings) -> list[str]:
    """Warn of what a run warns of when it begins."""
    return [EVENTS["rate.high"].message] if settings.rate > SETTINGS["rate"].default else []


def _warn_of_token(eta: float, settings: Settings) -> list[str]:
    """Warn of an access token that ends before the plan does; batchpub cannot renew it."""
    if settings.access_token is None or eta <= ACCESS_TOKEN_SECONDS:
        return []
    return [
        f"This takes about {say_duration(eta)}, and an access token is good for an hour at most: the run would end with 77 "
        "in the middle. Set BATCHPUB_CLIENT_ID, BATCHPUB_CLIENT_SECRET and BATCHPUB_REFRESH_TOKEN instead; "
        "`batchpub login` makes the last one."
    ]


def _warn_of_names(rows: list[dict[str, Any]]) -> list[str]:
    return [
        f"{row['file']}, row {row['row']}: {row['remark']}"
        for row in rows
        if row["remark"] and row["outcome"] != Pile.INVALID
    ]


def _describe(
    row: PlannedRow, plan: Plan, known: dict[Course, Standing], looks: dict[Course, Look], rules: Rules
) -> dict[str, Any]:
    seen = foresee_row(row, known, looks, rules)
    look = seen.look
    other_name = look.other_name if look and rules.names is not NamesRule.IGNORE else None
    sheet = plan.sheets[row.sheet_index]
    return {
        "file": sheet.file,
        "sheet": sheet.sheet,
        "row": row.row,
        "cell": row.cell,
        "course_id": row.course.course_id if row.course else "",
        "batch_id": row.course.batch_id if row.course else "",
        "name": row.name,
        "notify": row.notify,
        "outcome": seen.outcome,
        "message": with_flags(seen.message),
        "looked": look is not None,
        "zoho_name": look.name if look else "",
        "zoho_state": look.state if look else "",
        "zoho_type": look.kind if look else "",
        "remark": say_other_name(other_name) if other_name else "",
    }


def _summarise(  # noqa: PLR0913 - all that is shown
    rows: list[dict[str, Any]],
    plan: Plan,
    left_out: Sequence[str],
    to_send: int,
    eta: float,
    host: str,
    warnings: list[str],
) -> Summary:
    notes = [f"{sheet.file}: {note}" for sheet in plan.sheets for note in sheet.notes]
    if left_out:
        notes.append(f"Left out, for they are no lists: {list_names(list(left_out))}.")
    notes += [f"Not read: {sheet.file}: {sheet.refused}" for sheet in plan.sheets if sheet.refused]
    notes += [f"Warning: {warning}" for warning in warnings[:MANY]]
    short = shorten_files(tuple(sheet.file for sheet in plan.sheets))
    spots = [
        Spot(
            word=row["outcome"].replace("_", " "),
            tone=TONES_OF[row["outcome"]],
            sheet=short[row["file"]] if len(plan.sheets) > 1 else "",
            **{name: row[name] for name in ("file", "row", "cell", "course_id", "batch_id", "name")},
            message=drop_place(row["cell"], row["message"]),
        )
        for word in TONES_OF
        for row in rows
        if row["outcome"] == word
    ]
    mailing = sum(row["notify"] for row in rows if row["outcome"] in ("to_publish", "uncertain"))
    attention = sum(row["outcome"] in ("invalid", "uncertain") for row in rows)
    done = sum(row["outcome"] == "already_published" for row in rows)
    headline = say_plan(to_send=to_send, mailing=mailing, host=host, eta=eta, attention=attention)
    before = [f"{say_count(done, 'row')} {'is' if done == 1 else 'are'} published already."] if done else []
    return Summary(headline=headline, sentences=(*before, *notes), spots=tuple(spots), last=("Nothing was sent.",))
