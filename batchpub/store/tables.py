"""The tables of the state. Times named *_at are ledger seconds (see ledger.py); those named *_on are UTC wall time."""

import re
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Float, Index, Integer, MetaData, String, Table, Text, TypeDecorator, false
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

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


class Status(StrEnum):
    """How a course stands, as the state keeps it: these words never change their meaning."""

    FREE = "free"
    SENDING = "sending"
    """Claimed; a call was made or is about to be."""
    UNCLEAR = "unclear"
    """Sent, and its answer is lost."""
    PUBLISHED = "published"


SCHEMA_VERSION = 4
"""Counted up with every change of a table; schema.py says how an older state gets there."""

metadata = MetaData()


meta = Table("meta", metadata, Column("key", String, primary_key=True), Column("value", String, nullable=False))

portals = Table(
    "portals",
    metadata,
    Column("portal", String, primary_key=True),
    Column("boot_id", String, nullable=False),
    Column("last_boot", Float, nullable=False),
    Column("last_wall", Float, nullable=False),
    Column("lock_until_at", Float, nullable=False, default=0.0),
    Column("lock_level", Integer, nullable=False, default=0),  # 0 open; n: the n-th refusal of one lock
    Column("lock_operation", String, nullable=False, default=""),  # whose call was refused last
    Column("opened_at", Float, nullable=False, default=0.0),  # when the last lock was seen to be over
    Column("probe_slot", Integer, nullable=False, default=0),  # the one call that goes first after a lock
    Column("probe_until_at", Float, nullable=False, default=0.0),
    Column("gentle_level", Integer, nullable=False, default=0),
    Column("gentle_until_wall", Float, nullable=False, default=0.0),
    Column("next_send_at", Float, nullable=False, default=0.0),
    Column("next_read_at", Float, nullable=False, default=0.0),
)

courses = Table(
    "courses",
    metadata,
    Column("portal", String, primary_key=True),
    Column("course_id", String, primary_key=True),
    Column("batch_id", String, primary_key=True),
    Column("status", String, nullable=False),  # a word of `Status`
    Column("version", Integer, nullable=False),
    Column("run", String, nullable=False),
    Column("held_until_at", Float, nullable=False),
    Column("ready_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column(
        "published_on", String, nullable=False, default=""
    ),  # stays while it is published once more (the setting again)
    Column("published_by", String, nullable=False, default=""),
    Column("known", Boolean, nullable=False, default=False, server_default=false()),  # an answer was about the course
    Column("lost", Boolean, nullable=False, default=False, server_default=false()),  # a call may yet have published it
    Column("again_id", String, nullable=False, default="", server_default=""),  # of the repetition that published it
    Index("courses_by_change", "portal", "changed_at"),
)

runs = Table(
    "runs",
    metadata,
    Column("run", String, primary_key=True),
    Column("portal", String, nullable=False),
    Column("started_on", String, nullable=False),
    Column("finished_on", String),
    Column("exit_code", Integer),
    Column("stop_reason", Foreign, nullable=False, default=""),
    Column("resume_command", Foreign, nullable=False, default=""),
    Column("facts", JSON, nullable=False),
    Column("sheets", JSON, nullable=False),
    Column(
        "again_id", String, nullable=False, default="", server_default=""
    ),  # the repetition, of a run that publishes again
)

rows = Table(
    "rows",
    metadata,
    Column("run", String, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("sheet_index", Integer, nullable=False),
    Column("row", Integer, nullable=False),
    Column("cell", String, nullable=False),
    Column("course_id", String, nullable=False),
    Column("batch_id", String, nullable=False),
    Column("name", Foreign, nullable=False),
    Column("notify", Boolean, nullable=False),
    Column("row_values", JSON, nullable=False),
    Column("outcome", String, nullable=False),
    Column("message", Foreign, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("http_status", Integer),
    Column("code", Foreign, nullable=False, default=""),
    Column("verified", Boolean, nullable=False, default=False),
    Column("first_sent_on", String),
    Column("finished_on", String),
)

# A call begins as a slot: a place that is taken before it is known for what. It becomes a call when it is claimed
# (`sent_on`), and stays taken until `free_at`. One row for both: each course then costs a third fewer statements.
calls = Table(
    "calls",
    metadata,
    Column("call", Integer, primary_key=True, autoincrement=True),
    Column("run", String, nullable=False),
    Column("portal", String, nullable=False),
    Column("operation", String, nullable=False),
    Column("in_flight", Boolean, nullable=False),
    Column("taken_at", Float, nullable=False),
    Column("free_at", Float, nullable=False),
    Column("position", Integer, nullable=False, default=-1),
    Column("course_id", String, nullable=False, default=""),
    Column("batch_id", String, nullable=False, default=""),
    Column("attempt", Integer, nullable=False, default=0),
    Column("sent_on", String),
    Column("answered_on", String),
    Column("http_status", Integer),
    Column("code", Foreign, nullable=False, default=""),
    Column("meaning", String, nullable=False, default=""),
    Column("excerpt", Foreign, nullable=False, default=""),
    Index("calls_by_run", "run"),
    Index("calls_by_place", "portal", "free_at"),
    sqlite_autoincrement=True,  # a slot's number is never given out again: whoever holds an old one has lost it
)

locks = Table(
    "locks",
    metadata,
    Column("lock", Integer, primary_key=True, autoincrement=True),
    Column("run", String, nullable=False),
    Column("portal", String, nullable=False),
    Column("began_on", String, nullable=False),
    Column("ends_on", String, nullable=False),
    Column("cause", Foreign, nullable=False),
    Index("locks_by_run", "run"),
)


def insert_into(connection: AsyncConnection, table: Table) -> Any:
    """Give an INSERT that can say what is to be done when the row is there already."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - with a server's state alone; it takes a while

    return postgresql.insert(table)
