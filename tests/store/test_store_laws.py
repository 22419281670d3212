"""What holds in a state, on SQLite and on PostgreSQL: the same laws, and the same code under them."""

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from support.answering import end_call, end_locked
from support.plans import make_plan_of

from batchpub.course import Outcome
from batchpub.errors import CannotWrite, SettingsWrong
from batchpub.standing import (
    AnswerNote,
    Claimed,
    CourseStatus,
    Free,
    Held,
    LostSlot,
    PublishedBefore,
    RefusedBeside,
    Rest,
    RowResult,
    Uncertain,
)
from batchpub.store.asked import Answered, Claim
from batchpub.store.database import open_database
from batchpub.store.history import forget_runs, list_runs, read_run
from batchpub.store.limits import Limits, NoSlotYet, Refusal, Slot
from batchpub.store.overview import read_overview
from batchpub.store.tables import SCHEMA_VERSION, calls, courses, meta, portals
from batchpub.store.unify import unify_portals

FACTS = {"batchpub_version": "1", "sandbox": False, "rate": 30, "period_seconds": 60.0, "notify_policy": "sheet"}
DONE = RowResult(outcome=Outcome.PUBLISHED, message="Published.", attempts=1, http_status=200, code="200")


async def begin(journal, count=1):
    plan = make_plan_of(count)
    await journal.standings([row.course for row in plan.rows])
    await journal.begin(plan, {**FACTS, "rows": count}, {})
    return [row.course for row in plan.rows]


async def claim(journal, course, *, position=0, attempt=1, again=False, **more):
    """Look, take a slot and claim, as the publisher does; give the slot and what became of it."""
    standing = await journal.look(course, again=again)
    version = standing.version if isinstance(standing, Free | Uncertain) else 0
    slot = await journal.ledger.take_slot("publish")
    assert isinstance(slot, Slot)
    wanted = Claim(course=course, position=position, attempt=attempt, version=version, again=again, **more)
    told = await journal.claim(wanted, slot)
    if not isinstance(told, Claimed):
        await journal.ledger.give_back(slot)
    return slot, told


async def record(journal, course, slot, claimed, *, position=0, status="published", **more):
    settled = {"rest": Rest.ANSWERED, "result": DONE if status == "published" else None, "through": True}
    note = AnswerNote(meaning=status, http_status=200, code="200", excerpt='{"code": "200"}')
    told = {"call": claimed.call, "slot": slot, "note": note, "status": CourseStatus(status), **settled, **more}
    return await journal.record(Claim(course=course, position=position, attempt=1), Answered(**told))


async def test_of_any_number_of_runs_one_gets_the_course(desk, run_all):
    """
    Eight runs with a connection each reach for one course at the same moment: one claims it, seven hear who holds it.
    """
    async with desk.open() as first:
        journals = [desk.journal(first) for _ in range(8)]
        for journal in journals:
            course, *_ = await begin(journal)

        told = [told for _, told in await run_all(*(claim(journal, course) for journal in journals))]

    winner = next(number for number, one in enumerate(told) if isinstance(one, Claimed))
    others = {one.run for number, one in enumerate(told) if number != winner and isinstance(one, Held)}
    assert (7, {journals[winner].run}) == (sum(isinstance(one, Held) for one in told), others)


async def test_what_is_published_is_known_to_every_run(desk):
    """
    With the run and the day, through another connection; `again` looks past it, but not past what this run did.
    """
    async with desk.open() as one, desk.open() as two:
        mine, other = desk.journal(one), desk.journal(two)
        course, *_ = await begin(mine)
        await begin(other)
        slot, claimed = await claim(mine, course)
        await record(mine, course, slot, claimed)

        known = (await other.standings([course]))[course]
        looks = [await other.look(course), await other.look(course, again=True), await mine.look(course, again=True)]

    assert known == looks[0] == looks[2] == PublishedBefore(run=mine.run, on=known.on)
    assert abs(datetime.fromisoformat(known.on) - datetime.now(tz=UTC)) < timedelta(seconds=10)
    assert Free(version=2, known=True) == looks[1]


async def test_a_no_counts_for_every_run_that_works_beside(desk):
    """
    What one was refused, the other need not send; a run that begins later does, and so does whoever is told to. A 403
    is about whose credentials were sent.
    """
    no = RowResult(outcome=Outcome.REFUSED, message="No such course.", attempts=1, http_status=400, code="7301")
    async with desk.open() as one, desk.open() as two:
        mine, beside = desk.journal(one), desk.journal(two)
        course, second, *_ = await begin(mine, 2)
        await begin(beside, 2)
        desk.clock.ahead += 11  # alone, a run looks around every ten seconds
        slot, claimed = await claim(mine, course)
        await record(mine, course, slot, claimed, status="free", result=no)
        slot, claimed = await claim(mine, second, position=1)
        forbidden = dataclasses.replace(no, http_status=403)
        await record(mine, second, slot, claimed, position=1, status="free", result=forbidden)
        desk.clock.ahead += 11
        later = desk.journal(two)
        await begin(later)
        assert Free(version=2, known=True) == await beside.look(second)
        looks = [await beside.look(course), await beside.look(course, again=True), await later.look(course)]

    assert RefusedBeside(run=mine.run, message="No such course.", http_status=400, code="7301") == looks[0]
    assert [Free(version=2, known=True)] * 2 == looks[1:]


async def test_a_no_that_is_still_looked_into_counts_for_nobody_else(desk):
    """
    Said to be published already, and not read yet: held; once read, it is what the reading says.
    """
    said = RowResult(outcome=Outcome.REFUSED, message="Zoho says that it is published already.", attempts=1)
    async with desk.open() as one, desk.open() as two:
        mine, beside = desk.journal(one), desk.journal(two)
        course, *_ = await begin(mine)
        await begin(beside)
        desk.clock.ahead += 11
        slot, claimed = await claim(mine, course)
        await record(mine, course, slot, claimed, status="asking", result=said)
        desk.clock.ahead += 11
        looks = [await beside.look(course), await mine.look(course)]
        await mine.settle(course, position=0, status=CourseStatus.PUBLISHED, result=DONE)
        desk.clock.ahead += 11
        looks.append(await beside.look(course))

    assert [Held, Free, PublishedBefore] == [type(look) for look in looks]


async def test_a_dead_runs_course_comes_back_uncertain_when_its_call_cannot_arrive_any_more(desk):
    """
    Held while the claim lasts, uncertain after it, and ready to be sent again after `settle` on top of it.
    """
    limits = Limits()
    async with desk.open() as database:
        dead, later = desk.journal(database), desk.journal(database)
        course, *_ = await begin(dead)
        await claim(dead, course)
        steps = []
        for seconds in (0.0, limits.lease, limits.settle):
            desk.clock.ahead += seconds
            steps.append((await later.standings([course]))[course])

    held, uncertain, ready = steps
    assert (Held, dead.run, True) == (type(held), held.run, limits.lease - 5 < held.seconds <= limits.lease)
    assert (Uncertain, True) == (type(uncertain), limits.settle - 5 < uncertain.seconds <= limits.settle)
    assert Uncertain(version=1, run=dead.run, seconds=0.0) == ready


async def test_no_more_slots_than_the_rate_and_each_rests_after_its_answer(desk):
    """
    Three at once for three runs; the fourth must wait for a call in flight, and after the answers for their rest.
    """
    limits = Limits(rate=3, burst=3)
    async with desk.open() as database:
        ledgers = [desk.ledger(database, limits=limits) for _ in range(4)]
        slots = [await ledger.take_slot("publish") for ledger in ledgers[:3]]
        sent = [await ledger.begin_call(slot) for ledger, slot in zip(ledgers, slots, strict=False)]
        crowded = await ledgers[3].take_slot("publish")
        reading = await ledgers[3].take_slot("read")
        for ledger, slot in zip(ledgers, slots, strict=False):
            await end_call(ledger, slot, Rest.ANSWERED, through=True)
        later = await ledgers[3].take_slot("publish")
        early = await ledgers[3].begin_call(later)
        desk.clock.ahead += limits.rest + 0.01
        in_time = await ledgers[3].begin_call(later)

    assert all(isinstance(slot, Slot) for slot in slots)
    assert None not in sent
    assert (NoSlotYet, Slot) == (type(crowded), type(reading))
    assert limits.rest - 5 < later.opens_at - desk.clock.boot_seconds() + limits.rest <= limits.rest
    assert (None, True) == (early, in_time is not None)


async def test_other_portals_have_slots_and_locks_of_their_own(desk):
    """
    A portal that is full, or locked, keeps nobody else waiting.
    """
    limits = Limits(rate=1, burst=1)
    async with desk.open() as database:
        full, other = (desk.ledger(database, portal=name, limits=limits) for name in ("full", "other"))
        slot = await full.take_slot("publish")
        assert await full.begin_call(slot) is not None
        await end_locked(full, slot, Refusal(cause="429"))

        assert isinstance(await full.take_slot("publish"), NoSlotYet)
        assert isinstance(await other.take_slot("publish"), Slot)


async def test_no_claim_in_a_lock_and_one_call_goes_first_after_it(desk):
    """
    Slots taken before the lock are lost, nobody gets one in it, and after it one, until that one was let through.
    """
    limits = Limits()
    async with desk.open() as database:
        journal, other = desk.journal(database), desk.journal(database)
        course, second, third, *_ = await begin(journal, 3)
        taken = await other.ledger.take_slot("publish")
        slot, claimed = await claim(journal, course)
        lock = await record(journal, course, slot, claimed, status="free", through=False, lock=Refusal(cause="429"))
        lost = await other.claim(Claim(course=second, position=1, attempt=1), taken)
        inside = await journal.ledger.take_slot("publish")
        desk.clock.ahead += lock.seconds - 0.5
        last = await journal.ledger.take_slot("publish")
        desk.clock.ahead += 0.51
        probe = await journal.ledger.take_slot("publish")
        beside = await other.ledger.take_slot("publish")
        first = await journal.claim(Claim(course=third, position=2, attempt=1), probe)
        await record(journal, third, probe, first, position=2)
        open_again = await other.ledger.take_slot("publish")

    assert (pytest.approx(limits.lock + limits.lock_margin), True) == (lock.seconds, lock.is_new)
    assert (LostSlot(), True, True) == (lost, inside.locked, last.locked)
    assert (True, NoSlotYet, Claimed, Slot) == (probe.is_probe, type(beside), type(first), type(open_again))


async def test_a_call_is_over_when_its_claim_ends(desk):
    """
    A claimed call must start so early that it has been given up, at the latest, when others may claim its course.
    """
    limits = Limits()
    async with desk.open() as database:
        journal = desk.journal(database)
        course, *_ = await begin(journal, 1)
        before = journal.ledger.clock.boot_seconds()
        _, claimed = await claim(journal, course)
        after = journal.ledger.clock.boot_seconds()

    assert before <= claimed.send_before - (limits.lease - limits.total_timeout) <= after


@pytest.mark.parametrize("status", ["published", "free"])
async def test_what_was_committed_once_is_not_done_twice_when_its_confirmation_was_lost(desk, status):
    """
    The same transaction, run a second time: one call, one version, the outcome and the lock as they were.
    """
    async with desk.open() as database:
        journal = desk.journal(database)
        course, *_ = await begin(journal)
        once = database.write

        async def twice(work):
            await once(work)
            return await once(work)

        database.write = twice
        await begin(journal)
        slot, claimed = await claim(journal, course)
        lock = Refusal(cause="429") if status == "free" else None
        await record(journal, course, slot, claimed, status=status, lock=lock, through=lock is None)
        database.write = once
        found = await read_run(database, journal.run)
        standing = (await journal.standings([course]))[course]

    assert isinstance(claimed, Claimed)
    assert (1, 1, len([lock] if lock else [])) == (len(found.rows), len(found.calls), len(found.locks))
    assert isinstance(standing, PublishedBefore if status == "published" else Free)


async def test_a_run_reads_back_as_it_was_written(desk):
    """
    Ids, texts of any script, control characters and nothing at all, sheet by sheet and row by row.
    """
    texts = ["", "Größe 尺寸 🎓", "tab\there", 'quote " and \\', "nul\0byte", "\x1b[31m", "e\u0301", " 007 ", "1e5"]
    plan = make_plan_of(len(texts))
    written = dataclasses.replace(
        plan,
        rows=tuple(
            dataclasses.replace(row, name=text, values=(text, row.values[0]), message=text)
            for row, text in zip(plan.rows, texts, strict=True)
        ),
    )
    async with desk.open() as database:
        journal = desk.journal(database)
        await journal.begin(written, {**FACTS, "rows": len(texts)}, {})
        await journal.finish(exit_code=0, stop_reason="", resume_command="")

        found = await read_run(database, journal.run)

    assert [text.replace("\0", "\N{REPLACEMENT CHARACTER}") for text in texts] == [row.name for row in found.rows]
    assert [row.values for row in written.rows] == [row.values for row in found.rows]
    assert [row.course.course_id for row in written.rows] == [row.course_id for row in found.rows]
    assert plan.sheets == found.sheets


async def test_forgetting_old_runs_keeps_what_is_published(desk):
    """
    The run is gone from the list, and its rows, calls and locks with it; its course stays known.
    """
    async with desk.open() as database:
        journal = desk.journal(database)
        course, *_ = await begin(journal)
        slot, claimed = await claim(journal, course)
        await record(journal, course, slot, claimed)
        await journal.finish(exit_code=0, stop_reason="", resume_command="")
        listed = await list_runs(database)
        later = datetime.now(tz=UTC) + timedelta(days=1)

        forgotten = await forget_runs(database, later, quiet_since=later)

        assert ([journal.run], {"published": 1}) == ([one["run"] for one in listed], listed[0]["totals"])
        assert (1, [], None) == (forgotten, await list_runs(database), await read_run(database, journal.run))
        assert isinstance((await desk.journal(database).standings([course]))[course], PublishedBefore)


async def test_a_lock_forgets_places_that_were_not_begun_and_no_others(desk):
    """
    Of two calls that no journal keeps one has begun, as it seems even after the moment at which the lock was heard of.
    """
    limits = Limits()
    async with desk.open() as database:
        ledger = desk.ledger(database, limits=limits)
        begun, waits, locked = [await ledger.take_slot("read") for _ in range(3)]
        assert await ledger.begin_call(locked) is not None
        desk.clock.ahead += 1
        assert await ledger.begin_call(begun) is not None
        async with database.store.engine.begin() as connection:  # one that opens later
            await connection.execute(
                update(calls)
                .where(calls.c.call == waits.slot)
                .values(taken_at=calls.c.taken_at + 5, free_at=calls.c.free_at + 5)
            )
        desk.clock.ahead -= 1

        await end_locked(ledger, locked, Refusal(cause="429", stated=1.0))

        async with database.store.engine.begin() as connection:
            left = (await connection.execute(select(calls.c.call).order_by(calls.c.call))).scalars().all()
    assert [begun.slot, locked.slot] == left


async def test_many_processes_may_make_the_state_at_the_same_time(desk, run_all):
    """
    One of eight makes it, seven find it made.
    """

    async def open_once():
        async with open_database(desk.where) as database:
            return database.found_version is None

    assert 1 == sum(await run_all(*(open_once() for _ in range(8))))


@pytest.mark.parametrize("version", ["99", "2", "none"])
async def test_a_newer_state_is_refused(desk, version):
    """
    A state that a newer version wrote, or one from before the first release, is not touched: which version, what to do.
    """
    async with desk.open() as database:
        await database.write(lambda connection: connection.execute(update(meta).values(value=version)))

    with pytest.raises(SettingsWrong, match=f"has schema version {version}; this batchpub works with 3 to 4"):
        async with open_database(desk.where):
            pytest.fail("it was opened")


async def test_a_gentler_pace_spaces_the_calls_of_all_runs(desk):
    """
    After a lock that came although the limit was kept: every run's next slot opens one spacing after the last one's.
    """
    limits = Limits()
    async with desk.open() as database:
        one, two = desk.ledger(database, limits=limits), desk.ledger(database, limits=limits)
        slot = await one.take_slot("publish")
        assert await one.begin_call(slot) is not None
        lock = await end_locked(one, slot, Refusal(cause="429"))
        desk.clock.ahead += lock.seconds + 1
        probe = await one.take_slot("publish")
        assert await one.begin_call(probe) is not None
        await end_call(one, probe, Rest.ANSWERED, through=True)

        opens = [(await ledger.take_slot("publish")).opens_at for ledger in (two, one, two, one)]

    gaps = [later - sooner for sooner, later in zip(opens, opens[1:], strict=False)]
    assert (28, 1) == (lock.gentler.rate, lock.gentler.burst)
    assert [pytest.approx(limits.period / 28, abs=1)] * 3 == gaps


async def test_a_state_that_cannot_be_used_says_so(desk):
    """
    No traceback of a database: what is wrong, where, and what to do.
    """
    async with desk.open() as database:

        async def nonsense(connection):
            await connection.exec_driver_sql("SELECT no_such_column FROM runs")

        with pytest.raises(CannotWrite, match=r"The state .*no_such_column.*run the same command again"):
            await asyncio.wait_for(database.write(nonsense), 5)


FAILED = RowResult(outcome=Outcome.FAILED, message="Still a draft after 5 attempts.", attempts=5)


async def test_what_a_run_read_does_not_undo_what_another_one_sent_meanwhile(desk):
    """
    Read as a draft, claimed by another run, then settled as a draft: the other's claim holds, and its success is kept.
    """
    async with desk.open() as one, desk.open() as two:
        reads, sends = desk.journal(one), desk.journal(two)
        course, *_ = await begin(reads)
        await begin(sends)
        seen = await reads.look(course)
        slot, claimed = await claim(sends, course)
        await reads.settle(course, position=0, status=CourseStatus.DRAFT, result=FAILED, version=seen.version)
        await record(sends, course, slot, claimed)
        known = (await desk.journal(one).standings([course]))[course]

    assert PublishedBefore(run=sends.run, on=known.on) == known


async def test_an_outcome_whose_commit_was_not_confirmed_does_not_undo_what_came_after_it(desk):
    """
    Committed, then another run published the course, then the same transaction once more: it stays published.
    """
    async with desk.open() as one, desk.open() as two:
        settles, sends = desk.journal(one), desk.journal(two)
        course, *_ = await begin(settles)
        seen, once = await settles.look(course), one.write

        async def twice(work):
            await once(work)
            await begin(sends)
            slot, claimed = await claim(sends, course)
            await record(sends, course, slot, claimed)
            return await once(work)

        one.write = twice
        version = seen.version
        await settles.settle(course, position=0, status=CourseStatus.DRAFT, result=FAILED, version=version)
        known = (await sends.standings([course]))[course]

    assert PublishedBefore(run=sends.run, on=known.on) == known


async def test_what_another_run_left_behind_is_asked_for_before_it_is_believed(desk):
    """
    Its success was committed late, dated before our last look: seen all the same, once its claim is over.
    """
    async with desk.open() as one, desk.open() as two:
        mine, other = desk.journal(one), desk.journal(two)
        course, *_ = await begin(mine)
        await begin(other)
        slot, claimed = await claim(other, course)
        desk.clock.ahead += 12
        held = await mine.look(course)
        await record(other, course, slot, claimed)
        async with one.store.engine.begin() as connection:
            await connection.execute(update(courses).values(changed_at=0.0))
        desk.clock.ahead += Limits().lease + Limits().settle
        standing = await mine.look(course)

    assert (Held, PublishedBefore) == (type(held), type(standing))


async def test_an_outcome_is_not_replaced_by_an_older_one_that_could_not_be_written(desk):
    """
    What was kept for a row is being written while the row gets its outcome; the writing fails and is done once more.
    """
    held = RowResult(outcome=Outcome.NOT_ATTEMPTED, message="Being published by run x.", attempts=0)
    async with desk.open() as database:
        journal = desk.journal(database)
        course, *_ = await begin(journal)
        await journal.settle(course, position=0, status=None, result=held)
        once, fails = database.write, asyncio.Event()

        async def fail(_work):
            await fails.wait()
            raise CannotWrite("The state is gone.")

        database.write = fail
        writing = asyncio.create_task(journal.write_down())
        await asyncio.sleep(0)
        database.write = once
        settling = asyncio.create_task(journal.settle(course, position=0, status=CourseStatus.PUBLISHED, result=DONE))
        await asyncio.sleep(0)
        fails.set()
        await settling
        with pytest.raises(CannotWrite):
            await writing
        await journal.write_down()
        found = await read_run(database, journal.run)

    assert (DONE.outcome, DONE.message) == (found.rows[0].outcome, found.rows[0].message)


async def test_of_two_outcomes_that_others_gave_a_row_the_later_one_stays(desk):
    """
    A course that an earlier run left uncertain is held by another run, which publishes it: first one is written, then the other.
    """
    held = RowResult(outcome=Outcome.UNKNOWN, message="Being published by run x.", attempts=0)
    async with desk.open() as database:
        journal = desk.journal(database)
        course, *_ = await begin(journal)
        for result in (held, DONE):
            await journal.settle(course, position=0, status=None, result=result)
            await journal.write_down()
        found = await read_run(database, journal.run)

    assert (DONE.outcome, DONE.message) == (found.rows[0].outcome, found.rows[0].message)


async def test_a_lower_rate_counts_what_is_in_flight_at_a_higher_one(desk):
    """
    Three places are taken at a rate of three, one of them by a call in flight: at a rate of two the next one opens
    only when two are free, however long that call takes.
    """
    async with desk.open() as database:
        fast, slow = (desk.ledger(database, limits=Limits(rate=rate, burst=rate)) for rate in (3, 2))
        taken = [await fast.take_slot("publish") for _ in range(3)]
        for slot in taken:
            assert await fast.begin_call(slot) is not None
        began = desk.clock.boot_seconds()
        for slot in taken[:2]:
            desk.clock.ahead += 10
            await end_call(fast, slot, Rest.ANSWERED, through=True)
        told = [await slow.take_slot("publish")]
        desk.clock.ahead += 20
        await end_call(fast, taken[2], Rest.ANSWERED, through=True)
        answered_by = desk.clock.boot_seconds()
        told.append(await slow.take_slot("publish"))
        opens_in = told[1].opens_at - answered_by

    assert [NoSlotYet, Slot] == [type(one) for one in told]
    assert Limits().rest - 20 - (answered_by - began - 40) - 0.5 <= opens_in <= Limits().rest - 20 + 0.5


async def test_text_that_no_database_can_keep_does_not_stop_a_run(desk):
    """
    A NUL, or half a character that JSON can bring: kept with a replacement, from a sheet as from an answer.
    """
    text, kept = "a\0b\ud800c", "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"
    plan = make_plan_of(1)
    plan = dataclasses.replace(plan, rows=(dataclasses.replace(plan.rows[0], name=text),))
    async with desk.open() as database:
        journal, course = desk.journal(database), plan.rows[0].course
        await journal.begin(plan, FACTS, {})
        slot, claimed = await claim(journal, course)
        result = RowResult(outcome=Outcome.REFUSED, message=text, attempts=1)
        await record(journal, course, slot, claimed, status="free", result=result)
        found = await read_run(database, journal.run)

    assert (kept, kept) == (found.rows[0].name, found.rows[0].message)


async def test_a_place_given_back_twice_takes_nobodys_distance(desk):
    """
    Spaced calls; a place is given back, its moment goes to another run, and the commit is done once more: the next call
    keeps its distance from the other's.
    """
    limits = Limits(burst=1)
    async with desk.open() as database:
        one, two = desk.ledger(database, limits=limits), desk.ledger(database, limits=limits)
        given_back = await one.take_slot("publish")
        await one.give_back(given_back)
        second = await two.take_slot("publish")
        async with database.store.engine.begin() as connection:  # the very moment that was given back
            await connection.execute(update(portals).values(next_send_at=given_back.spaced[1]))
        await one.give_back(given_back)
        third = await one.take_slot("publish")

    assert second is not None
    assert third.opens_at - given_back.opens_at > limits.period / limits.rate - 0.5


@pytest.mark.parametrize("evidence", [False, True])
@pytest.mark.parametrize("lost_by", ["unclear", "death"])
async def test_no_refusal_makes_a_lost_course_free(desk, lost_by, evidence):
    """
    Its answer was lost, it is sent again unread and refused, whatever the reason: it may be published all the same, and
    stays uncertain until somebody says what it is. Read as a draft right before, its refusal is the last word.
    """
    limits = Limits()
    async with desk.open() as database:
        first, second = (desk.journal(database, limits=limits) for _ in range(2))
        course, *_ = await begin(first)
        await begin(second)
        slot, claimed = await claim(first, course)
        if lost_by == "unclear":
            await record(first, course, slot, claimed, status="unclear", through=False)
        desk.clock.ahead += 2 * (limits.lease + limits.settle)
        slot, claimed = await claim(second, course, evidence=evidence)
        assert isinstance(claimed, Claimed)
        await record(second, course, slot, claimed, status="free")

        left = (await second.standings([course]))[course]
        desk.clock.ahead += limits.settle
        slot, claimed = await claim(second, course, evidence=True)
        await record(second, course, slot, claimed, status="draft")
        read = (await second.standings([course]))[course]

    assert isinstance(left, Free if evidence else Uncertain)
    assert isinstance(read, Free)


async def test_a_course_is_known_when_an_answer_was_about_it(desk):
    """
    Claimed and not sent, or answered by the limit: this state knows nothing of it yet. RefusedBeside or published: it does.
    """
    async with desk.open() as database:
        journal = desk.journal(database)
        course, other, *_ = await begin(journal, 2)
        known = []
        for through in (False, True):
            slot, claimed = await claim(journal, course)
            await record(journal, course, slot, claimed, status="free", through=through)
            known.append((await journal.standings([course, other]))[course].known)

        assert [False, True] == known
        assert Free(version=0, known=False) == await journal.look(other)


async def test_a_dead_runs_course_says_until_when_it_is_held(desk):
    """
    Another run learns by which run and until when, in wall time.
    """
    limits = Limits()
    async with desk.open() as database:
        first, second = desk.journal(database, limits=limits), desk.journal(database, limits=limits)
        course, *_ = await begin(first)
        now = datetime.now(tz=UTC)
        await claim(first, course)

        held = await second.look(course)

    assert (first.run, True) == (held.run, limits.lease - 5 < held.seconds <= limits.lease)
    assert abs((held.until - now).total_seconds() - limits.lease) < 5


async def test_a_lock_can_be_forgotten_and_one_call_goes_first_all_the_same(desk):
    """
    Asked to, the state forgets how long the account is locked: a single call goes out, and no second one beside it.
    """
    async with desk.open() as database:
        ledger = desk.ledger(database)
        slot = await ledger.take_slot("publish")
        await ledger.begin_call(slot)
        await end_locked(ledger, slot, Refusal(cause="429", stated=80_000))
        locked = await ledger.take_slot("publish")

        left, none_left = await ledger.forget_lock(), await desk.ledger(database, portal="other").forget_lock()
        probe, second = await ledger.take_slot("publish"), await ledger.take_slot("publish")

    assert (True, 0) == (isinstance(locked, NoSlotYet), none_left)
    assert 79_000 < left < 81_000
    assert (True, True) == (probe.is_probe, isinstance(second, NoSlotYet))


async def test_an_ordinary_call_says_nothing_of_who_goes_first(desk):
    """
    It leaves the portal's row to those who take slots; only the call that goes first after a lock has its time there.
    """
    async with desk.open() as database:
        ledger = desk.ledger(database)
        slot = await ledger.take_slot("publish")
        assert await ledger.begin_call(slot) is not None
        probe = await database.read(lambda connection: connection.scalar(select(portals.c.probe_until_at)))

    assert 0.0 == probe


async def test_who_came_too_late_with_the_first_call_keeps_nobody_from_it(desk):
    """
    The call that goes first after a lock lost its slot before it began: the next one goes first at once.
    """
    async with desk.open() as database:
        mine, other = desk.ledger(database), desk.ledger(database)
        slot = await mine.take_slot("publish")
        assert await mine.begin_call(slot) is not None
        lock = await end_locked(mine, slot, Refusal(cause="429"))
        desk.clock.ahead += lock.seconds
        late = await mine.take_slot("publish")
        desk.clock.ahead += Limits().lease + Limits().period
        begun = await mine.begin_call(late)
        first = await other.take_slot("publish")

    assert (True, None) == (late.is_probe, begun)
    assert isinstance(first, Slot)
    assert first.is_probe


async def test_what_the_service_calls_a_draft_was_never_published(desk):
    """
    Published, then seen as a draft, then sent in vain: it is free, and not published as of old.
    """
    async with desk.open() as database:
        first, again = desk.journal(database), desk.journal(database, again_id="monday")
        course, *_ = await begin(first)
        slot, claimed = await claim(first, course)
        await record(first, course, slot, claimed)
        await begin(again)
        for status in ("draft", "free"):
            slot, claimed = await claim(again, course, again=True)
            await record(again, course, slot, claimed, status=status)
        found = (await desk.journal(database).standings([course]))[course]

    assert isinstance(found, Free)


async def test_an_uncertain_course_is_kept_from_others_only_while_its_run_looks_into_it(desk):
    """
    An answer that was lost: held until a late call has settled and the lease is over. Given up: uncertain to all at once.
    """
    limits = Limits()
    async with desk.open() as database:
        mine = desk.journal(database)
        course, *_ = await begin(mine)
        slot, claimed = await claim(mine, course)
        await record(mine, course, slot, claimed, status="unclear", through=False)
        held = (await desk.journal(database).standings([course]))[course]
        seen = await mine.look(course)
        await mine.settle(course, position=0, status=CourseStatus.UNCLEAR, result=FAILED, version=seen.version)
        left = (await desk.journal(database).standings([course]))[course]

    assert limits.settle + limits.lease - 10 < held.seconds <= limits.settle + limits.lease
    assert isinstance(left, Uncertain)
    assert limits.settle - 10 < left.seconds <= limits.settle


async def test_the_overview_shows_what_is_there(desk):
    """
    Schema, counts, the run at work, a lock with its seconds, and the places that are taken.
    """
    async with desk.open() as database:
        journal = desk.journal(database)
        course, other, *_ = await begin(journal, 2)
        slot, claimed = await claim(journal, course)
        await record(journal, course, slot, claimed)
        slot, claimed = await claim(journal, other, position=1)
        await record(journal, other, slot, claimed, status="free", lock=Refusal(cause="429", stated=100), through=False)

        seen = await read_overview(database, desk.clock)
        await journal.finish(exit_code=0, stop_reason="", resume_command="")
        ended = await read_overview(database, desk.clock)

    assert SCHEMA_VERSION == seen.schema_version
    assert (1, 1) == (seen.runs, seen.published)
    assert [(journal.run, "portal", "")] == [(one.run, one.portal, one.again_id) for one in seen.at_work]
    assert () == ended.at_work
    (portal,) = seen.portals
    assert ("portal", 2) == (portal.portal, portal.places_taken)
    assert 100 < portal.lock_seconds <= 105
    assert 86_000 < portal.gentle_seconds <= 86_400


async def test_a_repetition_publishes_once_more_for_all_that_share_it(desk):
    """
    Published before: free for a repetition, once. Whoever shares it sees it published; another repetition does not.
    """
    async with desk.open() as database:
        first = desk.journal(database)
        one, beside, other = (desk.journal(database, again_id=name) for name in ("monday", "monday", "tuesday"))
        course, *_ = await begin(first)
        slot, claimed = await claim(first, course)
        await record(first, course, slot, claimed)
        for journal in (one, beside, other):
            await begin(journal)
        slot, claimed = await claim(one, course, again=True)
        assert isinstance(claimed, Claimed)
        await record(one, course, slot, claimed)
        desk.clock.ahead += 11  # alone, a run looks around every ten seconds

        looks = [await journal.look(course, again=True) for journal in (one, beside, other)]
        known = [(await journal.standings([course], again=lambda _: True))[course] for journal in (one, beside, other)]

    assert [PublishedBefore, PublishedBefore, Free] == [type(look) for look in looks] == [type(look) for look in known]


async def test_of_two_repetitions_that_begin_at_once_without_a_name_one_is_refused(desk, run_all):
    """
    Each run's own name says nothing of the other's: one begins, the other is told how to join it.
    """
    async with desk.open() as one, desk.open() as two:
        journals = [desk.journal(database, run=run, again_id=run) for database, run in ((one, "a"), (two, "b"))]

        async def try_begin(journal):
            try:
                await journal.begin(make_plan_of(1), FACTS, {})
            except SettingsWrong as error:
                return str(error)
            return ""

        told = await run_all(*(try_begin(journal) for journal in journals))
        runs = [one["run"] for one in await list_runs(one)]

    (refusal,) = filter(None, told)
    assert 1 == len(runs)
    assert f'the setting again_id = "{runs[0]}"' in refusal


@pytest.mark.parametrize(
    ("mine", "others", "refused"),
    [("b", "a", True), ("x", "a", True), ("b", "x", True), ("x", "y", False), ("a", "a", False), ("", "a", False), ("b", "", False)],
)  # fmt: skip
async def test_who_may_repeat_beside_whom(desk, mine, others, refused):
    """
    Two names are two repetitions, one name is one; a run's own name (a, b) is no name that anybody agreed on.
    """
    async with desk.open() as database:
        await desk.journal(database, run="a", again_id=others).begin(make_plan_of(1), FACTS, {})
        journal = desk.journal(database, run="b", again_id=mine)

        if refused:
            with pytest.raises(SettingsWrong, match="Run a publishes courses again as well"):
                await journal.begin(make_plan_of(1), FACTS, {})
        else:
            await journal.begin(make_plan_of(1), FACTS, {})


def lower(name):
    return name.lower().replace(":0", ":")


async def test_what_two_spellings_kept_apart_is_put_together(desk):
    """
    Slots, locks, runs and courses of both count for the one; of a course known to both, the stronger knowledge.
    """
    limits = Limits(rate=4, burst=4)
    async with desk.open() as database:
        journals = [desk.journal(database, portal=name, limits=limits) for name in ("host:7", "HOST:07", "other")]
        for journal in journals:
            courses_ = await begin(journal, 3)
            slot, claimed = await claim(journal, courses_[0])
            status = "free" if journal is journals[0] else "published"
            await record(journal, courses_[0], slot, claimed, status=status)
        slot, claimed = await claim(journals[1], courses_[1], position=1)
        await record(journals[1], courses_[1], slot, claimed, position=1, status="unclear", through=False)
        slot, claimed = await claim(journals[0], courses_[2], position=2)
        await record(
            journals[0], courses_[2], slot, claimed, position=2, status="free", lock=Refusal(cause="429"), through=False
        )

        gone = [await unify_portals(database, lower, desk.clock) for _ in range(2)]

        one = desk.journal(database, portal="host:7", limits=limits)
        known = await one.standings(courses_)
        locked = await one.ledger.look_ahead("publish")
        kept = {run["portal"] for run in await list_runs(database)}

    assert [("HOST:07",), ()] == gone
    assert [PublishedBefore, Held, Free] == [type(known[course]) for course in courses_]
    assert (4, True) == (len(locked.taken), locked.lock_seconds > 299)
    assert {"host:7", "other"} == kept
