"""Why a run cannot start or go on: one exception per reason, each with the exit code it ends in."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process tells the pipeline. Frozen: a number never changes its meaning."""

    OK = 0
    SOME_FAILED = 1
    USAGE = 2
    SOME_UNKNOWN = 3
    OWN_RULE = 4
    SHEET_REFUSED = 65
    SHEET_MISSING = 66
    UNREACHABLE = 69
    BUG = 70
    CANNOT_WRITE = 74
    STOPPED_EARLY = 75
    ACCESS_REFUSED = 77
    SETTINGS_WRONG = 78
    INTERRUPTED = 130
    TERMINATED = 143


PRECEDENCE = (
    ExitCode.BUG,
    ExitCode.CANNOT_WRITE,
    ExitCode.SETTINGS_WRONG,
    ExitCode.USAGE,
    ExitCode.SHEET_MISSING,
    ExitCode.SHEET_REFUSED,
    ExitCode.ACCESS_REFUSED,
    ExitCode.OWN_RULE,
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
    ExitCode.UNREACHABLE,
    ExitCode.STOPPED_EARLY,
    ExitCode.SOME_UNKNOWN,
    ExitCode.SOME_FAILED,
    ExitCode.OK,
)
"""When several codes apply, the first of these is the one the process ends with."""


class BatchpubError(Exception):
    """The run cannot start or go on. The text tells the operator what to do next."""

    exit_code = ExitCode.BUG


class SheetRefused(BatchpubError):
    """A whole file cannot be taken as a list of courses. Nothing is sent."""

    exit_code = ExitCode.SHEET_REFUSED

    def __init__(self, file: str, message: str) -> None:
        """Remember the file as the person named it, and the sentence without it."""
        super().__init__(f"{file}: {message}")
        self.file = file
        self.message = message


class SheetMissing(SheetRefused):
    """There is no such file, or it may not be read."""

    exit_code = ExitCode.SHEET_MISSING


class SettingsWrong(BatchpubError):
    """A flag's value, an environment variable or a job file makes no sense."""

    exit_code = ExitCode.SETTINGS_WRONG


class CannotWrite(BatchpubError):
    """The state or a report cannot be written. What happened is in the log."""

    exit_code = ExitCode.CANNOT_WRITE


class AccessRefused(BatchpubError):
    """Zoho does not let us in, and trying again would not help."""

    exit_code = ExitCode.ACCESS_REFUSED


class ServiceUnreachable(BatchpubError):
    """Zoho could not be reached at all."""

    exit_code = ExitCode.UNREACHABLE


class OwnRule(BatchpubError):
    """A rule that the operator set forbids the run. Nothing was sent."""

    exit_code = ExitCode.OWN_RULE
