"""The last look before a call, taken where the request is written: in `send` of the call's own socket."""

import asyncio
import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

import aiohttp

from batchpub.services.interface import MaySend

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER, on for no time: close() resets the connection and drops what is not delivered, socket(7)."""


class NotHandedOver(OSError):
    """The connection stands, and nothing of the request is written to it. An OSError closes it without a traceback."""


class HandOver:
    """One call's way from aiohttp to the system: nothing else happens between the yes of `may_send` and the write."""

    def __init__(self, may_send: MaySend) -> None:
        """Remember whom to ask, once."""
        self._may_send = may_send
        self._sockets: list[WatchedSocket] = []
        self.comes_next = False
        """What is written next is the request: DNS, connecting, TLS and a proxy's CONNECT are over."""
        self.is_done = False
        """The look said yes: the request may have been written."""
        self.is_withheld = False

    def arm(self) -> None:
        """Have the look taken at the next write, or now where no socket tells of it."""
        if self._sockets:
            self.comes_next = True
        else:
            self.look()

    def look(self) -> None:
        """Take the last look. Raise NotHandedOver for its no."""
        self.comes_next = False
        if not self._may_send():
            self.is_withheld = True
            raise NotHandedOver
        self.is_done = True

    def watch(self, new: "WatchedSocket") -> None:
        """Take the look in this socket."""
        self._sockets.append(new)

    def give_up(self) -> None:
        """Drop what the system has not delivered: a call that was given up must not arrive later.

        TLS keeps its connection open for a while after that, to say goodbye; it is not tried once more there either.
        """
        for one in self._sockets:
            with suppress(OSError):  # closed already
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                one.deliver_within(0.0)


class WatchedSocket(socket.socket):
    """A socket that takes the last look in the very call that writes the request."""

    hand_over: HandOver

    def deliver_within(self, seconds: float) -> None:
        """Have the system try no longer than that to deliver what was written, where it can be told: tcp(7)."""
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            self.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, max(1, round(seconds * 1000)))

    def send(self, data: Any, flags: int = 0, /) -> int:
        """Write; a request only after the last look, and whole."""
        if not self.hand_over.comes_next:
            return socket.socket.send(self, data, flags)
        self.hand_over.look()
        try:
            sent = socket.socket.send(self, data, flags)
        except (BlockingIOError, InterruptedError) as error:
            self.hand_over.is_done = False
            raise NotHandedOver("the connection takes nothing") from error
        if sent < len(data):  # the rest would be written at any time, and nobody would look
            raise OSError("the connection does not take a whole request")
        return sent

    def sendmsg(self, buffers: Iterable[Any], *more: Any) -> int:
        """Write what asyncio has collected, as `send`."""
        if not self.hand_over.comes_next:
            return socket.socket.sendmsg(self, buffers, *more)
        return self.send(b"".join(buffers))


_under_way: ContextVar[HandOver | None] = ContextVar("hand_over", default=None)


@contextmanager
def watched(hand_over: HandOver) -> Iterator[HandOver]:
    """Have the sockets that are opened inside take this call's look."""
    token = _under_way.set(hand_over)
    try:
        yield hand_over
    finally:
        _under_way.reset(token)


def socket_factory(total_seconds: float) -> Callable[[aiohttp.AddrInfoType], socket.socket]:
    """Give what opens the sockets of a connector.

    Only asyncio's selector loop writes by `send` of the socket object. uvloop and Windows' proactor hand its number to the
    system, so that the look is taken right before the headers there. A process that is killed leaves what it has written to the system, which would deliver it for minutes; after the
    longest time that a call may take, it does no more.
    """

    def open_socket(info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, *_ = info
        hand_over = _under_way.get()
        if hand_over is None or not isinstance(asyncio.get_running_loop(), asyncio.SelectorEventLoop):
            return socket.socket(family, kind, protocol)
        new = WatchedSocket(family, kind, protocol)
        new.hand_over = hand_over
        hand_over.watch(new)
        new.deliver_within(total_seconds)
        return new

    return open_socket


async def _arm(_session: aiohttp.ClientSession, context: SimpleNamespace, _params: Any) -> None:
    if isinstance(context.trace_request_ctx, HandOver):
        context.trace_request_ctx.arm()


def tell_hand_over() -> aiohttp.TraceConfig:
    """Tell a hand-over when its request is written next.

    In spite of its name `on_request_headers_sent` comes right before the headers are written. A CONNECT does not trigger
    it. A request with a body is written by a task of its own, some turns of the loop later.
    """
    config = aiohttp.TraceConfig()
    config.on_request_headers_sent.append(_arm)
    return config
