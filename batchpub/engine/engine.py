"""One run: a queue filled from the plan, workers that drain it, and one way to stop, which is to close the gate."""

import asyncio
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batchpub import __version__
from batchpub.caller import open_caller
from batchpub.course import Plan
from batchpub.engine.closing import Closing, Reporting
from batchpub.engine.outcomes import Outcomes
from batchpub.engine.progress import Progress
from batchpub.engine.steps import Steps
from batchpub.engine.worklist import Worklist
from batchpub.errors import CannotWrite, name_bug, name_shortage
from batchpub.events import Events, OnEvent
from batchpub.lifecycle.signs import Signs
from batchpub.lifecycle.verdict import Later
from batchpub.lifecycle.work import Rules, Work
from batchpub.pace.estimate import estimate_seconds
from batchpub.pace.gate import GateClosed
from batchpub.record import RunRecord
from batchpub.sentences.rows import say_published
from batchpub.services.interface import Operation, Service
from batchpub.standing import Uncertain
from batchpub.stopping import Stop, StopReason
from batchpub.store.journal import Journal
from batchpub.store.ledger import Ledger

NO_REPORTS = Reporting()
MOST_NAMED = 50  # files in the event that a run started


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """How one run behaves. Seconds throughout; `max_failures` is a number of rows, or None."""

    rules: Rules
    workers: int = 8
    sandbox: bool = False
    data_center: str = ""
    """Where the account lives, for whoever reads the log."""
    notify_policy: str = "sheet"
    again_id: str = ""
    """Names the repetition that this run is a part of, where courses are published again; "" is one of its own."""
    is_new_portal: bool = False
    """Nothing was ever published there, as far as the state knows."""
    forbidden: str = ""
    """Why a rule of the operator's own keeps this run from sending anything."""
    max_seconds: float | None = None
    job_seconds: float | None = None
    """When the pipeline ends its job, whatever it is doing."""
    max_failures: int | None = None
    progress_every: float = 30.0
    watched: bool = False
    """Somebody sees how far it is: `run.progress` comes every second, as a detail."""
    reporting: Reporting = NO_REPORTS


class Engine:
    """One run of publishing. Knows no command line and no files: who calls it listens, and says who writes reports."""

    def __init__(
        self,
        plan: Plan,
        options: EngineOptions,
        *,
        service: Service,
        ledger: Ledger,
        on_event: OnEvent,
    ) -> None:
        """Put the parts together; nothing happens yet."""
        self._plan, self._options, self._ledger = plan, options, ledger
        self._events = events = Events(on_event, on_fault=lambda: self.stop(Stop(reason=StopReason.ASKED)))
        self.hear = events.hear
        self._journal = Journal(ledger, again_id=options.again_id)
        caller = open_caller(
            service,
            self._journal,
            events=events,
            max_calls=options.rules.max_calls,
            deadline=ledger.clock.boot_seconds() + (options.max_seconds or math.inf),
        )
        self._gate = caller.gate
        self._steps = Steps(
            caller=caller,
            rules=options.rules,
            events=events,
            evidence_seconds=ledger.limits.evidence,
            signs=Signs(is_new_portal=options.is_new_portal),
        )
        self._outcomes = Outcomes(plan, events)
        self._progress = Progress(outcomes=self._outcomes, gate=self._gate, ledger=ledger, events=events)
        self._closing = Closing(self._journal, events=events, reporting=options.reporting, planned_rows=len(plan.rows))

    @property
    def reports(self) -> tuple[Path, ...]:
        """The reports that were written."""
        return self._closing.reports

    @property
    def unreported(self) -> str:
        """Why the reports could not be written; "" where they could."""
        return self._closing.unreported

    def stop(self, stop: Stop) -> None:
        """End the run in order: no call starts any more, those in flight finish, the report is written."""
        self._gate.close(stop)

    async def run(self) -> RunRecord:
        """Publish what the plan says; give the run as the journal has it, with its exit code.

        Raises:
            CannotWrite: the state cannot even be begun.
            Exception: what a listener raised, once the run has ended in order.

        """
        works, already, uncertain = await self._sort_out()
        await self._journal.begin(self._plan, self._facts(), already, uncertain)
        self._tell_start(len(works))
        self._outcomes.tell_settled(already)
        await self._look_ahead(len(works))
        # A call of an earlier run may still arrive: those courses wait until it no longer can.
        worklist = Worklist(works, late=self._options.rules.uncertain, seconds=self._ledger.limits.settle)
        await self._work_off(worklist)
        found = await self._journal.read_run()
        self._outcomes.tell_rest(found)
        record = await self._closing.close(found, self._gate.stop)
        if self._events.fault is not None:
            raise self._events.fault
        return record

    def _tell_start(self, to_publish: int) -> None:
        options, limits = self._options, self._ledger.limits
        self._events.info(
            "run.started",
            rows=len(self._plan.rows),
            to_publish=to_publish,
            sheets=list(dict.fromkeys(sheet.file for sheet in self._plan.sheets))[:MOST_NAMED],
            host=self._ledger.portal,
            data_center=options.data_center,
            rate=limits.rate,
            period_seconds=limits.period,
            burst=limits.burst,
            workers=options.workers,
        )

    async def _work_off(self, worklist: Worklist) -> None:
        options = self._options
        async with asyncio.TaskGroup() as group:
            beat = self._progress.beat(worklist, every=options.progress_every, watched=options.watched)
            side = [group.create_task(one) for one in (self._keep_time(), beat)]
            ending = group.create_task(self._end_when_stopped(worklist))
            if worklist.open == 0:
                worklist.end()
            async with asyncio.TaskGroup() as crew:
                for _ in range(options.workers):
                    crew.create_task(self._work(worklist))
            # A report half written when the run stopped is finished first, or it would replace the last one.
            for task in (*side, *(() if self._gate.stop else (ending,))):
                task.cancel()

    async def _look_ahead(self, to_publish: int) -> None:
        """Say how long it takes, and stop before the first call where a rule of the operator's own says so."""
        options = self._options
        outlook = await self._ledger.look_ahead(Operation.PUBLISH)
        eta = estimate_seconds(to_publish, self._ledger.limits, outlook)
        self._events.info(
            "run.planned", eta_seconds=round(eta), rate=outlook.pace.rate, verify=options.rules.verify.value
        )
        ends = min(options.job_seconds or eta, options.max_seconds or eta)
        if ends < eta and ends == options.job_seconds:
            remedy = "Set max_duration to a little less, and run the job again until all is done."
            self._events.warning("run.too_long", eta_seconds=round(eta), job_seconds=round(ends), remedy=remedy)
        if options.forbidden:
            self.stop(Stop(reason=StopReason.OWN_RULE, said=options.forbidden))

    async def _sort_out(self) -> tuple[list[Work], dict[int, str], set[int]]:
        rules = self._options.rules
        planned = [(row, row.course) for row in self._plan.to_publish() if row.course is not None]
        known = await self._journal.standings([course for _, course in planned], again=rules.publishes_again)
        published = say_published(known)
        works, already, uncertain = [], {}, set()
        for row, course in planned:
            standing = known.get(course)
            if isinstance(standing, Uncertain) or course in rules.uncertain:
                uncertain.add(row.position)
            if course in published:
                already[row.position] = published[course]
            else:
                works.append(Work.of_row(row, course))
        return works, already, uncertain

    def _facts(self) -> dict[str, Any]:
        return {
            "batchpub_version": __version__,
            "rows": len(self._plan.rows),
            "sandbox": self._options.sandbox,
            "rate": self._ledger.limits.rate,
            "period_seconds": self._ledger.limits.period,
            "notify_policy": self._options.notify_policy,
        }

    async def _work(self, worklist: Worklist) -> None:
        while (work := await worklist.get()) is not None:
            with self._outcomes.bind_row(work.position):
                if not await self._step(work, worklist):
                    return

    async def _step(self, work: Work, worklist: Worklist) -> bool:
        """Take one course one step on; False when the run is stopping."""
        try:
            step = await self._steps.take(work)
        except GateClosed:
            return False
        except CannotWrite as error:
            self._closing.note_unwritable(error)
            self.stop(Stop(reason=StopReason.STATE_IS_GONE, said=str(error)))
            return False
        except Exception as error:  # noqa: BLE001 - raised here, it would cancel calls that have reached the service
            shortage = name_shortage(error)
            cause = shortage or name_bug(error)
            self._events.error("run.broken", error=cause)
            self.stop(Stop(reason=StopReason.SHORTAGE if shortage else StopReason.BUG, said=cause))
            return False
        if isinstance(step, Later):
            if self._journal.has_company:
                worklist.scatter()
            if self._gate.stop is None:
                worklist.put_later(step)
            return self._gate.stop is None
        self._outcomes.tell_row(work.position, step.outcome, detail=step.message, attempts=step.attempts)
        self._count_failures()
        worklist.finish_one()
        return True

    def _count_failures(self) -> None:
        bad, most = self._outcomes.failed_there, self._options.max_failures
        if most is not None and bad > most:
            self.stop(Stop(reason=StopReason.MANY_FAILURES, count=bad, most=most))

    async def _keep_time(self) -> None:
        if self._options.max_seconds is not None:
            await self._ledger.clock.sleep(self._options.max_seconds)
            self.stop(Stop(reason=StopReason.TIME_IS_OVER, most=self._options.max_seconds))

    async def _end_when_stopped(self, worklist: Worklist) -> None:
        """Call no course up any more, and write the reports while calls in flight finish."""
        await self._gate.wait_closed()
        worklist.end()
        await self._closing.report_early(self._gate.stop)
