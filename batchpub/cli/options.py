"""Flags that several commands share, and the way from flags to settings."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from batchpub.course import NamesRule, NotifyPolicy
from batchpub.settings import SETTINGS, Settings, load_settings, show_default

F = TypeVar("F", bound=Callable[..., Any])


def setting(name: str, *short: str, **kind: Any) -> Callable[[F], F]:
    """Make a setting's flag; name, meaning and default are the setting's own."""
    meaning, default = SETTINGS[name].title, show_default(name)
    told = meaning[:1].upper() + meaning[1:] + "." + (f" [{default}]" if default else "")
    return click.option("--" + name.replace("_", "-"), *short, help=told.replace("`", ""), **kind)


JOB = click.option("--job", type=click.Path(path_type=Path), help="A job file (TOML) with settings.")
STATE = setting("state", metavar="PATH")

SHEET_FLAGS = (
    setting("sheet"),
    setting("column"),
    setting("name"),
    setting("keep_going", is_flag=True, default=None),
    setting("max_rows", type=int),
    setting("id_digits", metavar="DIGITS"),
    setting("confirm_id", multiple=True, metavar="ID"),
    setting("include_hidden", is_flag=True, default=None),
    setting("notify", type=click.Choice([policy.value for policy in NotifyPolicy])),
    setting("names", type=click.Choice([rule.value for rule in NamesRule])),
    setting("strict", is_flag=True, default=None),
    setting("expect", type=int),
    setting("again", multiple=True, metavar="ID"),
    setting("again_id", metavar="NAME"),
    setting("portal"),
    setting("rate", type=int),
    setting("burst", type=int),
    setting("period", type=float),
    setting("lock", type=float),
    setting("guard", type=float),
    setting("settle", type=float),
)

RUN_FLAGS = (
    setting("workers", type=int),
    setting("attempts", type=int),
    setting("course_time", type=float),
    setting("verify", type=click.Choice(["auto", "always", "never"])),
    setting("max_duration"),
    setting("max_calls", type=int),
    setting("max_failures"),
    setting("max_lock", type=float),
    setting("out", type=click.Path()),
    setting("report", multiple=True),
    setting("log_format", type=click.Choice(["json", "console"])),
    setting("log_file", type=click.Path()),
    setting("notify_format", type=click.Choice(["auto", "json", "slack", "teams"])),
    setting("mail_from", metavar="ADDRESS"),
    setting("mail_to", multiple=True, metavar="ADDRESS"),
    setting("metrics_file", type=click.Path()),
    setting("quiet", "-q", is_flag=True, default=None),
    setting("verbose", "-v", is_flag=True, default=None),
    setting("progress_every", type=float),
    click.option("--json", "as_json", is_flag=True, help="How the run ended, as JSON on stdout."),
    click.option("--yes", is_flag=True, help="Do not ask before mailing learners."),
    click.option("--gentle-off", is_flag=True, help="Forget the gentler pace after an unexplained lock."),
    click.option("--sandbox", is_flag=True, help="Rehearse against a sandbox on this machine; no credentials."),
    setting("speed", type=float),
    click.option(
        "--sandbox-faults",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="A fault plan for the sandbox; default: sandbox.toml beside the first sheet.",
    ),
)


def refused_secret(name: str) -> Callable[[F], F]:
    """Make a flag that says why it is none: whoever tries it learns where a secret belongs."""
    return click.option("--" + name.replace("_", "-"), name, hidden=True, expose_value=False, callback=_refuse_secret)


def _refuse_secret(_context: click.Context, parameter: click.Parameter, value: object) -> None:
    if value is None:
        return
    variable = f"BATCHPUB_{(parameter.name or '').upper()}"
    raise click.UsageError(
        f"{parameter.opts[0]}: a secret is not taken from the command line, where every user of this machine can read it. "
        f"Leave it out to be asked, or set {variable} or {variable}_FILE. Make a new one: this one has been seen."
    )


def with_flags(*flags: Callable[[F], F]) -> Callable[[F], F]:
    """Put several flags on a command, in this order."""

    def decorate(function: F) -> F:
        for flag in reversed(flags):
            function = flag(function)
        return function

    return decorate


def settle_settings(flags: dict[str, Any], job: Path | None, *, needs_credentials: bool = True) -> Settings:
    """Merge flags, environment and job file. A flag that was not given counts for nothing."""
    given = {name: value for name, value in flags.items() if value is not None and value != ()}
    if isinstance(given.get("report"), tuple):
        given["report"] = tuple(part for told in given["report"] for part in str(told).split(",") if part)
    return load_settings(flags=given, environ=os.environ, job_file=job, needs_credentials=needs_credentials)
