"""A row while it is judged: what it says for itself, before it is compared with the other rows."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Self

from batchpub.course import Pile, PlannedRow
from batchpub.nouns import one_of_many


@one_of_many
class Draft(PlannedRow):
    """One row with its own verdict.

    `course` is there when the row's ids are well formed, in whatever pile the row is. `length` is the number of digits of an
    id that is a clean number of a wrong length. `said_no` means that the Publish column keeps the row back.
    """

    said_no: bool = False
    length: int = 0

    def ids(self) -> tuple[str, ...]:
        """Give the ids of the row: its course's, its batch's."""
        if self.course is None:
            return ()
        return (self.course.course_id, self.course.batch_id) if self.course.batch_id else (self.course.course_id,)

    def refuse(self, reason: str) -> Self:
        """Give the row as wrong for one more reason; one that nobody asks to publish stays as it is."""
        match self.pile:
            case Pile.TO_PUBLISH:
                return replace(self, pile=Pile.INVALID, message=f"{self.cell}: {reason}")
            case Pile.INVALID:
                return replace(self, message=f"{self.message} {reason}")
            case _:
                return self


def all_ids(drafts: Iterable[Draft]) -> list[str]:
    """Give the ids of all rows that have some, with those of their batches."""
    courses = [draft.course for draft in drafts if draft.course is not None]
    return [course.course_id for course in courses] + [course.batch_id for course in courses if course.batch_id]
