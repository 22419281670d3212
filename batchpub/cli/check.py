"""`batchpub check`: what `publish` would do, without sending anything."""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import click

from batchpub.cli.files import find_files
from batchpub.cli.invocation import current_invocation
from batchpub.cli.options import settle_settings
from batchpub.cli.own_rule import find_broken_rule
from batchpub.cli.saying import show
from batchpub.cli.sheets import take_in
from batchpub.cli.wiring import existing_state, limits_of, portal_of, rules_of, start_log
from batchpub.cli.wording import with_flags
from batchpub.course import Course, IdShape, Pile, Plan
from batchpub.errors import BatchpubError, CannotWrite, ExitCode, SheetRefused
from batchpub.events import EVENTS
from batchpub.files import say_reason
from batchpub.forecast import TO_PUBLISH, UNCERTAIN, Foreseen, foresee_row
from batchpub.lifecycle.looks import Finding, Look
from batchpub.lifecycle.work import Verify
from batchpub.pace.estimate import estimate_seconds
from batchpub.plan.text import list_names
from batchpub.plural import say_count
from batchpub.report.attention import Spot, drop_place, shorten_files
from batchpub.report.check_files import CheckedRow, write_check
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
ROW_FIELDS = tuple(field.name for field in fields(CheckedRow))
TONES_OF = {"invalid": Tone.BAD, "uncertain": Tone.WATCH, "duplicate": Tone.QUIET, "skipped": Tone.QUIET}
"""The outcomes that rows are named for, the worst first."""
ACCESS_TOKEN_SECONDS = 3600.0  # "expires_in": 3600, Zoho accounts documentation


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What publishing would do. `forbidden` says which rule of the operator's own would keep it from that."""

    plan: Plan
    rows: Sequence[CheckedRow]
    refused: Sequence[SheetRefused]
    left_out: Sequence[str]
    host: str
    eta: float
    warnings: Sequence[str]
    forbidden: str
    online: bool
    untold: bool
    """Of a course, Zoho could not be asked."""

    @property
    def to_send(self) -> list[CheckedRow]:
        """The rows that would be called for."""
        return [row for row in self.rows if row.outcome in (TO_PUBLISH, UNCERTAIN)]

    def exit_code(self) -> ExitCode:
        """Give the code that the check ends with, and publishing would as far as anybody knows."""
        if self.refused:
            return ExitCode.SHEET_REFUSED
        if self.forbidden:
            return ExitCode.OWN_RULE
        if self.untold:
            return ExitCode.SOME_UNKNOWN
        return ExitCode.SOME_FAILED if any(row.outcome == "invalid" for row in self.rows) else ExitCode.OK


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
        checked = _foresee(settings, online=online)
    except BatchpubError as error:
        return _give_up(error, formats, out, as_json=as_json)
    _write_files(checked.rows, _spots_of(checked.refused), out, formats)
    if as_json:
        _print(
            rows=[{name: getattr(row, name) for name in ROW_FIELDS} for row in checked.rows],
            to_publish=len(checked.to_send),
            eta_seconds=round(checked.eta, 1),
            online=online,
            forbidden=checked.forbidden,
            warnings=checked.warnings,
            refused=_describe_refusals(checked.refused),
            left_out=list(checked.left_out),
        )
    else:
        _show(checked)
    if checked.forbidden and not checked.refused:
        click.echo(f"batchpub: {checked.forbidden} `publish` would send nothing.", err=True)
    return checked.exit_code()


def _foresee(settings: Settings, *, online: bool) -> Checked:
    handed = find_files(settings.sheets)
    intake = take_in(handed, settings)
    known, account, outlook = _ask_state(intake.judged.courses(), settings)
    rules = replace(rules_of(settings), verify=Verify.NOTHING)  # what publish would read first, it sends after that
    plan = intake.settle(say_published(known), account)
    looks = _look(plan, settings) if online else {}
    seen = [foresee_row(row, known, looks, rules) for row in plan.rows]
    rows = [_describe(one, plan) for one in seen]
    eta = estimate_seconds(sum(one.is_to_send for one in seen), limits_of(settings), outlook)
    return Checked(
        plan=plan,
        rows=rows,
        refused=intake.refused,
        left_out=handed.left_out,
        host=portal_of(settings),
        eta=eta,
        warnings=[*_warn_of_rate(settings), *_warn_of_token(eta, settings), *_warn_of_names(rows)],
        forbidden=find_broken_rule(plan, settings),
        online=online,
        untold=any(look.finding is Finding.CANNOT_TELL and not look.state for look in looks.values()),
    )


def _show(checked: Checked) -> None:
    """Show it to a person, and tell GitHub Actions what is wrong."""
    summary = _summarise(checked)
    shown = show(summary, sys.stdout, before=_show_looks(checked.rows) if checked.online else "")
    invalid = [spot for spot in summary.spots if spot.word == Pile.INVALID]
    rule = [Spot(word="publish would send nothing", message=checked.forbidden)] if checked.forbidden else []
    spots = [*rule, *_spots_of(checked.refused), *invalid]
    for warning in announce_check(spots, f"{shown}\n{checked.forbidden}", os.environ, sys.stdout):
        click.echo(f"batchpub: {warning}", err=True)


def _give_up(error: BatchpubError, formats: Sequence[str], out: Path, *, as_json: bool) -> int:
    """End without rows: a program finds the sentence where it looks for them, a person reads it on stderr."""
    refused = error.each() if isinstance(error, SheetRefused) else ()
    if refused:
        _write_files([], _spots_of(refused), out, formats)
    if as_json:
        described = _describe_refusals(refused)
        _print(error=described[0] if described else {"file": "", "message": with_flags(str(error))}, refused=described)
        return error.exit_code
    if refused:
        announce_check(_spots_of(refused), str(error), os.environ, sys.stdout)
        current_invocation().said = True
    raise error


def _write_files(rows: Sequence[CheckedRow], unread: Sequence[Spot], folder: Path, formats: Sequence[str]) -> None:
    """Write what a CI server shows. Raises CannotWrite."""
    if not formats:
        return
    try:
        write_check(rows, unread, folder, formats)
    except (OSError, ValueError) as error:
        raise CannotWrite(
            f"The files of the check cannot be written to {folder}: {say_reason(error)}. Name another with --out."
        ) from error


def _print(**document: Any) -> None:
    """Print the JSON document."""
    click.echo(escape_commands(json.dumps({"schema_version": 1, **document}, ensure_ascii=False)))


def _look(plan: Plan, settings: Settings) -> dict[Course, Look]:
    """Look at the courses that would be sent, with the sheet's name for each."""
    from batchpub.cli.online import look_online  # noqa: PLC0415 - it loads the network

    return asyncio.run(look_online(plan.names_to_publish(), settings))


def _show_looks(rows: Sequence[CheckedRow]) -> str:
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


def _warn_of_names(rows: Sequence[CheckedRow]) -> list[str]:
    return [f"{row.file}, row {row.row}: {row.remark}" for row in rows if row.remark and row.outcome != Pile.INVALID]


def _describe(seen: Foreseen, plan: Plan) -> CheckedRow:
    row, look = seen.row, seen.look
    sheet = plan.sheets[row.sheet_index]
    return CheckedRow(
        file=sheet.file,
        sheet=sheet.sheet,
        row=row.row,
        cell=row.cell,
        course_id=row.course.course_id if row.course else "",
        batch_id=row.course.batch_id if row.course else "",
        name=row.name,
        notify=row.notify,
        outcome=seen.outcome,
        message=with_flags(seen.message),
        looked=look is not None,
        zoho_name=look.name if look else "",
        zoho_state=look.state if look else "",
        zoho_type=look.kind if look else "",
        remark=say_other_name(look.other_name) if look and look.other_name else "",
    )


def _summarise(checked: Checked) -> Summary:
    sheets, outcomes = checked.plan.sheets, Counter(row.outcome for row in checked.rows)
    short = shorten_files(tuple(sheet.file for sheet in sheets))
    spots = [
        Spot(
            word=row.outcome.replace("_", " "),
            tone=TONES_OF[row.outcome],
            file=row.file,
            sheet=short[row.file] if len(sheets) > 1 else "",
            row=row.row,
            cell=row.cell,
            course_id=row.course_id,
            batch_id=row.batch_id,
            name=row.name,
            message=drop_place(row.cell, row.message),
        )
        for word in TONES_OF
        for row in checked.rows
        if row.outcome == word
    ]
    headline = say_plan(
        to_send=len(checked.to_send),
        mailing=sum(row.notify for row in checked.to_send),
        host=checked.host,
        eta=checked.eta,
        attention=outcomes["invalid"] + outcomes[UNCERTAIN],
    )
    done = outcomes["already_published"]
    sentences = [f"{say_count(done, 'row')} {'is' if done == 1 else 'are'} published already."] if done else []
    sentences += [f"{sheet.file}: {note}" for sheet in sheets for note in sheet.notes]
    if checked.left_out:
        sentences.append(f"Left out, for they are no lists: {list_names(list(checked.left_out))}.")
    sentences += [f"Not read: {sheet.file}: {sheet.refused}" for sheet in sheets if sheet.refused]
    sentences += [f"Warning: {warning}" for warning in checked.warnings[:MANY]]
    return Summary(headline=headline, sentences=tuple(sentences), spots=tuple(spots), last=("Nothing was sent.",))
