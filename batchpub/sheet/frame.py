"""Courses that are in memory already, a pandas DataFrame or what a program lists, as a stream of typed cells.

A value's Python type is the cell's type: only a `str` can be an id. pandas is not imported here; a DataFrame brings it along.
Rows and columns are named as if the table stood in a spreadsheet, headings in row 1: the first row is row 2.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from numbers import Number
from typing import Any, Protocol, runtime_checkable

from batchpub.cells import Cell, CellKind, Sheet
from batchpub.course import Course
from batchpub.errors import SheetRefused
from batchpub.sheet.grid import Book, Grid, GridRow, Tab, Unreadable, cut, name_cell
from batchpub.sheet.heading import make_is_heading
from batchpub.sheet.load import build_sheet
from batchpub.sheet.options import SheetOptions
from batchpub.sheet.values import show_number

_MISSING = ("NAType", "NaTType")  # pandas' own words for nothing, by the names of their types
REMEDY = "Give what read_sheet gives, a DataFrame, or a list of Course(course_id=…) or of mappings such as {'course_id': '…'}."
_OF_COURSES = ("Course ID", "Batch ID", "Course name", "Notify", "Publish", "Confirmed")
_KEYS = ("course_id", "batch_id", "name", "notify", "publish", "confirmed")


@runtime_checkable
class Frame(Protocol):
    """A pandas DataFrame, as far as it is asked."""

    @property
    def columns(self) -> Iterable[Any]:
        """Its headings."""

    @property
    def index(self) -> Any:
        """What names its rows, which is no column."""

    def itertuples(self, index: bool = ..., name: Any = ...) -> Iterable[Any]:  # noqa: FBT001 - as pandas has it
        """Give its rows."""


Rows = Sheet | Frame | Iterable[Sheet | Course | Mapping[str, Any]]
"""What can be published: a sheet or several, courses, mappings with a `course_id`, or a pandas DataFrame."""


def read_rows(rows: Rows, options: SheetOptions) -> Sequence[Sheet]:
    """Take whatever a program hands over as sheets.

    Raises:
        SheetRefused: it is neither, or cannot be taken as a list of courses.

    """
    if isinstance(rows, Sheet):
        return (rows,)
    if isinstance(rows, Frame):
        return (read_frame(rows, options),)
    if isinstance(rows, str | bytes | Mapping) or not isinstance(rows, Iterable):
        raise SheetRefused("rows", f"A {type(rows).__name__} is no list of courses. {REMEDY}")
    listed = list(rows)
    sheets = [one for one in listed if isinstance(one, Sheet)]
    if not sheets:
        return (read_courses([one for one in listed if not isinstance(one, Sheet)], options),)
    if len(sheets) < len(listed):
        raise SheetRefused("rows", "Sheets and courses stand in one list. Publish them one after the other.")
    return sheets


def read_frame(frame: Frame, options: SheetOptions, *, name: str = "DataFrame") -> Sheet:
    """Take a pandas DataFrame as a sheet; its index is no column.

    Raises:
        SheetRefused: there is no one column of course ids, or there are no rows.

    """
    headings = [str(column) for column in frame.columns]
    try:
        return _build(name, headings, frame.itertuples(index=False, name=None), options)
    except SheetRefused as error:
        index = [str(one) for one in frame.index.names if one is not None]
        if not index:
            raise
        sentence = f"{error.message} Its index ({', '.join(index)}) is no column; frame.reset_index() makes it one."
        raise SheetRefused(name, sentence) from error


def read_courses(
    courses: Iterable[Course | Mapping[str, Any]], options: SheetOptions, *, name: str = "courses"
) -> Sheet:
    """Take what a program lists as a sheet: `Course` values, or mappings with a `course_id` and what else is known.

    The keys of a mapping are `course_id`, `batch_id`, `name`, `notify`, `publish` and `confirmed`.

    Raises:
        SheetRefused: a mapping has another key, or there are no courses.

    """
    listed = [_values_of(course, number, name) for number, course in enumerate(courses, 1)]
    used = [index for index in range(len(_KEYS)) if index == 0 or any(values[index] is not None for values in listed)]
    rows = ([values[index] for index in used] for values in listed)
    return _build(name, [_OF_COURSES[index] for index in used], rows, options)


def _build(name: str, headings: Sequence[str], rows: Iterable[Sequence[Any]], options: SheetOptions) -> Sheet:
    table = [GridRow(number=number, cells=_cells(number, values)) for number, values in enumerate([headings, *rows], 1)]

    def read(_: int, wanted: int) -> Grid:
        return Grid(rows=table[:wanted], complete=len(table) <= wanted)

    is_heading = make_is_heading(options.column)
    try:
        return build_sheet(name, Book(tabs=[Tab(name="")], read=read), is_heading, options)
    except Unreadable as error:
        raise SheetRefused(name, str(error)) from error


def _values_of(course: Course | Mapping[str, Any], number: int, name: str) -> tuple[Any, ...]:
    if isinstance(course, Course):
        return (course.course_id, course.batch_id or None, None, None, None, None)
    if not isinstance(course, Mapping):
        raise SheetRefused(name, f"Item {number} is a {type(course).__name__}, which is no course. {REMEDY}")
    unknown = [str(key) for key in course if key not in _KEYS]
    if unknown:
        raise SheetRefused(name, f"A course has no {', '.join(unknown)}. The keys are {', '.join(_KEYS)}.")
    return tuple(course.get(key) for key in _KEYS)


def _cells(number: int, values: Sequence[Any]) -> dict[int, Cell]:
    made = [_cell(name_cell(number, column), value) for column, value in enumerate(values)]
    return {column: cell for column, cell in enumerate(made) if cell.kind is not CellKind.EMPTY}


def _cell(ref: str, value: Any) -> Cell:
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0 and not isinstance(value, Number | str):
        value = value.item()  # numpy's own scalars, such as its boolean
    kind, text = _read_value(value)
    return Cell(ref=ref, kind=kind, text=cut(text))


def _read_value(value: Any) -> tuple[CellKind, str]:
    match value:
        case str():
            return CellKind.TEXT, str.__str__(value)  # numpy and others have their own strings
        case bool():
            return CellKind.BOOLEAN, "TRUE" if value else "FALSE"
        case _ if value is None or type(value).__name__ in _MISSING:
            return CellKind.EMPTY, ""
        case datetime():
            return CellKind.DATE, value.isoformat(sep=" ")
        case date():
            return CellKind.DATE, str(value)
        case Decimal() | Number():
            return _read_number(value)
        case _:
            return CellKind.ERROR, f"{type(value).__name__} {value}"


def _read_number(value: Any) -> tuple[CellKind, str]:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):  # a complex number; one beyond all floats
        return CellKind.NUMBER, "#NUM!"
    return (CellKind.EMPTY, "") if math.isnan(number) else (CellKind.NUMBER, show_number(number))
