"""The laws of retry, runs and report: what is left is done, from whatever results there are."""

import contextlib
import json
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from support.waiting import wait_until

PATIENT = {"BATCHPUB_TOTAL_TIMEOUT": "30", "BATCHPUB_LEASE": "40"}  # no call is given up, however busy the machine
ALL = ("--report", "csv", "--report", "xlsx")
FILES = ("results.csv", "results.xlsx", "run_results.json")


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_retry_does_what_is_left_and_chains_without_the_state(desk, file):
    """
    404 twice, then mended: the retry of the retry, each with a state that knows nothing, publishes what is left; then 0.
    """
    ids = desk.write_sheet(6)
    desk.serve(faults=f'[[fault]]\nkind = "404"\ncourse = ["{ids[1]}", "{ids[4]}"]\ntimes = 3\n')

    codes = [desk.publish(*ALL).wait()]
    for before, after in (("out", "two"), ("two", "three"), ("three", "four")):
        again = desk.publish(*ALL, sheet=f"{before}/{file}", out=after, state=f"{after}.db", command="retry")
        codes.append(again.wait())

    assert [1, 1, 0, 0] == codes
    assert ["already_published"] * 6 == desk.outcomes("four")
    assert ids == [row["course_id"] for row in desk.rows("four")]
    told = desk.stats()
    assert ([], 6, 9) == (told["published_twice"], told["published"], told["arrivals"]["publish"])


@pytest.mark.slow
def test_again_all_is_continued_from_the_runs_own_results(desk):
    """
    Stopped in the middle of --again all: the command in run.finished publishes the other half, and no course thrice.
    """
    desk.write_sheet(40)
    desk.serve(faults='[[fault]]\nkind = "throttle"\nnth = 50\nlock = false\n')
    assert 0 == desk.publish().wait()
    stopped = desk.publish("--again", "all", "--lock", "3", "--max-duration", "2s", out="two")
    assert 75 == stopped.wait()
    half = desk.outcomes("two").count("published")
    command = stopped.last()["batchpub.resume_command"].replace("--max-duration 2s", "--max-duration 60s")

    done = desk.run_in_shell(command)

    assert (0, True) == (done.returncode, 0 < half < 40)
    assert {"already_published": half, "published": 40 - half} == {
        outcome: desk.outcomes("two").count(outcome) for outcome in ("already_published", "published")
    }
    assert {2} == {course["published"] for course in desk.stats()["courses"].values()}


@pytest.mark.slow
def test_again_is_continued_from_the_state_where_its_reports_could_not_be_written(desk):
    """
    Something takes the place of the results while the run goes on: the command in run.finished writes them first.
    """
    desk.write_sheet(4)
    desk.serve(faults='[[fault]]\nkind = "slow_body"\nseconds = 36\n')
    assert 0 == desk.publish().wait()
    stopped = desk.publish("--again", "all", "--max-calls", "2")
    stopped.wait_for("run.started")
    (desk.folder / "out" / "run_results.json").mkdir()
    code, last = stopped.wait(), stopped.last()
    (desk.folder / "out" / "run_results.json").rmdir()

    done = desk.run_in_shell(last["batchpub.resume_command"].replace("--max-calls 2", "--max-calls 9"))

    assert (74, 0) == (code, done.returncode), done.stderr
    assert "run_results.json cannot be written" in last["error.message"]
    assert {2} == {course["published"] for course in desk.stats()["courses"].values()}


@pytest.mark.slow
@pytest.mark.parametrize(("folder", "code"), [("out", 0), (".", 66)])
def test_a_runs_folder_stands_for_the_results_in_it(desk, folder, code):
    """
    The best of them is read; where there is none, nothing is sent.
    """
    desk.write_sheet(2)
    desk.serve()
    assert 0 == desk.publish(*ALL).wait()

    again = desk.publish(sheet=folder, out="two", state="two.db", command="retry")

    assert code == again.wait(), again.last()
    assert 2 == desk.stats()["arrivals"]["publish"]


def test_a_vain_again_does_not_forget_that_it_was_published(desk):
    """
    Refused when it was published once more: the next run without --again leaves it alone, and says who published it.
    """
    ids = desk.write_sheet(1)
    desk.serve(faults='[[fault]]\nkind = "404"\nnth = 2\n')
    first = desk.publish()

    codes = [first.wait(), desk.publish("--again", ids[0]).wait(), desk.publish().wait()]

    assert [0, 1, 0] == codes
    assert ["already_published"] == desk.outcomes()
    assert f"Published by run {first.events()[0]['batchpub.run']} on " in desk.rows()[0]["message"]
    assert 2 == desk.stats()["arrivals"]["publish"]


@pytest.mark.slow
def test_a_first_run_that_could_not_begin_leaves_a_state_that_is_still_new(desk):
    """
    A wrong token first: the run after it reads each course before it mails; the one after that has no need to.
    """
    desk.write_sheet(3)
    desk.serve(faults='[[fault]]\nkind = "token_invalid"\nnth = 1\non = "read"\n')
    states = []
    for sheet, first in (("a.csv", 0), ("a.csv", 0), ("b.csv", 10)):
        desk.write_sheet(3, name=sheet, first=first)
        run = desk.publish("--notify", "all", sheet=sheet, environ=PATIENT)
        states.append((run.wait(), any(e["event.action"] == "state.new" for e in run.events())))

    assert [(77, True), (0, True), (0, False)] == states
    assert 3 <= desk.stats()["arrivals"]["read"] <= 11
    assert not desk.stats()["mailed_twice"]


@pytest.mark.slow
def test_runs_lists_them_and_forgets_old_sheets_but_not_what_is_published(desk):
    """
    --json says how each ended; --delete-older-than forgets finished old runs, and no run that may still be going on.
    """
    desk.write_sheet(2)
    desk.serve()
    desk.publish().wait()
    desk.write_sheet(2, name="b.csv", first=5)
    desk.publish("--expect", "9", sheet="b.csv").wait()
    listed = desk.start("runs", "--state", "s.db", "--json")
    listed.wait()
    runs = json.loads(listed.stdout.read_text())["runs"]
    long_ago = (datetime.now(tz=UTC) - timedelta(days=100)).isoformat()
    with contextlib.closing(sqlite3.connect(desk.folder / "s.db")) as state, state:
        state.execute("UPDATE runs SET started_on = ?, finished_on = ? WHERE exit_code = 0", (long_ago, long_ago))
        state.execute("UPDATE runs SET finished_on = NULL, exit_code = NULL WHERE exit_code = 4")

    forgets = desk.start("runs", "--state", "s.db", "--json", "--delete-older-than", "0d")
    forgets.wait()
    left = json.loads(forgets.stdout.read_text())
    again = desk.publish()

    assert [(4, {"not_attempted": 2}), (0, {"published": 2})] == [(one["exit_code"], one["totals"]) for one in runs]
    assert (1, [runs[0]["run"]]) == (left["forgotten"], [one["run"] for one in left["runs"]])
    assert (0, ["already_published"] * 2) == (again.wait(), desk.outcomes())
    assert 2 == desk.stats()["arrivals"]["publish"]


@pytest.mark.slow
def test_what_was_unknown_stays_unknown_through_a_retry_that_is_stopped(desk):
    """
    The first run's answer is lost and it is killed; a stopped retry must not make "not attempted" of it, for the retry
    of that one, with no state, would mail without reading.
    """
    desk.write_sheet(1)
    desk.serve(faults='[[fault]]\nkind = "timeout_after"\n')
    first = desk.publish(
        "--notify", "all", "--verify", "never", environ={"BATCHPUB_TOTAL_TIMEOUT": "20", "BATCHPUB_LEASE": "21"}
    )
    wait_until(lambda: desk.stats()["published"], "a course is published", alive=first.is_alive)
    first.send(9)
    first.wait()
    desk.start("report", "--state", "s.db", "--report", "json", "--out", "out").wait()
    assert ["unknown"] == desk.outcomes()

    mails = ("--notify", "all", "--verify", "never")
    for folder, before in (("two", "out"), ("three", "two")):
        stopped = desk.publish(
            *mails, "--max-duration", "0.2s", sheet=f"{before}/run_results.json", out=folder, state=f"{folder}.db", command="retry"
        )  # fmt: skip
        assert (75, ["unknown"]) == (stopped.wait(), desk.outcomes(folder))
    last = desk.publish(*mails, sheet="three/run_results.json", out="four", state="4.db", command="retry")

    assert (0, ["already_published"]) == (last.wait(), desk.outcomes("four"))
    assert 1 == desk.stats()["arrivals"]["publish"]


@pytest.mark.slow
def test_a_number_of_days_that_is_none_is_refused_and_forgets_nothing(desk):
    """
    Neither a word nor an age beyond the calendar: 2, a sentence, and the run is still there.
    """
    desk.write_sheet(1)
    assert 4 == desk.publish("--expect", "2", environ={"BATCHPUB_API_URL": "http://127.0.0.1:9"}).wait()

    told = [desk.start("runs", "--state", "s.db", "--delete-older-than", days) for days in ("-1", "9d9", "9" * 8)]
    codes = [one.wait() for one in told]
    left = desk.start("runs", "--state", "s.db", "--json")

    assert [2, 2, 2] == codes
    assert all("is no number of days" in one.stderr.read_text() for one in told)
    assert 0 == left.wait()
    assert 1 == len(json.loads(left.stdout.read_text())["runs"])
