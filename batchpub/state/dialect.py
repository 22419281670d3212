"""What SQLite and PostgreSQL say differently."""

from typing import Any

from sqlalchemy import ColumnElement, Double, Table, cast, extract, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

SERVER_NOW: ColumnElement[float] = cast(extract("epoch", func.clock_timestamp()), Double)
"""The moment at the server, in seconds; unlike now() it goes on inside a transaction."""

INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_into(connection: AsyncConnection, table: Table) -> Any:
    """Give an INSERT that can say what is to be done when the row is there already."""
    return INSERTS[connection.dialect.name](table)
