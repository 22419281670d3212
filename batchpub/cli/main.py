"""The group of commands, and the edge of the program where every exception becomes a sentence and an exit code."""

import atexit
import gc
import importlib
import io
import os
import sys
from typing import NoReturn

import click

from batchpub import __version__
from batchpub.cli.ending import name_end
from batchpub.cli.invocation import Invocation
from batchpub.cli.signals import Left
from batchpub.errors import BatchpubError, ExitCode

COMMANDS = {
    "check": "Show what would be published, and what is wrong; send nothing.",
    "publish": "Publish every course of the sheets. Rerun to resume.",
    "retry": "Publish what an earlier results file says is not published yet.",
    "report": "Write a run's reports again.",
    "runs": "List the runs in the state.",
    "doctor": "Look whether a run can start here, and say what is missing.",
    "template": "Write a workbook for staff whose id column cannot lose digits.",
    "login": "Turn a grant code into the refresh token that pipelines use.",
    "sandbox": "Play Zoho on this machine.",
}

OBJECTS_TO_COLLECT = 20_000
"""How many more objects there are when the garbage collector looks: a few megabytes; Python's own choice is 700 or 2000."""


class Commands(click.Group):
    """Knows its commands by name and imports one only when it is called."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """Give the names in the order of a day's work."""
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """Import a command."""
        if name not in COMMANDS:
            return None
        module = "batchpub.sandbox.command" if name == "sandbox" else "batchpub.cli.commands"
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; answer one that there is not with the one that was meant."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from batchpub.cli.help import suggest_command  # noqa: PLC0415 - only for a name that was mistyped

            meant = suggest_command(args[0], list(COMMANDS))
            raise click.UsageError(f"No such command: {args[0]!r}.{f' Did you mean {meant}?' if meant else ''}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", prog_name="batchpub")
@click.pass_context
def group(context: click.Context) -> None:
    """Publish every course of a spreadsheet in the Zoho People LMS, inside its rate limit."""
    if here := context.find_object(Invocation):
        here.command = context.invoked_subcommand or ""


def main() -> NoReturn:
    """Run the command line; every way out has an exit code of the table."""
    here = Invocation()
    here.signals.listen()
    _spare_collector()
    _forbid_core_dumps()
    _open_missing_streams()
    for stream in (sys.stdout, sys.stderr):  # a name that the code page does not have must not end the command
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        code = group.main(standalone_mode=False, obj=here)
        sys.stdout.flush()  # else what cannot be written is found at the interpreter's end, which makes it 120
        sys.exit(int(code or 0))
    except (Exception, Left) as error:  # noqa: BLE001 - the edge of the program
        code = _tell(error)
        if not here.said and (here.is_run() or here.command == "check"):
            from batchpub.cli.refusal import leave_word  # noqa: PLC0415 - needed when all is over

            leave_word(here, error)
        sys.exit(code)


def _tell(error: BaseException) -> ExitCode:
    """Say why the command did not come to its end, and give the code."""
    code, sentence = name_end(error)
    match error:
        case click.ClickException():
            error.show()
        case click.Abort():
            click.echo(sentence, err=True)
        case BatchpubError():
            from batchpub.report.text import make_plain  # noqa: PLC0415 - `--help` need not wait for the reports

            click.echo(f"batchpub: {make_plain(sentence)}", err=True)
        case BrokenPipeError():
            sys.stderr.close()
            return ExitCode.CANNOT_WRITE
        case OSError(filename=None) if code is ExitCode.BUG:
            sentence = f"The output cannot be written: {error.strerror}. Make room, or send it elsewhere."
            click.echo(f"batchpub: {sentence}", err=True)
            os._exit(ExitCode.CANNOT_WRITE)  # else the interpreter tries once more, and says so in words of its own
        case _:
            click.echo(f"batchpub: {sentence}", err=True)
    return code


def _spare_collector() -> None:
    """Keep the garbage collector from walking through what was imported, again and again and once more at the end.

    That would be a third of the CPU of a short command. What a run leaves in circles is collected all the same.
    """
    gc.set_threshold(OBJECTS_TO_COLLECT)
    atexit.register(gc.freeze)


def _forbid_core_dumps() -> None:
    """Leave no picture of the memory where a crash happens: credentials are in it."""
    try:
        import resource  # noqa: PLC0415 - Windows has none

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    except (ImportError, OSError, ValueError):
        return


def _open_missing_streams() -> None:
    """Let what has no stream write to nowhere: a file opened later would get its number, and the log as well."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - as long as we live
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - as above
