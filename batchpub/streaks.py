"""Signs in the answers that the trouble is not one course's: pure, and shared by all who make calls in a run."""

from collections import defaultdict
from dataclasses import dataclass, field

from batchpub.course import Course
from batchpub.services.interface import (
    CourseState,
    Operation,
    Published,
    Refused,
    Reply,
    SaidPublished,
    StateRead,
    Unclear,
)
from batchpub.stopping import Stop, StopReason

STRANGE_IN_A_ROW = 3
FIRST_COURSES = 10
NOT_FOUND = 404


@dataclass(slots=True, kw_only=True)
class Streaks:
    """Counts answers. `is_new_portal`: nothing was ever published there, as far as the state knows."""

    is_new_portal: bool = False
    _strange: dict[tuple[Operation, str], list[Course]] = field(default_factory=lambda: defaultdict(list))
    """By operation and kind of strangeness: the courses that met it, with no answer between that says something."""
    _not_found: set[Course] = field(default_factory=set)

    def note(self, operation: Operation, course: Course, reply: Reply) -> Stop | None:
        """Count one answer; give the reason to stop where it is one too many.

        What says nothing either way (the lock, the token, a lost answer) neither counts nor ends a streak.
        """
        strangeness = _strangeness_of(reply)
        if strangeness is not None:
            met = self._strange[operation, strangeness]
            if course not in met:
                met.append(course)
            is_enough = len(met) >= STRANGE_IN_A_ROW
            return Stop(reason=StopReason.STRANGE_ANSWERS, count=STRANGE_IN_A_ROW, reply=reply) if is_enough else None
        if not _says_something(reply):
            return None
        for key in [key for key in self._strange if key[0] is operation]:
            del self._strange[key]
        return self._note_not_found(course, reply)

    def _note_not_found(self, course: Course, reply: Reply) -> Stop | None:
        """Look whether the first courses of a new portal are all unknown there."""
        if not isinstance(reply.answer, Refused) or reply.http_status != NOT_FOUND:
            self.is_new_portal = False
        if not self.is_new_portal:
            return None
        self._not_found.add(course)
        is_enough = len(self._not_found) >= FIRST_COURSES
        return Stop(reason=StopReason.OTHER_ACCOUNT, count=FIRST_COURSES) if is_enough else None


def _strangeness_of(reply: Reply) -> str | None:
    """Name what is strange about an answer: nothing in it we can read (""), or a code nobody knows; None where nothing is."""
    match reply.answer:
        case Unclear(strange=True):
            return ""
        case Refused(known=False, code=code):
            return f"{reply.http_status} {code}"
        case _:
            return None


def _says_something(reply: Reply) -> bool:
    """Tell whether the answer is about the course, and understood."""
    match reply.answer:
        case StateRead(state=state):
            return state is not CourseState.CANNOT_TELL
        case Published() | SaidPublished() | Refused():
            return True
        case _:
            return False
