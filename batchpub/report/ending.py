"""How a command ended, in facts: `--json`, CI server, orchestrator and notifications each show some of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from batchpub.course import Outcome
from batchpub.errors import ExitCode
from batchpub.plural import say_count
from batchpub.record import RunRecord
from batchpub.report.totals import DONE, count_outcomes, count_problems, summary_sentence

FAILED = (Outcome.REFUSED, Outcome.FAILED, Outcome.INVALID)
Facts = Mapping[str, Any]
"""What `describe_end` gives."""


def describe_end(run: RunRecord, reports: Sequence[Path], *, pipeline_url: str = "") -> dict[str, Any]:
    """Give the facts of an end, also of one without rows, under the names that programs read.

    `message` is a sentence for people, `counts` are rows by outcome. `report` is the page, or else the first report,
    `reports` the folder of all of them, `pipeline_url` where the CI server shows the run; each is "" where there is none.
    """
    code, counts, attention = ExitCode(run.exit_code or 0), count_outcomes(run), count_problems(run)
    needs = f"{say_count(attention, 'row')} {'needs' if attention == 1 else 'need'} attention, " if attention else ""
    first = next((path for path in reports if path.suffix == ".html"), reports[0] if reports else "")
    return {
        "title": f"batchpub: {needs}exit code {int(code)} ({code.meaning})" if code else "batchpub: all published",
        "message": run.stop_reason if run.stop_reason and not run.rows else summary_sentence(run),
        "summary": summary_sentence(run),
        "exit_code": int(code),
        "exit_meaning": code.meaning,
        "remedy": code.remedy if code else "",
        "run": run.run,
        "host": run.portal,
        "total": len(run.rows),
        "published": sum(counts[outcome] for outcome in DONE),
        "failed": sum(counts[outcome] for outcome in FAILED),
        "unknown": counts[Outcome.UNKNOWN],
        "not_attempted": counts[Outcome.NOT_ATTEMPTED],
        "attention": attention,
        "counts": {outcome.value: count for outcome, count in counts.items()},
        "started_at": _show(run.started_at),
        "finished_at": _show(run.finished_at),
        "stop_reason": run.stop_reason,
        "resume_command": run.resume_command,
        "report": str(first),
        "reports": str(reports[0].parent) if reports else "",
        "pipeline_url": pipeline_url,
    }


def _show(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")
