"""What a service is to the rest of the program: two operations, and a closed set of meanings of its answers."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol, assert_never

from batchpub.course import Course

MaySend = Callable[[], bool]
"""The last look before a call: is its claim still held, and has neither a lock nor a stop come in between?"""

NOTHING_READABLE = " and nothing we can read"
"""How the reason of an `Unclear` ends where its answer names nothing: then a person is shown the answer itself."""


class Operation(StrEnum):
    """What can be asked of a service. The values stand in the state: they never change."""

    PUBLISH = "publish"
    READ = "read"


class CourseState(StrEnum):
    """What reading a course says about it. The values stand in the state and in reports."""

    PUBLISHED = "published"
    DRAFT = "draft"
    DISABLED = "disabled"
    CANNOT_TELL = "cannot_tell"


class Meaning(StrEnum):
    """What an answer means. The values stand in the state and in the log: they never change."""

    PUBLISHED = "published"
    SAID_PUBLISHED = "saidpublished"
    REFUSED = "refused"
    THROTTLED = "throttled"
    EXPIRED = "expired"
    DENIED = "denied"
    UNCLEAR = "unclear"
    NOT_SENT = "notsent"
    WITHHELD = "withheld"
    STATE_READ = "stateread"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The service says that it published this course."""

    meaning: ClassVar = Meaning.PUBLISHED


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The service will not do this for this course, however often it is asked.

    `certain`, here and below: the call was not executed. An operator's word alone never makes that certain.
    `known`: the code is documented or the operator's. The same unknown one for several courses may be about none of them.
    """

    meaning: ClassVar = Meaning.REFUSED
    code: str
    message: str
    certain: bool = True
    known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidPublished:
    """The reason for refusing is that the course is published already. Reading it makes sure."""

    meaning: ClassVar = Meaning.SAID_PUBLISHED
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttled:
    """The lock or, with `quota`, the daily quota refused the call.

    `wait_seconds` is what the service named, or None; `cause` is the code, phrase, header or status that gave it away.
    """

    meaning: ClassVar = Meaning.THROTTLED
    wait_seconds: float | None
    cause: str
    quota: bool = False
    certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """The access is not valid, or no longer."""

    meaning: ClassVar = Meaning.EXPIRED
    code: str
    message: str
    certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """The access does not reach so far; a new token does not help."""

    meaning: ClassVar = Meaning.DENIED
    code: str
    message: str
    certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """The call may or may not have been executed.

    `strange`: an answer came that says nothing about the course: a page, a redirect, an unknown success, a part of a
    refusal. The next course would meet the same. `code` is the one the answer names, "" where it names none.
    """

    meaning: ClassVar = Meaning.UNCLEAR
    reason: str
    strange: bool = False
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """The call never reached the service: not one byte of it was written."""

    meaning: ClassVar = Meaning.NOT_SENT
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """The last look, taken when the connection stood, said no: nothing was sent."""

    meaning: ClassVar = Meaning.WITHHELD


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRead:
    """What the course looks like now; `name` and `kind` are "" where the service did not say."""

    meaning: ClassVar = Meaning.STATE_READ
    state: CourseState
    name: str = ""
    kind: str = ""


Answer = Published | SaidPublished | Refused | Throttled | Expired | Denied | Unclear | NotSent | Withheld | StateRead


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The headers that let a call in, with the fields a call's form must have beside them.

    `expires_at` is the wall time (s since the epoch) from which the service refuses them; infinity where nobody knows.
    `hint` is a sentence for people where something about the access looks wrong, else "".
    """

    headers: Mapping[str, str] = field(repr=False)
    form: Mapping[str, str] = field(repr=False, default_factory=dict)
    expires_at: float = math.inf
    hint: str = ""

    def is_valid(self, now: datetime) -> bool:
        """Tell whether a call that starts now is let in, as far as is known."""
        return now.timestamp() < self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What one call came to. `http_status` is None where no reply came; `excerpt` is its beginning, for people."""

    answer: Answer
    http_status: int | None = None
    excerpt: str = ""

    @property
    def code(self) -> str:
        """The short code that reports show for the answer."""
        match self.answer:
            case Published():
                return "200"
            case SaidPublished(code=code) | Refused(code=code) | Expired(code=code) | Denied(code=code):
                return code
            case Throttled(cause=cause):
                return cause
            case Unclear(code=code):
                return code or "unclear"
            case NotSent():
                return "not_sent"
            case Withheld():
                return "withheld"
            case StateRead(state=state):
                return state.value
            case _ as unreachable:
                assert_never(unreachable)


class Service(Protocol):
    """One service. A call that fails is an answer; only `get_access` and `renew` raise."""

    async def get_access(self) -> Access:
        """Have the access for a call before the call is claimed: that may take minutes.

        Raises:
            AccessRefused: the service refuses for good.
            ServiceUnreachable: it could not be asked.

        """

    async def renew(self, stale: Access) -> bool:
        """Replace the access of a call that was answered `Expired`; False where a person must. Raises as above."""

    async def publish(self, course: Course, *, notify: bool, access: Access, may_send: MaySend) -> Reply:
        """Publish a course. `may_send` is asked once, when the connection stands, right before the first byte."""

    async def read_state(self, course: Course, *, access: Access, may_send: MaySend) -> Reply:
        """Read whether a course is published; `may_send` as above."""
