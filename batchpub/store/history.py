"""What the state knows of runs: the list of them, a whole one as reports want it, and what may be forgotten."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from batchpub.course import IdShape, Layout, Outcome, PlannedSheet
from batchpub.record import CallRecord, LockRecord, RowRecord, RunRecord
from batchpub.store.database import Database
from batchpub.store.tables import calls, courses, locks, portals, rows, runs


async def list_runs(database: Database) -> list[dict[str, Any]]:
    """List all runs, newest first, with the number of rows by outcome."""

    async def read(connection: AsyncConnection) -> list[dict[str, Any]]:
        found = (await connection.execute(select(runs).order_by(runs.c.started_on.desc(), runs.c.run.desc()))).all()
        counts = await connection.execute(
            select(rows.c.run, rows.c.outcome, func.count()).group_by(rows.c.run, rows.c.outcome)
        )
        totals: dict[str, dict[str, int]] = {}
        for run, outcome, number in counts:
            totals.setdefault(run, {})[outcome] = number
        return [
            {
                "run": row.run,
                "portal": row.portal,
                "files": list(dict.fromkeys(str(sheet["file"]) for sheet in row.sheets)),
                "started_at": row.started_on,
                "finished_at": row.finished_on,
                "exit_code": row.exit_code,
                "stop_reason": row.stop_reason,
                "totals": totals.get(row.run, {}),
            }
            for row in found
        ]

    with database.understood():
        return await database.read(read)


async def forget_runs(database: Database, before: datetime, *, quiet_since: datetime) -> int:
    """Forget what was on the sheets of runs started before a moment. What is published stays known.

    A run without an end may still be going on: it is spared unless nothing was heard of it since `quiet_since`.
    Calls that the service may still count keep their place, without saying whose they were.
    """
    since = quiet_since.isoformat()
    heard = select(calls.c.run).where(calls.c.run == runs.c.run, calls.c.sent_on >= since).exists()
    over = or_(runs.c.finished_on.is_not(None), and_(runs.c.started_on < since, ~heard))
    wanted = select(runs.c.run).where(runs.c.started_on < before.isoformat(), over)
    last = select(portals.c.last_boot).where(portals.c.portal == calls.c.portal).scalar_subquery()

    async def forget(connection: AsyncConnection) -> int:
        old = [run for (run,) in await connection.execute(wanted)]
        # Calls of `check --online` belong to no run, and places that were never used to nobody.
        await connection.execute(delete(calls).where(calls.c.sent_on.is_(None), calls.c.free_at <= last))
        for run in ["", *old]:
            await connection.execute(delete(calls).where(calls.c.run == run, calls.c.free_at <= last))
        for run in old:
            blank = {"run": "", "course_id": "", "batch_id": "", "excerpt": ""}
            await connection.execute(update(calls).where(calls.c.run == run).values(**blank))
            for table in (rows, locks, runs):
                await connection.execute(delete(table).where(table.c.run == run))
        return len(old)

    return await database.write(forget)


SERIAL_DIGITS = 12
"""What follows the account's own part of an id."""


async def read_id_shapes(database: Database, portal: str) -> tuple[IdShape, ...]:
    """Say what the ids look like that this portal is known to have published, the most frequent look first."""
    length = func.length(courses.c.course_id)
    prefix = func.substr(courses.c.course_id, 1, length - SERIAL_DIGITS)
    looks = (
        select(length.label("digits"), prefix.label("prefix"), func.count().label("number"))
        .where(courses.c.portal == portal, courses.c.published_on != "", length > SERIAL_DIGITS)
        .group_by(length, prefix)
    )

    async def read(connection: AsyncConnection) -> tuple[IdShape, ...]:
        found = [
            IdShape(digits=row.digits, prefix=row.prefix, count=row.number) for row in await connection.execute(looks)
        ]
        return tuple(sorted(found, key=lambda shape: -shape.count))

    with database.understood():
        return await database.read(read)


async def read_run(database: Database, run: str) -> RunRecord | None:
    """Read a whole run back, as reports want it; None when there is no such run."""
    sent = and_(calls.c.run == run, calls.c.sent_on.is_not(None))

    async def read(connection: AsyncConnection) -> RunRecord | None:
        head = (await connection.execute(select(runs).where(runs.c.run == run))).one_or_none()
        if head is None:
            return None
        return _run_record(
            head,
            (await connection.execute(select(rows).where(rows.c.run == run).order_by(rows.c.position))).all(),
            (await connection.execute(select(calls).where(sent).order_by(calls.c.sent_on, calls.c.call))).all(),
            (await connection.execute(select(locks).where(locks.c.run == run).order_by(locks.c.lock))).all(),
        )

    with database.understood():
        return await database.read(read)


def _when(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _run_record(
    head: Row[Any], its_rows: Sequence[Row[Any]], its_calls: Sequence[Row[Any]], its_locks: Sequence[Row[Any]]
) -> RunRecord:
    return RunRecord(
        run=head.run,
        batchpub_version=head.facts["batchpub_version"],
        portal=head.portal,
        sandbox=head.facts["sandbox"],
        rate=head.facts["rate"],
        period_seconds=head.facts["period_seconds"],
        notify_policy=head.facts["notify_policy"],
        started_at=datetime.fromisoformat(head.started_on),
        finished_at=_when(head.finished_on),
        exit_code=head.exit_code,
        stop_reason=head.stop_reason,
        resume_command=head.resume_command,
        sheets=tuple(
            PlannedSheet(
                file=s["file"],
                sheet=s["sheet"],
                headings=tuple(s["headings"]),
                notes=tuple(s["notes"]),
                refused=s.get("refused", ""),  # states of earlier versions have none of the three
                layout=_layout(s.get("layout")),
                sha256=s.get("sha256", ""),
            )
            for s in head.sheets
        ),
        rows=tuple(_row_record(row) for row in its_rows),
        calls=tuple(_call_record(call) for call in its_calls),
        planned_rows=head.facts.get("rows"),
        locks=tuple(
            LockRecord(
                began_at=datetime.fromisoformat(r.began_on), ends_at=datetime.fromisoformat(r.ends_on), cause=r.cause
            )
            for r in its_locks
        ),
    )


def _layout(told: dict[str, Any] | None) -> Layout | None:
    if told is None:
        return None
    above = tuple((int(row), int(column), str(text)) for row, column, text in told["above"])
    return Layout(row=told["row"], columns=tuple(told["columns"]), above=above)


def _row_record(row: Any) -> RowRecord:
    return RowRecord(
        position=row.position,
        sheet_index=row.sheet_index,
        row=row.row,
        cell=row.cell,
        course_id=row.course_id,
        batch_id=row.batch_id,
        name=row.name,
        notify=row.notify,
        values=tuple(row.row_values),
        outcome=Outcome(row.outcome),
        message=row.message,
        attempts=row.attempts,
        http_status=row.http_status,
        code=row.code,
        verified=row.verified,
        first_sent_at=_when(row.first_sent_on),
        finished_at=_when(row.finished_on),
    )


def _call_record(call: Any) -> CallRecord:
    return CallRecord(
        operation=call.operation,
        course_id=call.course_id,
        batch_id=call.batch_id,
        attempt=call.attempt,
        sent_at=datetime.fromisoformat(call.sent_on),
        answered_at=_when(call.answered_on),
        http_status=call.http_status,
        code=call.code,
        meaning=call.meaning,
        excerpt=call.excerpt,
    )
