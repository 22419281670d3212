"""What Zoho's replies mean: one reply in, one meaning out."""

import json
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchpub.zoho.answers import (
    Answer,
    CourseState,
    Denied,
    Expired,
    NotSent,
    Published,
    Refused,
    SaidPublished,
    StateRead,
    Throttled,
    Unclear,
    code_of,
    read_answer,
    read_course_state,
)
from batchpub.zoho.meanings import WORDS

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
COURSE_ID = "219225000000642002"
SUCCESS = {"code": "200", "course": {"courseId": COURSE_ID, "status": "published"}, "message": "success"}


def publish(status, body, headers=None):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_answer(status, headers or {}, raw, course_id=COURSE_ID, now=NOW)


def read(status, body, **asked):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_course_state(status, {}, raw, now=NOW, **asked)


def wrap(envelope, code, message):
    return {
        "plain": {"code": code, "message": message},
        "response": {"response": {"status": 1, "errors": {"code": code, "message": message}}},
        "response_list": {"response": {"status": 1, "errors": [{"code": code, "message": message}]}},
        "error": {"error": {"status_code": 400, "title": code, "details": {"message": message}}},
        "list": [{"errorcode": code, "message": message}],
    }[envelope]


ENVELOPES = ("plain", "response", "response_list", "error", "list")


@pytest.mark.parametrize("code", ["200", 200])
def test_documented_success_is_published(code):
    """
    The answer of the documentation page is a success, its code a string or a number.
    """
    assert Published() == publish(200, SUCCESS | {"code": code})


@pytest.mark.parametrize(
    "change",
    [
        {"code": "201"},
        {"code": None},
        {"course": {"courseId": "219225000000642003", "status": "published"}},
        {"course": {"courseId": COURSE_ID, "status": "draft"}},
        {"course": {"courseId": COURSE_ID, "status": None}},
        {"course": []},
        {"errors": {"code": 8000, "message": "Something"}},
    ],
)
def test_success_that_disagrees_with_itself_is_unclear(change):
    """
    A 200 about another course, another status, another code or with an error inside is never a success.
    """
    assert isinstance(publish(200, SUCCESS | change), Unclear)


@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize("status", [200, 400, 403, 404, 500, 503])
@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("URL_ROLLING_THROTTLES_LIMIT_EXCEEDED", "x"),
        ("request_limit_exceeded", "x"),
        ("TOO_MANY_REQUESTS", "x"),
        ("7209", "x"),
        (7209, "x"),
        ("400", "API access blocked since Threshold Limit Exceeded"),
        ("400", "Too many requests"),
    ],
)
def test_throttle_sign_counts_on_any_status(envelope, status, code, message):
    """
    Every throttle sign is a throttle, whatever the status and the envelope.
    """
    assert isinstance(publish(status, wrap(envelope, code, message)), Throttled)


def test_429_is_a_throttle_whatever_it_says():
    """
    A 429 is a throttle even with the body of a success.
    """
    assert Throttled(wait_seconds=None, cause="429") == publish(429, SUCCESS)


def test_digits_of_the_throttle_code_inside_an_id_are_no_sign():
    """
    7209 is a sign as a whole code only.
    """
    body = SUCCESS | {"course": {"courseId": "219225000007209002", "status": "published"}}

    assert Published() == read_answer(200, {}, json.dumps(body).encode(), course_id="219225000007209002", now=NOW)


@pytest.mark.parametrize(
    ("headers", "message", "wait"),
    [
        ({"X-Rate-Limit": '[{"retry-after": 12}, {"retry-after": "40"}]', "Retry-After": "7"}, "", 40.0),
        ({"retry-after": "7"}, "Try again after 5 minutes", 7.0),
        ({"Retry-After": "Mon, 02 Mar 2026 09:02:00 GMT"}, "", 120.0),
        ({"Retry-After": "Mon, 02 Mar 2026 08:00:00 GMT"}, "Try again after 30 seconds", 30.0),
        ({}, "Try again after 5 minutes", 300.0),
        ({}, "nothing", None),
        ({"Retry-After": "-3"}, "", None),
        ({"Retry-After": "0"}, "", None),
        ({"Retry-After": "nan"}, "", None),
        ({"Retry-After": "inf"}, "", None),
        ({"Retry-After": "soon"}, "", None),
        ({"X-Rate-Limit": "[{"}, "", None),
        ({"X-Rate-Limit": '[{"retry-after": true}, 3, null]'}, "", None),
    ],
)
def test_wait_is_the_first_that_makes_sense(headers, message, wait):
    """
    X-Rate-Limit, Retry-After and the text are asked in this order; what is no wait is passed over.
    """
    assert Throttled(wait_seconds=wait, cause="7209") == publish(400, {"code": "7209", "message": message}, headers)


@pytest.mark.parametrize(
    ("headers", "message", "wait"),
    [
        ({"Retry-After": "99999999999"}, "", 86_400.0),
        ({"Retry-After": "601"}, "", 601.0),
        ({}, "You have exceeded the maximum number of API calls for the day", None),
    ],
)
def test_long_wait_or_a_day_is_the_quota(headers, message, wait):
    """
    A wait beyond ten minutes or a word about the day is the daily quota, and no wait is longer than a day.
    """
    expected = Throttled(wait_seconds=wait, cause="7209", quota=True)

    assert expected == publish(400, {"code": "7209", "message": message}, headers)


@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("code", ["INVALID_INPUT", "COURSE_ALREADY_COMPLETED", "7012", 9009])
def test_known_final_code_is_final_on_any_status(envelope, status, code):
    """
    A known final code refuses the course in every envelope, with 200 and 500 too.
    """
    assert Refused(code=str(code), message="Why") == publish(status, wrap(envelope, code, "Why"))


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, b"", Expired(code="401", message="")),
        (400, {"code": "INVALID_OAUTHTOKEN", "message": "m"}, Expired(code="INVALID_OAUTHTOKEN", message="m")),
        (200, {"code": "OAUTHTOKEN_EXPIRED"}, Expired(code="OAUTHTOKEN_EXPIRED", message="")),
        (403, {"code": 7218, "message": "m"}, Denied(code="7218", message="m")),
        (400, {"code": "INVALID_OAUTHSCOPE"}, Denied(code="INVALID_OAUTHSCOPE", message="")),
        (403, {"code": "8001", "message": "no"}, Refused(code="403", message="no")),
        (422, {"message": "maximum limit exceeded"}, Refused(code="422", message="maximum limit exceeded")),
        (404, b"<html>\x1b[31m</html>", Refused(code="404", message="<html> [31m</html>")),
        (400, {"code": "NEW_CODE", "message": "m"}, Refused(code="NEW_CODE", message="m")),
    ],
)
def test_each_refusal_has_its_meaning(status, body, expected):
    """
    Token, scope and course are told apart; 403 and 422 keep their status as the code.
    """
    assert expected == publish(status, body)


@pytest.mark.parametrize("status", [100, 204, 301, 307, 408, 500, 502, 503, 504, 599])
def test_anything_else_is_unclear(status):
    """
    What neither succeeded nor was refused is unclear.
    """
    assert isinstance(publish(status, b"<html>oops</html>"), Unclear)


CODES = st.sampled_from(
    ["200", 200, "7209", "INVALID_INPUT", "published", "a\ud800", 10**30, -1, True, None, 1.5, [], {}]
)
KEYS = st.sampled_from(
    ["code", "course", "courseId", "status", "message", "errors", "error", "response", "details", "batch", "batches"]
)
JSON = st.recursive(
    CODES | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)
BODIES = st.binary() | JSON.map(lambda value: json.dumps(value).encode())
HEADERS = st.dictionaries(st.sampled_from(["Retry-After", "X-Rate-Limit", "x"]), st.text(), max_size=3)


@given(status=st.integers(100, 999), headers=HEADERS, body=BODIES)
def test_any_bytes_have_a_meaning(status, headers, body):
    """
    Every reply has one meaning and a code; no success without a 2xx that names code 200.
    """
    answer = read_answer(status, headers, body, course_id=COURSE_ID, now=NOW)
    state = read_course_state(status, headers, body, now=NOW, course_id=COURSE_ID, batch_id="7")

    assert isinstance(answer, get_args(Answer))
    assert not isinstance(answer, StateRead | NotSent)
    assert isinstance(state, get_args(Answer))
    assert not isinstance(state, Published | NotSent)
    assert all(code_of(each) for each in (answer, state))
    assert not isinstance(answer, Published) or (200 <= status <= 299 and b"200" in body)
    assert not isinstance(answer, Throttled) or answer.wait_seconds is None or 0 < answer.wait_seconds <= 86_400


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"code": ' + b"9" * 9_000 + b"}", b"\xff\xfe", b"\xef\xbb\xbf{}"])
def test_hostile_body_is_unclear(body):
    """
    Endless nesting, endless numbers and broken text are unclear, not an error.
    """
    assert isinstance(publish(200, body), Unclear)


@pytest.mark.parametrize(
    ("body", "state", "kind"),
    [
        ({"code": "200", "course": {"status": "published", "type": 1}}, CourseState.PUBLISHED, "self-paced"),
        ({"course": {"courseStatus": "Drafted", "courseType": "2"}}, CourseState.DRAFT, "blended"),
        ({"state": "draft"}, CourseState.DRAFT, ""),
        ({"status": "success", "course": {"state": "disabled"}}, CourseState.DISABLED, ""),
        ({"status": "draft", "course": {"status": "published"}}, CourseState.CANNOT_TELL, ""),
        ({"course": {"status": "archived"}}, CourseState.CANNOT_TELL, ""),
        ({"course": {"courseId": "1", "status": "published"}}, CourseState.CANNOT_TELL, ""),
        ({}, CourseState.CANNOT_TELL, ""),
    ],
)
def test_state_is_read_tolerantly(body, state, kind):
    """
    The state is found where it may be; disagreement, strange words and another course say nothing.
    """
    assert StateRead(state=state, name="", kind=kind) == read(200, body, course_id=COURSE_ID)


@pytest.mark.parametrize(
    ("course", "state"),
    [
        ({"status": "published"}, CourseState.CANNOT_TELL),
        ({"status": "published", "batchId": "8"}, CourseState.CANNOT_TELL),
        ({"status": "draft", "batchId": "7"}, CourseState.DRAFT),
        ({"status": "draft", "batches": [{"batchId": 7, "status": "published"}]}, CourseState.PUBLISHED),
    ],
)
def test_course_does_not_speak_for_its_batch(course, state):
    """
    For a batch only what names that batch counts.
    """
    assert StateRead(state=state, name="", kind="") == read(200, {"course": course}, course_id=COURSE_ID, batch_id="7")


@pytest.mark.parametrize("body", [b"", b"<html>", [], {"code": "8000", "message": "Sorry"}])
def test_unreadable_reading_is_unclear(body):
    """
    A 200 that is no object, or holds an unknown error, is not taken as a reading.
    """
    assert isinstance(read(200, body), Unclear)


@pytest.mark.parametrize(
    ("status", "word", "expected"),
    [
        (400, "refused", Refused(code="7300", message="m")),
        (500, "refused", Refused(code="7300", message="m", certain=False)),
        (200, "refused", Refused(code="7300", message="m", certain=False)),
        (400, "throttled", Throttled(wait_seconds=None, cause="7300")),
        (503, "throttled", Throttled(wait_seconds=None, cause="7300", certain=False)),
        (400, "expired", Expired(code="7300", message="m")),
        (401, "denied", Denied(code="7300", message="m")),
        (500, "denied", Denied(code="7300", message="m", certain=False)),
        (400, "already_published", SaidPublished(code="7300", message="m")),
        (200, "already_published", SaidPublished(code="7300", message="m")),
    ],
)
@pytest.mark.parametrize("envelope", ENVELOPES)
def test_added_meaning_is_certain_only_beside_a_4xx(envelope, status, word, expected):
    """
    An operator's word is taken in every envelope; that nothing was done it never says, only the status can.
    """
    body = json.dumps(wrap(envelope, "7300", "m")).encode()

    assert expected == read_answer(status, {}, body, course_id=COURSE_ID, now=NOW, added={"7300": WORDS[word]})


def test_added_unclear_makes_a_refusal_one_to_look_at():
    """
    A 4xx that in truth may have been executed is settled like a lost answer.
    """
    body = json.dumps({"code": "New_Code", "message": "m"}).encode()
    answer = read_answer(400, {}, body, course_id=COURSE_ID, now=NOW, added={"new_code": WORDS["unclear"]})

    assert isinstance(answer, Unclear)


@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize("status", [200, 400, 422, 500])
def test_said_to_be_published_is_no_success(envelope, status):
    """
    A code that says so is a reason to look, whatever the status.
    """
    assert SaidPublished(code="COURSE_ALREADY_PUBLISHED", message="m") == publish(
        status, wrap(envelope, "COURSE_ALREADY_PUBLISHED", "m")
    )


@given(
    status=st.integers(100, 599),
    headers=HEADERS,
    body=BODIES,
    added=st.dictionaries(
        st.sampled_from(["7300", "published", "a\ud800", str(10**30), "-1"]), st.sampled_from(list(WORDS.values()))
    ),
)
def test_no_added_meaning_makes_a_success_or_a_state(status, headers, body, added):
    """
    What is a success stays one and nothing else becomes one; what a reading says stays what it says; and where the
    program would be unsure whether the call was executed, it stays unsure.
    """
    plain = read_answer(status, headers, body, course_id=COURSE_ID, now=NOW)
    answer = read_answer(status, headers, body, course_id=COURSE_ID, now=NOW, added=added)
    read_plain = read_course_state(status, headers, body, now=NOW, course_id=COURSE_ID)
    read_added = read_course_state(status, headers, body, now=NOW, course_id=COURSE_ID, added=added)

    assert isinstance(plain, Published) is isinstance(answer, Published)
    assert not isinstance(read_added, StateRead) or read_added == read_plain
    assert not isinstance(plain, Throttled) or plain == answer
    if isinstance(plain, Unclear):
        assert isinstance(answer, Unclear | SaidPublished) or answer.certain is (400 <= status <= 499)
