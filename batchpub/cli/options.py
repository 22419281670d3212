"""Flags that several commands share, and the way from flags to settings."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from batchpub.cli.wording import with_flags
from batchpub.settings.fields import PATHS, SETTINGS, Settings, show_default
from batchpub.settings.load import load_settings

SHORT = {"quiet": "-q", "verbose": "-v"}
METAVARS = {
    "id_digits": "DIGITS", "confirm_id": "ID", "again": "ID", "again_id": "NAME", "mail_from": "ADDRESS",
    "mail_to": "ADDRESS",
}  # fmt: skip
"""What stands for the value in the help, where the kind of value does not say it."""


def setting(name: str) -> click.Option:
    """Make a setting's flag; name, meaning, default and kind of value are the setting's own."""
    about, default = SETTINGS[name], show_default(name)
    meaning = with_flags(about.title[:1].upper() + about.title[1:]) + "." + (f" [{default}]" if default else "")
    kind = {"type": click.Path()} if name in PATHS else _kind_of(about.reader.schema)
    names = [*filter(None, ("--" + name.replace("_", "-"), SHORT.get(name)))]
    return click.Option(names, help=meaning.replace("`", ""), metavar=METAVARS.get(name), **kind)


def _kind_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Give what click is told of a value from what a job file is told of it. The setting's own reader has the last word."""
    match schema:
        case {"type": "integer"}:
            return {"type": int}
        case {"type": "number"}:
            return {"type": float}
        case {"type": "boolean"}:
            return {"is_flag": True, "default": None}
        case {"type": "array"}:
            return {"multiple": True}
        case {"enum": words}:
            return {"type": click.Choice(words)}
        case _:
            return {}


JOB = click.Option(["--job"], type=click.Path(path_type=Path), help="A job file (TOML) with settings.")
STATE = setting("state")

_OF_SHEETS = (
    "sheet", "column", "name", "keep_going", "max_rows", "id_digits", "confirm_id", "include_hidden", "notify", "names",
    "strict", "expect", "again", "again_id", "portal", "rate", "burst", "period", "lock", "guard", "settle",
)  # fmt: skip
_OF_RUNS = (
    "workers", "attempts", "course_time", "verify", "max_duration", "max_calls", "max_failures", "max_lock", "out",
    "report", "log_format", "log_file", "notify_format", "mail_from", "mail_to", "metrics_file", "quiet", "verbose",
    "progress_every", "speed",
)  # fmt: skip

SHEET_FLAGS = tuple(map(setting, _OF_SHEETS))
RUN_FLAGS = (
    *map(setting, _OF_RUNS),
    click.Option(["--json", "as_json"], is_flag=True, help="How the run ended, as JSON on stdout."),
    click.Option(["--yes"], is_flag=True, help="Do not ask before mailing learners."),
    click.Option(["--gentle-off"], is_flag=True, help="Forget the gentler pace after an unexplained lock."),
    click.Option(["--sandbox"], is_flag=True, help="Rehearse against a sandbox on this machine; no credentials."),
    click.Option(
        ["--sandbox-faults"],
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="A fault plan for the sandbox; default: sandbox.toml beside the first sheet.",
    ),
)


def refused_secret(name: str) -> click.Option:
    """Make a flag that says why it is none: whoever tries it learns where a secret belongs."""
    return click.Option(["--" + name.replace("_", "-"), name], hidden=True, expose_value=False, callback=_refuse_secret)


def _refuse_secret(_context: click.Context, parameter: click.Parameter, value: object) -> None:
    if value is None:
        return
    variable = f"BATCHPUB_{(parameter.name or '').upper()}"
    raise click.UsageError(
        f"{parameter.opts[0]}: a secret is not taken from the command line, where every user of this machine can read it. "
        f"Leave it out to be asked, or set {variable} or {variable}_FILE. Make a new one: this one has been seen."
    )


def settle_settings(flags: dict[str, Any], job: Path | None, *, needs_credentials: bool = True) -> Settings:
    """Merge flags, environment and job file. A flag that was not given counts for nothing."""
    given = {name: value for name, value in flags.items() if value is not None and value != ()}
    if isinstance(given.get("report"), tuple):
        given["report"] = tuple(part for names in given["report"] for part in str(names).split(",") if part)
    return load_settings(flags=given, environ=os.environ, job_file=job, needs_credentials=needs_credentials)
