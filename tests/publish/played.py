"""Courses published on virtual time against a scripted service: what the laws about answers need, and no more."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from support.virtual_time import VirtualClock, VirtualLoop, run_virtually

from batchpub.caller import Caller
from batchpub.course import Course, Pile, Plan, PlannedRow, PlannedSheet
from batchpub.engine.steps import Steps
from batchpub.engine.worklist import Worklist
from batchpub.events import Events
from batchpub.lifecycle.verdict import Later
from batchpub.lifecycle.work import Rules, Work
from batchpub.log import log_event
from batchpub.pace.gate import Gate, GateClosed
from batchpub.pace.lock import LockWatch
from batchpub.services.interface import StateRead
from batchpub.store.database import open_database
from batchpub.store.journal import Journal
from batchpub.store.ledger import Ledger
from batchpub.store.limits import Limits
from batchpub.testing import make_reply

reply = make_reply


class Played:
    """What a run came to: results by course id, the stop, the service's calls, and when it ended."""

    def __init__(self):
        self.results = {}
        self.stop = None
        self.seconds = 0.0
        self.held = 0.0


async def work_off(steps, worklist, played, loop):
    while (work := await worklist.get()) is not None:
        began = loop.time()
        try:
            step = await steps.take(work)
        except GateClosed:
            return
        played.held = max(played.held, loop.time() - began)
        if isinstance(step, Later):
            worklist.put_later(step)
            if steps.caller.gate.stop:
                return
            continue
        played.results[work.course.course_id] = step
        worklist.finish_one()


def play(api, ids, *, rules=None, notify=False, limits=None, workers=4, names=None, confirmed=False):
    """Publish the courses with these ids."""
    loop, limits, played = VirtualLoop(), limits or Limits(), Played()
    courses = [Course(course_id=one) for one in ids]
    works = [
        Work(
            position=n, course=course, notify=notify, name=(names or {}).get(course.course_id, ""), confirmed=confirmed
        )
        for n, course in enumerate(courses)
    ]

    async def main():
        async with open_database(None) as database:
            clock = VirtualClock(loop)
            ledger = Ledger(database, portal="p", run="run", limits=limits, clock=clock)
            gate, journal = Gate(ledger, clock=clock), Journal(ledger)
            await journal.begin(plan_of(courses, notify), {}, {})
            events = Events(log_event)
            caller = Caller(
                service=api,
                gate=gate,
                journal=journal,
                clock=clock,
                locks=LockWatch(gate=gate, limits=limits, events=events),
                max_calls=rules.max_calls if rules else None,
            )
            steps = Steps(caller=caller, rules=rules or Rules(), events=events, evidence_seconds=limits.evidence)
            worklist = Worklist(works)
            closing = asyncio.ensure_future(gate.wait_closed())
            closing.add_done_callback(lambda _: worklist.end())
            await asyncio.gather(*(work_off(steps, worklist, played, loop) for _ in range(workers)))
            closing.cancel()
            played.stop = gate.stop
            played.seconds = loop.time()

    run_virtually(main(), loop)
    return played


def plan_of(courses, notify):
    rows = tuple(
        PlannedRow(
            position=n, sheet_index=0, row=n + 2, cell=f"A{n + 2}", course=course, name="", notify=notify,
            pile=Pile.TO_PUBLISH,
        )
        for n, course in enumerate(courses)
    )  # fmt: skip
    return Plan(sheets=(PlannedSheet(file="f", sheet="s", headings=()),), rows=rows)


def seen(state, *, name="", kind="self-paced"):
    return reply(StateRead(state=state, name=name, kind=kind))
