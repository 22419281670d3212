"""What the state keeps of each course: how it stands, who holds it, and what an answer makes of it."""

from datetime import timedelta
from typing import Any, assert_never

from sqlalchemy import ColumnElement, Row, and_, case, literal, or_, true, update

from batchpub.course import Course
from batchpub.standing import CourseStatus, Free, Held, PublishedBefore, Standing, Uncertain
from batchpub.store.asked import Claim
from batchpub.store.portal import HeldPortal, Portal
from batchpub.store.tables import Status, courses, insert_into

MAY_BE_PUBLISHED = (Status.SENDING, Status.UNCLEAR)
"""Statuses of courses that a call may have published without anybody knowing."""


class Courses:
    """The courses of one portal, for one run, inside transactions of the journal. Each change counts a version up."""

    def __init__(self, portal: Portal, again_id: str) -> None:
        """Bind them to the portal; `again_id` names the repetition that publishes them."""
        self._portal = portal
        self._limits = portal.limits
        self._again_id = again_id

    def judge(self, row: Row[Any] | None, now: float, *, again: bool) -> Standing:
        """Say how a course stands, from its row; `again` looks past what other repetitions published."""
        if row is None:
            return Free(version=0)
        if row.status == Status.PUBLISHED:
            if again and row.again_id != self._again_id:
                return Free(version=row.version, known=True)
            return PublishedBefore(run=row.published_by, on=row.published_on)
        if row.run != self._portal.run and row.held_until_at > now:
            seconds = row.held_until_at - now
            return Held(run=row.run, seconds=seconds, until=self._portal.clock.now() + timedelta(seconds=seconds))
        if row.status in MAY_BE_PUBLISHED:
            return Uncertain(version=row.version, run=row.run, seconds=max(0.0, row.ready_at - now))
        return Free(version=row.version, known=row.known)

    async def take(self, held: HeldPortal, claim: Claim, *, repeated: bool) -> bool:
        """Write `sending` where nothing has changed since the look; tell whether that was so.

        `repeated`: this transaction may have been committed already, by a try whose connection broke in its commit.
        """
        run, limits, now = self._portal.run, self._limits, held.now
        new = insert_into(held.connection, courses).values(
            **self._key(claim.course),
            status=Status.SENDING,
            version=claim.version + 1,
            run=run,
            held_until_at=now + limits.lease,
            ready_at=now + limits.lease + limits.settle,
            changed_at=now,
        )
        let_go = or_(courses.c.run == run, courses.c.held_until_at <= now)
        expected: Any = (courses.c.version == claim.version) & let_go
        # Whoever sends a course again without having read it must not forget that the call before may have published it.
        may_be_published = or_(courses.c.lost, courses.c.status.in_(MAY_BE_PUBLISHED))
        lost: Any = and_(may_be_published, literal(not claim.evidence))
        if repeated:
            done = and_(
                courses.c.version == claim.version + 1, courses.c.run == run, courses.c.status == Status.SENDING
            )
            expected, lost = or_(expected, done), case((done, courses.c.lost), else_=lost)
        changed = ("status", "version", "run", "held_until_at", "ready_at", "changed_at")
        taken = new.on_conflict_do_update(
            index_elements=list(courses.primary_key),
            set_={**{name: new.excluded[name] for name in changed}, "lost": lost},
            where=expected,
        )
        return (await held.connection.execute(taken.returning(courses.c.version))).one_or_none() is not None

    async def mark(self, held: HeldPortal, course: Course, status: CourseStatus, *, known: bool) -> None:
        """Write what an answer to a call of this run makes of a course; `known` tells that it was about the course."""
        kept_back = self._limits.settle + self._limits.lease
        values = self._values(status, held.now, hold=kept_back) | ({"known": True} if known else {})
        await self._change(held, course, courses.c.run == self._portal.run, values)

    async def adopt(self, held: HeldPortal, course: Course, status: CourseStatus, version: int | None) -> None:
        """Write what was found out without a call that could publish it.

        `version` is what the course must still have; only that it is published is written whatever others did since.
        """
        run = self._portal.run
        unheard_of = {"status": Status.FREE, "version": 0, "run": run, "held_until_at": 0.0, "ready_at": 0.0}
        first = insert_into(held.connection, courses).values(**self._key(course), **unheard_of, changed_at=held.now)
        await held.connection.execute(first.on_conflict_do_nothing())
        let_go = or_(courses.c.run == run, courses.c.held_until_at <= held.now)
        untouched = true() if status is CourseStatus.PUBLISHED else (courses.c.version == version) & let_go
        values = self._values(status, held.now, hold=0.0)
        await self._change(held, course, untouched, {**values, "run": run, "known": True})

    async def _change(
        self, held: HeldPortal, course: Course, only: ColumnElement[bool], values: dict[str, Any]
    ) -> None:
        this = and_(*(courses.c[name] == value for name, value in self._key(course).items()), only)
        changed = update(courses).where(this).values(version=courses.c.version + 1, changed_at=held.now, **values)
        await held.connection.execute(changed)

    def _values(self, status: CourseStatus, now: float, *, hold: float) -> dict[str, Any]:
        """Give the columns for a status; `hold` is for how long it is kept from others while it is looked into."""
        published = {"published_on": self._portal.wall_text(), "published_by": self._portal.run}
        published["again_id"] = self._again_id
        # What was published before a vain repetition stays published, and a call that was lost stays lost.
        kept = case(
            (courses.c.lost, Status.UNCLEAR), (courses.c.published_on != "", Status.PUBLISHED), else_=Status.FREE
        )
        match status:
            case CourseStatus.PUBLISHED:
                return {"status": Status.PUBLISHED, "lost": False, "held_until_at": 0.0, "ready_at": 0.0, **published}
            case CourseStatus.DRAFT:  # the service says so, whatever was known
                blank = dict.fromkeys(published, "")
                return {"status": Status.FREE, "lost": False, "held_until_at": 0.0, "ready_at": 0.0, **blank}
            case CourseStatus.FREE:
                return {"status": kept, "held_until_at": 0.0, "ready_at": 0.0}
            case CourseStatus.ASKING:
                return {"status": kept, "held_until_at": now + hold, "ready_at": 0.0}
            case CourseStatus.UNCLEAR:
                until = now + hold if hold else 0.0
                ready = now + self._limits.settle
                return {"status": Status.UNCLEAR, "lost": True, "held_until_at": until, "ready_at": ready}
            case _ as unreachable:
                assert_never(unreachable)

    def _key(self, course: Course) -> dict[str, str]:
        return {"portal": self._portal.portal, "course_id": course.course_id, "batch_id": course.batch_id}
