"""Why a run ends early, as a value with its facts: `sentences.stops` words it, and cli adds the flag."""

from dataclasses import dataclass
from enum import Enum
from typing import Self

from batchpub.errors import AccessRefused, ExitCode, ServiceUnreachable
from batchpub.services.interface import Reply


class StopReason(Enum):
    """What ended a run early. Each has the exit code it asks for, and the setting that has a say in it, or ""."""

    exit_code: ExitCode
    setting: str

    def __new__(cls, word: str, exit_code: ExitCode, setting: str = "") -> Self:
        """Make a reason that knows its exit code."""
        member = object.__new__(cls)
        member._value_ = word
        member.exit_code = exit_code
        member.setting = setting
        return member

    INTERRUPTED = "interrupted", ExitCode.INTERRUPTED
    TERMINATED = "terminated", ExitCode.TERMINATED
    ASKED = "asked", ExitCode.TERMINATED
    """The program that runs it said so."""
    TIME_IS_OVER = "time_is_over", ExitCode.STOPPED_EARLY, "max_duration"
    CALLS_ARE_MADE = "calls_are_made", ExitCode.STOPPED_EARLY, "max_calls"
    LONG_LOCK_STATED = "long_lock_stated", ExitCode.STOPPED_EARLY, "max_lock"
    LONG_LOCK_FOUND = "long_lock_found", ExitCode.STOPPED_EARLY, "max_lock"
    LOCKED_AGAIN = "locked_again", ExitCode.STOPPED_EARLY, "max_lock"
    LOCK_OUTLASTS_RUN = "lock_outlasts_run", ExitCode.STOPPED_EARLY, "max_duration"
    QUOTA_IS_USED = "quota_is_used", ExitCode.STOPPED_EARLY
    LIMIT_IS_SHARED = "limit_is_shared", ExitCode.STOPPED_EARLY
    MANY_FAILURES = "many_failures", ExitCode.OWN_RULE, "max_failures"
    OWN_RULE = "own_rule", ExitCode.OWN_RULE
    FORBIDDEN = "forbidden", ExitCode.ACCESS_REFUSED
    DENIED = "denied", ExitCode.ACCESS_REFUSED
    ACCESS_IS_INVALID = "access_is_invalid", ExitCode.ACCESS_REFUSED
    NO_ACCESS = "no_access", ExitCode.ACCESS_REFUSED
    OTHER_ACCOUNT = "other_account", ExitCode.ACCESS_REFUSED
    NOT_REACHED = "not_reached", ExitCode.UNREACHABLE
    NO_ACCESS_NOW = "no_access_now", ExitCode.UNREACHABLE
    STRANGE_ANSWERS = "strange_answers", ExitCode.UNREACHABLE
    STATE_IS_GONE = "state_is_gone", ExitCode.CANNOT_WRITE
    SHORTAGE = "shortage", ExitCode.CANNOT_WRITE
    BUG = "bug", ExitCode.BUG


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Why the gate is closed for good: the reason, and its facts as far as it has them.

    `seconds` is a time that was measured or stated, `most` the bound that it or `count` is beyond; `said` are the words of
    whoever knows more: a signal's name, an error's text, a throttle's sign. `reply` is the answer that gave the reason.
    """

    reason: StopReason
    seconds: float | None = None
    most: float = 0
    count: int = 0
    said: str = ""
    reply: Reply | None = None

    @property
    def exit_code(self) -> ExitCode:
        """The exit code that the reason asks for."""
        return self.reason.exit_code


def stop_for(error: AccessRefused | ServiceUnreachable) -> Stop:
    """Give the stop of a run that has no access, for good or for now."""
    lasts = isinstance(error, AccessRefused)
    return Stop(reason=StopReason.NO_ACCESS if lasts else StopReason.NO_ACCESS_NOW, said=str(error))
