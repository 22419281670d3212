"""What the state knows of runs: the list of them, a whole one as reports want it, and what may be forgotten."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Row, and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from batchpub.cells import Layout
from batchpub.course import IdShape, Outcome, PlannedSheet
from batchpub.record import CallRecord, LockRecord, RowRecord, RunRecord
from batchpub.store.database import Database
from batchpub.store.tables import calls, courses, locks, portals, rows, runs

T = TypeVar("T", RunRecord, RowRecord, CallRecord, LockRecord, PlannedSheet)


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
        its_rows = await connection.execute(select(rows).where(rows.c.run == run).order_by(rows.c.position))
        its_calls = await connection.execute(select(calls).where(sent).order_by(calls.c.sent_on, calls.c.call))
        its_locks = await connection.execute(select(locks).where(locks.c.run == run).order_by(locks.c.lock))
        return _make(
            RunRecord,
            {**head.facts, **_columns(head)},
            sheets=tuple(_sheet(sheet) for sheet in head.sheets),
            rows=tuple(
                _make(RowRecord, _columns(row), values=tuple(row.row_values), outcome=Outcome(row.outcome))
                for row in its_rows
            ),
            calls=tuple(_make(CallRecord, _columns(call)) for call in its_calls),
            locks=tuple(_make(LockRecord, _columns(lock)) for lock in its_locks),
            planned_rows=head.facts.get("rows"),
        )

    with database.understood():
        return await database.read(read)


def _columns(row: Row[Any]) -> dict[str, Any]:
    """Give a row as records have it: wall times, whose columns end in `_on`, as moments `_at`."""
    known = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented way to a row's columns
    return known | {f"{name[:-3]}_at": _when(text) for name, text in known.items() if name.endswith("_on")}


def _make(kind: type[T], known: Mapping[str, Any], **others: Any) -> T:
    """Make a record of what is known under the names of its fields, and of `others`; what it has no field for is left."""
    return kind(**{field.name: known[field.name] for field in fields(kind) if field.name in known} | others)


def _when(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _sheet(kept: Mapping[str, Any]) -> PlannedSheet:
    """Read a sheet back; those of earlier versions have fewer fields."""
    layout = kept.get("layout")
    return _make(
        PlannedSheet,
        kept,
        headings=tuple(kept["headings"]),
        notes=tuple(kept["notes"]),
        layout=None if layout is None else _layout(layout),
    )


def _layout(kept: Mapping[str, Any]) -> Layout:
    above = tuple((int(row), int(column), str(text)) for row, column, text in kept["above"])
    return Layout(row=kept["row"], columns=tuple(kept["columns"]), above=above)
