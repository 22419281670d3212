"""The laws of stopping, with real processes: anywhere, at once, in order, and to be continued."""

import shlex
import signal
import socket
import time
from contextlib import contextmanager

import pytest

SLOW = '[[fault]]\nkind = "slow_body"\nseconds = 36\n'  # 0.6 s of ours
SILENT = '[[fault]]\nkind = "timeout_before"\nnth = 3\n'
LOCKED = '[[fault]]\nkind = "throttle"\nnth = 10\nlock = false\n'
REFRESH = {
    "BATCHPUB_CLIENT_ID": "1000.client",
    "BATCHPUB_CLIENT_SECRET": "client-secret",
    "BATCHPUB_REFRESH_TOKEN": "1000.refresh",
}


@contextmanager
def silent_host():
    """A host that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def reasons(desk):
    return {row["message"] for row in desk.rows() if row["outcome"] == "not_attempted"}


@pytest.mark.slow
def test_a_run_stops_in_a_lock_at_once_and_its_last_event_continues_it(desk):
    """
    SIGTERM in the middle of a lock ends the run, not the lock; the command in run.finished, run by sh, does the rest.
    """
    desk.write_sheet(40)
    desk.serve(faults=LOCKED)
    running = desk.publish("--lock", "8")
    running.wait_for("portal.locked")

    asked = time.monotonic()
    running.send(signal.SIGTERM)
    code, took, stopped, why = running.wait(), time.monotonic() - asked, desk.outcomes(), reasons(desk)
    continued = desk.run_in_shell(running.last()["batchpub.resume_command"])

    assert (143, 40, True) == (code, len(stopped), took < 7)
    assert {"published", "not_attempted"} == set(stopped)
    assert {"Stopped by SIGTERM. Run the same command again."} == why
    assert (0, 40) == (continued.returncode, len(desk.rows()))
    assert {"already_published", "published"} == set(desk.outcomes())
    assert ([], 40) == (desk.stats()["published_twice"], desk.stats()["published"])


@pytest.mark.slow
def test_calls_in_flight_are_awaited_and_another_signal_meanwhile_is_ignored(desk):
    """
    SIGINT, then SIGTERM while the answers are still dripping in: the run ends as interrupted, knowing every answer.
    """
    desk.write_sheet(40)
    desk.serve(faults=SLOW.replace("36", "120"))
    # They are awaited, however slow.
    running = desk.publish(environ={"BATCHPUB_TOTAL_TIMEOUT": "60", "BATCHPUB_LEASE": "70"})
    desk.wait_for_calls(8, of=running)

    running.send(signal.SIGINT)
    running.wait_for("run.stopping")
    running.send(signal.SIGTERM)
    code = running.wait()

    called = desk.stats()["arrivals"]["publish"]
    assert (130, True) == (code, 8 <= called < 40)
    assert [called, 40 - called] == [desk.outcomes().count(outcome) for outcome in ("published", "not_attempted")]


@pytest.mark.slow
def test_the_same_signal_twice_ends_at_once_and_the_journal_is_right(desk):
    """
    The second SIGTERM does not wait for a call without an answer; the next run reads that course before it sends it.
    """
    desk.write_sheet(5)
    desk.serve(faults=SILENT)
    running = desk.publish("--notify", "all", environ={"BATCHPUB_TOTAL_TIMEOUT": "30", "BATCHPUB_LEASE": "31"})
    desk.wait_for_calls(5, of=running)
    time.sleep(0.2)

    asked = time.monotonic()
    running.send(signal.SIGTERM)
    running.wait_for("run.stopping")
    running.send(signal.SIGTERM)
    code, took = running.wait(), time.monotonic() - asked
    written = desk.start("report", "--state", "s.db", "--report", "json", "--out", "again")

    assert (143, True) == (code, took < 2)
    assert 0 == written.wait()
    assert [4, 1] == [desk.outcomes("again").count(outcome) for outcome in ("published", "unknown")]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_wait_for_the_token_ends_with_the_run(desk, number):
    """
    A signal while nobody answers the token call: at once, with every row in the report.
    """
    desk.write_sheet(3)
    with silent_host() as url:
        del desk.environ["BATCHPUB_ACCESS_TOKEN"]
        running = desk.publish(environ={**REFRESH, "BATCHPUB_API_URL": url, "BATCHPUB_ACCOUNTS_URL": url})
        running.wait_for("run.planned")
        time.sleep(0.1)

        asked = time.monotonic()
        running.send(number)
        code, took = running.wait(), time.monotonic() - asked

    assert (128 + number, True) == (code, took < 1)
    assert ["not_attempted"] * 3 == desk.outcomes()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_sheets_are_read_ends_at_once_with_a_last_event(desk, number):
    """
    Before anything is sent there is nothing to drain.
    """
    desk.write_sheet(20_000)
    running = desk.publish("--max-rows", "20000", environ={"BATCHPUB_API_URL": "http://127.0.0.1:9"})
    time.sleep(0.15)

    running.send(number)

    assert 128 + number == running.wait()
    assert "run.finished" == running.last()["event.action"]
    assert 128 + number == running.last()["batchpub.exit_code"]


@pytest.mark.slow
def test_a_lock_longer_than_the_deadline_is_not_waited_for(desk):
    """
    Exit 75 at once rather than at the deadline, also in the next run, which finds the lock in the state.
    """
    desk.write_sheet(20)
    desk.serve(faults=LOCKED)

    first = desk.publish("--lock", "600", "--max-duration", "30s")
    second = desk.publish("--lock", "600", "--max-duration", "30s") if first.wait(20) == 75 else None

    assert 75 == second.wait(20)
    assert reasons(desk)
    assert all("left. See --max-duration." in reason for reason in reasons(desk))


def late(*values):
    return pytest.param(*values, marks=pytest.mark.slow)


@pytest.mark.parametrize(
    ("flags", "environ", "faults", "code", "why"),
    [
        (("--expect", "7"), {}, "", 4, "--expect 7, but the sheets have 20 courses to publish."),
        ((), REFRESH, '[[fault]]\nkind = "invalid_code"\non = "token"\n', 77, "Zoho refuses"),
        late(("--max-duration", "0.1s"), {}, SLOW, 75, "The time of the run (0.1 s) is over. See --max-duration."),
        late((), {}, '[[fault]]\nkind = "scope"\n', 77, "Zoho denies access"),
        late((), {}, '[[fault]]\nkind = "403"\n', 77, "three times in a row"),
        late((), {}, '[[fault]]\nkind = "quota"\nnth = 3\n', 75, "daily quota of calls is used up"),
        late(
            ("--max-failures", "10%"),
            {},
            '[[fault]]\nkind = "404"\n',
            4,
            "more than are allowed (2). See --max-failures.",
        ),
    ],
)
def test_every_way_to_stop_ends_in_its_code_and_a_report_of_every_row(desk, flags, environ, faults, code, why):
    """
    However it stops: each of 20 rows has one outcome, what never had its turn says why, and the journal knows the end.
    """
    desk.write_sheet(20)
    desk.serve(faults=faults)
    if environ:
        del desk.environ["BATCHPUB_ACCESS_TOKEN"]

    done = desk.publish(*flags, environ=environ)

    assert code == done.wait()
    assert 20 == len(desk.rows())
    assert why in done.last()["batchpub.stop_reason"]
    assert reasons(desk)
    assert all(why in reason for reason in reasons(desk))
    assert shlex.split(done.last()["batchpub.resume_command"])[1:3] == ["publish", "a.csv"]


@pytest.mark.slow
def test_a_job_that_ends_before_the_run_does_is_warned_of(desk):
    """
    GitLab says how long a job may take; a shorter --max-duration takes the warning away.
    """
    desk.write_sheet(61)
    desk.serve()

    runs = [
        desk.publish(*flags, out=f"out{n}", state=f"{n}.db", environ={"CI_JOB_TIMEOUT": "2"})
        for n, flags in enumerate(((), ("--max-duration", "1s")))
    ]
    codes = [run.wait() for run in runs]
    warned = [[e for e in run.events() if e["event.action"] == "run.too_long"] for run in runs]

    assert [0, 75] == codes
    assert [1, 0] == [len(events) for events in warned]
    assert 2 == warned[0][0]["batchpub.job_seconds"]
