"""The laws of a look at a course: its finding and its sentence, word for word."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from cases import GARBAGE, WORK
from scripted import reply

from batchpub.course import Course
from batchpub.lifecycle import Finding, Look, hold_for_name, judge_look
from batchpub.lifecycle.sentences import say_last, say_unclear
from batchpub.services.interface import (
    NOTHING_READABLE,
    CourseState,
    Denied,
    NotSent,
    Refused,
    Reply,
    StateRead,
    Unclear,
)

COURSE = Course(course_id="478346000019580117")
BATCH = Course(course_id="478346000019580117", batch_id="478346000019580999")
E_MATERIAL = "It is e-material, which cannot be published this way. Publish it in Zoho."
NO_BATCH = "It is a blended course, which is published batch by batch. Fill in its Batch ID."
A_BATCH = "It is a self-paced course, which has no batches. Empty its Batch ID."
PUBLISHED = "Zoho says it is published already."
DISABLED = "It is disabled in Zoho. Enable it there, or take the row out."
CANNOT_TELL = "Zoho's answer does not say whether it is published."


@pytest.mark.parametrize(
    ("course", "kind", "state", "finding", "message"),
    [
        (COURSE, "self-paced", CourseState.DRAFT, Finding.TO_PUBLISH, ""),
        (COURSE, "", CourseState.DRAFT, Finding.TO_PUBLISH, ""),
        (BATCH, "blended", CourseState.DRAFT, Finding.TO_PUBLISH, ""),
        (BATCH, "", CourseState.DRAFT, Finding.TO_PUBLISH, ""),
        (COURSE, "e-material", CourseState.DRAFT, Finding.INVALID, E_MATERIAL),
        (COURSE, "blended", CourseState.PUBLISHED, Finding.INVALID, NO_BATCH),
        (BATCH, "self-paced", CourseState.DRAFT, Finding.INVALID, A_BATCH),
        (COURSE, "self-paced", CourseState.PUBLISHED, Finding.ALREADY_PUBLISHED, PUBLISHED),
        (BATCH, "blended", CourseState.PUBLISHED, Finding.ALREADY_PUBLISHED, PUBLISHED),
        (COURSE, "self-paced", CourseState.DISABLED, Finding.INVALID, DISABLED),
        (COURSE, "self-paced", CourseState.CANNOT_TELL, Finding.CANNOT_TELL, CANNOT_TELL),
    ],
)
def test_a_state_that_was_read_has_its_finding(course, kind, state, finding, message):
    """
    The type comes before the state; name, state and type are kept for whoever shows them.
    """
    answer = StateRead(state=state, name="Fire safety", kind=kind)

    look = judge_look(course, "Fire safety", answer, http_status=200, code=state.value)

    expected = Look(finding=finding, message=message, name="Fire safety", state=state.value, kind=kind)
    assert expected == look


@pytest.mark.parametrize(
    ("course", "answer", "status", "finding", "message"),
    [
        (COURSE, Refused(code="x", message=""), 404, Finding.INVALID, "Zoho knows no course with this id. Look the id up in Zoho."),
        (COURSE, Refused(code="404", message=""), 400, Finding.INVALID, "Zoho knows no course with this id. Look the id up in Zoho."),
        (BATCH, Refused(code="x", message=""), 404, Finding.INVALID, "Zoho knows no batch of this course with this id. Look the id up in Zoho."),
        (COURSE, Refused(code="404", message="", certain=False), 404, Finding.CANNOT_TELL, "Its state cannot be read (404)."),
        (COURSE, Refused(code="4102", message=""), 400, Finding.CANNOT_TELL, "Its state cannot be read (4102)."),
        (COURSE, Denied(code="SCOPE", message=""), 403, Finding.CANNOT_TELL, "Its state cannot be read (SCOPE)."),
        (COURSE, NotSent(reason=".X refused."), None, Finding.CANNOT_TELL, "Its state cannot be read (.X refused)."),
        (COURSE, Unclear(reason="HTTP 502X"), 502, Finding.CANNOT_TELL, "Its state cannot be read (HTTP 502X)."),
    ],
)  # fmt: skip
def test_a_course_that_could_not_be_read_says_why(course, answer, status, finding, message):
    """
    Only a certain 404 is the id's fault.
    """
    code = getattr(answer, "code", "") or "unclear"

    assert Look(finding=finding, message=message) == judge_look(course, "", answer, http_status=status, code=code)


def test_another_name_is_named_and_may_hold_the_row():
    """
    Both names, the reason, and what to do.
    """
    answer = StateRead(state=CourseState.DRAFT, name="Fire", kind="")
    look = judge_look(COURSE, "First aid", answer, http_status=200, code="draft")
    remark = "Zoho calls it 'Fire', the sheet 'First aid'."
    remedy = "If the id is right, correct the name or write yes under Confirmed; else correct the id."

    assert remark == look.remark
    assert f"{remark[:-1]}: it would mail learners, so it was not sent. {remedy}" == hold_for_name(remark, mails=True)
    assert f"{remark[:-1]}: so it was not sent. {remedy}" == hold_for_name(remark, mails=False)
    assert "X: so" in hold_for_name("X", mails=False)


@pytest.mark.parametrize(
    ("answer", "code", "excerpt", "told"),
    [
        (GARBAGE, "", "<html>Bad", " Zoho answered with HTTP 502: <html>Bad."),
        (GARBAGE, "", "", f" Zoho answered with HTTP 502{NOTHING_READABLE}."),
        (GARBAGE, "", "x" * 200, f" Zoho answered with HTTP 502: {'x' * 100}."),
        (Unclear(reason="..HTTP 500: A1 no.X"), "A1", "body", " ..HTTP 500: A1 no.X."),
        (Unclear(reason="HTTP 500: A1 no..."), "A1", "body", " HTTP 500: A1 no."),
        (Refused(code="c.", message="m"), "c.", "body", " c."),
    ],
)
def test_the_last_answer_is_told_as_a_sentence(answer, code, excerpt, told):
    """
    Its reason, or what could be read of it; the body only where nothing else says anything.
    """
    last = Reply(answer=answer, http_status=502, code=code, excerpt=excerpt)

    assert told == say_last(replace(WORK, last=last))
    assert "" == say_last(WORK)
    assert f"the answer does not say what became of it.{told}" == say_unclear(
        replace(WORK, last=last), reply(answer, 502)
    )
    assert "the answer was lost." == say_unclear(replace(WORK, last=last), reply(answer, None))
