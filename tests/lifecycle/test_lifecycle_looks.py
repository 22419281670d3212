"""The laws of a look at a course: its finding and its reason."""

import pytest

from batchpub.course import Course
from batchpub.lifecycle.looks import Finding, Look, look_of
from batchpub.lifecycle.reasons import OtherName, Plain, StateUnread
from batchpub.lifecycle.work import Rules, Work
from batchpub.services.interface import CourseState, Denied, NotSent, Refused, Reply, StateRead, Unclear

COURSE = Course(course_id="478346000019580117")
BATCH = Course(course_id="478346000019580117", batch_id="478346000019580999")


def look(course, name, answer, *, status=200):
    """Look at a course that the sheet calls so."""
    work = Work(position=0, course=course, notify=False, name=name)
    return look_of(work, Reply(answer=answer, http_status=status), Rules())


@pytest.mark.parametrize(
    ("course", "kind", "state", "finding", "reason"),
    [
        (COURSE, "self-paced", CourseState.DRAFT, Finding.TO_PUBLISH, Plain.SEEN_DRAFT),
        (COURSE, "", CourseState.DRAFT, Finding.TO_PUBLISH, Plain.SEEN_DRAFT),
        (BATCH, "blended", CourseState.DRAFT, Finding.TO_PUBLISH, Plain.SEEN_DRAFT),
        (BATCH, "", CourseState.DRAFT, Finding.TO_PUBLISH, Plain.SEEN_DRAFT),
        (COURSE, "e-material", CourseState.DRAFT, Finding.INVALID, Plain.SEEN_E_MATERIAL),
        (COURSE, "blended", CourseState.PUBLISHED, Finding.INVALID, Plain.SEEN_BLENDED),
        (BATCH, "self-paced", CourseState.DRAFT, Finding.INVALID, Plain.SEEN_SELF_PACED),
        (COURSE, "self-paced", CourseState.PUBLISHED, Finding.ALREADY_PUBLISHED, Plain.SEEN_PUBLISHED),
        (BATCH, "blended", CourseState.PUBLISHED, Finding.ALREADY_PUBLISHED, Plain.SEEN_PUBLISHED),
        (COURSE, "self-paced", CourseState.DISABLED, Finding.INVALID, Plain.SEEN_DISABLED),
        (COURSE, "self-paced", CourseState.CANNOT_TELL, Finding.CANNOT_TELL, Plain.STATE_NOT_SAID),
    ],
)
def test_a_state_that_was_read_has_its_finding(course, kind, state, finding, reason):
    """
    The type comes before the state; name, state and type are kept for whoever shows them.
    """
    answer = StateRead(state=state, name="Fire safety", kind=kind)

    expected = Look(finding=finding, reason=reason, name="Fire safety", state=state.value, kind=kind)
    assert expected == look(course, "Fire safety", answer)


@pytest.mark.parametrize(
    ("course", "answer", "status", "finding", "reason"),
    [
        (COURSE, Refused(code="x", message=""), 404, Finding.INVALID, Plain.UNKNOWN_COURSE),
        (COURSE, Refused(code="404", message=""), 400, Finding.INVALID, Plain.UNKNOWN_COURSE),
        (BATCH, Refused(code="x", message=""), 404, Finding.INVALID, Plain.UNKNOWN_BATCH),
        (COURSE, Refused(code="404", message="", certain=False), 404, Finding.CANNOT_TELL, StateUnread(why="404")),
        (COURSE, Refused(code="4102", message=""), 400, Finding.CANNOT_TELL, StateUnread(why="4102")),
        (COURSE, Denied(code="SCOPE", message=""), 403, Finding.CANNOT_TELL, StateUnread(why="SCOPE")),
        (COURSE, NotSent(reason=".X refused."), None, Finding.CANNOT_TELL, StateUnread(why=".X refused")),
        (COURSE, Unclear(reason="HTTP 502X"), 502, Finding.CANNOT_TELL, StateUnread(why="HTTP 502X")),
    ],
)  # fmt: skip
def test_a_course_that_could_not_be_read_says_why(course, answer, status, finding, reason):
    """
    Only a certain 404 is the id's fault.
    """
    assert Look(finding=finding, reason=reason) == look(course, "", answer, status=status)


def test_another_name_is_kept_with_the_sheet_s():
    """
    Where the two differ as staff would judge it, or one is missing, and only there.
    """
    looks = [
        look(COURSE, on_sheet, StateRead(state=CourseState.DRAFT, name="Fire", kind=""))
        for on_sheet in ("First aid", "fire", "")
    ]

    assert [OtherName(sheet="First aid", service="Fire"), None, None] == [one.other_name for one in looks]
