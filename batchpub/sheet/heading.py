"""Which row is the heading, and which column plays which role."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from batchpub.course import CellKind
from batchpub.plan.text import fold
from batchpub.sheet.grid import HEAD_ROWS, Grid, GridRow, IsHeading, Unreadable, name_column

# Folded: without case, spaces, `_` and `-`. The better name first where a sheet has several.
ALIASES = {
    "course_id": ("courseid", "courseids", "zohocourseid", "kursid"),
    "batch_id": ("batchid", "zohobatchid"),
    "name": (
        "coursename",
        "coursetitle",
        "nameofcourse",
        "kursname",
        "kurstitel",
        "title",
        "course",
        "kurs",
        "titel",
        "name",
    ),
    "notify": ("notify", "notifyusers", "notifylearners", "notifyapplicableusers", "notification", "benachrichtigen"),
    "publish": ("publish", "publish?", "veröffentlichen"),
    "confirmed": ("confirmed", "confirm", "bestätigt"),
}
OURS = ("bp_outcome", "bp_message", "bp_course_id", "bp_batch_id")
_ONLY_ONCE = {"batch_id": "Batch ID", "notify": "Notify", "publish": "Publish", "confirmed": "Confirmed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """The heading row of a sheet and the columns in it that could hold the ids."""

    row: GridRow
    id_columns: tuple[int, ...]


def make_is_heading(column: str | None) -> IsHeading:
    """Say what counts as the heading of the id column: the name the operator gave, else any name for Course ID."""
    wanted = frozenset(ALIASES["course_id"] if column is None else [fold(column)])
    return lambda text: fold(text) in wanted


def find_heading(grid: Grid, is_heading: IsHeading) -> Heading | None:
    """Find the first row with a heading for the ids."""
    for row in grid.rows[:HEAD_ROWS]:
        found = tuple(
            column for column, cell in sorted(row.cells.items()) if cell.kind is CellKind.TEXT and is_heading(cell.text)
        )
        if found:
            return Heading(row=row, id_columns=found)
    return None


def name_headings(row: GridRow, columns: Iterable[int]) -> tuple[str, ...]:
    """Give the text of the heading over each column, "" where there is none."""
    return tuple(row.cells[column].text.strip() if column in row.cells else "" for column in columns)


def assign_roles(headings: Sequence[str], columns: Sequence[int], id_index: int) -> dict[str, int]:
    """Say which heading plays which role. Raises Unreadable where two columns claim one that must be unique."""
    roles = {"course_id": id_index}
    folded = [fold(heading) for heading in headings]
    for role, aliases in ALIASES.items():
        found = [
            (aliases.index(text), index) for index, text in enumerate(folded) if text in aliases and index != id_index
        ]
        if role == "course_id" or not found:
            continue
        if len(found) > 1 and role in _ONLY_ONCE:
            raise Unreadable(_say_twice(_ONLY_ONCE[role], sorted(index for _, index in found), headings, columns))
        roles[role] = min(found)[1]
    for ours in OURS:
        found_ours = [
            index for index, heading in enumerate(headings) if heading.strip().casefold() == ours and index != id_index
        ]
        if len(found_ours) > 1:
            raise Unreadable(_say_twice(ours, found_ours, headings, columns))
        if found_ours:
            roles[ours] = found_ours[0]
    return roles


def _say_twice(role: str, found: Sequence[int], headings: Sequence[str], columns: Sequence[int]) -> str:
    named = " and ".join(f'{name_column(columns[index])} ("{headings[index]}")' for index in found[:4])
    return f"The columns {named} both read as {role}. Rename or delete one of them."
