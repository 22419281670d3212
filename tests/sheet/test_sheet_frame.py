"""A DataFrame's cells are judged by their type, as the cells of a file are."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchpub.cells import CellKind
from batchpub.course import Course, Pile
from batchpub.errors import SheetRefused
from batchpub.plan import PlanOptions, make_plan
from batchpub.sheet import SheetOptions
from batchpub.sheet.frame import Frame, read_courses, read_frame

ONE, TWO = "478346000019582101", "478346000019582102"
OPTIONS = SheetOptions()


def plan_of(sheet):
    return make_plan([sheet], PlanOptions())


def piles(sheet):
    return [(row.row, row.cell, row.pile, row.course.course_id if row.course else None) for row in plan_of(sheet).rows]


@pytest.mark.parametrize("dtype", [object, "string", "category"])
def test_strings_are_ids(dtype):
    """
    A column of strings holds ids digit for digit, whatever pandas keeps them in; rows are numbered from 2.
    """
    frame = pd.DataFrame({"Course ID": pd.Series([ONE, TWO], dtype=dtype), "Course name": ["Fire", "Water"]})

    assert [(2, "A2", Pile.TO_PUBLISH, ONE), (3, "A3", Pile.TO_PUBLISH, TWO)] == piles(read_frame(frame, OPTIONS))


@pytest.mark.parametrize("dtype", ["int64", "Int64", "float64", "uint64", object])
def test_numbers_are_no_ids(dtype):
    """
    A column of numbers is refused row by row with the sentence of numbers, also where every digit is still there.
    """
    values = pd.Series([int(ONE), int(TWO)], dtype=dtype)

    rows = plan_of(read_frame(pd.DataFrame({"Course ID": values}), OPTIONS)).rows

    assert [(Pile.INVALID, None), (Pile.INVALID, None)] == [(row.pile, row.course) for row in rows]
    assert all("stored as a number" in row.message for row in rows)


def test_every_type_has_its_kind():
    """
    What pandas and Python have for nothing is empty; numbers, booleans and dates stay what they are.
    """
    values = [
        None, float("nan"), np.nan, pd.NA, pd.NaT, True, np.True_, 7, 7.5, np.int64(7), np.float32(7), Decimal(7),
        dt.date(2026, 3, 1), dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC), pd.Timestamp("2026-03-01"),
        np.datetime64("2026-03-01"), [1], "", "x", 10**400, 1j,
    ]  # fmt: skip
    frame = pd.DataFrame({"Course ID": [ONE] * len(values), "Thing": pd.Series(values, dtype=object)})

    sheet = read_frame(frame, OPTIONS)

    empty, number, date = CellKind.EMPTY, CellKind.NUMBER, CellKind.DATE
    expected = [empty] * 5 + [CellKind.BOOLEAN] * 2 + [number] * 5 + [date] * 4
    expected += [CellKind.ERROR, CellKind.TEXT, CellKind.TEXT, number, number]
    kinds = [row.cells[1].kind for row in sheet.rows]
    assert expected[:17] == kinds[:17]
    assert [CellKind.TEXT, number, number] == kinds[18:]


def test_a_frame_without_its_column_is_refused():
    """
    The index is no column: where it holds the ids, the frame is refused, and so is an empty one.
    """
    with pytest.raises(SheetRefused):
        read_frame(pd.DataFrame({"Name": ["Fire"]}, index=pd.Index([ONE], name="Course ID")), OPTIONS)
    with pytest.raises(SheetRefused):
        read_frame(pd.DataFrame({"Course ID": []}), OPTIONS)


def test_a_program_lists_courses():
    """
    Courses and mappings become rows like any other; an id that is no text is refused like a number cell.
    """
    listed = [
        Course(course_id=ONE),
        {"course_id": TWO, "name": "Water", "notify": True},
        {"course_id": int(ONE)},
        Course(course_id=ONE),
    ]

    sheet = read_courses(listed, OPTIONS)

    assert [
        (2, "A2", Pile.TO_PUBLISH, ONE),
        (3, "A3", Pile.TO_PUBLISH, TWO),
        (4, "A4", Pile.INVALID, None),
        (5, "A5", Pile.DUPLICATE, ONE),
    ] == piles(sheet)
    assert [False, True, False, False] == [row.notify for row in plan_of(sheet).rows]


def test_a_key_nobody_knows_is_refused():
    """
    A misspelt key would be a guard that is not there.
    """
    with pytest.raises(SheetRefused, match=r"courses: A course has no notifi\. The keys are course_id"):
        read_courses([{"course_id": ONE, "notifi": False}], OPTIONS)


@given(st.lists(st.one_of(st.none(), st.text(), st.integers(), st.floats(), st.booleans(), st.just(ONE)), min_size=1))
def test_no_id_but_what_was_text(values):
    """
    Whatever a column holds, what is to be published was a string with exactly these digits.
    """
    frame = pd.DataFrame({"Course ID": pd.Series(values, dtype=object)})

    try:
        rows = plan_of(read_frame(frame, OPTIONS)).rows
    except SheetRefused:
        return

    sent = [row.course.course_id for row in rows if row.pile is Pile.TO_PUBLISH]
    assert all(any(isinstance(value, str) and value.strip() == one for value in values) for one in sent)


def test_only_a_frame_is_a_frame():
    """
    A list, a dict and a Series are none.
    """
    assert isinstance(pd.DataFrame(), Frame)
    assert not any(isinstance(one, Frame) for one in ([], {}, pd.Series([1]), "text"))
