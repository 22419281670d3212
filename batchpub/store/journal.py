"""The journal: written before a call and after it, so that after any crash it is right or says that it does not know."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from http import HTTPStatus
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from batchpub.course import Course, Outcome, Pile, Plan, PlannedRow
from batchpub.errors import CannotWrite, SettingsWrong
from batchpub.record import RunRecord
from batchpub.standing import (
    FIRST_OUTCOME,
    NOT_YET,
    Claimed,
    CourseStatus,
    Free,
    LostSlot,
    RefusedBeside,
    Rest,
    RowResult,
    Standing,
    Uncertain,
)
from batchpub.store.asked import Answered, Claim
from batchpub.store.courses import Courses
from batchpub.store.history import read_run
from batchpub.store.ledger import Ledger
from batchpub.store.limits import Lock, Slot
from batchpub.store.lock import close_lock, note_answer
from batchpub.store.neighbours import Neighbours
from batchpub.store.overview import RunAtWork, read_at_work
from batchpub.store.portal import HeldPortal, Hold
from batchpub.store.row_words import NO_ANSWER, SECOND_REPETITION, STILL_UNKNOWN, not_attempted_because
from batchpub.store.tables import calls, insert_into, rows, runs

OUTCOME = (*(field.name for field in fields(RowResult)), "finished_on")
"""Columns of a row that an outcome changes."""

AT_ONCE = 25
"""Rows: so many are written at once of what others did with their courses. A run that dies leaves them as not attempted."""


class _SlotLost(Exception):
    """Undoes the transaction of a claim: its slot is no longer held."""


class Journal:
    """One run's courses and rows. Each public coroutine is one transaction, with what it means for slots and lock."""

    def __init__(self, ledger: Ledger, *, again_id: str = "") -> None:
        """Write for the ledger's run and portal, in its database, by its clock.

        `again_id` names the repetition that this run is a part of, where courses are published again although an earlier
        run did: once more for all runs that share it. By its own name, a run is the only one.
        """
        self.ledger = ledger
        self.run = ledger.run
        self.repeats = again_id
        self._database = ledger.database
        self._courses = Courses(ledger, again_id or ledger.run)
        self._neighbours = Neighbours(ledger)
        self._first: dict[int, dict[str, Any]] = {}
        """What the run began with, by the position of the row."""
        self._kept: dict[int, RowResult] = {}
        """What others did with courses of ours, by the position of the row, until it is written."""
        self._mine: set[int] = set()
        """Positions of rows that this run had in hand, or wrote an end of: what it writes of them is written at once."""

    @property
    def has_company(self) -> bool:
        """Tell whether another run was seen at work on this run's courses."""
        return self._neighbours.are_there

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
            "run": self.run,
            "portal": self.ledger.portal,
            "started_on": self.ledger.wall_text(),
            "again_id": self.repeats,
            "facts": facts,
            "sheets": [asdict(sheet) for sheet in plan.sheets],
        }

        first = [self._first_row(row, already.get(row.position), uncertain) for row in plan.rows]
        self._first = {row["position"]: row for row in first}

        async def write(connection: AsyncConnection) -> None:
            if self.repeats:
                await self.ledger.hold(connection)  # of two that begin at the same time, one sees the other
                await self._refuse_second_repetition(connection)
            new = insert_into(connection, runs).values(**run).on_conflict_do_nothing().returning(runs.c.run)
            if (await connection.execute(new)).one_or_none() is not None and plan.rows:
                await self._put_rows(connection, self._first.values())

        await self._database.write(write)

    async def _refuse_second_repetition(self, connection: AsyncConnection) -> None:
        """Refuse to repeat beside another run that repeats, unless both say which repetition they mean."""
        for other in await read_at_work(connection, self.ledger.clock.now()):
            is_named = other.again_id != other.run and self.repeats != self.run
            if not other.again_id or other.again_id == self.repeats or is_named or self._is_elsewhere(other):
                continue
            raise SettingsWrong(SECOND_REPETITION.format(run=other.run, again_id=other.again_id))

    def _is_elsewhere(self, other: RunAtWork) -> bool:
        return other.run == self.run or other.portal != self.ledger.portal

    def _first_row(self, row: PlannedRow, already: str | None, uncertain: Container[int]) -> dict[str, Any]:
        outcome = Outcome.ALREADY_PUBLISHED if already else FIRST_OUTCOME[row.pile]
        message = already or (NOT_YET if row.pile is Pile.TO_PUBLISH else row.message)
        if not already and row.position in uncertain:
            outcome, message = Outcome.UNKNOWN, STILL_UNKNOWN
        return {
            "run": self.run,
            "position": row.position,
            "sheet_index": row.sheet_index,
            "row": row.row,
            "cell": row.cell,
            "course_id": row.course.course_id if row.course else "",
            "batch_id": row.course.batch_id if row.course else "",
            "name": row.name,
            "notify": row.notify,
            "row_values": list(row.values),
            **self._row_values(RowResult(outcome=outcome, message=message, attempts=0)),
            "finished_on": None,
        }

    async def standings(
        self, wanted: Sequence[Course], *, again: Callable[[Course], bool] = lambda _: False
    ) -> dict[Course, Standing]:
        """Say how each course stands, without claiming any. Courses never heard of are left out.

        `again` tells for which courses it does not matter that an earlier run published them.
        """
        found = await self._neighbours.load(wanted)
        now = self.ledger.now()
        return {course: self._courses.judge(row, now, again=again(course)) for course, row in found.items()}

    async def look(self, course: Course, *, again: bool = False) -> Standing:
        """Say how a course stands. `again` looks past what earlier runs published, and past what others were refused.

        What is said may be a moment old: a claim finds out whether it still holds.
        """
        row = await self._neighbours.look(course)
        standing = self._courses.judge(row, self.ledger.now(), again=again)
        if isinstance(standing, Free) and not again and row is not None and self._neighbours.is_news(row):
            return await self._refusal_by(row.run, course) or standing
        return standing

    async def _refusal_by(self, run: str, course: Course) -> RefusedBeside | None:
        its_row = select(rows.c.message, rows.c.http_status, rows.c.code).where(
            rows.c.run == run,
            rows.c.course_id == course.course_id,
            rows.c.batch_id == course.batch_id,
            rows.c.outcome == Outcome.REFUSED,
            func.coalesce(rows.c.http_status, 0)
            != HTTPStatus.FORBIDDEN,  # about its credentials, which may not be ours
        )

        async def read(connection: AsyncConnection) -> RefusedBeside | None:
            found = (await connection.execute(its_row.limit(1))).one_or_none()
            if found is None:
                return None
            return RefusedBeside(run=run, message=found.message, http_status=found.http_status, code=found.code)

        return await self._database.read(read)

    async def claim(self, claim: Claim, slot: Slot) -> Claimed | LostSlot | Standing:
        """Claim a course and write `sending`, or say why not. One transaction; the call comes after it.

        Raises:
            CannotWrite: the state is not there any more, or cannot be written.

        """
        self._database.look_at_place()
        if self.has_company:
            row = await self._neighbours.look(claim.course)
            standing = self._courses.judge(row, self.ledger.now(), again=claim.again)
            if not isinstance(standing, Free | Uncertain) or standing.version != claim.version:
                return standing
        self._take_over(claim.position)
        tries = 0

        async def take(connection: AsyncConnection) -> Claimed | LostSlot | Standing:
            nonlocal tries
            tries += 1
            before = self.ledger.clock.boot_seconds()
            held = await self.ledger.hold(connection, Hold.SHARED)
            if not await self._courses.take(held, claim, repeated=tries > 1):
                row = await self._neighbours.ask(connection, claim.course)
                return self._courses.judge(row, held.now, again=claim.again)
            if not await self.ledger.renew_slot(held, slot, self._call(claim)):
                raise _SlotLost
            moment = self.ledger.wall_text()
            await connection.execute(
                self._row(claim.position).values(
                    outcome=Outcome.UNKNOWN.value,
                    message=NO_ANSWER,
                    attempts=claim.attempt,
                    first_sent_on=func.coalesce(rows.c.first_sent_on, moment),
                )
            )
            return Claimed(call=slot.slot, send_before=before + self.ledger.limits.send_within)

        try:
            claimed = await self._database.write(take)
        except _SlotLost:
            return LostSlot()
        if isinstance(claimed, Claimed):
            self._neighbours.forget(claim.course)
        return claimed

    async def begin_reading(self, claim: Claim, slot: Slot) -> Claimed | LostSlot:
        """Write down that a course's state is about to be read."""
        send_before = await self.ledger.begin_call(slot, lambda: self._call(claim))
        return LostSlot() if send_before is None else Claimed(call=slot.slot, send_before=send_before)

    def _call(self, claim: Claim) -> dict[str, Any]:
        return {
            "position": claim.position,
            "course_id": claim.course.course_id,
            "batch_id": claim.course.batch_id,
            "attempt": claim.attempt,
            "sent_on": self.ledger.wall_text(),
        }

    async def record(self, claim: Claim, answered: Answered) -> Lock | None:
        """Write one answer: the call, the course's status, the row's outcome, the slot and, if it is one, the lock."""
        slot, note = answered.slot, answered.note

        async def write(connection: AsyncConnection) -> Lock | None:
            # Whoever changes the portal's row takes it first, as everybody does: no two wait for each other.
            changes_portal = answered.lock is not None or slot.is_probe
            held = await self.ledger.hold(connection, Hold.ALONE if changes_portal else Hold.SHARED)
            if not await self._end_call(held, answered):
                return None  # an earlier try was committed after all, and its lock is in the portal's row
            if answered.status is not None:
                known = answered.through and note.http_status != HTTPStatus.FORBIDDEN
                await self._courses.mark(held, claim.course, answered.status, known=known)
            if answered.result is not None:
                await self._write_row(connection, claim.position, answered.result)
            if answered.lock is not None:
                return await close_lock(self.ledger, held, slot, answered.lock)
            if slot.is_probe:
                await note_answer(self.ledger, held, slot, through=answered.through)
            return None

        lock = await self._database.write(write)
        self._neighbours.forget(claim.course)
        return lock

    async def _end_call(self, held: HeldPortal, answered: Answered) -> bool:
        """Write what was answered to a call that has no answer yet; tell whether it had none."""
        unanswered = update(calls).where(calls.c.call == answered.call, calls.c.meaning == "")
        written = await held.connection.execute(
            unanswered.values(
                **asdict(answered.note),
                answered_on=None if answered.rest is Rest.UNANSWERED else self.ledger.wall_text(),
                in_flight=False,
                free_at=held.now + self.ledger.limits.rest_after(answered.rest),
            )
        )
        return bool(written.rowcount)

    def _row(self, position: int) -> Any:
        return update(rows).where(rows.c.run == self.run, rows.c.position == position)

    async def _write_row(self, connection: AsyncConnection, position: int, result: RowResult) -> None:
        await connection.execute(self._row(position).values(**self._row_values(result)))

    def _row_values(self, result: RowResult) -> dict[str, Any]:
        finished_on = None if result.outcome is Outcome.NOT_ATTEMPTED else self.ledger.wall_text()
        return {**asdict(result), "outcome": result.outcome.value, "finished_on": finished_on}

    async def settle(
        self,
        course: Course,
        *,
        position: int,
        status: CourseStatus | None,
        result: RowResult,
        version: int | None = None,
    ) -> None:
        """Write an outcome that no call of this run gave: found published, held elsewhere, cannot be told.

        `version` is what the course must still have; only that it is published is written whatever others did since.

        What others did with a course that this run never had in hand (`status` None) is kept until many rows can be
        written at once: where runs share a sheet, most of its rows are settled this way in each of them.
        """
        if status is None and position not in self._mine:
            self._kept[position] = result
            if len(self._kept) >= AT_ONCE:
                await self.write_down()
            return
        self._take_over(position)

        async def write(connection: AsyncConnection) -> None:
            if status is not None:
                await self._courses.adopt(await self.ledger.hold(connection), course, status, version)
            await self._write_row(connection, position, result)

        await self._database.write(write)
        self._neighbours.forget(course)

    def _take_over(self, position: int) -> None:
        self._mine.add(position)
        self._kept.pop(position, None)

    async def write_down(self) -> None:
        """Write what `settle` kept. A row that this run has in hand by now keeps what was written since."""
        kept, self._kept = self._kept, {}
        if not kept:
            return
        results = [{**self._first[position], **self._row_values(result)} for position, result in kept.items()]
        try:
            await self._database.write(lambda connection: self._put_rows(connection, results))
        except BaseException:
            self._kept = {row: result for row, result in kept.items() if row not in self._mine} | self._kept
            raise
        self._mine.update(row["position"] for row in results if row["finished_on"])

    async def _put_rows(self, connection: AsyncConnection, values: Iterable[dict[str, Any]]) -> None:
        """Write rows that are new, and outcomes of rows that nothing was written of yet: many in one statement."""
        new = insert_into(connection, rows)
        untouched = rows.c.first_sent_on.is_(None) & rows.c.finished_on.is_(None)
        put = new.on_conflict_do_update(
            index_elements=list(rows.primary_key),
            set_={name: new.excluded[name] for name in OUTCOME},
            where=untouched,
        )
        # Without RETURNING, SQLAlchemy would send a statement for every row.
        await connection.execute(put.returning(rows.c.position), list(values))

    async def read_run(self) -> RunRecord:
        """Read the run back as reports want it, with all that was kept until now.

        Raises:
            CannotWrite: the state cannot be used, or has lost the run.

        """
        await self.write_down()
        found = await read_run(self._database, self.run)
        if found is None:
            raise CannotWrite(f"The state lost run {self.run}. Keep the log: every outcome is in it.")
        return found

    async def finish(self, *, exit_code: int, stop_reason: str, resume_command: str) -> None:
        """Close the run's record, or close it once more. Rows that never had their turn say why."""
        await self.write_down()

        async def write(connection: AsyncConnection) -> None:
            await connection.execute(
                update(runs)
                .where(runs.c.run == self.run)
                .values(
                    finished_on=self.ledger.wall_text(),
                    exit_code=exit_code,
                    stop_reason=stop_reason,
                    resume_command=resume_command,
                )
            )
            if stop_reason:
                await connection.execute(
                    update(rows)
                    .where(
                        rows.c.run == self.run,
                        rows.c.outcome == Outcome.NOT_ATTEMPTED.value,
                        rows.c.message == NOT_YET,
                    )
                    .values(message=not_attempted_because(stop_reason, exit_code))
                )

        await self._database.write(write)
