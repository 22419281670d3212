"""A row, a call, a lock in plain values under the names of the record's fields: every report takes from here what it shows.

The names are those of run_results.json and its schema, and with `bp_` before them of the columns: part of the promise.
"""

from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import Any

from batchpub.course import PlannedSheet
from batchpub.record import CallRecord, LockRecord, RowRecord, RunRecord
from batchpub.report.text import replace_surrogates, show_time


def describe_row(run: RunRecord, row: RowRecord) -> dict[str, Any]:
    """Give a row with its file and worksheet, but for the person's own cells."""
    sheet = run.sheets[row.sheet_index]
    return {"file": as_plain(sheet.file), "sheet": as_plain(sheet.sheet), **list_fields(row, without=("values",))}


def list_fields(
    record: RunRecord | PlannedSheet | RowRecord | CallRecord | LockRecord, *, without: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Give the fields of a record by their names."""
    return {field.name: as_plain(getattr(record, field.name)) for field in fields(record) if field.name not in without}


def as_plain(value: Any) -> Any:
    """Give a value as JSON knows it: times are RFC 3339 in UTC, half surrogates, which UTF-8 cannot hold, are replaced."""
    match value:
        case Enum():
            return value.value
        case str():
            return value if value.isascii() else replace_surrogates(value)
        case datetime():
            return show_time(value)
        case tuple():
            return [as_plain(one) for one in value]
        case _:
            return value
