"""The service on the network: aiohttp, on this machine only."""

import asyncio
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from batchpub.sandbox.config import SandboxConfig
from batchpub.sandbox.faults import Delivery, Fault
from batchpub.sandbox.latency import parse_latency
from batchpub.sandbox.replies import Reply, error_reply, http_date
from batchpub.sandbox.service import Call, Service, Verdict

LATE_SECONDS = 45.0
SLOW_SECONDS = 60.0
CLOSING_SECONDS = 0.02
LINGER_FORMAT = "hh" if os.name == "nt" else "ii"  # two u_short in winsock2.h, two int elsewhere
API = "/api/v1/courses"


class _Closing(Exception):
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
        self._service = Service(self.config)
        self._random = Random(self.config.seed)  # noqa: S311 - latency
        self._one_way = parse_latency(self.config.latency_seconds)
        self._started_at = 0.0
        self._closing = asyncio.Event()
        self._calls: set[asyncio.Task[Any]] = set()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        """Listen. Raises OSError when the port is taken."""
        self._restart()
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=CLOSING_SECONDS)
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
        return self._service.stats(self._now())

    def requests(self) -> list[dict[str, Any]]:
        """Give the same as GET /_sandbox/requests: the newest requests, without secrets."""
        return self._service.requests()

    def _restart(self) -> None:
        self._started_at = asyncio.get_running_loop().time()
        self._service = Service(self.config)

    def _now(self) -> float:
        """Give the service seconds since the start. The loop's own clock, so that a virtual one works as well."""
        return (asyncio.get_running_loop().time() - self._started_at) * self.config.speed

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=64 * 1024)
        batch = API + "/{course_id}/batches/{batch_id}"
        application.add_routes(
            [
                web.post("/oauth/v2/token", self._serve("token")),
                web.post(API + "/{course_id}/publish", self._serve("publish")),
                web.post(batch + "/publish", self._serve("publish")),
                web.get(API + "/{course_id}", self._serve("read")),
                web.get(batch, self._serve("read", is_batch_page=True)),
                web.get("/_sandbox/stats", self._tell_stats),
                web.get("/_sandbox/requests", self._tell_requests),
                web.post("/_sandbox/reset", self._reset),
                web.route("*", "/{path:.*}", self._unknown),
            ]
        )
        return application

    async def _tell_stats(self, _request: web.Request) -> web.Response:
        return web.json_response(self.stats())

    async def _tell_requests(self, _request: web.Request) -> web.Response:
        return web.json_response(self.requests())

    async def _reset(self, _request: web.Request) -> web.Response:
        self._restart()
        return web.json_response({"reset": True})

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
                return await self._answer(request, call)
            except _Closing:
                return _gone(request)

        return serve

    async def _read_call(self, request: web.Request, operation: str, *, is_batch_page: bool) -> Call:
        received_at = self._now()
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
            authorization=request.headers.get("Authorization", ""),
            cookie=request.headers.get("Cookie", ""),
            csrf=frozenset(request.headers.get(name, "") for name in ("CSRF_TOKEN", "X-ZCSRF-TOKEN")),
            is_batch_page=is_batch_page,
            connection=request.headers.get("Connection", ""),
        )

    async def _answer(self, request: web.Request, call: Call) -> web.StreamResponse:
        """Let the call travel here, arrive, and its answer travel back."""
        late = self._service.receive(call)
        if late is not None:
            await self._delay(request, late)
        else:
            await self._travel()
        verdict = self._service.arrive(call, self._now(), late=late)
        if late is not None:
            return _gone(request)
        await self._travel()
        return await self._deliver(request, verdict)

    async def _delay(self, request: web.Request, late: Fault) -> None:
        if late.kind == "late_reset":
            _reset_connection(request)
        await self._rest(LATE_SECONDS if late.seconds is None else late.seconds)

    async def _deliver(self, request: web.Request, verdict: Verdict) -> web.StreamResponse:
        seconds = None if verdict.fault is None else verdict.fault.seconds
        match verdict.delivery:
            case Delivery.ANSWER:
                return await self._write(request, verdict)
            case Delivery.RESET:
                return _gone(request)
            case Delivery.SILENCE:
                await self._rest(seconds)
                return _gone(request)
            case Delivery.HEADERS_ONLY:
                await self._write_part(request, verdict.reply, b"")
                await self._rest(seconds)
                return _gone(request)
            case Delivery.TRUNCATED:
                cut = None if verdict.fault is None else verdict.fault.cut_bytes
                part = verdict.reply.body[: len(verdict.reply.body) // 2 if cut is None else cut]
                response = await self._write_part(request, verdict.reply, part)
                if request.transport is not None:
                    request.transport.close()
                return response
            case Delivery.SLOW:
                return await self._drip(request, verdict.reply, SLOW_SECONDS if seconds is None else seconds)

    async def _write(self, request: web.Request, verdict: Verdict) -> web.StreamResponse:
        response = web.Response(
            status=verdict.reply.status, body=verdict.reply.body, headers=self._headers_of(verdict.reply)
        )
        if verdict.refused_by is not None:
            # Written here rather than by aiohttp after the handler, to know from when on the caller can know.
            await response.prepare(request)
            await response.write_eof()
            self._service.refusal_written(verdict.refused_by, self._now())
        return response

    async def _drip(self, request: web.Request, reply: Reply, seconds: float) -> web.StreamResponse:
        response = await self._write_part(request, reply, b"")
        for number in range(len(reply.body)):
            await self._rest(seconds / len(reply.body))
            await response.write(reply.body[number : number + 1])
        await response.write_eof()
        return response

    async def _write_part(self, request: web.Request, reply: Reply, body: bytes) -> web.StreamResponse:
        """Write headers that promise the whole body, and only this part of it."""
        response = web.StreamResponse(status=reply.status, headers=self._headers_of(reply))
        response.content_length = len(reply.body)
        await response.prepare(request)
        if body:
            await response.write(body)
        return response

    def _headers_of(self, reply: Reply) -> dict[str, str]:
        """Add the date of the service's own clock."""
        return {"Date": http_date(self.config.clock_offset_seconds), **reply.headers}

    async def _travel(self) -> None:
        await self._rest(self._one_way(self._random))

    async def _rest(self, seconds: float | None) -> None:
        """Let service seconds pass, for ever if None. Raises _Closing when the sandbox closes first."""
        if seconds == 0 and not self._closing.is_set():
            return
        timeout = None if seconds is None else seconds / self.config.speed
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), timeout)
            raise _Closing


def _gone(request: web.Request) -> web.Response:
    """End the connection without an answer; aiohttp gets a response that it cannot write any more."""
    _reset_connection(request)
    return web.Response()


def _reset_connection(request: web.Request) -> None:
    """Send a TCP reset rather than an orderly end."""
    transport = request.transport
    if not isinstance(transport, asyncio.Transport):
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(LINGER_FORMAT, 1, 0))
    transport.abort()
