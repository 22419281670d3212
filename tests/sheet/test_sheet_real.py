"""Files as real programs wrote them: exactly the ids that were meant, and no untrue sentence."""

import json
from pathlib import Path

import pytest

from batchpub.course import Pile
from batchpub.errors import SheetRefused
from batchpub.plan import PlanOptions, make_plan
from batchpub.sheet import SheetOptions, load_sheet

REAL = Path(__file__).parent.parent / "data" / "sheets_real"
CASES = json.loads((REAL / "cases.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_real_file(case):
    """
    A file of a real program publishes what was meant and nothing else, and no sentence about it is untrue.
    """
    published, said, refused = set(), [], False
    try:
        plan = make_plan([load_sheet(str(REAL / case["file"]), SheetOptions())], PlanOptions())
    except SheetRefused as error:
        said, refused = [error.message], True
    else:
        published = {row.course.course_id for row in plan.rows if row.pile is Pile.TO_PUBLISH}
        said = [row.message for row in plan.rows if row.message]

    assert published <= {*case["publish"], *case["also_ok"]}
    assert not [sentence for sentence in said for word in case["not_said"] if word in sentence]
    assert refused is (case["refused"] == "must") or case["refused"] == "may"
    assert refused or set(case["publish"]) <= published


def test_every_real_file_is_a_case():
    """
    No file lies in the folder that no case judges.
    """
    assert {case["file"] for case in CASES} == {file.name for file in REAL.iterdir()} - {"cases.json"}
