"""Every reader against files that were changed in a few places: a sentence or a sheet, never a fault of our own."""

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batchpub.errors import SheetRefused
from batchpub.plan import PlanOptions, make_plan
from batchpub.sheet import SheetOptions, load
from batchpub.sheet.load import load_sheet

DATA = Path(__file__).parent.parent / "data"
FILES = {
    file.name: file.read_bytes()
    for folder in ("sheets", "sheets_real", "made")
    for file in sorted((DATA / folder).iterdir())
    if file.suffix != ".json" and file.stat().st_size < 40_000 and not file.name.startswith("~$")
}
PIECES = [
    b"",
    b"\0",
    b"\xff\xff\xff\xff",
    b"<",
    b">",
    b"&",
    b'"',
    b"'",
    b"\n",
    b"-1",
    b"99999999",
    b"PK",
    b"]]>",
    b"<!--",
]
PLACES = st.floats(0, 1, exclude_max=True)
LENGTHS = st.sampled_from([0, 1, 2, 4, 16, 300, 1_000_000])
CHANGES = st.lists(
    st.tuples(PLACES, LENGTHS, st.one_of(st.sampled_from(PIECES), st.binary(max_size=4), PLACES)),
    min_size=1,
    max_size=4,
)


def change(data, changes):
    """Take out, put in, or copy from elsewhere."""
    for place, length, piece in changes:
        at = int(place * len(data))
        if isinstance(piece, float):
            start = int(piece * len(data))
            data = data[:at] + data[start : start + min(length, 300)] + data[at:]
        else:
            data = data[:at] + piece + data[at + length :]
    return data


def change_part(data, which, changes):
    """Change one part of a package whose checksums are right again afterwards."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = [(info.filename, package.read(info)) for info in package.infolist()]
    at = int(which * len(parts))
    parts[at] = parts[at][0], change(parts[at][1], changes)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        for name, part in parts:
            package.writestr(name, part)
    return packed.getvalue()


def judge(name, data, monkeypatch):
    """Load and plan; give all sentences, and fail where one is about ourselves."""
    monkeypatch.setattr(load, "read_file", lambda _: data)
    try:
        plan = make_plan([load_sheet(name, SheetOptions())], PlanOptions())
    except SheetRefused as error:
        sentences = [error.message]
    else:
        sentences = [row.message for row in plan.rows if row.message]
    assert not [sentence for sentence in sentences if "internal" in sentence]
    assert all(sentence.endswith((".", ")")) for sentence in sentences)


def fuzz(examples):
    """Make the two laws, quick or thorough."""
    bounds = settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )

    @bounds
    @given(name=st.sampled_from(sorted(FILES)), changes=CHANGES)
    def whole(monkeypatch, name, changes):
        judge(name, change(FILES[name], changes), monkeypatch)

    packages = sorted(name for name, data in FILES.items() if data.startswith(b"PK") and name != "xlsx_truncated.xlsx")

    @bounds
    @given(name=st.sampled_from(packages), which=PLACES, changes=CHANGES)
    def parts(monkeypatch, name, which, changes):
        judge(name, change_part(FILES[name], which, changes), monkeypatch)

    return whole, parts


test_a_changed_file_is_read_or_refused, test_a_package_with_a_changed_part_is_read_or_refused = fuzz(250)
test_many_changed_files, test_many_changed_parts = map(pytest.mark.slow, fuzz(3_000))


def test_a_fault_of_our_own_is_no_damage(monkeypatch):
    """
    What nobody foresaw is called what it is: a fault of batchpub, with its place in the log, and not an incomplete download.
    """
    from structlog.testing import capture_logs

    def fail(*_):
        raise TypeError("'NoneType' object is not subscriptable")

    monkeypatch.setattr(load, "open_book", fail)
    monkeypatch.setattr(load, "read_file", lambda _: b"x")

    with capture_logs() as log, pytest.raises(SheetRefused) as refused:
        load_sheet("a.csv", SheetOptions())

    assert "batchpub could not read this (internal: TypeError)" in refused.value.message
    assert "download" not in refused.value.message
    assert [("sheet.not_understood", "a.csv")] == [(entry["event"], entry["file"]) for entry in log]
    assert "a bug: TypeError at" in log[0]["error"]
