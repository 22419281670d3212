"""The whole program as a process, against the sandbox over real HTTP."""

import csv
import json
import signal
import time
from pathlib import Path

import pytest
from support.sandbox_process import stats

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "jobs" / "example" / "courses.xlsx"
CANARY = "canary-5f1c9e"
FAST = ("--period", "1", "--lock", "2", "--guard", "0.05", "--settle", "1", "--report", "json", "--report", "csv")
NO_SCOPE = '[[fault]]\nkind = "error"\ncode = "INVALID_OAUTHSCOPE"\nstatus = 403\non = "read"\n'


@pytest.fixture
def batchpub(fork_server):
    """Run the program to its end; keywords are variables of its environment."""
    return lambda *arguments, cwd, **environ: fork_server.call(*arguments, cwd=cwd, environ=environ)


def events(stderr):
    return [json.loads(line) for line in stderr.splitlines()]


def rows_of(folder):
    return json.loads((folder / "run_results.json").read_text())["rows"]


@pytest.fixture
def service(fork_server):
    """A sandbox as a process of its own, with its minute in one second."""
    with fork_server.sandbox("--speed", "60", "--latency", "0-3", "--limit", "30") as url:
        yield url


def write_sheet(path, ids):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["Course ID", "Course Name"], *([i, f"Course {i}"] for i in ids)])


def ids(number):
    return [str(478346000019580117 + n * 137) for n in range(number)]


@pytest.mark.parametrize("speed", [pytest.param(60, marks=pytest.mark.slow), 400])
def test_the_readmes_first_line_publishes_the_example(batchpub, tmp_path, speed):
    """
    Every row of the example has the outcome a person expects, in one lock and without a call too many.
    """
    done = batchpub("publish", EXAMPLE, "--sandbox", "--speed", speed, "--out", "out", cwd=tmp_path)
    last = events(done.stderr)[-1]

    assert "run.finished" == last["event.action"]
    counts = {k: v for k, v in last["batchpub.counts"].items() if v}
    assert {"published": 39, "refused": 1, "invalid": 2, "duplicate": 1, "skipped": 2} == counts
    assert 1 == done.returncode
    assert done.stdout.startswith("Sandbox, nothing was really published. 39 of 45 rows are published; ")
    told = next(e for e in events(done.stderr) if e["event.action"] == "sandbox.stopped")
    assert told["batchpub.largest_window"] <= 30
    assert (1, 0, 0) == tuple(told[f"batchpub.{k}"] for k in ("locks", "sent_after_refusal", "published_twice"))
    assert {"results.csv", "results.xlsx", "report.html", "junit.xml", "run_results.json", "staff", "inputs"} == {
        path.name for path in (tmp_path / "out").iterdir()
    }


def test_the_same_command_again_sends_nothing(batchpub, tmp_path, service):
    """
    What an earlier run published is already_published, and the service never hears of it again.
    """
    write_sheet(tmp_path / "a.csv", ids(20))
    run = ("publish", "a.csv", "--state", "s.db", *FAST, "--out")
    access = {"BATCHPUB_API_URL": service, "BATCHPUB_ACCESS_TOKEN": CANARY}

    first = batchpub(*run, "one", cwd=tmp_path, **access)
    second = batchpub(*run, "two", cwd=tmp_path, **access)

    assert (0, 0) == (first.returncode, second.returncode)
    assert {"published"} == {row["outcome"] for row in rows_of(tmp_path / "one")}
    assert {"already_published"} == {row["outcome"] for row in rows_of(tmp_path / "two")}
    assert 20 == stats(service)["arrivals"]["publish"]
    written = [
        first.stderr,
        second.stderr,
        *(p.read_bytes().decode("latin-1") for p in tmp_path.rglob("*.*") if p.is_file()),
    ]
    assert not [text for text in written if CANARY in text]


def test_killed_and_stopped_runs_publish_each_course_once(batchpub, fork_server, tmp_path, service):
    """
    kill -9 and SIGTERM at any moment: the next run finishes, nothing is published twice, nothing is lost.
    """
    write_sheet(tmp_path / "a.csv", ids(120))
    command = ("publish", "a.csv", "--state", "s.db", *FAST)
    environ = {"BATCHPUB_API_URL": service, "BATCHPUB_ACCESS_TOKEN": CANARY, "BATCHPUB_LEASE": "3"}
    environ |= {"BATCHPUB_TOTAL_TIMEOUT": "2", "BATCHPUB_CONNECT_TIMEOUT": "1"}
    codes = []
    for number, sign in enumerate([signal.SIGKILL, signal.SIGTERM, signal.SIGKILL]):
        running = fork_server.start(*command, "--out", f"out{number}", cwd=tmp_path, environ=environ)
        running.wait_for("call.answered")
        time.sleep(0.1 + number * 0.17)
        running.send(sign)
        codes.append(running.wait(20))

    last = batchpub(*command, "--out", "last", cwd=tmp_path, **environ)
    told = stats(service)

    assert [-9, 143, -9] == codes
    assert 0 == last.returncode
    assert {"published", "already_published"} >= {row["outcome"] for row in rows_of(tmp_path / "last")}
    assert 120 == len(rows_of(tmp_path / "last"))
    assert ([], 120) == (told["published_twice"], len(told["courses"]))
    assert told["largest_window"] <= 30
    assert 0 == told["without_notify"]


def test_check_tells_what_publish_would_do_and_sends_nothing(batchpub, tmp_path):
    """
    check --json gives every row its outcome and an estimate; a refused file has exit code 65.
    """
    (tmp_path / "page.csv").write_text("<!DOCTYPE html><html><body>Sign in</body></html>")

    good = batchpub("check", EXAMPLE, "--json", "--state", "none.db", cwd=tmp_path)
    bad = batchpub("check", "page.csv", "--json", cwd=tmp_path)

    told = json.loads(good.stdout)
    assert (1, 40, 61.0) == (good.returncode, told["to_publish"], told["eta_seconds"])
    assert 45 == len(told["rows"])
    assert 65 == bad.returncode
    assert {"schema_version", "error", "refused"} == set(json.loads(bad.stdout))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("publish", "missing.csv"), 66),
        (("publish", str(EXAMPLE)), 78),
        (("publish", str(EXAMPLE), "--rate", "0"), 78),
        (("publish", str(EXAMPLE), "--sandbox", "--expect", "7"), 4),
        (("publish", str(EXAMPLE), "--sandbox", "--strict"), 4),
        (("publish", str(EXAMPLE), "--nonsense"), 2),
        (("publish", str(EXAMPLE), "--speed", "2"), 2),
        (("report", "--state", "nowhere.db"), 78),
        (("--version",), 0),
    ],
)
def test_every_way_to_get_it_wrong_has_its_exit_code_and_no_traceback(batchpub, tmp_path, arguments, code):
    """
    Wrong input ends in the documented code, with a sentence and never a traceback.
    """
    done = batchpub(*arguments, cwd=tmp_path)

    assert code == done.returncode
    assert "Traceback" not in done.stderr


def test_zoho_unreachable_is_69_and_no_row_is_lost(batchpub, tmp_path):
    """
    Nobody listening ends in 69, with every row in the report.
    """
    write_sheet(tmp_path / "a.csv", ids(3))
    run = ("publish", "a.csv", *FAST, "--attempts", "2", "--verify", "never")

    down = batchpub(
        *run,
        "--out",
        "o",
        "--state",
        "1.db",
        cwd=tmp_path,
        BATCHPUB_API_URL="http://127.0.0.1:9",
        BATCHPUB_ACCESS_TOKEN="1000.x",
    )

    assert 69 == down.returncode
    assert 3 == len(rows_of(tmp_path / "o"))


def test_retry_without_the_state_never_publishes_what_the_results_call_published(batchpub, tmp_path, service):
    """
    A duplicate of a published row does not come alive when only the results file is left.
    """
    write_sheet(tmp_path / "a.csv", [*ids(2), *ids(1)])
    access = {"BATCHPUB_API_URL": service, "BATCHPUB_ACCESS_TOKEN": CANARY}
    batchpub("publish", "a.csv", *FAST, "--state", "1.db", "--out", "one", cwd=tmp_path, **access)

    again = batchpub("retry", "one/results.csv", *FAST, "--state", "2.db", "--out", "two", cwd=tmp_path, **access)

    assert 0 == again.returncode
    assert ["already_published", "already_published", "already_published"] == [
        r["outcome"] for r in rows_of(tmp_path / "two")
    ]
    assert 2 == stats(service)["arrivals"]["publish"]


def test_retry_sends_an_unknown_course_with_mails_only_on_evidence(batchpub, tmp_path):
    """
    Sent before, outcome unknown, state not to be read: it stays unknown, and nobody is mailed again.
    """
    write_sheet(tmp_path / "a.csv", ids(1))
    (tmp_path / "faults.toml").write_text(NO_SCOPE)
    rehearse = ("--sandbox", "--speed", "60", "--notify", "all", "--report", "json")
    batchpub("publish", "a.csv", *rehearse, "--out", "one", cwd=tmp_path)
    results = tmp_path / "one" / "run_results.json"
    told = json.loads(results.read_text())
    told["rows"][0]["outcome"] = "unknown"
    results.write_text(json.dumps(told))

    again = batchpub("retry", results, *rehearse, "--out", "two", "--sandbox-faults", "faults.toml", cwd=tmp_path)
    stopped = next(e for e in events(again.stderr) if e["event.action"] == "sandbox.stopped")

    assert 3 == again.returncode
    assert ["unknown"] == [row["outcome"] for row in rows_of(tmp_path / "two")]
    assert 0 == stopped["batchpub.arrivals"]["publish"]


def test_a_damaged_state_is_named_as_such(batchpub, tmp_path):
    """
    A file that is no database ends in 74 with the remedy for that, not with advice about a full disk.
    """
    write_sheet(tmp_path / "a.csv", ids(1))
    (tmp_path / "s.db").write_bytes(b"no database at all" * 400)

    done = batchpub("publish", "a.csv", "--state", "s.db", cwd=tmp_path, BATCHPUB_ACCESS_TOKEN=CANARY)

    assert 74 == done.returncode
    assert "is damaged, or no state of batchpub" in events(done.stderr)[-1]["error.message"]


def test_the_environment_sets_the_speed_of_a_rehearsal(batchpub, tmp_path):
    """
    BATCHPUB_SPEED says the same as --speed.
    """
    write_sheet(tmp_path / "a.csv", ids(1))

    done = batchpub("publish", "a.csv", "--sandbox", "--report", "json", cwd=tmp_path, BATCHPUB_SPEED="60")

    assert 60 == next(e for e in events(done.stderr) if e["event.action"] == "sandbox.started")["batchpub.speed"]
