"""The line itself: TLS that is verified, the proxy, the bounds, and nothing remembered or repeated below us."""

import asyncio
import gzip
import os
import random
import socket
import ssl
import struct
import sys
import textwrap
import zlib
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import trustme

from batchpub.secret import Secret

sys.path.insert(0, str(Path(__file__).parent))
from calling import publish, read_state

from batchpub.course import Course
from batchpub.errors import SettingsWrong
from batchpub.services.interface import NotSent, Published, Refused, Throttled, Unclear, Withheld
from batchpub.services.zoho.access import AccessToken
from batchpub.services.zoho.hosts import Endpoint
from batchpub.services.zoho.line import proxy_for
from batchpub.services.zoho.people import LARGEST_BODY, ZohoPeople

COURSE = Course(course_id="219225000000642002")
SUCCESS = b'{"code": "200", "course": {"courseId": "219225000000642002", "status": "published"}, "message": "success"}'
RESET = b"reset"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nSet-Cookie: zalb=1\r\n\r\n%s" % (len(SUCCESS), SUCCESS)
CLIENT = textwrap.dedent(
    """
    import asyncio, sys
    from batchpub import AccessToken, Course, Endpoint, Secret, ZohoPeople

    async def main():
        endpoint = Endpoint(api_url=sys.argv[1], accounts_url=sys.argv[1], total_seconds=5)
        async with ZohoPeople(AccessToken(token=Secret("1000.x")), endpoint) as client:
            access = await client.get_access()
            reply = await client.publish(
                Course(course_id="219225000000642002"), notify=False, access=access, may_send=lambda: True
            )
        print(type(reply.answer).__name__, getattr(reply.answer, "reason", ""))

    asyncio.run(main())
    """
)


class Server:
    """A server on loopback that is gone, with all its connections, when the block ends."""

    def __init__(self):
        self.connections = 0
        self.serving = set()

    @asynccontextmanager
    async def open(self, context=None):
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=context, backlog=300)
        async with server:
            self.port = server.sockets[0].getsockname()[1]
            yield self
            for task in self.serving:
                task.cancel()
            await asyncio.gather(*self.serving, return_exceptions=True)

    async def wait_idle(self):
        await asyncio.gather(*self.serving, return_exceptions=True)

    async def _accept(self, reader, writer):
        self.connections += 1
        self.serving.add(asyncio.current_task())
        try:
            await self.serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()
            with suppress(ConnectionError, ssl.SSLError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 1)


class Line(Server):
    """Keeps what was sent to it, and answers after a while."""

    def __init__(self, answer=OK, *, seconds=0.0):
        super().__init__()
        self.answer = answer
        self.seconds = seconds
        self.requests = []
        self.partial = []

    async def serve(self, reader, writer):
        try:
            self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        except asyncio.IncompleteReadError as error:
            self.partial.append(error.partial)
            return
        await asyncio.sleep(self.seconds)
        writer.write(self.answer)
        await writer.drain()


class Proxy(Server):
    """Takes CONNECT and passes bytes on, unless it is told to answer something else (b"": hang up)."""

    def __init__(self, *, answer=None):
        super().__init__()
        self.answer = answer
        self.heads = []
        self.opened = 0

    async def serve(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        if self.answer == RESET:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return
        if self.answer is not None:
            writer.write(self.answer)
            return
        host, port = head.split()[1].decode().rsplit(":", 1)
        there_reader, there_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.opened += 1
        await asyncio.gather(pump(reader, there_writer), pump(there_reader, writer))
        await there_writer.wait_closed()


class Mute(Server):
    """Accepts, and never says a word: not even a TLS handshake."""

    async def serve(self, _reader, _writer):
        await asyncio.sleep(30)


def make_client(port, *, host="127.0.0.1", scheme="http", **seconds):
    url = f"{scheme}://{host}:{port}"
    endpoint = Endpoint(api_url=url, accounts_url=url, **{"total_seconds": 5, **seconds})
    return ZohoPeople(AccessToken(token=Secret("1000.x")), endpoint)


async def run_client(url, **environ):
    """Make one call in a process of its own: certificates and proxies are read from its environment."""
    ours = ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "ALL_PROXY", "NETRC")
    clean = {k: v for k, v in os.environ.items() if k.upper() not in ours}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CLIENT, url, env={**clean, **environ}, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), 30)
    assert 0 == process.returncode
    return out.decode().strip()


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


def server_context(authority, *names):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


async def test_unknown_certificate_is_refused_and_a_ca_file_lets_it_in(authority, tmp_path):
    """
    Nothing is sent to a server whose certificate nobody vouches for; SSL_CERT_FILE names who does.
    """
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    async with Line().open(server_context(authority, "localhost")) as line:
        url = f"https://localhost:{line.port}"
        refused = await run_client(url)
        sent = len(line.requests)
        trusted = await run_client(url, SSL_CERT_FILE=str(tmp_path / "ca.pem"))

    assert refused.startswith("NotSent")
    assert "SSL_CERT_FILE" in refused
    assert (0, "Published", 1) == (sent, trusted, len(line.requests))


@pytest.mark.parametrize(
    ("variable", "name", "content", "told"),
    [
        ("SSL_CERT_FILE", "none.pem", None, "cannot be read: No such file"),
        ("SSL_CERT_FILE", "key.pem", "-----BEGIN PRIVATE KEY-----\n", "holds no certificate"),
        ("SSL_CERT_FILE", "empty.pem", "", "holds no certificate"),
        ("SSL_CERT_FILE", ".", None, "cannot be read"),
        ("SSL_CERT_DIR", "none", None, "no folder"),
    ],
)
def test_authorities_that_are_none_are_named(monkeypatch, tmp_path, variable, name, content, told):
    """
    The sentence names the variable and its value, before anything is tried; this machine itself needs no certificate.
    """
    if content is not None:
        (tmp_path / name).write_text(content)
    monkeypatch.setenv(variable, str(tmp_path / name))

    with pytest.raises(SettingsWrong, match=f"{variable} in the environment names .*{told}"):
        make_client(9, scheme="https")
    make_client(9)


async def test_certificate_of_another_host_is_refused(authority, tmp_path):
    """
    A certificate that is trusted and names somebody else is no certificate.
    """
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    async with Line().open(server_context(authority, "people.zoho.com")) as line:
        refused = await run_client(f"https://localhost:{line.port}", SSL_CERT_FILE=str(tmp_path / "ca.pem"))

    assert ("NotSent", []) == (refused.split()[0], line.requests)


async def pump(reader, writer):
    try:
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def test_proxy_of_the_environment_is_used_and_sees_no_secret(authority, tmp_path):
    """
    HTTPS_PROXY gets a CONNECT with its own password and nothing of ours; NO_PROXY goes around it.
    """
    ca = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca)
    async with Line().open(server_context(authority, "localhost")) as line, Proxy().open() as proxy:
        url = f"https://localhost:{line.port}"
        environ = {"SSL_CERT_FILE": str(ca), "HTTPS_PROXY": f"http://me:pass@127.0.0.1:{proxy.port}"}
        through = await run_client(url, **environ)
        heads = list(proxy.heads)
        around = await run_client(url, **environ, NO_PROXY="localhost")

    assert ("Published", "Published", 1) == (through, around, len(proxy.heads))
    assert heads[0].startswith(b"CONNECT localhost:%d " % line.port)
    assert b"Proxy-Authorization: Basic bWU6cGFzcw==" in heads[0]
    assert b"1000.x" not in heads[0]
    assert all(b"Proxy-Authorization" not in request for request in line.requests)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nwhy",
        b"HTTP/1.1 200 OK\r\n\r\nno TLS at all",
        b"HTTP/1.1 200",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
        RESET,
    ],
)
async def test_proxy_that_does_not_connect_us_means_not_sent(monkeypatch, answer):
    """
    Whatever goes wrong before the request's first byte leaves nothing unclear; the proxy's password is in no sentence.
    """
    async with Proxy(answer=answer).open() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:hidden@127.0.0.1:{proxy.port}")
        async with make_client(9, scheme="https") as client:
            reply = await publish(client, COURSE)

    assert (NotSent, True) == (type(reply.answer), "hidden" not in repr(reply))
    assert 1 == len(proxy.heads)


async def test_last_look_is_taken_when_the_connection_stands(authority, monkeypatch, tmp_path):
    """
    DNS, connecting, a proxy's CONNECT and TLS are over when the look is taken, and then the request goes out.
    """
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    seen = []

    async with Line().open(server_context(authority, "localhost")) as line, Proxy().open() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")

        def look():
            seen.append((proxy.opened, len(line.requests)))
            return True

        async with make_client(line.port, host="localhost", scheme="https") as client:
            reply = await publish(client, COURSE, may_send=look)

    assert (Published, [(1, 0)]) == (type(reply.answer), seen)
    assert 1 == len(line.requests)


@pytest.mark.parametrize("call", [publish, read_state])
async def test_withheld_call_writes_nothing(call):
    """
    After a no of the last look the connection is closed, and not one byte went out on it.
    """
    async with Line().open() as line:
        async with make_client(line.port) as client:
            reply = await call(client, COURSE, may_send=lambda: False)
        await line.wait_idle()

    assert (Withheld(), None, "withheld") == (reply.answer, reply.http_status, reply.code)
    assert (1, [], [b""]) == (line.connections, line.requests, line.partial)


async def test_netrc_never_takes_the_place_of_the_token(authority, tmp_path):
    """
    A password that ~/.netrc has for the host is not sent.
    """
    ca, netrc = tmp_path / "ca.pem", tmp_path / "netrc"
    authority.cert_pem.write_to_path(ca)
    netrc.write_text("default login me password fromnetrc\n")
    netrc.chmod(0o600)
    async with Line().open(server_context(authority, "localhost")) as line:
        told = await run_client(f"https://localhost:{line.port}", SSL_CERT_FILE=str(ca), NETRC=str(netrc))

    assert ("Published", True) == (told, b"Authorization: Zoho-oauthtoken 1000.x" in line.requests[0])


@pytest.mark.parametrize("proxy", ["ftp://proxy:1", "socks5://127.0.0.1:9", "http://", "http://h:x"])
def test_proxy_that_is_none_is_named(monkeypatch, proxy):
    """
    A proxy that cannot be used is a wrong setting, not an outage.
    """
    monkeypatch.setenv("HTTPS_PROXY", proxy)

    with pytest.raises(SettingsWrong, match="HTTPS_PROXY"):
        proxy_for("https://people.zoho.com")


def test_this_machine_is_never_reached_by_proxy(monkeypatch):
    """
    The sandbox is not asked for through a proxy.
    """
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:1")

    assert {} == proxy_for("http://127.0.0.1:8080")


@pytest.mark.parametrize("operation", ["publish", "read"])
async def test_every_call_has_its_own_connection_and_no_cookie(operation):
    """
    Three calls are three connections, and no answer's cookie comes back.
    """
    async with Line().open() as line, make_client(line.port) as client:
        for _ in range(3):
            await (publish(client, COURSE, notify=True) if operation == "publish" else read_state(client, COURSE))

    assert (3, 3) == (line.connections, len(line.requests))
    assert not [request for request in line.requests if b"\r\ncookie:" in request.lower()]


@pytest.mark.parametrize("operation", ["publish", "read"])
async def test_nothing_is_repeated_below_us(operation):
    """
    A connection that ends without an answer is one call and one unclear answer, also for a GET.
    """
    async with Line(answer=b"").open() as line, make_client(line.port) as client:
        reply = await (publish(client, COURSE, notify=True) if operation == "publish" else read_state(client, COURSE))

    assert (Unclear, 1) == (type(reply.answer), len(line.requests))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_is_not_followed(status):
    """
    A second call that nobody counted is never made.
    """
    async with Line().open() as elsewhere:
        there = f"http://127.0.0.1:{elsewhere.port}/".encode()
        answer = b"HTTP/1.1 %d See\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, there)
        async with Line(answer).open() as line, make_client(line.port) as client:
            reply = await publish(client, COURSE, notify=True)

    assert (Unclear, 1, 0) == (type(reply.answer), len(line.requests), elsewhere.connections)


@pytest.mark.parametrize(
    ("padding", "answer"), [(LARGEST_BODY - len(SUCCESS), Published), (LARGEST_BODY - len(SUCCESS) + 1, Unclear)]
)
async def test_answer_is_read_up_to_one_mebibyte(padding, answer):
    """
    What is in the first MiB counts; what is behind it is never read.
    """
    body = b" " * padding + SUCCESS
    async with (
        Line(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)).open() as line,
        make_client(line.port) as client,
    ):
        reply = await publish(client, COURSE, notify=True)

    assert answer is type(reply.answer)


async def test_small_answer_that_unpacks_without_end_is_bounded():
    """
    A compressed body counts by what it unpacks to.
    """
    packed = gzip.compress(b" " * 50_000_000, mtime=0)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    async with Line(head + packed).open() as line, make_client(line.port) as client:
        reply = await publish(client, COURSE, notify=True)

    assert Unclear is type(reply.answer)


async def test_nothing_packed_is_asked_for():
    """
    What was packed and cut would arrive as a shorter answer, without an error.
    """
    async with Line().open() as line, make_client(line.port) as client:
        await publish(client, COURSE)

    assert b"\r\nAccept-Encoding: identity\r\n" in line.requests[0]


def packed_answer(status, encoding, body):
    head = f"HTTP/1.1 {status} X\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


LOCKED = (
    b'{"code": "URL_ROLLING_THROTTLES_LIMIT_EXCEEDED", "message": "wait", "padding": "'
    + random.Random(1).randbytes(300).hex().encode()
)
REFUSED = b'{"code": "INVALID_INPUT", "message": "no"}'


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (packed_answer(200, "gzip", gzip.compress(SUCCESS, mtime=0)), Published),
        (packed_answer(200, "deflate", zlib.compress(SUCCESS)), Published),
        (packed_answer(400, "gzip", gzip.compress(REFUSED, mtime=0)), Refused),
        (
            packed_answer(200, "gzip", gzip.compress(SUCCESS, mtime=0)[:-8]),
            Unclear,
        ),  # every byte of it, but not its end
        (packed_answer(400, "gzip", gzip.compress(REFUSED, mtime=0)[:-8]), Unclear),
        (packed_answer(400, "gzip", gzip.compress(REFUSED, mtime=0)[:20]), Unclear),
        (packed_answer(400, "gzip", b"\x1f\x8bnot at all"), Unclear),
        (packed_answer(400, "br", b"\x0b\x02\x80{}\x03"), Unclear),
        (packed_answer(400, "gzip", gzip.compress(LOCKED, 0, mtime=0)[:200]), Throttled),
        (packed_answer(400, "gzip", gzip.compress(LOCKED, 0, mtime=0)[:200] + b"broken" * 9), Throttled),
        (b"HTTP/1.1 400 X\r\nContent-Length: 120\r\n\r\n" + LOCKED[:60], Throttled),
        (b"HTTP/1.1 400 X\r\nContent-Length: 120\r\n\r\n" + LOCKED[:30], Unclear),
        (b"HTTP/1.1 400 X\r\nContent-Length: 120\r\n\r\n", Unclear),
        (b"HTTP/1.1 400 X\r\nContent-Length: 120\r\n\r\n" + REFUSED, Unclear),
        (b"HTTP/1.1 200 X\r\nContent-Length: 120\r\n\r\n" + SUCCESS, Unclear),
        (b"HTTP/1.1 400 X\r\nTransfer-Encoding: chunked\r\n\r\n2a\r\n" + REFUSED + b"\r\n", Unclear),
        (b"HTTP/1.1 400 X\r\nTransfer-Encoding: chunked\r\n\r\n2a\r\n" + REFUSED + b"\r\n0\r\n\r\n", Refused),
        (b"HTTP/1.1 400 X\r\nRetry-After: 9\r\nContent-Length: 120\r\n\r\n{", Throttled),
    ],
)
async def test_what_did_not_arrive_whole_is_doubted_and_heard(answer, kind):
    """
    A success or a final no needs its end; a sign of the lock is heard in what did arrive, packed, cut or broken.
    """
    async with Line(answer).open() as line, make_client(line.port) as client:
        reply = await publish(client, COURSE)

    assert (kind, 1) == (type(reply.answer), len(line.requests))


async def test_service_clock_is_compared_with_ours():
    """
    A date without a Date beside it is measured with what the answer before showed of the service's clock.
    """
    now = datetime.now(tz=UTC)
    behind, until = (format_datetime(now + timedelta(seconds=s), usegmt=True).encode() for s in (-90, 300))
    async with Line().open() as line, make_client(line.port) as client:
        before = client.behind_seconds
        line.answer = b"HTTP/1.1 404 X\r\nDate: %s\r\nContent-Length: 0\r\n\r\n" % behind
        await publish(client, COURSE)
        line.answer = b"HTTP/1.1 429 X\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n" % until
        reply = await publish(client, COURSE)

    assert before is None
    assert client.behind_seconds == pytest.approx(90, abs=3)
    assert reply.answer.wait_seconds == pytest.approx(390, abs=6)


async def test_no_answer_in_time_is_unclear():
    """
    The total time-out ends a call that was sent.
    """
    async with Line(seconds=20).open() as line, make_client(line.port, total_seconds=0.3) as client:
        reply = await publish(client, COURSE, notify=True)

    assert (Unclear, 1) == (type(reply.answer), len(line.requests))


async def test_no_connection_in_time_is_not_sent():
    """
    The time-out of connecting ends a call that was not, and TLS is part of connecting.
    """
    async with Mute().open() as mute, make_client(mute.port, scheme="https", connect_seconds=0.3) as client:
        reply = await publish(client, COURSE, notify=True)

    assert NotSent is type(reply.answer)


@pytest.mark.slow
async def test_hundreds_of_calls_at_once_do_not_wait_for_each_other():
    """
    A call never waits below the gate for another one's connection: that would count as connecting.
    """
    async with Line(seconds=11).open() as line, make_client(line.port, connect_seconds=10, total_seconds=30) as client:
        replies = await asyncio.gather(*(publish(client, COURSE, notify=True) for _ in range(220)))

    assert {Published} == {type(reply.answer) for reply in replies}
