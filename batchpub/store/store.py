"""What a database brings along, so that transactions are the same whichever keeps the state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncEngine


class NotNow(Exception):
    """The database cannot be reached just now. The text says why, without any secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One database that may keep a state. `name` is for people: it never holds a password."""

    engine: AsyncEngine
    name: str
    say_trouble: Callable[[str, str], str]
    """From the name and the trouble to a sentence that tells what to do."""
    is_passing: Callable[[BaseException], bool]
    """Whether the same transaction may well succeed in a moment."""
    patience: float
    """Seconds for which passing trouble is waited out."""
    at_once: int = 1
    """Transactions of one process at the same time."""
    now: ColumnElement[float] | None = None
    """The clock of a database that has one; the ledger counts by it then."""
    reads: Mapping[str, Any] = field(default_factory=dict)
    """Options of read transactions: one snapshot, no write lock."""
    is_in_place: Callable[[], bool] = lambda: True
    """Tells whether what is open is still what others find there: another file may have taken the place of a file."""
