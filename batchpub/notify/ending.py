"""How a run ended, in the few facts that a notification carries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from batchpub.errors import ExitCode
from batchpub.record import RunRecord
from batchpub.report.totals import count_outcomes, count_problems, summary_sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """One end of one command, also of one that could not begin.

    `sentence` is for people. `counts` are rows by outcome, empty where no run began. `reports` is the folder of the
    reports, `pipeline_url` where the CI server shows the run; each is "" where there is none.
    """

    exit_code: ExitCode
    sentence: str
    run: str = ""
    host: str = ""
    attention: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    stop_reason: str = ""
    resume_command: str = ""
    reports: str = ""
    pipeline_url: str = ""

    @property
    def is_good(self) -> bool:
        """Tell whether nobody has anything to do."""
        return self.exit_code is ExitCode.OK

    def title(self) -> str:
        """Say in a few words how it ended."""
        if self.is_good:
            return "batchpub: all published"
        needs = (
            f"{self.attention} {'row needs' if self.attention == 1 else 'rows need'} attention, "
            if self.attention
            else ""
        )
        return f"batchpub: {needs}exit code {int(self.exit_code)} ({self.exit_code.meaning})"

    def facts(self) -> dict[str, str]:
        """Give what a card shows under the sentence, by its name for people; nothing that is empty."""
        told = {
            "Where": self.host,
            "Run": self.run,
            "Stopped because": self.stop_reason,
            "Next": "" if self.is_good else self.exit_code.remedy,
            "To go on": self.resume_command,
            "Reports": self.reports,
        }
        return {name: value for name, value in told.items() if value}

    def as_json(self) -> dict[str, Any]:
        """Give the generic JSON document: every key is always there."""
        return {
            "version": 1,
            "program": "batchpub",
            "title": self.title(),
            "message": self.sentence,
            "exit_code": int(self.exit_code),
            "exit_meaning": self.exit_code.meaning,
            "run": self.run,
            "host": self.host,
            "attention": self.attention,
            "counts": dict(self.counts),
            "started_at": _show(self.started_at),
            "finished_at": _show(self.finished_at),
            "stop_reason": self.stop_reason,
            "resume_command": self.resume_command,
            "reports": self.reports,
            "pipeline_url": self.pipeline_url,
        }


def end_of_run(run: RunRecord, exit_code: ExitCode, *, reports: str = "", pipeline_url: str = "") -> Ending:
    """Give the end of a run from its record, whether or not its reports could be written."""
    return Ending(
        exit_code=exit_code,
        sentence=summary_sentence(run),
        run=run.run,
        host=run.portal,
        attention=count_problems(run),
        counts={outcome.value: number for outcome, number in count_outcomes(run).items()},
        started_at=run.started_at,
        finished_at=run.finished_at,
        stop_reason=run.stop_reason,
        resume_command=run.resume_command,
        reports=reports,
        pipeline_url=pipeline_url,
    )


def _show(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")
