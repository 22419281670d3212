"""One run: a queue filled from the plan, workers that drain it, and one way to stop — close the gate."""

import asyncio
import contextlib
import heapq
import itertools
import math
import random
from collections import Counter
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import structlog

from batchpub import __version__
from batchpub.clock import Clock
from batchpub.course import Course, Outcome, Pile, Plan
from batchpub.errors import (
    PRECEDENCE,
    AccessRefused,
    BatchpubError,
    CannotWrite,
    ExitCode,
    ServiceUnreachable,
    Stop,
    name_bug,
)
from batchpub.locks import open_gate
from batchpub.pace import GateClosed, estimate_seconds
from batchpub.plural import say_count
from batchpub.publish import Breakers, CourseApi, Later, Publisher, Rules, Work
from batchpub.record import RunRecord
from batchpub.report import check_rows, write_reports
from batchpub.state import (
    FIRST_OUTCOME,
    Database,
    Journal,
    Ledger,
    Limits,
    Outlook,
    Published,
    RowResult,
    Uncertain,
    read_run,
)
from batchpub.tell import Teller

log = structlog.get_logger("batchpub")

LOOK_EVERY = 1.0
"""Seconds between two looks at what a watcher is told of the state."""

BAD = (Outcome.REFUSED, Outcome.FAILED, Outcome.INVALID)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What one run is told. Seconds throughout; `max_failures` is a number of rows, or None."""

    run: str
    portal: str
    sandbox: bool
    workers: int
    limits: Limits
    rules: Rules
    notify_policy: str
    reports: Sequence[str]
    out: Path
    resume_command: str
    resume_unreported: str = ""
    """The command where the reports could not be written and the usual one reads them; "" where it does not."""
    again_id: str = ""
    """What names the repetition, of a run that publishes courses again; "" of any other."""
    forbidden: str = ""
    """Why a rule of the operator's own keeps this run from sending anything."""
    max_seconds: float | None = None
    job_seconds: float | None = None
    """When the pipeline ends its job, whatever it is doing."""
    max_failures: int | None = None
    progress_every: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """How far the run is, for whoever watches."""

    done: int
    total: int
    eta_seconds: float
    lock_seconds: float
    calls_left: int


class Worklist:
    """The queue of courses, and those that must wait a while before they are looked at again."""

    def __init__(self, works: Sequence[Work]) -> None:
        """Fill the queue."""
        self._queue: asyncio.Queue[Work | None] = asyncio.Queue()
        self._waiting: list[tuple[float, int, Work]] = []
        self._number = itertools.count()
        self._is_scattered = False
        self._more = asyncio.Event()
        self.open = len(works)
        for work in works:
            self._queue.put_nowait(work)

    def delay(self, courses: Container[Course], seconds: float) -> None:
        """Let some courses wait before their first turn: a call of an earlier run may still arrive."""
        waiting = [self._queue.get_nowait() for _ in range(self._queue.qsize())]
        for work in waiting:
            if work is not None and work.course in courses:
                self.put_later(Later(work=work, seconds=seconds))
            else:
                self._queue.put_nowait(work)

    def put_later(self, later: Later) -> None:
        """Bring a course back after its wait."""
        if later.seconds <= 0:
            self._queue.put_nowait(later.work)
            return
        due = asyncio.get_running_loop().time() + later.seconds
        heapq.heappush(self._waiting, (due, next(self._number), later.work))
        self._more.set()

    async def get(self) -> Work | None:
        """Give the next course; None when all are done."""
        return await self._queue.get()

    def scatter(self) -> None:
        """Go on in any order: another run is on the same sheet, and in the same order both would reach for each course."""
        if self._is_scattered:
            return
        self._is_scattered = True
        works = [self._queue.get_nowait() for _ in range(self._queue.qsize())]
        random.shuffle(works)
        for work in works:
            self._queue.put_nowait(work)

    def finish_one(self) -> None:
        """Count a course as done."""
        self.open -= 1

    def end(self, workers: int) -> None:
        """Send every worker home."""
        for _ in range(workers):
            self._queue.put_nowait(None)
        self._more.set()

    async def feed(self) -> None:
        """Move courses whose wait is over to the queue, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            while self._waiting and self._waiting[0][0] <= loop.time():
                self._queue.put_nowait(heapq.heappop(self._waiting)[2])
            self._more.clear()
            wait = self._waiting[0][0] - loop.time() if self._waiting else None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._more.wait()


class Run:
    """One invocation of publish."""

    def __init__(self, plan: Plan, options: RunOptions, *, api: CourseApi, database: Database, clock: Clock) -> None:
        """Put the parts together; nothing happens yet."""
        self._plan = plan
        self._options = options
        self._api = api
        self._clock = clock
        self._database = database
        ledger = self._ledger = Ledger(
            database, portal=options.portal, run=options.run, limits=options.limits, clock=clock
        )
        self._journal = Journal(ledger, again_id=options.again_id)
        deadline = clock.boot_seconds() + (options.max_seconds or math.inf)
        self._gate = open_gate(ledger, clock=clock, deadline=deadline, on_wait=self._tell)
        self._publisher = Publisher(
            api=api,
            gate=self._gate,
            journal=self._journal,
            limits=options.limits,
            rules=options.rules,
            breakers=Breakers(),
            clock=clock,
        )
        self._counts: Counter[Outcome] = Counter()
        self._teller = Teller(plan)
        self._seen: Outlook | None = None
        self._seen_at = 0.0
        self._watchers: list[Callable[[Snapshot], None]] = []
        self._troubles: set[ExitCode] = set()
        self.reports: tuple[Path, ...] = ()
        self.unreported = ""
        """Why the reports could not be written; "" where they could."""
        self.unwritable = ""
        """Why the state could not be written, the first time; "" where it could."""

    def watch(self, watcher: Callable[[Snapshot], None]) -> None:
        """Tell a watcher after every outcome."""
        self._watchers.append(watcher)

    def stop(self, stop: Stop) -> None:
        """End the run in order: no call starts any more, those in flight finish, the report is written."""
        self._gate.close(stop)

    async def execute(self) -> tuple[RunRecord, ExitCode]:
        """Publish what the plan says; give the run as the journal has it, and the exit code.

        Raises:
            CannotWrite: the state cannot even be begun.

        """
        works, already, uncertain = await self._sort_out()
        await self._journal.begin(self._plan, self._facts(), already, uncertain)
        self._count_settled(already)
        log.info("run.started", rows=len(self._plan.rows), to_publish=len(works))
        self._teller.tell_settled(already)
        await self._look_ahead(len(works))
        worklist = Worklist(works)
        worklist.delay(self._options.rules.uncertain, self._options.limits.settle)
        async with asyncio.TaskGroup() as group:
            side = [
                group.create_task(self._keep_time()),
                group.create_task(self._beat(worklist)),
                group.create_task(self._keep_looking()),
                group.create_task(worklist.feed()),
            ]
            reporting = group.create_task(self._report_when_stopped())
            closing = group.create_task(self._end_when_stopped(worklist))
            if worklist.open == 0:
                worklist.end(self._options.workers)
            elif self._gate.stop is None:
                await self._get_access()
            async with asyncio.TaskGroup() as crew:
                for _ in range(self._options.workers):
                    crew.create_task(self._work(worklist))
            # A report half written when the run stopped is finished first, or it would replace the last one.
            for task in (*side, closing, *(() if self._gate.stop else (reporting,))):
                task.cancel()
        return await self._close()

    async def _look_ahead(self, to_publish: int) -> None:
        """Say how long it takes, and stop before the first call where a rule of the operator's own says so."""
        outlook = await self._ledger.look_ahead("publish")
        eta = estimate_seconds(to_publish, self._options.limits, outlook)
        verify = self._options.rules.verify.value
        log.info("run.planned", eta_seconds=round(eta), rate=outlook.pace.rate, verify=verify)
        ends = min(self._options.job_seconds or eta, self._options.max_seconds or eta)
        if ends < eta and ends == self._options.job_seconds:
            log.warning(
                "run.too_long",
                eta_seconds=round(eta),
                job_seconds=round(ends),
                remedy="Set --max-duration to a little less, and run the job again until all is done.",
            )
        if self._options.forbidden:
            self.stop(Stop(reason=self._options.forbidden, exit_code=ExitCode.OWN_RULE))
        self._count_failures()

    async def _get_access(self) -> None:
        """Have the token before the first slot is taken. What is wrong with it ends the run, with a report."""
        try:
            await self._gate.unless_closed(self._api.get_access())
        except (AccessRefused, ServiceUnreachable) as error:
            self.stop(Stop(reason=str(error), exit_code=error.exit_code))
        except GateClosed:
            return

    async def _sort_out(self) -> tuple[list[Work], dict[int, str], set[int]]:
        planned = [(row, row.course) for row in self._plan.to_publish() if row.course is not None]
        again = self._options.rules.publishes_again
        known = await self._journal.standings([course for _, course in planned], again=again)
        works, already, uncertain = [], {}, set()
        for row, course in planned:
            standing = known.get(course)
            if isinstance(standing, Uncertain) or course in self._options.rules.uncertain:
                uncertain.add(row.position)
            if isinstance(standing, Published):
                already[row.position] = str(standing)
            else:
                works.append(
                    Work(
                        position=row.position,
                        course=course,
                        notify=row.notify,
                        name=row.name,
                        confirmed=row.confirmed,
                    )
                )
        return works, already, uncertain

    def _facts(self) -> dict[str, Any]:
        return {
            "batchpub_version": __version__,
            "rows": len(self._plan.rows),
            "sandbox": self._options.sandbox,
            "rate": self._options.limits.rate,
            "period_seconds": self._options.limits.period,
            "notify_policy": self._options.notify_policy,
        }

    def _count_settled(self, already: dict[int, str]) -> None:
        self._counts.update(FIRST_OUTCOME[row.pile] for row in self._plan.rows if row.pile is not Pile.TO_PUBLISH)
        self._counts[Outcome.ALREADY_PUBLISHED] += len(already)

    async def _work(self, worklist: Worklist) -> None:
        while (work := await worklist.get()) is not None:
            with self._teller.bind_row(work.position):
                if not await self._step(work, worklist):
                    return
            if worklist.open == 0:
                worklist.end(self._options.workers)

    async def _step(self, work: Work, worklist: Worklist) -> bool:
        """Take one course one step on; False when the run is stopping."""
        try:
            step = await self._publisher.publish_course(work)
        except GateClosed:
            return False
        except CannotWrite as error:
            self._note_unwritable(error)
            self.stop(Stop(reason=str(error), exit_code=ExitCode.CANNOT_WRITE))
            return False
        except Exception as error:  # noqa: BLE001 - raised here, it would cancel calls that have reached Zoho
            log.error("run.broken", error=name_bug(error))  # noqa: TRY400 - its text could be anybody's
            self.stop(Stop(reason=f"batchpub has {name_bug(error)}.", exit_code=ExitCode.BUG))
            return False
        if isinstance(step, Later):
            if self._journal.has_company:
                worklist.scatter()
            worklist.put_later(step)
            return self._gate.stop is None
        self._count(work, step)
        worklist.finish_one()
        return True

    def _count(self, work: Work, result: RowResult) -> None:
        self._counts[result.outcome] += 1
        self._teller.tell_row(work.position, result.outcome, detail=result.message, attempts=result.attempts)
        self._count_failures()
        self._tell()

    def _count_failures(self) -> None:
        bad = sum(self._counts[outcome] for outcome in (*BAD, Outcome.UNKNOWN))
        most = self._options.max_failures
        if most is not None and bad > most:
            reason = f"{say_count(bad, 'row')} failed, more than --max-failures allows ({most})."
            self.stop(Stop(reason=reason, exit_code=ExitCode.OWN_RULE))

    def snapshot(self) -> Snapshot:
        """Say how far the run is."""
        total, done = len(self._plan.rows), self._counts.total()
        outlook = self._outlook(self._gate.outlook())
        return Snapshot(
            done=done,
            total=total,
            eta_seconds=estimate_seconds(total - done, self._options.limits, outlook),
            lock_seconds=outlook.lock_seconds,
            calls_left=max(0, outlook.pace.rate - len(outlook.taken)),
        )

    def _outlook(self, here: Outlook) -> Outlook:
        """Add to what the gate knows at this instant when places come back, as of the last look into the state."""
        if self._seen is None:
            return here
        age, rest = self._clock.boot_seconds() - self._seen_at, self._options.limits.rest
        # A place whose call is in flight is held for long, but comes back a rest after its answer.
        taken = (min(wait, rest) - age for wait in self._seen.taken)
        return replace(here, taken=tuple(wait for wait in taken if wait > 0))

    async def _look(self) -> None:
        with contextlib.suppress(CannotWrite):  # the next call says so, and that ends the run in order
            self._seen = await self._ledger.look_ahead("publish")
            self._seen_at = self._clock.boot_seconds()

    async def _keep_looking(self) -> None:
        while self._watchers:
            await self._look()
            await self._clock.sleep(LOOK_EVERY)

    def _tell(self) -> None:
        for watcher in self._watchers:
            watcher(self.snapshot())

    async def _keep_time(self) -> None:
        if self._options.max_seconds is not None:
            await self._clock.sleep(self._options.max_seconds)
            reason = f"--max-duration ({self._options.max_seconds:g} s) is over."
            self.stop(Stop(reason=reason, exit_code=ExitCode.STOPPED_EARLY))

    async def _beat(self, worklist: Worklist) -> None:
        while True:
            await self._clock.sleep(self._options.progress_every)
            await self._look()
            now = self.snapshot()
            log.info(
                "run.progress",
                done=now.done,
                total=now.total,
                open=worklist.open,
                eta_seconds=round(now.eta_seconds),
                lock_seconds=round(now.lock_seconds),
            )

    async def _end_when_stopped(self, worklist: Worklist) -> None:
        await self._gate.wait_closed()
        worklist.end(self._options.workers)

    async def _report_when_stopped(self) -> None:
        """Write the report while calls in flight finish: nobody knows how long we are allowed to live."""
        await self._gate.wait_closed()
        log.warning("run.stopping", reason=self._gate.stop.reason if self._gate.stop else "")
        try:
            await self._write_reports()
        except Exception as error:  # noqa: BLE001 - raised here, it would cancel calls that have reached Zoho
            log.error("report.unwritable", error=str(error))  # noqa: TRY400 - the last report says it again

    async def _read(self) -> RunRecord:
        await self._journal.write_down()
        found = await read_run(self._database, self._options.run)
        if found is None:
            raise CannotWrite(f"The state lost run {self._options.run}. Keep the log: every outcome is in it.")
        return found

    async def _write_reports(self, found: RunRecord | None = None) -> None:
        found = found or await self._read()
        self._check(found)
        self.reports = await asyncio.to_thread(write_reports, found, self._options.out, self._options.reports)

    def _check(self, found: RunRecord) -> None:
        """Compare rows in and rows out. What is wrong is a bug, and the report is written all the same."""
        violations = check_rows(replace(found, planned_rows=len(self._plan.rows)))
        if violations and ExitCode.BUG not in self._troubles:
            log.error("report.incomplete", error="; ".join(violations))
            self._troubles.add(ExitCode.BUG)

    async def _close(self) -> tuple[RunRecord, ExitCode]:
        stop = self._gate.stop
        found = await self._read()
        self._teller.tell_rest(found)
        self._check(found)
        self._troubles |= {*judge_run(found), *([stop.exit_code] if stop else [])}
        found = await self._finish(found)
        try:
            await self._write_reports(found)
        except BatchpubError as error:
            log.error("report.unwritable", error=str(error))  # noqa: TRY400 - a sentence, never a traceback
            self._troubles.add(error.exit_code)
            self.unreported = str(error)
            found = await self._finish(found)
        return found, worst(self._troubles)

    async def _finish(self, found: RunRecord) -> RunRecord:
        """Close the run in the journal; where that cannot be written any more, in what the reports are made of."""
        stop = self._gate.stop
        left = any(row.outcome in (Outcome.NOT_ATTEMPTED, Outcome.UNKNOWN, Outcome.FAILED) for row in found.rows)
        reason, again = stop.reason if stop else "", self._resume_command() if left else ""
        try:
            await self._journal.finish(exit_code=worst(self._troubles), stop_reason=reason, resume_command=again)
            return await self._read()
        except CannotWrite as error:
            self._note_unwritable(error)
        return replace(
            found,
            finished_at=self._clock.now(),
            exit_code=worst(self._troubles),
            stop_reason=reason or "The state cannot be written.",
            resume_command=again,
        )

    def _note_unwritable(self, error: CannotWrite) -> None:
        """Say it once, whoever else meets it: the other workers, and the end of the run."""
        if not self.unwritable:
            log.error("state.unwritable", error=str(error))
        self.unwritable = self.unwritable or str(error)
        self._troubles.add(ExitCode.CANNOT_WRITE)

    def _resume_command(self) -> str:
        return (self.unreported and self._options.resume_unreported) or self._options.resume_command


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
