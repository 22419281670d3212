"""Access over hours: a run on virtual time against the sandbox's own tokens."""

import asyncio
import sys
from collections import Counter
from pathlib import Path

import pytest

from batchpub.secret import Secret

sys.path.insert(0, str(Path(__file__).parent.parent))
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.hard_zoho import HardConfig, HardSandbox, parse_faults
from support.virtual_time import START, VirtualClock, VirtualLoop, run_virtually

from batchpub.course import Course
from batchpub.errors import AccessRefused, ServiceUnreachable
from batchpub.services.interface import Expired, Published
from batchpub.services.zoho.access import RefreshCredentials
from batchpub.services.zoho.hosts import Endpoint
from batchpub.services.zoho.people import ZohoPeople

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
        config = HardConfig(strict_tokens=True, limit=1000, latency_seconds=0.2, faults=parse_faults(faults))
        async with HardSandbox(config) as sandbox:
            clock = VirtualClock(loop)
            endpoint = Endpoint(api_url=sandbox.url, accounts_url=sandbox.url)
            async with ZohoPeople(CREDENTIALS, endpoint, clock=clock) as client:
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


KINDS = {
    "an outage": {"kind": "503"},
    "a page": {"kind": "page", "status": 200},
    "a hanging host": {"kind": "timeout_before"},
    "the limit of the token call": {"kind": "token_throttled"},
    "a final error": {"kind": "invalid_code"},
}


@settings(max_examples=8, deadline=None)
@given(kind=st.sampled_from(sorted(KINDS)), begins=st.floats(0, 4000), lasts=st.floats(0, 1500))
@example(kind="an outage", begins=3250.0, lasts=300.0)
@example(kind="a hanging host", begins=3250.0, lasts=300.0)
@example(kind="a final error", begins=3250.0, lasts=300.0)
@example(kind="the limit of the token call", begins=3250.0, lasts=1200.0)
def test_token_that_is_valid_is_used_whatever_becomes_of_its_renewal(kind, begins, lasts):
    """
    Somebody wants access every 21 seconds, and every third one calls: nobody is told that there is none before the last
    token has ended, no call is refused, nobody waits while one renews, and the token call keeps to ten in ten minutes.
    """
    loop = VirtualLoop()
    trouble = {**KINDS[kind], "on": "token", "from_seconds": begins, "until_seconds": begins + lasts}
    vain, held_up, ends = [], [], [0.0]

    async def call(client, number):
        began, valid_until = loop.time(), max(ends)
        try:
            access = await client.get_access()
        except (AccessRefused, ServiceUnreachable):
            vain.append((began, valid_until))
            return
        if began < valid_until and loop.time() > began:
            held_up.append(began)
        ends.append(access.expires_at - START.timestamp())
        if number % 3:
            return  # a call over a socket takes longer than all else here
        reply = await client.publish(
            Course(course_id=str(10**17 + number)), notify=False, access=access, may_send=lambda: True
        )
        assert isinstance(reply.answer, Published)

    async def main():
        config = HardConfig(strict_tokens=True, limit=100_000, faults=parse_faults([trouble]))
        async with HardSandbox(config) as sandbox:
            clock = VirtualClock(loop)
            endpoint = Endpoint(api_url=sandbox.url, accounts_url=sandbox.url)
            async with (
                ZohoPeople(CREDENTIALS, endpoint, clock=clock) as client,
                asyncio.TaskGroup() as group,
            ):
                for number in range(250):
                    group.create_task(call(client, number))
                    await asyncio.sleep(21)
            return [one["arrived_at"] for one in sandbox.requests() if one["operation"] == "token"]

    asked = run_virtually(main(), loop)

    assert all(moment >= valid_until for moment, valid_until in vain)
    assert len(held_up) <= len(asked)
    assert all(sum(at - 599 < other <= at for other in asked) <= 10 for at in asked)  # a second for the way there
