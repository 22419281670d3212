"""The 44 files: what must become of every row of every one of them."""

import json
import re
from pathlib import Path

import pytest

from batchpub.course import Pile
from batchpub.errors import SheetRefused
from batchpub.plan import PlanOptions, make_plan
from batchpub.sheet import SheetOptions, load_sheet

SHEETS = Path(__file__).parent.parent / "data" / "sheets"
CASES = json.loads((SHEETS / "cases.json").read_text(encoding="utf-8"))["cases"]
VERBS = {Pile.TO_PUBLISH: "publish", Pile.INVALID: "reject", Pile.DUPLICATE: "skip", Pile.SKIPPED: "skip"}


def see_rows(file):
    """Give row number → what becomes of it, in the words of cases.json; or the refusal."""
    try:
        plan = make_plan([load_sheet(str(file), SheetOptions())], PlanOptions())
    except SheetRefused as error:
        return error
    return {row.row: f"publish {row.course}" if row.pile is Pile.TO_PUBLISH else VERBS[row.pile] for row in plan.rows}


def list_allowed(row):
    """Give the outcomes that are as good as each other: reasons are explanatory, a verb or a published id is not."""
    return {
        outcome if outcome.startswith("publish ") else outcome.partition(":")[0]
        for outcome in [row["expect"], *row.get("also_ok", [])]
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_case(case):
    """
    Every row becomes what the case allows; a file is refused only where the case says so; nothing else is published.
    """
    seen = see_rows(SHEETS / case["file"])

    if isinstance(seen, SheetRefused):
        assert "file_outcome" in case or case["file"] == "nothing else may be refused", seen.message
        return
    assert "file_outcome" not in case or case.get("also_ok_file_outcome"), seen
    expected = {row["row"]: list_allowed(row) for row in case["rows"]}
    wrong = {number: seen.get(number) for number, allowed in expected.items() if seen.get(number) not in allowed}
    assert {} == wrong
    assert expected.keys() == seen.keys() or not case["rows"]
    published = {outcome for outcome in seen.values() if outcome.startswith("publish ")}
    assert published <= {outcome for allowed in expected.values() for outcome in allowed}


def test_no_id_is_published_that_no_case_names():
    """
    Over all files together, the published ids are exactly the ones that are meant.
    """
    meant, published = set(), set()

    for case in CASES:
        meant |= {
            (case["file"], outcome)
            for row in case["rows"]
            for outcome in list_allowed(row)
            if outcome.startswith("publish ")
        }
        seen = see_rows(SHEETS / case["file"])
        if not isinstance(seen, SheetRefused):
            published |= {(case["file"], outcome) for outcome in seen.values() if outcome.startswith("publish ")}

    assert set() == published - meant


def test_every_sentence_begins_with_its_place_and_ends_properly():
    """
    A sentence about a row names a cell or a row first and speaks no programmer's language.
    """
    sentences = []
    for case in CASES:
        try:
            plan = make_plan([load_sheet(str(SHEETS / case["file"]), SheetOptions())], PlanOptions())
        except SheetRefused as error:
            sentences.append(error.message)
            continue
        sentences += [row.message for row in plan.rows if row.pile is Pile.INVALID]
        assert all(
            re.match(r"[A-Z]+[0-9]+[: ]|[A-Z]+[0-9]+:[A-Z]+[0-9]+ |Row |This row", row.message)
            for row in plan.rows
            if row.message
        )

    assert sentences
    assert all(sentence.endswith((".", ")")) for sentence in sentences)
    assert not [sentence for sentence in sentences if re.search(r"dtype|None|Traceback|Error\b|int\(", sentence)]
