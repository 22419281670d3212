"""The end of a run: its record read back, compared with the plan, written to the reports, and closed in the journal."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from batchpub.course import Outcome
from batchpub.errors import PRECEDENCE, BatchpubError, CannotWrite, ExitCode
from batchpub.events import Events
from batchpub.logger import Level
from batchpub.record import RunRecord
from batchpub.report.check import check_rows
from batchpub.report.totals import count_outcomes
from batchpub.sentences.stops import say_stop
from batchpub.stopping import Stop
from batchpub.store.journal import Journal

BAD = (Outcome.REFUSED, Outcome.FAILED, Outcome.INVALID)
LEFT = (Outcome.NOT_ATTEMPTED, Outcome.UNKNOWN, Outcome.FAILED)
"""Outcomes of rows that the same run again may change."""
TO_LOOK_AT = (
    ExitCode.SOME_FAILED,
    ExitCode.SOME_UNKNOWN,
    ExitCode.STOPPED_EARLY,
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
)
"""Ends that are warnings; every other one but a good one is an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """Who writes the reports, and which command goes on with a run.

    `write` runs in a thread, may be called twice, and raises BatchpubError where it cannot. `resume` is asked with whether
    the reports could not be written. `say` words why a run ends early: whoever has flags may name them.
    """

    write: Callable[[RunRecord], Sequence[Path]] = lambda _found: ()
    resume: Callable[[bool], str] = lambda _unreported: ""
    say: Callable[[Stop], str] = say_stop


class Closing:
    """Brings one run to its end, whatever can still be written."""

    def __init__(self, journal: Journal, *, events: Events, reporting: Reporting, planned_rows: int) -> None:
        """Remember whom to ask; nothing is read or written yet."""
        self._journal = journal
        self._events = events
        self._reporting = reporting
        self._planned_rows = planned_rows
        self._troubles: set[ExitCode] = set()
        self._unwritable = ""
        self.reports: tuple[Path, ...] = ()
        self.unreported = ""
        """Why the reports could not be written; "" where they could."""

    def note_unwritable(self, error: CannotWrite) -> None:
        """Say it once, whoever else meets it: the other workers, and the end of the run."""
        if not self._unwritable:
            self._events.error("state.unwritable", error=str(error))
        self._unwritable = self._unwritable or str(error)
        self._troubles.add(ExitCode.CANNOT_WRITE)

    async def report_early(self, stop: Stop | None) -> None:
        """Write the reports while calls in flight finish: nobody knows how long we are allowed to live."""
        self._events.warning("run.stopping", reason=self._reporting.say(stop) if stop else "")
        try:
            await self._write_reports(await self._journal.read_run())
        except Exception as error:  # noqa: BLE001 - raised here, it would cancel calls that have reached the service
            self._events.error("report.unwritable", error=str(error))

    async def close(self, found: RunRecord, stop: Stop | None) -> RunRecord:
        """Close the run, write its reports and tell its end; give its record."""
        self._check(found)
        self._troubles |= {*judge_run(found), *([stop.exit_code] if stop else [])}
        found = await self._finish(found, stop)
        try:
            await self._write_reports(found)
        except BatchpubError as error:
            self._events.error("report.unwritable", error=str(error))
            self._troubles.add(error.exit_code)
            self.unreported = str(error)
            found = await self._finish(found, stop)
        self._tell_end(found)
        return found

    async def _write_reports(self, found: RunRecord) -> None:
        self._check(found)
        self.reports = tuple(await asyncio.to_thread(self._reporting.write, found))

    def _check(self, found: RunRecord) -> None:
        """Compare rows in and rows out. What is wrong is a bug, and the report is written all the same."""
        violations = check_rows(replace(found, planned_rows=self._planned_rows))
        if violations and ExitCode.BUG not in self._troubles:
            self._events.error("report.incomplete", error="; ".join(violations))
            self._troubles.add(ExitCode.BUG)

    async def _finish(self, found: RunRecord, stop: Stop | None) -> RunRecord:
        """Close the run in the journal; where that cannot be written any more, in what the reports are made of."""
        reason = self._reporting.say(stop) if stop else ""
        left = any(row.outcome in LEFT for row in found.rows)
        again = self._reporting.resume(bool(self.unreported)) if left else ""
        try:
            await self._journal.finish(exit_code=worst(self._troubles), stop_reason=reason, resume_command=again)
            return await self._journal.read_run()
        except CannotWrite as error:
            self.note_unwritable(error)
        return replace(
            found,
            finished_at=self._journal.ledger.clock.now(),
            exit_code=worst(self._troubles),
            stop_reason=reason or "The state cannot be written.",
            resume_command=again,
        )

    def _tell_end(self, found: RunRecord) -> None:
        code, trouble = worst(self._troubles), self.unreported or self._unwritable
        level: Level = "info" if code is ExitCode.OK else "warning" if code in TO_LOOK_AT else "error"
        with self._events.bound(**({"error": trouble} if trouble else {})):
            self._events.end(
                "run.finished",
                level,
                found,
                self.reports,
                exit_code=int(code),
                counts={outcome.value: number for outcome, number in count_outcomes(found).items()},
                reports=str(self.reports[0].parent) if self.reports else "",
                resume_command=found.resume_command,
                stop_reason=found.stop_reason,
            )


def worst(codes: set[ExitCode]) -> ExitCode:
    """Choose the exit code that wins when several apply."""
    return next(code for code in PRECEDENCE if code in codes)


def judge_run(run: RunRecord) -> set[ExitCode]:
    """Say what the rows, and files that were not read, make of the exit code."""
    unread = any(sheet.refused for sheet in run.sheets)
    return {judge_rows(run), *([ExitCode.SHEET_REFUSED] if unread else [])}


def judge_rows(run: RunRecord) -> ExitCode:
    """Say what the rows alone make of the exit code."""
    outcomes = {row.outcome for row in run.rows}
    if Outcome.NOT_ATTEMPTED in outcomes:
        return ExitCode.STOPPED_EARLY
    if Outcome.UNKNOWN in outcomes:
        return ExitCode.SOME_UNKNOWN
    return ExitCode.SOME_FAILED if outcomes & set(BAD) else ExitCode.OK
