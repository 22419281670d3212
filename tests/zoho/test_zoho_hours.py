"""Access over hours: a run on virtual time against the sandbox's own tokens."""

import asyncio
import sys
from collections import Counter
from pathlib import Path

import pytest

from batchpub.secret import Secret

sys.path.insert(0, str(Path(__file__).parent.parent))
from support.virtual_time import VirtualClock, VirtualLoop, run_virtually

from batchpub.course import Course
from batchpub.sandbox import Sandbox, SandboxConfig, parse_faults
from batchpub.services.interface import Expired, Published
from batchpub.services.zoho.access import RefreshCredentials
from batchpub.services.zoho.client import ZohoClient
from batchpub.services.zoho.token import TokenSource

CREDENTIALS = RefreshCredentials(
    client_id="1000.ID", client_secret=Secret("secret"), refresh_token=Secret("1000.refresh")
)


@pytest.mark.parametrize(
    ("faults", "refused", "tokens"),
    [
        ([], 0, 5),
        # Somebody revokes every token in the second hour: one wave of refusals, one new token.
        ([{"kind": "expire_tokens", "from_seconds": 5000, "times": 1}], 4, 5),
    ],
)
def test_four_hours_never_send_an_expired_token_twice(faults, refused, tokens):
    """
    Four calls every two minutes for four hours: each token is renewed before its end, and none that was refused is
    sent again.
    """
    loop = VirtualLoop()
    refusals = Counter()

    async def call(client, number):
        for _ in range(3):
            known_dead = set(refusals)
            access = await client.get_access()
            header = access.headers["Authorization"]
            assert header not in known_dead
            reply = await client.publish(
                Course(course_id=str(10**17 + number)), notify=False, access=access, may_send=lambda: True
            )
            if not isinstance(reply.answer, Expired):
                assert isinstance(reply.answer, Published)
                return
            refusals[header] += 1
            await client.renew(access)
        raise AssertionError("no way in")

    async def main():
        config = SandboxConfig(strict_tokens=True, limit=1000, latency_seconds=0.2, faults=parse_faults(faults))
        async with Sandbox(config) as sandbox:
            clock = VirtualClock(loop)
            token = TokenSource(CREDENTIALS, accounts_url=sandbox.url, clock=clock)
            async with ZohoClient(api_url=sandbox.url, token=token, clock=clock) as client:
                for wave in range(120):
                    await asyncio.gather(*(call(client, wave * 4 + n) for n in range(4)))
                    await asyncio.sleep(120)
            return sandbox.stats()

    stats = run_virtually(main(), loop)

    assert loop.time() > 4 * 3600
    assert (480, []) == (stats["published"], stats["published_twice"])
    assert tokens == stats["tokens_issued"]
    assert refused == refusals.total()
    assert len(refusals) <= 1
