"""What must survive the process: journal, slots and lock, in one database."""

from batchpub.state.database import Database, open_database
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
    RowResult,
    Standing,
    Uncertain,
    forget_runs,
    list_runs,
    read_run,
)
from batchpub.state.ledger import Ledger, Limits, Rest, Slot, Wait

__all__ = [
    "FIRST_OUTCOME",
    "NOT_YET",
    "AnswerNote",
    "Claimed",
    "Database",
    "Free",
    "Held",
    "Journal",
    "Ledger",
    "Limits",
    "LostSlot",
    "Published",
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
