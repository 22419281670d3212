"""Whole runs against the sandbox on virtual time, whose answers are cut, packed, pages, or somebody else's."""

import asyncio
from collections import Counter
from unittest import mock

import pytest
from support.hard_zoho import HardConfig, HardSandbox, parse_faults
from support.plans import make_plan_of
from support.virtual_time import VirtualClock, VirtualLoop, run_virtually

from batchpub.course import Course, Outcome, Pile, Plan, PlannedRow
from batchpub.engine.engine import Engine, EngineOptions
from batchpub.engine.survey import Survey
from batchpub.errors import ExitCode
from batchpub.lifecycle.work import Rules, Verify
from batchpub.log import log_event
from batchpub.secret import Secret
from batchpub.services.zoho.access import AccessToken
from batchpub.services.zoho.hosts import Endpoint
from batchpub.services.zoho.people import ZohoPeople
from batchpub.store.database import open_database
from batchpub.store.ledger import Ledger
from batchpub.store.limits import Limits

WORKERS = 8
PORTAL = "sandbox"


class Played:
    """What a run came to: outcomes by word, its exit code and sentence, and what the service counted."""

    def __init__(self, found, code, stats):
        self.outcomes = Counter(row.outcome for row in found.rows)
        self.code, self.reason, self.stats = code, found.stop_reason, stats

    @property
    def publishes(self):
        return self.stats["arrivals"]["publish"]


async def at_once(function, *arguments):
    return function(*arguments)


def play(*faults, plan=None, number=60, rules=None, look_first=False, is_new=False, **config):
    """Publish so many courses against a sandbox with these faults; `look_first`: as `check --online` does."""
    loop = VirtualLoop()
    plan = plan or make_plan_of(number)

    async def main():
        played = HardConfig(latency_seconds=0.2, faults=parse_faults(list(faults)), **config)
        async with HardSandbox(played) as sandbox, open_database(None) as database:
            clock = VirtualClock(loop)
            endpoint = Endpoint(api_url=sandbox.url, accounts_url=sandbox.url)
            async with ZohoPeople(AccessToken(token=Secret("1000.x")), endpoint, clock=clock) as client:
                if look_first:
                    ledger = Ledger(database, portal=PORTAL, run="check", limits=Limits(), clock=clock)
                    survey = Survey(service=client, ledger=ledger, rules=Rules(), on_event=log_event)
                    await survey.look_at_all({row.course: "" for row in plan.to_publish()}, workers=WORKERS)
                options = EngineOptions(
                    rules=rules or Rules(),
                    workers=WORKERS,
                    is_new_portal=is_new,
                )
                ledger = Ledger(database, portal=PORTAL, run="run", limits=Limits(), clock=clock)
                found = await Engine(plan, options, service=client, ledger=ledger, on_event=log_event).run()
            return Played(found, ExitCode(found.exit_code), sandbox.stats())

    with mock.patch.object(asyncio, "to_thread", at_once):
        return run_virtually(main(), loop)


LOCKED_OUT = {"kind": "throttle", "shape": "400_rolling", "on": "publish"}
PAGES = {
    "a sign-in page": ({"kind": "sign_in", "on": "any"}, "HTTP 302"),
    "a page of a proxy": ({"kind": "page", "on": "any"}, "HTTP 403"),
    "CRM's throttle": ({"kind": "page", "status": 400, "on": "any"}, "HTTP 400"),
    "an empty 400": ({"kind": "empty", "status": 400, "on": "any", "executed": False}, "HTTP 400"),
    "a page with 200": ({"kind": "garbage", "on": "any", "body": "<html>hello", "executed": False}, "HTTP 200"),
    "an unknown code": ({"kind": "error", "code": "BRAND_NEW", "on": "any"}, "BRAND_NEW"),
    "a lock of which 40 bytes arrive": ({**LOCKED_OUT, "cut_bytes": 40}, "HTTP 400"),
    "a lock of which none arrives": ({**LOCKED_OUT, "cut_bytes": 0}, "HTTP 400"),
    "a lock in broken gzip": ({**LOCKED_OUT, "packed": "br"}, "HTTP 400"),
}


@pytest.mark.parametrize("kind", PAGES)
def test_what_nobody_knows_stops_a_run_after_three_courses(kind):
    """
    No sheet is refused for it, and the account gets no more calls than the workers had begun.
    """
    fault, told = PAGES[kind]

    played = play(fault)

    assert ExitCode.UNREACHABLE is played.code
    assert told in played.reason
    assert played.publishes <= 3 + WORKERS
    assert played.outcomes[Outcome.REFUSED] <= (3 + WORKERS if kind == "an unknown code" else 0)
    assert played.outcomes[Outcome.NOT_ATTEMPTED] >= 60 - 3 - WORKERS
    assert 0 == played.stats["published"]


@pytest.mark.parametrize("cut", [{"cut_bytes": 120}, {"packed": "gzip"}, {"packed": "gzip_cut"}, {}])
def test_lock_is_heard_in_what_arrived_of_it(cut):
    """
    Whatever became of the body, the account is left alone until the lock ends, and then every course is published.
    """
    played = play({**LOCKED_OUT, **cut, "nth": 6})

    assert (ExitCode.OK, 60) == (played.code, played.stats["published"])
    assert (1, 0) == (played.stats["locks"], played.stats["sent_after_refusal"])
    assert [] == played.stats["published_twice"]


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_page_that_asks_to_wait_is_waited_for(status):
    """
    A page with Retry-After is a lock: nothing is refused, nothing is sent twice, and a 5xx has the course read first.
    """
    played = play({"kind": "page", "status": status, "headers": {"Retry-After": "120"}, "nth": [4, 5]})

    assert (ExitCode.OK, {Outcome.PUBLISHED: 60}) == (played.code, played.outcomes)
    assert [] == played.stats["published_twice"]
    assert played.publishes == 62
    assert (played.stats["arrivals"]["read"] > 0) is (status >= 500)


@pytest.mark.parametrize(("is_new", "code"), [(True, ExitCode.ACCESS_REFUSED), (False, ExitCode.SOME_FAILED)])
def test_account_that_knows_none_of_the_courses_is_another_one(is_new, code):
    """
    Ten unknown courses, where nothing was ever published, end the run; later a 404 is each course's own.
    """
    played = play({"kind": "404", "on": "any"}, is_new=is_new)

    assert code is played.code
    assert is_new is ("data centre" in played.reason)
    assert (played.publishes <= 10 + WORKERS) is is_new


def test_batch_that_its_scheduler_published_meanwhile_is_not_mailed_again():
    """
    Zoho publishes the batch by itself between the check and the run: the look before the mail shows it.
    """
    batch = Course(course_id="478346000019580117", batch_id="478346000019580217")
    row = PlannedRow(
        position=0, sheet_index=0, row=2, cell="A2", course=batch, name="", notify=True, pile=Pile.TO_PUBLISH
    )  # fmt: skip
    plan = Plan(sheets=make_plan_of(1).sheets, rows=(row,))

    played = play(
        {"kind": "scheduler", "on": "read", "nth": 1}, plan=plan, look_first=True, rules=Rules(verify=Verify.MAILS)
    )

    assert (ExitCode.OK, {Outcome.ALREADY_PUBLISHED: 1}) == (played.code, played.outcomes)
    assert (0, 2) == (played.publishes, played.stats["arrivals"]["read"])
