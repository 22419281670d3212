"""What every command is called and takes. A command's body is imported when it is called.

So `--help` and shell completion import the table of settings and click, and nothing else: they answer at once.
"""

from pathlib import Path
from typing import Any

import click

from batchpub.cli.help import HelpfulCommand
from batchpub.cli.options import JOB, RUN_FLAGS, SHEET_FLAGS, STATE, refused_secret, setting, with_flags


@click.command(cls=HelpfulCommand)
@click.argument("sheets", nargs=-1, metavar="[SHEET]...")
@with_flags(JOB, STATE, *SHEET_FLAGS)
@click.option("--online", is_flag=True, help="Read every course's name, state and type in Zoho first.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
@click.option(
    "--report",
    "formats",
    multiple=True,
    type=click.Choice(["junit", "codequality"]),
    help="Write what a CI server shows at a merge request: junit.xml, or GitLab's Code Quality report.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path(), metavar="PATH", help="Folder of these files. [.]"
)
def check(**flags: Any) -> int:
    """Show what would be published, what is wrong and how long it takes. Nothing is sent.

    A SHEET may be a folder: every sheet in it and in its folders. Without SHEET, the job file names them.
    """
    from batchpub.cli.check import check as run  # noqa: PLC0415 - see above

    return run(**flags)


@click.command(cls=HelpfulCommand)
@click.argument("sheets", nargs=-1, metavar="[SHEET]...")
@with_flags(JOB, STATE, *SHEET_FLAGS, *RUN_FLAGS)
def publish(**flags: Any) -> int:
    """Publish every course of the sheets. The same command again continues where it stopped.

    A SHEET may be a folder: every sheet in it and in its folders. Without SHEET, the job file names them.
    """
    from batchpub.cli.publish import publish as run  # noqa: PLC0415 - see above

    return run(**flags)


@click.command(cls=HelpfulCommand)
@click.argument("results", nargs=1, metavar="RESULTS")
@with_flags(JOB, STATE, *SHEET_FLAGS, *RUN_FLAGS)
def retry(**flags: Any) -> int:
    """Publish what an earlier results.csv, results.xlsx or run_results.json says is not published yet.

    RESULTS may be the folder of a run's reports.
    """
    from batchpub.cli.publish import retry as run  # noqa: PLC0415 - see above

    return run(**flags)


@click.command(cls=HelpfulCommand)
@click.argument("run", required=False)
@with_flags(STATE)
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
@click.option("--delete-older-than", metavar="DAYS", help="Forget what was on older sheets, e.g. 90d.")
def runs(**flags: Any) -> int:
    """List the runs in the state, newest first: how each ended, and whether it is running or died. With RUN, tell of it."""
    from batchpub.cli.runs import runs as body  # noqa: PLC0415 - see above

    return body(**flags)


@click.command(cls=HelpfulCommand)
@click.argument("run", required=False)
@with_flags(STATE)
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the reports. [batchpub-reports/RUN]")
@click.option("--report", multiple=True, help="csv, xlsx, html, junit, json. [all]")
def report(**flags: Any) -> int:
    """Write a run's reports again; without RUN, the newest one's. Works for a run that died, too."""
    from batchpub.cli.runs import report as run  # noqa: PLC0415 - see above

    return run(**flags)


@click.command(cls=HelpfulCommand)
@with_flags(JOB, STATE, setting("data_center"), setting("portal"), setting("rate"))
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
@click.option("--unlock", is_flag=True, help="Forget Zoho's lock, if you know that it is lifted; asks first.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def doctor(**flags: Any) -> int:
    """Look whether a run can start here: credentials, access, state, lock, clock. Each with its remedy.

    No sheet is needed and nothing is published. One course that nobody has is read, which counts as a call.
    """
    from batchpub.cli.doctor import doctor as run  # noqa: PLC0415 - see above

    return run(**flags)


@click.command(cls=HelpfulCommand)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@setting("id_digits")
@click.option(
    "--language", type=click.Choice(["en", "de", "fr", "es", "ja"]), default="en", help="What staff read it in. [en]"
)
def template(**flags: Any) -> None:
    """Write a workbook for staff whose id column is text before anybody types."""
    from batchpub.cli.template import template as run  # noqa: PLC0415 - see above

    run(**flags)


@click.command(cls=HelpfulCommand)
@with_flags(setting("data_center"), setting("accounts_url"))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this new file, mode 0600.")
@with_flags(*(refused_secret(name) for name in ("client_id", "client_secret", "grant_code", "refresh_token")))
def login(**flags: Any) -> None:
    """Turn a grant code into the refresh token that pipelines use.

    Asks for client id, client secret and grant code, or takes them from BATCHPUB_CLIENT_ID, BATCHPUB_CLIENT_SECRET and
    BATCHPUB_GRANT_CODE (each also as ..._FILE).
    """
    from batchpub.cli.login import login as run  # noqa: PLC0415 - see above

    run(**flags)
