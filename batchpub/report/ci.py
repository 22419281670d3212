"""What a CI server or an orchestrator shows of a run: step summary, annotations, outputs, termination message."""

import html
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from batchpub.course import Outcome
from batchpub.plural import say_count
from batchpub.record import RunRecord
from batchpub.report.annotations import LONGEST_CELL, LONGEST_FACT, WORKSPACE, annotate, find_unread, shorten
from batchpub.report.attention import Spot, find_spots
from batchpub.report.text import fit_encoding, replace_surrogates, strip_controls
from batchpub.report.totals import DONE, ORDER, advice, count_outcomes, name_outcome, say_stop, summary_sentence

MOST_SUMMARY_BYTES = 900_000  # of the 1 MiB that GitHub shows of one step
MOST_TERMINATION_BYTES = 4_096  # "Customizing the termination message", Kubernetes documentation
TERMINATION_LOG = "/dev/termination-log"
_MOST_UNREAD = 9
_MOST_SUMMARY_ROWS = 500
_LONGEST_REASON = 4_000  # a refusal may name many files


def announce(
    run: RunRecord, environ: Mapping[str, str], reports: Sequence[Path], stdout: TextIO | None
) -> tuple[str, ...]:
    """Tell whoever started us, in the form it reads, and give a sentence for everything that could not be told.

    GitHub Actions: GITHUB_STEP_SUMMARY, GITHUB_OUTPUT, and annotations on stdout when GITHUB_ACTIONS is "true"; without
    `stdout` there are none, for it holds JSON.
    Kubernetes: BATCHPUB_TERMINATION_LOG or /dev/termination-log, where that file exists. Elsewhere nothing is written.
    """
    surfaces: list[tuple[str, Callable[[], object]]] = []
    if stdout is not None and environ.get("GITHUB_ACTIONS") == "true":
        surfaces.append(
            (
                "the annotations",
                lambda: _print(annotate([*find_unread(run), *find_spots(run)], environ.get(WORKSPACE, "")), stdout),
            )
        )
    return tuple(warning for name, tell in [*surfaces, *_files(run, environ, reports)] for warning in _try(name, tell))


def _files(
    run: RunRecord, environ: Mapping[str, str], reports: Sequence[Path]
) -> Iterator[tuple[str, Callable[[], object]]]:
    """Give what is written to files that the environment names."""
    if summary := environ.get("GITHUB_STEP_SUMMARY"):
        yield "GITHUB_STEP_SUMMARY", lambda: _append_summary(Path(summary), run, reports)
    if outputs := environ.get("GITHUB_OUTPUT"):
        yield "GITHUB_OUTPUT", lambda: _append(Path(outputs), make_outputs(run, reports))
    log = Path(environ.get("BATCHPUB_TERMINATION_LOG") or TERMINATION_LOG)
    yield "the termination message", lambda: _write_termination(log, run)


def announce_refusal(
    record: RunRecord, file: str, environ: Mapping[str, str], reports: Sequence[Path], stdout: TextIO
) -> tuple[str, ...]:
    """Tell the same places of an end without rows. `file` is the sheet that is to blame, "" where none is."""
    surfaces: list[tuple[str, Callable[[], object]]] = []
    if environ.get("GITHUB_ACTIONS") == "true":
        told = Spot(file=file, word=f"exit code {record.exit_code}", message=record.stop_reason)
        surfaces.append(("the annotations", lambda: _print(annotate([told], environ.get(WORKSPACE, "")), stdout)))
    return tuple(
        warning for name, tell in [*surfaces, *_files(record, environ, reports)] for warning in _try(name, tell)
    )


def announce_check(spots: Sequence[Spot], shown: str, environ: Mapping[str, str], stdout: TextIO) -> tuple[str, ...]:
    """Tell GitHub Actions what `check` found: annotations at the rows, and what a terminal shows as the step summary."""
    surfaces: list[tuple[str, Callable[[], object]]] = []
    if environ.get("GITHUB_ACTIONS") == "true":
        surfaces.append(("the annotations", lambda: _print(annotate(spots, environ.get(WORKSPACE, "")), stdout)))
    if summary := environ.get("GITHUB_STEP_SUMMARY"):
        told = f"<pre>{_escape_lines(shown)}</pre>\n\n"
        surfaces.append(("GITHUB_STEP_SUMMARY", lambda: _append(Path(summary), told)))
    return tuple(warning for name, tell in surfaces for warning in _try(name, tell))


def make_summary(run: RunRecord, reports: Sequence[Path], most_bytes: int = MOST_SUMMARY_BYTES) -> str:
    """Write GitHub's step summary: what happened, the totals, and then the problems, as many as there is room for.

    Everything from outside stands in blocks of HTML without a blank line, where no Markdown is read.
    """
    head, foot = _summary_head(run), _summary_foot(run, reports)
    room = most_bytes - _weigh(head) - _weigh(foot)
    return head + _summary_problems(run, room) + foot if room >= 0 else ""


def make_outputs(run: RunRecord, reports: Sequence[Path]) -> str:
    """Write GitHub's step outputs.

    `published`: rows whose course is published now, also by an earlier run; `failed`: rows that are refused, failed or
    invalid; `unknown`; `not_attempted`; `total`: all rows; `counts`: rows by outcome, as JSON; `run`; `exit_code`;
    `report`: the page, or else the first report; `reports`: the folder of all of them; `resume_command`.
    """
    totals = count_outcomes(run)
    pages = [path for path in reports if path.suffix == ".html"]
    told = {
        "published": str(sum(totals[outcome] for outcome in DONE)),
        "failed": str(sum(totals[outcome] for outcome in (Outcome.REFUSED, Outcome.FAILED, Outcome.INVALID))),
        "unknown": str(totals[Outcome.UNKNOWN]),
        "not_attempted": str(totals[Outcome.NOT_ATTEMPTED]),
        "total": str(len(run.rows)),
        "counts": json.dumps({outcome.value: count for outcome, count in totals.items()}),
        "run": run.run,
        "exit_code": "" if run.exit_code is None else str(run.exit_code),
        "report": str(next(iter([*pages, *reports]), "")),
        "reports": str(reports[0].parent) if reports else "",
        "resume_command": run.resume_command,
    }
    # A delimiter nobody can know beforehand: no value can end itself and go on with an output of its own.
    end = f"batchpub_{secrets.token_hex(16)}"
    return "".join(f"{name}<<{end}\n{replace_surrogates(value)}\n{end}\n" for name, value in told.items())


def make_termination_message(run: RunRecord) -> bytes:
    """Write what Kubernetes keeps of a container: JSON in UTF-8 of at most 4,096 bytes."""
    told = {
        "run": shorten(run.run, LONGEST_FACT),
        "portal": shorten(run.portal, LONGEST_FACT),
        "exit_code": run.exit_code,
        "summary": summary_sentence(run),
        "totals": {outcome.value: count for outcome, count in count_outcomes(run).items()},
        "stop_reason": shorten(run.stop_reason, LONGEST_CELL),
        "resume_command": strip_controls(run.resume_command),
    }
    data = _encode(told)
    # Half a command is worse than none.
    return data if len(data) <= MOST_TERMINATION_BYTES else _encode({**told, "resume_command": ""})


def _summary_head(run: RunRecord) -> str:
    lines = [f"<h2>{_escape(summary_sentence(run))}</h2>"]
    if run.stop_reason:
        lines.append(f"<p>{_escape(say_stop(run), _LONGEST_REASON)}</p>")
    unread = [f"{sheet.file}: {sheet.refused}" for sheet in run.sheets if sheet.refused]
    lines += [f"<p>Not read: {_escape(told)}</p>" for told in unread[:_MOST_UNREAD]]
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


def _encode(told: Mapping[str, object]) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _try(name: str, tell: Callable[[], object]) -> Iterator[str]:
    """Do it, or say in a sentence why not. The reports are on the disk by now: nothing here is worth a failed run."""
    try:
        tell()
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) and error.strerror else str(error)) or repr(error)
        yield f"Could not write {name}: {reason}. The reports are complete without it."


def _print(text: str, stdout: TextIO) -> None:
    stdout.write(fit_encoding(text, stdout.encoding))
    stdout.flush()


def _append_summary(path: Path, run: RunRecord, reports: Sequence[Path]) -> None:
    earlier = path.stat().st_size if path.exists() else 0
    _append(path, make_summary(run, reports, max(0, MOST_SUMMARY_BYTES - earlier)))


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _write_termination(path: Path, run: RunRecord) -> None:
    """Fill the file in its place: it is mounted, so that a new one put over it would never be read."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        file.truncate()
        file.write(make_termination_message(run))
        file.flush()
        if path.is_file():
            os.fsync(file.fileno())
