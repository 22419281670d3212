"""Looking at courses before anything is sent: within the limit, through locks, and no further than it may."""

import asyncio
import contextlib
import sys
from pathlib import Path

import pytest
import structlog

sys.path.insert(0, str(Path(__file__).parent))
from played import reply, seen
from support.virtual_time import VirtualClock, VirtualLoop, run_virtually

from batchpub.course import Course
from batchpub.engine.survey import Survey
from batchpub.errors import AccessRefused, ServiceUnreachable, StoppedEarly
from batchpub.lifecycle.looks import Finding, Look, look_of
from batchpub.lifecycle.reasons import Plain, StateUnread
from batchpub.lifecycle.work import Rules, Work
from batchpub.log import log_event
from batchpub.sentences.rows import say_reason
from batchpub.services.interface import CourseState, Denied, NotSent, Refused, Reply, StateRead, Throttled, Unclear
from batchpub.store.database import open_database
from batchpub.store.ledger import Ledger
from batchpub.store.limits import Limits
from batchpub.testing import ScriptedService

DRAFT = seen(CourseState.DRAFT)
LOCKED = reply(Throttled(wait_seconds=None, cause="429"), 429)


def survey(api, number, **rules):
    return survey_in_turn((api, None), number=number, **rules)


def survey_in_turn(*turns, number=5, **rules):
    """Survey on one state, with one service after the other, each given up after so many seconds; give the last's looks."""
    loop = VirtualLoop()

    async def main():
        async with open_database(None) as database:
            clock = VirtualClock(loop)
            for api, seconds in turns:
                ledger = Ledger(database, portal="p", run="check", limits=Limits(), clock=clock)
                surveyor = Survey(service=api, ledger=ledger, rules=Rules(**rules), on_event=log_event)
                names = {Course(course_id=str(n)): "" for n in range(number)}
                looks = {}
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        looks = await surveyor.look_at_all(names, workers=8)
            return looks

    return run_virtually(main(), loop)


def test_a_hundred_looks_keep_to_the_limit():
    """
    Every course is read once, at most thirty in any minute.
    """
    api = ScriptedService([], [DRAFT])

    looks = survey(api, 100)
    times = sorted(time for time, *_ in api.calls)

    assert {Finding.TO_PUBLISH} == {look.finding for look in looks.values()}
    assert (100, 100) == (len(looks), len(times))
    assert max(sum(start <= t < start + 60 for t in times) for start in times) <= 30


def test_lock_is_waited_out_and_one_look_goes_first():
    """
    A refusal is no look: after the lock the course is read again, alone.
    """
    api = ScriptedService([], lambda course: [LOCKED, DRAFT] if course.course_id == "0" else [DRAFT])

    looks = survey(api, 20)
    after = sorted(time for time, *_ in api.calls if time > 300)

    assert ({Finding.TO_PUBLISH}, 20) == ({look.finding for look in looks.values()}, len(looks))
    assert after[0] >= 305
    assert after[1] - after[0] >= 0.1


@pytest.mark.parametrize(
    ("answer", "status", "error", "words"),
    [
        (Denied(code="INVALID_OAUTHSCOPE", message=""), 403, AccessRefused, "training.READ"),
        (Throttled(wait_seconds=50_000, cause="429", quota=True), 429, StoppedEarly, "daily quota"),
        (Throttled(wait_seconds=1_000, cause="429"), 429, StoppedEarly, "longer than is allowed"),
    ],
)
def test_what_a_survey_cannot_do_ends_it(answer, status, error, words):
    """
    No scope is 77; a wait that is too long is 75. Both say what it is.
    """
    with pytest.raises(error, match=words):
        survey(ScriptedService([], [reply(answer, status)]), 10)


def test_a_survey_makes_no_more_calls_than_the_operator_allows():
    """
    Reads count for the daily quota as well: the run stops right before the call that is one too many.
    """
    api = ScriptedService([], [DRAFT])

    with pytest.raises(StoppedEarly, match="as many as are allowed"):
        survey(api, 10, max_calls=4)

    assert 4 == len(api.calls)


def test_a_lock_is_told_once():
    """
    Whoever waits five minutes reads in the log why, and until when.
    """
    api = ScriptedService([], lambda course: [LOCKED, DRAFT] if course.course_id == "0" else [DRAFT])

    with structlog.testing.capture_logs() as lines:
        survey(api, 20)

    locked = [line for line in lines if line["event"] == "portal.locked"]
    assert [("warning", 305.0, "429")] == [(line["log_level"], line["seconds"], line["cause"]) for line in locked]


def test_a_lock_that_another_left_is_told_once_and_waited_out():
    """
    Whoever looks during somebody else's lock reads why nothing happens, and until when.
    """
    locked, free = ScriptedService([], [LOCKED]), ScriptedService([], [DRAFT])

    with structlog.testing.capture_logs() as lines:
        looks = survey_in_turn((locked, 10.0), (free, None))

    told = [(line["event"], line["log_level"], line["seconds"]) for line in lines if "lock" in line["event"]]
    assert [("portal.locked", "warning", 305.0), ("portal.lock_found", "warning", 295.1)] == told
    assert ({Finding.TO_PUBLISH}, 5) == ({look.finding for look in looks.values()}, len(looks))
    assert min(time for time, *_ in free.calls) >= 305


@pytest.mark.parametrize("answer", [NotSent(reason="r"), Unclear(reason="r")])
def test_trouble_on_the_line_is_tried_again_and_then_told(answer):
    """
    A course that cannot be read is no fault of its row.
    """
    back, never = ScriptedService([], [reply(answer), DRAFT]), ScriptedService([], [reply(answer)])

    assert [Finding.TO_PUBLISH] == [look.finding for look in survey(back, 1).values()]
    with pytest.raises(ServiceUnreachable, match="does not answer"):
        survey(never, 1, attempts=3)
    assert 3 == len(never.calls)


@pytest.mark.parametrize("answer", [NotSent(reason="refused"), Unclear(reason="HTTP 503")])
@pytest.mark.parametrize("number", [3, 100])
def test_three_courses_in_a_row_without_an_answer_end_the_survey_after_one_wait(answer, number):
    """
    Nobody waits for a service that is not there: each course is tried a second time, and then it is said.
    """
    never = ScriptedService([], [reply(answer, 503 if isinstance(answer, Unclear) else None)])

    with pytest.raises(ServiceUnreachable, match="3 courses in a row could not be read"):
        survey(never, number)

    assert max(time for time, *_ in never.calls) < 10


def test_a_course_that_answers_with_500_ends_no_survey():
    """
    Trouble of single courses is theirs: the others are looked at, and the sentence says what Zoho answered.
    """
    broken = reply(Unclear(reason="Zoho answered with HTTP 500: 7301 Internal error", code="7301"), 500)
    api = ScriptedService([], lambda course: [broken] if int(course.course_id) < 6 else [DRAFT])

    looks = survey(api, 12)

    told = [look for look in looks.values() if look.finding is Finding.CANNOT_TELL]
    assert (12, 6) == (len(looks), len(told))
    assert "Its state cannot be read (Zoho answered with HTTP 500: 7301 Internal error)." == say_reason(told[0].reason)


def judged(answer, *, batch="", name="", status=200):
    work = Work(position=0, course=Course(course_id="1", batch_id=batch), notify=False, name=name)
    return look_of(work, Reply(answer=answer, http_status=status), Rules())


@pytest.mark.parametrize(
    ("kind", "batch", "state", "finding"),
    [
        ("self-paced", "", CourseState.DRAFT, Finding.TO_PUBLISH),
        ("self-paced", "", CourseState.PUBLISHED, Finding.ALREADY_PUBLISHED),
        ("self-paced", "", CourseState.DISABLED, Finding.INVALID),
        ("self-paced", "7", CourseState.DRAFT, Finding.INVALID),
        ("blended", "", CourseState.PUBLISHED, Finding.INVALID),
        ("blended", "7", CourseState.DRAFT, Finding.TO_PUBLISH),
        ("blended", "7", CourseState.PUBLISHED, Finding.ALREADY_PUBLISHED),
        ("e-material", "", CourseState.DRAFT, Finding.INVALID),
        ("", "", CourseState.CANNOT_TELL, Finding.CANNOT_TELL),
    ],
)
def test_each_state_and_type_has_its_finding(kind, batch, state, finding):
    """
    Type and state decide, and whatever is wrong with the row has a sentence that says what to do.
    """
    look = judged(StateRead(state=state, name="n", kind=kind), batch=batch)

    assert (finding, state.value, kind) == (look.finding, look.state, look.kind)
    assert say_reason(look.reason)


def test_only_a_404_says_that_an_id_is_unknown():
    """
    Any other refusal of a look may have reasons of its own.
    """
    unknown = judged(Refused(code="404", message=""), status=404)
    other = judged(Refused(code="INVALID_INPUT", message=""), status=400)

    assert Look(finding=Finding.INVALID, reason=Plain.UNKNOWN_COURSE) == unknown
    assert Look(finding=Finding.CANNOT_TELL, reason=StateUnread(why="INVALID_INPUT")) == other
