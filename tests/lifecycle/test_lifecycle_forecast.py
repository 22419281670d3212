"""What is foreseen of a planned row: the plan's word first, then the state's, then the service's."""

from datetime import UTC, datetime

import pytest
from scripted import COURSE

from batchpub.course import Pile, PlannedRow
from batchpub.forecast import TO_PUBLISH, UNCERTAIN, Foreseen, foresee_row
from batchpub.lifecycle.looks import Finding, Look
from batchpub.lifecycle.reasons import OtherName, Plain
from batchpub.lifecycle.work import Rules, Verify
from batchpub.sentences.rows import say_reason
from batchpub.standing import Held, PublishedBefore, Uncertain


def plan(pile=Pile.TO_PUBLISH, *, message="", course=COURSE, notify=False, name=""):
    return PlannedRow(
        position=0, sheet_index=0, row=2, cell="A2", course=course, name=name, notify=notify, pile=pile, message=message
    )


DRAFT = Look(finding=Finding.TO_PUBLISH, reason=Plain.SEEN_DRAFT)
DISABLED = Look(finding=Finding.INVALID, reason=Plain.SEEN_DISABLED)
UNTOLD = Look(finding=Finding.CANNOT_TELL, reason=Plain.STATE_NOT_SAID)
ELSE = Look(
    finding=Finding.TO_PUBLISH, reason=Plain.SEEN_DRAFT, other_name=OtherName(sheet="First aid", service="Fire safety")
)
BEFORE = PublishedBefore(run="r", on="2026-11-27T10:00:00")
LEFT = Uncertain(version=1, run="r", seconds=0.0)
HELD = Held(run="r", seconds=1.0, until=datetime(2026, 11, 27, tzinfo=UTC))


@pytest.mark.parametrize("pile", [pile for pile in Pile if pile is not Pile.TO_PUBLISH])
def test_a_row_that_the_plan_keeps_back_is_as_the_plan_says(pile):
    """
    Whatever the state and the service say of its course, and also where it has none.
    """
    for course in (COURSE, None):
        row = plan(pile, message="The plan's sentence.", course=course)

        seen = foresee_row(row, {COURSE: LEFT}, {COURSE: DRAFT}, Rules())

        assert Foreseen(row=row, outcome=pile.value, message="The plan's sentence.") == seen
        assert (None, False) == (seen.look, seen.is_to_send)


def test_a_row_without_a_course_is_never_foreseen_as_one_to_send():
    """
    Even in the pile of those to publish.
    """
    row = plan(course=None, message="x")

    assert Foreseen(row=row, outcome="to_publish", message="x") == foresee_row(row, {}, {COURSE: DISABLED}, Rules())


@pytest.mark.parametrize(
    ("known", "looks", "outcome", "reason"),
    [
        ({}, {}, TO_PUBLISH, None),
        ({COURSE: BEFORE}, {}, "already_published", BEFORE),
        ({COURSE: LEFT}, {}, UNCERTAIN, LEFT),
        ({COURSE: HELD}, {}, UNCERTAIN, HELD),
        ({}, {COURSE: DRAFT}, TO_PUBLISH, None),
        ({}, {COURSE: DISABLED}, "invalid", Plain.SEEN_DISABLED),
        ({}, {COURSE: UNTOLD}, TO_PUBLISH, Plain.STATE_NOT_SAID),
        ({COURSE: BEFORE}, {COURSE: DRAFT}, "already_published", BEFORE),
    ],
)
def test_what_state_and_service_say_decides_over_a_row_to_publish(known, looks, outcome, reason):
    """
    The sentence says why; one that is published all the same keeps the plan's sentence before it. The look is kept.
    """
    row = plan(message="A remark.")

    seen = foresee_row(row, known, looks, Rules())

    why = say_reason(reason) if reason else ""
    message = f"A remark. {why}".strip() if outcome == TO_PUBLISH else why
    assert Foreseen(row=row, outcome=outcome, message=message, look=looks.get(COURSE)) == seen
    assert (outcome in ("to_publish", "uncertain")) is seen.is_to_send


def test_what_earlier_results_call_unknown_is_uncertain_and_another_course_is_not():
    """
    By the rules alone, with an empty state.
    """
    rules = [Rules(uncertain=frozenset({course})) for course in (COURSE, "another")]

    assert [UNCERTAIN, TO_PUBLISH] == [foresee_row(plan(), {}, {}, one).outcome for one in rules]


def test_the_row_s_own_words_decide_whether_another_name_holds_it():
    """
    Its name and whether it mails are taken from the row.
    """
    rules = Rules(verify=Verify.MAILS)
    rows = [plan(notify=mails, name="First aid") for mails in (True, False)]

    assert ["invalid", TO_PUBLISH] == [foresee_row(row, {}, {COURSE: ELSE}, rules).outcome for row in rows]
