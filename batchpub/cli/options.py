"""Flags that several commands share, and the way from flags to settings."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from batchpub.settings import Settings, load_settings

F = TypeVar("F", bound=Callable[..., Any])

JOB = click.option("--job", type=click.Path(path_type=Path), help="A job file (TOML) with settings.")
STATE = click.option("--state", metavar="PATH", help="The state: journal, slots and lock. [BATCHPUB_STATE]")

SHEET_FLAGS = (
    click.option("--sheet", help="The worksheet to read, where a workbook offers several."),
    click.option("--column", help="The heading of the id column, where it is not 'Course ID'."),
    click.option("--max-rows", type=int, help="Refuse longer sheets: a guard against a wrong file. [20000]"),
    click.option("--id-digits", type=int, help="How many digits a course id has. [18]"),
    click.option("--confirm-id", multiple=True, metavar="ID", help="An id that looks rounded and is right."),
    click.option("--include-hidden", is_flag=True, default=None, help="Publish hidden and filtered rows too."),
    click.option("--notify", type=click.Choice(["never", "sheet", "all"]), help="Who is mailed. [sheet]"),
    click.option("--again", multiple=True, metavar="ID", help="Publish again what an earlier run published; or 'all'."),
    click.option("--portal", help="What shares one limit; default: the API host."),
    click.option("--rate", type=int, help="Calls in a period. [30]"),
    click.option("--burst", type=int, help="Calls at once; default: the rate."),
    click.option("--period", type=float, help="Seconds. [60]"),
    click.option("--lock", type=float, help="Seconds of a lock that states none. [300]"),
    click.option("--guard", type=float, help="Seconds a slot rests beyond the period. [1]"),
    click.option("--settle", type=float, help="Seconds after which a lost call cannot arrive any more. [60]"),
)

RUN_FLAGS = (
    click.option("--workers", type=int, help="Calls in flight at once. [8]"),
    click.option("--attempts", type=int, help="Attempts of one course. [5]"),
    click.option("--verify", type=click.Choice(["auto", "always", "never"]), help="Read before mailing. [auto]"),
    click.option("--max-duration", help="Stop after this long, e.g. 50m; exit 75."),
    click.option("--max-failures", help="Stop after so many failed rows: a number, or 10%."),
    click.option("--max-lock", type=float, help="The longest wait Zoho may state. [900]"),
    click.option("--expect", type=int, help="Send nothing unless exactly so many courses are to be published."),
    click.option("--strict", is_flag=True, default=None, help="Send nothing when any row is invalid."),
    click.option("--out", type=click.Path(), help="Folder of the reports. [batchpub-reports/RUN]"),
    click.option("--report", multiple=True, help="csv, xlsx, html, junit, json; may be repeated. [all]"),
    click.option("--log-format", type=click.Choice(["json", "console"]), help="[json off a terminal]"),
    click.option("--progress-every", type=float, help="Seconds between run.progress events. [30]"),
    click.option("--yes", is_flag=True, help="Do not ask before mailing learners."),
    click.option("--gentle-off", is_flag=True, help="Forget the gentler pace after an unexplained lock."),
    click.option("--sandbox", is_flag=True, help="Rehearse against a sandbox on this machine; no credentials."),
    click.option("--speed", type=float, help="With --sandbox: divide all waits and time-outs by this. [1]"),
    click.option(
        "--sandbox-faults",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A fault plan for the sandbox; default: sandbox.toml beside the first sheet.",
    ),
)


def with_flags(*flags: Callable[[F], F]) -> Callable[[F], F]:
    """Put several flags on a command, in this order."""

    def decorate(function: F) -> F:
        for flag in reversed(flags):
            function = flag(function)
        return function

    return decorate


def settle_settings(flags: dict[str, Any], job: Path | None) -> Settings:
    """Merge flags, environment and job file. A flag that was not given counts for nothing."""
    given = {name: value for name, value in flags.items() if value is not None and value != ()}
    if isinstance(given.get("report"), tuple):
        given["report"] = tuple(part for told in given["report"] for part in str(told).split(",") if part)
    return load_settings(flags=given, environ=os.environ, job_file=job)
