"""What a program hands over wrongly is refused with a sentence, before anything is opened or sent."""

import asyncio
import io
import math
import threading

import numpy as np
import pandas as pd
import pytest

import batchpub
from batchpub.services.interface import Published
from batchpub.testing import ScriptedService

ONE = "478346000019582101"
SHEET = f"Course ID\n{ONE}\n".encode()


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (None, "A NoneType is no list"),
        (5, "A int is no list"),
        ("courses.xlsx", "A str is no list"),
        (b"PK", "A bytes is no list"),
        ({"course_id": ONE}, "A dict is no list"),
        (batchpub.Course(course_id=ONE), "A Course is no list"),
        ([ONE], "Item 1 is a str"),
        ([{"course_id": ONE}, None], "Item 2 is a NoneType"),
        (pd.Series([ONE]), "Item 1 is a str"),
        ([pd.DataFrame({"Course ID": [ONE]})], "Item 1 is a DataFrame"),
        ([batchpub.read_sheet(SHEET), {"course_id": ONE}], "in one list"),
        (pd.DataFrame({"Notify": ["no"]}, index=pd.Index([ONE], name="Course ID")), "reset_index"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_is_no_list_of_courses_is_refused(rows, sentence, tmp_path):
    """
    Each says what it is, and what is wanted instead.
    """
    with pytest.raises(batchpub.SheetRefused, match=sentence):
        batchpub.check_sync(rows, state=tmp_path / "s.db")


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (None, "no path, no bytes and no open file"),
        (7, "no path, no bytes and no open file"),
        (io.StringIO(SHEET.decode()), "binary mode"),
        (type("Closed", (), {"read": lambda _: io.BytesIO().close() or open("/"), "name": "x"})(), "cannot be read"),  # noqa: PTH123, SIM115
    ],
    ids=["none", "number", "text", "folder"],
)
def test_what_is_no_file_is_refused(source, sentence):
    """
    A file that was opened as text, or something else altogether, is no fault of the program.
    """
    with pytest.raises(batchpub.SheetRefused, match=sentence):
        batchpub.read_sheet(source)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, io.BytesIO])
def test_bytes_are_read_whatever_holds_them(kind):
    """
    All kinds of bytes in memory are the same file.
    """
    assert [ONE] == [row.cells[0].text for row in batchpub.read_sheet(kind(SHEET)).rows]


def test_odd_values_are_cells_too(tmp_path):
    """
    An array in a cell is no id; a string of numpy's is one, and plain text from then on.
    """
    frame = pd.DataFrame({"Course ID": pd.Series([np.array([1, 2]), np.str_(ONE)], dtype=object)})

    rows = batchpub.check_sync(frame, state=tmp_path / "s.db").rows

    assert ["invalid", "to_publish"] == [row.outcome for row in rows]
    assert str is type(rows[1].row.course.course_id)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"service": None}, "service is None"),
        ({"service": batchpub.ZohoPeople}, "service is ZohoPeople"),
        ({"service": batchpub.AccessToken(token=batchpub.Secret("secret-token"))}, "service is AccessToken"),
        ({"on_event": None}, "plain function"),
        ({"on_event": asyncio.sleep}, "plain function"),
        ({"stop": threading.Event()}, "asyncio.Event"),
        ({"policy": {"workers": 3}}, "policy is a dict"),
        ({"state": ""}, "state is ''"),
        ({"state": 5}, "state is 5"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
async def test_arguments_of_a_wrong_kind_are_refused(wrong, sentence, tmp_path):
    """
    Nothing is sent, and the sentence names the argument.
    """
    service = ScriptedService([Published()])
    arguments = {"service": service, "state": tmp_path / "s.db", **wrong}

    with pytest.raises(batchpub.BatchpubError, match=sentence):
        await batchpub.publish([{"course_id": ONE}], **arguments)

    assert [] == service.calls


async def test_online_needs_a_service(tmp_path):
    """
    Asked to read each course there, `check` does not quietly read none.
    """
    with pytest.raises(batchpub.BatchpubError, match="service is None"):
        await batchpub.check([{"course_id": ONE}], online=True, state=tmp_path / "s.db")


async def test_the_wrappers_say_what_to_write_in_a_notebook(tmp_path):
    """
    Where a loop runs already, the sentence has the call that works there.
    """
    with pytest.raises(batchpub.BatchpubError, match="await publish"):
        batchpub.publish_sync([], service=ScriptedService([Published()]), state=tmp_path / "s.db")
    with pytest.raises(batchpub.BatchpubError, match="await check"):
        batchpub.check_sync([], state=tmp_path / "s.db")


LIMITS, RULES, PLAN = batchpub.Limits, batchpub.Rules, batchpub.PlanOptions
WRONG = [
    *((f"limits.{name}", {"limits": LIMITS(**{name: value})}) for name in ("rate", "burst") for value in (0, -1, 1.5, "30", True, 10**9)),
    *(
        (f"limits.{name}", {"limits": LIMITS(**{name: value})})
        for name in ("period", "guard", "settle", "lock", "lock_margin", "max_lock", "lease", "total_timeout")
        for value in (-1, math.nan, math.inf, "60", None)
    ),
    *((f"limits.{name}", {"limits": LIMITS(**{name: 0})}) for name in ("period", "lock", "lease", "total_timeout")),
    ("limits.lease", {"limits": LIMITS(lease=30.0)}),
    *(("workers", {"workers": value}) for value in (0, -1, 1.5, "8", None)),
    *(("max_seconds", {"max_seconds": value}) for value in (0, -1, math.nan, "60")),
    *(("max_failures", {"max_failures": value}) for value in (-1, 1.5, "x")),
    *((name, {name: value}) for name in ("portal", "again_id") for value in (None, 5)),
    *((f"rules.{name}", {"rules": RULES(**{name: "x"})}) for name in ("attempts", "max_calls", "verify", "names", "strict")),
    ("rules.attempts", {"rules": RULES(attempts=0)}),
    ("rules.again", {"rules": RULES(again="all")}),
    ("rules.again", {"rules": RULES(again=frozenset([int(ONE)]))}),
    ("plan.notify", {"plan": PLAN(notify="all")}),
    ("plan.include_hidden", {"plan": PLAN(include_hidden=1)}),
    ("sheet.max_rows", {"sheet": batchpub.SheetOptions(max_rows=0)}),
    ("limits", {"limits": None}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "values"), WRONG)
def test_a_policy_that_makes_no_sense_is_refused(name, values):
    """
    The sentence names the field: no run would ever end, or send faster than it may, because of a slip in it.
    """
    with pytest.raises(batchpub.BatchpubError, match=name):
        batchpub.Policy(**values)
