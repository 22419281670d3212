"""Signs in the answers that the trouble is not one course's: pure, and shared by all who make calls in a run."""

import re
from collections import defaultdict
from dataclasses import dataclass, field

from batchpub.course import Course
from batchpub.errors import ExitCode, Stop
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

STRANGE_IN_A_ROW = 3
FIRST_COURSES = 10
NOT_FOUND = 404
EXCERPT_CHARACTERS = 120
TAG = re.compile(r"<[^>]*>?")  # the excerpt may end in the middle of one


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
            return _stop_for_strange(reply) if len(met) >= STRANGE_IN_A_ROW else None
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
        return STOP_FOR_OTHER_ACCOUNT if len(self._not_found) >= FIRST_COURSES else None


STOP_FOR_OTHER_ACCOUNT = Stop(
    reason=(
        f"The service knows none of the first {FIRST_COURSES} courses (HTTP 404), and nothing was published there before: "
        "the data centre or the account is probably another. Compare the address of the courses in a browser with "
        "BATCHPUB_DATA_CENTER, and whose token it is."
    ),
    exit_code=ExitCode.ACCESS_REFUSED,
)


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


def _stop_for_strange(reply: Reply) -> Stop:
    text = " ".join(TAG.sub(" ", reply.excerpt).split()) or reply.excerpt
    told = f": {text[:EXCERPT_CHARACTERS]}" if text else " and an empty body"
    remedy = (
        f'If the code is about each course, say so in the job file: [answers] "{reply.code}" = "refused". '
        if isinstance(reply.answer, Refused)
        else "A sign-in page means that the access has ended; a page of a proxy, that it is in the way. "
    )
    return Stop(
        reason=(
            f"{STRANGE_IN_A_ROW} courses in a row were answered with what this program does not know "
            f"(HTTP {reply.http_status}{told}). {remedy}Run it again when the cause is found."
        ),
        exit_code=ExitCode.UNREACHABLE,
    )
