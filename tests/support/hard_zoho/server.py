"""The sandbox with connections that go wrong in every way, a clock of its own, and the newest requests to read."""

from aiohttp import web

from batchpub.sandbox.server import Sandbox, reset_connection

from .config import HardConfig
from .faults import HardDelivery
from .replies import http_date
from .service import HardService

LATE_SECONDS = 45.0
SLOW_SECONDS = 60.0


class HardSandbox(Sandbox):
    def __init__(self, config=None):
        super().__init__(config or HardConfig())

    def make_service(self):
        return HardService(self.config)

    def requests(self):
        """Give the newest requests, oldest first, without secrets; as GET /_sandbox/requests does."""
        return list(self.service.newest)

    def add_routes(self, application):
        application.router.add_get("/_sandbox/requests", self._tell_requests)
        super().add_routes(application)

    async def _tell_requests(self, _request):
        return web.json_response(self.requests())

    async def answer(self, request, call):
        late = self.service.receive(call)
        if late is None:
            return await super().answer(request, call)
        if late.kind == "late_reset":
            reset_connection(request)
        await self.rest(LATE_SECONDS if late.seconds is None else late.seconds)
        self.service.arrive_late(call, self.now(), late)
        return reset_connection(request)

    async def deliver(self, request, verdict):
        fault, reply = verdict.fault, verdict.reply
        match verdict.delivery:
            case HardDelivery.HEADERS_ONLY:
                await self._write_part(request, reply, b"")
                await self.rest(fault.seconds)
                return reset_connection(request)
            case HardDelivery.TRUNCATED:
                part = reply.body[: len(reply.body) // 2 if fault.cut_bytes is None else fault.cut_bytes]
                response = await self._write_part(request, reply, part)
                if request.transport is not None:
                    request.transport.close()
                return response
            case HardDelivery.SLOW:
                return await self._drip(request, reply, SLOW_SECONDS if fault.seconds is None else fault.seconds)
            case _:
                return await super().deliver(request, verdict)

    async def _drip(self, request, reply, seconds):
        response = await self._write_part(request, reply, b"")
        for number in range(len(reply.body)):
            await self.rest(seconds / len(reply.body))
            await response.write(reply.body[number : number + 1])
        await response.write_eof()
        return response

    async def _write_part(self, request, reply, body):
        """Write headers that promise the whole body, and only this part of it."""
        response = web.StreamResponse(status=reply.status, headers=self.headers_of(reply))
        response.content_length = len(reply.body)
        await response.prepare(request)
        if body:
            await response.write(body)
        return response

    def headers_of(self, reply):
        """Add the date of the service's own clock."""
        return {"Date": http_date(self.config.clock_offset_seconds), **reply.headers}
