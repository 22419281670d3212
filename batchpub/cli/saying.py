"""What a command says to whoever started it: before a run, in its end; wrapped and coloured where a person sits."""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from batchpub.cli.pipeline import has_person
from batchpub.cli.wording import with_flags
from batchpub.course import Pile, Plan
from batchpub.pace.estimate import estimate_seconds
from batchpub.plural import say_count
from batchpub.record import RunRecord
from batchpub.report.ending import describe_end
from batchpub.report.summary import Summary, render, summarise
from batchpub.report.text import escape_commands
from batchpub.report.totals import say_plan
from batchpub.settings.fields import Settings

JSON_KEYS = (
    "run", "exit_code", "total", "published", "attention", "counts", "stop_reason", "resume_command",
)  # fmt: skip

if TYPE_CHECKING:
    from batchpub.store.ledger import Ledger


def show(summary: Summary, stream: TextIO, *, before: str = "") -> str:
    """Print it, with a text before it, and give what a log would have of it."""
    summary = _with_flags(summary)
    if has_person(stream):
        columns, colours = shutil.get_terminal_size().columns, not os.environ.get("NO_COLOR")
        shown = render(summary, columns=columns, colours=colours, encoding=stream.encoding)
    else:
        shown = render(summary, encoding=stream.encoding)
    stream.write(before + shown)
    stream.flush()
    return before + render(summary)


def _with_flags(summary: Summary) -> Summary:
    return replace(
        summary,
        sentences=tuple(map(with_flags, summary.sentences)),
        spots=tuple(replace(spot, message=with_flags(spot.message)) for spot in summary.spots),
    )


async def introduce(plan: Plan, settings: Settings, ledger: "Ledger", *, kind: str, is_sure: bool) -> None:
    """Say to a person what is about to happen, with credentials of which kind, and ask before learners are mailed."""
    todo = plan.to_publish()
    mailing = sum(row.notify for row in todo)
    headline = say_plan(
        to_send=len(todo),
        mailing=mailing,
        host=ledger.portal,
        eta=estimate_seconds(len(todo), ledger.limits, await ledger.look_ahead("publish")),
        attention=sum(row.pile is Pile.INVALID for row in plan.rows),
    )
    if not settings.quiet:
        show(Summary(headline=headline, sentences=(f"Data centre {settings.data_center}; {kind}.",)), sys.stderr)
    if mailing and not is_sure and has_person(sys.stdin):
        click.confirm(f"{say_count(mailing, 'course')} will mail learners. Publish?", abort=True, err=True)


def say_goodbye(found: RunRecord, folder: str) -> None:
    """Close a run: on a terminal for the person, on stdout for whoever reads that. `folder` is "" where reports are missing."""
    reports = f"Reports: {folder}" if folder else "The reports are not all written, see above."
    summary = summarise(found, f"{reports}  (exit {found.exit_code or 0})")
    if has_person(sys.stderr):
        show(summary, sys.stderr)
    if not has_person(sys.stdout):
        show(summary, sys.stdout)


def print_end(found: RunRecord, reports: Sequence[Path]) -> None:
    """Print how a run ended as JSON: every key is always there."""
    facts = describe_end(found, reports)
    document = {
        "schema_version": 1,
        **{name: facts[name] for name in JSON_KEYS},
        "reports": [str(path) for path in reports],
    }
    print(escape_commands(json.dumps(document)))  # noqa: T201 - what was asked for
