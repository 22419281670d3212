"""Signs that the trouble is not one course's: what the answers to different courses say together."""

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Self

from batchpub.course import Course
from batchpub.services import interface as answers
from batchpub.services.interface import Reply

MOST_FORBIDDEN = 3

SHARED_LIMIT = "422 from two courses with no success between"
"""The cause of a lock that no answer states."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What a run has heard so far. A new one is made with every answer."""

    forbidden_in_a_row: int = 0
    limited_course: Course | None = None
    """The course that met "maximum limit exceeded" first, with no success since."""
    may_not_read: bool = False
    """The access lacks the scope for reading: no course is read any more in this run."""
    unreached_in_a_row: int = 0
    """Calls that never reached the service since the last one that did."""

    def hear(self, reply: Reply) -> Self:
        """Take in whether a call reached the service. One that we kept back says nothing."""
        if isinstance(reply.answer, answers.Withheld):
            return self
        unreached = isinstance(reply.answer, answers.NotSent)
        return replace(self, unreached_in_a_row=self.unreached_in_a_row + 1 if unreached else 0)

    def hear_refusal(self, course: Course, status: int | None) -> Self:
        """Take in a final no."""
        is_first_limited = status == HTTPStatus.UNPROCESSABLE_ENTITY and self.limited_course is None
        return replace(
            self,
            forbidden_in_a_row=self.forbidden_in_a_row + 1 if status == HTTPStatus.FORBIDDEN else 0,
            limited_course=course if is_first_limited else self.limited_course,
        )

    def hear_success(self) -> Self:
        """Take in that a course was published."""
        return replace(self, forbidden_in_a_row=0, limited_course=None)

    def is_limit_shared(self, course: Course, status: int | None) -> bool:
        """Tell whether a 422 is the second one, from another course, with no success between."""
        return status == HTTPStatus.UNPROCESSABLE_ENTITY and self.limited_course not in (None, course)

    @property
    def is_forbidden(self) -> bool:
        """Tell whether this account may not publish at all."""
        return self.forbidden_in_a_row >= MOST_FORBIDDEN
