"""The law of stopping as a property: at any moment, for any reason, every row has one true outcome (P4, P6)."""

import asyncio
from collections import defaultdict
from tempfile import TemporaryDirectory
from unittest import mock

from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.virtual_time import VirtualClock, VirtualLoop, run_virtually

from batchpub.course import Course, Outcome, Pile, Plan, PlannedRow, PlannedSheet
from batchpub.engine.engine import Engine, EngineOptions
from batchpub.errors import AccessRefused, ExitCode
from batchpub.lifecycle.work import Rules
from batchpub.log import log_event
from batchpub.services.interface import (
    Access,
    CourseState,
    NotSent,
    Published,
    Refused,
    Reply,
    StateRead,
    Throttled,
    Unclear,
    Withheld,
)
from batchpub.stopping import Stop, StopReason
from batchpub.store.database import open_database
from batchpub.store.ledger import Ledger
from batchpub.store.limits import Limits

ANSWERS = {
    "published": Published,
    "refused": lambda: Refused(code="4102", message="no"),
    "lost": lambda: Unclear(reason="no answer"),
    "locked": lambda: Throttled(wait_seconds=None, cause="429"),
    "unreachable": lambda: NotSent(reason="refused"),
    "bug": None,
}
CALL_SECONDS = 2.0
WITHHELD = Reply(answer=Withheld(), http_status=None)


class Service:
    """Answers as told, the last answer for ever; knows what it published."""

    def __init__(self, script, token):
        self.script, (self.lets_in, self.token_seconds) = script, token
        self.sent = defaultdict(list)
        self.published = set()

    async def get_access(self):
        wait, self.token_seconds = self.token_seconds, 0.0  # once it is there it is kept
        await asyncio.sleep(wait)
        if not self.lets_in:
            raise AccessRefused("no token")
        return Access(headers={})

    async def renew(self, _stale):
        return True

    async def publish(self, course, *, notify, access, may_send):
        if not may_send():
            return WITHHELD
        number = int(course.course_id) % len(self.script)
        word = self.script[number][min(len(self.sent[course]), len(self.script[number]) - 1)]
        self.sent[course].append((asyncio.get_running_loop().time(), word))
        await asyncio.sleep(CALL_SECONDS)
        if word in ("published", "lost"):
            self.published.add(course)
        if word == "bug":
            raise RuntimeError("something nobody thought of")
        answer = ANSWERS[word]()
        return Reply(
            answer=answer,
            http_status=None if word in ("lost", "unreachable") else 200 if word == "published" else 400,
        )

    async def read_state(self, course, *, access, may_send):
        if not may_send():
            return WITHHELD
        await asyncio.sleep(CALL_SECONDS)
        state = CourseState.PUBLISHED if course in self.published else CourseState.DRAFT
        answer = StateRead(state=state)
        return Reply(answer=answer, http_status=200)


async def at_once(function, *arguments):
    return function(*arguments)


def play(number, script, token, stop_after, workers):
    loop = VirtualLoop()
    service = Service(script, token)
    rows = tuple(
        PlannedRow(
            position=n, sheet_index=0, row=n + 2, cell=f"A{n + 2}", course=Course(course_id=str(n)), name="",
            notify=False, pile=Pile.TO_PUBLISH,
        )
        for n in range(number)
    )  # fmt: skip
    plan = Plan(sheets=(PlannedSheet(file="f", sheet="s", headings=()),), rows=rows)

    async def main():
        async with open_database(None) as database:
            options = EngineOptions(
                sandbox=False, workers=workers, rules=Rules(), notify_policy="sheet",
            )  # fmt: skip
            ledger = Ledger(database, portal="p", run="r", limits=Limits(), clock=VirtualClock(loop))
            run = Engine(plan, options, service=service, ledger=ledger, on_event=log_event)
            stop = Stop(reason=StopReason.ASKED)
            if stop_after is not None:
                loop.call_later(stop_after, run.stop, stop)
            found = await run.run()
            return found, ExitCode(found.exit_code), loop.time(), run

    with TemporaryDirectory(), mock.patch.object(asyncio, "to_thread", at_once):
        return service, *run_virtually(main(), loop)


@settings(max_examples=10, deadline=None)
@given(
    number=st.integers(0, 35),
    script=st.lists(
        st.tuples(
            st.lists(st.sampled_from(sorted(ANSWERS)), max_size=2), st.sampled_from(["published", "refused"])
        ).map(lambda told: [*told[0], told[1]]),
        min_size=1,
        max_size=4,
    ),
    token=st.tuples(st.sampled_from([True, True, True, False]), st.sampled_from([0.0, 5.0, 400.0])),
    stop_after=st.none() | st.floats(0.0, 500.0),
    workers=st.integers(1, 8),
)
@example(number=5, script=[["bug"]], token=(True, 0.0), stop_after=None, workers=3)
@example(number=40, script=[["locked", "published"]], token=(True, 0.0), stop_after=30.0, workers=8)
@example(number=3, script=[["published"]], token=(True, 400.0), stop_after=10.0, workers=8)
def test_however_and_whenever_a_run_ends_each_row_has_one_true_outcome(number, script, token, stop_after, workers):
    """
    Nothing starts after the stop, nobody waits longer than for calls in flight, and no outcome says what is not so.
    """
    service, found, code, ended, run = play(number, script, token, stop_after, workers)

    assert [row.position for row in found.rows] == list(range(number))
    assert (code, False) == (found.exit_code, found.finished_at is None)
    if run._gate.stop is not None and stop_after is not None and run._gate.stop.reason is StopReason.ASKED:
        assert ended <= stop_after + CALL_SECONDS + 0.01
        assert all(when <= stop_after + 0.01 for calls in service.sent.values() for when, _ in calls)
        assert code in (ExitCode.TERMINATED, ExitCode.BUG)
    for row in found.rows:
        course = Course(course_id=row.course_id)
        words = [word for _, word in service.sent[course]]
        match row.outcome:
            case Outcome.PUBLISHED:
                assert course in service.published
            case Outcome.NOT_ATTEMPTED:
                assert course not in service.published
                assert {"lost", "bug"}.isdisjoint(words)
                assert row.message
            case Outcome.REFUSED:
                assert "refused" == words[-1]
            case Outcome.UNKNOWN:
                assert not {"lost", "bug"}.isdisjoint(words)
            case Outcome.FAILED:
                assert course not in service.published
            case _:
                raise AssertionError(row)
