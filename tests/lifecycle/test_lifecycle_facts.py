"""What a row's outcome is said to rest on: the whole value, with every fact that a person is shown."""

import math
from dataclasses import replace

import pytest
from cases import WORK, seen
from scripted import COURSE, reply

from batchpub.course import Course, NamesRule, Outcome, Pile, PlannedRow
from batchpub.forecast import TO_PUBLISH, UNCERTAIN
from batchpub.lifecycle.looks import Finding, Look, look_of
from batchpub.lifecycle.moves import Read, Send, Settle, Wait, next_move, result_of
from batchpub.lifecycle.reading import move_after_look, weigh_reading
from batchpub.lifecycle.reasons import (
    Believed,
    FinalNo,
    HeldForName,
    NoClearAnswer,
    NotConfirmed,
    NotSentAgain,
    NoWord,
    OtherName,
    Plain,
    Result,
    StillDraft,
    Unreached,
)
from batchpub.lifecycle.signs import Signs
from batchpub.lifecycle.verdict import Later
from batchpub.lifecycle.weighing import weigh
from batchpub.lifecycle.work import Rules, Why, Work
from batchpub.services.interface import (
    CourseState,
    Denied,
    Expired,
    NotSent,
    Refused,
    SaidPublished,
    Throttled,
    Unclear,
    Withheld,
)
from batchpub.standing import CourseStatus, RefusedBeside, Uncertain
from batchpub.stopping import Stop, StopReason

LAST = reply(Unclear(reason="HTTP 502", code="bad gateway"), 502)
SAID = SaidPublished(code="ALREADY", message="It is.")
SPENT = replace(WORK, attempts=5, is_lost=True, last=LAST)
DRAFT, PUBLISHED, SILENT = (
    seen(CourseState.DRAFT),
    seen(CourseState.PUBLISHED),
    reply(Refused(code="4102", message="no"), 400),
)


@pytest.mark.parametrize("seconds", [0.5, 50.0])
def test_a_course_whose_call_may_still_arrive_is_waited_for(seconds):
    """
    However little is left; read too soon, it could be called a draft and be sent twice.
    """
    assert Wait(seconds=seconds) == next_move(Uncertain(version=1, run="r", seconds=seconds), WORK, Rules(), run="mine")


@pytest.mark.parametrize("outcome", Outcome)
def test_the_last_answer_is_shown_where_the_outcome_leaves_questions(outcome):
    """
    With the status and the code it came with; beside a success or a refusal it would mislead.
    """
    is_shown = outcome in (Outcome.FAILED, Outcome.UNKNOWN)

    expected = Result(outcome=outcome, reason=Plain.NOT_YET, attempts=5, http_status=502, code="bad gateway")
    assert (expected if is_shown else replace(expected, http_status=None, code="")) == result_of(
        SPENT, outcome, Plain.NOT_YET
    )
    nothing = replace(SPENT, last=None)
    assert replace(expected, http_status=None, code="") == result_of(nothing, outcome, Plain.NOT_YET)


@pytest.mark.parametrize(("code", "status"), [("x", 404), ("404", 400)])
def test_a_course_that_is_not_found_is_told_by_status_or_code(code, status):
    """
    Either says it.
    """
    assert Finding.INVALID is look_of(WORK, reply(Refused(code=code, message=""), status), Rules()).finding


@pytest.mark.parametrize(
    ("why", "work", "read", "expected"),
    [
        (
            Why.LOST,
            SPENT,
            DRAFT,
            Settle(
                result=Result(
                    outcome=Outcome.FAILED, reason=StillDraft(attempts=5, last=LAST), attempts=5, http_status=502, code="bad gateway"
                ),
                status=CourseStatus.DRAFT,
                version=7,
            ),
        ),
        (
            Why.LOST,
            SPENT,
            SILENT,
            Settle(
                result=Result(
                    outcome=Outcome.UNKNOWN, reason=NoClearAnswer(attempts=5, last=LAST), attempts=5, http_status=502, code="bad gateway"
                ),
                status=CourseStatus.UNCLEAR,
                version=7,
            ),
        ),
        (
            Why.LOST_BEFORE,
            replace(WORK, notify=True, last=LAST),
            SILENT,
            Settle(
                result=Result(
                    outcome=Outcome.UNKNOWN, reason=NotSentAgain(code="4102", last=LAST), attempts=0, http_status=502, code="bad gateway"
                ),
                status=CourseStatus.UNCLEAR,
                version=7,
            ),
        ),
        (
            Why.CONFIRM,
            replace(WORK, said_published=SAID, attempts=1),
            DRAFT,
            Settle(
                result=Result(outcome=Outcome.REFUSED, reason=NotConfirmed(said=SAID, state=CourseState.DRAFT), attempts=1),
                status=CourseStatus.DRAFT,
                version=7,
            ),
        ),
        (
            Why.CONFIRM,
            replace(WORK, said_published=SAID, attempts=1),
            SILENT,
            Settle(
                result=Result(outcome=Outcome.REFUSED, reason=NotConfirmed(said=SAID, state=None), attempts=1),
                status=CourseStatus.FREE,
                version=7,
            ),
        ),
        (
            Why.LOST,
            replace(WORK, said_published=SAID, attempts=2, is_lost=True),
            SILENT,
            Settle(
                result=Result(outcome=Outcome.PUBLISHED, reason=Believed(said=SAID), attempts=2), status=CourseStatus.PUBLISHED
            ),
        ),
        (
            Why.LOST_BEFORE,
            replace(WORK, said_published=SAID, attempts=1),
            SILENT,
            Settle(
                result=Result(outcome=Outcome.ALREADY_PUBLISHED, reason=Believed(said=SAID), attempts=1),
                status=CourseStatus.PUBLISHED,
            ),
        ),
        (
            Why.LOST,
            SPENT,
            PUBLISHED,
            Settle(
                result=Result(outcome=Outcome.PUBLISHED, reason=Plain.FOUND_PUBLISHED, attempts=5, verified=True),
                status=CourseStatus.PUBLISHED,
            ),
        ),
        (
            Why.LOST_BEFORE,
            WORK,
            PUBLISHED,
            Settle(
                result=Result(outcome=Outcome.ALREADY_PUBLISHED, reason=Plain.SEEN_PUBLISHED, attempts=0, verified=True),
                status=CourseStatus.PUBLISHED,
            ),
        ),
        (Why.LOST, WORK, DRAFT, Send(version=7, before=CourseStatus.DRAFT, look=Why.LOST)),
        (Why.LOST, WORK, SILENT, Send(version=7, before=CourseStatus.UNCLEAR)),
    ],
)  # fmt: skip
def test_what_a_look_makes_of_a_course_that_was_sent(why, work, read, expected):
    """
    The outcome, its reason with all facts, how the course stands from now on, and which version of it that is about.
    """
    _, move = move_after_look(work, read, Rules(), read=Read(version=7, why=why), now=1.0)

    assert expected == move


@pytest.mark.parametrize("why", [Why.VERIFY, Why.LOST, Why.LOST_BEFORE])
@pytest.mark.parametrize("mails", [True, False])
def test_a_row_that_is_held_for_its_name_says_both_names(why, mails):
    """
    Once: as the reason, and not as a remark beside it. A course that was sent is known to be a draft from now on.
    """
    work = replace(WORK, name="First aid", notify=mails)
    rules = Rules(names=NamesRule.HOLD)

    _, move = move_after_look(work, DRAFT, rules, read=Read(version=7, why=why), now=1.0)

    names = OtherName(sheet="First aid", service="Fire safety")
    result = Result(outcome=Outcome.INVALID, reason=HeldForName(names=names, mails=mails), attempts=0, verified=True)
    sent = {} if why is Why.VERIFY else {"status": CourseStatus.DRAFT, "version": 7}
    assert Settle(result=result, **sent) == move


def test_a_refusal_of_another_run_is_said_with_all_it_came_with():
    """
    Whose it was, its status and code; and how often this run had sent the course.
    """
    beside = RefusedBeside(run="other", message="No.", http_status=400, code="4102")

    move = next_move(beside, replace(WORK, attempts=2), Rules(), run="mine")

    expected = Result(outcome=Outcome.REFUSED, reason=beside, attempts=2, http_status=400, code="4102")
    assert Settle(result=expected) == move


@pytest.mark.parametrize(
    ("before", "certain", "outcome", "status"),
    [
        (CourseStatus.FREE, True, Outcome.REFUSED, CourseStatus.FREE),
        (CourseStatus.UNCLEAR, True, Outcome.UNKNOWN, CourseStatus.UNCLEAR),
        (CourseStatus.FREE, False, Outcome.REFUSED, CourseStatus.UNCLEAR),
        (CourseStatus.UNCLEAR, False, Outcome.REFUSED, CourseStatus.UNCLEAR),
    ],
)
@pytest.mark.parametrize("batch", ["", "478346000019580999"])
def test_a_final_no_is_said_with_all_it_came_with(before, certain, outcome, status, batch):
    """
    And whether an earlier call, whose answer was lost, may have published the course.
    """
    no = Refused(code="4102", message="no", certain=certain)
    work = replace(WORK, course=Course(course_id=COURSE.course_id, batch_id=batch))

    verdict = weigh(Send(version=1, before=before), work, reply(no, 400), Signs(), Rules())

    was_lost = outcome is Outcome.UNKNOWN
    reason = FinalNo(answer=no, http_status=400, is_batch=bool(batch), was_lost=was_lost)
    assert Result(outcome=outcome, reason=reason, attempts=1, http_status=400, code="4102") == verdict.result
    assert (status, verdict.result) == (verdict.status, verdict.then.result)


@pytest.mark.parametrize(
    ("before", "outcome"), [(CourseStatus.FREE, Outcome.FAILED), (CourseStatus.UNCLEAR, Outcome.UNKNOWN)]
)
@pytest.mark.parametrize(("unreached", "stops"), [(4, True), (3, False)])
def test_a_service_that_is_not_reached_is_said_with_attempts_and_trouble(before, outcome, unreached, stops):
    """
    By the row, and by the run where no other course reached it either.
    """
    work, lost = replace(WORK, attempts=4), reply(NotSent(reason="no route"), None)

    verdict = weigh(Send(version=1, before=before), work, lost, Signs(unreached_in_a_row=unreached), Rules())

    result = Result(outcome=outcome, reason=Unreached(attempts=5, why="no route"), attempts=5, code=lost.code)
    assert (result, before) == (verdict.result, verdict.status)
    assert (Stop(reason=StopReason.NOT_REACHED, count=5, said="no route") if stops else None) == verdict.stop


@pytest.mark.parametrize(("message", "said"), [("none", "SCOPE: none"), ("no X", "SCOPE: no X"), ("", "SCOPE")])
def test_an_access_without_the_scope_stops_the_run_with_the_service_s_words(message, said):
    """
    Its code and, where there is one, its sentence.
    """
    denied = reply(Denied(code="SCOPE", message=message), 403)

    verdict = weigh(Send(version=1, before=CourseStatus.FREE), WORK, denied, Signs(), Rules())

    assert Stop(reason=StopReason.DENIED, said=said) == verdict.stop


def test_an_answer_that_does_not_say_what_became_of_the_course_is_kept_whole():
    """
    For the sentence of the row.
    """
    verdict = weigh(Send(version=1, before=CourseStatus.FREE), WORK, LAST, Signs(), Rules())

    expected = Result(
        outcome=Outcome.UNKNOWN, reason=NoWord(reply=LAST), attempts=1, http_status=502, code="bad gateway"
    )
    assert expected == verdict.result


@pytest.mark.parametrize(
    ("before", "outcome", "reason"),
    [
        (CourseStatus.FREE, Outcome.NOT_ATTEMPTED, Plain.NOT_YET),
        (CourseStatus.DRAFT, Outcome.NOT_ATTEMPTED, Plain.NOT_YET),
        (CourseStatus.UNCLEAR, Outcome.UNKNOWN, Plain.LOST_BEFORE),
    ],
)
def test_a_course_that_goes_back_in_line_says_whether_it_was_sent(before, outcome, reason):
    """
    Should the run end before its turn comes again, the row has this.
    """
    work = replace(WORK, attempts=2)

    verdict = weigh(Send(version=1, before=before), work, reply(NotSent(reason="x"), None), Signs(), Rules())

    assert (Result(outcome=outcome, reason=reason, attempts=3), before) == (verdict.result, verdict.status)


@pytest.mark.parametrize(
    ("answer", "status", "stays"),
    [
        (Throttled(wait_seconds=None, cause="429"), 429, False),
        (Expired(code="401", message=""), 401, True),
        (NotSent(reason="x"), None, True),
        (Withheld(), None, True),
    ],
)
def test_an_answer_that_came_shows_that_the_access_is_valid(answer, status, stays):
    """
    Only a second "expired" in a row ends the run; what never reached the service says nothing.
    """
    work = replace(WORK, renewed=True)

    verdict = weigh(Send(version=1, before=CourseStatus.FREE), work, reply(answer, status), Signs(), Rules())

    tried = {"attempts": 1} if isinstance(answer, NotSent) else {}
    assert replace(work, renewed=stays, **tried) == verdict.then.work


def test_a_call_without_a_clear_answer_is_an_attempt_that_took_its_time():
    """
    The course is looked at when the call can no longer arrive, and that wait counts.
    """
    rules = Rules(settle_seconds=40.0)
    lost = reply(Unclear(reason="no answer"), None)

    then = weigh(Send(version=1, before=CourseStatus.FREE), WORK.spend(3), lost, Signs(), rules).then

    assert Later(work=replace(WORK, attempts=1, is_lost=True, spent_seconds=43.0), seconds=40.0) == then


def test_words_that_other_programs_read_stay_what_they_are():
    """
    In the output of `check`, the table of results and the reports: they are written down here a second time.
    """
    findings = {"to_publish", "already_published", "invalid", "cannot_tell"}

    assert findings == {finding.value for finding in Finding}
    assert ("to_publish", "uncertain") == (TO_PUBLISH, UNCERTAIN)


def test_what_nobody_said_is_empty():
    """
    A look without an answer knows no name, state or type; who only goes on later waits for nothing; a run that begins has
    heard nothing; and a reading writes down nothing about the course.
    """
    look = Look(finding=Finding.CANNOT_TELL, reason=Plain.STATE_NOT_SAID)
    later, signs = Later(work=WORK), Signs()
    verdict = weigh_reading(WORK, DRAFT, signs, Rules())

    assert ("", "", "", None) == (look.name, look.state, look.kind, look.other_name)
    assert (0.0, 0.0, None) == (later.seconds, later.backoff, later.reply)
    assert (0, None, False, 0) == (
        signs.forbidden_in_a_row,
        signs.limited_course,
        signs.may_not_read,
        signs.unreached_in_a_row,
    )
    assert (None, None, None, None) == (verdict.status, verdict.result, verdict.lock, verdict.stop)


@pytest.mark.parametrize("yes", [True, False])
def test_a_course_begins_with_what_its_row_says(yes):
    """
    Its place in the plan, whether it mails, its name, and whether somebody confirmed what looks odd.
    """
    row = PlannedRow(
        position=7, sheet_index=0, row=9, cell="A9", course=COURSE, name="Fire safety", notify=yes, confirmed=not yes,
        pile=Pile.TO_PUBLISH,
    )  # fmt: skip

    expected = Work(position=7, course=COURSE, notify=yes, name="Fire safety", confirmed=not yes)
    assert expected == Work.of_row(row, COURSE)


def test_a_course_begins_without_a_history():
    """
    Nothing was tried, nothing was lost, nobody looked.
    """
    work = Work(position=1, course=COURSE, notify=False)

    assert ("", False, 0, 0, 0.0, False, False) == (
        work.name,
        work.confirmed,
        work.attempts,
        work.reads,
        work.spent_seconds,
        work.renewed,
        work.is_lost,
    )
    assert (-math.inf, None, None, None, False) == (
        work.looked_at,
        work.other_name,
        work.said_published,
        work.last,
        work.strained,
    )
    assert (frozenset(), frozenset()) == (Rules().again, Rules().uncertain)
