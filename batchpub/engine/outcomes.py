"""What became of every row, told to whoever listens: each row once, so that no outcome is lost with a lost state."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

from batchpub.course import Outcome, Pile, Plan
from batchpub.events import Events
from batchpub.record import RunRecord
from batchpub.standing import FIRST_OUTCOME

LOOK = (Outcome.REFUSED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.INVALID)
"""Outcomes that are warnings. Not attempted is none: that the run stops is the warning, once for all its rows."""

FAILED_THERE = (Outcome.REFUSED, Outcome.FAILED, Outcome.UNKNOWN)
"""What went wrong at the service. A row that is wrong by itself says nothing of it."""


class Outcomes:
    """Tells and counts the rows of a plan."""

    def __init__(self, plan: Plan, events: Events) -> None:
        """Begin with none."""
        self._plan = plan
        self._events = events
        self._told: set[int] = set()
        self._counts: Counter[Outcome] = Counter()

    @property
    def total(self) -> int:
        """How many rows there are."""
        return len(self._plan.rows)

    @property
    def done(self) -> int:
        """How many rows have an outcome."""
        return len(self._told)

    @property
    def failed_there(self) -> int:
        """How many courses went wrong at the service: what `max_failures` counts."""
        return sum(self._counts[outcome] for outcome in FAILED_THERE)

    @contextlib.contextmanager
    def bind_row(self, position: int) -> Iterator[None]:
        """Name the row and its course in every event inside the block."""
        row = self._plan.rows[position]
        named: dict[str, Any] = {"file": self._plan.sheets[row.sheet_index].file, "row": row.row}
        if row.name:
            named["name"] = row.name
        if row.course is not None:
            named["course_id"] = row.course.course_id
            if row.course.batch_id:
                named["batch_id"] = row.course.batch_id
        with self._events.bound(**named):
            yield

    def tell_row(self, position: int, outcome: Outcome, *, detail: str, attempts: int = 0) -> None:
        """Tell what became of a row."""
        self._told.add(position)
        self._counts[outcome] += 1
        say = self._events.warning if outcome in LOOK else self._events.info
        with self.bind_row(position):
            say(f"course.{outcome}", attempts=attempts, detail=detail)

    def tell_settled(self, already: dict[int, str]) -> None:
        """Tell the rows of which nothing is sent: what is wrong, left out, or published before."""
        for row in self._plan.rows:
            if row.pile is not Pile.TO_PUBLISH:
                self.tell_row(row.position, FIRST_OUTCOME[row.pile], detail=row.message)
            elif row.position in already:
                self.tell_row(row.position, Outcome.ALREADY_PUBLISHED, detail=already[row.position])

    def tell_rest(self, found: RunRecord) -> None:
        """Tell, at the end, the rows that the run never got to or left open."""
        for row in found.rows:
            if row.position not in self._told:
                self.tell_row(row.position, row.outcome, detail=row.message, attempts=row.attempts)
