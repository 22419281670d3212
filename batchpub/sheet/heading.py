"""Which row is the heading, and which column plays which role."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from batchpub.cells import CellKind
from batchpub.plan.ids import is_id
from batchpub.plan.judge import is_ours
from batchpub.plan.options import ID_DIGITS
from batchpub.plan.text import fold, list_names, trim
from batchpub.plan.vocabulary import LANGUAGES, PLAIN_ID_HEADINGS, SURE, words_of
from batchpub.sheet.grid import HEAD_ROWS, Grid, GridRow, IsHeading, Unreadable, name_column

_NAMES = {"name": "course_name"}  # where the vocabulary calls a role otherwise
ROLES = ("course_id", "batch_id", "name", "notify", "publish", "confirmed")
# Folded: without case, spaces, `_` and `-`. The better name first where a sheet has several.
ALIASES = {role: tuple(dict.fromkeys(map(fold, words_of(_NAMES.get(role, role))))) for role in ROLES}
KNOWN_WORDS = frozenset().union(*ALIASES.values(), map(fold, words_of("yes")), map(fold, words_of("no")))
_SURE_IDS = frozenset(fold(word) for code in SURE for word in LANGUAGES[code].course_id)
_POSSIBLE_IDS = frozenset({*ALIASES["course_id"], *map(fold, PLAIN_ID_HEADINGS)})
_LONGEST_HEADING = 80
OURS = ("bp_outcome", "bp_message", "bp_course_id", "bp_batch_id", "bp_seen")
_ONLY_ONCE = {"batch_id": "Batch ID", "notify": "Notify", "publish": "Publish", "confirmed": "Confirmed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """The heading row of a sheet and the columns in it that could hold the ids."""

    row: GridRow
    id_columns: tuple[int, ...]


_UTF8_MARKS = ("ï»¿", "п»ї", "´╗┐", "∩╗┐")  # a byte order mark, read in an old code page and saved again
_ASIDE = re.compile(r"\s*[(\[（【]([^()\[\]（）【】]*)[)\]）】]\s*$")
_OTHER = re.compile(r"old|former|prev|parent|prereq|alt|other|not|ancien|antig|vecch|vorh|voraus", re.IGNORECASE)
_DECORATION = str.maketrans("", "", ".*:#?!¿？！")


def fold_heading(text: str) -> str:
    """Give what is left of a heading without what people and programs put around it: Course.ID, Course ID*, Course ID (18 digits)."""
    for mark in _UTF8_MARKS:
        text = text.removeprefix(mark)
    aside = _ASIDE.search(text)
    if aside and not _OTHER.search(aside[1]):
        text = text[: aside.start()]
    return fold(text).translate(_DECORATION)


def make_is_heading(column: str | None) -> IsHeading:
    """Say what counts as the heading of the id column: the name the operator gave, else any sure name for Course ID."""
    if column is not None:
        wanted = fold(column)
        return lambda text: fold(text) == wanted
    return lambda text: fold_heading(text) in _SURE_IDS


def is_possible_heading(text: str) -> bool:
    """Say whether a cell's text may be the heading of the id column, where no other column holds ids."""
    return fold_heading(text) in _POSSIBLE_IDS


def find_heading(grid: Grid, is_heading: IsHeading) -> Heading | None:
    """Find the first row with a heading for the ids. A name without decoration wins over one with."""
    for row in grid.rows[:HEAD_ROWS]:
        found = tuple(
            column for column, cell in sorted(row.cells.items()) if cell.kind is CellKind.TEXT and is_heading(cell.text)
        )
        plain = tuple(column for column in found if fold(row.cells[column].text) in _SURE_IDS)
        if found:
            return Heading(row=row, id_columns=plain or found)
    return None


class _IdColumn(NamedTuple):
    """A column that holds ids of so many digits, and the text above them."""

    column: int
    digits: int
    heading: str
    row: GridRow | None

    def __str__(self) -> str:
        """Name it as a person sees it."""
        named = f' ("{self.heading}")' if self.heading else ""
        return f"column {name_column(self.column)}{named} holds {self.digits}-digit ids"


def _find_id_columns(rows: Iterable[GridRow]) -> list[_IdColumn]:
    """Find the columns with ids in them, those of our own reports and of batches aside."""
    above: dict[int, tuple[str, GridRow]] = {}
    found: dict[int, int] = {}
    for row in rows:
        for column, cell in row.cells.items():
            if column in found:
                continue
            text = trim(cell.text)
            if is_id(text, digits=ID_DIGITS):
                found[column] = len(text)
            elif cell.kind is CellKind.TEXT and text and len(text) <= _LONGEST_HEADING:
                above[column] = text, row
    columns = [_IdColumn(column, digits, *above.get(column, ("", None))) for column, digits in sorted(found.items())]
    batches = ALIASES["batch_id"]
    return [one for one in columns if not is_ours(one.heading) and fold_heading(one.heading) not in batches]


def find_possible_heading(grid: Grid) -> tuple[Heading | None, str]:
    """Find the heading of the ids by what stands below it: a possible name, over the only column that holds ids.

    The second value is the note for the person, or where there is no such heading, the sentence about columns that hold ids.
    """
    columns = _find_id_columns(grid.rows)
    if not columns:
        return None, ""
    column, _, heading, row = columns[0]
    if len(columns) == 1 and row in grid.rows[:HEAD_ROWS] and row and is_possible_heading(heading):
        note = f'Column {name_column(column)} ("{heading}") was taken as the Course ID: no other column holds ids.'
        return Heading(row=row, id_columns=(column,)), note
    choices = " or ".join(f'the setting column = "{one.heading}"' for one in columns if one.heading)
    named = list_names(list(map(str, columns)))
    return None, f"{named[:1].upper()}{named[1:]}. If these are the course ids, say so: {choices}." if choices else ""


def name_headings(row: GridRow, columns: Iterable[int]) -> tuple[str, ...]:
    """Give the text of the heading over each column, "" where there is none."""
    return tuple(row.cells[column].text.strip() if column in row.cells else "" for column in columns)


def assign_roles(headings: Sequence[str], columns: Sequence[int], id_index: int) -> dict[str, int]:
    """Say which heading plays which role. Raises Unreadable where two columns claim one that must be unique."""
    roles = {"course_id": id_index}
    others = [(index, heading) for index, heading in enumerate(headings) if index != id_index]
    for role, aliases in ALIASES.items():
        for folded in (fold, fold_heading):  # the heading as it stands goes before what is left of it
            found = [(aliases.index(word), index) for index, heading in others if (word := folded(heading)) in aliases]
            if len(found) > 1 and role in _ONLY_ONCE:
                raise Unreadable(_say_twice(_ONLY_ONCE[role], sorted(index for _, index in found), headings, columns))
            if found and role != "course_id":
                roles[role] = min(found)[1]
                break
    for ours in OURS:
        found_ours = [index for index, heading in others if heading.strip().casefold() == ours]
        if len(found_ours) > 1:
            raise Unreadable(_say_twice(ours, found_ours, headings, columns))
        if found_ours:
            roles[ours] = found_ours[0]
    return roles


def _say_twice(role: str, found: Sequence[int], headings: Sequence[str], columns: Sequence[int]) -> str:
    named = " and ".join(f'{name_column(columns[index])} ("{headings[index]}")' for index in found[:4])
    return f"The columns {named} both read as {role}. Rename or delete one of them."
