"""A course in the queue with what the run knows of it, and the rules that an operator sets for it."""

import math
from dataclasses import dataclass, replace
from enum import Enum, StrEnum, auto
from typing import Self

from batchpub.course import Course, NamesRule, PlannedRow
from batchpub.lifecycle.reasons import OtherName
from batchpub.services.interface import Reply, SaidPublished


class Verify(StrEnum):
    """Which courses are read before they are sent."""

    NOTHING = "nothing"
    NAMES = "names"
    """Those that a different name would keep from being sent."""
    MAILS = "mails"
    """Those that mail learners and of which this state has no answer, and those of `NAMES`."""
    EVERYTHING = "everything"


class Why(Enum):
    """Why a course is read."""

    LOST = auto()
    """A call of this run had no clear answer."""
    LOST_BEFORE = auto()
    """A call of an earlier run had none."""
    VERIFY = auto()
    """Before the first call: is it what the sheet says, and still a draft?"""
    CONFIRM = auto()
    """The service refused it as published already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A course in the queue, with what this run already knows of it."""

    position: int
    course: Course
    notify: bool
    name: str = ""
    confirmed: bool = False
    """Somebody wrote on the sheet that what looks odd about this row is meant."""
    attempts: int = 0
    """Calls of this run to publish it that the service may have seen; a lock or an old token does not count."""
    reads: int = 0
    """Readings in a row that said nothing."""
    spent_seconds: float = 0.0
    """What its calls and its own waits have taken."""
    renewed: bool = False
    """Its last answer said that the access is not valid, and the access was renewed since."""
    is_lost: bool = False
    """A call of this run may have published it: its answer never came, or was no certain no."""
    looked_at: float = -math.inf
    """Boot time (s) of the newest look at the course in the service."""
    other_name: OtherName | None = None
    """Both names, where the service has another one than the sheet: a person should know it beside the outcome."""
    said_published: SaidPublished | None = None
    """The service's word that it is published already, until reading the course makes sure."""
    last: Reply | None = None
    """The last answer that said something, though not what became of the course: what a person is shown in the end."""
    strained: bool = False
    """It met "maximum limit exceeded" while another course had the same trouble."""

    @classmethod
    def of_row(cls, row: PlannedRow, course: Course) -> Self:
        """Give the work of a planned row, of which this run knows nothing yet."""
        return cls(position=row.position, course=course, notify=row.notify, name=row.name, confirmed=row.confirmed)

    def spend(self, seconds: float) -> Self:
        """Give the work with so much more time spent on it."""
        return replace(self, spent_seconds=self.spent_seconds + seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What an operator may set about one course's attempts. Seconds throughout."""

    attempts: int = 5
    backoff_seconds: float = 2.0
    max_backoff_seconds: float = 60.0
    course_seconds: float = 1200.0
    """What one course's calls and waits may take in all; what it waits in line or for a lock does not count."""
    settle_seconds: float = 60.0
    """How long a call may still arrive after it was given up."""
    look_again_seconds: float = 2.0
    """How long to wait between two looks at a course that another run holds."""
    max_calls: int | None = None
    verify: Verify = Verify.NOTHING
    names: NamesRule = NamesRule.AUTO
    strict: bool = False
    """Hold every row whose name differs, unless names are to be ignored."""
    again: frozenset[str] = frozenset()
    uncertain: frozenset[Course] = frozenset()
    """Courses that an earlier run's results call unknown, which this state may know nothing of."""

    def publishes_again(self, course: Course) -> bool:
        """Tell whether a course is published although an earlier run did it."""
        return "all" in self.again or course.course_id in self.again

    def verifies(self, work: Work, *, known: bool) -> bool:
        """Tell whether a course is read before it is sent for the first time; `known`: the state has an answer about it."""
        if work.attempts or self.verify is Verify.NOTHING:
            return False
        if self.verify is Verify.EVERYTHING or (self.verify is Verify.MAILS and work.notify and not known):
            return True
        return bool(work.name.strip()) and self.holds_names(work)

    def holds_names(self, work: Work) -> bool:
        """Tell whether a row is held where the service has another name for its course."""
        if work.confirmed or work.course.batch_id or self.names is NamesRule.IGNORE:
            return False  # a batch has a name of its own, which is not the course's that the sheet may have
        return self.strict or self.names is NamesRule.HOLD or (self.names is NamesRule.AUTO and work.notify)

    def may_try(self, work: Work) -> bool:
        """Tell whether a course has attempts and time left."""
        return work.attempts < self.attempts and work.spent_seconds < self.course_seconds

    def may_read(self, work: Work) -> bool:
        """Tell whether a course may be read once more after readings that said nothing."""
        return work.reads < self.attempts and work.spent_seconds < self.course_seconds

    def longest_backoff(self, tries: int) -> float:
        """Give the longest wait after so many tries: twice as long each time, up to the longest of all."""
        return min(self.max_backoff_seconds, self.backoff_seconds * 2.0**tries)
