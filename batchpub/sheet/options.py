"""What the operator may say about reading a file."""

from dataclasses import dataclass

MAX_ROWS = 20_000  # a guard against the wrong file: at 30 courses a minute this is eleven hours of publishing


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetOptions:
    """Which sheet and which column to read where a file offers several, and how many rows are too many."""

    sheet: str | None = None
    column: str | None = None
    max_rows: int = MAX_ROWS
