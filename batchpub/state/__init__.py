"""What must survive the process: journal, slots and lock, in one database."""

from batchpub.state.database import Database, open_database
from batchpub.state.history import forget_runs, list_runs, read_run
from batchpub.state.journal import (
    FIRST_OUTCOME,
    NOT_YET,
    AnswerNote,
    Claimed,
    Free,
    Held,
    Journal,
    LostSlot,
    Published,
    Refused,
    RowResult,
    Standing,
    Uncertain,
)
from batchpub.state.ledger import Ledger, Lock, Outlook, Refusal, Rest, Slot, Wait
from batchpub.state.limits import GENTLE_SECONDS, Limits, Pace

__all__ = [
    "FIRST_OUTCOME",
    "GENTLE_SECONDS",
    "NOT_YET",
    "AnswerNote",
    "Claimed",
    "Database",
    "Free",
    "Held",
    "Journal",
    "Ledger",
    "Limits",
    "Lock",
    "LostSlot",
    "Outlook",
    "Pace",
    "Published",
    "Refusal",
    "Refused",
    "Rest",
    "RowResult",
    "Slot",
    "Standing",
    "Uncertain",
    "Wait",
    "forget_runs",
    "list_runs",
    "open_database",
    "read_run",
]
