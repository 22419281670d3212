"""The last word of a command that ended without a run's own reports: the same places hear of it as of a run.

Imported when a command is over: `--help` needs none of it.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from batchpub import __version__
from batchpub.cli.ending import name_end
from batchpub.cli.invocation import Invocation
from batchpub.cli.pipeline import is_pipeline
from batchpub.cli.wiring import portal_of
from batchpub.errors import BatchpubError, CannotWrite, ExitCode, SheetRefused
from batchpub.logger import log
from batchpub.paths import is_file
from batchpub.record import RunRecord
from batchpub.report import FILE_NAMES
from batchpub.report.attention import Spot
from batchpub.report.ci import announce
from batchpub.report.folder import set_aside
from batchpub.report.write import write_reports


def leave_word(here: Invocation, error: BaseException) -> None:
    """Write the small reports and tell CI server, orchestrator and whoever is to be told. Trouble is a warning."""
    if here.said:
        return
    here.said = True
    code, sentence = name_end(error)
    record = record_end(here, code, sentence)
    reports: tuple[Path, ...] = ()
    try:
        reports = _write(here, record)
    except (BatchpubError, OSError) as trouble:
        log.warning("report.unannounced", error=str(trouble))
    file = error.file if isinstance(error, SheetRefused) else ""
    spots = [Spot(file=file, word=f"exit code {code}", message=sentence)]
    for warning in (
        *announce(record, os.environ, reports, sys.stdout, spots=spots),
        *_notify(here, record, reports),
    ):
        log.warning("report.unannounced", error=warning)


def record_end(here: Invocation, code: ExitCode, sentence: str) -> RunRecord:
    """Give the record of an end without rows: nothing was planned, or what became of the rows is elsewhere."""
    settings, now = here.settings, datetime.now(tz=UTC)
    return RunRecord(
        run=here.run,
        batchpub_version=__version__,
        portal=portal_of(settings) if settings else "",
        sandbox=False,
        rate=settings.rate if settings else 0,
        period_seconds=settings.period if settings else 0.0,
        notify_policy=str(settings.notify) if settings else "",
        started_at=now,
        finished_at=now,
        exit_code=int(code),
        stop_reason=sentence,
        resume_command="",
        sheets=(),
        rows=(),
        planned_rows=None if here.began else 0,
    )


def _write(here: Invocation, record: RunRecord) -> tuple[Path, ...]:
    """Write the small reports of a run where somebody looks for them, but not over what the command would read again."""
    named = here.named_out(sys.argv[1:], os.environ)
    if not here.is_run() or (named is None and not is_pipeline(os.environ)):
        return ()
    out = named or Path("batchpub-reports") / here.run
    is_used = any(is_file(out / name, CannotWrite) for name in FILE_NAMES.values())
    if is_used and (here.began or here.command == "retry"):
        return ()  # this run's own, with its rows; or what `retry` reads, and will read again
    set_aside(out)
    return write_reports(record, out, here.settings.report if here.settings else tuple(FILE_NAMES))


def _notify(here: Invocation, record: RunRecord, reports: Sequence[Path]) -> Iterator[str]:
    if here.settings is not None and here.is_run():
        from batchpub.cli.notices import tell_people  # noqa: PLC0415 - a run without notices needs none of it

        yield from tell_people(record, here.settings, os.environ, reports)
