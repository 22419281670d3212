"""What one course costs the state: statements and transactions, counted where SQLAlchemy sends them."""

from contextlib import AsyncExitStack

from sqlalchemy import event
from support.plans import make_plan_of
from support.virtual_time import VirtualClock, VirtualLoop, run_virtually

from batchpub.course import Outcome
from batchpub.pace.gate import Gate
from batchpub.standing import AnswerNote, Claimed, CourseStatus, Free, Rest, RowResult
from batchpub.store.asked import Answered, Claim
from batchpub.store.database import open_database
from batchpub.store.journal import Journal
from batchpub.store.ledger import Ledger
from batchpub.store.limits import Limits


class Meter:
    def __init__(self, database):
        self.statements, self.transactions = [], 0
        event.listen(database.store.engine.sync_engine, "before_cursor_execute", self.note)
        event.listen(database.store.engine.sync_engine, "commit", self.commit)

    def note(self, _connection, _cursor, statement, *_):
        if not statement.startswith("BEGIN"):
            self.statements.append(statement)

    def commit(self, _connection):
        self.transactions += 1


def test_a_course_costs_three_transactions_and_fewer_than_twelve_statements():
    """
    Looking, waiting for a slot, claiming and recording 90 courses: at most 3 transactions and 11.9 statements each.
    """
    loop, limits = VirtualLoop(), Limits()
    plan = make_plan_of(90)
    courses = [row.course for row in plan.rows]

    async def main():
        async with AsyncExitStack() as stack:
            database = await stack.enter_async_context(open_database(None))
            clock = VirtualClock(loop)
            journal = Journal(ledger := Ledger(database, portal="p", run="r", limits=limits, clock=clock))
            gate = Gate(ledger, clock=clock)
            await journal.standings(courses)
            await journal.begin(plan, {}, {})
            meter = Meter(database)
            for position, course in enumerate(courses):
                assert Free(version=0) == await journal.look(course)
                slot = await gate.acquire("publish")
                claim = Claim(course=course, position=position, attempt=1)
                claimed = await journal.claim(claim, slot)
                assert isinstance(claimed, Claimed)
                answered = Answered(
                    call=claimed.call,
                    slot=slot,
                    note=AnswerNote(meaning="published", http_status=200),
                    rest=Rest.ANSWERED,
                    status=CourseStatus.PUBLISHED,
                    result=RowResult(outcome=Outcome.PUBLISHED, message="Published.", attempts=1),
                    through=True,
                )
                await journal.record(claim, answered)
            return meter

    meter = run_virtually(main(), loop)

    assert len(meter.statements) / len(courses) < 12
    assert meter.transactions / len(courses) <= 3.2  # and a look around every ten seconds
