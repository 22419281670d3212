"""How a command ended, in facts: `--json`, CI server, orchestrator and notifications each show some of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from batchpub.course import Outcome
from batchpub.errors import ExitCode
from batchpub.plural import say_count
from batchpub.record import RunRecord
from batchpub.report.totals import DONE, PROBLEMS, count_outcomes, summary_sentence

_FAILED = (Outcome.REFUSED, Outcome.FAILED, Outcome.INVALID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """One end of one command, also of one that could not begin.

    `sentence` is for people. `counts` are rows by outcome, empty where no run began. `reports` are the files that were
    written, `pipeline_url` is where the CI server shows the run.
    """

    exit_code: ExitCode
    sentence: str
    run: str = ""
    host: str = ""
    counts: Mapping[Outcome, int] = field(default_factory=dict)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    stop_reason: str = ""
    resume_command: str = ""
    reports: tuple[Path, ...] = ()
    pipeline_url: str = ""

    @property
    def is_good(self) -> bool:
        """Tell whether nobody has anything to do."""
        return self.exit_code is ExitCode.OK

    @property
    def folder(self) -> str:
        """Name the folder of the reports, "" where there are none."""
        return str(self.reports[0].parent) if self.reports else ""

    def count(self, *outcomes: Outcome) -> int:
        """Count the rows with one of these outcomes."""
        return sum(self.counts.get(outcome, 0) for outcome in outcomes)

    def title(self) -> str:
        """Say in a few words how it ended."""
        if self.is_good:
            return "batchpub: all published"
        rows = self.count(*PROBLEMS)
        needs = f"{say_count(rows, 'row')} {'needs' if rows == 1 else 'need'} attention, " if rows else ""
        return f"batchpub: {needs}exit code {int(self.exit_code)} ({self.exit_code.meaning})"

    def facts(self) -> dict[str, Any]:
        """Give everything that is known of it as plain values under the names that programs read."""
        pages = [path for path in self.reports if path.suffix == ".html"]
        return {
            "title": self.title(),
            "message": self.sentence,
            "exit_code": int(self.exit_code),
            "exit_meaning": self.exit_code.meaning,
            "run": self.run,
            "host": self.host,
            "total": self.count(*Outcome),
            "published": self.count(*DONE),
            "failed": self.count(*_FAILED),
            "unknown": self.count(Outcome.UNKNOWN),
            "not_attempted": self.count(Outcome.NOT_ATTEMPTED),
            "attention": self.count(*PROBLEMS),
            "counts": {outcome.value: count for outcome, count in self.counts.items()},
            "started_at": _show(self.started_at),
            "finished_at": _show(self.finished_at),
            "stop_reason": self.stop_reason,
            "resume_command": self.resume_command,
            "report": str(next(iter([*pages, *self.reports]), "")),
            "reports": self.folder,
            "pipeline_url": self.pipeline_url,
        }

    def pick(self, *names: str) -> dict[str, Any]:
        """Give some of the facts, in this order."""
        facts = self.facts()
        return {name: facts[name] for name in names}


def end_of_run(run: RunRecord, reports: Sequence[Path], *, pipeline_url: str = "") -> Ending:
    """Give the end of a run from its record, whether or not its reports could be written."""
    return Ending(
        exit_code=ExitCode(run.exit_code or 0),
        sentence=summary_sentence(run),
        run=run.run,
        host=run.portal,
        counts=count_outcomes(run),
        started_at=run.started_at,
        finished_at=run.finished_at,
        stop_reason=run.stop_reason,
        resume_command=run.resume_command,
        reports=tuple(reports),
        pipeline_url=pipeline_url,
    )


def _show(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")
