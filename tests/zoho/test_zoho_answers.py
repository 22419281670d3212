"""What Zoho's replies mean: one reply in, one meaning out."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from batchpub.course import Course
from batchpub.services.interface import (
    Answer,
    CourseState,
    Denied,
    Expired,
    NotSent,
    Published,
    Refused,
    Reply,
    SaidPublished,
    StateRead,
    Throttled,
    Unclear,
)
from batchpub.services.zoho.answers import NONE_ADDED, HttpAnswer, read_answer
from batchpub.services.zoho.meanings import WORDS
from batchpub.services.zoho.reading import read_course_state

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
COURSE_ID = "219225000000642002"
SUCCESS = {"code": "200", "course": {"courseId": COURSE_ID, "status": "published"}, "message": "success"}


COURSE = Course(course_id=COURSE_ID)
BATCH = Course(course_id=COURSE_ID, batch_id="219225000000642077")


def came(status, body, headers=None, **told):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpAnswer(status=status, headers=headers or {}, body=raw, now=NOW, **told)


def publish(status, body, headers=None, *, course=COURSE, added=NONE_ADDED, **told):
    return read_answer(came(status, body, headers, **told), course, added=added)


def read(status, body, headers=None, *, course=COURSE, added=NONE_ADDED, **told):
    return read_course_state(came(status, body, headers, **told), course, added=added)


def wrap(envelope, code, message):
    return {
        "plain": {"code": code, "message": message},
        "response": {"response": {"status": 1, "errors": {"code": code, "message": message}}},
        "response_list": {"response": {"status": 1, "errors": [{"code": code, "message": message}]}},
        "error": {"error": {"status_code": 400, "title": code, "details": {"message": message}}},
        "list": [{"errorcode": code, "message": message}],
    }[envelope]


PERMISSION_DENIED = Denied(code="Permission Denied", message="")
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

    assert Published() == publish(200, body, course=Course(course_id="219225000007209002"))


@pytest.mark.parametrize(
    ("headers", "message", "wait"),
    [
        ({"X-Rate-Limit": '[{"retry-after": 12}, {"retry-after": "40"}]', "Retry-After": "7"}, "", 40.0),
        ({"retry-after": "7"}, "Try again after 5 minutes", 300.0),
        ({"Retry-After": "12.5"}, "", 12.5),
        ({"Retry-After": "0.5"}, "", 0.5),
        ({"Retry-After": "86400"}, "", 86_400.0),
        ({"Retry-After": "86400.5"}, "", None),
        ({"Retry-After": "120,30"}, "", 120.0),
        ({"Retry-After": "Mon, 02 Mar 2026 09:02:00"}, "", 120.0),
        ({"Retry-After": "Mon, 02 Mar 2026 09:02:00 -0000"}, "", 120.0),
        ({"Retry-After": "Mon, 02 Mar 2026 11:02:00 +0200"}, "", 120.0),
        ({}, "Try again in 2 hours", 7200.0),
        ({}, "TRY  AGAIN  after 3 min", 180.0),
        ({}, "Try again after 45 secs. Or try again later", 45.0),
        ({"Retry-After": "30, 120"}, "", 120.0),
        (CIMultiDict([("Retry-After", "30"), ("Retry-After", "Mon, 02 Mar 2026 09:02:00 GMT")]), "", 120.0),
        ({"X-Rate-Limit": '[{"retry-after": 500}]', "Retry-After": "30"}, "", 500.0),
        ({"Retry-After": "1772442000"}, "", None),
        ({"Retry-After": "9" * 30}, "", None),
        ({"Retry-After": "99999999999"}, "Try again in 40 sec", 40.0),
        ({"X-Rate-Limit": '{"retry-after": 1772442000}'}, "", None),
        ({}, f"Try again after {'9' * 30} minutes", None),
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
def test_wait_is_the_longest_that_makes_sense(headers, message, wait):
    """
    Of X-Rate-Limit, Retry-After and the text the longest counts; an epoch, an endless number and no number do not.
    """
    assert Throttled(wait_seconds=wait, cause="7209") == publish(400, {"code": "7209", "message": message}, headers)


LATER = "Mon, 02 Mar 2026 09:05:00 GMT"


@pytest.mark.parametrize(
    ("headers", "behind", "wait"),
    [
        ({"Date": "Mon, 02 Mar 2026 09:00:00 GMT"}, 0.0, 300.0),
        ({"Date": "Mon, 02 Mar 2026 08:59:45 GMT"}, 0.0, 315.0),  # our clock is 15 s ahead
        ({"date": "Mon, 02 Mar 2026 09:04:00 GMT"}, 0.0, 60.0),  # ours is 4 minutes behind
        ({}, 0.0, 300.0),
        ({}, 15.0, 315.0),  # no Date here, but earlier answers showed what our clock is worth
        ({}, -15.0, 300.0),
        ({"Date": "yesterday"}, 15.0, 315.0),
        ({"Date": "Thu, 01 Jan 1970 00:00:00 GMT"}, 15.0, 315.0),
        ({"Date": "Mon, 02 Mar 2026 09:06:00 GMT"}, 15.0, 315.0),  # after what it says to wait for
    ],
)
def test_date_is_measured_with_the_clock_that_made_it(headers, behind, wait):
    """
    The answer's own Date counts; without one that makes sense, never less than what earlier answers showed.
    """
    answer = publish(429, b"", {"Retry-After": LATER} | headers, behind_seconds=behind)

    assert Throttled(wait_seconds=wait, cause="429") == answer


@pytest.mark.parametrize(
    ("body", "wait", "quota"),
    [
        ({"code": "7209", "message": "You have exceeded the maximum number of API calls for the day"}, None, True),
        ({"code": 4000, "message": "Developer API limit has been reached"}, None, True),
        ({"code": "7209", "message": "Try again after 12 minutes"}, 720.0, False),
    ],
)
def test_only_words_make_it_the_daily_quota(body, wait, quota):
    """
    A long wait alone is no quota: whoever waits decides how long is too long.
    """
    assert Throttled(wait_seconds=wait, cause=str(body["code"]), quota=quota) == publish(200, body)


@pytest.mark.parametrize("status", [400, 403, 404, 422, 451, 500, 503, 504])
@pytest.mark.parametrize(
    "headers",
    [{"Retry-After": "120"}, {"x-rate-limit": '[{"retry-after": "120"}]'}, {"Retry-After": "120", "X-Rate-Limit": "?"}],
)
@pytest.mark.parametrize("body", [b"<html>busy</html>", b"", {"code": "INVALID_INPUT", "message": "no"}])
@pytest.mark.parametrize("ask", [publish, read])
def test_header_that_asks_to_wait_is_a_throttle(status, headers, body, ask):
    """
    On any 4xx and 5xx, whatever the body; behind a 5xx the call may have been executed all the same.
    """
    answer = ask(status, body, headers)

    assert (Throttled, 120.0, status < 500) == (type(answer), answer.wait_seconds, answer.certain)
    assert ("X-Rate-Limit" if "x-rate-limit" in headers else "Retry-After") == answer.cause


@pytest.mark.parametrize(
    ("header", "is_throttle"),
    [
        ({"Retry-After": "soon"}, True),
        ({"Retry-After": "0"}, True),
        ({"X-Rate-Limit": "30"}, True),
        ({"X-Rate-Limit": '[{"limit": 30, "remaining": 12}]'}, False),
        ({"X-Rate-Limit": '[{"limit": 30, "remaining": 12, "retry-after": 0}]'}, False),
        ({"X-Rate-Limit": ""}, False),
        ({"Retry-After": " "}, False),
    ],
)
def test_senseless_wait_still_says_stop(header, is_throttle):
    """
    A wait nobody can read is a wait; budgets that are not used up are none.
    """
    answer = publish(404, {"code": "404", "message": "no such course"}, header)

    assert (Throttled if is_throttle else Refused) is type(answer)
    assert not is_throttle or answer.wait_seconds is None


def test_success_may_tell_a_wait():
    """
    A wait beside a success is for the next call, and the pace knows that by itself.
    """
    assert Published() == publish(200, SUCCESS, {"Retry-After": "2"})


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
        (404, {"code": 404, "message": "\x1b[31mno"}, Refused(code="404", message="[31mno")),
        (400, {"code": "NEW_CODE", "message": "m"}, Refused(code="NEW_CODE", message="m", known=False)),
        (401, {"code": "INVALID_INPUT", "message": "m"}, Expired(code="INVALID_INPUT", message="m")),
        (402, {"code": "INVALID_INPUT", "message": "m"}, Refused(code="INVALID_INPUT", message="m")),
        (422, {"code": "8001", "message": "m"}, Refused(code="422", message="m")),
        (423, {"code": "8001", "message": "m"}, Refused(code="8001", message="m", known=False)),
        (400, {"error": "7209"}, Throttled(wait_seconds=None, cause="7209")),
        (400, {"errors": [{"title": "7209"}]}, Throttled(wait_seconds=None, cause="7209")),
        (400, {"response": "7209", "message": "m"}, Refused(code="400", message="m", known=False)),
        (409, {"message": "m"}, Refused(code="409", message="m", known=False)),
        (400, wrap("response", 7202, "m"), Expired(code="7202", message="m")),
        (401, wrap("response", 7213, "m"), Expired(code="7213", message="m")),
        (200, wrap("response", 7202, "m"), Expired(code="7202", message="m")),
        (400, {"code": "OAUTH_SCOPE_MISMATCH", "message": "m"}, Denied(code="OAUTH_SCOPE_MISMATCH", message="m")),
        (401, {"code": "OAUTH_SCOPE_MISMATCH"}, Denied(code="OAUTH_SCOPE_MISMATCH", message="")),
        (400, {"code": 7103, "message": "m"}, Refused(code="7103", message="m", known=False)),
        (200, {"response": {"result": {"code": "Permission Denied"}, "status": 0}}, PERMISSION_DENIED),
        (
            403,
            {"response": {"result": {"code": "permission denied"}, "status": 0}},
            replace(PERMISSION_DENIED, code="permission denied"),
        ),
        (200, {"code": 2955, "message": "m"}, Throttled(wait_seconds=None, cause="2955")),
        (400, {"code": "6045", "message": "m"}, Throttled(wait_seconds=None, cause="6045")),
        (400, {"code": 4000, "message": "Something else"}, Refused(code="4000", message="Something else", known=False)),
    ],
)
def test_each_refusal_has_its_meaning(status, body, expected):
    """
    Token, scope and course are told apart; 403 and 422 keep their status as the code.
    """
    assert expected == publish(status, body)


@pytest.mark.parametrize(
    ("status", "strange"),
    [
        *((status, True) for status in (100, 200, 204, 301, 302, 307, 400, 403, 404, 405, 422, 499)),
        *((status, False) for status in (408, 500, 502, 503, 504, 599)),
    ],
)
@pytest.mark.parametrize("ask", [publish, read])
def test_page_says_nothing_about_the_course(status, strange, ask):
    """
    A page, an empty body and half an answer are no answer, on any status; the next course may well get the same.
    """
    for body in (b"<html>oops</html>", b"", b"[]", b"{}", b'"no"', b"404", b'{"message": " "}'):
        answer = ask(status, body)
        # An empty object is no answer to a call, and a course without a state.
        assert (Unclear, strange) == (type(answer), getattr(answer, "strange", None)) or (ask, status) in TOLERANT

    is_cut_strange = strange and 400 <= status < 500
    assert (Unclear, is_cut_strange) == (type(cut := ask(status, b'{"cod', whole=False)), cut.strange)


TOLERANT = {(read, 200), (read, 204)}


CODED = [
    ("THROTTLES_LIMIT_EXCEEDED", Throttled),
    ("7209", Throttled),
    ("INVALID_OAUTHTOKEN", Expired),
    ("7202", Expired),
    ("OAUTH_SCOPE_MISMATCH", Denied),
    ("INVALID_INPUT", Unclear),
    ("COURSE_ALREADY_PUBLISHED", Unclear),
]


@pytest.mark.parametrize("ask", [publish, read])
@pytest.mark.parametrize("status", [200, 400, 403, 422, 500])
@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize(("code", "kind"), CODED)
def test_cut_body_tells_its_signs_and_no_final_no(code, kind, envelope, status, ask):
    """
    Wherever the body ends, what is told before is heard, and nothing of it refuses the course.
    """
    body = json.dumps(wrap(envelope, code, "Why not?")).encode()
    told = body.index(code.encode()) + len(code) + 1

    for end in range(len(body) + 1):
        answer = ask(status, body[:end], whole=False)
        assert isinstance(answer, kind if end >= told else Unclear), body[:end]


@given(
    body=st.sampled_from([json.dumps(wrap(e, c, "m")) for e in ENVELOPES for c, _ in CODED]), end=st.integers(0, 120)
)
def test_cut_body_never_ends_a_course(body, end):
    """
    Nothing that did not arrive whole is a success, a refusal or a state.
    """
    for status in (200, 400, 404, 422, 500):
        for ask in (publish, read):
            answer = ask(status, body.encode()[:end], whole=False)
            assert not isinstance(answer, Published | Refused | SaidPublished | StateRead)


@pytest.mark.parametrize(
    "body",
    [
        b'{"code": "72',
        b'{"code": 7209',
        b'{"code": 720911, "x',
        b'{"data": "{\\"code\\": \\"7209\\"}", "x',
        b'{"name": "code", "id": "7209", "x',
        b'{"name": "a\\\\", "7209": "code", "x',
        b'{"code": "a\\"7209", "x',
        b'{"title": "7209", "x'.replace(b"title", b"label"),
        b'{"code": , "7209',
        b'{"code": ["7209"], ',
        b'<html>{"code": "7209"}',
        b'{"code": "\\ud8',
        b'{"x": ["code", "7209", ',
        b'{"x": ["message", "threshold limit exceeded", ',
        b'{"id": 7209, "x',
        b'{"code" "7209", ',
        b'{"code" 7209, ',
        b'{"code": "\\q", "x',
        b'{"code": " ", "x',
    ],
)
def test_what_only_looks_like_a_sign_is_none(body):
    """
    A code that may be cut, one inside a text, and one of another key are not heard.
    """
    assert Unclear is type(publish(400, body, whole=False))


@pytest.mark.parametrize(
    "body",
    [
        b'{"code": 7209, "mess',
        b'{"code":7209}x',
        b'{"response": {"errors": {"code": 7209, "mess',
        b'[{"errorcode" : "7209" , ',
        b'{"message": "threshold \\u006cimit exceeded", "x',
        b'{"message": "threshold limit exceeded \\u00',
        b'  {"error": "7209", ',
        b'{"error": {"title": "7209", ',
        b'\xef\xbb\xbf{"code": 7209, "mess',
    ],
)
def test_sign_is_heard_however_it_is_written(body):
    """
    As a number, with blanks, escaped, or in a text that has no end.
    """
    assert Throttled is type(publish(400, body, whole=False))


@pytest.mark.parametrize("status", [200, 400, 503])
def test_phrase_is_heard_outside_of_json(status):
    """
    A plain sentence, or a page with it, is a throttle as well.
    """
    body = b"<p>API access blocked since threshold limit exceeded. Try again after 5 minutes.</p>"

    assert Throttled(wait_seconds=300.0, cause="threshold limit exceeded") == publish(status, body)


def test_message_is_heard_as_far_as_it_came():
    """
    A phrase counts although its sentence has no end.
    """
    body = b'{"message": "API access blocked since threshold limit exceeded. Try again after 7 minutes, or'

    assert Throttled(wait_seconds=420.0, cause="threshold limit exceeded") == publish(400, body, whole=False)


@pytest.mark.parametrize("status", [200, 400])
def test_whole_answer_that_is_shorter_than_its_length_is_doubted(status):
    """
    A success and a refusal that end too early are neither, though they are whole JSON.
    """
    assert Unclear is type(publish(status, SUCCESS if status == 200 else {"code": "INVALID_INPUT"}, whole=False))


def batch_answer(**change):
    batch = {"batchId": BATCH.batch_id, "courseId": COURSE_ID, "name": "March", "publishStatus": "published"}
    return {"code": "200", "batch": {**batch, "learnersCount": 4, **change}, "message": "success"}


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, CourseState.PUBLISHED),
        ({"publishStatus": "drafted"}, CourseState.DRAFT),
        ({"publishStatus": "disabled"}, CourseState.DISABLED),
        ({"publishStatus": "archived"}, CourseState.CANNOT_TELL),
        ({"publishStatus": "drafted", "status": "published"}, CourseState.CANNOT_TELL),
        ({"status": "ongoing"}, CourseState.PUBLISHED),
        ({"status": "ongoing", "publishStatus": ""}, CourseState.CANNOT_TELL),
        ({"batchId": "219225000000642078"}, CourseState.CANNOT_TELL),
        ({"courseId": "219225000000642003"}, CourseState.CANNOT_TELL),
        ({"batchId": int(BATCH.batch_id)}, CourseState.PUBLISHED),
    ],
)
def test_batch_tells_its_state_as_documented(change, state):
    """
    One batch, or the list of a course's batches: `publishStatus` is the state and `name` the name.
    """
    one = batch_answer(**change)
    other = batch_answer(batchId="219225000000642000", publishStatus="disabled", name="April")["batch"]
    many = {"code": "200", "batches": [other, one["batch"] | {"schedulerId": 0}], "message": "success"}
    answers = [read(200, body, course=BATCH) for body in (one, many)]

    assert [state, state] == [answer.state for answer in answers]
    assert state is CourseState.CANNOT_TELL or {"March"} == {answer.name for answer in answers}


def test_publish_status_counts_for_courses_too():
    """
    Whether a course has it is not documented; where it is there it is read.
    """
    assert CourseState.DRAFT is read(200, {"course": {"courseId": COURSE_ID, "publishStatus": "drafted"}}).state


@pytest.mark.parametrize(
    ("body", "course", "is_success"),
    [
        (batch_answer(), BATCH, True),
        (
            {"code": 200, "course": {"courseId": COURSE_ID, "batchId": BATCH.batch_id, "status": "published"}},
            BATCH,
            True,
        ),
        ({"code": "200", "message": "success"}, BATCH, True),
        ({"code": "200", "status": "success", "batches": [batch_answer()["batch"]]}, BATCH, True),
        (batch_answer(publishStatus="drafted"), BATCH, False),
        (batch_answer(publishStatus=None), BATCH, False),
        (batch_answer(status="drafted"), BATCH, False),
        (batch_answer(batchId="219225000000642078"), BATCH, False),
        (batch_answer(batchId=None), BATCH, False),
        (batch_answer(courseId="219225000000642003"), BATCH, False),
        (batch_answer(), COURSE, False),
        (
            SUCCESS | {"course": {"courseId": COURSE_ID, "status": "published", "publishStatus": "drafted"}},
            COURSE,
            False,
        ),
        (SUCCESS | {"courseId": "219225000000642003"}, COURSE, False),
        (SUCCESS | {"publishStatus": "drafted"}, COURSE, False),
        (SUCCESS | {"status": "success"}, COURSE, True),
        ({"code": "200", "batches": [batch_answer(batchId="7")["batch"]]}, BATCH, False),
        ({"code": "200", "batches": [batch_answer(publishStatus="drafted")["batch"]]}, BATCH, False),
        ({"code": "200", "batches": "none"}, BATCH, False),
        ({"code": "200", "batches": 5}, BATCH, False),
        ({"code": "200", "batches": [5, None]}, BATCH, False),
        (SUCCESS | {"batchId": None}, COURSE, True),
        (SUCCESS | {"batchId": ""}, COURSE, True),
        (SUCCESS | {"batchId": "7"}, COURSE, False),
        ({"code": "200", "batches": []}, COURSE, True),
    ],
)
def test_success_agrees_with_itself_in_every_word(body, course, is_success):
    """
    Course, batch and every state word that is there are the ones of this call, or the course is read.
    """
    answer = publish(200, body, course=course)

    assert Published() == answer if is_success else (Unclear, True) == (type(answer), answer.strange)


@pytest.mark.parametrize("key", ["courseName", "name", "title"])
def test_title_of_a_course_is_no_code(key):
    """
    `title` is a code inside an error only: a reading that has one is a reading.
    """
    answers = [
        read(200, body) for body in ({key: "Fire", "status": "draft"}, {"course": {key: "Fire", "status": "draft"}})
    ]

    assert [StateRead(state=CourseState.DRAFT, name="Fire", kind="")] * 2 == answers


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
    answer = publish(status, body, headers)
    state = read(status, body, headers, course=BATCH)

    assert isinstance(answer, get_args(Answer))
    assert not isinstance(answer, StateRead | NotSent)
    assert isinstance(state, get_args(Answer))
    assert not isinstance(state, Published | NotSent)
    assert all(Reply(answer=each).code for each in (answer, state))
    assert not isinstance(answer, Published) or (200 <= status <= 299 and b"200" in body)
    assert not isinstance(answer, Throttled) or answer.wait_seconds is None or 0 < answer.wait_seconds <= 86_400


def test_envelopes_are_opened_six_deep():
    """
    Deeper than any that was seen, and no deeper.
    """

    def wrapped(times, wrap):
        body = {"code": "7209"}
        for _ in range(times):
            body = wrap(body)
        return body

    for wrap_once in (lambda body: {"response": body}, lambda body: [body]):
        assert Throttled is type(publish(400, wrapped(6, wrap_once)))
        assert Unclear is type(publish(400, wrapped(7, wrap_once)))


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
    assert StateRead(state=state, name="", kind=kind) == read(200, body)


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
    assert StateRead(state=state, name="", kind="") == read(
        200, {"course": course}, course=Course(course_id=COURSE_ID, batch_id="7")
    )


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
    assert expected == publish(status, wrap(envelope, "7300", "m"), added={"7300": WORDS[word]})


def test_added_unclear_makes_a_refusal_one_to_look_at():
    """
    A 4xx that in truth may have been executed is settled like a lost answer; it is known, so it stops no run.
    """
    answer = publish(400, {"code": "New_Code", "message": "m"}, added={"new_code": WORDS["unclear"]})

    assert Unclear(reason="Zoho answered with HTTP 400: New_Code m", code="New_Code") == answer


@pytest.mark.parametrize(
    ("word", "kind"), [("refused", Unclear), ("already_published", Unclear), ("throttled", Throttled)]
)
def test_added_meaning_is_no_final_no_where_the_body_was_cut(word, kind):
    """
    An operator's word is heard in half an answer as the table's are.
    """
    answer = publish(400, b'{"code": "7300", "mess', whole=False, added={"7300": WORDS[word]})

    assert kind is type(answer)
    assert (
        kind is Throttled
        or Unclear(reason="Zoho answered with HTTP 400, cut off: 7300", strange=True, code="7300") == answer
    )


@pytest.mark.parametrize("status", [200, 400])
def test_reading_that_is_said_to_be_published_says_nothing(status):
    """
    An error is no state: a course is published where its state says so.
    """
    answer = read(status, {"code": "COURSE_ALREADY_PUBLISHED", "message": "m"})

    reason = f"Zoho answered with HTTP {status}: COURSE_ALREADY_PUBLISHED m"
    assert Unclear(reason=reason, strange=True, code="COURSE_ALREADY_PUBLISHED") == answer


def test_only_2xx_is_a_success():
    """
    From 200 to 299, and nothing beside.
    """
    assert [Unclear, Published, Published, Unclear] == [
        type(publish(status, SUCCESS)) for status in (199, 200, 299, 300)
    ]
    body = {"course": {"status": "draft"}}
    assert [Unclear, StateRead, StateRead, Unclear] == [type(read(status, body)) for status in (199, 200, 299, 300)]


LONG = "X" * 700


@pytest.mark.parametrize(
    ("answer", "length"),
    [
        (lambda: publish(400, {"code": f"ALREADY_PUBLISHED{LONG}"}).code, 120),
        (lambda: publish(400, {"code": f"THROTTLES_LIMIT_EXCEEDED{LONG}"}).cause, 120),
        (lambda: publish(400, {"code": LONG}).code, 120),
        (lambda: publish(400, {"code": "x", "message": LONG}).message, 500),
        (lambda: publish(500, {"code": "x", "message": LONG}).reason, 500),
        (lambda: publish(401, {"code": LONG}).code, 120),
        (lambda: read(200, {"status": "draft", "name": LONG}).name, 500),
        (lambda: publish(200, SUCCESS | {"courseId": LONG}).reason, 156),
        (lambda: publish(200, {"code": "200", "course": {"status": LONG}}).reason, 161),
    ],
)
def test_what_a_stranger_says_has_an_end(answer, length):
    """
    Codes, messages and names are cut before they reach a log or a report.
    """
    assert length == len(answer())


@pytest.mark.parametrize(
    ("body", "course", "reason"),
    [
        ({"code": "200", "course": []}, COURSE, "the answer names no course we can read"),
        ({"code": "200", "batch": 1}, BATCH, "the answer names no batch we can read"),
        ({"code": "200", "batches": []}, BATCH, "the answer names other batches"),
        (SUCCESS | {"courseId": "1"}, COURSE, "the answer is about another course: 1"),
        (SUCCESS | {"batchId": 7}, COURSE, "the answer is about another batch: 7"),
        ({"code": "200", "course": {"status": "draft"}}, COURSE, "the answer says success, but status is 'draft'"),
        (SUCCESS | {"publishStatus": None}, COURSE, "the answer says success, but publishStatus is 'missing'"),
        ({"code": "200", "errors": {"code": 8, "message": "No"}}, COURSE, "Zoho answered with HTTP 200: 8 No"),
        ([], COURSE, "Zoho answered with HTTP 200 and nothing we can read"),
        ([{"code": "200", "message": "fine"}], COURSE, "Zoho answered with HTTP 200: fine"),
    ],
)
def test_doubt_is_said_in_one_sentence(body, course, reason):
    """
    Whoever reads the report learns what the answer lacked.
    """
    assert reason == publish(200, body, course=course).reason


@pytest.mark.parametrize("word", ["success", "Success ", "0", 0, 200])
def test_word_about_the_call_is_no_state(word):
    """
    Beside the course, `status` is also where Zoho says how the call went.
    """
    assert CourseState.DRAFT is read(200, {"status": word, "course": {"status": "draft"}}).state
    assert CourseState.CANNOT_TELL is read(200, {"status": word}).state


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
    plain = publish(status, body, headers)
    answer = publish(status, body, headers, added=added)
    read_plain = read(status, body, headers)
    read_added = read(status, body, headers, added=added)

    assert isinstance(plain, Published) is isinstance(answer, Published)
    assert not isinstance(read_added, StateRead) or read_added == read_plain
    assert not isinstance(plain, Throttled) or plain == answer
    if isinstance(plain, Unclear):
        assert isinstance(answer, Unclear | SaidPublished) or answer.certain is (400 <= status <= 499)


@pytest.mark.parametrize("word", ["published", "Published", "PUBLISHED"])
def test_capitals_of_a_status_say_nothing(word):
    """
    A success whose status is written another way is one all the same: taken for doubt, every course would be read.
    """
    assert Published() == publish(200, SUCCESS | {"course": {"courseId": COURSE_ID, "status": word}})
