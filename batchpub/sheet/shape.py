"""Rows whose values may stand under the wrong heading, because the row has not the heading's shape.

Where only the order of values tells the columns apart, a comma inside a title, a name missing in the heading (R's
`write.table` leaves out that of its row names) or a line end behind an id move values under a neighbour's heading, and a
neighbour is often an id too. So a row's values, blank ones counted, are compared with the headings', and where they do
not fit, no row is published whose ids may have moved. A row that fits shows it by a space at the beginning of a value.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from batchpub.plan.text import trim
from batchpub.plan.words import Word, read_word_text
from batchpub.sheet.fields import FieldCells
from batchpub.sheet.grid import Grid, GridRow, Unreadable, name_column
from batchpub.sheet.values import unwrap

_ID_LIKE = re.compile(r"[0-9]{12,}")
_ADDRESS = re.compile(r"https?://\S*[0-9]{12}\S*", re.IGNORECASE)
_WRAPPING = " \"'="
_NUMBER_LIKE = re.compile(r"[-+]?[0-9][0-9.,'’ \u00a0\u202f/_-]*(?:[eE] ?[+-]?[0-9]+)?|#[A-Z/0!?]+")
_OF_IDS = re.compile(
    r"(?:\b|_)(?:ids?|nr|no|num|number|nummer|code|key|prerequisite|parent|predecessor|successor|related|batch)(?:\b|_)"
)
_FEWEST_IDS = 2
_SAMPLE = 1_000  # whole rows that show in which columns ids stand
_FARTHEST = 50  # columns; rows of thousands of values are no longer for it

_OTHER_SHAPE = (
    "its values may have moved to the {}: it has {} and the heading has {}. The ids seem to be those in column {}, not in {}. Write a heading "
    "over every column (in R: write.csv instead of write.table), put titles with a comma into quotation marks, or export the list again."
)
_LOST_NO = (
    "it has {} values and the heading has {}, and a no stands where none belongs, so nobody can know what it says no to. Write every value under "
    "its heading, or export the list again."
)
_MOVED = (
    'its values may have moved to the right: a value begins with a space, as after a comma inside a title ("{}"). So nobody can know which '
    "number is the Course ID. Put the title into quotation marks, or export the list again."
)
_SPLIT = (
    "rows {} and {} look like one row that a line end broke in two, so nobody can know what belongs together. Write both on one line, or put the "
    "value with the line end into quotation marks."
)
_NO_LIST = (
    "The file has one column, and row {} of it reads {}, which is no course id. So it is no list of ids that can be read safely. Leave only ids "
    "under the heading, or separate the columns by commas."
)


def is_like_id(value: str) -> bool:
    """Say whether a value could be meant as an id, of whatever length: digits, or the address of a page with an id in it."""
    return _ID_LIKE.fullmatch(value.strip(_WRAPPING)) is not None or _ADDRESS.fullmatch(value.strip()) is not None


def find_misfits(
    heading: GridRow, id_column: int, rows: Sequence[GridRow], *, grid: Grid, roles: Mapping[str, int]
) -> dict[int, str]:
    """Give the sentences about rows that are in doubt, by row number.

    `roles` says which columns have a meaning for us.
    """
    wanted = grid.width or heading.width
    if not wanted:
        return {}
    others = [row for row in rows if row.width != wanted]
    spaced = _find_spaced(rows, wanted) if grid.may_be_spaced else {}
    if not others:
        return spaced
    whole = [row for row in rows if row.width == wanted and row.number not in spaced][:_SAMPLE]
    usual = frozenset(column for row in whole for column in range(wanted) if is_like_id(read_text(row, column)))
    watched = _Watched(
        id_column=id_column,
        wanted=wanted,
        usual=usual if whole else None,
        name=roles.get("name"),
        words=frozenset(roles[role] for role in ("publish", "notify") if role in roles),
        of_ids=frozenset(column for column in range(wanted) if _OF_IDS.search(read_text(heading, column).casefold())),
    )
    return {
        **spaced,
        **(_find_split(rows, watched) if isinstance(heading.cells, FieldCells) else {}),
        **_find_shorter(others, watched),
        **_find_longer(others, watched),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watched:
    """The shape that rows should have. `usual` are the columns in which whole rows hold ids; None where no row is whole.

    `of_ids` are the columns whose heading speaks of an id or a number.
    """

    id_column: int
    wanted: int
    usual: frozenset[int] | None
    name: int | None
    words: frozenset[int]
    of_ids: frozenset[int]


def read_text(row: GridRow, column: int) -> str:
    """Give a value as it stands in the row."""
    if isinstance(row.cells, FieldCells):
        return row.cells.fields[column] if 0 <= column < len(row.cells.fields) else ""
    return row.text_at(column)


def _find_longer(rows: Iterable[GridRow], shape: _Watched) -> dict[int, str]:
    """Find rows with more values that may have pushed the id to the right, where in any row of the file they did."""
    longer = [row for row in rows if row.width > shape.wanted]
    steps = {
        step for row in longer for step in _steps(row, shape) if is_like_id(read_text(row, shape.id_column + step))
    }
    found = {row.number: shape.id_column + step for row in longer for step in _steps(row, shape) if step in steps}
    return {row.number: _say_shape(row, shape, found[row.number]) for row in longer if row.number in found}


def _steps(row: GridRow, shape: _Watched) -> Iterator[int]:
    """Give how far the id of a longer row may have moved: to an id or to nothing."""
    for step in range(1, min(row.width - shape.wanted, _FARTHEST) + 1):
        moved = read_text(row, shape.id_column + step)
        if (is_like_id(moved) or not trim(moved)) and any(
            _may_be_pushed(row, place, step, shape) for place in range(shape.id_column + 1)
        ):
            yield step


def _may_be_pushed(row: GridRow, place: int, step: int, shape: _Watched) -> bool:
    """Say whether so many values may have been put in at a place: row names, which may be ids, or the rest of a title.

    Not where a name would turn into an id by it, nor where it would be lost.
    """
    if place and any(is_like_id(read_text(row, pushed)) for pushed in range(place, place + step)):
        return False
    if is_like_id(read_text(row, shape.id_column + step)) and shape.id_column + step not in shape.of_ids:
        return True  # an id under the heading of a note or a name: the values have moved, whatever the name looks like
    if shape.name is None or shape.name < place:
        return shape.name is None or not is_like_id(read_text(row, shape.name))
    shown, moved = trim(read_text(row, shape.name)), trim(read_text(row, shape.name + step))
    return not is_like_id(moved) and (moved != "" or not shown or is_like_id(shown))


def _find_shorter(rows: Iterable[GridRow], shape: _Watched) -> dict[int, str]:
    """Find rows with fewer values whose missing one may be before the id: another id stands as far to the left.

    What is missing at the end is fine. Where some rows are whole, they show in which columns ids stand; where none is, all
    short rows are in doubt as soon as one is.
    """
    shorter = [row for row in rows if row.width < shape.wanted]
    found = {row.number: column for row in shorter if (column := _find_left_id(row, shape)) is not None}
    doubtful = {row.number: _say_shape(row, shape, found[row.number]) for row in shorter if row.number in found}
    if found and shape.usual is None:
        doubtful = {row.number: _say_shape(row, shape, min(found.values())) for row in shorter}
    noes = {row.number: _LOST_NO.format(row.width, shape.wanted) for row in shorter if _has_lost_no(row, shape)}
    return {**noes, **doubtful}


def _find_left_id(row: GridRow, shape: _Watched) -> int | None:
    missing = shape.wanted - row.width
    for step in range(1, min(missing, shape.id_column) + 1):
        column = shape.id_column - step
        if not is_like_id(read_text(row, column)) or column in (shape.usual or ()):
            continue
        if shape.usual is not None or _may_begin_later(row, step, shape):
            return column
    return None


def _may_begin_later(row: GridRow, step: int, shape: _Watched) -> bool:
    """Say whether a row may lack its first values: no program leaves out a name that comes first, and no name is an id."""
    if shape.name is None:
        return True
    name = trim(read_text(row, shape.name - step if shape.name >= step else 0))
    return not is_like_id(name) if shape.name >= step else shape.name > 0 or not name or is_like_id(name)


def _has_lost_no(row: GridRow, shape: _Watched) -> bool:
    """Say whether a no stands where none belongs while the row ends before the column of its yes or no."""
    return any(column >= row.width for column in shape.words) and any(
        column not in shape.words and read_word_text(read_text(row, column)) is Word.NO for column in range(row.width)
    )


def _say_shape(row: GridRow, shape: _Watched, other: int) -> str:
    return _OTHER_SHAPE.format(
        "right" if row.width > shape.wanted else "left",
        row.width,
        shape.wanted,
        name_column(other),
        name_column(shape.id_column),
    )


def _find_split(rows: Sequence[GridRow], shape: _Watched) -> dict[int, str]:
    """Find neighbours that may be one record: a short row next to one without an id, or two halves that make a whole.

    A line end behind the id leaves the id on one line and its "no" on the next.
    """
    split: dict[int, str] = {}
    for first, second in pairwise(rows):
        if first.width >= shape.wanted and second.width >= shape.wanted:
            continue
        ids = [is_like_id(read_text(row, shape.id_column)) for row in (first, second)]
        if _is_short_beside_none(first, second, ids, shape) or (all(ids) and _are_halves(first, second, shape)):
            sentence = _SPLIT.format(first.number, second.number)
            split.update(dict.fromkeys((first.number, second.number), sentence))
    return split


def _is_short_beside_none(first: GridRow, second: GridRow, ids: Sequence[bool], shape: _Watched) -> bool:
    """Say whether one of two neighbours is short and has an id, and the other has none: none elsewhere, or both make a whole."""
    if ids[0] == ids[1]:
        return False
    with_id, without = (first, second) if ids[0] else (second, first)
    holds_other = any(is_like_id(read_text(without, column)) for column in range(min(without.width, _FARTHEST)))
    return with_id.width < shape.wanted and (not holds_other or first.width + second.width <= shape.wanted + 1)


def _are_halves(first: GridRow, second: GridRow, shape: _Watched) -> bool:
    """Say whether two short rows make a whole one, and the id of the second would be a neighbour's of the first."""
    if first.width + second.width != shape.wanted + 1 or not 0 < shape.id_column < first.width:
        return False
    if first.width == shape.id_column + 1:
        return not trim(read_text(second, 0))  # broken right behind the id: the next line begins with the delimiter
    moved = shape.id_column + first.width - 1
    return first.width != second.width if shape.usual is None else moved in shape.usual


def _find_spaced(rows: Sequence[GridRow], wanted: int) -> dict[int, str]:
    """Find rows where a value begins with a space, as no other row's does there, and two ids follow it.

    In a row with too many values it may be one of the two.
    """
    spaced: Counter[int] = Counter()
    suspects: dict[int, tuple[int, str]] = {}
    for row in rows:
        fields = row.cells.fields if isinstance(row.cells, FieldCells) else ()
        columns = [column for column, value in enumerate(fields) if column and value[:1] == " " and value.strip()]
        spaced.update(columns)
        if not columns or all(value[:1] in ("", " ") for value in fields[1:]):
            continue  # whoever puts a space after every comma does not tell anything by it
        following = fields[columns[0] + (row.width <= wanted) :]
        if sum(map(is_like_id, following)) >= _FEWEST_IDS:
            suspects[row.number] = columns[0], fields[columns[0]].strip()
    return {
        number: _MOVED.format(value[:30])
        for number, (column, value) in suspects.items()
        if 2 * spaced[column] <= len(rows) or len(rows) == 1
    }


def refuse_lines(heading: GridRow, rows: Iterable[GridRow]) -> None:
    """Refuse a text file of one column where not every line is an id, or what a program made of one, or blank.

    Lines of a web page, of a letter or of markup would pass for rows, and the ids of another column for course ids.
    """
    if heading.width != 1 or not isinstance(heading.cells, FieldCells):
        return
    for row in rows:
        fields = [trim(unwrap(value)) for value in row.cells.fields] if isinstance(row.cells, FieldCells) else []
        filled = [value for value in fields if value]
        if len(filled) > 1 or not all(map(_is_line, filled)):
            raise Unreadable(_NO_LIST.format(row.number, ", ".join(filled)[:60]))


def _is_line(value: str) -> bool:
    return _NUMBER_LIKE.fullmatch(value) is not None or is_like_id(value)
