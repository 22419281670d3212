"""What a CI server or an orchestrator shows of a run: step summary, annotations, outputs, termination message."""

import html
import json
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from batchpub.files import say_cause
from batchpub.plural import say_count
from batchpub.record import RunRecord
from batchpub.report.annotations import LONGEST_CELL, LONGEST_FACT, WORKSPACE, annotate, find_unread, shorten
from batchpub.report.attention import Spot, find_spots
from batchpub.report.ending import Facts, describe_end
from batchpub.report.text import fit_encoding, replace_surrogates, strip_controls
from batchpub.report.totals import ORDER, advice, count_outcomes, name_outcome, say_end, summary_sentence

MOST_SUMMARY_BYTES = 900_000  # of the 1 MiB that GitHub shows of one step
MOST_TERMINATION_BYTES = 4_096  # "Customizing the termination message", Kubernetes documentation
TERMINATION_LOG = "/dev/termination-log"
OUTPUTS = (
    "published", "failed", "unknown", "not_attempted", "total", "counts", "run", "exit_code", "report", "reports",
    "resume_command",
)  # fmt: skip
_MOST_UNREAD = 9
_MOST_SUMMARY_ROWS = 500
_LONGEST_REASON = 4_000  # a refusal may name many files


Surface = tuple[str, Callable[[], object]]
"""What it is called, and how it is told."""


def announce(
    run: RunRecord,
    environ: Mapping[str, str],
    reports: Sequence[Path],
    stdout: TextIO | None,
    *,
    spots: Sequence[Spot] | None = None,
) -> tuple[str, ...]:
    """Tell whoever started us, in the form it reads, and give a sentence for everything that could not be told.

    GitHub Actions: GITHUB_STEP_SUMMARY, GITHUB_OUTPUT, and annotations on stdout when GITHUB_ACTIONS is "true"; without
    `stdout` there are none, for it holds JSON. `spots` are annotated in the place of the rows that need attention.
    Kubernetes: BATCHPUB_TERMINATION_LOG or /dev/termination-log, where that file exists. Elsewhere nothing is written.
    """
    facts = describe_end(run, reports)
    spots = [*find_unread(run), *find_spots(run)] if spots is None else spots
    surfaces = _shown_by_github(environ, stdout, spots, lambda room: make_summary(run, reports, room))
    if outputs := environ.get("GITHUB_OUTPUT"):
        surfaces.append(("GITHUB_OUTPUT", lambda: _append(Path(outputs), make_outputs(facts))))
    log = Path(environ.get("BATCHPUB_TERMINATION_LOG") or TERMINATION_LOG)
    surfaces.append(("the termination message", lambda: _fill(log, make_termination_message(facts))))
    return _tell(surfaces)


def announce_check(spots: Sequence[Spot], shown: str, environ: Mapping[str, str], stdout: TextIO) -> tuple[str, ...]:
    """Tell GitHub Actions what `check` found: annotations at the rows, and what a terminal shows as the step summary."""
    summary = f"<pre>{_escape_lines(shown)}</pre>\n\n"
    return _tell(_shown_by_github(environ, stdout, spots, lambda _room: summary))


def _shown_by_github(
    environ: Mapping[str, str], stdout: TextIO | None, spots: Sequence[Spot], summarise: Callable[[int], str]
) -> list[Surface]:
    surfaces: list[Surface] = []
    if stdout is not None and environ.get("GITHUB_ACTIONS") == "true":
        surfaces.append(("the annotations", lambda: _print(annotate(spots, environ.get(WORKSPACE, "")), stdout)))
    if summary := environ.get("GITHUB_STEP_SUMMARY"):
        surfaces.append(("GITHUB_STEP_SUMMARY", lambda: _append_summary(Path(summary), summarise)))
    return surfaces


def make_summary(run: RunRecord, reports: Sequence[Path], most_bytes: int = MOST_SUMMARY_BYTES) -> str:
    """Write GitHub's step summary: what happened, the totals, and then the problems, as many as there is room for.

    Everything from outside stands in blocks of HTML without a blank line, where no Markdown is read.
    """
    head, foot = _summary_head(run), _summary_foot(run, reports)
    room = most_bytes - _weigh(head) - _weigh(foot)
    return head + _summary_problems(run, room) + foot if room >= 0 else ""


def make_outputs(facts: Facts) -> str:
    """Write GitHub's step outputs.

    `published`: rows whose course is published now, also by an earlier run; `failed`: rows that are refused, failed or
    invalid; `unknown`; `not_attempted`; `total`: all rows; `counts`: rows by outcome, as JSON; `run`; `exit_code`;
    `report`: the page, or else the first report; `reports`: the folder of all of them; `resume_command`.
    """
    # A delimiter nobody can know beforehand: no value can end itself and go on with an output of its own.
    end = f"batchpub_{secrets.token_hex(16)}"
    plain = ((name, facts[name]) for name in OUTPUTS)
    values = {name: value if isinstance(value, str) else json.dumps(value) for name, value in plain}
    return "".join(f"{name}<<{end}\n{replace_surrogates(value)}\n{end}\n" for name, value in values.items())


def make_termination_message(facts: Facts) -> bytes:
    """Write what Kubernetes keeps of a container: JSON in UTF-8 of at most 4,096 bytes."""
    message = {
        "run": shorten(facts["run"], LONGEST_FACT),
        "portal": shorten(facts["host"], LONGEST_FACT),
        "exit_code": facts["exit_code"],
        "summary": facts["summary"],
        "totals": facts["counts"],
        "stop_reason": shorten(facts["stop_reason"], LONGEST_CELL),
        "resume_command": strip_controls(facts["resume_command"]),
    }
    data = _encode(message)
    # Half a command is worse than none.
    return data if len(data) <= MOST_TERMINATION_BYTES else _encode({**message, "resume_command": ""})


def _summary_head(run: RunRecord) -> str:
    lines = [f"<h2>{_escape(summary_sentence(run))}</h2>"]
    if run.stop_reason:
        lines.append(f"<p>{_escape(say_end(run), _LONGEST_REASON)}</p>")
    unread = [f"{sheet.file}: {sheet.refused}" for sheet in run.sheets if sheet.refused]
    lines += [f"<p>Not read: {_escape(one)}</p>" for one in unread[:_MOST_UNREAD]]
    if run.resume_command:
        lines.append(f"<p>To go on, run:</p><pre>{_escape(run.resume_command, len(run.resume_command))}</pre>")
    totals = count_outcomes(run)
    cells = [(name_outcome(outcome), f"{totals[outcome]:,}", advice(outcome)) for outcome in ORDER if totals[outcome]]
    return _block([*lines, *_tabulate(("Outcome", "Rows", "What to do"), cells)])


def _summary_problems(run: RunRecord, room: int) -> str:
    """Write the table of problems, and how many more there are when the room or the table is full."""
    spots = find_spots(run)
    room -= LONGEST_CELL  # for the table's own lines and the count of the rest
    if not spots or room < 0:
        return ""
    kept: list[tuple[str, ...]] = []
    for spot in spots[:_MOST_SUMMARY_ROWS]:
        cells = (f"{spot.sheet} {spot.place}".strip(), spot.course, spot.word, spot.message)
        room -= _weigh(_table_line("td", cells)) + 1
        if room < 0:
            break
        kept.append(cells)
    more = len(spots) - len(kept)
    rest = [f"<p>and {say_count(more, 'row')} more; the reports have them all.</p>"] if more else []
    return _block([*_tabulate(("Where", "Course", "Outcome", "Message"), kept), *rest])


def _summary_foot(run: RunRecord, reports: Sequence[Path]) -> str:
    facts = f"batchpub {run.batchpub_version}, run {run.run} on {run.portal}."
    named = f" Reports: {', '.join(map(str, reports))}" if reports else ""
    return _block([f"<p>{_escape(facts + named, LONGEST_CELL * 4)}</p>"])


def _tabulate(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    return ["<table>", _table_line("th", headings), *(_table_line("td", cells) for cells in rows), "</table>"]


def _table_line(tag: str, cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{_escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def _block(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n\n"


def _escape(text: str, longest: int = LONGEST_CELL) -> str:
    return html.escape(shorten(text, longest))


def _escape_lines(text: str) -> str:
    """Keep a text of several lines in one block: a blank line would end it, and Markdown would be read after it."""
    return "\n".join(html.escape(strip_controls(line)) for line in text.splitlines() if line.strip())


def _weigh(text: str) -> int:
    return len(text.encode())


def _encode(message: Mapping[str, object]) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _tell(surfaces: Sequence[Surface]) -> tuple[str, ...]:
    """Tell each; say in a sentence what could not be told. The reports are on the disk: it is never worth a failed run."""
    warnings = []
    for name, tell in surfaces:
        try:
            tell()
        except (OSError, ValueError) as error:
            warnings.append(f"Could not write {name}: {say_cause(error)}. The reports are complete without it.")
    return tuple(warnings)


def _print(text: str, stdout: TextIO) -> None:
    stdout.write(fit_encoding(text, stdout.encoding))
    stdout.flush()


def _append_summary(path: Path, summarise: Callable[[int], str]) -> None:
    """Add a summary that fits into the room that earlier ones have left."""
    earlier = path.stat().st_size if path.exists() else 0
    _append(path, summarise(max(0, MOST_SUMMARY_BYTES - earlier)))


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _fill(path: Path, data: bytes) -> None:
    """Fill the file in its place: it is mounted, so that a new one put over it would never be read."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        file.truncate()
        file.write(data)
        file.flush()
        if path.is_file():
            os.fsync(file.fileno())
