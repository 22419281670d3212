"""What every command is called and takes. A command's body is imported when it is called.

So `--help` and shell completion import the table of settings and click, and nothing else: they answer at once.
"""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from batchpub.cli.help import HelpfulCommand
from batchpub.cli.options import JOB, RUN_FLAGS, SHEET_FLAGS, STATE, refused_secret, setting

SHEETS = click.Argument(["sheets"], nargs=-1, metavar="[SHEET]...")
RUN = click.Argument(["run"], required=False)
AS_JSON = click.Option(["--json", "as_json"], is_flag=True, help="JSON on stdout.")
NEW_FILE = click.Path(dir_okay=False, path_type=Path)


def _body(module: str, name: str) -> Callable[..., Any]:
    """Give a command's body, which is imported when it is called."""

    def run(**flags: Any) -> Any:
        return getattr(importlib.import_module(f"batchpub.cli.{module}"), name)(**flags)

    return run


check = HelpfulCommand(
    "check",
    callback=_body("check", "check"),
    params=[
        SHEETS,
        JOB,
        STATE,
        *SHEET_FLAGS,
        click.Option(["--online"], is_flag=True, help="Read every course's name, state and type in Zoho first."),
        AS_JSON,
        click.Option(
            ["--report", "formats"],
            multiple=True,
            type=click.Choice(["junit", "codequality"]),
            help="Write what a CI server shows at a merge request: junit.xml, or GitLab's Code Quality report.",
        ),
        click.Option(
            ["--out"],
            type=click.Path(path_type=Path),
            default=Path(),
            metavar="PATH",
            help="Folder of these files. [.]",
        ),
    ],
    help="""Show what would be published, what is wrong and how long it takes. Nothing is sent.

    A SHEET may be a folder: every sheet in it and in its folders. Without SHEET, the job file names them.
    """,
)
publish = HelpfulCommand(
    "publish",
    callback=_body("publish", "publish"),
    params=[SHEETS, JOB, STATE, *SHEET_FLAGS, *RUN_FLAGS],
    help="""Publish every course of the sheets. The same command again continues where it stopped.

    A SHEET may be a folder: every sheet in it and in its folders. Without SHEET, the job file names them.
    """,
)
retry = HelpfulCommand(
    "retry",
    callback=_body("publish", "retry"),
    params=[click.Argument(["results"], metavar="RESULTS"), JOB, STATE, *SHEET_FLAGS, *RUN_FLAGS],
    help="""Publish what an earlier results.csv, results.xlsx or run_results.json says is not published yet.

    RESULTS may be the folder of a run's reports.
    """,
)
runs = HelpfulCommand(
    "runs",
    callback=_body("runs", "runs"),
    params=[
        RUN,
        STATE,
        AS_JSON,
        click.Option(["--delete-older-than"], metavar="DAYS", help="Forget what was on older sheets, e.g. 90d."),
    ],
    help="List the runs in the state, newest first: how each ended, and whether it is running or died. With RUN, tell of it.",
)
report = HelpfulCommand(
    "report",
    callback=_body("runs", "report"),
    params=[
        RUN,
        STATE,
        click.Option(["--out"], type=click.Path(path_type=Path), help="Folder of the reports. [batchpub-reports/RUN]"),
        click.Option(["--report"], multiple=True, help="csv, xlsx, html, junit, json. [all]"),
    ],
    help="Write a run's reports again; without RUN, the newest one's. Works for a run that died, too.",
)
doctor = HelpfulCommand(
    "doctor",
    callback=_body("doctor", "doctor"),
    params=[
        *(JOB, STATE, setting("data_center"), setting("portal"), setting("rate"), AS_JSON),
        click.Option(["--unlock"], is_flag=True, help="Forget Zoho's lock, if you know that it is lifted; asks first."),
        click.Option(["--yes"], is_flag=True, help="Do not ask."),
    ],
    help="""Look whether a run can start here: credentials, access, state, lock, clock. Each with its remedy.

    No sheet is needed and nothing is published. One course that nobody has is read, which counts as a call.
    """,
)
template = HelpfulCommand(
    "template",
    callback=_body("template", "template"),
    params=[
        click.Argument(["file"], type=NEW_FILE),
        setting("id_digits"),
        click.Option(
            ["--language"],
            type=click.Choice(["en", "de", "fr", "es", "ja"]),
            default="en",
            help="What staff read it in. [en]",
        ),
    ],
    help="Write a workbook for staff whose id column is text before anybody types.",
)
login = HelpfulCommand(
    "login",
    callback=_body("login", "login"),
    params=[
        *(setting("data_center"), setting("accounts_url")),
        click.Option(["--out"], type=NEW_FILE, help="Write it to this new file, mode 0600."),
        *map(refused_secret, ("client_id", "client_secret", "grant_code", "refresh_token")),
    ],
    help="""Turn a grant code into the refresh token that pipelines use.

    Asks for client id, client secret and grant code, or takes them from BATCHPUB_CLIENT_ID, BATCHPUB_CLIENT_SECRET and
    BATCHPUB_GRANT_CODE (each also as ..._FILE).
    """,
)
