"""A sandbox and one call to it, as the tests here use them."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from support.hard_zoho import HardConfig, HardSandbox

from batchpub.sandbox import Sandbox, SandboxConfig

COURSE = "219225000000642002"
TOKEN = {"Authorization": "Zoho-oauthtoken 1000.any"}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a caller sees of an answer."""

    status: int
    headers: Any
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


@dataclass(frozen=True)
class Caller:
    """A client without any manners."""

    sandbox: Sandbox
    session: aiohttp.ClientSession

    async def call(self, method, path, *, headers=TOKEN, patience=5.0, raw=False, **more):
        limit = aiohttp.ClientTimeout(total=patience)
        async with self.session.request(
            method,
            self.sandbox.url + path,
            headers=headers,
            timeout=limit,
            allow_redirects=False,
            auto_decompress=not raw,
            **more,
        ) as answer:
            return Seen(status=answer.status, headers=answer.headers, body=await answer.read())

    async def publish(self, course=COURSE, *, notify="False", batch="", **more):
        place = f"/api/v1/courses/{course}" + (f"/batches/{batch}" if batch else "")
        query = "" if notify is None else f"?notifyApplicableUsers={notify}"
        return await self.call("POST", f"{place}/publish{query}", **more)

    async def read(self, course=COURSE, **more):
        return await self.call("GET", f"/api/v1/courses/{course}", **more)

    async def token(self, **form):
        right = {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "i", "client_secret": "s"}
        return (await self.call("POST", "/oauth/v2/token", data=right | form)).json


@pytest.fixture
def play():
    """Open a sandbox without latency, the hard one or the one that is shipped, and a caller of it."""

    @asynccontextmanager
    async def opened(*, shipped=False, **options):
        config = (SandboxConfig if shipped else HardConfig)(**{"latency_seconds": 0, **options})
        sandbox = (Sandbox if shipped else HardSandbox)(config)
        connector = aiohttp.TCPConnector(force_close=True, limit=0)
        bound = asyncio.timeout(30)  # whoever waits for the sandbox to come round waits no longer than that
        async with bound, sandbox, aiohttp.ClientSession(connector=connector) as session:
            yield Caller(sandbox, session)

    return opened
