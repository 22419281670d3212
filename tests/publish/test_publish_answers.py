"""What an answer makes of a course: settling, verifying, breakers and bounds."""

import itertools
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from played import play, reply, seen

from batchpub.course import NamesRule, Outcome
from batchpub.errors import ExitCode
from batchpub.lifecycle.work import Rules, Verify
from batchpub.pace.lock import why_not_wait
from batchpub.sentences.stops import say_stop
from batchpub.services.interface import (
    Access,
    CourseState,
    Denied,
    Expired,
    NotSent,
    Published,
    Refused,
    Reply,
    SaidPublished,
    Throttled,
    Unclear,
)
from batchpub.store.limits import Limits
from batchpub.testing import ScriptedService

LOST = reply(Unclear(reason="no answer"))
OK = reply(Published())
DENIED = reply(Denied(code="INVALID_OAUTHSCOPE", message="m"), 403)
DRAFT, IS_PUBLISHED = seen(CourseState.DRAFT), seen(CourseState.PUBLISHED)
CANNOT_TELL = seen(CourseState.CANNOT_TELL)
LOCKED = reply(Throttled(wait_seconds=None, cause="429"), 429)
LIMITED = reply(Refused(code="422", message="maximum limit exceeded"), 422)
FORBIDDEN = reply(Refused(code="403", message="no"), 403)


def operations(api):
    return [operation for _, operation, _ in api.calls]


@pytest.mark.parametrize("notify", [False, True])
@pytest.mark.parametrize(
    ("reads", "expected", "sent"),
    [
        ([IS_PUBLISHED], (Outcome.PUBLISHED, 1, True), 1),
        ([DRAFT], (Outcome.PUBLISHED, 2, False), 2),
    ],
)
def test_lost_answer_is_settled_by_reading(notify, reads, expected, sent):
    """
    After `settle` the course is read once: published is published and verified, a draft is sent as the next attempt,
    whose own answer then counts.
    """
    api = ScriptedService([LOST, OK], reads)

    result = play(api, ["1"], notify=notify).results["1"]

    assert expected == (result.outcome, result.attempts, result.verified)
    assert ["publish", "read", *["publish"] * (sent - 1)] == operations(api)
    assert api.calls[1][0] - api.calls[0][0] >= Limits().settle


@pytest.mark.parametrize("read", [CANNOT_TELL, DENIED, reply(Refused(code="404", message=""), 404)])
def test_lost_answer_that_cannot_be_settled(read):
    """
    Cannot tell: with mails off it is sent again, with mails on it stays unknown and is never sent again.
    """
    quiet, mailing = (ScriptedService([LOST, OK], [read]) for _ in range(2))

    assert (Outcome.PUBLISHED, 2) == key(play(quiet, ["1"]))
    assert (Outcome.UNKNOWN, 1) == key(play(mailing, ["1"], notify=True))
    assert ["publish", "read"] == operations(mailing)


def key(played, course="1"):
    result = played.results[course]
    return result.outcome, result.attempts


def test_settling_course_holds_no_worker():
    """
    With one worker, courses go on while another one settles for a minute.
    """
    api = ScriptedService(lambda course: [LOST, OK] if course.course_id == "1" else [OK], [DRAFT])

    played = play(api, ["1", "2", "3"], workers=1)

    assert {Outcome.PUBLISHED} == {result.outcome for result in played.results.values()}
    assert [("publish", "1"), ("publish", "2"), ("publish", "3"), ("read", "1"), ("publish", "1")] == [
        call[1:] for call in api.calls
    ]
    assert played.held < 1


@pytest.mark.parametrize(
    ("rules", "attempts"),
    [
        (Rules(attempts=3), 3),
        (Rules(attempts=50, course_seconds=150), 3),
        (Rules(attempts=50, course_seconds=1), 1),
    ],
)
def test_attempts_and_time_of_one_course_are_bounded(rules, attempts):
    """
    A course that is never answered is given up after its attempts, or when its calls and waits took its time.
    """
    api = ScriptedService([LOST], [DRAFT])

    played = play(api, ["1"], rules=rules)

    assert (Outcome.FAILED, attempts) == key(played)
    assert attempts == operations(api).count("publish")


def test_waiting_for_a_lock_takes_nothing_of_a_courses_time():
    """
    A lock of five minutes leaves a course its whole time and all its attempts.
    """
    api = ScriptedService([reply(Throttled(wait_seconds=None, cause="429"), 429), OK])

    assert (Outcome.PUBLISHED, 1) == key(play(api, ["1"], rules=Rules(attempts=1, course_seconds=5)))


def test_waits_between_attempts_grow_and_are_capped():
    """
    Twice as long each time, with jitter down to half, never beyond the longest.
    """
    api = ScriptedService([reply(NotSent(reason="refused"))], call_seconds=0)
    rules = Rules(attempts=8, backoff_seconds=1, max_backoff_seconds=8)

    played = play(api, ["1"], rules=rules)
    waits = [later[0] - earlier[0] for earlier, later in zip(api.calls, api.calls[1:], strict=False)]

    assert ExitCode.UNREACHABLE == played.stop.exit_code
    assert all(most / 2 <= wait <= most + 0.01 for most, wait in zip([2, 4, 8, 8, 8, 8, 8], waits, strict=True))


def test_missing_scope_for_reading_is_asked_for_once(capture_log):
    """
    The first denied reading is told, with what it costs; no further course is read in this run.
    """
    api = ScriptedService([OK], [DENIED])

    played = play(api, list("12345"), rules=Rules(verify=Verify.EVERYTHING), workers=1)

    assert {Outcome.PUBLISHED} == {result.outcome for result in played.results.values()}
    assert 1 == operations(api).count("read")
    assert 1 == [event["event"] for event in capture_log].count("read.denied")


def test_missing_scope_for_publishing_ends_the_run_at_once():
    """
    One scope error closes the gate with 77.
    """
    api = ScriptedService([DENIED])

    played = play(api, list("123"), workers=1)

    assert (1, ExitCode.ACCESS_REFUSED, {}) == (len(api.calls), played.stop.exit_code, played.results)


def test_three_403_in_a_row_end_the_run():
    """
    Two 403 and a success are three courses' own trouble; three in a row are the account's.
    """
    mixed = ScriptedService(lambda course: [OK] if course.course_id in "36" else [FORBIDDEN])
    row = ScriptedService(lambda course: [OK] if course.course_id == "3" else [FORBIDDEN])

    fine = play(mixed, list("12345678"), workers=1)
    ended = play(row, list("12345678"), workers=1)

    assert (None, 8) == (fine.stop, len(fine.results))
    assert (ExitCode.ACCESS_REFUSED, 6) == (ended.stop.exit_code, len(row.calls))


def test_second_422_is_a_lock_and_an_untried_course_goes_first():
    """
    The first 422 is its course's; the second waits like a lock, and then a course goes first that was not tried yet.
    A success makes 422 a course's own again.
    """
    api = ScriptedService(
        lambda course: [LIMITED] if course.course_id in "14" else [LIMITED, OK] if course.course_id == "2" else [OK]
    )

    played = play(api, list("12345"), workers=1)

    assert ["1", "2", "3", "4", "5", "2"] == [course for *_, course in api.calls]
    assert api.calls[2][0] - api.calls[1][0] >= Limits().lock
    assert {"1": "refused", "2": "published", "3": "published", "4": "refused", "5": "published"} == {
        course: result.outcome.value for course, result in played.results.items()
    }
    assert 1 == played.results["2"].attempts


def test_422_for_every_course_ends_with_75_after_bounded_waiting():
    """
    Where every course is answered 422 whatever is waited, the run ends and says so; each wait tried one course.
    """
    api = ScriptedService([LIMITED])

    played = play(api, [str(n) for n in range(10, 40)], workers=4)

    assert ExitCode.STOPPED_EARLY == played.stop.exit_code
    assert "maximum limit exceeded" in say_stop(played.stop)
    assert len(api.calls) <= 4 + 4
    assert played.seconds < 3600


@pytest.mark.parametrize(
    ("lock", "longest", "waits"),
    [
        (300, 900, [305, 605, 905]),
        (900, 900, [905]),
        (60, 900, [65, 125, 245, 485, 905]),
        (300, 3600, [305, 605, 1205, 2405, 3605]),
    ],
)
def test_a_lock_that_never_ends_ends_the_run_after_the_longest_wait(lock, longest, waits):
    """
    One course goes first after each wait; the one refused after the longest is the last, and the run says so.
    """
    api = ScriptedService([LOCKED])

    played = play(api, list("1234567"), limits=Limits(lock=lock, max_lock=longest), workers=1)
    starts = [time for time, *_ in api.calls]

    assert waits == [round(after - before, 0) for before, after in itertools.pairwise(starts)]
    assert ExitCode.STOPPED_EARLY == played.stop.exit_code
    assert f"the last of {waits[-1]} s; no longer one is allowed" in say_stop(played.stop)
    assert not played.results


def test_a_call_that_gets_through_makes_the_next_lock_one_to_wait_for():
    """
    However long each lock is, a run that comes on is never ended by them.
    """
    api = ScriptedService(lambda _: [LOCKED if len(api.calls) % 2 else OK])

    played = play(api, list("12345"), limits=Limits(lock=900), workers=1)

    assert played.stop is None
    assert [Outcome.PUBLISHED] * 5 == [result.outcome for result in played.results.values()]


@pytest.mark.parametrize(
    ("waited", "seconds", "vain"), [(0, 905, False), (605, 905, False), (905, 905, True), (905, 305, False)]
)
def test_a_wait_is_vain_only_after_the_longest_one_and_while_nobody_gets_through(waited, seconds, vain):
    """
    A lock shorter than the one before it is a new one, for a call of another run got through between.
    """
    throttled = Throttled(wait_seconds=None, cause="429")

    assert vain == bool(why_not_wait(throttled, seconds, waited=waited, longest=900))


def test_reading_that_gets_through_is_no_way_out_of_a_lock_of_publishing():
    """
    Where publishing alone is locked for ever the run ends too, though courses are read between.
    """
    api = ScriptedService([LOCKED], [DRAFT])

    played = play(api, [str(n) for n in range(10, 60)], rules=Rules(verify=Verify.EVERYTHING))

    assert ExitCode.STOPPED_EARLY == played.stop.exit_code
    assert "again after every wait" in say_stop(played.stop)
    assert played.seconds < 7200


@pytest.mark.parametrize(
    ("throttled", "words"),
    [
        (Throttled(wait_seconds=40_000, cause="429", quota=True), "daily quota"),
        (Throttled(wait_seconds=None, cause="429", quota=True), "daily quota"),
        (Throttled(wait_seconds=1_000, cause="429"), "longer than is allowed (900 s)"),
    ],
)
def test_quota_and_long_locks_end_with_75(throttled, words):
    """
    What is not worth waiting for ends the run, and says which it is.
    """
    played = play(ScriptedService([reply(throttled, 429)]), list("123"), workers=1)

    assert (ExitCode.STOPPED_EARLY, True) == (played.stop.exit_code, words in say_stop(played.stop))


@pytest.mark.parametrize(("most", "told"), [(1, "1 call,"), (4, "4 calls,"), (5, "5 calls,")])
def test_max_calls_counts_every_call_and_ends_with_75(most, told):
    """
    Reads and publishes together never pass the bound, whatever the workers.
    """
    api = ScriptedService([OK], [DRAFT])

    played = play(
        api, [str(n) for n in range(10, 30)], rules=Rules(max_calls=most, verify=Verify.EVERYTHING), workers=8
    )

    assert (most, ExitCode.STOPPED_EARLY) == (len(api.calls), played.stop.exit_code)
    assert told in say_stop(played.stop)


@pytest.mark.parametrize(
    ("read", "outcome", "word", "sent"),
    [
        (seen(CourseState.DRAFT), Outcome.PUBLISHED, "Published", 1),
        (seen(CourseState.CANNOT_TELL), Outcome.PUBLISHED, "Published", 1),
        (seen(CourseState.PUBLISHED), Outcome.ALREADY_PUBLISHED, "already", 0),
        (seen(CourseState.DISABLED), Outcome.INVALID, "disabled", 0),
        (seen(CourseState.DRAFT, kind="blended"), Outcome.INVALID, "Batch ID", 0),
        (seen(CourseState.DRAFT, kind="e-material"), Outcome.INVALID, "e-material", 0),
        (reply(Refused(code="404", message=""), 404), Outcome.INVALID, "knows no course", 0),
        (reply(Refused(code="403", message=""), 403), Outcome.PUBLISHED, "Published", 1),
    ],
)
def test_verified_course_is_sent_only_if_it_can_be_published(read, outcome, word, sent):
    """
    Reading first finds what is published, disabled, unknown, of another type; what cannot be told is sent.
    """
    api = ScriptedService([OK], [read])

    result = play(api, ["1"], rules=Rules(verify=Verify.EVERYTHING)).results["1"]

    assert (outcome, True, sent) == (result.outcome, word in result.message, operations(api).count("publish"))


def test_course_published_again_on_demand_is_sent_although_it_is_published():
    """
    --again outweighs what verifying finds.
    """
    api = ScriptedService([OK], [IS_PUBLISHED])

    played = play(api, ["1"], rules=Rules(verify=Verify.EVERYTHING, again=frozenset({"1"})))

    assert (Outcome.PUBLISHED, 1) == key(played)


def test_other_name_in_zoho_is_a_remark():
    """
    The row is published and its message names both names; capitals and blanks make no difference.
    """
    api = ScriptedService([OK], [seen(CourseState.DRAFT, name="Fire  SAFETY")])
    names = {"1": "fire safety", "2": "First aid"}

    results = play(api, ["1", "2"], rules=Rules(verify=Verify.EVERYTHING), names=names).results

    assert "Published without a mail." == results["1"].message
    assert "Published without a mail. Zoho calls it 'Fire  SAFETY', the sheet 'First aid'." == results["2"].message


HELD = "Zoho calls it 'First aid', the sheet 'Fire safety': "


@pytest.mark.parametrize(
    ("rules", "notify", "confirmed", "outcome"),
    [
        ({}, True, False, Outcome.INVALID),
        ({}, True, True, Outcome.PUBLISHED),
        ({}, False, False, Outcome.PUBLISHED),
        ({"strict": True}, False, False, Outcome.INVALID),
        ({"names": NamesRule.HOLD}, False, False, Outcome.INVALID),
        ({"names": NamesRule.HOLD}, False, True, Outcome.PUBLISHED),
        ({"names": NamesRule.WARN}, True, False, Outcome.PUBLISHED),
        ({"names": NamesRule.IGNORE, "strict": True}, True, False, Outcome.PUBLISHED),
    ],
)
@pytest.mark.parametrize("reads", [Verify.NAMES, Verify.MAILS, Verify.EVERYTHING])
def test_a_row_whose_name_differs_is_held_before_it_mails(reads, rules, notify, confirmed, outcome):
    """
    Where the rules hold it nothing is sent and the sentence shows both names; a yes under Confirmed lets it through.
    """
    api = ScriptedService([OK], [seen(CourseState.DRAFT, name="First aid")])

    played = play(
        api, ["1"], rules=Rules(verify=reads, **rules), notify=notify, names={"1": "Fire safety"}, confirmed=confirmed
    )

    assert (outcome, outcome is not Outcome.INVALID) == (played.results["1"].outcome, "publish" in operations(api))
    assert (outcome is Outcome.INVALID) is played.results["1"].message.startswith(HELD)


def test_a_lost_answer_is_no_way_around_a_name_that_differs():
    """
    A course that is read because its answer was lost, and is a draft with another name, is not sent again with mails on.
    """
    api = ScriptedService([reply(Unclear(reason="lost"))], [seen(CourseState.DRAFT, name="First aid")])

    played = play(api, ["1"], notify=True, names={"1": "Fire safety"})

    assert (Outcome.INVALID, ["publish", "read"]) == (played.results["1"].outcome, operations(api))


@pytest.mark.parametrize("notify", [True, False])
@pytest.mark.parametrize("read", [DRAFT, reply(Unclear(reason="lost"))])
def test_what_zoho_said_last_stands_in_the_row(notify, read):
    """
    Five times 500: the row has Zoho's status, code and words, whether the course can be read or not.
    """
    trouble = reply(Unclear(reason="Zoho answered with HTTP 500: 7301 Internal error", code="7301"), 500)
    api = ScriptedService([trouble], [read])

    result = play(api, ["1"], notify=notify).results["1"]

    assert result.outcome in (Outcome.FAILED, Outcome.UNKNOWN)
    assert (500, "7301") == (result.http_status, result.code)
    assert "Zoho answered with HTTP 500: 7301 Internal error." in result.message


def test_an_answer_that_nobody_can_read_is_quoted():
    """
    A page of a gateway has no code and no message: its beginning is better than nothing.
    """
    page = Reply(
        answer=Unclear(reason="Zoho answered with HTTP 502 and nothing we can read"),
        http_status=502,
        excerpt="<html>Bad gateway at edge 7</html>",
    )

    result = play(ScriptedService([page], [DRAFT]), ["1"]).results["1"]

    assert "Zoho answered with HTTP 502: <html>Bad gateway at edge 7</html>." in result.message


@pytest.mark.parametrize(
    ("read", "outcome"),
    [(IS_PUBLISHED, Outcome.ALREADY_PUBLISHED), (DRAFT, Outcome.REFUSED), (DENIED, Outcome.REFUSED)],
)
def test_said_to_be_published_counts_only_when_reading_confirms_it(read, outcome):
    """
    A refusal as already published is never a success by itself, and the course is not sent again.
    """
    api = ScriptedService([reply(SaidPublished(code="COURSE_ALREADY_PUBLISHED", message="m"), 400)], [read])

    result = play(api, ["1"], notify=True).results["1"]

    assert (outcome, ["publish", "read"]) == (result.outcome, operations(api))
    assert outcome is Outcome.ALREADY_PUBLISHED or "COURSE_ALREADY_PUBLISHED" in result.message


def test_uncertain_no_is_settled_before_the_course_is_sent_again():
    """
    A lock that only an operator's word makes one is waited out, and with mails on the course is read before it is
    sent again.
    """
    no = reply(Throttled(wait_seconds=None, cause="7300", certain=False), 500)
    api = ScriptedService([no, OK], [IS_PUBLISHED])

    played = play(api, ["1"], notify=True)

    assert (Outcome.PUBLISHED, ["publish", "read"]) == (played.results["1"].outcome, operations(api))
    assert api.calls[1][0] - api.calls[0][0] >= Limits().lock


def test_verifying_reads_ahead_and_costs_no_time_of_its_own():
    """
    Seventy verified courses take hardly longer than seventy that are not, with the documented limits.
    """
    ids = [str(n) for n in range(100, 170)]
    took = {}
    for verify in (Verify.NOTHING, Verify.EVERYTHING):
        api = ScriptedService([OK], [DRAFT], call_seconds=0.5)
        took[verify] = play(api, ids, rules=Rules(verify=verify), workers=8).seconds

    assert took[Verify.EVERYTHING] <= took[Verify.NOTHING] * 1.1


def test_a_look_is_of_the_moment_when_the_call_goes_out():
    """
    However long a course waits for its place or a lock, it was read within the last seconds before it is sent.
    """
    locked_once = [LOCKED, OK]
    api = ScriptedService(lambda course: locked_once if course.course_id == "130" else [OK], [DRAFT], call_seconds=0.5)

    played = play(api, [str(n) for n in range(100, 170)], rules=Rules(verify=Verify.EVERYTHING), workers=8)

    read_at, ages = {}, []
    for at, operation, course in api.calls:
        if operation == "read":
            read_at[course] = at
        else:
            ages.append(at - read_at[course])
    assert {Outcome.PUBLISHED} == {result.outcome for result in played.results.values()}
    assert max(ages) <= Limits().evidence + 0.5


def test_a_course_published_by_hand_while_it_waited_is_not_mailed_again():
    """
    Its look before the lock said draft; the one after it does not.
    """
    api = ScriptedService(
        [LOCKED, OK], lambda _: [DRAFT] if not any(at > 100 for at, *_ in api.calls) else [IS_PUBLISHED]
    )

    played = play(api, ["1"], notify=True, rules=Rules(verify=Verify.MAILS))

    assert (Outcome.ALREADY_PUBLISHED, ["read", "publish", "read"]) == (
        played.results["1"].outcome,
        operations(api),
    )


@pytest.mark.parametrize("notify", [False, True])
def test_a_refusal_leaves_a_lost_call_open(notify):
    """
    The second call's no says nothing of the first: the row is unknown. With mails on there is no second call.
    """
    api = ScriptedService([LOST, reply(Refused(code="4102", message="no"), 400)], [DENIED])

    played = play(api, ["1"], notify=notify)

    assert (Outcome.UNKNOWN, 2 - notify) == key(played)


@pytest.mark.parametrize(("said", "outcome"), [(DENIED, Outcome.PUBLISHED), (IS_PUBLISHED, Outcome.PUBLISHED)])
def test_refused_as_published_after_a_lost_call_is_published(said, outcome):
    """
    The lost call explains it, where reading the course is not possible.
    """
    api = ScriptedService([LOST, reply(SaidPublished(code="ALREADY", message="m"), 400)], [DENIED, DENIED, said])

    assert (outcome, 2) == key(play(api, ["1"]))


def test_a_second_expired_access_of_a_course_counts_only_in_a_row():
    """
    Hours after the first one it is renewed again; twice in a row the access itself is refused.
    """
    expired = reply(Expired(code="401", message=""), 401)
    apart = ScriptedService([expired, LOST, expired, OK], [DRAFT])
    row = ScriptedService([expired, expired, OK])

    assert (Outcome.PUBLISHED, 2) == key(play(apart, ["1"]))
    assert ExitCode.ACCESS_REFUSED == play(row, ["1"]).stop.exit_code


def test_one_course_that_cannot_be_reached_ends_no_run_in_which_others_get_through():
    """
    It has failed, and the others are published; where nobody gets through the run ends with 69.
    """
    unreached = reply(NotSent(reason="refused"))
    one = ScriptedService(lambda course: [unreached] if course.course_id == "1" else [OK])

    played = play(one, ["1", *map(str, range(10, 200))], workers=4)

    assert (None, Outcome.FAILED) == (played.stop, played.results["1"].outcome)
    assert 190 == sum(result.outcome is Outcome.PUBLISHED for result in played.results.values())
    assert ExitCode.UNREACHABLE == play(ScriptedService([unreached]), list("123")).stop.exit_code


def test_other_data_center_is_said_where_the_access_is_refused():
    """
    What the access itself says looks wrong about it stands in the sentence that ends the run.
    """

    class Elsewhere(ScriptedService):
        async def get_access(self):
            return Access(headers={}, hint="Set BATCHPUB_DATA_CENTER=eu.")

    played = play(Elsewhere([Expired(code="401", message="")]), ["1"])

    assert ExitCode.ACCESS_REFUSED is played.stop.exit_code
    assert say_stop(played.stop).endswith("and its data centre. Set BATCHPUB_DATA_CENTER=eu.")
