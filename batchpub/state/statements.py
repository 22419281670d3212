"""The statements that every course needs, built once: to build one anew costs more than to run it.

Parameters are named `the_…`; whatever else is given with an UPDATE or an INSERT is a column's new value.
"""

from typing import Any

from sqlalchemy import Boolean, Double, and_, bindparam, case, func, insert, not_, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from batchpub.state.dialect import INSERTS
from batchpub.state.tables import calls, courses, portals, rows


def the(name: str, kind: Any = None) -> Any:
    """Name a parameter, so that no column has its name."""
    return bindparam(f"the_{name}", type_=kind)


class Statements:
    """For one dialect and one clock: `now` is a server's own, or None where the time is a parameter."""

    def __init__(self, *, dialect: str, now: ColumnElement[float] | None) -> None:
        """Build them all."""
        self._told_now = now is None
        # A clock that went back counts from what was written last, as for whoever holds the portal.
        last = select(portals.c.last_boot).where(portals.c.portal == the("portal")).scalar_subquery()
        self.now = None if now is None else case((last > now, last), else_=now)
        moment = the("now", Double) if self.now is None else self.now
        its_time = [] if now is None else [now.label("ledger_now")]
        self.portal = select(portals, *its_time).where(portals.c.portal == the("portal"))
        taken = select(calls.c.in_flight, calls.c.taken_at, calls.c.free_at).where(
            calls.c.portal == the("portal"), calls.c.free_at > the("now")
        )
        self.taken_by_all = taken
        self.taken = taken.where(calls.c.operation == the("operation"))
        self.take = insert(calls)
        self.claim_call = update(calls).where(
            calls.c.call == the("call"),
            calls.c.free_at > the("late"),
            calls.c.taken_at >= the("opened"),
            calls.c.taken_at <= the("latest"),
        )
        self.row = update(rows).where(rows.c.run == the("run"), rows.c.position == the("position"))
        self.claim_row = self.row.values(first_sent_on=func.coalesce(rows.c.first_sent_on, the("moment")))
        self.answer = (
            update(calls)
            .where(calls.c.call == the("call"), calls.c.meaning == "")
            .values(free_at=moment + the("rest", Double))
        )
        self.course = (
            update(courses)
            .where(
                courses.c.portal == the("portal"),
                courses.c.course_id == the("course"),
                courses.c.batch_id == the("batch"),
                courses.c.run == the("run"),
            )
            .values(version=courses.c.version + 1, changed_at=moment)
        )
        self.claim_course, self.claim_course_again = (_claim_course(dialect, again=again) for again in (False, True))

    def at(self, now: Any) -> dict[str, float]:
        """Give the time as a parameter, where it is one."""
        return {"the_now": now} if self._told_now else {}


def _claim_course(dialect: str, *, again: bool) -> Any:
    """Write a course's claim where nothing has changed since the look, or where nobody ever had the course.

    `again`: the same claim may have been committed by a try whose connection broke in its commit.
    """
    new = INSERTS[dialect](courses)
    let_go = or_(courses.c.run == the("run"), courses.c.held_until_at <= the("now"))
    expected = (courses.c.version == the("version")) & let_go
    # Whoever sends a course again without having read it must not forget that the call before may have published it.
    may_be_published = or_(courses.c.lost, courses.c.status.in_(("sending", "unclear")))
    lost: Any = and_(may_be_published, not_(the("evidence", Boolean)))
    if again:
        done = (
            (courses.c.version == the("version") + 1) & (courses.c.run == the("run")) & (courses.c.status == "sending")
        )
        expected, lost = or_(expected, done), case((done, courses.c.lost), else_=lost)
    changed = ("status", "version", "run", "held_until_at", "ready_at", "changed_at")
    return new.on_conflict_do_update(
        index_elements=list(courses.primary_key),
        set_={**{name: new.excluded[name] for name in changed}, "lost": lost},
        where=expected,
    ).returning(courses.c.version)
