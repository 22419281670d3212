"""`batchpub doctor` and `batchpub runs`: what an operator at night asks first."""

import contextlib
import json
import os
import socket
import sqlite3
import stat
from pathlib import Path

import pytest

COURSE = "478346000019582101"


@pytest.fixture
def batchpub(fork_server, tmp_path):
    def call(*arguments, **environ):
        return fork_server.call(*arguments, "--state", "s.db", cwd=tmp_path, environ=environ)

    return call


def lines(done):
    return {line["about"]: line for line in json.loads(done.stdout)["lines"]}


def test_without_credentials_the_doctor_says_so_at_once(batchpub):
    """
    No credentials is 78, with the variables to set; the state that is not there is no fault.
    """
    done = batchpub("doctor", "--json")

    told = lines(done)
    assert (78, "bad", "note") == (done.returncode, told["credentials"]["sign"], told["state"]["sign"])
    assert "BATCHPUB_REFRESH_TOKEN" in told["credentials"]["remedy"]


def test_where_all_is_well_every_line_is_good(batchpub, fork_server):
    """
    Credentials, access, reading, clock and state are looked at, and one reading is all that it costs.
    """
    with fork_server.sandbox() as url:
        environ = {"BATCHPUB_API_URL": url, "BATCHPUB_ACCOUNTS_URL": url, "BATCHPUB_ACCESS_TOKEN": "1000.canary"}
        first, again = batchpub("doctor", **environ), batchpub("doctor", "--json", **environ)

    told = lines(again)
    assert (0, 0) == (first.returncode, again.returncode), first.stderr
    assert first.stdout.endswith("Ready.\n")
    assert {"credentials", "data centre", "reading", "publishing", "clock", "state", "pace"} <= set(told)
    assert {"good"} == {told[about]["sign"] for about in ("credentials", "data centre", "reading", "clock", "state")}
    assert "1000.canary" not in first.stdout + first.stderr + again.stdout


def test_a_service_that_is_not_there_is_69_with_its_remedy(batchpub):
    """
    Nobody waits longer than ten seconds to hear that there is no answer.
    """
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]  # nobody listens there once it is closed
    environ = {"BATCHPUB_API_URL": f"http://127.0.0.1:{free}", "BATCHPUB_ACCESS_TOKEN": "1000.canary"}

    done = batchpub("doctor", "--json", **environ)

    assert (69, "bad") == (done.returncode, lines(done)["service"]["sign"])


def test_unlock_asks_and_is_logged(batchpub):
    """
    Nobody is here to be asked: without --yes nothing is forgotten; with it the log says so.
    """
    refused, done = batchpub("doctor", "--unlock"), batchpub("doctor", "--unlock", "--yes")

    assert (2, True) == (refused.returncode, "Add --yes" in refused.stderr)
    assert "portal.unlocked" in done.stderr


def test_a_state_of_an_older_version_is_left_as_it_is(batchpub, fork_server, tmp_path):
    """
    The next run brings it forward, as the line says: the doctor asks nothing that would be counted in it.
    """
    left = Path(__file__).parents[1] / "data" / "state" / "v0.1.0.sqlite.sql"
    with contextlib.closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        connection.executescript(left.read_text())
    before = (tmp_path / "s.db").read_bytes()
    with fork_server.sandbox() as url:
        environ = {"BATCHPUB_API_URL": url, "BATCHPUB_ACCOUNTS_URL": url, "BATCHPUB_ACCESS_TOKEN": "1000.canary"}
        first, again = (lines(batchpub("doctor", "--json", **environ)) for _ in range(2))

    assert "the next run brings it to" in first["state"]["told"]
    assert (before, "note") == ((tmp_path / "s.db").read_bytes(), first["reading"]["sign"])
    assert first["state"] == again["state"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_state_that_cannot_be_written_is_74(batchpub, tmp_path):
    """
    A state on a disk that nobody can write is read, and the remedy is to mount it writable.
    """
    batchpub("doctor", "--unlock", "--yes")
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)

    told = lines(batchpub("doctor", "--json"))

    assert "bad" == told["state"]["sign"]


def test_runs_are_a_table_and_one_can_be_looked_at(batchpub, tmp_path, fork_server):
    """
    When, how long, how it ended, how many, where, which files, which run; and RUN tells of one.
    """
    (tmp_path / "July courses.csv").write_text(f"Course ID,Course name\n{COURSE},Fire\n,Water\n")
    with fork_server.sandbox("--speed", "1000") as url:
        environ = {"BATCHPUB_API_URL": url, "BATCHPUB_ACCESS_TOKEN": "1000.canary"}
        batchpub("publish", "July courses.csv", "--out", "out", **environ)

    table, listed = batchpub("runs"), json.loads(batchpub("runs", "--json").stdout)["runs"]
    one = batchpub("runs", listed[0]["run"])
    heading, line = table.stdout.splitlines()

    assert heading.split()[:3] == ["Started", "(UTC)", "Took"]
    assert all(part in line for part in ("finished, 1", "1 of 2", "July courses.csv", listed[0]["run"]))
    assert ("finished", ["July courses.csv"]) == (listed[0]["state"], listed[0]["files"])
    assert one.stdout.startswith("1 of 2 rows is published; 1 needs attention: 1 invalid.\n")
    assert 2 == batchpub("runs", "nothing").returncode
