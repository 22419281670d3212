"""An end that is no result: its exit code and its sentence, the same on stderr, in the log and in the reports."""

import click

from batchpub.cli.signals import Left
from batchpub.errors import BatchpubError, ExitCode, name_bug, name_shortage


def name_end(error: BaseException) -> tuple[ExitCode, str]:
    """Give the exit code and the sentence of what ended a command."""
    match error:
        case click.ClickException():
            return ExitCode.USAGE, error.format_message()
        case click.Abort():
            return ExitCode.INTERRUPTED, "Nothing was sent."
        case Left():
            return error.exit_code, error.reason
        case BatchpubError():
            from batchpub.cli.wording import with_flags  # noqa: PLC0415 - a mistyped flag needs no settings

            return error.exit_code, with_flags(str(error))
        case _ if shortage := name_shortage(error):
            return ExitCode.CANNOT_WRITE, f"{shortage} What was sent is known."
        case _:
            return ExitCode.BUG, f"{name_bug(error)}. Run it again; what was sent is known."
