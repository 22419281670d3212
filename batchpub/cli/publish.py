"""`batchpub publish` and `batchpub retry`: the run, wired up."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import structlog

from batchpub.account import credentials_of, name_kind, open_account, token_file
from batchpub.cli.ending import name_end
from batchpub.cli.files import find_files, find_results
from batchpub.cli.invocation import Invocation, current_invocation
from batchpub.cli.options import settle_settings
from batchpub.cli.own_rule import find_broken_rule
from batchpub.cli.person import has_person
from batchpub.cli.pipeline import name_repetition
from batchpub.cli.progress import Watcher, is_watched, show_progress
from batchpub.cli.resume import command_again, command_to_continue
from batchpub.cli.saying import introduce, say_goodbye
from batchpub.cli.sheets import Intake, judge_all, take_in
from batchpub.cli.signals import Left
from batchpub.cli.states import ask_state, journal_of, ledger_of, open_state
from batchpub.cli.wiring import existing_state, files_of, sheet_options_of, start_log
from batchpub.clock import SystemClock
from batchpub.course import Course, IdShape, Outcome, Plan
from batchpub.engine.closing import Reporting
from batchpub.engine.engine import Engine, EngineOptions
from batchpub.errors import CannotWrite, ExitCode, SettingsWrong
from batchpub.events import OnEvent, RunEvent, tell_all
from batchpub.lifecycle.work import Rules, Verify
from batchpub.log import log_event
from batchpub.logger import log
from batchpub.masking import Mask
from batchpub.paths import is_there
from batchpub.record import RunRecord
from batchpub.report.ci import announce
from batchpub.report.folder import prepare_folder
from batchpub.report.inputs import keep_inputs
from batchpub.report.totals import DONE
from batchpub.report.write import write_reports
from batchpub.sandbox import Sandbox, SandboxConfig, load_faults
from batchpub.sentences.rows import say_published
from batchpub.sentences.stops import say_stop
from batchpub.settings.fields import SETTINGS, Settings
from batchpub.sheet.results import load_results
from batchpub.stopping import Stop
from batchpub.store.history import read_id_shapes


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What an earlier run's results say, which the state may have forgotten."""

    done: frozenset[Course] = frozenset()
    uncertain: frozenset[Course] = frozenset()


NOTHING_EARLIER = Earlier()


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """Flags that are no settings: they belong to one invocation."""

    yes: bool
    as_json: bool
    gentle_off: bool
    sandbox: bool
    sandbox_faults: Path | None


def _split(flags: dict[str, Any]) -> tuple[dict[str, Any], Extras]:
    taken = {name: flags.pop(name) for name in ("yes", "as_json", "gentle_off", "sandbox", "sandbox_faults")}
    speed = flags["speed"]
    if speed is not None and not taken["sandbox"]:
        raise click.UsageError("--speed works with --sandbox only: Zoho's minute cannot be made shorter.")
    if speed is not None and not 1 <= speed <= 1000:  # noqa: PLR2004 - the flag's range
        raise click.UsageError("--speed is a number from 1 to 1000.")
    return flags, Extras(**taken)


def publish(*, sheets: tuple[str, ...], job: Path | None, **flags: Any) -> int:
    """Publish every course of the sheets."""

    def take(settings: Settings, _here: Invocation) -> tuple[Intake, Path, Earlier]:
        handed = find_files(settings.sheets)
        return take_in(handed, settings), handed.first_folder(), NOTHING_EARLIER

    return _begin({**flags, "sheets": sheets}, job, take)


def retry(*, results: str, job: Path | None, **flags: Any) -> int:
    """Publish what earlier results say is not published yet."""

    def take(settings: Settings, here: Invocation) -> tuple[Intake, Path, Earlier]:
        file = find_results(results)
        here.read = Path(file)
        found = load_results(file, sheet_options_of(settings))
        earlier = Earlier(done=found.courses_with(*DONE), uncertain=found.courses_with(Outcome.UNKNOWN))
        return judge_all(found.sheets, settings), here.read.parent, earlier

    return _begin(flags, job, take)


def _begin(
    flags: dict[str, Any], job: Path | None, take: Callable[[Settings, Invocation], tuple[Intake, Path, Earlier]]
) -> int:
    """Settle the settings, take in what is to be published, publish it.

    The reason why a run could not start is its last log line; people at a terminal read it as a sentence.
    """
    flags, extras = _split(flags)
    settings = settle_settings(flags, job, needs_credentials=not extras.sandbox)
    here = current_invocation()
    here.settings = settings
    start_log(settings)
    try:
        return asyncio.run(_publish(*take(settings, here), settings, extras, here))
    except (click.ClickException, click.Abort):
        raise
    except (Exception, Left) as error:
        from batchpub.cli.refusal import leave_word  # noqa: PLC0415 - needed when all is over

        leave_word(here, error)
        code, sentence = name_end(error)
        log.error("run.finished", exit_code=int(code), counts={}, error=sentence, resume_command=command_again())
        if has_person(sys.stderr):
            raise
        return code


async def _publish(
    intake: Intake, beside: Path, earlier: Earlier, settings: Settings, extras: Extras, here: Invocation
) -> int:
    plan = intake.settle(*await _find_published(intake, settings, extras, earlier))
    run, out = here.run, here.out()
    structlog.contextvars.bind_contextvars(run=run)
    prepare_folder(out, keep=here.read)
    for file in keep_inputs(intake.inputs, out):
        log.warning("sheet.changed", file=file)
    async with contextlib.AsyncExitStack() as stack:
        if extras.sandbox:
            settings = await stack.enter_async_context(_rehearsal(settings, extras, beside, here))
        found, work = await _run(plan, settings, extras, here, earlier)
    here.said = True
    folder = "" if work.unreported else str(out)
    code = ExitCode(found.exit_code or 0)
    say_goodbye(found, code, folder, work.reports, settings, as_json=extras.as_json)
    return code


async def _find_published(
    intake: Intake, settings: Settings, extras: Extras, earlier: Earlier
) -> tuple[dict[Course, str], tuple[IdShape, ...]]:
    """Ask the state, and the results that are done again, which of the courses are published and what ids look like."""
    told = dict.fromkeys(earlier.done, "Published by the run whose results these are.")
    if extras.sandbox or existing_state(settings) is None:  # a rehearsal has a state of its own, and it is new
        return told, ()
    known, account, _ = await ask_state(settings, intake.judged.courses())
    return say_published(known) | told, account


@contextlib.asynccontextmanager
async def _rehearsal(settings: Settings, extras: Extras, beside: Path, here: Invocation) -> AsyncIterator[Settings]:
    """Start a sandbox for this run, with a throwaway state under --out and no credentials."""
    usual = beside / "sandbox.toml"
    plan = extras.sandbox_faults or (usual if is_there(usual, SettingsWrong) else None)
    try:
        faults = load_faults(plan) if plan else ()
    except (ValueError, OSError) as error:
        why = f"{error.strerror}." if isinstance(error, OSError) else str(error)
        raise SettingsWrong(f"The sandbox's fault plan {plan}: {why}") from error
    config = SandboxConfig(
        limit=settings.rate,
        period_seconds=settings.period,
        lock_seconds=settings.lock,
        speed=settings.speed,
        faults=faults,
    )
    scaled = settings.scaled(settings.speed)
    async with Sandbox(config) as sandbox:
        here.listeners.append(_listen_for_sandbox(sandbox))
        log.info("sandbox.started", url=sandbox.url, speed=settings.speed, faults=len(faults))
        yield replace(scaled, api_url=sandbox.url, accounts_url=sandbox.url, state=str(_throwaway_state(here.out())))


def _listen_for_sandbox(sandbox: Sandbox) -> OnEvent:
    """Give a listener that says what the sandbox saw, before the run's last event."""

    def hear(event: RunEvent) -> None:
        if event.run is not None:
            stats = sandbox.stats()
            log.info(
                "sandbox.stopped",
                arrivals=stats["arrivals"],
                published_twice=len(stats["published_twice"]),
                largest_window=stats["largest_window"],
                locks=stats["locks"],
                sent_after_refusal=stats["sent_after_refusal"],
            )

    return hear


def _throwaway_state(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(
            f"The reports' folder {out} cannot be made: {error.strerror}. Name another with --out."
        ) from error
    return out / f"sandbox-state-{time.time_ns()}.db"


async def _run(
    plan: Plan, settings: Settings, extras: Extras, here: Invocation, earlier: Earlier
) -> tuple[RunRecord, Engine]:
    clock, out = SystemClock(), here.out()
    try:
        credentials = credentials_of(settings, sandbox=extras.sandbox)
    except SettingsWrong as error:
        raise SettingsWrong(f"{error} Or rehearse with --sandbox.") from None
    async with contextlib.AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_state(settings))
        if extras.sandbox:
            stack.callback(_remove_state, files_of(settings))
        ledger = ledger_of(settings, database, run=here.run, clock=clock)
        journal = journal_of(settings, ledger)
        is_new = not await read_id_shapes(database, ledger.portal)
        if is_new:
            log.info("state.new", path=database.name)
        options = EngineOptions(
            sandbox=extras.sandbox,
            data_center=settings.data_center,
            workers=settings.workers,
            rules=Rules(
                attempts=settings.attempts,
                backoff_seconds=settings.backoff,
                max_backoff_seconds=settings.max_backoff,
                course_seconds=settings.course_time,
                max_calls=settings.max_calls,
                settle_seconds=ledger.limits.settle,
                look_again_seconds=ledger.limits.period / 30,
                verify=_verify(settings),
                names=settings.names,
                strict=settings.strict,
                again=frozenset(settings.again),
                uncertain=earlier.uncertain,
            ),
            again_id=journal.repeats,
            notify_policy=str(settings.notify),
            is_new_portal=is_new,
            forbidden=find_broken_rule(plan, settings, done=earlier.done),
            max_seconds=settings.max_duration,
            job_seconds=_job_seconds(os.environ),
            max_failures=_max_failures(settings, plan),
            progress_every=settings.progress_every,
            watched=is_watched(quiet=settings.quiet),
            reporting=Reporting(
                write=lambda found: write_reports(found, out, settings.report),
                resume=_commands_to_continue(settings, here.run, out),
                say=say_stop_with_flag,
            ),
        )
        if extras.gentle_off:
            await ledger.forget_gentleness()
        api = await stack.enter_async_context(
            open_account(
                settings,
                credentials,
                clock=clock,
                token_file=None if extras.sandbox else token_file(files_of(settings)),
            )
        )
        watcher = Watcher(len(plan.rows))
        listen = tell_all(*here.listeners, *_listeners(settings, extras), watcher.hear, log_event)
        work = Engine(plan, options, service=api, ledger=ledger, on_event=listen)
        todo = plan.to_publish()
        if settings.rate > SETTINGS["rate"].default:
            log.warning("rate.high", rate=settings.rate)
        log.info("plan.made", to_publish=len(todo), mailing=sum(row.notify for row in todo), rows=len(plan.rows))
        if has_person(sys.stderr) and not options.forbidden:
            kind = "the sandbox" if extras.sandbox else name_kind(credentials)
            await introduce(
                work, plan, settings, ledger=ledger, api=api, kind=kind, is_sure=extras.yes or extras.sandbox
            )
        here.began = True
        with here.signals.stopping(work.stop), show_progress(watcher, quiet=settings.quiet):
            return await work.run(), work


def _listeners(settings: Settings, extras: Extras) -> Iterator[OnEvent]:
    """Give who hears of the run's end beside the log: the CI server or orchestrator, and whoever the settings name."""
    stdout = None if extras.as_json else sys.stdout

    def warn(trouble: str) -> None:
        log.warning("report.unannounced", error=trouble)

    def announce_end(event: RunEvent) -> None:
        for trouble in announce(event.run, os.environ, event.reports, stdout) if event.run else ():
            warn(trouble)

    def tell_end(event: RunEvent) -> None:
        if event.run is not None:
            from batchpub.cli.notices import tell_end_of_run  # noqa: PLC0415 - needed when all is over

            for trouble in tell_end_of_run(event.run, settings, os.environ, event.reports):
                warn(trouble)

    yield announce_end
    yield tell_end


def say_stop_with_flag(stop: Stop) -> str:
    """Say why a run ends early, and which flag has a say in it."""
    setting = stop.reason.setting
    return f"{say_stop(stop)} See --{setting.replace('_', '-')}." if setting else say_stop(stop)


def _commands_to_continue(settings: Settings, run: str, out: Path) -> Callable[[bool], str]:
    """Give the command that goes on with a run; another one where its reports could not be written.

    A repetition that has a name is gone on with by the same command, for the state knows what it has published.
    """
    named = name_repetition(again=bool(settings.again), again_id=settings.again_id, environ=os.environ)
    mask = Mask(settings.secrets())  # an address on the command line may be signed
    reported, unreported = (
        mask(
            command_to_continue(
                click.get_current_context(),
                again=bool(settings.again) and not named,
                run=run,
                out=out,
                reports=settings.report,
                reported=is_reported,
            )
        )
        for is_reported in (True, False)
    )
    return lambda is_unreported: (is_unreported and unreported) or reported


def _remove_state(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _job_seconds(environ: Mapping[str, str]) -> float | None:
    """Give when GitLab ends the job, so that a run that takes longer can say so before it begins."""
    told = environ.get("CI_JOB_TIMEOUT", "")
    return float(told) if told.isascii() and told.isdigit() else None


def _verify(settings: Settings) -> Verify:
    """Say which courses are read first: of one that it has no answer about, the state does not know who was mailed."""
    if settings.verify == "always":
        return Verify.EVERYTHING
    if settings.verify == "never":
        return Verify.NOTHING
    return Verify.MAILS


def _max_failures(settings: Settings, plan: Plan) -> int | None:
    told = settings.max_failures
    if told is None:
        return None
    return len(plan.to_publish()) * int(told[:-1]) // 100 if told.endswith("%") else int(told)
