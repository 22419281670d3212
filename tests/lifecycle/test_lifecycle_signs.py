"""When answers stop being about single courses."""

import pytest

from batchpub.course import Course
from batchpub.errors import ExitCode
from batchpub.lifecycle.moves import Send
from batchpub.lifecycle.reading import weigh_reading
from batchpub.lifecycle.signs import Signs
from batchpub.lifecycle.weighing import weigh
from batchpub.lifecycle.work import Rules, Work
from batchpub.sentences.stops import say_stop
from batchpub.services.interface import (
    CourseState,
    Denied,
    Expired,
    NotSent,
    Operation,
    Published,
    Refused,
    Reply,
    SaidPublished,
    StateRead,
    Throttled,
    Unclear,
    Withheld,
)
from batchpub.standing import CourseStatus
from batchpub.stopping import Stop, StopReason

PAGE = Unclear(reason="a page", strange=True)
NEW = Refused(code="NEW", message="m", known=False)
OTHER = Refused(code="OTHER", message="m", known=False)
KNOWN = Refused(code="INVALID_INPUT", message="m")
NO_COURSE = Refused(code="404", message="m")
DRAFT = StateRead(state=CourseState.DRAFT)
STATUS = {PAGE: 302, NO_COURSE: 404, NEW: 400, OTHER: 400, KNOWN: 400}
SILENT = [
    Unclear(reason="lost"),
    Throttled(wait_seconds=None, cause="429"),
    Expired(code="401", message=""),
    Denied(code="7218", message=""),
    NotSent(reason="refused"),
    Withheld(),
    StateRead(state=CourseState.CANNOT_TELL),
]


def play(answers, *, courses=None, operation=Operation.PUBLISH, is_new_portal=False):
    """Hear one answer for each of these courses; give (how many were heard, the stop)."""
    signs = Signs(is_new_portal=is_new_portal)
    for number, answer in enumerate(answers):
        course = Course(course_id=str(courses[number] if courses else number))
        reply = Reply(answer=answer, http_status=STATUS.get(answer, 200), excerpt="<html><b>Sign</b>  in<br")
        signs = signs.hear(operation, course, reply)
        stop = signs.why_stop(operation, reply)
        if stop:
            return number + 1, stop
    return len(answers), None


@pytest.mark.parametrize("operation", Operation)
@pytest.mark.parametrize("answer", [PAGE, NEW])
def test_three_courses_in_a_row_stop_the_run(answer, operation):
    """
    The sentence has the status and the excerpt, and the exit code says to run it again later.
    """
    number, stop = play([answer] * 5, operation=operation)

    assert (3, ExitCode.UNREACHABLE) == (number, stop.exit_code)
    assert f"HTTP {STATUS[answer]}: Sign in)" in say_stop(stop)
    assert ('[answers] "NEW" = "refused"' in say_stop(stop)) is (answer is NEW)


@pytest.mark.parametrize("between", [Published(), SaidPublished(code="A", message="m"), KNOWN, NO_COURSE, DRAFT])
@pytest.mark.parametrize("answer", [PAGE, NEW])
def test_answer_that_says_something_ends_the_row(answer, between):
    """
    Two and two, with one between that is about its course, are no three.
    """
    assert (5, None) == play([answer, answer, between, answer, answer])
    assert 6 == play([answer, answer, between, answer, answer, answer])[0]


@pytest.mark.parametrize("between", SILENT)
@pytest.mark.parametrize("answer", [PAGE, NEW])
def test_what_says_nothing_does_not_end_the_row(answer, between):
    """
    The lock, the token and a lost answer may come between.
    """
    assert 5 == play([answer, between, answer, between, answer, answer])[0]


def test_one_course_alone_stops_nothing():
    """
    The same course may be answered strangely as often as it is tried.
    """
    assert (7, None) == play([PAGE] * 7, courses=[1, 1, 2, 1, 2, 2, 1])


def test_codes_that_differ_are_about_their_courses():
    """
    Only the same unknown code counts; a page counts by itself.
    """
    assert (5, None) == play([NEW, OTHER, PAGE, OTHER, PAGE])


def test_reading_does_not_speak_for_publishing():
    """
    Where reading works and publishing meets a page, publishing stops.
    """
    signs, stops = Signs(), []
    page = Reply(answer=PAGE, http_status=403)
    draft = Reply(answer=DRAFT, http_status=200)
    for number in range(3):
        for operation, reply in ((Operation.PUBLISH, page), (Operation.READ, draft)):
            signs = signs.hear(operation, Course(course_id=str(number)), reply)
            stops.append(signs.why_stop(operation, reply))

    assert [None] * 4 == stops[:4]
    assert "an empty body" in say_stop(stops[4])


@pytest.mark.parametrize(
    ("answers", "is_new", "number"),
    [
        ([NO_COURSE] * 12, True, 10),
        ([NO_COURSE] * 12, False, None),
        ([NO_COURSE] * 9, True, None),
        ([NO_COURSE] * 9 + [Published()] + [NO_COURSE] * 12, True, None),
        ([KNOWN] + [NO_COURSE] * 12, True, None),
        ([DRAFT] + [NO_COURSE] * 12, True, None),
        ([NO_COURSE, *SILENT] + [NO_COURSE] * 9, True, 17),
    ],
)
def test_ten_unknown_courses_of_a_new_portal_are_somebody_else_s(answers, is_new, number):
    """
    All of the first ten, where nothing was ever published: the account or its data centre is another.
    """
    noted, stop = play(answers, is_new_portal=is_new)

    assert (number or len(answers), number is not None) == (noted, stop is not None)
    assert stop is None or (ExitCode.ACCESS_REFUSED, True) == (stop.exit_code, "data centre" in say_stop(stop))


@pytest.mark.parametrize("is_reading", [False, True])
@pytest.mark.parametrize(("courses", "stops"), [("123", True), ("121", False)])
def test_verdict_holds_the_stop_that_an_answer_is_the_last_straw_for(courses, stops, is_reading):
    """
    Whether it came to a call or to a reading, and only where the courses differ: the reason, the count and the answer.
    """
    page = Reply(answer=PAGE, http_status=403)
    signs = Signs()
    for course in courses:
        work = Work(position=0, course=Course(course_id=course), notify=False)
        if is_reading:
            verdict = weigh_reading(work, page, signs, Rules())
        else:
            verdict = weigh(Send(version=1, before=CourseStatus.FREE), work, page, signs, Rules())
        signs = verdict.signs

    assert (Stop(reason=StopReason.STRANGE_ANSWERS, count=3, reply=page) if stops else None) == verdict.stop


def test_strange_readings_say_nothing_of_calls():
    """
    Two pages for readings and one for a call are no three.
    """
    page = Reply(answer=PAGE, http_status=403)
    signs = Signs()
    for course in "12":
        work = Work(position=0, course=Course(course_id=course), notify=False)
        signs = weigh_reading(work, page, signs, Rules()).signs

    work = Work(position=0, course=Course(course_id="3"), notify=False)
    verdict = weigh(Send(version=1, before=CourseStatus.FREE), work, page, signs, Rules())

    assert verdict.stop is None
    assert weigh_reading(work, page, signs, Rules()).stop is not None


def test_another_account_is_told_with_the_number_of_courses_it_does_not_know():
    """
    Ten.
    """
    assert (10, Stop(reason=StopReason.OTHER_ACCOUNT, count=10)) == play([NO_COURSE] * 10, is_new_portal=True)
