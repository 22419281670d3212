"""run_results.json: the whole run for programs, every key always present. Its schema lies beside this module."""

import json
from collections.abc import Callable
from typing import Any

from batchpub.record import CallRecord, LockRecord, RowRecord, RunRecord
from batchpub.report.table import find_own_columns, pick_own
from batchpub.report.text import replace_surrogates, show_time
from batchpub.report.totals import count_outcomes

SCHEMA_VERSION = 1  # a larger number when a key goes away or changes its meaning; new keys leave it


def write_json(run: RunRecord) -> bytes:
    """Write the run as UTF-8 JSON. Ids are strings, times are RFC 3339 in UTC or null, values are as on the sheet."""
    return (json.dumps(describe_run(run), ensure_ascii=False, indent=1) + "\n").encode()


def describe_run(run: RunRecord) -> dict[str, Any]:
    """Give the run as plain values. Columns that an earlier report of ours added to a sheet are left out."""
    columns = [find_own_columns(sheet) for sheet in run.sheets]
    described = {
        "schema_version": SCHEMA_VERSION,
        "run": run.run,
        "batchpub_version": run.batchpub_version,
        "portal": run.portal,
        "sandbox": run.sandbox,
        "rate": run.rate,
        "period_seconds": run.period_seconds,
        "notify_policy": run.notify_policy,
        "started_at": show_time(run.started_at),
        "finished_at": show_time(run.finished_at) or None,
        "exit_code": run.exit_code,
        "stop_reason": run.stop_reason,
        "resume_command": run.resume_command,
        "totals": {outcome.value: count for outcome, count in count_outcomes(run).items()},
        "sheets": [
            {
                "file": sheet.file,
                "sheet": sheet.sheet,
                "headings": [sheet.headings[index] for index in own],
                "notes": list(sheet.notes),
                "refused": sheet.refused,
                "sha256": sheet.sha256,
            }
            for sheet, own in zip(run.sheets, columns, strict=True)
        ],
        "rows": [_describe_row(run, row, columns[row.sheet_index]) for row in run.rows],
        "calls": [_describe_call(call) for call in run.calls],
        "locks": [_describe_lock(lock) for lock in run.locks],
    }
    cleaned: dict[str, Any] = _change_texts(described, replace_surrogates)
    return cleaned


def _describe_row(run: RunRecord, row: RowRecord, columns: tuple[int, ...]) -> dict[str, Any]:
    sheet = run.sheets[row.sheet_index]
    return {
        "file": sheet.file,
        "sheet": sheet.sheet,
        "sheet_index": row.sheet_index,
        "position": row.position,
        "row": row.row,
        "cell": row.cell,
        "course_id": row.course_id,
        "batch_id": row.batch_id,
        "name": row.name,
        "notify": row.notify,
        "values": list(pick_own(row, columns)),
        "outcome": row.outcome.value,
        "message": row.message,
        "attempts": row.attempts,
        "http_status": row.http_status,
        "code": row.code,
        "verified": row.verified,
        "first_sent_at": show_time(row.first_sent_at) or None,
        "finished_at": show_time(row.finished_at) or None,
    }


def _describe_call(call: CallRecord) -> dict[str, Any]:
    return {
        "operation": call.operation,
        "course_id": call.course_id,
        "batch_id": call.batch_id,
        "attempt": call.attempt,
        "sent_at": show_time(call.sent_at),
        "answered_at": show_time(call.answered_at) or None,
        "http_status": call.http_status,
        "code": call.code,
        "meaning": call.meaning,
        "excerpt": call.excerpt,
    }


def _describe_lock(lock: LockRecord) -> dict[str, Any]:
    return {"began_at": show_time(lock.began_at), "ends_at": show_time(lock.ends_at), "cause": lock.cause}


def _change_texts(value: Any, change: Callable[[str], str]) -> Any:
    match value:
        case str():
            return change(value)
        case list():
            return [_change_texts(item, change) for item in value]
        case dict():
            return {key: _change_texts(item, change) for key, item in value.items()}
        case _:
            return value
