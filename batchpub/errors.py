"""Why a run cannot start or go on: one exception per reason, each with the exit code it ends in."""

import errno
import traceback
from collections.abc import Sequence
from enum import IntEnum
from typing import Self


class ExitCode(IntEnum):
    """What the process tells the pipeline. Frozen: a number never changes its meaning.

    Each has its meaning and what to do next, as the reference and the tables of the help show them.
    """

    meaning: str
    remedy: str

    def __new__(cls, code: int, meaning: str = "", remedy: str = "") -> Self:
        """Make a number that can explain itself."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        member.remedy = remedy
        return member

    OK = 0, "every row is published, already published, duplicate or skipped", "nothing"
    SOME_FAILED = 1, "finished; some rows were refused, failed or are invalid", "correct those rows, run again"
    USAGE = 2, "the command line is wrong", "correct it"
    SOME_UNKNOWN = 3, "finished; some outcomes are unknown", "look at those courses"
    OWN_RULE = 4, "stopped by a rule of your own (`max_failures`, `expect`, `strict`)", "look why"
    SHEET_REFUSED = 65, "a sheet is refused; nothing was sent, or with `keep_going` nothing of it", "correct the sheet"
    SHEET_MISSING = 66, "a sheet is missing; nothing was sent", "correct the path"
    UNREACHABLE = 69, "Zoho cannot be reached", "run again later"
    BUG = 70, "a bug", "report it; `batchpub report` still writes the run"
    CANNOT_WRITE = 74, "the state or a report cannot be written", "make room, then `batchpub report`, or run again"
    STOPPED_EARLY = 75, "stopped early (deadline, lock)", "run again"
    ACCESS_REFUSED = 77, "Zoho refuses us", "renew credentials or rights"
    SETTINGS_WRONG = 78, "a setting is wrong; nothing was sent", "the sentence says which"
    INTERRUPTED = 130, "interrupted; calls in flight were finished", "run again"
    TERMINATED = 143, "terminated; calls in flight were finished", "run again"


WORTH_A_RETRY = (ExitCode.UNREACHABLE, ExitCode.STOPPED_EARLY)
"""The codes after which the same command, run again by a machine, may well succeed."""

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


def name_bug(error: BaseException) -> str:
    """Name a bug for whoever mends it: its kind and its place, and no text, which could be anybody's."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename.rsplit('batchpub', 1)[-1]}:{frames[-1].lineno}" if frames else ""
    return f"a bug: {type(error).__name__}{place}"


def name_shortage(error: BaseException) -> str:
    """Say what the machine does not give us, and what to do; "" where that is not the trouble."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if error.__cause__ is not None and (cause := name_shortage(error.__cause__)):
        return cause
    match error:
        case (
            MemoryError() | SystemError()
        ):  # the interpreter's own, where an import or a C extension had no memory left
            return "The memory is used up. Give batchpub more of it, or fewer rows at a time, then run the same command again."
        case RuntimeError() if "can't start new thread" in str(error):
            return (
                "The machine allows no further thread. Raise the limit of processes (ulimit -u, the container's pids limit), "
                "then run the same command again."
            )
        case OSError(errno=errno.EMFILE | errno.ENFILE | errno.ENOMEM):
            return f"The machine gives us no more: {error.strerror}. Raise that limit, then run the same command again."
        case _:
            return ""


class BatchpubError(Exception):
    """The run cannot start or go on. The text tells the operator what to do next."""

    exit_code = ExitCode.BUG


class SheetRefused(BatchpubError):
    """A whole file cannot be taken as a list of courses. Nothing is sent.

    `others` are the refusals of further files, each a sentence of its own; the text has them all.
    """

    exit_code = ExitCode.SHEET_REFUSED

    def __init__(self, file: str, message: str, *, others: "tuple[SheetRefused, ...]" = ()) -> None:
        """Remember the file as the person named it, and the sentence without it."""
        super().__init__("\n".join([f"{file}: {message}", *map(str, others)]))
        self.file = file
        self.message = message
        self.others = others

    def each(self) -> "tuple[SheetRefused, ...]":
        """Give the refusal of every file by itself."""
        return (type(self)(self.file, self.message), *self.others)


class SheetMissing(SheetRefused):
    """There is no such file, or it may not be read."""

    exit_code = ExitCode.SHEET_MISSING


def refuse_all(refused: Sequence[SheetRefused]) -> SheetRefused:
    """Make one error of the refusals of several files; a missing file wins the exit code."""
    first = next((error for error in refused if isinstance(error, SheetMissing)), refused[0])
    return type(first)(first.file, first.message, others=tuple(error for error in refused if error is not first))


class SettingsWrong(BatchpubError):
    """A flag's value, an environment variable or a job file makes no sense."""

    exit_code = ExitCode.SETTINGS_WRONG


class CannotWrite(BatchpubError):
    """The state or a report cannot be written. What happened is in the log."""

    exit_code = ExitCode.CANNOT_WRITE


class AccessRefused(BatchpubError):
    """Zoho does not let us in, and trying again would not help."""

    exit_code = ExitCode.ACCESS_REFUSED


class StoppedEarly(BatchpubError):
    """It is not worth waiting now; the same command later goes on."""

    exit_code = ExitCode.STOPPED_EARLY


class ServiceUnreachable(BatchpubError):
    """Zoho could not be reached at all."""

    exit_code = ExitCode.UNREACHABLE
