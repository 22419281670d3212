"""The journal: written before a call and after it, so that after any crash it is right or says that it does not know."""

import asyncio
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from sqlalchemy import Row, case, exists, func, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from batchpub.course import Course, Outcome, Pile, Plan, PlannedRow
from batchpub.errors import ExitCode, SettingsWrong
from batchpub.standing import (
    FIRST_OUTCOME,
    NOT_YET,
    AnswerNote,
    Claimed,
    Free,
    Held,
    LostSlot,
    PublishedBefore,
    RefusedBeside,
    Rest,
    RowResult,
    Standing,
    Uncertain,
)
from batchpub.state.database import Database
from batchpub.state.dialect import insert_into, insert_many, update_many
from batchpub.state.ledger import Hold, Ledger, LedgerTime
from batchpub.state.limits import Lock, Refusal, Slot
from batchpub.state.overview import RunAtWork, read_at_work
from batchpub.state.picture import Picture
from batchpub.state.tables import courses, meta, rows, runs

NO_ANSWER = "Sent, and no answer was recorded. The next run finds out before it sends again."

STILL_UNKNOWN = "An earlier run sent it and its answer was lost; this run ended before it could find out."

SECOND_REPETITION = (
    "Run {run} publishes courses again as well (--again), or died less than 20 minutes ago, and nothing tells whether both "
    "mean the same: each course would be published once more for either. To share the work, or to go on with it: "
    "--again-id {again_id!r}. To publish them once more than that, wait until it is over, or give each its own --again-id."
)


def not_attempted_because(stop_reason: str, exit_code: int) -> str:
    """Say to a row that its turn never came."""
    if exit_code in (ExitCode.STOPPED_EARLY, ExitCode.INTERRUPTED, ExitCode.TERMINATED):
        return f"{stop_reason} Run the same command again."
    return f"{stop_reason} Look why, then run the same command again."


class _SlotLost(Exception):
    """Undoes the transaction of a claim: its slot is no longer held."""


class Journal:
    """One run's view of the journal."""

    def __init__(self, ledger: Ledger, *, again_id: str = "") -> None:
        """Write for the ledger's run and portal, in its database, by its clock.

        `again_id` names the repetition that this run is a part of, where courses are published again although an earlier
        run did: once more for all runs that share it. By its own name, a run is the only one.
        """
        self._ledger = ledger
        self.repeats, self._again_id = again_id, again_id or ledger.run
        self._database: Database = ledger.database
        self.run = self._run = ledger.run
        self._say = ledger.say
        self._portal = ledger.portal
        self._picture = Picture(ledger)
        self._unwritten: dict[int, RowResult] = {}
        self._written: dict[int, RowResult] = {}
        self._writing: Container[int] = ()
        self._one_writer = asyncio.Lock()

    @property
    def has_company(self) -> bool:
        """Tell whether another run was seen at work on this run's courses."""
        return self._picture.has_company

    def _wall(self) -> str:
        return self._ledger.clock.now().isoformat()

    async def begin(
        self, plan: Plan, facts: dict[str, Any], already: Mapping[int, str], uncertain: Container[int] = ()
    ) -> None:
        """Write the run and every row of it, each with an outcome that stays true if the run dies now.

        `already` has the positions of rows whose course is known to be published, with the sentence for each;
        `uncertain` those of rows that an earlier run sent without learning the answer.

        Raises:
            SettingsWrong: this run and another one at work publish courses again, and nothing tells whether both mean the
                same repetition.
            CannotWrite: the state cannot be written.

        """
        run = {
            "run": self._run,
            "portal": self._portal,
            "started_on": self._wall(),
            "again_id": self.repeats,
            "facts": facts,
            "sheets": [asdict(sheet) for sheet in plan.sheets],
        }

        async def write(connection: AsyncConnection) -> None:
            if self.repeats:
                await self._ledger.read_portal(connection)  # of two that begin at the same time, one sees the other
                await self._refuse_second_repetition(connection)
            new = insert_into(connection, runs).values(**run).on_conflict_do_nothing().returning(runs.c.run)
            if (await connection.execute(new)).one_or_none() is not None and plan.rows:
                first = [self._first_row(row, already.get(row.position), uncertain) for row in plan.rows]
                await insert_many(connection, rows, first)

        await self._database.write(write)

    async def _refuse_second_repetition(self, connection: AsyncConnection) -> None:
        """Refuse to repeat beside another run that repeats, unless both say which repetition they mean."""
        for other in await read_at_work(connection, self._ledger.clock.now()):
            is_named = other.again_id != other.run and self.repeats != self._run
            if not other.again_id or other.again_id == self.repeats or is_named or self._is_elsewhere(other):
                continue
            raise SettingsWrong(SECOND_REPETITION.format(run=other.run, again_id=other.again_id))

    def _is_elsewhere(self, other: RunAtWork) -> bool:
        return other.run == self._run or other.portal != self._portal

    def _first_row(self, row: PlannedRow, already: str | None, uncertain: Container[int]) -> dict[str, Any]:
        outcome = Outcome.ALREADY_PUBLISHED if already else FIRST_OUTCOME[row.pile]
        message = already or (NOT_YET if row.pile is Pile.TO_PUBLISH else row.message)
        if not already and row.position in uncertain:
            outcome, message = Outcome.UNKNOWN, STILL_UNKNOWN
        return {
            "run": self._run,
            "position": row.position,
            "sheet_index": row.sheet_index,
            "row": row.row,
            "cell": row.cell,
            "course_id": row.course.course_id if row.course else "",
            "batch_id": row.course.batch_id if row.course else "",
            "name": row.name,
            "notify": row.notify,
            "row_values": list(row.values),
            "outcome": outcome.value,
            "message": message,
            "attempts": 0,
            "code": "",
            "verified": False,
        }

    async def standings(
        self, wanted: Sequence[Course], *, again: Callable[[Course], bool] = lambda _: False
    ) -> dict[Course, Standing]:
        """Say how each course stands, without claiming any. Courses never heard of are left out.

        `again` tells for which courses it does not matter that an earlier run published them.
        """
        found = await self._picture.load(wanted)
        now = self._ledger.now()
        return {course: self._judge(row, now, again=again(course)) for course, row in found.items()}

    def _standing(self, row: Any, now: float) -> Standing:
        if row.status == "published":
            return PublishedBefore(run=row.published_by, on=row.published_on)
        if row.run != self._run and row.held_until_at > now:
            seconds = row.held_until_at - now
            return Held(run=row.run, seconds=seconds, until=self._ledger.clock.now() + timedelta(seconds=seconds))
        if row.status in ("sending", "unclear"):
            return Uncertain(version=row.version, run=row.run, seconds=max(0.0, row.ready_at - now))
        return Free(version=row.version, known=row.known)

    def _judge(self, row: Row[Any] | None, now: float, *, again: bool) -> Standing:
        if row is None:
            return Free(version=0)
        standing = self._standing(row, now)
        if again and isinstance(standing, PublishedBefore) and row.again_id != self._again_id:
            return Free(version=row.version, known=True)
        return standing

    async def look(self, course: Course, *, again: bool = False) -> Standing:
        """Say how a course stands. `again` looks past what earlier runs published, and past what others were refused.

        What is said may be a moment old: a claim finds out whether it still holds.
        """
        row = await self._picture.look(course)
        if self._picture.is_fresh:
            await self.write_down()
        standing = self._judge(row, self._ledger.now(), again=again)
        if isinstance(standing, Free) and not again and row is not None and self._picture.is_news(row):
            return await self._refusal_by(row.run, course) or standing
        return standing

    async def _refusal_by(self, run: str, course: Course) -> RefusedBeside | None:
        its_row = select(rows.c.message, rows.c.http_status, rows.c.code).where(
            rows.c.run == run,
            rows.c.course_id == course.course_id,
            rows.c.batch_id == course.batch_id,
            rows.c.outcome == Outcome.REFUSED.value,
            func.coalesce(rows.c.http_status, 0)
            != HTTPStatus.FORBIDDEN,  # about its credentials, which may not be ours
        )

        async def read(connection: AsyncConnection) -> RefusedBeside | None:
            found = (await connection.execute(its_row.limit(1))).one_or_none()
            if found is None:
                return None
            return RefusedBeside(run=run, message=found.message, http_status=found.http_status, code=found.code)

        return await self._database.read(read)

    async def claim(  # noqa: PLR0913 - one transaction decides all of it
        self,
        course: Course,
        *,
        position: int,
        attempt: int,
        version: int,
        slot: Slot,
        again: bool = False,
        evidence: bool = False,
    ) -> Claimed | LostSlot | Standing:
        """Claim the course and write `sending`, or say why not. One transaction; the call comes after it.

        `evidence` tells that the service was just seen to hold the course as a draft. Without it, a course whose answer
        was lost stays so until an answer says what became of it: no refusal makes it free.

        Raises:
            CannotWrite: the state is not there any more, or cannot be written.

        """
        self._database.look_at_place()
        if self._picture.has_company:
            standing = self._judge(await self._picture.look(course), self._ledger.now(), again=again)
            if not isinstance(standing, Free | Uncertain) or standing.version != version:
                return standing
        tries = 0
        await self._take_over_row(position)

        async def take(connection: AsyncConnection) -> Claimed | LostSlot | Standing:
            nonlocal tries
            tries += 1
            before = self._ledger.clock.boot_seconds()
            portal, now = await self._ledger.read_portal(connection, Hold.SHARED)
            if not await self._take_course(connection, course, version, now, repeated=tries > 1, evidence=evidence):
                row = await self._picture.look_inside(connection, course)
                return self._judge(row, now, again=again)
            call = self._call(course, position, attempt)
            if not await self._ledger.renew_slot(connection, slot, portal, now, call):
                raise _SlotLost
            unknown = {"outcome": Outcome.UNKNOWN.value, "message": NO_ANSWER, "attempts": attempt}
            mine = {"the_run": self._run, "the_position": position, "the_moment": self._wall()}
            await connection.execute(self._say.claim_row, {**mine, **unknown})
            return Claimed(call=slot.slot, send_before=before + self._ledger.limits.send_within)

        try:
            claimed = await self._database.write(take)
        except _SlotLost:
            return LostSlot()
        if isinstance(claimed, Claimed):
            self._picture.forget(course)
        return claimed

    async def _take_course(  # noqa: PLR0913 - goes with issue 14
        self, connection: AsyncConnection, course: Course, version: int, now: float, *, repeated: bool, evidence: bool
    ) -> bool:
        """Write `sending` where nothing has changed since the look; every change of a course counts its version up.

        `repeated`: this transaction may have been committed already, by a try whose connection broke in its commit.
        """
        limits = self._ledger.limits
        claim = {
            "portal": self._portal,
            "course_id": course.course_id,
            "batch_id": course.batch_id,
            "status": "sending",
            "version": version + 1,
            "run": self._run,
            "held_until_at": now + limits.lease,
            "ready_at": now + limits.lease + limits.settle,
            "changed_at": now,
        }
        expected = {"the_run": self._run, "the_version": version, "the_now": now, "the_evidence": evidence}
        statement = self._say.claim_course_again if repeated else self._say.claim_course
        written = await connection.execute(statement, {**claim, **expected})
        return written.one_or_none() is not None

    async def begin_reading(self, course: Course, *, position: int, attempt: int, slot: Slot) -> Claimed | LostSlot:
        """Write down that a course's state is about to be read."""
        send_before = await self._ledger.begin_call(slot, lambda: self._call(course, position, attempt))
        return LostSlot() if send_before is None else Claimed(call=slot.slot, send_before=send_before)

    def _call(self, course: Course, position: int, attempt: int) -> dict[str, Any]:
        return {
            "position": position,
            "course_id": course.course_id,
            "batch_id": course.batch_id,
            "attempt": attempt,
            "sent_on": self._wall(),
        }

    async def record(  # noqa: PLR0913 - one transaction records one answer, with all that follows from it
        self,
        course: Course,
        *,
        position: int,
        call: int,
        slot: Slot,
        note: AnswerNote,
        rest: Rest,
        status: str | None,
        result: RowResult | None,
        through: bool,
        lock: Refusal | None = None,
    ) -> Lock | None:
        """Write one answer: the call, the course's status, the row's outcome, the slot and, if it is one, the lock.

        `status` None leaves the course alone (a reading); "asking" frees it, but keeps it from others until it is read,
        so that no run takes an answer for the last word that this one goes on to look into. `through` tells that the
        throttle let the call pass.
        """

        async def write(connection: AsyncConnection) -> Lock | None:
            # Whoever changes the portal's row takes it first, as everybody does: no two wait for each other.
            portal: Row[Any] | None = None
            now: LedgerTime
            if lock is not None or slot.is_probe:
                portal, now = await self._ledger.read_portal(connection)
            else:
                now = await self._ledger.tell_time(connection)
            answer = {
                "answered_on": None if rest is Rest.UNANSWERED else self._wall(),
                "http_status": note.http_status,
                "code": note.code,
                "meaning": note.meaning,
                "excerpt": note.excerpt,
                "in_flight": False,
            }
            which = {"the_call": call, "the_portal": self._portal, **self._say.at(now)}
            which["the_rest"] = self._ledger.rest_after(rest)
            written = await connection.execute(self._say.answer, {**which, **answer})
            if not written.rowcount:  # an earlier try was committed after all, and its lock is in the portal's row
                return None
            if status is not None:
                await self._set_status(
                    connection, course, status, now, known=through and note.http_status != HTTPStatus.FORBIDDEN
                )
            if result is not None:
                await self._set_row(connection, position, result)
            await self._ledger.end_probe(connection, slot, rest)
            if portal is None or not isinstance(now, float):
                return None
            if lock is not None:
                return await self._ledger.close_for_lock(connection, slot, portal, now, lock)
            if rest is Rest.ANSWERED:
                await self._ledger.note_answer(connection, slot, portal, now, through=through)
            return None

        told = await self._database.write(write)
        self._picture.forget(course)
        return told

    async def _set_status(  # noqa: PLR0913 - goes with issue 14
        self,
        connection: AsyncConnection,
        course: Course,
        status: str,
        now: LedgerTime,
        *,
        hold: bool = True,
        known: bool = True,
    ) -> None:
        limits, statement = self._ledger.limits, self._say.course
        published = {"published_on": self._wall(), "published_by": self._run, "again_id": self._again_id}
        values: dict[str, Any] = {"status": status, "ready_at": 0.0, "held_until_at": 0.0, "lost": False}
        match status:
            case "published":
                values |= published
            case "draft":  # the service says so, whatever was known
                values |= dict.fromkeys(published, "") | {"status": "free"}
            case "free" | "asking":  # what was published before a vain --again stays so, as does a call that was lost
                kept = case((courses.c.lost, "unclear"), (courses.c.published_on != "", "published"), else_="free")
                until = now + (limits.settle + limits.lease) if status == "asking" else 0.0
                statement, values = statement.values(status=kept, held_until_at=until), {"ready_at": 0.0}
            case "unclear":
                held = now + (limits.settle + limits.lease) if hold else 0.0
                statement, values = (
                    statement.values(ready_at=now + limits.settle, held_until_at=held),
                    {"status": status, "lost": True},
                )
        if known:
            values["known"] = True
        which = {"the_portal": self._portal, "the_course": course.course_id, "the_batch": course.batch_id}
        await connection.execute(statement, {**which, "the_run": self._run, **self._say.at(now), **values})

    async def _set_row(self, connection: AsyncConnection, position: int, result: RowResult) -> None:
        mine = {"the_run": self._run, "the_position": position}
        await connection.execute(self._say.row, {**mine, **self._row_values(result)})

    def _row_values(self, result: RowResult) -> dict[str, Any]:
        return {
            "outcome": result.outcome.value,
            "message": result.message,
            "attempts": result.attempts,
            "http_status": result.http_status,
            "code": result.code,
            "verified": result.verified,
            "finished_on": None if result.outcome is Outcome.NOT_ATTEMPTED else self._wall(),
        }

    async def settle(
        self, course: Course, *, position: int, status: str | None, result: RowResult, version: int | None = None
    ) -> None:
        """Write an outcome that no call of this run gave: found published, held elsewhere, cannot be told.

        `version` is what the course must still have; only that it is published is written whatever others did since.

        What others did with a course (`status` None) is kept until a moment's worth of it can be written at once:
        where many runs share a sheet, most of its rows are settled this way in each of them.
        """
        if status is None:
            if self._written.get(position) != result:
                self._unwritten[position] = result
            return

        await self._take_over_row(position)

        async def write(connection: AsyncConnection) -> None:
            _, now = await self._ledger.read_portal(connection)
            await self._adopt(connection, course, status, now, version)
            await self._set_row(connection, position, result)

        await self._database.write(write)
        self._picture.forget(course)

    async def _take_over_row(self, position: int) -> None:
        """See that nothing kept for a row is written after what is written now; connections do not wait in line."""
        if position in self._writing:
            async with self._one_writer:
                """That writing is over. If it failed, what it had is kept again."""
        self._unwritten.pop(position, None)
        self._written.pop(position, None)

    async def write_down(self) -> None:
        """Write what `settle` kept."""
        async with self._one_writer:
            kept, self._unwritten = self._unwritten, {}
            self._writing = kept
            try:
                if kept:
                    await self._write_rows(kept)
            except BaseException:
                self._unwritten = kept | self._unwritten
                raise
            finally:
                self._writing = ()

    async def _write_rows(self, kept: Mapping[int, RowResult]) -> None:
        results = [
            {"run": self._run, "position": position, **self._row_values(result)}
            for position, result in sorted(kept.items())
        ]

        async def write(connection: AsyncConnection) -> None:
            await update_many(connection, rows, results, by=("run", "position"))

        await self._database.write(write)
        self._written.update(kept)

    async def _adopt(
        self, connection: AsyncConnection, course: Course, status: str, now: float, version: int | None
    ) -> None:
        values = {"run": self._run, "changed_at": now}
        let_go = or_(courses.c.run == self._run, courses.c.held_until_at <= now)
        untouched = true() if status == "published" else (courses.c.version == version) & let_go
        new = {"status": status, "version": 0, "held_until_at": 0.0, "ready_at": 0.0, **values}
        await connection.execute(
            insert_into(connection, courses)
            .values(portal=self._portal, course_id=course.course_id, batch_id=course.batch_id, **new)
            .on_conflict_do_update(index_elements=list(courses.primary_key), set_=values, where=untouched)
        )
        await self._set_status(connection, course, status, now, hold=False)

    async def is_new(self) -> bool:
        """Tell whether no run of this portal ever came to its end here with a course published.

        A run that could not begin, was stopped or died leaves a state that knows too little to mail by.
        """

        async def read(connection: AsyncConnection) -> bool:
            known = await connection.execute(select(meta.c.value).where(meta.c.key == self._finished_key))
            return known.scalar() is None

        return await self._database.read(read)

    @property
    def _finished_key(self) -> str:
        return f"finished {self._portal}"

    async def _remember_end(self, connection: AsyncConnection) -> None:
        published = exists().where(courses.c.portal == self._portal, courses.c.status == "published")
        if not (await connection.execute(select(published))).scalar():
            return
        ended = insert_into(connection, meta).values(key=self._finished_key, value=self._run)
        await connection.execute(ended.on_conflict_do_update(index_elements=[meta.c.key], set_={"value": self._run}))

    async def finish(self, *, exit_code: int, stop_reason: str, resume_command: str) -> None:
        """Close the run's record, or close it once more. Rows that never had their turn say why."""
        await self.write_down()

        async def write(connection: AsyncConnection) -> None:
            if not stop_reason:
                await self._remember_end(connection)
            await connection.execute(
                update(runs)
                .where(runs.c.run == self._run)
                .values(
                    finished_on=self._wall(),
                    exit_code=exit_code,
                    stop_reason=stop_reason,
                    resume_command=resume_command,
                )
            )
            if stop_reason:
                await connection.execute(
                    update(rows)
                    .where(
                        rows.c.run == self._run,
                        rows.c.outcome == Outcome.NOT_ATTEMPTED.value,
                        rows.c.message == NOT_YET,
                    )
                    .values(message=not_attempted_because(stop_reason, exit_code))
                )

        await self._database.write(write)
