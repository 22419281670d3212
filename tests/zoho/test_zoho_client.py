"""The calls themselves: what is sent, and that trouble on the line is an answer."""

import asyncio
import inspect
import json
import re
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import Mock

import aiohttp
import pytest
from aioresponses import aioresponses
from yarl import URL

from batchpub.secret import Secret

sys.path.insert(0, str(Path(__file__).parent))
from calling import publish, read_state

from batchpub.course import Course
from batchpub.errors import SettingsWrong
from batchpub.services.interface import CourseState, Expired, NotSent, Published, Refused, Reply, StateRead, Unclear
from batchpub.services.zoho.access import AccessToken, Cookie
from batchpub.services.zoho.hosts import DATA_CENTERS, Endpoint, check_api_url
from batchpub.services.zoho.people import ZohoPeople, make_excerpt

API = "https://people.zoho.com"
COURSE = Course(course_id="219225000000642002")
BATCH = Course(course_id="219225000000642002", batch_id="33")
SUCCESS = {"code": "200", "course": {"courseId": COURSE.course_id, "status": "published"}, "message": "success"}
BATCH_ANSWER = {
    "code": "200",
    "batch": {"batchId": "33", "courseId": COURSE.course_id, "name": "March", "publishStatus": "drafted"},
    "message": "success",
}
NO_PAGE = {"code": "URL_RULE_NOT_CONFIGURED", "message": "no"}
HEADER = {"Authorization": "Zoho-oauthtoken 1000.abc.def"}


class AnyResponse(aiohttp.ClientResponse):
    """aioresponses knows nothing of what newer aiohttp wants to be told."""

    def __init__(self, *args, **kwargs):
        if "stream_writer" in inspect.signature(aiohttp.ClientResponse.__init__).parameters:
            kwargs.setdefault("stream_writer", Mock())
        super().__init__(*args, **kwargs)


class StillClock:
    boot_id = "boot"

    def now(self):
        return datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def boot_seconds(self):
        return 0.0

    async def sleep(self, seconds):
        raise AssertionError(seconds)


def make_client(api_url=API, credentials=None, **seconds):
    credentials = credentials or AccessToken(token=Secret("1000.abc.def"))
    endpoint = Endpoint(api_url=api_url, accounts_url="https://accounts.zoho.com", **seconds)
    return ZohoPeople(credentials, endpoint, clock=StillClock())


@pytest.mark.parametrize(
    ("course", "notify", "url"),
    [
        (COURSE, False, f"{API}/api/v1/courses/219225000000642002/publish?notifyApplicableUsers=False"),
        (BATCH, True, f"{API}/api/v1/courses/219225000000642002/batches/33/publish?notifyApplicableUsers=True"),
    ],
)
async def test_publish_sends_what_the_page_says(course, notify, url):
    """
    One POST, the mails always decided, no body, the token in its header, no redirect followed.
    """
    with aioresponses() as zoho:
        zoho.post(url, payload=SUCCESS, response_class=AnyResponse)
        async with make_client() as client:
            reply = await publish(client, course, notify=notify)

    (call,) = zoho.requests["POST", URL(url)]
    sent = {key: value for key, value in call.kwargs.items() if value is not None and key != "trace_request_ctx"}
    assert {"headers": HEADER | {"Accept-Encoding": "identity"}, "allow_redirects": False} == sent
    assert Reply(answer=Published(), http_status=200, excerpt=json.dumps(SUCCESS)) == reply


@pytest.mark.parametrize(
    ("page", "second", "answers"),
    [
        ((200, BATCH_ANSWER), None, [StateRead(state=CourseState.DRAFT, name="March")]),
        (
            (404, NO_PAGE),
            (200, {"course": BATCH_ANSWER["batch"]}),
            [None, StateRead(state=CourseState.DRAFT, name="March")],
        ),
        ((404, "<html>"), (200, BATCH_ANSWER), [None, StateRead(state=CourseState.DRAFT, name="March")]),
        ((404, NO_PAGE), (404, NO_PAGE), [None, Refused(code="URL_RULE_NOT_CONFIGURED", message="no")]),
        ((403, {"message": "no"}), None, [Refused(code="403", message="no")]),
    ],
)
async def test_batch_is_read_at_its_page_and_then_at_its_course(page, second, answers):
    """
    One call a reading: where the batch's page is not found the next reading asks the course's, and that is final.
    """
    course = f"{API}/api/v1/courses/{COURSE.course_id}"
    with aioresponses() as zoho:
        zoho.get(f"{course}/batches/33", status=page[0], payload=page[1], response_class=AnyResponse)
        if second:
            zoho.get(
                f"{course}?batchId=33", status=second[0], payload=second[1], response_class=AnyResponse, repeat=True
            )
        async with make_client() as client:
            replies = [await read_state(client, BATCH) for _ in answers]

    assert len(answers) == sum(len(calls) for calls in zoho.requests.values())
    for expected, reply in zip(answers, replies, strict=True):
        assert reply.answer == expected if expected else (Unclear, False) == (type(reply.answer), reply.answer.strange)


async def test_a_course_that_is_not_found_is_a_final_no():
    """
    Only a batch has another page to ask.
    """
    with aioresponses() as zoho:
        url = f"{API}/api/v1/courses/{COURSE.course_id}"
        zoho.get(url, status=404, payload=NO_PAGE, response_class=AnyResponse)
        async with make_client() as client:
            reply = await read_state(client, COURSE)

    assert Refused(code="URL_RULE_NOT_CONFIGURED", message="no") == reply.answer


async def test_reading_a_course_gives_its_state():
    """
    One GET gives state, name and kind.
    """
    body = {"course": {"courseId": COURSE.course_id, "courseName": "Fire", "type": 1, "status": "draft"}}
    with aioresponses() as zoho:
        zoho.get(f"{API}/api/v1/courses/{COURSE.course_id}", payload=body, response_class=AnyResponse)
        async with make_client() as client:
            reply = await read_state(client, COURSE)

    assert StateRead(state=CourseState.DRAFT, name="Fire", kind="self-paced") == reply.answer


async def test_expired_reply_is_not_cured_by_the_client():
    """
    A 401 is told, not cured; a bare access token cannot be renewed.
    """
    url = f"{API}/api/v1/courses/{COURSE.course_id}/publish?notifyApplicableUsers=False"
    with aioresponses() as zoho:
        zoho.post(url, status=401, response_class=AnyResponse)
        async with make_client() as client:
            reply = await publish(client, COURSE)
            access = await client.get_access()
            renewed = await client.renew(access)

    assert (Expired(code="401", message=""), HEADER, False) == (reply.answer, access.headers, renewed)
    assert "1000.abc" not in repr((reply, access))


@pytest.mark.parametrize("course_id", ["", "12a", "1/2", "١٢", "12\n", " 12"])
async def test_only_digits_reach_a_url(course_id):
    """
    An id that is not ASCII digits is a bug, never a call.
    """
    async with make_client() as client:
        with pytest.raises(ValueError, match="not an id"):
            await publish(client, Course(course_id=course_id))


async def play_line(answer, call):
    """Serve one scripted connection on loopback and make one call against it."""

    served = asyncio.Event()

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        if answer is None:
            with suppress(ConnectionError):
                await reader.read()  # until the caller gives up
        else:
            writer.write(answer)
            await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        served.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with make_client(f"http://127.0.0.1:{port}", total_seconds=0.2 if answer is None else 5) as client:
            reply = await call(client)
        await served.wait()
    return reply


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (None, None),
        (b"", None),
        (b"HTTP/1.1 200", None),
        (b"not http at all\r\n\r\n", None),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"code": "200"', 200),
        (b"HTTP/1.1 307 See\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", 307),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", 200),
    ],
)
async def test_trouble_after_sending_is_unclear(answer, status):
    """
    Silence, a reset, half an answer, nonsense and a redirect may all follow a publish that happened.
    """
    reply = await play_line(answer, lambda client: publish(client, COURSE))

    assert (Unclear, status) == (type(reply.answer), reply.http_status)


async def test_nobody_listening_is_not_sent(unused_tcp_port):
    """
    A connection that is refused sent nothing.
    """
    async with make_client(f"http://127.0.0.1:{unused_tcp_port}") as client:
        reply = await publish(client, COURSE)

    assert (NotSent, None, "not_sent") == (type(reply.answer), reply.http_status, reply.code)


async def test_answer_that_echoes_a_secret_is_masked():
    """
    A cookie's parts and anything shaped like a token are in no excerpt and no message.
    """
    url = f"{API}/api/v1/courses/{COURSE.course_id}/publish?notifyApplicableUsers=False"
    body = b'{"code":"NOPE","message":"got s3cretvalue","access_token":"abcdef"}'
    with aioresponses() as zoho:
        zoho.post(url, status=400, body=body, response_class=AnyResponse)
        async with make_client(credentials=Cookie(cookie=Secret("CSRF_TOKEN=s3cretvalue; a=b"))) as client:
            reply = await publish(client, COURSE)

    assert '{"code":"NOPE","message":"got ***","access_token":"***"}' == reply.excerpt
    assert "s3cret" not in repr(reply)


@pytest.mark.parametrize("operation", [publish, read_state])
@pytest.mark.parametrize(
    ("cookie", "more", "field"),
    [
        (
            "CSRF_TOKEN=tokentoken; _zcsr_tmp=b",
            {"CSRF_TOKEN": "tokentoken", "X-ZCSRF-TOKEN": "conreqcsr=tokentoken"},
            "tokentoken",
        ),
        ("a=1;CSRF_TOKEN=x=y", {"CSRF_TOKEN": "x=y", "X-ZCSRF-TOKEN": "conreqcsr=x=y"}, "x=y"),
        ("JSESSIONID=1; zalb_f=2", {}, None),
        ("CSRF_TOKEN=; a=b", {}, None),
    ],
)
async def test_cookie_shows_its_csrf_token_again(operation, cookie, more, field):
    """
    A browser's session sends it as a field of the form and in a header; one without it is sent as the page's sample is.
    """
    with aioresponses() as zoho:
        zoho.post(re.compile(".*"), payload=SUCCESS, response_class=AnyResponse)
        zoho.get(re.compile(".*"), payload=SUCCESS, response_class=AnyResponse)
        async with make_client(credentials=Cookie(cookie=Secret(cookie))) as client:
            await operation(client, COURSE)

    ((call,),) = zoho.requests.values()
    assert {"Cookie": cookie, "Accept-Encoding": "identity", **more} == dict(call.kwargs["headers"])
    assert call.kwargs["data"] == ({"conreqcsr": field} if field and operation is publish else None)


@pytest.mark.parametrize(
    "echo",
    [
        b'{"code":"NOPE","message":"s3\\u0022cret\\/val=ue"}',
        b"<p>s3&quot;cret&#x2F;val=ue</p>",
        b"/login?next=s3%22cret%2fval%3Due",
    ],
)
async def test_escaped_echo_of_a_cookie_is_masked(echo):
    """
    However the service writes a part of the cookie down, it is in no excerpt and no message.
    """
    with aioresponses() as zoho:
        zoho.post(re.compile(".*"), status=400, body=echo, response_class=AnyResponse)
        async with make_client(credentials=Cookie(cookie=Secret('a=s3"cret/val=ue; b=c'))) as client:
            reply = await publish(client, COURSE)

    assert "***" in reply.excerpt
    assert not any(part in repr(reply) for part in ("cret", "val"))


def test_excerpt_is_one_short_line():
    """
    Control characters go and 200 characters stay.
    """
    assert "a [31mb " + "x" * 192 == make_excerpt(b"a\x1b[31mb\r\n" + b"x" * 900)


@pytest.mark.parametrize("url", [url for pair in DATA_CENTERS.values() for url in pair])
def test_every_data_center_is_a_good_url(url):
    """
    The table passes its own check.
    """
    assert url == check_api_url(url + "/")


@pytest.mark.parametrize(
    "url",
    [
        "http://people.zoho.com",
        "people.zoho.com",
        "",
        "ftp://127.0.0.1",
        "https://",
        "https://u:p@h",
        "http://[",
        "https://h:x",
    ],
)
def test_url_that_would_leak_the_token_is_refused(url):
    """
    Only https, or plain http to this machine.
    """
    with pytest.raises(SettingsWrong):
        check_api_url(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:80", "http://localhost:1", "http://[::1]:8"])
def test_loopback_may_be_plain(url):
    """
    The sandbox needs no certificate.
    """
    assert url == check_api_url(url)
