"""`batchpub doctor`: can a run start here, and if not, what to do; no sheet is needed and nothing is published."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import click

from batchpub.account import credentials_of, name_kind, open_account
from batchpub.cli.online import open_survey
from batchpub.cli.options import settle_settings
from batchpub.cli.pipeline import has_person
from batchpub.cli.states import ledger_of, open_state
from batchpub.cli.wiring import existing_state, files_of, portal_of, start_log, state_of
from batchpub.clock import SystemClock
from batchpub.course import Course
from batchpub.errors import PRECEDENCE, AccessRefused, BatchpubError, ExitCode, StoppedEarly
from batchpub.lifecycle.looks import Finding
from batchpub.logger import log
from batchpub.plural import say_count
from batchpub.report.text import make_plain
from batchpub.sentences.events import say_duration
from batchpub.sentences.rows import say_reason
from batchpub.services.zoho.hosts import DATA_CENTERS
from batchpub.settings.fields import Settings
from batchpub.store.overview import Overview, read_overview
from batchpub.store.tables import SCHEMA_VERSION

LONGEST = 10.0  # seconds that the service is asked for
MOST_SKEW = 30.0  # seconds; more, and times in reports and logs mislead
NOBODYS_COURSE = Course(course_id="100000000000000000")
"""Is read to see whether reading is allowed: whatever the answer, it says nothing of anybody's course."""


class Mark(StrEnum):
    """How a line is to be taken."""

    GOOD = "good"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One thing that was looked at. `found` says how it is, `remedy` what to do, "" where there is nothing; `code` how a run would end."""

    about: str
    sign: Mark
    found: str
    remedy: str = ""
    code: ExitCode = ExitCode.OK

    def as_json(self) -> dict[str, object]:
        """Give it under the names that programs read."""
        return {"about": self.about, "sign": self.sign, "told": self.found, "remedy": self.remedy, "code": self.code}


def _good(about: str, found: str) -> Examined:
    return Examined(about=about, sign=Mark.GOOD, found=found)


def _note(about: str, found: str, remedy: str = "") -> Examined:
    return Examined(about=about, sign=Mark.NOTE, found=found, remedy=remedy)


def _bad(about: str, found: str, why: BatchpubError | str, code: ExitCode = ExitCode.CANNOT_WRITE) -> Examined:
    code = why.exit_code if isinstance(why, BatchpubError) else code
    return Examined(about=about, sign=Mark.BAD, found=found, remedy=str(why), code=code)


def doctor(*, job: Path | None, as_json: bool, unlock: bool, yes: bool, **flags: object) -> int:
    """Look at everything a run needs, and print each with its remedy."""
    settings = settle_settings(flags, job, needs_credentials=False)
    start_log(settings)
    if unlock:
        _unlock(settings, is_sure=yes)
    lines = asyncio.run(_examine(settings))
    if as_json:
        click.echo(json.dumps({"schema_version": 1, "lines": [line.as_json() for line in lines]}, indent=2))
    else:
        _show(lines)
    return _worst(lines)


def _worst(lines: list[Examined]) -> ExitCode:
    found = {ExitCode.OK, *(line.code for line in lines)}
    return next(code for code in PRECEDENCE if code in found)


async def _examine(settings: Settings) -> list[Examined]:
    state, overview = await _examine_state(settings)
    lines = [_examine_credentials(settings), *[line async for line in _examine_service(settings, state, overview)]]
    return [*lines, *state, *_examine_pace(settings, overview)]


def _examine_credentials(settings: Settings) -> Examined:
    try:
        return _good("credentials", name_kind(credentials_of(settings, sandbox=False)))
    except BatchpubError as error:
        return _bad("credentials", "none", error)


async def _examine_service(
    settings: Settings, state: list[Examined], overview: Overview | None
) -> AsyncIterator[Examined]:
    """Ask for an access token, then read a course that nobody has, within ten seconds."""
    endpoint = settings.endpoint()
    centre = f"{settings.data_center}: {endpoint.api_url}"
    try:
        credentials = credentials_of(settings, sandbox=False)
        async with (
            asyncio.timeout(LONGEST),
            open_account(settings, credentials, clock=SystemClock(), beside=files_of(settings)) as client,
        ):
            access = await client.get_access()
    except TimeoutError:
        yield _say_unreachable(endpoint.accounts_url)
        return
    except BatchpubError as error:
        if error.exit_code is not ExitCode.SETTINGS_WRONG:
            yield _bad("access", "no access", error)
            yield _note("data centre", centre, _guess_centre(settings))
        return
    hint = access.hint
    yield _bad("data centre", centre, hint, ExitCode.ACCESS_REFUSED) if hint else _good("data centre", centre)
    if any(line.sign is Mark.BAD for line in state) or _is_locked(settings, overview):
        yield _note("reading", "not asked: every call is counted in the state, see there")
        return
    if overview is not None and overview.schema_version < SCHEMA_VERSION:
        yield _note("reading", "not asked: it is counted in the state, which the next run has to bring forward first")
        return
    async for line in _examine_reading(settings, overview):
        yield line


async def _examine_reading(settings: Settings, overview: Overview | None) -> AsyncIterator[Examined]:
    found = "allowed (ZOHOPEOPLE.training.READ)"
    try:
        async with asyncio.timeout(LONGEST), open_survey(replace(settings, attempts=1)) as (survey, client):
            looks = await survey.look_at_all({NOBODYS_COURSE: ""}, workers=1)
            skew = client.behind_seconds
    except TimeoutError:
        yield _say_unreachable(settings.endpoint().api_url)
        return
    except StoppedEarly as error:
        yield _note("reading", str(error))
        return
    except BatchpubError as error:
        is_scope = isinstance(error, AccessRefused)
        yield _bad("reading", "not allowed", error) if is_scope else _bad("service", "no answer", error)
        return
    look = looks[NOBODYS_COURSE]
    odd = look.finding is Finding.CANNOT_TELL and not look.state
    yield _note("reading", say_reason(look.reason)) if odd else _good("reading", found)
    yield _say_publishing(overview)
    if skew is not None:
        yield _say_skew(skew)


def _say_publishing(overview: Overview | None) -> Examined:
    if done := overview.published if overview else 0:
        return _good("publishing", f"{say_count(done, 'course')} published from this state before")
    remedy = "Whether ZOHOPEOPLE.training.CREATE is there shows at the first course: publish one."
    return _note("publishing", "not seen yet", remedy)


def _say_skew(skew: float) -> Examined:
    if abs(skew) <= MOST_SKEW:
        return _good("clock", f"{abs(skew):.0f} s from Zoho's")
    found = f"{say_duration(abs(skew))} {'ahead of' if skew > 0 else 'behind'} Zoho's"
    return _note("clock", found, "Set this machine's clock (NTP): times would mislead.")


def _say_unreachable(url: str) -> Examined:
    remedy = "Check the network, the proxy (HTTPS_PROXY) and the data centre."
    return _bad("service", f"no answer of {url} within {LONGEST:g} s", remedy, ExitCode.UNREACHABLE)


def _guess_centre(settings: Settings) -> str:
    others = ", ".join(name for name in DATA_CENTERS if name != settings.data_center)
    return f"If you sign in to Zoho at another address than {DATA_CENTERS[settings.data_center][0]}, set data_center: {others}."


async def _examine_state(settings: Settings) -> tuple[list[Examined], Overview | None]:
    where = state_of(settings)
    if existing_state(settings) is None:
        return [_say_new(Path(where))], None
    try:
        async with asyncio.timeout(LONGEST), open_state(settings, reading=True) as database:
            overview = await read_overview(database, SystemClock())
    except TimeoutError:
        return [_bad("state", f"no answer within {LONGEST:g} s", "Check the server.")], None
    except BatchpubError as error:
        return [_bad("state", "cannot be used", error)], None
    return [_say_state(overview, where)], overview


def _say_new(where: Path) -> Examined:
    folder = next(parent for parent in (where.parent, *where.parent.parents) if os.path.exists(parent))  # noqa: PTH110 - no where it may not be looked at
    if os.access(folder, os.W_OK):
        relative = "A relative path is another state in another folder; name an absolute one."
        found = f"{where}: not there yet; the first run makes it"
        return _note("state", found, "" if where.is_absolute() else relative)
    remedy = "Name a writable place with --state or BATCHPUB_STATE, on a disk that outlives the container."
    return _bad("state", f"{where}: cannot be made", remedy)


def _say_state(overview: Overview, where: Path | str) -> Examined:
    age = f", since {overview.oldest_run_at:%Y-%m-%d}" if overview.oldest_run_at else ""
    found = (
        f"{overview.name}: schema {overview.schema_version}{_say_older(overview)}, {say_count(overview.runs, 'run')}{age}, "
        f"{say_count(overview.published, 'published course')}"
    )
    if isinstance(where, Path) and not (os.access(where, os.W_OK) and os.access(where.parent, os.W_OK)):
        return _bad("state", found, "It can be read but not written, so no run can start here: mount it writable.")
    return _good("state", found)


def _say_older(overview: Overview) -> str:
    return f" (the next run brings it to {SCHEMA_VERSION})" if overview.schema_version < SCHEMA_VERSION else ""


def _is_locked(settings: Settings, overview: Overview | None) -> bool:
    wanted = portal_of(settings)
    return any(one.portal == wanted and one.lock_seconds > 0 for one in (overview.portals if overview else ()))


def _examine_pace(settings: Settings, overview: Overview | None) -> list[Examined]:
    """Say what keeps calls from being made just now: locks, places, runs at work."""
    lines = []
    for portal in overview.portals if overview else ():
        found = f"{portal.portal}: {portal.places_taken} of {settings.rate} places taken"
        remedy = ""
        if portal.lock_seconds > 0:
            found += f"; locked by Zoho for {say_duration(portal.lock_seconds)} more"
            remedy = (
                "Wait: a run does so by itself. If you know that Zoho has lifted the lock: batchpub doctor --unlock"
            )
        elif portal.gentle_seconds > 0:
            found += f"; gentler pace for {say_duration(portal.gentle_seconds)} more"
            remedy = "It follows a lock that our own calls do not explain. batchpub publish --gentle-off forgets it."
        lines.append(_note("pace", found, remedy) if remedy else _good("pace", found))
    now = datetime.now(tz=UTC)
    for run in overview.at_work if overview else ():
        heard = say_duration((now - run.heard_at).total_seconds())
        found = f"run {run.run} is at work, or died a short while ago: last heard of {heard} ago"
        lines.append(_note("runs", found))
    return lines


def _unlock(settings: Settings, *, is_sure: bool) -> None:
    if not is_sure and has_person(sys.stdin):
        click.confirm(
            "If Zoho still locks the account, the next call makes the lock longer. Forget it?", abort=True, err=True
        )
    elif not is_sure:
        raise click.UsageError("--unlock asks, and nobody is here to answer. Add --yes if Zoho has lifted the lock.")

    async def forget() -> float:
        async with open_state(settings) as database:
            return await ledger_of(settings, database, run="doctor", clock=SystemClock()).forget_lock()

    seconds = asyncio.run(forget())
    log.warning("portal.unlocked", seconds=round(seconds, 1))
    click.echo(
        f"The lock is forgotten; it had {say_duration(seconds)} left." if seconds else "There was no lock.", err=True
    )


def _show(lines: list[Examined]) -> None:
    marks = {Mark.GOOD: ("green", "ok  "), Mark.NOTE: ("yellow", "note"), Mark.BAD: ("red", "BAD ")}
    colours = has_person(sys.stdout) and not os.environ.get("NO_COLOR")
    for line in lines:
        colour, mark = marks[line.sign]
        shown = click.style(mark, fg=colour) if colours else mark
        click.echo(f"{shown}  {line.about:<12} {make_plain(line.found)}")
        for part in filter(None, make_plain(line.remedy).split("\n")):
            click.echo(f"{'':<18} {part}")
    worst = _worst(lines)
    click.echo("Ready." if not worst else f"Not ready: a run would end with {int(worst)} ({worst.meaning}).")
