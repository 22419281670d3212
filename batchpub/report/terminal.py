"""The end of a run on a terminal: the totals, and the first rows that need somebody."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from batchpub.course import Outcome
from batchpub.record import RowRecord, RunRecord
from batchpub.report.text import strip_controls
from batchpub.report.totals import PROBLEMS, advice, count_outcomes, name_outcome, summary_sentence

_MOST_PROBLEMS = 10
_MOST_COLUMNS = 80
_LONGEST_MESSAGE = 200  # the reports have the whole of it
_STYLES = {
    Outcome.PUBLISHED: "green",
    Outcome.ALREADY_PUBLISHED: "green",
    Outcome.REFUSED: "red",
    Outcome.FAILED: "red",
    Outcome.INVALID: "red",
    Outcome.UNKNOWN: "yellow",
    Outcome.NOT_ATTEMPTED: "yellow",
}


def print_summary(run: RunRecord, console: Console) -> None:
    """Print totals and the first ten problems, at most 80 columns wide. Nothing from outside can style or steer it."""
    width = min(console.width, _MOST_COLUMNS)
    console.print(_text(summary_sentence(run)), width=width)
    console.print(_tabulate_totals(run), width=width)
    problems = [row for row in run.rows if row.outcome in PROBLEMS]
    if problems:
        console.print(_tabulate_problems(problems[:_MOST_PROBLEMS]), width=width)
    if len(problems) > _MOST_PROBLEMS:
        console.print(_text(f"and {len(problems) - _MOST_PROBLEMS:,} more; the reports have them all."), width=width)
    if run.resume_command:
        console.print(_text(f"To go on, run: {run.resume_command}"), width=width)


def _tabulate_totals(run: RunRecord) -> Table:
    table = Table(box=None)
    table.add_column("Outcome", overflow="fold")
    table.add_column("Rows", justify="right")
    table.add_column("What to do", overflow="fold")
    for outcome, count in count_outcomes(run).items():
        if count:
            table.add_row(_name(outcome), _text(f"{count:,}"), _text(advice(outcome)))
    return table


def _tabulate_problems(rows: list[RowRecord]) -> Table:
    table = Table(box=None)
    for heading in ("Cell", "Course", "Outcome", "Message"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        message = strip_controls(row.message)[:_LONGEST_MESSAGE]
        table.add_row(_text(row.cell or str(row.row)), _text(row.course_id), _name(row.outcome), _text(message))
    return table


def _name(outcome: Outcome) -> Text:
    return Text(name_outcome(outcome), style=_STYLES.get(outcome, ""))


def _text(text: str) -> Text:
    return Text(strip_controls(text), overflow="fold")
