"""The laws of faults, with real processes: a clear sentence, the documented exit code, and nothing lost."""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from support.waiting import wait_until

from batchpub.store.sqlite import NETWORK_FILE_SYSTEMS, file_system_of

DOWN = {"BATCHPUB_API_URL": "http://127.0.0.1:9"}


@contextlib.contextmanager
def small_disk(folder, size="16m"):
    """A file system of its own; needs root."""
    folder.mkdir()
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=False).returncode
    ):
        pytest.skip("needs the right to mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@contextlib.contextmanager
def failing_disk(folder):
    """A disk that the kernel makes read-only when asked to, as it does at an I/O error; needs root and a loop device."""
    folder.mkdir()
    image = folder.with_suffix(".img")
    with image.open("wb") as file:
        file.truncate(24 << 20)
    made = not os.geteuid() and shutil.which("mkfs.ext4") and not call("mkfs.ext4", "-q", image)
    if not made or call("mount", "-o", "loop,errors=remount-ro", image, folder):
        pytest.skip("needs the right to mount a disk of its own")
    try:
        device = next(
            line.split()[0] for line in Path("/proc/mounts").read_text().splitlines() if f" {folder} " in line
        )
        switch = Path("/sys/fs/ext4") / Path(device).name / "trigger_fs_error"
        if not os.access(switch, os.W_OK):
            pytest.skip("needs the right to fail a disk")
        yield lambda: switch.write_text("1")
    finally:
        call("umount", "-l", folder)


def call(*command):
    return subprocess.run(command, check=False, capture_output=True).returncode


def repair(folder):
    image = folder.with_suffix(".img")
    assert 0 == call("umount", folder)
    assert 1 == call("e2fsck", "-p", "-f", image)
    assert 0 == call("mount", "-o", "loop,errors=remount-ro", image, folder)


def fill(folder):
    with contextlib.suppress(OSError), (folder / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)


def holds(process, name):
    """Tell whether a process has this file open."""
    return any(Path(file.path).name == name for file in psutil.Process(process.pid).open_files())


def told(process, action):
    return [event for event in process.events() if event["event.action"] == action]


def published_by_log(process):
    return {e["batchpub.course_id"] for e in told(process, "call.answered") if e["batchpub.meaning"] == "published"}


def check_that_the_next_run_finishes(desk, number, **more):
    again = desk.publish(out="again", **more)
    assert 0 == again.wait(), again.last()
    stats = desk.stats()
    assert ([], number) == (stats["published_twice"], stats["published"])


@pytest.mark.slow
def test_a_state_that_grows_no_further_ends_the_run_and_every_answer_is_in_the_log(desk):
    """
    The disk gives out while outcomes are recorded: 74, no call without its answer in the log, and a report of every row.
    """
    desk.write_sheet(60)
    desk.serve()

    full = desk.publish(limits={"FSIZE": 400_000})
    code, arrived = full.wait(), desk.stats()["published"]

    assert 74 == code
    assert 0 < arrived < 60
    assert arrived == len(published_by_log(full))
    assert "cannot be written" in full.last()["batchpub.stop_reason"]
    assert 1 == len(told(full, "state.unwritable"))
    assert 60 == len(desk.rows())
    assert arrived >= desk.outcomes().count("published")
    assert {"published", "unknown", "not_attempted"} >= set(desk.outcomes())
    check_that_the_next_run_finishes(desk, 60)


@pytest.mark.slow
def test_a_full_disk_under_the_state_loses_nothing(desk):
    """
    The same on a file system that is full, with the reports on another one.
    """
    desk.write_sheet(90)
    desk.serve()
    with small_disk(desk.folder / "disk") as disk:
        full = desk.publish(state="disk/s.db")
        full.wait_for("course.published")
        fill(disk)
        code, arrived = full.wait(), desk.stats()["published"]
        (disk / "filler").unlink()

        assert 74 == code
        assert arrived == len(published_by_log(full))
        assert 90 == len(desk.rows())
        check_that_the_next_run_finishes(desk, 90, state="disk/s.db")


@pytest.mark.slow
def test_a_full_disk_under_the_reports_loses_nothing(desk):
    """
    The place is looked at before the first call: 74, the sentence names it, nothing was sent, and with room all is published.
    """
    desk.write_sheet(5)
    desk.serve()
    with small_disk(desk.folder / "disk", size="64k") as disk:
        fill(disk)
        done = desk.publish("--report", "html", out="disk/out")
        code = done.wait()

    assert 74 == code
    assert "disk/out" in done.last()["error.message"]
    assert not desk.stats()["arrivals"].get("publish")
    check_that_the_next_run_finishes(desk, 5)


@pytest.mark.slow
def test_a_read_only_place_is_said_before_anything_is_sent(desk):
    """
    A state, or reports, on a disk that cannot be written: 74 and no call.
    """
    desk.write_sheet(3)
    desk.serve()
    with small_disk(desk.folder / "disk") as disk:
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        state, reports = desk.publish(state="disk/s.db"), desk.publish(out="disk/out")
        codes = state.wait(), reports.wait()

    assert (74, 74) == codes
    assert "Read-only file system" in state.last()["error.message"]
    assert "Read-only file system" in reports.last()["error.message"]
    assert not desk.stats()["arrivals"].get("publish")
    check_that_the_next_run_finishes(desk, 3)


@pytest.mark.slow
def test_a_disk_that_becomes_read_only_under_the_state_loses_nothing(desk):
    """
    In the middle of a run: 74, every answer in the log, a report of every row; repaired, the next run settles the rest.
    """
    desk.write_sheet(90)
    desk.serve()
    disk = desk.folder / "disk"
    with failing_disk(disk) as fail:
        broken = desk.publish("--notify", "all", state="disk/s.db")
        broken.wait_for("course.published")
        fail()
        code, arrived, outcomes = broken.wait(), desk.stats()["published"], desk.outcomes()
        repair(disk)

        assert (74, 90) == (code, len(outcomes))
        assert 0 < arrived < 90
        assert arrived == len(published_by_log(broken))
        assert "cannot be written" in broken.last()["batchpub.stop_reason"]
        assert {"published", "unknown", "not_attempted"} >= set(outcomes)
        check_that_the_next_run_finishes(desk, 90, state="disk/s.db")
    assert not desk.stats()["mailed_twice"]


@pytest.mark.slow
def test_a_disk_that_becomes_read_only_under_the_reports_loses_nothing(desk):
    """
    Before the report of a stopped run is written: 74, no half report, and `batchpub report` writes it elsewhere.
    """
    desk.write_sheet(90)
    desk.serve()
    with failing_disk(desk.folder / "disk") as fail:
        broken = desk.publish(out="disk/out")
        broken.wait_for("course.published")
        fail()
        broken.send(signal.SIGTERM)
        code, left = broken.wait(), list((desk.folder / "disk").glob("out/*"))
    written = desk.start("report", "--state", "s.db", "--report", "json", "--out", "later")

    assert (74, 0) == (code, written.wait())
    assert {"inputs"} >= {path.name for path in left}  # what was read is kept before anything is sent
    assert "Read-only file system" in told(broken, "report.unwritable")[-1]["error.message"]
    assert desk.outcomes("later").count("published") == desk.stats()["published"]
    check_that_the_next_run_finishes(desk, 90)


@pytest.mark.slow
def test_a_state_that_another_process_holds_is_named_as_such(desk):
    """
    Locked for longer than the busy time-out: 74, and nothing sent.
    """
    desk.write_sheet(3)
    desk.serve()
    desk.start("runs", "--state", "s.db").wait()
    (desk.folder / "s.db").touch()
    assert 0 == desk.publish("--expect", "99").wait() - 4

    with contextlib.closing(sqlite3.connect(desk.folder / "s.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = desk.publish()
        code = waiting.wait(90)

    assert 74 == code
    assert "held by another process" in waiting.last()["error.message"]
    assert not desk.stats()["arrivals"].get("publish")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_does_not_wait_for_a_state_that_another_process_holds(desk, number):
    """
    Nothing was sent yet, so the run ends at once, with its last event.
    """
    desk.write_sheet(3)
    assert 4 == desk.publish("--expect", "9", environ=DOWN).wait()
    with contextlib.closing(sqlite3.connect(desk.folder / "s.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = desk.publish(environ=DOWN)
        wait_until(lambda: holds(waiting, "s.db"), "the state is open", alive=waiting.is_alive)
        time.sleep(0.5)
        asked = time.monotonic()
        waiting.send(number)
        code, took = waiting.wait(), time.monotonic() - asked

    assert (128 + number, True) == (code, took < 2)
    assert "Stopped by" in waiting.last()["error.message"]


def test_a_state_of_another_version_is_refused(desk):
    """
    A newer batchpub wrote it: 78, and the sentence says what to do.
    """
    desk.write_sheet(1)
    assert 4 == desk.publish("--expect", "2", environ=DOWN).wait()
    with contextlib.closing(sqlite3.connect(desk.folder / "s.db")) as state, state:
        state.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")

    done = desk.publish(environ=DOWN)

    assert 78 == done.wait()
    assert "schema version 99" in done.last()["error.message"]


def test_a_network_file_system_is_told_from_the_text_of_proc_mounts():
    """
    The longest mount point that holds the path decides, with blanks in its name as the kernel writes them.
    """
    mounts = (
        "/dev/sda1 / ext4 rw 0 0\nserver:/home /home nfs4 rw 0 0\n//server/x /mnt/my\\040share cifs rw 0 0\n"
        "/dev/sdb /home/local xfs rw 0 0\nbroken line\n"
    )
    places = ("/home/a/s.db", "/homes/s.db", "/home/local/s.db", "/mnt/my share/s.db", "/var/s.db")

    kinds = [file_system_of(Path(place).parent, mounts) for place in places]

    assert ["nfs4", "ext4", "xfs", "cifs", "ext4"] == kinds
    assert [True, False, False, True, False] == [kind in NETWORK_FILE_SYSTEMS for kind in kinds]
    assert "" == file_system_of(Path("/var"), "")


@pytest.mark.slow
def test_a_service_that_is_down_and_comes_up_again_is_waited_for(desk):
    """
    Nobody listens for a while: no course is lost, and nothing was sent meanwhile.
    """
    desk.write_sheet(10)
    desk.serve()
    port = desk.url.rsplit(":", 1)[1]
    desk.close()
    early = desk.publish("--attempts", "50")
    early.wait_for("notsent")

    desk.serve("--port", port)

    assert 0 == early.wait()
    assert ["published"] * 10 == desk.outcomes()
    assert not desk.stats()["published_twice"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("faults", "outcome", "code"),
    [
        ('[[fault]]\nkind = "half_open"\ntimes = 5\n', "published", 0),
        ('[[fault]]\nkind = "timeout_before"\non = "any"\n', "unknown", 3),
        ('[[fault]]\nkind = "slow_body"\nseconds = 30\n', "published", 0),
    ],
)
def test_slow_and_half_open_connections_are_never_an_unread_second_call(desk, faults, outcome, code):
    """
    With mails on: what had no answer is read before it is sent again, and stays unknown where nothing answers.
    """
    desk.write_sheet(10)
    desk.serve(faults=faults)

    done = desk.publish("--notify", "all", "--verify", "never", "--attempts", "2")

    assert code == done.wait(), done.last()
    assert {outcome} == set(desk.outcomes())
    assert ([], []) == tuple(desk.stats()[name] for name in ("published_twice", "mailed_twice"))
    assert 10 >= desk.stats()["arrivals"]["publish"]


@pytest.mark.slow
def test_a_sheet_that_needs_more_memory_than_there_is_is_refused(desk):
    """
    A file of 200 MB under a limit of 100 MB: a sentence, no traceback, nothing sent. 65 where the reader met it, else 74.
    """
    with (desk.folder / "a.csv").open("wb") as file:
        file.write(b"Course ID\n")
        for _ in range(200):
            file.write(b"478346000019580117\n" * 52_000)

    done = desk.publish(environ=DOWN, limits={"AS": 100 * 1024 * 1024})

    assert done.wait() in (65, 74), done.stderr.read_text()
    assert "Traceback" not in done.stderr.read_text()
    assert "memory" in done.last()["error.message"]


def test_a_row_that_the_journal_lost_is_a_bug_and_the_report_is_written_all_the_same(desk):
    """
    Rows in = rows out: 70 and a sentence that names the row, with the rows that are left in the report.
    """
    desk.write_sheet(3)
    assert 4 == desk.publish("--expect", "2", environ=DOWN).wait()
    with contextlib.closing(sqlite3.connect(desk.folder / "s.db")) as state, state:
        state.execute("DELETE FROM rows WHERE position = 2")

    done = desk.start("report", "--state", "s.db", "--report", "json", "--out", "again")

    assert 70 == done.wait()
    assert "The rows at 2 have no outcome." in done.stderr.read_text()
    assert 2 == len(desk.rows("again"))


@pytest.mark.slow
def test_a_log_file_and_an_output_without_room_are_no_bug(desk):
    """
    The run ends as it would; the other log says that the file is not whole. What was only to be printed ends with 74.
    """
    desk.write_sheet(2)
    desk.serve()

    done = desk.publish("--log-file", "/dev/full")
    code = done.wait()
    listed = desk.run_in_shell("batchpub runs --state s.db > /dev/full")
    full = desk.run_in_shell("batchpub publish a.csv --state s.db --json > /dev/full")
    blind = desk.run_in_shell("batchpub publish a.csv --state s.db --report json --out blind 2>&- >&-")

    assert (0, 74, 74, 0) == (code, listed.returncode, full.returncode, blind.returncode)
    assert 1 == full.stderr.count(b'"run.finished"')
    assert b"a bug" not in full.stderr
    assert 1 == len(told(done, "log.unwritable"))
    assert "run.finished" == done.last()["event.action"]
    assert b"cannot be written" in listed.stderr
    assert ["already_published"] * 2 == desk.outcomes("blind")


def test_a_database_of_another_program_is_left_alone(desk):
    """
    Named as the state by mistake: refused, with one of its tables named, and nothing is made in it.
    """
    desk.write_sheet(3)
    desk.serve()
    with contextlib.closing(sqlite3.connect(desk.folder / "theirs.db")) as theirs:
        theirs.execute("CREATE TABLE bookmarks (url TEXT)")
    before = (desk.folder / "theirs.db").read_bytes()

    run = desk.publish(state="theirs.db")

    assert 78 == run.wait()
    assert "is a database of another program: it has the tables bookmarks." in run.last()["error.message"]
    assert before == (desk.folder / "theirs.db").read_bytes()
