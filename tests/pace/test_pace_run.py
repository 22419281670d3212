"""The lock as a whole run lives it: the real Run, Publisher and journal, on a virtual clock, against Zoho's own words."""

import asyncio
import json
import re
from contextlib import AsyncExitStack
from datetime import timedelta
from email.utils import format_datetime

import pytest
import structlog
from support.hard_zoho.replies import THROTTLE_SHAPES
from support.plans import make_plan_of
from support.throttling_service import largest_of_all
from support.virtual_time import START, VirtualClock, VirtualLoop, run_virtually
from world import UP

from batchpub.cli.progress import Watcher
from batchpub.course import Outcome
from batchpub.engine.engine import Engine, EngineOptions
from batchpub.errors import ExitCode
from batchpub.events import tell_all
from batchpub.lifecycle.work import Rules, Verify
from batchpub.log import log_event
from batchpub.services.interface import Access, Reply, Withheld
from batchpub.services.zoho.answers import HttpAnswer, read_answer
from batchpub.services.zoho.reading import read_course_state
from batchpub.store.database import open_database
from batchpub.store.ledger import Ledger
from batchpub.store.limits import Limits

STATES_NONE = (
    "429",
    "400_rolling",
    "400_request_limit",
    "200_rolling",
    "200_request_limit",
    "7209",
    "200_7209",
    "200_2955",
    "6045",
)


class Zoho:
    """Answers after a second each way. The call with a number in `refusals` meets the lock, in a shape and for so long."""

    def __init__(self, clock, *, refusals=(), shape="429", wait=300, way=1.0):
        self.clock, self.refusals, self.shape, self.wait, self.way = clock, refusals, shape, wait, way
        self.calls, self.refused_at = [], []

    async def get_access(self):
        return Access(headers={})

    async def renew(self, _stale):
        return False

    async def publish(self, course, *, notify, access, may_send):
        assert not notify
        body = {"code": "200", "course": {"courseId": course.course_id, "status": "published"}, "message": "success"}
        return await self.answer("publish", course, body, may_send)

    async def read_state(self, course, *, access, may_send):
        body = {"course": {"courseId": course.course_id, "status": "draft"}}
        return await self.answer("read", course, body, may_send)

    async def answer(self, operation, course, body, may_send):
        if not may_send():
            return Reply(answer=Withheld(), http_status=None)
        loop, number = asyncio.get_running_loop(), len(self.calls)
        self.calls.append((operation, loop.time()))
        await asyncio.sleep(2 * self.way)
        status, headers, text = 200, {}, json.dumps(body).encode()
        if number in self.refusals:
            self.refused_at.append(loop.time())
            reply = THROTTLE_SHAPES[self.shape](self.wait)
            status, headers, text = reply.status, dict(reply.headers), reply.body
            if self.shape == "429_http_date":  # the sandbox's date is of the real clock
                headers["Retry-After"] = format_datetime(self.clock.now() + timedelta(seconds=self.wait), usegmt=True)
        read = read_course_state if operation == "read" else read_answer
        http = HttpAnswer(status=status, headers=headers, body=text, now=self.clock.now())
        answer = read(http, course)
        return Reply(answer=answer, http_status=status)


class World:
    """One or more runs on one state, and what they say."""

    def __init__(self, tmp_path, monkeypatch):
        self.loop, self.out = VirtualLoop(), tmp_path
        self.clock = VirtualClock(self.loop, offset=UP)
        self.seen = []

        async def in_line(function, *arguments):
            return function(*arguments)

        monkeypatch.setattr(asyncio, "to_thread", in_line)  # threads know no virtual time

    def run(self, main):
        async def inside():
            async with AsyncExitStack() as stack:
                self.database = await stack.enter_async_context(open_database(None))
                return await main()

        with structlog.testing.capture_logs() as self.events:
            return run_virtually(inside(), self.loop)

    async def publish(self, zoho, count, *, name="run", limits=None, workers=8, rules=None, **told):
        options = EngineOptions(
            sandbox=False,
            workers=workers,
            rules=rules or Rules(),
            notify_policy="sheet",
            watched=True,
            **told,
        )
        limits = limits or Limits()
        ledger = Ledger(self.database, portal="portal", run=name, limits=limits, clock=self.clock)
        bar = Watcher(count, clock=self.loop.time)

        def watch(event):
            bar.hear(event)
            self.seen.append((self.loop.time(), bar.now()))

        listen = tell_all(watch, log_event)
        run = Engine(make_plan_of(count), options, service=zoho, ledger=ledger, on_event=listen)
        found = await run.run()
        return found, ExitCode(found.exit_code)

    def told(self, event):
        return [line for line in self.events if line["event"] == event]


@pytest.fixture
def world(tmp_path, monkeypatch):
    return World(tmp_path, monkeypatch)


def starts_between(zoho, first, last):
    return [at for _, at in zoho.calls if first < at < last]


@pytest.mark.parametrize("shape", THROTTLE_SHAPES)
def test_every_shape_of_a_lock_is_waited_out(world, shape):
    """
    Found in every shape and for as long as it states, else for --lock, and a margin; no attempt is counted, no call
    goes out in it, one goes first, and every course is published.
    """
    stated = 300 if shape in STATES_NONE else 420
    zoho = Zoho(world.clock, refusals={4}, shape=shape, wait=stated)

    found, code = world.run(lambda: world.publish(zoho, 10))

    refused = zoho.refused_at[0]
    first = next(at for _, at in zoho.calls if at > refused)
    assert ExitCode.OK == code
    assert {(Outcome.PUBLISHED, 1)} == {(row.outcome, row.attempts) for row in found.rows}
    assert refused + stated + 5 <= first <= refused + stated + 5 + 1.01  # a date has whole seconds
    assert [] == starts_between(zoho, first, first + 2)
    assert 1 == len(world.told("portal.locked")) == len(found.locks)
    assert [28] == [line["rate"] for line in world.told("portal.gentler")]


def test_the_lock_is_in_the_countdown_and_the_estimate(world):
    """
    From the refusal on, whoever watches hears how long the lock holds, and an estimate beyond it; the log has its end.
    """
    zoho = Zoho(world.clock, refusals={10})

    world.run(lambda: world.publish(zoho, 24))

    refused = zoho.refused_at[0]
    during = [(at, now) for at, now in world.seen if refused <= at < refused + 305 and now.lock_seconds]
    assert {round(refused), 150} <= {round(at) for at, _ in during}
    for at, now in during:
        margin = 5 if at == refused else 0  # it is held before it is written down with its margin
        assert pytest.approx(refused + 305 - at, abs=1 + margin) == now.lock_seconds
        assert now.eta_seconds >= now.lock_seconds
    ends_at = world.told("portal.locked")[0]["ends_at"]
    assert (START + timedelta(seconds=refused + 305)).isoformat(timespec="seconds") == ends_at


def test_refusals_in_flight_are_one_lock_and_a_repeat_doubles(world):
    """
    Eight calls under way are refused one after the other: one lock, one line, counted from the last of them. The call
    that goes first is refused as well: twice the wait.
    """
    zoho = Zoho(world.clock, refusals=set(range(9)))

    found, code = world.run(lambda: world.publish(zoho, 12))

    first, second = zoho.calls[8][1], zoho.calls[9][1]
    assert ExitCode.OK == code
    assert zoho.refused_at[7] + 305 == pytest.approx(first, abs=0.05)
    assert zoho.refused_at[8] + 605 == pytest.approx(second, abs=0.05)
    assert [305, 605] == [round(line["seconds"]) for line in world.told("portal.locked")]
    assert 1 == len(world.told("portal.gentler"))
    assert {(Outcome.PUBLISHED, 1)} == {(row.outcome, row.attempts) for row in found.rows}


def test_a_stated_wait_beyond_max_lock_ends_the_run_and_the_next_one_at_once(world):
    """
    500 s stated, 400 allowed: 75, with every other row not attempted. The same command then: 75 at once without a
    call, unless --max-lock allows it.
    """
    zoho = Zoho(world.clock, refusals={3}, shape="429_retry_after", wait=500)

    async def main():
        first = await world.publish(zoho, 24, workers=2, limits=Limits(max_lock=400.0))
        calls, began = len(zoho.calls), world.loop.time()
        second = await world.publish(zoho, 24, workers=2, name="second", limits=Limits(max_lock=400.0))
        at_once = (len(zoho.calls) - calls, world.loop.time() - began)
        third = await world.publish(zoho, 24, workers=2, name="third")
        return first, second, at_once, third

    first, second, at_once, third = world.run(main)

    assert [ExitCode.STOPPED_EARLY, ExitCode.STOPPED_EARLY, ExitCode.OK] == [code for _, code in (first, second, third)]
    assert "longer than is allowed" in first[0].stop_reason
    assert re.search(r"holds for 50\d s more, longer than is allowed", second[0].stop_reason)
    assert (0, pytest.approx(0, abs=1)) == at_once
    assert [] == starts_between(zoho, zoho.refused_at[0], zoho.refused_at[0] + 505)


def test_a_lock_that_outlasts_max_duration_ends_the_run_at_once(world):
    """
    With 200 s left, waiting out 305 s helps nobody: 75 now, and the next run waits out the rest and goes on.
    """
    zoho = Zoho(world.clock, refusals={3})

    async def main():
        _, code = await world.publish(zoho, 24, max_seconds=200.0)
        ended = world.loop.time()
        found, again = await world.publish(zoho, 24, name="second")
        return code, ended, len(found.rows), again

    code, ended, rows, again = world.run(main)

    assert (ExitCode.STOPPED_EARLY, ExitCode.OK, 24) == (code, again, rows)
    assert ended < zoho.refused_at[0] + 3
    assert [] == starts_between(zoho, zoho.refused_at[-1], zoho.refused_at[0] + 305)
    assert 1 == len(world.told("portal.lock_found"))


def test_reading_and_publishing_have_budgets_of_their_own(world):
    """
    Every course is read before it is sent: 60 reads and 60 publishes fit one round trip more than 60 publishes alone,
    and neither operation has more than 30 in a minute.
    """
    zoho = Zoho(world.clock, way=0.1)
    rules = Rules(verify=Verify.EVERYTHING)

    world.run(lambda: world.publish(zoho, 60, workers=30, rules=rules))

    for operation in ("read", "publish"):
        assert 60 == sum(what == operation for what, _ in zoho.calls)
        assert largest_of_all([at + 0.1 for what, at in zoho.calls if what == operation], 60) <= 30
    assert zoho.calls[-1][1] < 62


def test_a_gateway_or_an_unclear_answer_does_not_end_the_single_file(world):
    """
    After a lock, an answer that is not about the course proves nothing: the next call goes alone as well.
    """
    zoho = Zoho(world.clock, refusals={5})
    answer = zoho.answer

    async def stumble(operation, course, body, may_send):
        number = len(zoho.calls)
        reply = await answer(operation, course, body, may_send)
        if 12 <= number < 15:
            unclear = read_answer(HttpAnswer(status=502, headers={}, body=b"<html>", now=world.clock.now()), course)
            return Reply(answer=unclear, http_status=502)
        return reply

    zoho.answer = stumble

    _, code = world.run(lambda: world.publish(zoho, 12, limits=Limits(burst=30)))

    alone = [at for _, at in zoho.calls[12:16]]
    assert ExitCode.OK == code
    assert alone[0] >= zoho.refused_at[0] + 305
    assert all(after - before >= 2 for before, after in zip(alone, alone[1:], strict=False))


@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_a_clock_stepped_in_a_run_and_before_the_next_changes_nothing(world, step):
    """
    The wall clock jumps an hour in the middle of a run, in a lock, and between runs: no call too many, none in the
    lock, and nobody waits longer for it.
    """
    zoho = Zoho(world.clock, refusals={10})

    async def main():
        for at in (1.0, 100.0):
            world.loop.call_later(at, lambda: setattr(world.clock, "step_seconds", world.clock.step_seconds + step))
        await world.publish(zoho, 40, workers=30)
        world.clock.step_seconds += step
        return await world.publish(zoho, 80, workers=30, name="second")

    _, code = world.run(main)

    assert ExitCode.OK == code
    assert largest_of_all([at + 1 for _, at in zoho.calls], 60) <= 30
    assert [] == starts_between(zoho, zoho.refused_at[-1], zoho.refused_at[-1] + 305)
    assert world.loop.time() < 2 + 305 + 5 + 82 * 60 / 28 + 61
