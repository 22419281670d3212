"""What other runs do to our courses, as of a moment ago, so that a run need not ask before each course.

A claim is what decides; this only keeps runs that share a sheet from reaching for the same course. One question a
moment tells all that changed, however many courses and runs there are.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from batchpub.course import Course
from batchpub.store.portal import Portal
from batchpub.store.tables import Status, courses

AT_ONCE = 500  # ids in one question: a state remembers far more courses than a sheet has rows

LATE_SECONDS = 2.0
"""Overlap of two questions: changed_at is set before the commit is visible."""


class Neighbours:
    """The rows of our courses, and which other runs were seen to change them."""

    def __init__(self, portal: Portal) -> None:
        """Know nothing yet."""
        self._portal = portal
        self._rows: dict[Course, Row[Any] | None] = {}
        self._asked_at = self._began_at = 0.0
        self._others: set[str] = set()

    @property
    def are_there(self) -> bool:
        """Tell whether another run was seen at work on one of our courses."""
        return bool(self._others)

    async def load(self, wanted: Sequence[Course]) -> dict[Course, Row[Any]]:
        """Ask for many courses, and follow them from now on; those never heard of are left out of the answer."""
        asked = set(wanted)
        names = sorted({course.course_id for course in asked})

        async def read(connection: AsyncConnection, now: float) -> tuple[dict[Course, Row[Any]], float]:
            found: dict[Course, Row[Any]] = {}
            for some in (names[first : first + AT_ONCE] for first in range(0, len(names), AT_ONCE)):
                for row in await connection.execute(self._all().where(courses.c.course_id.in_(some))):
                    found[_course(row)] = row
            return {course: row for course, row in found.items() if course in asked}, now

        found, self._asked_at = await self._portal.glance(read)
        self._began_at = self._asked_at
        self._rows = {course: found.get(course) for course in asked}
        return found

    async def look(self, course: Course) -> Row[Any] | None:
        """Give a course's row as of a moment ago, None where nobody ever had it in hand."""
        if self._must_ask(course):
            return await self._portal.glance(lambda connection, _: self.ask(connection, course))
        if not 0 <= self._portal.now() - self._asked_at <= self._good_for(self._rows[course]):
            await self._refresh()
        return self._rows[course]

    async def ask(self, connection: AsyncConnection, course: Course) -> Row[Any] | None:
        """Ask for one course inside a transaction."""
        one = self._all().where(courses.c.course_id == course.course_id, courses.c.batch_id == course.batch_id)
        row = (await connection.execute(one)).one_or_none()
        self._learn(course, row)
        return row

    def forget(self, course: Course) -> None:
        """Ask anew at the next look: we changed it ourselves."""
        self._rows.pop(course, None)

    def is_news(self, row: Row[Any]) -> bool:
        """Tell whether another run has had the course in hand since this one began."""
        return bool(row.run != self._portal.run and row.changed_at > self._began_at)

    def _must_ask(self, course: Course) -> bool:
        """Tell whether nothing is known of a course, or too little: what another run seems to have left behind.

        A change that was committed late is dated too early to be told to whoever asked in between.
        """
        row = self._rows.get(course)
        if row is None:
            return course not in self._rows
        is_left = row.status in (Status.SENDING, Status.UNCLEAR) and row.held_until_at <= self._portal.now()
        return bool(row.run != self._portal.run and is_left)

    def _good_for(self, row: Row[Any] | None) -> float:
        """Give the seconds that an answer is good for, so that all runs together ask once for every two calls they make.

        Alone, a run only needs to hear that somebody came; every look would cost more than a claim that fails. What
        another run holds may be done any moment, and the last courses of a sheet are waited for like that.
        """
        limits = self._portal.limits
        if row is not None and row.run != self._portal.run and row.held_until_at > self._portal.now():
            return limits.period / 30
        return 2 * limits.period / limits.rate * len(self._others) or max(limits.period / 6, 1.0)

    async def _refresh(self) -> None:
        async def read(connection: AsyncConnection, now: float) -> tuple[Sequence[Row[Any]], float]:
            since = self._asked_at - LATE_SECONDS
            return (await connection.execute(self._all().where(courses.c.changed_at >= since))).all(), now

        changed, self._asked_at = await self._portal.glance(read)
        for row in changed:
            if (course := _course(row)) in self._rows:
                self._learn(course, row)

    def _learn(self, course: Course, row: Row[Any] | None) -> None:
        self._rows[course] = row
        if row is not None and self.is_news(row):
            self._others.add(row.run)

    def _all(self) -> Any:
        return select(courses).where(courses.c.portal == self._portal.portal)


def _course(row: Row[Any]) -> Course:
    return Course(course_id=row.course_id, batch_id=row.batch_id)
