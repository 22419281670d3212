"""The service on the network: aiohttp, on this machine only."""

import asyncio
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from random import Random
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from batchpub.sandbox.config import SandboxConfig
from batchpub.sandbox.faults import Delivery
from batchpub.sandbox.latency import parse_latency
from batchpub.sandbox.replies import Reply, error_reply
from batchpub.sandbox.service import Call, Service, Verdict

CLOSING_SECONDS = 0.02
LINGER_FORMAT = "hh" if os.name == "nt" else "ii"  # two u_short in winsock2.h, two int elsewhere
API = "/api/v1/courses"


class Closing(Exception):
    """The sandbox closes while a call is on its way."""


class Sandbox:
    """A stranger that plays Zoho People on loopback: `async with Sandbox(config) as sandbox`, then `sandbox.url`.

    The url serves as the API's host and as the accounts host. A call that has come in is executed even when its caller
    has hung up meanwhile, as on the real service; only closing the sandbox ends it.
    """

    def __init__(self, config: SandboxConfig | None = None) -> None:
        """Take the configuration; nothing listens yet."""
        self.config = config or SandboxConfig()
        self.url = ""
        self.service = self.make_service()
        self._random = Random(self.config.seed)  # noqa: S311 - latency
        self._one_way = parse_latency(self.config.latency_seconds)
        self._started_at = 0.0
        self._closing = asyncio.Event()
        self._calls: set[asyncio.Task[Any]] = set()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        """Listen. Raises OSError when the port is taken."""
        self._started_at = asyncio.get_running_loop().time()
        application = web.Application(client_max_size=64 * 1024)
        self.add_routes(application)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=CLOSING_SECONDS)
        await self._runner.setup()
        try:
            site = web.TCPSite(self._runner, self.config.host, self.config.port)
            await site.start()
        except OSError:
            await self._runner.cleanup()
            raise
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop at once; calls that still hang are let go."""
        self._closing.set()
        if self._calls:
            # Not for ever: one may be stuck writing to a caller that does not read.
            await asyncio.wait(self._calls, timeout=CLOSING_SECONDS)
        if self._runner is not None:
            await self._runner.cleanup()

    def stats(self) -> dict[str, Any]:
        """Give the same as GET /_sandbox/stats."""
        return self.service.stats(self.now())

    def make_service(self) -> Service:
        """Give the service that answers here."""
        return Service(self.config)

    def now(self) -> float:
        """Give the service seconds since the start. The loop's own clock, so that a virtual one works as well."""
        return (asyncio.get_running_loop().time() - self._started_at) * self.config.speed

    def add_routes(self, application: web.Application) -> None:
        """Add everything that is answered, by its address."""
        batch = API + "/{course_id}/batches/{batch_id}"
        application.add_routes(
            [
                web.post("/oauth/v2/token", self._serve("token")),
                web.post(API + "/{course_id}/publish", self._serve("publish")),
                web.post(batch + "/publish", self._serve("publish")),
                web.get(API + "/{course_id}", self._serve("read")),
                web.get(batch, self._serve("read", is_batch_page=True)),
                web.get("/_sandbox/stats", self._tell_stats),
                web.route("*", "/{path:.*}", self._unknown),
            ]
        )

    async def _tell_stats(self, _request: web.Request) -> web.Response:
        return web.json_response(self.stats())

    async def _unknown(self, request: web.Request) -> web.Response:
        reply = error_reply("URL_RULE_NOT_CONFIGURED", f"No such address: {request.path}", status=404)
        return web.Response(status=reply.status, body=reply.body, headers=reply.headers)

    def _serve(
        self, operation: str, *, is_batch_page: bool = False
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            task = asyncio.current_task()
            if task is not None:
                self._calls.add(task)
                task.add_done_callback(self._calls.discard)
            call = await self._read_call(request, operation, is_batch_page=is_batch_page)
            try:
                return await self.answer(request, call)
            except Closing:
                return reset_connection(request)

        return serve

    async def _read_call(self, request: web.Request, operation: str, *, is_batch_page: bool) -> Call:
        received_at = self.now()
        form: dict[str, str] = {}
        with suppress(web.HTTPRequestEntityTooLarge, ConnectionError):
            fields = await request.post() if operation != "read" else {}
            form = {name: value for name, value in fields.items() if isinstance(value, str)}
        query = dict(request.query)
        return Call(
            operation=operation,
            path=request.path_qs if operation != "token" else request.path,
            received_at=received_at,
            course_id=request.match_info.get("course_id", ""),
            batch_id=request.match_info.get("batch_id", query.get("batchId", "")),
            query=query,
            form=form,
            headers=request.headers,
            is_batch_page=is_batch_page,
        )

    async def answer(self, request: web.Request, call: Call) -> web.StreamResponse:
        """Let the call travel here, arrive, and its answer travel back."""
        await self._travel()
        verdict = self.service.arrive(call, self.now())
        await self._travel()
        return await self.deliver(request, verdict)

    async def deliver(self, request: web.Request, verdict: Verdict) -> web.StreamResponse:
        """Hand the reply to the connection, or do to it what the verdict says instead."""
        match verdict.delivery:
            case Delivery.ANSWER:
                return await self._write(request, verdict)
            case Delivery.RESET:
                return reset_connection(request)
            case Delivery.SILENCE:
                await self.rest(None if verdict.fault is None else verdict.fault.seconds)
                return reset_connection(request)

    async def _write(self, request: web.Request, verdict: Verdict) -> web.StreamResponse:
        response = web.Response(
            status=verdict.reply.status, body=verdict.reply.body, headers=self.headers_of(verdict.reply)
        )
        if verdict.refused_by is not None:
            # Written here rather than by aiohttp after the handler, to know from when on the caller can know.
            await response.prepare(request)
            await response.write_eof()
            self.service.refusal_written(verdict.refused_by, self.now())
        return response

    def headers_of(self, reply: Reply) -> Mapping[str, str]:
        """Give the headers of a reply as they are sent."""
        return reply.headers

    async def _travel(self) -> None:
        await self.rest(self._one_way(self._random))

    async def rest(self, seconds: float | None) -> None:
        """Let service seconds pass, for ever if None. Raises Closing when the sandbox closes first."""
        if seconds == 0 and not self._closing.is_set():
            return
        timeout = None if seconds is None else seconds / self.config.speed
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), timeout)
            raise Closing


def reset_connection(request: web.Request) -> web.Response:
    """End the connection with a TCP reset; aiohttp gets a response that it cannot write any more."""
    transport = request.transport
    if isinstance(transport, asyncio.Transport):
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(LINGER_FORMAT, 1, 0))
        transport.abort()
    return web.Response()
