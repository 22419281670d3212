"""From settings to the plain values below the command line."""

import contextlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from batchpub.cli.pipeline import has_person, read_pipeline
from batchpub.cli.wording import with_flags
from batchpub.course import Outcome
from batchpub.errors import CannotWrite, SettingsWrong
from batchpub.lifecycle.work import Rules, Verify
from batchpub.logger import Level, log
from batchpub.paths import is_there, usual_state
from batchpub.plan import PlanOptions
from batchpub.services.zoho.portal import name_portal
from batchpub.settings.fields import Settings, is_url
from batchpub.sheet import SheetOptions
from batchpub.store.limits import Limits

if TYPE_CHECKING:
    from batchpub.log import BackgroundStream

IN_MEMORY = ":memory:"  # what SQLite takes for no file at all
BAR_AND_SUMMARY = (*(f"course.{outcome}" for outcome in Outcome), "run.progress", "run.finished")
"""Events that a person at a terminal sees as the bar and the summary, or as the sentence why a run could not start."""

VERIFY = {"always": Verify.EVERYTHING, "never": Verify.NOTHING, "auto": Verify.MAILS}
"""Which courses are read first. Of one that it has no answer about, the state does not know who was mailed."""


class _Stderr(io.StringIO):
    """Whatever stderr is at the moment: a progress bar takes its place while it is shown, and lines go above it."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()

    def isatty(self) -> bool:
        return sys.stderr.isatty()


def start_log(settings: Settings) -> None:
    """Log to stderr: JSON lines off a terminal; on one only what needs a person, for the bar shows the rest.

    Raises:
        SettingsWrong: the log file cannot be opened.

    """
    file = _open_log(Path(settings.log_file)) if settings.log_file else None
    context = click.get_current_context()
    log.prepare_with(lambda: _prepare_log(settings, file, context))


def _prepare_log(settings: Settings, file: TextIO | None, context: click.Context) -> None:
    from batchpub.log import BackgroundStream, Sink, configure_log  # noqa: PLC0415 - see batchpub.logger

    at_terminal = settings.log_format is None and has_person(sys.stderr)
    level = _choose_level(settings, usual="warning" if at_terminal else "info")
    fmt = settings.log_format or ("console" if at_terminal else "json")
    without = BAR_AND_SUMMARY if at_terminal and not settings.verbose else ()
    streams = [BackgroundStream(_Stderr())]
    sinks = [Sink(stream=streams[0], fmt=fmt, level=level, without=without)]
    if file is not None:
        streams.append(BackgroundStream(file))
        sinks.append(Sink(stream=streams[1], fmt="json", level=_choose_level(settings, usual="info")))
    configure_log(*sinks, secrets=settings.secrets(), pipeline=read_pipeline(os.environ), wording=with_flags)
    context.call_on_close(lambda: _drain(streams))


def _drain(streams: "Sequence[BackgroundStream]") -> None:
    """Wait until the log is written, the file first: what it had no room for is told on stderr."""
    for stream in reversed(streams):
        if trouble := stream.drain():
            log.warning("log.unwritable", error=trouble)


def _choose_level(settings: Settings, *, usual: Level) -> Level:
    if settings.verbose:
        return "debug"
    return "warning" if settings.quiet else usual


def _open_log(path: Path) -> TextIO:
    """Open the log file to write behind what is there; it is closed when the command is over.

    What it had no room for was told when that was written: it must not turn the command's end into a bug.
    """
    try:
        file = path.open("a", encoding="utf-8", newline="\n")
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
        raise SettingsWrong(f"The log file {path} cannot be opened: {reason}. Name another with --log-file.") from error

    def close() -> None:
        with contextlib.suppress(OSError):
            file.close()

    click.get_current_context().call_on_close(close)
    return file


def limits_of(settings: Settings) -> Limits:
    """Give the portal's limits."""
    return Limits(
        rate=settings.rate,
        period=settings.period,
        guard=settings.guard,
        settle=settings.settle,
        burst=min(settings.burst or settings.rate, settings.rate),
        lock=settings.lock,
        lock_margin=settings.lock_margin,
        max_lock=settings.max_lock,
        lease=settings.lease,
        total_timeout=settings.total_timeout,
    )


def portal_of(settings: Settings) -> str:
    """Name what shares one limit: the API host, unless told otherwise."""
    return name_portal(settings.portal or "") or name_portal(settings.endpoint().api_url)


def state_of(settings: Settings) -> Path | str:
    """Give where the state is: a file, by default in the user's state folder, or the URL of a server."""
    if settings.state is None:
        return usual_state()
    return settings.state if is_url(settings.state) else Path(settings.state)


def files_of(settings: Settings) -> Path:
    """Give the path that files which belong to a state stand beside; those of a server's are in the user's state folder."""
    state = state_of(settings)
    return state if isinstance(state, Path) else usual_state()


def existing_state(settings: Settings) -> Path | str | None:
    """Give where the state is, or None where it would be a file that is not there.

    What SQLite would keep in memory is no such file: who opens it refuses it, as a run does.
    """
    state = state_of(settings)
    is_file = isinstance(state, Path) and state.name != IN_MEMORY
    return None if is_file and not is_there(Path(state), _no_state) else state


def _no_state(why: str) -> CannotWrite:
    return CannotWrite(f"The state cannot be opened: {why} Name another place with --state or BATCHPUB_STATE.")


def sheet_options_of(settings: Settings) -> SheetOptions:
    """Say how a file is to be read."""
    return SheetOptions(sheet=settings.sheet, column=settings.column, max_rows=settings.max_rows)


def rules_of(settings: Settings) -> Rules:
    """Say how often, how long and with which questions before it a course is tried."""
    return Rules(
        attempts=settings.attempts,
        backoff_seconds=settings.backoff,
        max_backoff_seconds=settings.max_backoff,
        course_seconds=settings.course_time,
        max_calls=settings.max_calls,
        settle_seconds=settings.settle,
        look_again_seconds=settings.period / 30,
        verify=VERIFY[settings.verify],
        names=settings.names,
        strict=settings.strict,
        again=frozenset(settings.again),
    )


def plan_options_of(settings: Settings) -> PlanOptions:
    """Say how rows are to be judged."""
    return PlanOptions(
        id_digits=settings.id_digits,
        confirm_ids=frozenset(settings.confirm_id),
        include_hidden=settings.include_hidden,
        notify=settings.notify,
    )
