"""run_results.json: the whole run for programs, every key always present. Its schema lies beside this module."""

import json
from typing import Any

from batchpub.record import RunRecord
from batchpub.report.rows import as_plain, describe_row, list_fields
from batchpub.report.table import find_own_columns, pick_own
from batchpub.report.totals import count_outcomes

SCHEMA_VERSION = 1  # a larger number when a key goes away or changes its meaning; new keys leave it


def write_json(run: RunRecord) -> bytes:
    """Write the run as UTF-8 JSON. Ids are strings, times are RFC 3339 in UTC or null, values are as on the sheet."""
    return (json.dumps(describe_run(run), ensure_ascii=False, indent=1) + "\n").encode()


def describe_run(run: RunRecord) -> dict[str, Any]:
    """Give the run as plain values. Columns that an earlier report of ours added to a sheet are left out."""
    columns = [find_own_columns(sheet) for sheet in run.sheets]
    return {
        "schema_version": SCHEMA_VERSION,
        **list_fields(run, without=("sheets", "rows", "calls", "locks", "planned_rows")),
        "totals": {outcome.value: count for outcome, count in count_outcomes(run).items()},
        "sheets": [
            {
                **list_fields(sheet, without=("layout",)),
                "headings": as_plain(tuple(sheet.headings[index] for index in own)),
            }
            for sheet, own in zip(run.sheets, columns, strict=True)
        ],
        "rows": [
            {**describe_row(run, row), "values": as_plain(pick_own(row, columns[row.sheet_index]))} for row in run.rows
        ],
        "calls": [list_fields(call) for call in run.calls],
        "locks": [list_fields(lock) for lock in run.locks],
    }
