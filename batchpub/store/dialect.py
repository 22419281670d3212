"""What SQLite and PostgreSQL say differently."""

import re
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    Table,
    Text,
    TypeDecorator,
    cast,
    extract,
    func,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

SERVER_NOW: ColumnElement[float] = cast(extract("epoch", func.clock_timestamp()), Double)
"""The moment at the server, in seconds; unlike now() it goes on inside a transaction."""

UNSAYABLE = re.compile("[\0\ud800-\udfff]")
"""NUL, which PostgreSQL keeps in no text, and halves of a character, which no encoding has. JSON may bring both."""


class Foreign(TypeDecorator[str]):
    """Text from a sheet or the service. What one database cannot keep none keeps: a replacement is seen."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        """Take out what cannot be kept."""
        del dialect
        return UNSAYABLE.sub("\N{REPLACEMENT CHARACTER}", value) if value else value


def insert_into(connection: AsyncConnection, table: Table) -> Any:
    """Give an INSERT that can say what is to be done when the row is there already."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - with a server's state alone; it takes a while

    return postgresql.insert(table)
