"""Annotations of GitHub Actions: what is wrong, at its row in its file, once for all rows that have it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from batchpub.plan.ranges import say_ranges
from batchpub.plural import say_count
from batchpub.record import RowRecord, RunRecord
from batchpub.report.attention import drop_place, group_alike, list_problem_rows
from batchpub.report.text import strip_controls
from batchpub.report.totals import advice, name_outcome

WORKSPACE = "GITHUB_WORKSPACE"
LONGEST_CELL = 500
LONGEST_FACT = 100
_MOST = 9  # and one for the rest: GitHub shows ten of a step


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A place in a file, and what is wrong there."""

    file: str
    row: int
    cell: str = ""
    """Where the message begins with it."""
    word: str
    """What kind of trouble it is: an outcome, say."""
    what: str = ""
    """Which thing has the trouble: a course, say."""
    message: str


def find_problems(run: RunRecord) -> list[Problem]:
    """Give what needs attention, the files that were not read first."""
    unread = [
        Problem(file=sheet.file, row=1, word="the file was not read", message=sheet.refused)
        for sheet in run.sheets
        if sheet.refused
    ]
    return [*unread, *(_problem_of(run, row) for row in list_problem_rows(run))]


def annotate(problems: Sequence[Problem], workspace: str = "") -> str:
    """Write `::error` lines of GitHub's workflow commands: nine, and how many more problems there are.

    Rows of a file with alike sentences are one annotation, at the first of them, that names them all.
    """
    groups = group_alike(
        problems,
        lambda found: (f"{found.file}\0{found.word}", found.cell, drop_place(found.cell, found.message)),
    )
    lines = [_write(_say_once(group), workspace) for group in groups[:_MOST]]
    if more := sum(map(len, groups[_MOST:])):
        lines.append(f"::error title=batchpub::and {more:,} more; the reports have them all.")
    return "".join(f"{line}\n" for line in lines)


def _problem_of(run: RunRecord, row: RowRecord) -> Problem:
    return Problem(
        file=run.sheets[row.sheet_index].file,
        row=row.row,
        cell=row.cell,
        word=name_outcome(row.outcome),
        what=row.name or row.course_id or f"row {row.row}",
        message=row.message or advice(row.outcome),
    )


def _say_once(group: Sequence[Problem]) -> Problem:
    """Give the one problem of a group, or one that says the first's sentence of all."""
    first = group[0]
    if len(group) == 1:
        return first
    where = say_ranges(found.cell or f"row {found.row}" for found in group)
    sentences = {drop_place(found.cell, found.message) for found in group}
    alike = " (The others are alike.)" if len(sentences) > 1 else ""
    return Problem(
        file=first.file,
        row=first.row,
        word=first.word,
        what=say_count(len(group), "row"),
        message=f"{where}: {drop_place(first.cell, first.message)}{alike}",
    )


def _write(found: Problem, workspace: str) -> str:
    title = f"{found.word}: {found.what}" if found.what else found.word
    properties = {
        **({"file": _in_workspace(found.file, workspace), "line": str(found.row)} if found.file else {}),
        "title": shorten(title, LONGEST_FACT),
    }
    named = ",".join(f"{name}={_escape_property(value)}" for name, value in properties.items())
    return f"::error {named}::{_escape_command(shorten(found.message, LONGEST_CELL))}"


def _in_workspace(file: str, workspace: str) -> str:
    path = PurePath(file)
    return path.relative_to(workspace).as_posix() if workspace and path.is_relative_to(workspace) else file


def _escape_command(text: str) -> str:
    """Keep a text inside its workflow command: on one line, and without the older `##[command]`, read anywhere."""
    line = strip_controls(text).replace("##", "# #")
    return line.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_command(text).replace(":", "%3A").replace(",", "%2C")


def shorten(text: str, longest: int) -> str:
    """Give a text of one line, cut where it is too long."""
    line = strip_controls(text)
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
