"""Annotations of GitHub Actions: what is wrong, at its row in its file, once for all rows that have it."""

from collections.abc import Sequence
from pathlib import PurePath

from batchpub.plan.ranges import say_ranges
from batchpub.plural import say_count
from batchpub.record import RunRecord
from batchpub.report.attention import Spot, group_alike, say_message
from batchpub.report.text import strip_controls

WORKSPACE = "GITHUB_WORKSPACE"
LONGEST_CELL = 500
LONGEST_FACT = 100
_MOST = 9  # and one for the rest: GitHub shows ten of a step


def find_unread(run: RunRecord) -> list[Spot]:
    """Give the files that were not read."""
    return [Spot(file=one.file, word="the file was not read", message=one.refused) for one in run.sheets if one.refused]


def annotate(spots: Sequence[Spot], workspace: str = "") -> str:
    """Write `::error` lines of GitHub's workflow commands: nine, and how many more there are.

    Rows of a file with alike sentences are one annotation, at the first of them, that names them all.
    """
    groups = group_alike(spots, lambda spot: (f"{spot.file}\0{spot.word}", spot.cell, spot.message))
    lines = [_write(group, workspace) for group in groups[:_MOST]]
    if more := sum(map(len, groups[_MOST:])):
        lines.append(f"::error title=batchpub::and {more:,} more; the reports have them all.")
    return "".join(f"{line}\n" for line in lines)


def _write(spots: Sequence[Spot], workspace: str) -> str:
    first = spots[0]
    what = say_count(len(spots), "row") if len(spots) > 1 else first.course or first.place
    where = say_ranges(spot.place for spot in spots) if first.place else ""
    properties = {
        **({"file": _in_workspace(first.file, workspace), "line": str(first.row or 1)} if first.file else {}),
        "title": shorten(": ".join(filter(None, (first.word, what))), LONGEST_FACT),
    }
    named = ",".join(f"{name}={_escape_property(value)}" for name, value in properties.items())
    message = ": ".join(filter(None, (where, say_message(spots))))
    return f"::error {named}::{_escape_command(shorten(message, LONGEST_CELL))}"


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
