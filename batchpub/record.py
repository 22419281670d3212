"""What the journal hands to the reports: a whole run, read back from the state and nothing else."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from batchpub.course import Outcome, PlannedSheet

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRecord:
    """One row of one sheet and what became of it. `values` belong to the headings of its sheet."""

    position: int
    sheet_index: int
    row: int
    cell: str
    course_id: str
    batch_id: str
    name: str
    notify: bool
    values: tuple[str, ...]
    outcome: Outcome
    message: str
    attempts: int = 0
    http_status: int | None = None
    code: str = ""
    verified: bool = False
    first_sent_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One call to the service: `operation` is "publish" or "read"; `meaning` is the answer's name, "" while unanswered."""

    operation: str
    course_id: str
    batch_id: str
    attempt: int
    sent_at: datetime
    answered_at: datetime | None
    http_status: int | None
    code: str
    meaning: str
    excerpt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRecord:
    """One lock episode: from the first refusal until calls may start again. `cause` says what showed it."""

    began_at: datetime
    ends_at: datetime
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run, complete or not. `finished_at` and `exit_code` are None when the run died or still goes on.

    `resume_command` is "" when there is nothing left to do. Times are aware and in UTC.
    """

    run: str
    batchpub_version: str
    portal: str
    sandbox: bool
    rate: int
    period_seconds: float
    notify_policy: str
    started_at: datetime
    finished_at: datetime | None
    exit_code: int | None
    stop_reason: str
    resume_command: str
    sheets: tuple[PlannedSheet, ...]
    rows: tuple[RowRecord, ...]
    calls: tuple[CallRecord, ...] = ()
    locks: tuple[LockRecord, ...] = ()
    planned_rows: int | None = None
    """How many rows the sheets had, written down before the first of them was recorded."""

    def to_frame(self) -> "pd.DataFrame":
        """Give all rows as a pandas DataFrame: the person's columns as text, then ours (docs/reference/reports.md)."""
        from batchpub.report.table import to_frame  # noqa: PLC0415 - the one look upwards, for whoever has a record in hand

        return to_frame(self)
