"""The hand-over: the last look is taken by the very call that writes a request, and what was given up is not delivered."""

import asyncio
import socket
import ssl
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import trustme

sys.path.insert(0, str(Path(__file__).parent))
from calling import publish

from batchpub.course import Course
from batchpub.secret import Secret
from batchpub.services.interface import Published, Unclear, Withheld
from batchpub.services.zoho.access import AccessToken, Cookie
from batchpub.services.zoho.handover import HandOver, NotHandedOver, WatchedSocket
from batchpub.services.zoho.hosts import Endpoint
from batchpub.services.zoho.people import ZohoPeople

COURSE = Course(course_id="219225000000642002")
SUCCESS = b'{"code": "200", "course": {"courseId": "219225000000642002", "status": "published"}, "message": "success"}'
OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(SUCCESS), SUCCESS)
CREDENTIALS = {
    "token": AccessToken(token=Secret("1000.token")),
    "form": Cookie(cookie=Secret("JSESSIONID=abcdef; CSRF_TOKEN=0123456789")),
}


class World:
    """A service on loopback, and one call to it."""

    def __init__(self, scheme, credentials, answer=OK, *, tls=None):
        self.scheme, self.credentials, self.answer, self.tls = scheme, credentials, answer, tls
        self.received, self.ended = b"", ""

    async def call(self, may_send, *, total_seconds=5.0):
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.over = asyncio.Event()
        async with server:
            url = f"{self.scheme}://localhost:{server.sockets[0].getsockname()[1]}"
            endpoint = Endpoint(api_url=url, accounts_url=url, total_seconds=total_seconds)
            async with ZohoPeople(CREDENTIALS[self.credentials], endpoint) as client:
                reply = await publish(client, COURSE, may_send=may_send)
            await asyncio.wait_for(self.over.wait(), 10)
        return type(reply.answer)

    async def _serve(self, reader, writer):
        try:
            self.received = await reader.read(65536)
            if self.answer:
                writer.write(self.answer)
            self.received += await reader.read()
            self.ended = "closed"
        except ConnectionResetError:
            self.ended = "reset"
        writer.close()
        with suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()
        self.over.set()


@pytest.fixture(params=["http", "https"])
def world_of(request, monkeypatch, tmp_path):
    tls = None
    if request.param == "https":
        authority = trustme.CA()
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("localhost").configure_cert(tls)
    return lambda credentials, **more: World(request.param, credentials, tls=tls, **more)


@pytest.mark.parametrize("credentials", CREDENTIALS)
async def test_nothing_happens_between_the_look_and_the_write(world_of, monkeypatch, credentials):
    """
    Not one turn of the loop: also with a form, which aiohttp writes in a task of its own, and with TLS.
    """
    happened, written_after = [], []
    send = WatchedSocket.send

    def watched_send(self, data, *more):
        is_request = self.hand_over.comes_next
        sent = send(self, data, *more)
        if is_request:
            written_after.append(list(happened))
        return sent

    def look():
        happened.append("look")
        asyncio.get_running_loop().call_soon(happened.append, "turn of the loop")
        return True

    monkeypatch.setattr(WatchedSocket, "send", watched_send)
    world = world_of(credentials)

    answer = await world.call(look)

    assert (Published, [["look"]]) == (answer, written_after)
    assert world.received.startswith(b"POST /api/v1/courses/219225000000642002/publish?")
    assert (credentials == "form") is world.received.endswith(b"conreqcsr=0123456789")


@pytest.mark.parametrize("credentials", CREDENTIALS)
async def test_no_of_the_look_leaves_the_connection_empty(world_of, credentials):
    """
    With TLS and with a form as without: not one byte of the request is written.
    """
    world = world_of(credentials)

    answer = await world.call(lambda: False)

    assert (Withheld, b"") == (answer, world.received)


async def test_call_that_was_given_up_is_dropped_by_the_system(world_of, monkeypatch):
    """
    What the network has not taken yet is not delivered later: it is not tried again, and the connection is reset.
    """
    sockets, told = [], []
    watch, give_up = HandOver.watch, HandOver.give_up
    monkeypatch.setattr(HandOver, "watch", lambda self, new: (sockets.append(new), watch(self, new)))
    monkeypatch.setattr(HandOver, "give_up", lambda self: (give_up(self), told.extend(limits_of(sockets))))
    world = world_of("token", answer=b"")

    answer = await world.call(lambda: True, total_seconds=0.5)

    assert (Unclear, {1}) == (answer, set(told))
    assert ("reset" if world.tls is None else "closed") == world.ended


async def test_call_of_a_killed_process_is_dropped_by_the_system_in_time(world_of, monkeypatch):
    """
    The system tries for no longer than a call may take, whether anybody is left to give it up or not.
    """
    sockets, told = [], []
    watch = HandOver.watch
    monkeypatch.setattr(HandOver, "watch", lambda self, new: (sockets.append(new), watch(self, new)))

    await world_of("token").call(lambda: told.extend(limits_of(sockets)) is None, total_seconds=7.5)

    assert {7500} == set(told)


def limits_of(lines):
    """How many milliseconds the system tries to deliver what was written; localhost may first have been tried as ::1, in vain."""
    return [line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) for line in lines if line.fileno() != -1]


@pytest.mark.parametrize(
    ("room", "data", "error", "is_done"),
    [
        ("none", b"POST", NotHandedOver, False),
        ("a little", b"POST" * 1_000_000, OSError, True),
    ],
)
def test_request_that_the_connection_does_not_take_at_once_is_not_written_later(room, data, error, is_done):
    """
    Nobody would look before that. What went out in part is unclear; where nothing did, it was not sent.
    """
    hand_over = HandOver(lambda: True)
    here, there = socket.socketpair()
    with there, WatchedSocket(fileno=here.detach()) as line:
        line.hand_over = hand_over
        line.settimeout(0)
        hand_over.watch(line)
        with suppress(BlockingIOError):
            while room == "none":
                line.send(b"x" * 65536)
        hand_over.arm()

        with pytest.raises(error):
            line.send(data)

        assert is_done is hand_over.is_done


@pytest.mark.parametrize("credentials", CREDENTIALS)
@pytest.mark.parametrize(("may", "answer"), [(False, Withheld), (True, Published)])
def test_look_is_taken_on_another_loop_too(credentials, may, answer):
    """
    uvloop, on which a program that uses us may run, writes past the socket object: the look comes right before that.
    """
    uvloop = pytest.importorskip("uvloop")
    looks = []
    world = World("http", credentials)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        seen = runner.run(world.call(lambda: looks.append(may) or may))

    assert (answer, [may], may) == (seen, looks, bool(world.received))


def test_without_a_socket_of_ours_the_look_is_taken_at_once():
    """
    Where asyncio does not write by the socket object, right before the headers is the last moment there is.
    """
    hand_over = HandOver(lambda: False)

    with pytest.raises(NotHandedOver):
        hand_over.arm()

    assert (True, False) == (hand_over.is_withheld, hand_over.is_done)
