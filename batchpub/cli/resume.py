"""The command that continues a stopped run, as a shell takes it."""

import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from click.core import ParameterSource

from batchpub.cli.files import READABLE
from batchpub.report import FILE_NAMES

NOT_FOR_RESULTS = ("sheet", "expect")
"""Flags that are about the sheets as they came, not about what is left of them."""


MOST_LETTERS = 2_000
"""A command with hundreds of files is nobody's to copy out of a log, and would make its line too long for collectors."""


def command_again() -> str:
    """Give the command this process was started with.

    Of a very long one what begins it, with the rest counted, and as a remark: nobody must run a part for the whole.
    """
    words = [*_program(), *sys.argv[1:]]
    command = shlex.join(words)
    if len(command) <= MOST_LETTERS:
        return command
    begun = command[: MOST_LETTERS // 4].rpartition(" ")[0]
    return f"# the same command again: {begun} ... ({len(words)} words in all)"


def is_short() -> bool:
    """Tell whether this process's command can be given once more as it is."""
    return len(shlex.join(sys.argv)) <= MOST_LETTERS


def find_readable(reports: Sequence[str]) -> str:
    """Give the format of the report that `retry` is to read, "" where none of these can be read."""
    return next((name for name in READABLE if name in reports), "")


def command_to_retry(context: click.Context, out: Path, reports: Sequence[str]) -> str:
    """Give the command that does what a run's own results say is left.

    That is for --again, which looks past the state, and where hundreds of files were named; else the same command does it.
    """
    results = out / FILE_NAMES[find_readable(reports) or "json"]
    return shlex.join([*_program(), "retry", *_flags(context, NOT_FOR_RESULTS), "--", str(results)])


def command_to_report(context: click.Context, run: str, out: Path, reports: Sequence[str]) -> str:
    """Give the command that has the state write the results which `retry` reads.

    Where they were not written, what lies in the folder may be another run's, which knows nothing of this one's courses.
    """
    state = _flags(context, tuple(name for name in context.params if name != "state"))
    written = ["--report", find_readable(reports) or "json", "--out", str(out)]
    return shlex.join([*_program(), "report", *state, *written, "--", run])


def _program() -> list[str]:
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return [sys.executable, "-m", "batchpub"]
    found = shutil.which(called.name)
    return [called.name] if found and Path(found).samefile(called) else [str(called)]


def _flags(context: click.Context, left_out: tuple[str, ...]) -> Iterator[str]:
    for parameter in context.command.params:
        name = parameter.name or ""
        given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if not isinstance(parameter, click.Option) or not given or name in left_out:
            continue
        value = context.params[name]
        if parameter.is_flag:
            yield parameter.opts[0]
            continue
        for one in value if parameter.multiple else (value,):
            yield from (parameter.opts[0], str(one))
