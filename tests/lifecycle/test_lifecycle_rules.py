"""The laws of a course's rules and of what several courses say together."""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from cases import SAID, WORK, seen
from scripted import COURSE, reply

from batchpub.course import Course, NamesRule, Outcome
from batchpub.errors import ExitCode
from batchpub.forecast import TO_PUBLISH, UNCERTAIN, foresee
from batchpub.lifecycle.looks import Finding, Look, look_of
from batchpub.lifecycle.moves import Read, Send, next_move
from batchpub.lifecycle.reading import move_after_look, weigh_reading
from batchpub.lifecycle.reasons import HeldForName, OtherName, Plain, Unreached
from batchpub.lifecycle.signs import SHARED_LIMIT, Signs
from batchpub.lifecycle.verdict import ABOUT_THE_COURSE, Ended, Later, note_of, rest_of
from batchpub.lifecycle.weighing import weigh
from batchpub.lifecycle.work import Rules, Verify, Why
from batchpub.services.interface import (
    CourseState,
    Meaning,
    NotSent,
    Operation,
    Published,
    Refused,
    Reply,
    StateRead,
    Throttled,
    Unclear,
    Withheld,
)
from batchpub.standing import AnswerNote, CourseStatus, Free, Held, PublishedBefore, Rest, Uncertain
from batchpub.stopping import Stop, StopReason

OTHER = Course(course_id="478346000019580254")
FORBIDDEN = reply(Refused(code="403", message="no"), 403)
LIMITED = reply(Refused(code="422", message="maximum limit exceeded"), 422)
REFUSED = reply(Refused(code="4102", message="no"), 400)
OK = reply(Published(), 200)
SEND = Send(version=1, before=CourseStatus.FREE)
NEW, LEFT = Free(version=0), Uncertain(version=1, run="r", seconds=9.0)
HELD = Held(run="r", seconds=9.0, until=datetime(2026, 11, 27, tzinfo=UTC))
BEFORE = PublishedBefore(run="r", on="2026-11-27T10:00:00.5")
IS_PUBLISHED = Look(finding=Finding.ALREADY_PUBLISHED, reason=Plain.SEEN_PUBLISHED)


def test_what_the_state_keeps_is_what_it_always_kept():
    """
    Renaming a member must change neither database nor log: the values are written down here a second time.
    """
    assert ["free", "asking", "draft", "unclear", "published"] == [status.value for status in CourseStatus]
    assert ["nothing", "names", "mails", "everything"] == [verify.value for verify in Verify]
    assert {"published", "saidpublished", "refused", "stateread"} == {meaning.value for meaning in ABOUT_THE_COURSE}
    assert {Meaning.PUBLISHED, Meaning.SAID_PUBLISHED, Meaning.REFUSED, Meaning.STATE_READ} == ABOUT_THE_COURSE
    definite = ["published", "saidpublished", "refused", "throttled", "expired", "denied"]
    assert [*definite, "unclear", "notsent", "withheld", "stateread"] == [meaning.value for meaning in Meaning]


@pytest.mark.parametrize(
    ("answer", "status", "rest"),
    [
        (Published(), 200, Rest.ANSWERED),
        (Unclear(reason="x"), None, Rest.UNANSWERED),
        (Unclear(reason="x"), 502, Rest.ANSWERED),
        (NotSent(reason="x"), None, Rest.UNUSED),
        (Withheld(), None, Rest.UNUSED),
    ],
)
def test_a_place_rests_as_long_as_its_call_may_arrive(answer, status, rest):
    """
    None for a call that was never sent, the longest for one without an answer.
    """
    assert rest is rest_of(reply(answer, status))


def test_what_is_kept_of_an_answer_is_all_that_a_person_may_ask_for():
    """
    What it meant, its status and code, and the beginning of its body.
    """
    came = Reply(answer=Unclear(reason="HTTP 502"), http_status=502, excerpt="<html>Bad gateway")

    expected = AnswerNote(meaning="unclear", http_status=502, code="unclear", excerpt="<html>Bad gateway")
    assert expected == note_of(came)


@pytest.mark.parametrize(
    ("rules", "work", "known", "expected"),
    [
        (Rules(), {}, False, False),
        (Rules(verify=Verify.EVERYTHING), {}, True, True),
        (Rules(verify=Verify.EVERYTHING), {"attempts": 1}, True, False),
        (Rules(verify=Verify.MAILS), {"notify": True}, False, True),
        (Rules(verify=Verify.MAILS, names=NamesRule.IGNORE), {"notify": True}, True, False),
        (Rules(verify=Verify.MAILS), {"notify": False}, False, False),
        (Rules(verify=Verify.NAMES), {"notify": True}, True, True),
        (Rules(verify=Verify.NAMES), {"notify": True, "name": " "}, True, False),
        (Rules(verify=Verify.NAMES), {"notify": False}, True, False),
        (Rules(verify=Verify.NAMES, names=NamesRule.HOLD), {"notify": False}, True, True),
        (Rules(verify=Verify.NAMES, strict=True), {"notify": False}, True, True),
        (Rules(verify=Verify.NAMES, names=NamesRule.WARN), {"notify": True}, True, False),
        (Rules(verify=Verify.NAMES), {"notify": True, "confirmed": True}, True, False),
        (Rules(verify=Verify.NAMES), {"notify": True, "course": replace(COURSE, batch_id="1" * 18)}, True, False),
    ],
)
def test_which_courses_are_read_first(rules, work, known, expected):
    """
    All, those that mail and are not known, those whose name would hold them; never a second attempt, never a batch's name.
    """
    assert expected is rules.verifies(replace(WORK, **work), known=known)


def test_attempts_reads_and_time_are_bounded():
    """
    The last one that is allowed is allowed, the next is not.
    """
    rules = Rules(attempts=3, course_seconds=10)

    assert [True, True, False] == [rules.may_try(replace(WORK, attempts=n)) for n in (0, 2, 3)]
    assert [True, True, False] == [rules.may_read(replace(WORK, reads=n)) for n in (0, 2, 3)]
    assert [True, False] == [rules.may_try(WORK.spend(seconds)) for seconds in (9.9, 10.0)]
    assert [True, False] == [rules.may_read(WORK.spend(seconds)) for seconds in (9.9, 10.0)]
    assert 7.0 == WORK.spend(3).spend(4).spent_seconds
    assert [2, 4, 8, 60] == [Rules().longest_backoff(tries) for tries in (0, 1, 2, 20)]


def test_defaults_are_the_documented_ones():
    """
    Five attempts, back-offs from two seconds to a minute, twenty minutes a course, a minute to settle.
    """
    rules = Rules()

    assert (5, 2, 60, 1200, 60, 2) == (
        rules.attempts,
        rules.backoff_seconds,
        rules.max_backoff_seconds,
        rules.course_seconds,
        rules.settle_seconds,
        rules.look_again_seconds,
    )
    assert (None, Verify.NOTHING, NamesRule.AUTO, False) == (rules.max_calls, rules.verify, rules.names, rules.strict)


def test_again_is_all_or_some():
    """
    A course is published again when it is named, or all are.
    """
    assert [False, True, True] == [
        Rules(again=frozenset(again)).publishes_again(COURSE) for again in ((), ("all",), (COURSE.course_id,))
    ]
    assert not Rules(again=frozenset({OTHER.course_id})).publishes_again(COURSE)


def weigh_all(*replies, courses=(COURSE, OTHER)):
    """Weigh answers to the courses in turn; give the last verdict."""
    signs = Signs()
    for number, told in enumerate(replies):
        work = replace(WORK, course=courses[number % len(courses)])
        verdict = weigh(SEND, work, told, signs, Rules())
        signs = verdict.signs
    return verdict


@pytest.mark.parametrize(
    ("replies", "stops"),
    [
        ([FORBIDDEN] * 2, False),
        ([FORBIDDEN] * 3, True),
        ([FORBIDDEN, FORBIDDEN, REFUSED, FORBIDDEN], False),
        ([FORBIDDEN, FORBIDDEN, REFUSED, FORBIDDEN, FORBIDDEN], False),
        ([FORBIDDEN, FORBIDDEN, OK, FORBIDDEN], False),
    ],
)
def test_three_403_in_a_row_stop_the_run(replies, stops):
    """
    Any other definite answer between begins anew.
    """
    stop = weigh_all(*replies).stop

    assert stops is (stop is not None)
    assert stop is None or (ExitCode.ACCESS_REFUSED, True) == (stop.exit_code, stop.reason is StopReason.FORBIDDEN)


@pytest.mark.parametrize(
    ("replies", "courses", "locks"),
    [
        ([LIMITED], (COURSE,), False),
        ([LIMITED, LIMITED], (COURSE, OTHER), True),
        ([LIMITED, LIMITED], (COURSE, COURSE), False),
        ([LIMITED, OK, LIMITED], (COURSE, OTHER, OTHER), False),
        ([LIMITED, REFUSED, LIMITED], (COURSE, COURSE, OTHER), True),
        ([REFUSED, LIMITED], (COURSE, OTHER), False),
    ],
)
def test_the_second_422_of_another_course_is_a_lock(replies, courses, locks):
    """
    A success between makes it a course's own trouble again. A course that met it as a lock once meets it as its own next.
    """
    verdict = weigh_all(*replies, courses=courses)

    assert locks is (verdict.lock is not None)
    if locks:
        assert Throttled(wait_seconds=None, cause=SHARED_LIMIT) == verdict.lock
        assert (True, 0) == (verdict.then.work.strained, verdict.then.work.attempts)
        strained = weigh(SEND, verdict.then.work, LIMITED, verdict.signs, Rules())
        assert (None, Outcome.REFUSED) == (strained.lock, strained.result.outcome)


def test_the_course_that_met_the_limit_first_stays_the_first():
    """
    Until a success; what another course meets, or any other refusal, changes nothing of it.
    """
    first = Signs().hear(Operation.PUBLISH, COURSE, LIMITED)

    assert COURSE == first.limited_course
    assert [COURSE] * 2 == [first.hear(Operation.PUBLISH, OTHER, one).limited_course for one in (LIMITED, REFUSED)]
    assert [None] * 2 == [
        Signs().hear(operation, OTHER, one).limited_course
        for operation, one in ((Operation.PUBLISH, REFUSED), (Operation.READ, LIMITED))
    ]


def test_a_service_that_nobody_reaches_stops_the_run_and_one_that_others_reach_does_not():
    """
    Counted over all courses, and only as long as no call gets through; what we kept back says nothing.
    """
    lost = reply(NotSent(reason="refused"), None)
    last = replace(WORK, attempts=4)

    alone = weigh(SEND, last, lost, Signs(unreached_in_a_row=4), Rules())
    beside = weigh(SEND, last, lost, Signs(unreached_in_a_row=3), Rules())

    assert (ExitCode.UNREACHABLE, None) == (alone.stop.exit_code, beside.stop)
    assert [Outcome.FAILED] * 2 == [one.result.outcome for one in (alone, beside)]
    assert [3, 1, 0, 0] == [
        Signs(unreached_in_a_row=before).hear(Operation.PUBLISH, COURSE, told).unreached_in_a_row
        for before, told in ((2, lost), (0, lost), (5, OK), (5, FORBIDDEN))
    ]
    assert 5 == Signs(unreached_in_a_row=5).hear(Operation.PUBLISH, COURSE, reply(Withheld(), None)).unreached_in_a_row


def test_a_missing_scope_for_reading_is_a_sign_for_all():
    """
    Once it was denied, no course is read any more.
    """
    from cases import READS

    denied = weigh_reading(WORK, READS["denied"], Signs(), Rules())
    fine = weigh_reading(WORK, READS["draft"], Signs(), Rules())

    assert (True, False) == (denied.signs.may_not_read, fine.signs.may_not_read)


def test_readings_that_say_nothing_are_made_again_until_they_are_too_many():
    """
    With growing waits; the last one is judged as it is.
    """
    silent = reply(Unclear(reason="HTTP 502"), 502)

    verdicts = [weigh_reading(replace(WORK, reads=reads), silent, Signs(), Rules()) for reads in range(5)]

    assert [2, 4, 8, 16] == [verdict.then.backoff for verdict in verdicts[:4]]
    assert [1, 2, 3, 4] == [verdict.then.work.reads for verdict in verdicts[:4]]
    assert all(verdict.then.reply is silent for verdict in verdicts[:4])
    assert not isinstance(verdicts[4].then, Later)


def test_a_look_remembers_when_it_was_made_and_another_name():
    """
    The moment, and the remark, which stays when a later look has none; readings are counted anew.
    """
    read, work = Read(version=1, why=Why.VERIFY), replace(WORK, name="First aid", reads=3)

    after, _ = move_after_look(work, seen(CourseState.DRAFT), Rules(), read=read, now=5.0)
    later, _ = move_after_look(after, seen(CourseState.DRAFT, name=""), Rules(), read=read, now=9.0)

    assert (5.0, 9.0, 0) == (after.looked_at, later.looked_at, after.reads)
    assert OtherName(sheet="First aid", service="Fire safety") == after.other_name == later.other_name
    assert look_of(work, seen(CourseState.DRAFT), Rules(names=NamesRule.IGNORE)).other_name is None


@pytest.mark.parametrize(
    ("standing", "look", "expected"),
    [
        (NEW, None, (TO_PUBLISH, None)),
        (NEW, Look(finding=Finding.TO_PUBLISH, reason=Plain.SEEN_DRAFT), (TO_PUBLISH, None)),
        (NEW, Look(finding=Finding.INVALID, reason=Plain.SEEN_DISABLED), ("invalid", Plain.SEEN_DISABLED)),
        (NEW, IS_PUBLISHED, ("already_published", Plain.SEEN_PUBLISHED)),
        (NEW, Look(finding=Finding.CANNOT_TELL, reason=Plain.STATE_NOT_SAID), (TO_PUBLISH, Plain.STATE_NOT_SAID)),
        (BEFORE, None, ("already_published", BEFORE)),
        (LEFT, None, (UNCERTAIN, LEFT)),
        (HELD, None, (UNCERTAIN, HELD)),
        (LEFT, IS_PUBLISHED, ("already_published", Plain.SEEN_PUBLISHED)),
    ],
)
def test_check_foresees_what_publish_would_do(standing, look, expected):
    """
    By the same moves, with or without a look at the service.
    """
    assert expected == foresee(standing, look, WORK, Rules())


def test_a_row_of_another_name_that_mails_is_foreseen_as_held():
    """
    As publishing would hold it.
    """
    work = replace(WORK, notify=True, name="First aid")
    names = OtherName(sheet="First aid", service="A")
    look = Look(finding=Finding.TO_PUBLISH, reason=Plain.SEEN_DRAFT, other_name=names)

    assert ("invalid", HeldForName(names=names, mails=True)) == foresee(NEW, look, work, Rules())


def test_a_course_that_earlier_results_call_unknown_is_foreseen_as_uncertain():
    """
    Though this state has never heard of it.
    """
    assert (UNCERTAIN, Plain.LOST_BEFORE) == foresee(NEW, None, WORK, Rules(uncertain=frozenset({COURSE})))


def test_a_lock_is_no_attempt_and_carries_its_answer():
    """
    Whoever writes it down needs the wait that it states.
    """
    locked = Throttled(wait_seconds=60.0, cause="429")

    verdict = weigh(SEND, WORK, reply(locked, 429), Signs(), Rules())

    assert (locked, 0, Later) == (verdict.lock, verdict.result.attempts, type(verdict.then))


def test_an_answer_that_reads_a_state_tells_nothing_about_a_call_to_publish():
    """
    Total: whatever comes, the course is not lost.
    """
    verdict = weigh(SEND, WORK, reply(StateRead(state=CourseState.DRAFT), 200), Signs(), Rules())

    assert (CourseStatus.UNCLEAR, Outcome.UNKNOWN) == (verdict.status, verdict.result.outcome)
    assert not isinstance(verdict.then, Ended)


def test_a_call_of_another_run_is_not_ours_to_have_published():
    """
    The course was lost by us, but another run has sent it since.
    """
    lost = replace(WORK, is_lost=True)

    whys = [
        next_move(Uncertain(version=1, run=run, seconds=0.0), work, Rules(), run="mine").why
        for run, work in (("mine", lost), ("other", lost), ("mine", WORK))
    ]

    assert [Why.LOST, Why.LOST_BEFORE, Why.LOST_BEFORE] == whys


@pytest.mark.parametrize("why", [Why.LOST, Why.LOST_BEFORE, Why.VERIFY])
def test_what_was_sent_on_a_look_is_looked_at_again_when_the_look_is_old(why):
    """
    The call goes out for the same reason as the look was made; what cannot be told goes out blind.
    """
    read = Read(version=7, why=why)

    _, on_look = move_after_look(WORK, seen(CourseState.DRAFT), Rules(), read=read, now=1.0)
    _, blind = move_after_look(WORK, seen(CourseState.CANNOT_TELL), Rules(), read=read, now=1.0)

    assert Send(version=7, before=CourseStatus.DRAFT, look=why) == on_look
    assert (7, why if why is Why.VERIFY else None) == (blind.version, blind.look)


def test_what_was_said_to_be_published_and_is_counts_as_done_before():
    """
    Reading it makes sure; then it is written down as published.
    """
    said = replace(WORK, attempts=1, said_published=SAID)

    _, move = move_after_look(
        said, seen(CourseState.PUBLISHED), Rules(), read=Read(version=3, why=Why.CONFIRM), now=1.0
    )

    assert (CourseStatus.PUBLISHED, Outcome.ALREADY_PUBLISHED, True) == (
        move.status,
        move.result.outcome,
        move.result.verified,
    )


def test_only_an_answer_that_came_is_kept_as_the_last_one():
    """
    What was lost says nothing that a person could be shown.
    """
    lost, came = reply(Unclear(reason="no answer"), None), reply(Unclear(reason="HTTP 502"), 502)

    kept = [weigh(SEND, WORK, told, Signs(), Rules()).then.work.last for told in (lost, came)]

    assert [None, came] == kept


def test_a_run_that_reaches_nobody_says_after_how_many_attempts():
    """
    The row and the run say the same.
    """
    lost = reply(NotSent(reason="refused"), None)

    verdict = weigh(SEND, replace(WORK, attempts=4), lost, Signs(unreached_in_a_row=4), Rules())

    assert Stop(reason=StopReason.NOT_REACHED, count=5, said="refused") == verdict.stop
    assert Unreached(attempts=5, why="refused") == verdict.result.reason


def test_a_course_that_the_state_knows_is_not_read_before_it_mails():
    """
    Only what it has no answer about is.
    """
    rules, work = Rules(verify=Verify.MAILS, names=NamesRule.IGNORE), replace(WORK, notify=True)

    looks = [next_move(Free(version=3, known=known), work, rules, run="mine").look for known in (True, False)]

    assert [None, Why.VERIFY] == looks


def test_a_success_begins_the_count_of_403_anew():
    """
    From nothing, and no course is the first to have met the limit any more.
    """
    assert Signs(is_new_portal=False) == Signs()
    assert Signs() == Signs(forbidden_in_a_row=2, limited_course=COURSE).hear(Operation.PUBLISH, COURSE, OK)
