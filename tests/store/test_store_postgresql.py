"""What PostgreSQL alone has: a URL, rights, TLS, a server that goes away, and processes that stand still."""

import asyncio
import dataclasses
import functools
import itertools
import json
import re
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Double, bindparam, insert, update
from support.answering import end_call
from support.plans import make_plan_of

from batchpub.cli.main import group
from batchpub.clock import SystemClock
from batchpub.errors import CannotWrite, ExitCode, SettingsWrong
from batchpub.standing import AnswerNote, CourseStatus, LostSlot, Rest
from batchpub.store import database as database_module
from batchpub.store import postgresql as store
from batchpub.store.asked import Answered, Claim
from batchpub.store.database import Database, open_database
from batchpub.store.journal import Journal
from batchpub.store.ledger import Ledger
from batchpub.store.limits import Limits, Slot
from batchpub.store.tables import calls, courses

ROOT = Path(__file__).parents[2]
SECRET = "canary-pass/word"
NUMBER = itertools.count()


def ledger_of(database, name="portal"):
    return Ledger(
        database, portal=name, run=f"run-{next(NUMBER)}", limits=Limits(rate=1000, burst=1000), clock=SystemClock()
    )


async def take_and_answer(ledger):
    slot = await ledger.take_slot("publish")
    assert isinstance(slot, Slot)
    assert await ledger.begin_call(slot) is not None
    await end_call(ledger, slot, Rest.ANSWERED, through=True)


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("postgresql+asyncpg://me:canary-pass%2Fword@db.example:5433/batchpub", "batchpub at db.example:5433"),
        ("postgresql://me:canary-pass%2Fword@db.example/batchpub?sslmode=verify-full", "batchpub at db.example"),
        ("postgres://db.example/x?password=canary-pass%2Fword", "x at db.example"),
        ("postgresql+asyncpg://me@/batchpub?host=/run/postgresql", "batchpub at /run/postgresql"),
        ("postgresql://me:canary@one:5432,two:5432/x?target_session_attrs=primary", "x at one:5432,two:5432"),
        ("postgresql://me:canary@/x", "x at this host"),
    ],
)
def test_a_url_has_a_name_without_its_secrets(url, named):
    """
    Database and host; no user, no password, wherever it stands.
    """
    assert named == store.make_store(url).name


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://me:canary-pass%2Fword@db/x", "The state's URL begins with mysql://. Name a file, or a PostgreSQL as"),
        ("sqlite:///x.db", "The state's URL begins with sqlite://. Name a file"),
        (
            "postgresql://me:canary-pass%2Fword@db:port/x",
            "The state's URL cannot be read. Write it as postgresql+asyncpg://",
        ),
        ("postgresql://me:canary-pass%2Fword@[/x", "The state's URL cannot be read."),
        ("postgresql://me:1234#canary@db/x", "The state's URL cannot be read."),
        ("postgresql://me:1234?canary@db/x", "The state's URL cannot be read."),
        ("postgresql://me:1234/canary@db/x", "The state's URL cannot be read."),
        ("postgres:/me:canary@db/x", "The state's URL cannot be read."),
        ("postgresql://me:canary@db:1,other:port/x", "The state's URL cannot be read."),
        ("postgresql://me:canary@/x?host=db:port", "The state's URL cannot be read."),
        (
            "postgresql://me:canary-pass%2Fword@db/x?sslrootcert=/nowhere/ca.pem",
            "The state's URL names sslrootcert=/nowhere/ca.pem, which cannot be read: No such file or directory. Check the mount.",
        ),
        ("postgresql://me:canary-pass%2Fword@127.0.0.1:1/x?sslmode=perhaps", "The state's URL cannot be used:"),
    ],
)
async def test_a_url_that_makes_no_sense_is_refused_without_its_secrets(url, sentence):
    """
    At once, with what is right.
    """
    with pytest.raises(SettingsWrong) as told:
        async with open_database(url):
            pytest.fail("it was opened")

    assert str(told.value).startswith(sentence)
    assert "canary" not in str(told.value)


async def test_who_may_not_in_is_told_at_once(server):
    """
    A database or a user that is not there: refused, not waited for.
    """
    for url in (server.url("nowhere"), server.url("postgres", user="nobody_here")):
        with pytest.raises(SettingsWrong, match=r"refuses us: .* does not exist.*Check BATCHPUB_STATE"):
            async with asyncio.timeout(5), open_database(url):
                pytest.fail("it was opened")


async def test_a_server_that_is_too_old_is_refused(server, monkeypatch):
    """
    With its version, and the oldest that will do.
    """
    monkeypatch.setattr(store, "OLDEST", 99)

    with pytest.raises(SettingsWrong, match=r"is on PostgreSQL \d+; batchpub works with 99 or newer"):
        async with open_database(server.make_database()):
            pytest.fail("it was opened")


async def test_a_pooler_in_between_is_told_at_once():
    """
    It refuses what a session demands, as PgBouncer does: nothing to wait for, and nothing to go without.
    """

    async def refuse(reader, writer):
        await reader.read(4)
        told = b"SFATAL\0C08P01\0Munsupported startup parameter: synchronous_commit\0\0"
        writer.write(b"E" + (4 + len(told)).to_bytes(4) + told)
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as pooler:
        port = pooler.sockets[0].getsockname()[1]
        with pytest.raises(SettingsWrong, match=r"behind a pooler.*synchronous_commit.*Name the server itself"):
            async with asyncio.timeout(5), open_database(f"postgresql://me@127.0.0.1:{port}/x?sslmode=disable"):
                pytest.fail("it was opened")


async def test_who_lacks_a_right_is_sent_to_the_page_that_names_it(server):
    """
    A role without rights, before and after the tables are made, and a schema that is not there.
    """
    url = server.make_database()
    name = url.partition("@/")[2].partition("?")[0]
    server.ask(f"CREATE ROLE stranger_{name} LOGIN", database=name)
    server.ask("REVOKE ALL ON SCHEMA public FROM PUBLIC", database=name)
    server.ask("GRANT USAGE ON SCHEMA public TO PUBLIC", database=name)
    stranger = server.url(name, user=f"stranger_{name}")

    with pytest.raises(
        CannotWrite, match=r"permission denied for schema public\. The role lacks a right.*docs/postgresql"
    ):
        async with open_database(stranger):
            pytest.fail("it was opened")
    with pytest.raises(CannotWrite, match=r"no schema has been selected.*or the schema is missing"):
        async with open_database(f"{url}&search_path=nowhere"):
            pytest.fail("it was opened")
    async with open_database(url):
        """Made by the owner."""
    with pytest.raises(CannotWrite, match=r"permission denied for table meta\. The role lacks a right"):
        async with open_database(stranger):
            pytest.fail("it was opened")


async def test_who_is_shut_out_in_the_middle_has_lost_the_state(server):
    """
    A role that was let in and is not any more: no wrong setting, which would be a bug in the middle of a run.
    """
    url = server.make_database()
    name = url.partition("@/")[2].partition("?")[0]
    server.ask(f"CREATE ROLE guest_{name} LOGIN SUPERUSER", database=name)

    async with open_database(server.url(name, user=f"guest_{name}")) as database:
        server.ask(f"ALTER ROLE guest_{name} NOLOGIN", database=name)
        server.ask(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'guest_{name}'", database=name
        )
        with pytest.raises(CannotWrite, match=r"refuses us: .*not permitted to log in.*What was sent is in the log"):
            await take_and_answer(ledger_of(database))


async def test_a_state_of_somebody_else_is_left_alone(server):
    """
    Tables of other programs under our names: said, nothing changed.
    """
    url = server.make_database()
    name = url.partition("@/")[2].partition("?")[0]
    server.ask("CREATE TABLE meta (id integer)", database=name)

    with pytest.raises(CannotWrite, match=r"column meta\.\w+ does not exist"):
        async with open_database(url):
            pytest.fail("it was opened")

    assert "meta" == server.ask(
        "SELECT string_agg(tablename, ',') FROM pg_tables WHERE schemaname = 'public'", database=name
    )


@pytest.mark.parametrize("schema", ["public", "courses"])
async def test_the_roles_of_the_docs_have_the_rights_they_need(server, schema):
    """
    The statements of docs/postgresql.md, in a schema of batchpub's own as well: the owner makes the tables; the runner
    reads, writes and takes numbers, and changes no table.
    """
    name = f"by_the_docs_{schema}"
    page = (ROOT / "docs" / "postgresql.md").read_text(encoding="utf-8")
    first, then = (
        block.replace("batchpub", name).replace("SCHEMA public", f"SCHEMA {schema}")
        for block in re.findall(r"^```sql\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    )
    search_path = f"&search_path={schema}"

    for statement in first.splitlines():
        server.ask(statement, database="postgres")
    server.ask(f"CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {name}_owner", database=name)
    async with open_database(server.url(name, user=f"{name}_owner") + search_path) as database:
        assert database.found_version is None
    for statement in then.splitlines():
        server.ask(statement, database=name)

    async with open_database(server.url(name, user=f"{name}_runner") + search_path) as database:
        assert database.found_version is not None
        await take_and_answer(ledger_of(database))
        for wrong in ("DROP TABLE rows", "ALTER TABLE rows ADD COLUMN x integer", "CREATE TABLE x (y integer)"):
            with pytest.raises(CannotWrite, match=r"must be owner|permission denied"):
                await database.write(functools.partial(_execute, statement=wrong))


async def _execute(connection, *, statement):
    await connection.exec_driver_sql(statement)


@pytest.mark.slow
async def test_a_process_that_stands_still_in_a_transaction_does_not_keep_the_portal(server):
    """
    Frozen while it holds the portal: the server ends its transaction after five seconds, and the others go on; the one
    that was frozen does its work anew when it wakes.
    """
    async with open_database(url := server.make_database()) as frozen, open_database(url) as other:
        mine, theirs = ledger_of(frozen), ledger_of(other)
        await take_and_answer(mine)
        holds, wakes = asyncio.Event(), asyncio.Event()
        tries = 0

        async def stand_still(connection):
            nonlocal tries
            tries += 1
            await mine.hold(connection)
            holds.set()
            await wakes.wait()
            await mine.hold(connection)

        standing = asyncio.create_task(frozen.write(stand_still))
        await holds.wait()
        began = asyncio.get_running_loop().time()
        await take_and_answer(theirs)
        waited = asyncio.get_running_loop().time() - began
        wakes.set()
        await standing

    assert 2 == tries
    assert 4 < waited < 8


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT])
async def test_a_server_that_restarts_is_waited_for(number, own_server):
    """
    Shut down or crashed in the middle of the work: it is done when the server is back, once, and the log has both.
    """
    async with open_database(own_server.make_database()) as database:
        ledger = ledger_of(database)
        await take_and_answer(ledger)
        own_server.stop(number)

        working = asyncio.create_task(take_and_answer(ledger))
        await asyncio.sleep(1.5)
        assert not working.done()
        await asyncio.to_thread(own_server.start)
        await asyncio.wait_for(working, 10)

        assert 2 == len((await ledger.look_ahead("publish")).taken)


@pytest.mark.slow
async def test_a_server_that_answers_nothing_is_waited_for(monkeypatch, own_server):
    """
    Frozen, or behind a network that swallows everything: a statement is given up and done anew on another connection.
    """
    monkeypatch.setattr(store, "STATEMENT_SECONDS", 1.0)
    monkeypatch.setattr(store, "CONNECT_SECONDS", 1.0)
    async with open_database(own_server.make_database()) as database:
        ledger = ledger_of(database)
        await take_and_answer(ledger)
        tries = 0

        async def stand_still_within(connection):
            nonlocal tries
            tries += 1
            await ledger.hold(connection)
            if tries == 1:
                own_server.freeze()
            await ledger.hold(connection)

        try:
            working = [asyncio.create_task(database.write(stand_still_within))]
            await asyncio.sleep(0.5)
            working.append(asyncio.create_task(take_and_answer(ledger)))
            await asyncio.sleep(4)
            assert not any(task.done() for task in working)
        finally:
            own_server.freeze(signal.SIGCONT)
        await asyncio.wait_for(asyncio.gather(*working), 10)

        assert tries > 1
        assert 2 == len((await ledger.look_ahead("publish")).taken)


@pytest.mark.slow
async def test_a_server_that_stays_away_ends_the_wait(monkeypatch, own_server):
    """
    Not for ever: after the bounded wait, with what to do. What the process tries after that is tried once.
    """
    monkeypatch.setattr(store, "PATIENCE", 1.5)
    async with open_database(own_server.make_database()) as database:
        own_server.stop()

        with pytest.raises(CannotWrite, match=r"cannot be used: .*See that PostgreSQL runs"):
            await asyncio.wait_for(take_and_answer(ledger_of(database)), 10)
        with pytest.raises(CannotWrite):
            await asyncio.wait_for(take_and_answer(ledger_of(database)), 1)
        own_server.start()
        await take_and_answer(ledger_of(database))


@pytest.mark.parametrize("command", [("runs", "--json"), ("report",), ("check", "--json", "courses.csv")])
def test_commands_log_on_stderr_that_they_wait(command, monkeypatch, tmp_path):
    """
    Whoever asks for JSON on stdout gets nothing else there; the log is on stderr, without the password.
    """
    monkeypatch.chdir(tmp_path)
    (tmp_path / "courses.csv").write_text("Course ID\n478346000019580117\n")
    monkeypatch.setattr(store, "PATIENCE", 0.2)
    monkeypatch.setattr(database_module, "TELL_AFTER", 0)
    monkeypatch.setenv("BATCHPUB_STATE", "postgresql://me:canary-pass%2Fword@127.0.0.1:1/batchpub")

    done = CliRunner().invoke(group, command, standalone_mode=False)

    if command[0] == "check":  # whoever reads its JSON finds the sentence there
        assert (ExitCode.CANNOT_WRITE, True) == (
            done.return_value,
            "127.0.0.1" in json.loads(done.stdout)["error"]["message"],
        )
    else:
        assert ("", True) == (done.stdout, isinstance(done.exception, CannotWrite))
    assert ["state.waiting"] == [json.loads(line)["event.action"] for line in done.stderr.splitlines()]
    assert "canary" not in done.output + str(done.exception)


async def test_what_is_read_is_of_one_moment(server):
    """
    A whole run is read from one moment: what is written meanwhile is in it whole or not at all.
    """
    async with open_database(url := server.make_database()) as one, open_database(url) as two:
        journal = Journal(ledger_of(one))

        async def begin(_connection):
            return await journal.begin(make_plan_of(3), {}, {})

        async def read(connection):
            before = (await connection.exec_driver_sql("SELECT count(*) FROM rows")).scalar_one()
            await begin(connection)
            return before, (await connection.exec_driver_sql("SELECT count(*) FROM rows")).scalar_one()

        assert (0, 0) == await two.read(read)
        assert 3 == await two.read(_count)


async def _count(connection):
    return (await connection.exec_driver_sql("SELECT count(*) FROM rows")).scalar_one()


@pytest.mark.slow
async def test_tls_is_demanded_by_the_url(tmp_path, own_server):
    """
    verify-full accepts the authority that sslrootcert names, and nobody else's, and no server without TLS; plain text is
    refused by the server.
    """
    trustme = pytest.importorskip("trustme")
    authority, stranger = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    stranger.cert_pem.write_to_path(tmp_path / "other.pem")
    own_server.stop()
    port = own_server.demand_tls(authority.issue_cert("localhost"))
    own_server.start()
    name = own_server.make_database().partition("@/")[2].partition("?")[0]
    url = f"postgresql+asyncpg://postgres@localhost:{port}/{name}?sslmode=verify-full&sslrootcert={tmp_path}"

    async with open_database(f"{url}/ca.pem") as database:
        encrypted = await database.read(_is_encrypted)
    with pytest.raises(SettingsWrong, match=r"cannot be reached safely: unable to get local issuer.*sslrootcert"):
        async with open_database(f"{url}/other.pem"):
            pytest.fail("it was opened")
    with pytest.raises(SettingsWrong, match="refuses us"):
        async with open_database(f"postgresql+asyncpg://postgres@localhost:{port}/{name}?ssl=disable"):
            pytest.fail("it was opened")
    own_server.stop()
    own_server.settings = (*own_server.settings, "ssl=off")
    own_server.start()
    with pytest.raises(SettingsWrong, match="the server offers no TLS"):
        async with open_database(f"{url}/ca.pem"):
            pytest.fail("it was opened")

    assert encrypted


async def _is_encrypted(connection):
    return (await connection.exec_driver_sql("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")).scalar_one()


async def test_what_was_answered_after_the_clock_went_back_rests_as_long(server):
    """
    A failover to a clock an hour behind, while two calls are under way: no place comes back before a whole rest.
    """
    limits, step = Limits(rate=2, burst=2), 0.0
    async with open_database(server.make_database()) as opened:
        back = bindparam("back", callable_=lambda: step, type_=Double)
        database = Database(dataclasses.replace(opened.store, now=opened.now + back))
        journal = Journal(Ledger(database, portal="portal", run="run", limits=limits, clock=SystemClock()))
        plan = make_plan_of(2)
        await journal.begin(plan, {}, {})
        claims = []
        for row in plan.rows:
            slot = await journal.ledger.take_slot("publish")
            claim = Claim(course=row.course, position=row.position, attempt=1)
            claims.append((claim, slot, await journal.claim(claim, slot)))
        step = -3600.0
        for claim, slot, told in claims:
            note = AnswerNote(meaning="published")
            status = CourseStatus.PUBLISHED
            answered = Answered(call=told.call, slot=slot, note=note, rest=Rest.ANSWERED, status=status, through=True)
            await journal.record(claim, answered)
        following = await journal.ledger.take_slot("publish")
        opens_in = following.opens_at - SystemClock().boot_seconds()

    assert pytest.approx(limits.rest, abs=2) == opens_in


async def test_a_lease_that_ends_during_a_claim_is_no_claim(server):
    """
    Another run takes the place while the claim waits for the course's row: one of the two has it, never both.
    """
    limits = Limits(rate=1, burst=1)
    async with open_database(url := server.make_database()) as one, open_database(url) as two:
        mine, other = (
            Ledger(database, portal="portal", run=run, limits=limits, clock=SystemClock())
            for database, run in ((one, "one"), (two, "two"))
        )
        plan = make_plan_of(1)
        course = plan.rows[0].course
        await Journal(mine).begin(plan, {}, {})
        slot = await mine.take_slot("publish")
        row = {"portal": "portal", "course_id": course.course_id, "batch_id": course.batch_id}
        values = {"status": "free", "version": 1, "run": "x", "held_until_at": 0, "ready_at": 0, "changed_at": 0}
        async with two.store.engine.connect() as connection:
            await connection.execute(update(calls).values(free_at=two.now + 0.3))
            await connection.commit()
            await connection.execute(insert(courses).values(**row, **values))
            claiming = asyncio.create_task(Journal(mine).claim(Claim(course=course, position=0, attempt=1), slot))
            await asyncio.sleep(0.5)
            taken = await other.take_slot("publish")
            await connection.rollback()
        claimed = await claiming

    assert (Slot, LostSlot) == (type(taken), type(claimed))
