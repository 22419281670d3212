"""The limit, the lock and what is said about them, over real HTTP."""

import asyncio
import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
from support.hard_zoho.replies import THROTTLE_SHAPES


async def test_the_call_over_the_limit_starts_a_lock(play):
    """
    Thirty calls pass, the next ones are refused, and the stats tell who was in flight and who was not.
    """
    async with play(grace_seconds=0) as caller:
        statuses = [(await caller.publish(str(number))).status for number in range(33)]

        stats = caller.sandbox.stats()

    assert [200] * 30 + [429] * 3 == statuses
    assert (33, 30) == (stats["largest_window"], stats["accepted"]["publish"])
    assert (1, 2, 2) == (stats["locks"], stats["calls_during_lock"], stats["sent_after_refusal"])


async def test_calls_in_flight_are_no_sin(play):
    """
    Calls that were on their way when the first refusal was answered are in the lock, but not held against the caller.
    """
    async with play(latency_seconds=0.1, limit=5) as caller:
        await asyncio.gather(*(caller.publish(str(number)) for number in range(9)))

        stats = caller.sandbox.stats()

    assert (9, 1, 3, 0) == (
        stats["largest_window"],
        stats["locks"],
        stats["calls_during_lock"],
        stats["sent_after_refusal"],
    )


async def test_a_lock_ends(play):
    """
    After the lock's time calls pass again, and the speed divides that time.
    """
    async with play(limit=1, speed=1000) as caller:
        first = await caller.publish("1")
        began_at = asyncio.get_running_loop().time()
        second = await caller.publish("2")
        while (await caller.publish("3")).status != 200:
            pass
        took = asyncio.get_running_loop().time() - began_at

    assert (200, 429) == (first.status, second.status)
    assert 0.3 <= took < 3


async def test_reading_has_its_own_budget_unless_it_is_shared(play):
    """
    Reads are refused by their own limit, or by the one of publishing when both are one.
    """
    async with play(limit=2, read_limit=1) as caller:
        apart = [(await caller.read()).status, (await caller.publish()).status, (await caller.read()).status]
    async with play(limit=2, read_limit=0) as caller:
        together = [(await caller.read()).status, (await caller.publish()).status, (await caller.read()).status]
        after = (await caller.publish()).status

    assert ([200, 200, 429], [200, 200, 429], 429) == (apart, together, after)


async def test_reading_after_the_refusal_of_a_publish_is_counted(play):
    """
    A lock answer closes every operation for a polite caller, though the service lets the other one through.
    """
    async with play(limit=1, grace_seconds=0) as caller:
        await caller.publish("1")
        await caller.publish("2")
        await caller.read()

        assert 1 == caller.sandbox.stats()["other_operation_sent_after_refusal"]


async def test_a_neighbour_eats_budget(play):
    """
    Somebody else's calls on the account start locks although this caller keeps to the limit.
    """
    async with play(limit=30, neighbour=600, speed=600, lock_seconds=3000, read_limit=1000) as caller:
        while (await caller.publish()).status == 200:
            await caller.read()
        stats = caller.sandbox.stats()

    assert 1 == stats["locks"]
    assert stats["accepted"]["publish"] < 30


async def test_the_daily_quota_ends(play):
    """
    Calls over the day's quota are refused, reads included, and told to wait for the next day.
    """
    async with play(daily_quota=2) as caller:
        await caller.publish()
        await caller.read()
        answer = await caller.publish()

        stats = caller.sandbox.stats()

    assert (429, True, 1) == (answer.status, int(answer.headers["Retry-After"]) > 86_000, stats["quota_refusals"])


SIGNS = {
    "429": (429, None),
    "429_retry_after": (429, "429"),
    "429_http_date": (429, "429"),
    "429_x_rate_limit": (429, "TOO_MANY_REQUESTS"),
    "400_rolling": (400, "URL_ROLLING_THROTTLES_LIMIT_EXCEEDED"),
    "400_request_limit": (400, "request_limit_exceeded"),
    "200_rolling": (200, "URL_ROLLING_THROTTLES_LIMIT_EXCEEDED"),
    "200_request_limit": (200, "request_limit_exceeded"),
    "7209": (400, 7209),
    "200_7209": (200, 7209),
    "text": (400, "400"),
    "200_2955": (200, "2955"),
    "6045": (400, 6045),
    "403_page_retry_after": (403, None),
}


def code_of(body):
    if not body or body.startswith(b"<"):
        return None
    answer = json.loads(body)
    error = answer.get("error") or answer.get("response", {}).get("errors") or answer
    return error.get("title") or error.get("code")


def told_wait(answer):
    headers = answer.headers
    if "X-Rate-Limit" in headers:
        return int(json.loads(headers["X-Rate-Limit"])[0]["retry-after"])
    told = headers.get("Retry-After", "")
    if "GMT" in told:
        return (parsedate_to_datetime(told) - datetime.now(UTC)).total_seconds()
    return int(told) if told else None


@pytest.mark.parametrize("shape", THROTTLE_SHAPES)
async def test_each_throttle_shape(play, shape):
    """
    A refusal looks as chosen, and a wait it tells is never shorter than the lock.
    """
    async with play(limit=1, throttle_shape=shape, speed=10) as caller:
        await caller.publish()
        answer = await caller.publish()

    assert SIGNS[shape] == (answer.status, code_of(answer.body))
    assert told_wait(answer) is None or 29.5 <= told_wait(answer) <= 32
    assert (shape == "text") is (b"Try again after 30 seconds" in answer.body)


@pytest.mark.parametrize("offset", [-90, 90])
async def test_service_has_a_clock_of_its_own(play, offset):
    """
    Its Date and the date it tells to wait for are of the same clock, which is not ours.
    """
    async with play(limit=1, throttle_shape="429_http_date", clock_offset_seconds=offset) as caller:
        await caller.publish()
        headers = (await caller.publish()).headers
        now = datetime.now(UTC)

    sent, until = (parsedate_to_datetime(headers[name]) for name in ("Date", "Retry-After"))
    assert abs((sent - now).total_seconds() - offset) < 3
    assert 299 <= (until - sent).total_seconds() <= 303


async def test_long_waits_are_told_in_minutes(play):
    """
    The text of a refusal speaks of minutes where there are some.
    """
    async with play(limit=1, throttle_shape="text") as caller:
        await caller.publish()

        assert b"Try again after 5 minutes" in (await caller.publish()).body
