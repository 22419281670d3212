"""What SQLite and PostgreSQL say differently."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Double,
    Table,
    Text,
    TypeDecorator,
    bindparam,
    cast,
    column,
    extract,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

SERVER_NOW: ColumnElement[float] = cast(extract("epoch", func.clock_timestamp()), Double)
"""The moment at the server, in seconds; unlike now() it goes on inside a transaction."""

UNSAYABLE = re.compile("[\0\ud800-\udfff]")
"""NUL, which PostgreSQL keeps in no text, and halves of a character, which no encoding has. JSON may bring both."""


def _make_sayable(text: str) -> str:
    return UNSAYABLE.sub("\N{REPLACEMENT CHARACTER}", text)


class Foreign(TypeDecorator[str]):
    """Text from a sheet or the service. What one database cannot keep none keeps: a replacement is seen."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        """Take out what cannot be kept."""
        del dialect
        return _make_sayable(value) if value else value


MANY = bindparam("many", type_=JSON)
"""A whole list of rows in one statement: PostgreSQL counts, parses and answers each row of an executemany by itself."""


async def insert_many(connection: AsyncConnection, table: Table, values: Sequence[dict[str, Any]]) -> None:
    """Insert rows; all have the same columns, and none is left to a default."""
    if connection.dialect.name != "postgresql":
        await connection.execute(insert(table), values)
        return
    told = _recordset(table, values[0])
    await connection.execute(insert(table).from_select([*told], select(*told.values())), _plain(table, values))


async def update_many(
    connection: AsyncConnection,
    table: Table,
    values: Sequence[dict[str, Any]],
    *,
    by: Sequence[str],
    only: ColumnElement[bool],
) -> None:
    """Update rows, each found by its columns named in `by`, and `only` those of which that is true."""
    changed = [name for name in values[0] if name not in by]
    if connection.dialect.name != "postgresql":
        found = [table.c[name] == bindparam(f"the_{name}") for name in by]
        one = update(table).where(*found, only).values({name: bindparam(f"the_{name}") for name in changed})
        await connection.execute(one, [{f"the_{name}": value for name, value in row.items()} for row in values])
        return
    told = _recordset(table, values[0])
    all_ = update(table).where(*(table.c[name] == told[name] for name in by), only)
    await connection.execute(all_.values({name: told[name] for name in changed}), _plain(table, values))


def _recordset(table: Table, names: Iterable[str]) -> dict[str, ColumnElement[Any]]:
    """Give the columns of a list of JSON objects, as if it were a table with these columns of ours."""
    kinds = [column(name, Text if _is_json(table, name) else table.c[name].type) for name in names]
    told = func.json_to_recordset(MANY).table_valued(*kinds, name="told").render_derived(with_types=True)
    return {one.name: cast(told.c[one.name], JSON) if _is_json(table, one.name) else told.c[one.name] for one in kinds}


def _plain(table: Table, values: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Give the one parameter. JSON inside JSON travels as a text: PostgreSQL would look for what it cannot say in it."""
    return {"many": [{name: _say(table, name, value) for name, value in row.items()} for row in values]}


def _say(table: Table, name: str, value: Any) -> Any:
    if _is_json(table, name):
        return json.dumps(value)
    return _make_sayable(value) if isinstance(value, str) else value


def _is_json(table: Table, name: str) -> bool:
    return isinstance(table.c[name].type, JSON)


def insert_into(connection: AsyncConnection, table: Table) -> Any:
    """Give an INSERT that can say what is to be done when the row is there already."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - with a server's state alone; it takes a while

    return postgresql.insert(table)
