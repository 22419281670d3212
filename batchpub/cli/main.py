"""The group of commands, and the edge of the program where every exception becomes a sentence and an exit code."""

import importlib
import io
import sys
from typing import NoReturn

import click

from batchpub import __version__
from batchpub.cli.signals import Left, Signals
from batchpub.errors import BatchpubError, ExitCode, name_bug

COMMANDS = {
    "check": ("batchpub.cli.check", "check", "Show what would be published, and what is wrong; send nothing."),
    "publish": ("batchpub.cli.publish", "publish", "Publish every course of the sheets; again: continue."),
    "retry": ("batchpub.cli.publish", "retry", "Publish what an earlier results file says is not published yet."),
    "report": ("batchpub.cli.runs", "report", "Write a run's reports again."),
    "runs": ("batchpub.cli.runs", "runs", "List the runs in the state."),
    "template": ("batchpub.cli.template", "template", "Write a workbook for staff whose id column cannot lose digits."),
    "login": ("batchpub.cli.login", "login", "Turn a grant code into the refresh token that pipelines use."),
    "sandbox": ("batchpub.sandbox.command", "sandbox", "Play Zoho on this machine."),
}


class Commands(click.Group):
    """Knows its commands by name and imports one only when it is called."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """Give the names in the order of a day's work."""
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """Import a command."""
        if name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, told) for name, (_, _, told) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="batchpub")
def group() -> None:
    """Publish every course of a spreadsheet in the Zoho People LMS, inside its rate limit."""


def main() -> NoReturn:
    """Run the command line; every way out has an exit code of the table."""
    signals = Signals()
    signals.listen()
    for stream in (sys.stdout, sys.stderr):  # a name that the code page does not have must not end the command
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        code = group.main(standalone_mode=False, obj=signals)
        sys.exit(int(code or 0))
    except Left as left:
        if sys.stderr.isatty():
            click.echo(f"batchpub: {left.reason}", err=True)
        raise
    except click.ClickException as error:
        error.show()
        sys.exit(ExitCode.USAGE)
    except click.Abort:
        click.echo("Nothing was sent.", err=True)
        sys.exit(ExitCode.INTERRUPTED)
    except BatchpubError as error:
        from batchpub.report.text import make_plain  # noqa: PLC0415 - `--help` need not wait for the reports

        click.echo(f"batchpub: {make_plain(str(error))}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(ExitCode.CANNOT_WRITE)
    except Exception as error:  # noqa: BLE001 - the edge of the program
        click.echo(f"batchpub: {name_bug(error)}. Run it again; what was sent is known.", err=True)
        sys.exit(ExitCode.BUG)
