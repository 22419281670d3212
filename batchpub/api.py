"""The public face: read sheets, check and publish from Python. No command line, no global logging, no sys.exit.

A run from here keeps every promise of the command line: the same journal, the same slots and lock, the same judging of ids.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

from batchpub.clock import Clock, SystemClock
from batchpub.course import Course, Plan, Sheet
from batchpub.engine.engine import Engine, EngineOptions
from batchpub.engine.survey import Survey
from batchpub.events import OnEvent, ignore
from batchpub.forecast import Foreseen, foresee_row
from batchpub.lifecycle.looks import Look
from batchpub.lifecycle.work import Rules, Verify
from batchpub.pace.estimate import estimate_seconds
from batchpub.paths import usual_state
from batchpub.plan import Judged, PlanOptions, judge_sheets, settle_plan
from batchpub.record import RunRecord
from batchpub.sentences.rows import say_published
from batchpub.services.interface import Operation, Service
from batchpub.services.zoho.portal import name_portal
from batchpub.settings.fields import is_url
from batchpub.sheet import SheetOptions, load_bytes, load_sheet
from batchpub.sheet.frame import is_frame, read_courses, read_frame
from batchpub.standing import Standing
from batchpub.stopping import Stop, StopReason
from batchpub.store.database import Database, open_database
from batchpub.store.history import read_id_shapes
from batchpub.store.journal import Journal
from batchpub.store.ledger import Ledger
from batchpub.store.limits import Limits, Outlook
from batchpub.store.unify import unify_portals

Rows = Sheet | Sequence[Sheet] | Iterable[Course | Mapping[str, Any]] | Any
"""What can be published: a sheet or several, courses, mappings with a `course_id`, or a pandas DataFrame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How rows are judged and how a run behaves. The defaults are those of the command line; seconds throughout."""

    limits: Limits = field(default_factory=Limits)
    """What the account allows: 30 calls a minute, a lock of five minutes."""
    rules: Rules = field(default_factory=lambda: Rules(verify=Verify.MAILS))
    """How one course is tried: attempts, waits, what is read first, what is published again."""
    plan: PlanOptions = field(default_factory=PlanOptions)
    """How rows are judged: lengths of ids, confirmed ids, hidden rows, who is mailed."""
    sheet: SheetOptions = field(default_factory=SheetOptions)
    """How a table is found: which worksheet, which column, how many rows at most."""
    workers: int = 8
    """Calls under way at once."""
    portal: str = ""
    """What shares one limit; by default the service's host."""
    again_id: str = ""
    """Names one repetition where `rules.again` is set: processes with the same name publish each course once more, in all."""
    max_seconds: float | None = None
    """Ends the run in order after this long."""
    max_failures: int | None = None
    """Ends the run in order after so many failed rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What publishing would do: every row, and how long it would take."""

    plan: Plan
    rows: tuple[Foreseen, ...]
    eta_seconds: float


def read_sheet(
    source: str | os.PathLike[str] | bytes | BinaryIO, *, name: str = "", options: SheetOptions | None = None
) -> Sheet:
    """Read the one table of courses in a file, be it a path, its bytes or an open file.

    Args:
        source: the path, the bytes, or a file opened in binary mode. What format it is shows from its bytes.
        name: what sentences call it; by default its path, or "sheet".
        options: which worksheet and which column, where it offers several.

    Raises:
        SheetMissing: there is no such file.
        SheetRefused: it is no table of courses; the text says why and what to do.

    """
    options = options or SheetOptions()
    if isinstance(source, str | os.PathLike):
        return load_sheet(os.fspath(source), options)
    data = source if isinstance(source, bytes) else source.read()
    return load_bytes(name or str(getattr(source, "name", "sheet")), data, options)


async def check(
    rows: Rows,
    *,
    service: Service | None = None,
    online: bool = False,
    state: str | Path | None = None,
    policy: Policy | None = None,
    on_event: OnEvent = ignore,
) -> Forecast:
    """Say what `publish` would do with each row. Nothing is published.

    Args:
        rows: see `Rows`.
        service: whose account it is; without one, Zoho's own data centre.
        online: read each course there first; these calls count against the limit, and the service is opened and closed.
        state: the journal; None is the user's own. One that is not there yet knows nothing.
        policy: how rows are judged.
        on_event: is told what happens.

    Raises:
        SheetRefused: the rows as a whole cannot be trusted.
        BatchpubError: the state cannot be used, or the service refuses access or does not answer.

    """
    policy = policy or Policy()
    sheets = _sheets_of(rows, policy.sheet)
    place = _find_state(state)
    if not online and isinstance(place, Path) and not place.exists():  # asking must not make one
        plan = settle_plan(judge_sheets(sheets, policy.plan), {})
        return _forecast(plan, {}, {}, policy, Outlook(pace=policy.limits.pace))
    async with _open(service, place, policy, run="check", online=online) as parts:
        judged = await _judge(sheets, policy, parts)
        known = await parts.journal.standings(judged.courses(), again=policy.rules.publishes_again)
        plan = settle_plan(judged, say_published(known))
        looks: Mapping[Course, Look] = {}
        if online and service is not None:
            survey = Survey(service=service, ledger=parts.ledger, rules=_rules(policy), on_event=on_event)
            looks = await survey.look_at_all(plan.names_to_publish(), workers=policy.workers)
        return _forecast(plan, known, looks, policy, await parts.ledger.look_ahead(Operation.PUBLISH))


async def publish(
    rows: Rows,
    *,
    service: Service,
    state: str | Path | None = None,
    policy: Policy | None = None,
    stop: asyncio.Event | None = None,
    on_event: OnEvent = ignore,
) -> RunRecord:
    """Publish every course of the rows; the same call again goes on where it stopped.

    Args:
        rows: see `Rows`.
        service: the account, such as `ZohoPeople(credentials)`; it is opened and closed here.
        state: journal, slots and lock: a path, or the URL of a PostgreSQL; None is the user's own file.
        policy: how rows are judged and how the run behaves.
        stop: once it is set, no further call starts and those under way finish.
        on_event: is told what happens, as the log of the command line would be.

    Returns:
        What became of every row. `exit_code` says what the command line's would have been.

    Raises:
        SheetRefused: the rows as a whole cannot be trusted; nothing was sent.
        SettingsWrong: the policy makes no sense, or the state cannot be one.
        CannotWrite: the state cannot be begun; nothing was sent.

    """
    policy = policy or Policy()
    sheets = _sheets_of(rows, policy.sheet)
    run = f"{datetime.now(tz=UTC):%Y%m%dT%H%M%SZ}-{uuid4().hex[:6]}"
    async with _open(service, _find_state(state), policy, run=run) as parts:
        judged = await _judge(sheets, policy, parts)
        known = await parts.journal.standings(judged.courses(), again=policy.rules.publishes_again)
        options = EngineOptions(
            rules=_rules(policy),
            workers=policy.workers,
            notify_policy=str(policy.plan.notify),
            again_id=policy.again_id,
            is_new_portal=not await read_id_shapes(parts.database, parts.ledger.portal),
            max_seconds=policy.max_seconds,
            max_failures=policy.max_failures,
        )
        engine = Engine(
            settle_plan(judged, say_published(known)),
            options,
            service=service,
            ledger=parts.ledger,
            on_event=on_event,
        )
        async with _stopping(engine, stop):
            return await engine.run()


def publish_sync(rows: Rows, **options: Any) -> RunRecord:
    """Publish from a program without an event loop; arguments and errors as for `publish`."""
    return asyncio.run(publish(rows, **options))


def check_sync(rows: Rows, **options: Any) -> Forecast:
    """Check from a program without an event loop; arguments and errors as for `check`."""
    return asyncio.run(check(rows, **options))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """An open state with what works on it."""

    database: Database
    ledger: Ledger
    journal: Journal
    clock: Clock


@asynccontextmanager
async def _open(
    service: Service | None, place: str | Path, policy: Policy, *, run: str, online: bool = True
) -> AsyncIterator[_Parts]:
    clock = SystemClock()
    portal = name_portal(policy.portal or str(getattr(service, "portal", "people.zoho.com")))
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(place, reading=not online))
        await unify_portals(database, name_portal, clock)
        if online and isinstance(service, AbstractAsyncContextManager):
            await stack.enter_async_context(service)
        ledger = Ledger(database, portal=portal, run=run, limits=policy.limits, clock=clock)
        yield _Parts(database=database, ledger=ledger, journal=Journal(ledger), clock=clock)


@asynccontextmanager
async def _stopping(engine: Engine, stop: asyncio.Event | None) -> AsyncIterator[None]:
    """Close the gate of a run when the caller says so."""

    async def wait(event: asyncio.Event) -> None:
        await event.wait()
        engine.stop(Stop(reason=StopReason.ASKED))

    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(wait(stop)) if stop is not None else None
        yield
        if waiting is not None:
            waiting.cancel()


async def _judge(sheets: Sequence[Sheet], policy: Policy, parts: _Parts) -> Judged:
    """Judge the rows, knowing what ids the account has had so far."""
    account = await read_id_shapes(parts.database, parts.ledger.portal)
    return judge_sheets(sheets, replace(policy.plan, account=account))


def _sheets_of(rows: Rows, options: SheetOptions) -> Sequence[Sheet]:
    if isinstance(rows, Sheet):
        return (rows,)
    if is_frame(rows):
        return (read_frame(rows, options),)
    listed = list(rows)
    if listed and all(isinstance(one, Sheet) for one in listed):
        return listed
    return (read_courses(listed, options),)


def _rules(policy: Policy) -> Rules:
    limits = policy.limits
    return replace(policy.rules, settle_seconds=limits.settle, look_again_seconds=limits.period / limits.rate)


def _find_state(state: str | Path | None) -> str | Path:
    """Give the path of a file, or the URL of a server as it is."""
    if state is None:
        return usual_state()
    return state if is_url(str(state)) else Path(state)


def _forecast(
    plan: Plan, known: Mapping[Course, Standing], looks: Mapping[Course, Look], policy: Policy, outlook: Outlook
) -> Forecast:
    rows = tuple(foresee_row(row, known, looks, policy.rules) for row in plan.rows)
    to_send = sum(one.is_to_send for one in rows)
    return Forecast(plan=plan, rows=rows, eta_seconds=estimate_seconds(to_send, policy.limits, outlook))
