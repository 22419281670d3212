"""Where a state on a disk may lie, and what happens when it is taken away from whoever uses it."""

import asyncio
import os
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from support.plans import make_plan_of

from batchpub.clock import SystemClock
from batchpub.errors import CannotWrite, SettingsWrong
from batchpub.store.asked import Claim
from batchpub.store.database import open_database
from batchpub.store.history import list_runs
from batchpub.store.journal import Journal
from batchpub.store.ledger import Ledger
from batchpub.store.limits import Limits, Slot
from batchpub.store.overview import read_overview

FACTS = {"batchpub_version": "1", "sandbox": False, "rate": 30, "period_seconds": 60.0, "notify_policy": "sheet"}


def ledger_of(database, run="run"):
    return Ledger(database, portal="portal", run=run, limits=Limits(), clock=SystemClock())


@pytest.mark.parametrize(
    "name", ["a%20b.db", "other?x=1", "a#b.db", "file:x?mode=memory", "with blank.db", "ü\u2028.db"]
)
async def test_a_state_is_the_file_of_that_name_and_no_other(tmp_path, name):
    """
    Whatever a path holds: exactly this file is made, for its owner alone.
    """
    async with open_database(tmp_path / name) as database:
        await ledger_of(database).take_slot("publish")

        made = {path.name for path in tmp_path.iterdir()}

    assert {name, f"{name}-wal", f"{name}-shm"} == made
    assert 0o600 == stat.S_IMODE((tmp_path / name).stat().st_mode)


def make_loop(path):
    path.symlink_to(path)


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (os.mkfifo, "is a pipe"),
        (make_loop, "can be no file"),
        (os.mkdir, "is a folder"),
        (make_socket, "is a socket"),
        (lambda path: path.symlink_to("/dev/null"), "is a device"),
    ],
)
async def test_what_is_no_file_is_refused(tmp_path, make, told):
    """
    A pipe would be waited for, a loop never ends, a device keeps nothing: refused at once, read or written.
    """
    path = tmp_path / "state.db"
    make(path)

    for reading in (False, True):
        with pytest.raises(SettingsWrong, match=told):
            async with asyncio.timeout(5), open_database(path, reading=reading):
                pytest.fail("it was opened")


@pytest.mark.parametrize("path", [":memory:", "x/../:memory:"])
async def test_a_state_in_memory_is_none(path):
    """
    What would be forgotten at once is refused: the next run would know nothing.
    """
    with pytest.raises(SettingsWrong, match="kept in memory only"):
        async with open_database(Path(path)):
            pytest.fail("it was opened")


def remove(path):
    path.unlink()


def remove_all(path):
    for one in path.parent.glob("state.db*"):
        one.unlink()


def move(path):
    path.rename(path.with_name("elsewhere.db"))


def replace_by_backup(path):
    backup = path.with_name("backup.db")
    with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(backup)) as copy:
        live.backup(copy)
    for one in path.parent.glob("state.db*"):
        one.unlink()
    backup.rename(path)


def lose_the_journal(path):
    path.with_name("state.db-wal").unlink()


def lose_the_folder(path):
    shutil.move(path.parent, path.parent.with_name("gone"))


@pytest.mark.parametrize("take_away", [remove, remove_all, move, replace_by_backup, lose_the_journal, lose_the_folder])
async def test_no_call_begins_when_the_file_is_not_there_any_more(tmp_path, take_away):
    """
    Removed, moved, replaced by its own backup: others would count a minute of their own, so no slot and no claim.
    """
    path = tmp_path / "here" / "state.db"
    async with open_database(path) as database:
        journal = Journal(ledger := ledger_of(database))
        plan = make_plan_of(1)
        await journal.begin(plan, FACTS, {})
        slot, spare = await ledger.take_slot("publish"), await ledger.take_slot("publish")
        assert isinstance(slot, Slot)

        take_away(path)

        course = plan.rows[0].course
        for begin in (
            lambda: ledger.take_slot("publish"),
            lambda: ledger.begin_call(spare),
            lambda: journal.claim(Claim(course=course, position=0, attempt=1), slot),
        ):
            with pytest.raises(CannotWrite, match="removed, moved or replaced"):
                await begin()


async def test_others_may_come_and_go(tmp_path):
    """
    Whoever opens, writes, empties the journal and closes beside us takes nothing away.
    """
    path = tmp_path / "state.db"
    async with open_database(path) as database:
        ledger = ledger_of(database)
        for number in range(3):
            async with open_database(path) as other:
                await ledger_of(other, f"other-{number}").take_slot("publish")
            with closing(sqlite3.connect(path)) as checked:
                checked.execute("PRAGMA wal_checkpoint(TRUNCATE)")

            assert isinstance(await ledger.take_slot("publish"), Slot)


async def make_used_state(path, *, leave_journal=False):
    async with open_database(path) as database:
        await Journal(ledger_of(database)).begin(make_plan_of(2), FACTS, {})
        if leave_journal:
            for one in path.parent.glob("state.db*"):
                shutil.copy(one, one.with_name(one.name.replace("state.db", "left.db")))


@pytest.mark.parametrize("name", ["state.db", "left.db"])
@pytest.mark.skipif(os.getuid() != 0, reason="mounts need root; the law of the copy is shown without")
async def test_a_state_on_a_read_only_disk_can_be_read(tmp_path, name):
    """
    Closed in order or left by a crash with its journal: doctor, runs and report read it where nothing can be written.
    """
    folder = tmp_path / "disk"
    folder.mkdir()
    await make_used_state(folder / "state.db", leave_journal=True)
    if name == "left.db":
        (folder / "left.db-shm").unlink(missing_ok=True)

    code = await _read_in_read_only_mount(folder, name)

    assert code == "1 run"


async def _read_in_read_only_mount(folder, name):
    """Read a state in a mount namespace of its own, where the folder is read-only even for root."""
    program = (
        "import asyncio, sys, pathlib\n"
        "from batchpub.store.database import open_database\n"
        "from batchpub.store.history import list_runs\n"
        "async def main():\n"
        "    async with open_database(pathlib.Path(sys.argv[1]), reading=True) as database:\n"
        "        print(len(await list_runs(database)), 'run')\n"
        "asyncio.run(main())\n"
    )
    script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$1" -c "$2" "$3"'
    process = await asyncio.create_subprocess_exec(
        "unshare", "-m", "sh", "-c", script, str(folder), sys.executable, program, str(folder / name),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, error = await process.communicate()
    if b"unshare" in error or b"mount:" in error:
        pytest.skip("no mount namespaces here")
    return out.decode().strip() or error.decode()


async def test_reading_sees_what_is_written_and_leaves_it_alone(tmp_path):
    """
    Beside a run at work: what is committed is seen, also in the journal; what the reader writes reaches nobody.
    """
    path = tmp_path / "state.db"
    async with open_database(path) as database:
        await Journal(ledger_of(database)).begin(make_plan_of(2), FACTS, {})

        async with open_database(path, reading=True) as copy:
            seen = await list_runs(copy)
            await ledger_of(copy).take_slot("publish")

        assert ["run"] == [one["run"] for one in seen]
        taken = await read_overview(database, SystemClock())
        assert () == taken.portals


async def test_a_state_that_is_not_there_is_not_made_by_reading(tmp_path):
    """
    Looking at what is not there makes nothing.
    """
    with pytest.raises(SettingsWrong, match="There is no state at"):
        async with open_database(tmp_path / "none.db", reading=True):
            pytest.fail("it was opened")

    assert [] == list(tmp_path.iterdir())


async def test_reading_a_damaged_file_says_so(tmp_path):
    """
    What is no database is told as such, with what to do.
    """
    path = tmp_path / "state.db"
    path.write_bytes(b"no database, but long enough to be looked into " * 50)

    with pytest.raises(CannotWrite, match="damaged, or no state of batchpub"):
        async with open_database(path, reading=True):
            pytest.fail("it was opened")


def test_a_time_namespace_is_another_boot(monkeypatch, tmp_path):
    """
    Two containers may share a boot id and not a boot clock: the namespace of their time belongs to the name.
    """
    named = []
    for inode in ("time:[1]", "time:[2]"):
        link = tmp_path / inode
        link.symlink_to(inode)
        monkeypatch.setattr("batchpub.clock.TIME_NAMESPACE", link)
        named.append(SystemClock().boot_id)
    monkeypatch.setattr("batchpub.clock.TIME_NAMESPACE", tmp_path / "none")

    assert 3 == len({*named, SystemClock().boot_id})


def test_a_real_time_namespace_is_another_boot():
    """
    The kernel's own: the same boot id as ours, another clock, and so another name.
    """
    if subprocess.run(["unshare", "--time", "--boottime", "5000", "true"], check=False, capture_output=True).returncode:
        pytest.skip("no time namespace can be made here")
    program = "from batchpub.clock import SystemClock; print(SystemClock().boot_id)"
    command = ["unshare", "--time", "--boottime", "5000", sys.executable, "-c", program]

    there = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    assert SystemClock().boot_id != there
    assert SystemClock().boot_id.split()[0] == there.split()[0]
