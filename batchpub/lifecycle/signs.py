"""Signs that the trouble is not one course's: what the answers to different courses say together."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from http import HTTPStatus

from batchpub.course import Course
from batchpub.services import interface as answers
from batchpub.services.interface import CourseState, Operation, Reply
from batchpub.stopping import Stop, StopReason

MOST_FORBIDDEN = 3
MOST_STRANGE = 3
FIRST_COURSES = 10

SHARED_LIMIT = "422 from two courses with no success between"
"""The cause of a lock that no answer states."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What a run has heard so far. A new one is made with every answer."""

    is_new_portal: bool = False
    """Nothing was ever published there, and every course that was answered so far is unknown there."""
    not_found: AbstractSet[Course] = frozenset()
    """The courses that a new portal does not know."""
    strange: AbstractSet[tuple[Operation, str, Course]] = frozenset()
    """Strange answers by operation and kind, with no answer to such a call between that says something."""
    forbidden_in_a_row: int = 0
    limited_course: Course | None = None
    """The course that met "maximum limit exceeded" first, with no success since."""
    may_not_read: bool = False
    """The access lacks the scope for reading: no course is read any more in this run."""
    unreached_in_a_row: int = 0
    """Calls that never reached the service since the last one that did."""

    def hear(self, operation: Operation, course: Course, reply: Reply) -> "Signs":
        """Take in an answer. One that says nothing either way neither counts nor ends what is counted in a row."""
        if isinstance(reply.answer, answers.Withheld):
            return self
        unreached = isinstance(reply.answer, answers.NotSent)
        signs = replace(self, unreached_in_a_row=self.unreached_in_a_row + 1 if unreached else 0)
        if (kind := _strangeness_of(reply)) is not None:
            signs = replace(signs, strange=self.strange | {(operation, kind, course)})
        elif _says_something(reply):
            signs = _end_what_was_strange(signs, operation, course, reply)
        if operation is Operation.PUBLISH:
            return _hear_publishing(signs, course, reply)
        return replace(signs, may_not_read=self.may_not_read or isinstance(reply.answer, answers.Denied))

    def is_limit_shared(self, course: Course, status: int | None) -> bool:
        """Tell whether a 422 is the second one, from another course, with no success between."""
        return status == HTTPStatus.UNPROCESSABLE_ENTITY and self.limited_course not in (None, course)

    def why_stop(self, operation: Operation, reply: Reply) -> Stop | None:
        """Say why the run ends with this answer, which was heard last; None where it does not."""
        if self.forbidden_in_a_row >= MOST_FORBIDDEN:
            return Stop(reason=StopReason.FORBIDDEN)
        kind = _strangeness_of(reply)
        if sum(one[:2] == (operation, kind) for one in self.strange) >= MOST_STRANGE:
            return Stop(reason=StopReason.STRANGE_ANSWERS, count=MOST_STRANGE, reply=reply)
        if len(self.not_found) >= FIRST_COURSES:
            return Stop(reason=StopReason.OTHER_ACCOUNT, count=FIRST_COURSES)
        return None


def _end_what_was_strange(signs: Signs, operation: Operation, course: Course, reply: Reply) -> Signs:
    """Take in an answer that is about its course, and understood."""
    is_unknown = isinstance(reply.answer, answers.Refused) and reply.http_status == HTTPStatus.NOT_FOUND
    is_new = signs.is_new_portal and is_unknown
    return replace(
        signs,
        strange=frozenset(one for one in signs.strange if one[0] is not operation),
        is_new_portal=is_new,
        not_found=signs.not_found | {course} if is_new else frozenset(),
    )


def _hear_publishing(signs: Signs, course: Course, reply: Reply) -> Signs:
    match reply.answer:
        case answers.Published():
            return replace(signs, forbidden_in_a_row=0, limited_course=None)
        case answers.Refused():
            is_forbidden = reply.http_status == HTTPStatus.FORBIDDEN
            is_limited = reply.http_status == HTTPStatus.UNPROCESSABLE_ENTITY
            return replace(
                signs,
                forbidden_in_a_row=signs.forbidden_in_a_row + 1 if is_forbidden else 0,
                limited_course=signs.limited_course or (course if is_limited else None),
            )
        case _:
            return signs


def _strangeness_of(reply: Reply) -> str | None:
    """Name what is strange about an answer: nothing in it we can read, or a code nobody knows; None where nothing is."""
    match reply.answer:
        case answers.Unclear(strange=True):
            return "?"  # nothing readable
        case answers.Refused(known=False, code=code):
            return f"{reply.http_status} {code}"
    return None


def _says_something(reply: Reply) -> bool:
    """Tell whether the answer is about the course, and understood."""
    if isinstance(reply.answer, answers.StateRead):
        return reply.answer.state is not CourseState.CANNOT_TELL
    return isinstance(reply.answer, answers.Published | answers.SaidPublished | answers.Refused)
