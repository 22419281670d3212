"""The end of a run on a terminal: the totals, and the first rows that need somebody."""

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from batchpub.course import Outcome
from batchpub.plural import say_count
from batchpub.record import RowRecord, RunRecord
from batchpub.report.attention import Problem, group_problems, name_places, name_row, name_sheet
from batchpub.report.text import fit_encoding, strip_controls
from batchpub.report.totals import (
    ORDER,
    TONES,
    Tone,
    advice,
    count_outcomes,
    name_outcome,
    say_stop,
    summary_sentence,
)

_MOST_PROBLEMS = 10
_MOST_PLACES = 6
_MOST_COLUMNS = 80
_FEWEST_COLUMNS = 56  # below, a table would be a column of single words
_LONGEST_MESSAGE = 300  # the reports have the whole of it
_STYLES = {Tone.GOOD: "green", Tone.WATCH: "yellow", Tone.BAD: "red", Tone.QUIET: "dim"}


def print_summary(run: RunRecord, console: Console) -> None:
    """Print totals and the first ten problems, at most 80 columns wide. Nothing from outside can style or steer it."""
    width = max(1, min(console.width, _MOST_COLUMNS))
    console.print(Text(_plain(summary_sentence(run), console), style="bold", overflow="fold"), width=width)
    if run.stop_reason:
        console.print(_text(say_stop(run), console), width=width)
    for sheet in run.sheets:
        if sheet.refused:
            console.print(_text(f"Not read: {sheet.file}: {sheet.refused}", console), width=width)
    console.print(_tabulate_totals(run, wide=width >= _FEWEST_COLUMNS), width=width)
    problems = group_problems(run)
    for problem in problems[:_MOST_PROBLEMS]:
        console.print(_name_problem(run, problem, console), width=width)
        console.print(Padding(_say_problem(problem, console), (0, 0, 0, 2)), width=width)
    if rest := sum(len(problem.rows) for problem in problems[_MOST_PROBLEMS:]):
        console.print(_text(f"and {say_count(rest, 'row')} more; the reports have them all.", console), width=width)
    if run.resume_command:
        console.print("To go on, run:", width=width)
        console.print(_text(run.resume_command, console), soft_wrap=True)  # one line, so that it can be copied


def _tabulate_totals(run: RunRecord, *, wide: bool) -> Table:
    """Tabulate the outcomes; a narrow window has no room for the advice."""
    table = Table(box=None, pad_edge=False)
    table.add_column("Outcome", overflow="fold", no_wrap=wide)
    table.add_column("Rows", justify="right", overflow="fold")
    if wide:
        table.add_column("What to do", overflow="fold")
    totals = count_outcomes(run)
    for outcome in ORDER:
        if totals[outcome]:
            told = (Text(advice(outcome)),) if wide else ()
            table.add_row(_name(outcome), Text(f"{totals[outcome]:,}"), *told)
    return table


def _name_problem(run: RunRecord, problem: Problem, console: Console) -> Text:
    """Say what became of which rows."""
    rows = problem.rows
    named = name_places(run, rows, _MOST_PLACES) if len(rows) > 1 else _name_one(run, rows[0])
    told = Text(overflow="fold")
    told.append_text(_name(problem.outcome))
    told.append(f" {_plain(named, console)}", style="bold")
    return told


def _say_problem(problem: Problem, console: Console) -> Text:
    """Say the sentence over the whole width, for it is what counts."""
    return Text(_plain(problem.message or advice(problem.outcome), console)[:_LONGEST_MESSAGE], overflow="fold")


def _name_one(run: RunRecord, row: RowRecord) -> str:
    return " ".join(part for part in (name_sheet(run, row.sheet_index), name_row(row), row.course_id, row.name) if part)


def _name(outcome: Outcome) -> Text:
    return Text(name_outcome(outcome), style=_STYLES[TONES[outcome]])


def _text(text: str, console: Console) -> Text:
    return Text(_plain(text, console), overflow="fold")


def _plain(text: str, console: Console) -> str:
    return fit_encoding(strip_controls(text), console.encoding)
