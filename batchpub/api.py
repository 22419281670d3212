"""The public face: read sheets, check and publish from Python. No command line, no global logging, no sys.exit.

A run from here keeps every promise of the command line: the same journal, the same slots and lock, the same judging of ids.
"""

import asyncio
import inspect
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Required, TypedDict, Unpack
from uuid import uuid4

from batchpub.cells import Sheet
from batchpub.clock import Clock, SystemClock
from batchpub.course import Course, Plan
from batchpub.engine.engine import Engine, EngineOptions
from batchpub.engine.survey import Survey
from batchpub.errors import SettingsWrong, SheetMissing, SheetRefused
from batchpub.events import OnEvent, RunEvent, ignore
from batchpub.forecast import Foreseen, foresee_row
from batchpub.lifecycle.looks import Look
from batchpub.lifecycle.work import Rules
from batchpub.logger import Level, log
from batchpub.pace.estimate import estimate_seconds
from batchpub.paths import usual_state
from batchpub.plan import Judged, judge_sheets, settle_plan
from batchpub.policy import Policy
from batchpub.record import RunRecord
from batchpub.sentences.rows import say_published
from batchpub.services.interface import Operation, Service
from batchpub.services.zoho.portal import name_portal
from batchpub.settings.fields import is_url
from batchpub.sheet import SheetOptions, load_bytes, load_sheet
from batchpub.sheet.frame import Rows, read_rows
from batchpub.standing import Standing
from batchpub.stopping import Stop, StopReason
from batchpub.store.database import Database, open_database
from batchpub.store.history import read_id_shapes
from batchpub.store.journal import Journal
from batchpub.store.ledger import Ledger
from batchpub.store.limits import Outlook
from batchpub.store.unify import unify_portals

METHODS = ("get_access", "renew", "publish", "read_state")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What publishing would do: every row, and how long it would take."""

    plan: Plan
    rows: tuple[Foreseen, ...]
    eta_seconds: float


def read_sheet(
    source: str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO,
    *,
    name: str = "",
    options: SheetOptions | None = None,
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
        return load_sheet(os.fsdecode(source), options)
    if isinstance(source, bytes | bytearray | memoryview):
        return load_bytes(name or "sheet", bytes(source), options)
    name = name or str(getattr(source, "name", "sheet"))
    try:
        data = source.read()
    except AttributeError:
        raise SheetRefused(name, f"A {type(source).__name__} is no path, no bytes and no open file.") from None
    except (OSError, ValueError) as error:
        raise SheetMissing(name, f"It cannot be read: {error}. Open it again.") from error
    if not isinstance(data, bytes):
        raise SheetRefused(name, "It was opened as text. Open it in binary mode (`rb`), or give its path.")
    return load_bytes(name, data, options)


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
    policy = _check_call(policy, service, on_event, calls=online)
    sheets = read_rows(rows, policy.sheet)
    place = _find_state(state)
    if not online and isinstance(place, Path) and not place.exists():  # asking must not make one
        plan = settle_plan(judge_sheets(sheets, policy.plan), {})
        return _forecast(plan, {}, {}, policy, Outlook(pace=policy.limits.pace))
    with log.heard_by(_as_event(on_event)):
        async with _open(service, place, policy, run="check", online=online) as parts:
            judged = await _judge(sheets, policy, parts)
            known = await parts.journal.standings(judged.courses(), again=policy.rules.publishes_again)
            plan = settle_plan(judged, say_published(known))
            looks: Mapping[Course, Look] = {}
            if online and service is not None:
                survey = Survey(service=service, ledger=parts.ledger, rules=_rules(policy), on_event=on_event)
                with log.heard_by(_as_event(survey.hear)):
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
    policy = _check_call(policy, service, on_event, calls=True, stop=stop)
    sheets = read_rows(rows, policy.sheet)
    run = f"{datetime.now(tz=UTC):%Y%m%dT%H%M%SZ}-{uuid4().hex[:6]}"
    with log.heard_by(_as_event(on_event)):
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
            with log.heard_by(_as_event(engine.hear)):
                return await run_until(engine, stop)


class CheckOptions(TypedDict, total=False):
    """The arguments of `check` by name."""

    service: Service | None
    online: bool
    state: str | Path | None
    policy: Policy | None
    on_event: OnEvent


class PublishOptions(TypedDict, total=False):
    """The arguments of `publish` by name."""

    service: Required[Service]
    state: str | Path | None
    policy: Policy | None
    stop: asyncio.Event | None
    on_event: OnEvent


def publish_sync(rows: Rows, **options: Unpack[PublishOptions]) -> RunRecord:
    """Publish from a program without an event loop; arguments and errors as for `publish`."""
    _refuse_loop("publish")
    return asyncio.run(publish(rows, **options))


def check_sync(rows: Rows, **options: Unpack[CheckOptions]) -> Forecast:
    """Check from a program without an event loop; arguments and errors as for `check`."""
    _refuse_loop("check")
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
    portal = name_portal(policy.portal or _portal_of(service))
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(place, reading=not online))
        await unify_portals(database, name_portal, clock)
        if online and isinstance(service, AbstractAsyncContextManager):
            await stack.enter_async_context(service)
        ledger = Ledger(database, portal=portal, run=run, limits=policy.limits, clock=clock)
        yield _Parts(database=database, ledger=ledger, journal=Journal(ledger), clock=clock)


async def run_until(engine: Engine, stop: asyncio.Event | None) -> RunRecord:
    """Run to the end, or until the caller says so or cancels us: then the gate closes, and calls under way finish first.

    A second cancel ends it at once. No TaskGroup here: it would wrap what the run raises.
    """
    running = asyncio.create_task(engine.run())
    asked = asyncio.create_task((stop or asyncio.Event()).wait())
    try:
        await asyncio.wait((running, asked), return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            engine.stop(Stop(reason=StopReason.ASKED))
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        engine.stop(Stop(reason=StopReason.ASKED))
        await asyncio.wait((running,))
        raise
    finally:
        running.cancel()
        asked.cancel()
        await asyncio.gather(running, asked, return_exceptions=True)


def _as_event(on_event: OnEvent) -> Callable[[Level, str, Mapping[str, Any]], None]:
    """Give what hands the log's events, such as those of the access token, to a listener."""
    return lambda level, name, values: on_event(RunEvent(name=name, level=level, fields=values))


def _check_call(
    policy: Policy | None, service: object, on_event: object, *, calls: bool, stop: object = None
) -> Policy:
    """Refuse arguments of a wrong type now: found later, they would break a run whose calls have reached the service."""
    has_all = not isinstance(service, type) and all(callable(getattr(service, name, None)) for name in METHODS)
    if calls and not has_all:
        what = "None" if service is None else getattr(service, "__name__", type(service).__name__)
        raise SettingsWrong(f"service is {what}, which is no account. Give one such as ZohoPeople(credentials).")
    if not callable(on_event) or inspect.iscoroutinefunction(on_event):
        raise SettingsWrong("on_event must be a plain function of one event: nobody awaits it.")
    if not isinstance(stop, asyncio.Event | None):
        raise SettingsWrong(
            f"stop is a {type(stop).__name__}. It must be an asyncio.Event, which another thread sets with "
            "loop.call_soon_threadsafe(stop.set)."
        )
    if not isinstance(policy, Policy | None):
        raise SettingsWrong(f"policy is a {type(policy).__name__}. It must be a Policy(…).")
    return policy or Policy()


def _refuse_loop(name: str) -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise SettingsWrong(f"{name}_sync was called where an event loop runs, as in a notebook. Write: await {name}(…)")


def _portal_of(service: Service | None) -> str:
    """Name what shares the limit and the journal. Another service than Zoho's must not count as Zoho, nor publish for it."""
    if service is None:
        return "people.zoho.com"
    return str(getattr(service, "portal", type(service).__name__))


async def _judge(sheets: Sequence[Sheet], policy: Policy, parts: _Parts) -> Judged:
    """Judge the rows, knowing what ids the account has had so far."""
    account = await read_id_shapes(parts.database, parts.ledger.portal)
    return judge_sheets(sheets, replace(policy.plan, account=account))


def _rules(policy: Policy) -> Rules:
    limits = policy.limits
    return replace(policy.rules, settle_seconds=limits.settle, look_again_seconds=limits.period / limits.rate)


def _find_state(state: str | Path | None) -> str | Path:
    """Give the path of a file, or the URL of a server as it is."""
    if state is None:
        return usual_state()
    if not isinstance(state, str | Path) or not str(state).strip():
        raise SettingsWrong(f"state is {state!r}. It must be the path of a file, or the URL of a PostgreSQL.")
    return state if is_url(str(state)) else Path(state)


def _forecast(
    plan: Plan, known: Mapping[Course, Standing], looks: Mapping[Course, Look], policy: Policy, outlook: Outlook
) -> Forecast:
    rows = tuple(foresee_row(row, known, looks, policy.rules) for row in plan.rows)
    to_send = sum(one.is_to_send for one in rows)
    return Forecast(plan=plan, rows=rows, eta_seconds=estimate_seconds(to_send, policy.limits, outlook))
