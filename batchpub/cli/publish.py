"""`batchpub publish` and `batchpub retry`: the run, wired up."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import structlog

from batchpub.account import credentials_of, name_kind, open_account
from batchpub.cli.ending import name_end
from batchpub.cli.files import find_files, find_results
from batchpub.cli.invocation import Invocation, current_invocation
from batchpub.cli.notices import tell_end_of_run
from batchpub.cli.options import settle_settings
from batchpub.cli.pipeline import has_person, name_repetition
from batchpub.cli.progress import Watcher, is_watched, show_progress
from batchpub.cli.refusal import leave_word
from batchpub.cli.rehearsal import find_faults, rehearse
from batchpub.cli.resume import command_again, command_to_report, command_to_retry, find_readable, is_short
from batchpub.cli.saying import introduce, print_end, say_goodbye
from batchpub.cli.sheets import Intake, find_broken_rule, judge_all, take_in
from batchpub.cli.signals import Left
from batchpub.cli.states import ask_state, journal_of, ledger_of, open_state
from batchpub.cli.wiring import existing_state, files_of, rules_of, sheet_options_of, start_log
from batchpub.clock import SystemClock
from batchpub.course import Course, IdShape, Outcome, Plan
from batchpub.engine.closing import Reporting
from batchpub.engine.engine import Engine, EngineOptions
from batchpub.errors import AccessRefused, ExitCode, ServiceUnreachable, SettingsWrong
from batchpub.events import OnEvent, RunEvent, tell_all
from batchpub.lifecycle.work import Rules
from batchpub.log import log_event
from batchpub.logger import log
from batchpub.masking import Mask
from batchpub.record import RunRecord
from batchpub.report.ci import announce
from batchpub.report.folder import prepare_folder
from batchpub.report.inputs import keep_inputs
from batchpub.report.totals import DONE
from batchpub.report.write import write_reports
from batchpub.sentences.rows import say_published
from batchpub.sentences.stops import say_stop
from batchpub.services.interface import Service
from batchpub.settings.fields import SETTINGS, Settings
from batchpub.sheet.results import load_results
from batchpub.stopping import Stop, stop_for
from batchpub.store.history import read_id_shapes


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What is to be published, and the folder that it lay in.

    `done` and `uncertain` are what an earlier run's results say, which the state may have forgotten.
    """

    intake: Intake
    beside: Path
    done: frozenset[Course] = frozenset()
    uncertain: frozenset[Course] = frozenset()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A run that is ready to start, and all that decides how it goes. `forbidden` says why it may send nothing."""

    plan: Plan
    settings: Settings
    extras: Extras
    here: Invocation
    rules: Rules
    forbidden: str


def publish(*, sheets: tuple[str, ...], job: Path | None, **flags: Any) -> int:
    """Publish every course of the sheets."""

    def take(settings: Settings, _here: Invocation) -> Taken:
        handed = find_files(settings.sheets)
        return Taken(intake=take_in(handed, settings), beside=handed.first_folder())

    return _begin({**flags, "sheets": sheets}, job, take)


def retry(*, results: str, job: Path | None, **flags: Any) -> int:
    """Publish what earlier results say is not published yet."""

    def take(settings: Settings, here: Invocation) -> Taken:
        file = find_results(results)
        here.read = Path(file)
        found = load_results(file, sheet_options_of(settings))
        return Taken(
            intake=judge_all(found.sheets, settings),
            beside=here.read.parent,
            done=found.courses_with(*DONE),
            uncertain=found.courses_with(Outcome.UNKNOWN),
        )

    return _begin(flags, job, take)


def _begin(flags: dict[str, Any], job: Path | None, take: Callable[[Settings, Invocation], Taken]) -> int:
    """Settle the settings, take in what is to be published, publish it.

    The reason why a run could not start is its last log line; people at a terminal read it as a sentence.
    """
    flags, extras = _split(flags)
    settings = settle_settings(flags, job, needs_credentials=not extras.sandbox)
    here = current_invocation()
    here.settings = settings
    start_log(settings)
    try:
        found, work = asyncio.run(_publish(take(settings, here), settings, extras, here))
    except (click.ClickException, click.Abort):
        raise
    except (Exception, Left) as error:
        leave_word(here, error)
        code, sentence = name_end(error)
        counts: dict[str, int] | None = None if here.began else {}  # what was sent, if anything, is in the state
        log.error("run.finished", exit_code=int(code), counts=counts, error=sentence, resume_command=command_again())
        if has_person(sys.stderr):
            raise
        return code
    if extras.as_json:
        print_end(found, work.reports)
    elif not settings.quiet:
        say_goodbye(found, "" if work.unreported else str(here.out()))
    return found.exit_code or ExitCode.OK


async def _publish(taken: Taken, settings: Settings, extras: Extras, here: Invocation) -> tuple[RunRecord, Engine]:
    plan = taken.intake.settle(*await _find_published(taken, settings, extras))
    out = here.out()
    structlog.contextvars.bind_contextvars(run=here.run)
    prepare_folder(out, keep=here.read)
    for file in keep_inputs(taken.intake.inputs, out):
        log.warning("sheet.changed", file=file)
    async with contextlib.AsyncExitStack() as stack:
        if extras.sandbox:
            faults = extras.sandbox_faults or find_faults(taken.beside)
            settings = await stack.enter_async_context(rehearse(settings, faults, here))
        rules = replace(rules_of(settings), uncertain=taken.uncertain)
        forbidden = find_broken_rule(plan, settings, done=taken.done)
        job = Job(plan=plan, settings=settings, extras=extras, here=here, rules=rules, forbidden=forbidden)
        ended = await _run(job)
    here.said = True
    return ended


async def _find_published(
    taken: Taken, settings: Settings, extras: Extras
) -> tuple[dict[Course, str], tuple[IdShape, ...]]:
    """Ask the state, and the results that are done again, which of the courses are published and what ids look like."""
    done = dict.fromkeys(taken.done, "Published by the run whose results these are.")
    if extras.sandbox or existing_state(settings) is None:  # a rehearsal has a state of its own, and it is new
        return done, ()
    known, account, _ = await ask_state(settings, taken.intake.judged.courses())
    return say_published(known) | done, account


async def _run(job: Job) -> tuple[RunRecord, Engine]:
    settings, extras, here = job.settings, job.extras, job.here
    clock = SystemClock()
    try:
        credentials = credentials_of(settings, sandbox=extras.sandbox)
    except SettingsWrong as error:
        raise SettingsWrong(f"{error} Or rehearse with --sandbox.") from None
    async with contextlib.AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_state(settings))
        ledger = ledger_of(settings, database, run=here.run, clock=clock)
        is_new = not await read_id_shapes(database, ledger.portal)
        if is_new:
            log.info("state.new", path=database.name)
        if extras.gentle_off:
            await ledger.forget_gentleness()
        beside = None if extras.sandbox else files_of(settings)
        api = await stack.enter_async_context(open_account(settings, credentials, clock=clock, beside=beside))
        watcher = Watcher(len(job.plan.rows))
        listen = tell_all(*here.listeners, *_listeners(settings, extras), watcher.hear, log_event)
        options = _options_of(job, again_id=journal_of(settings, ledger).repeats, is_new=is_new)
        work = Engine(job.plan, options, service=api, ledger=ledger, on_event=listen)
        todo = job.plan.to_publish()
        if settings.rate > SETTINGS["rate"].default:
            log.warning("rate.high", rate=settings.rate)
        log.info("plan.made", to_publish=len(todo), mailing=sum(row.notify for row in todo), rows=len(job.plan.rows))
        if has_person(sys.stderr) and not job.forbidden and await _has_access(api, work):
            kind = "the sandbox" if extras.sandbox else name_kind(credentials)
            await introduce(job.plan, settings, ledger, kind=kind, is_sure=extras.yes or extras.sandbox)
        here.began = True
        with here.signals.stopping(work.stop), show_progress(watcher, quiet=settings.quiet):
            return await work.run(), work


def _options_of(job: Job, *, again_id: str, is_new: bool) -> EngineOptions:
    settings, out = job.settings, job.here.out()
    return EngineOptions(
        sandbox=job.extras.sandbox,
        data_center=settings.data_center,
        workers=settings.workers,
        rules=job.rules,
        again_id=again_id,
        notify_policy=str(settings.notify),
        is_new_portal=is_new,
        forbidden=job.forbidden,
        max_seconds=settings.max_duration,
        job_seconds=_job_seconds(os.environ),
        max_failures=_max_failures(settings, job.plan),
        progress_every=settings.progress_every,
        watched=is_watched(quiet=settings.quiet),
        reporting=Reporting(
            write=lambda found: write_reports(found, out, settings.report),
            resume=_commands_to_continue(settings, job.here.run, out),
            say=say_stop_with_flag,
        ),
    )


async def _has_access(api: Service, work: Engine) -> bool:
    """Tell whether the credentials are good; where they are not, the run ends at once, with every row in its report."""
    try:
        await api.get_access()
    except (AccessRefused, ServiceUnreachable) as error:
        work.stop(stop_for(error))
        return False
    return True


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
    if is_short() and (named or not settings.again):
        reported = unreported = command_again()
    else:
        context = click.get_current_context()
        retry = command_to_retry(context, out, settings.report)
        unreported = f"{command_to_report(context, run, out, settings.report)} && {retry}"
        reported = retry if find_readable(settings.report) else unreported
    mask = Mask(settings.secrets())  # an address on the command line may be signed
    reported, unreported = mask(reported), mask(unreported)
    return lambda is_unreported: unreported if is_unreported else reported


def _job_seconds(environ: Mapping[str, str]) -> float | None:
    """Give when GitLab ends the job, so that a run that takes longer can say so before it begins."""
    seconds = environ.get("CI_JOB_TIMEOUT", "")
    return float(seconds) if seconds.isascii() and seconds.isdigit() else None


def _max_failures(settings: Settings, plan: Plan) -> int | None:
    most = settings.max_failures
    if most is None:
        return None
    return len(plan.to_publish()) * int(most[:-1]) // 100 if most.endswith("%") else int(most)
