"""`batchpub check`: what `publish` would do, without sending anything."""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from batchpub.cli.files import find_files
from batchpub.cli.invocation import current_invocation
from batchpub.cli.options import settle_settings
from batchpub.cli.saying import show
from batchpub.cli.sheets import find_broken_rule, take_in
from batchpub.cli.wiring import existing_state, limits_of, portal_of, rules_of, start_log
from batchpub.cli.wording import with_flags
from batchpub.course import Course, IdShape, Pile, Plan, PlannedRow
from batchpub.errors import BatchpubError, CannotWrite, ExitCode, SheetRefused
from batchpub.events import EVENTS
from batchpub.files import say_cause
from batchpub.forecast import UNCERTAIN, Foreseen, foresee_row
from batchpub.lifecycle.looks import Finding, Look
from batchpub.lifecycle.work import Verify
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What publishing would do. `forbidden` says which rule of the operator's own would keep it from that."""

    plan: Plan
    seen: Sequence[Foreseen]
    spots: Sequence[Spot]
    """Every row, with its outcome for a word."""
    refused: Sequence[Spot]
    left_out: Sequence[str]
    host: str
    eta: float
    warnings: Sequence[str]
    forbidden: str

    @property
    def to_send(self) -> list[PlannedRow]:
        """The rows that would be called for."""
        return [one.row for one in self.seen if one.is_to_send]

    def exit_code(self) -> ExitCode:
        """Give the code that the check ends with, and publishing would as far as anybody knows."""
        looks = (one.look for one in self.seen)
        if self.refused:
            return ExitCode.SHEET_REFUSED
        if self.forbidden:
            return ExitCode.OWN_RULE
        if any(look and look.finding is Finding.CANNOT_TELL and not look.state for look in looks):
            return ExitCode.SOME_UNKNOWN
        return ExitCode.SOME_FAILED if any(spot.word == Pile.INVALID for spot in self.spots) else ExitCode.OK


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
    _write_files(checked.spots, checked.refused, out, formats)
    if as_json:
        _print(
            rows=list(map(_describe, checked.seen, checked.spots)),
            to_publish=len(checked.to_send),
            eta_seconds=round(checked.eta, 1),
            online=online,
            forbidden=checked.forbidden,
            warnings=checked.warnings,
            refused=_name_refusals(checked.refused),
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
    eta = estimate_seconds(sum(one.is_to_send for one in seen), limits_of(settings), outlook)
    return Checked(
        plan=plan,
        seen=seen,
        spots=[_spot_of(one, plan) for one in seen],
        refused=_spots_of(intake.refused),
        left_out=handed.left_out,
        host=portal_of(settings),
        eta=eta,
        warnings=[*_warn(settings, eta), *_warn_of_names(seen, plan)],
        forbidden=find_broken_rule(plan, settings),
    )


def _show(checked: Checked) -> None:
    """Show it to a person, and tell GitHub Actions what is wrong."""
    summary = _summarise(checked)
    shown = show(summary, sys.stdout, before=_show_looks(checked.seen))
    invalid = [spot for spot in summary.spots if spot.word == Pile.INVALID]
    rule = [Spot(word="publish would send nothing", message=checked.forbidden)] if checked.forbidden else []
    spots = [*rule, *checked.refused, *invalid]
    for warning in announce_check(spots, f"{shown}\n{checked.forbidden}", os.environ, sys.stdout):
        click.echo(f"batchpub: {warning}", err=True)


def _give_up(error: BatchpubError, formats: Sequence[str], out: Path, *, as_json: bool) -> int:
    """End without rows: a program finds the sentence where it looks for them, a person reads it on stderr."""
    refused = _spots_of(error.each() if isinstance(error, SheetRefused) else ())
    if refused:
        _write_files([], refused, out, formats)
    if as_json:
        named = _name_refusals(refused)
        _print(error=named[0] if named else {"file": "", "message": with_flags(str(error))}, refused=named)
        return error.exit_code
    if refused:
        announce_check(refused, str(error), os.environ, sys.stdout)
        current_invocation().said = True
    raise error


def _spots_of(refused: Sequence[SheetRefused]) -> list[Spot]:
    return [Spot(file=one.file, word="the sheet is refused", message=with_flags(one.message)) for one in refused]


def _name_refusals(refused: Sequence[Spot]) -> list[dict[str, str]]:
    return [{"file": spot.file, "message": spot.message} for spot in refused]


def _write_files(rows: Sequence[Spot], unread: Sequence[Spot], folder: Path, formats: Sequence[str]) -> None:
    """Write what a CI server shows. Raises CannotWrite."""
    if not formats:
        return
    try:
        write_check(rows, unread, folder, formats)
    except (OSError, ValueError) as error:
        raise CannotWrite(
            f"The files of the check cannot be written to {folder}: {say_cause(error)}. Name another with --out."
        ) from error


def _print(**document: Any) -> None:
    """Print the JSON document."""
    click.echo(escape_commands(json.dumps({"schema_version": 1, **document}, ensure_ascii=False)))


def _look(plan: Plan, settings: Settings) -> dict[Course, Look]:
    """Look at the courses that would be sent, with the sheet's name for each."""
    from batchpub.cli.online import look_online  # noqa: PLC0415 - it loads the network

    return asyncio.run(look_online(plan.names_to_publish(), settings))


def _show_looks(seen: Sequence[Foreseen]) -> str:
    if not any(one.look for one in seen):
        return ""
    from batchpub.cli.online import show_looks  # noqa: PLC0415 - as above

    return show_looks(seen)


def _ask_state(
    courses: Sequence[Course], settings: Settings
) -> tuple[dict[Course, Standing], tuple[IdShape, ...], Outlook]:
    if existing_state(settings) is None:
        return {}, (), Outlook(pace=limits_of(settings).pace)
    from batchpub.cli.states import ask_state  # noqa: PLC0415 - it loads the database

    return asyncio.run(ask_state(settings, courses))


def _warn(settings: Settings, eta: float) -> Iterator[str]:
    """Warn of what a run warns of when it begins, and of an access token that ends before it; nobody can renew that."""
    if settings.rate > SETTINGS["rate"].default:
        yield EVENTS["rate.high"].message
    if settings.access_token and eta > ACCESS_TOKEN_SECONDS:
        yield (
            f"This takes about {say_duration(eta)}, and an access token is good for an hour at most: the run would end with 77 "
            "in the middle. Set BATCHPUB_CLIENT_ID, BATCHPUB_CLIENT_SECRET and BATCHPUB_REFRESH_TOKEN instead; "
            "`batchpub login` makes the last one."
        )


def _warn_of_names(seen: Sequence[Foreseen], plan: Plan) -> list[str]:
    return [
        f"{plan.sheets[one.row.sheet_index].file}, row {one.row.row}: {remark}"
        for one in seen
        if (remark := _remark(one)) and one.outcome != Pile.INVALID
    ]


def _remark(one: Foreseen) -> str:
    return say_other_name(one.look.other_name) if one.look and one.look.other_name else ""


def _spot_of(one: Foreseen, plan: Plan) -> Spot:
    row, sheet = one.row, plan.sheets[one.row.sheet_index]
    return Spot(
        word=one.outcome,
        file=sheet.file,
        sheet=sheet.sheet,
        row=row.row,
        cell=row.cell,
        course_id=row.course.course_id if row.course else "",
        batch_id=row.course.batch_id if row.course else "",
        name=row.name,
        message=with_flags(one.message),
    )


def _describe(one: Foreseen, spot: Spot) -> dict[str, object]:
    """Give a row of --json."""
    look = one.look
    return {
        **{name: getattr(spot, name) for name in ("file", "sheet", "row", "cell", "course_id", "batch_id", "name")},
        "notify": one.row.notify,
        "outcome": one.outcome,
        "message": spot.message,
        "looked": look is not None,
        "zoho_name": look.name if look else "",
        "zoho_state": look.state if look else "",
        "zoho_type": look.kind if look else "",
        "remark": _remark(one),
    }


def _summarise(checked: Checked) -> Summary:
    sheets, outcomes = checked.plan.sheets, Counter(spot.word for spot in checked.spots)
    short = shorten_files(tuple(sheet.file for sheet in sheets))
    spots = [
        replace(
            spot,
            word=word.replace("_", " "),
            tone=TONES_OF[word],
            sheet=short[spot.file] if len(sheets) > 1 else "",
            message=drop_place(spot.cell, spot.message),
        )
        for word in TONES_OF
        for spot in checked.spots
        if spot.word == word
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
