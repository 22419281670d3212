"""Many real processes on one PostgreSQL: one budget, one journal, whoever dies, stands still or goes away."""

import os
import signal
import time
from pathlib import Path

import pytest
from support.waiting import wait_until

MAILS = ("--notify", "all", "--verify", "never")
CANARY = "canary-of-the-state"


def arrivals(desk):
    return desk.stats()["arrivals"].get("publish", 0)


def wait_for_arrivals(desk, number):
    wait_until(lambda: arrivals(desk) >= number, f"{number} calls arrive", seconds=60)


def check_everything_once(desk, number):
    told = desk.stats()
    assert ([], [], number) == (told["published_twice"], told["mailed_twice"], told["published"])
    assert told["largest_window"] <= 30
    assert 0 == told["locks"]


@pytest.mark.slow
def test_eight_processes_share_one_sheet_though_three_die_and_one_stands_still(desk, server):
    """
    Never above the limit, no course twice; the rest finish all, and the frozen one sends nothing when it wakes.
    """
    ids = desk.write_sheet(250)
    desk.serve()
    state = server.make_database()
    runs = [desk.publish(*MAILS, out=f"out{number}", state=state) for number in range(8)]
    wait_for_arrivals(desk, 60)

    for run in runs[:3]:
        run.send(signal.SIGKILL)
    runs[3].send(signal.SIGSTOP)
    codes = [run.wait(90) for run in runs[4:]]
    os.kill(runs[3].pid, signal.SIGCONT)
    codes.append(runs[3].wait(90))

    assert [0] * 5 == codes
    check_everything_once(desk, 250)
    for number in range(3, 8):
        assert ids == [row["course_id"] for row in desk.rows(f"out{number}")]
        assert {"published", "already_published"} >= set(desk.outcomes(f"out{number}"))


@pytest.mark.slow
def test_processes_with_sheets_of_their_own_share_one_budget(desk, server):
    """
    Three sheets of one portal: no window of any process's making has more than 30 calls.
    """
    state = server.make_database()
    desk.serve("--latency", "0-4")
    runs = []
    for number in range(3):
        desk.write_sheet(50, name=f"{number}.csv", first=100 * number)
        runs.append(desk.publish(out=str(number), sheet=f"{number}.csv", state=state))

    assert [0, 0, 0] == [run.wait() for run in runs]
    check_everything_once(desk, 150)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT])
def test_a_restart_of_the_database_stops_the_calls_and_nothing_else(desk, number, own_server):
    """
    Shut down or crashed in the middle: nothing is sent while it is away, no answer is lost, and the runs go on.
    """
    desk.write_sheet(120)
    desk.serve()
    state = own_server.make_database()
    runs = [desk.publish(*MAILS, out=f"out{n}", state=state) for n in range(2)]
    wait_for_arrivals(desk, 40)

    own_server.stop(number)
    time.sleep(1)
    before = arrivals(desk)
    time.sleep(2)
    during = arrivals(desk)
    own_server.start()
    codes = [run.wait(90) for run in runs]

    assert before == during < 120
    assert [0, 0] == codes
    check_everything_once(desk, 120)
    assert any("state.waiting" in run.stderr.read_text() for run in runs)
    assert any("state.back" in run.stderr.read_text() for run in runs)


@pytest.mark.slow
def test_a_database_that_stays_away_ends_the_run_with_74_and_every_outcome_is_in_the_log(desk, own_server):
    """
    After the bounded wait: what was answered meanwhile is in the log though the journal never heard of it, the next run
    finds it out, and nothing is sent twice.
    """
    desk.write_sheet(60)
    desk.serve(faults='[[fault]]\nkind = "slow_body"\nseconds = 48\n')  # 0.8 s of ours: all are under way when it goes
    state = own_server.make_database()
    run = desk.publish(*MAILS, state=state)
    wait_for_arrivals(desk, 8)
    own_server.stop()
    code = run.wait(120)
    answered = [event["batchpub.course_id"] for event in run.events() if event["event.action"] == "call.answered"]
    published = desk.stats()["published"]
    own_server.start()
    again = desk.publish(*MAILS, state=state, out="again")
    second = again.wait(90)

    assert (74, published) == (code, len(set(answered)))
    assert "what was sent is in the log" in run.last()["error.message"]
    assert 0 == second
    check_everything_once(desk, 60)


@pytest.mark.slow
def test_the_urls_password_leaves_no_trace(desk, server):
    """
    Neither in the log at its loudest, nor in reports, nor in the process list; by BATCHPUB_STATE_FILE, too.
    """
    desk.write_sheet(5)
    desk.serve()
    url = server.make_database().replace("postgres@", f"postgres:{CANARY}@")
    (desk.folder / "url").write_text(url + "\n")
    seen = []
    for out, environ in (("one", {"BATCHPUB_STATE": url}), ("two", {"BATCHPUB_STATE_FILE": "url"})):
        run = desk.start("publish", "a.csv", "--out", out, "--period", "1", "--settle", "0.5", "-v", environ=environ)
        run.wait_for("run.started")
        seen.append(Path(f"/proc/{run.pid}/cmdline").read_bytes())
        assert 0 == run.wait()
        told = [path.read_bytes() for path in desk.folder.rglob("*") if path.is_file() and path.name != "url"]
        seen += [run.stderr.read_bytes(), run.stdout.read_bytes(), *told]

    assert [] == [text for text in seen if CANARY.encode() in text]
    assert [5, 5] == [len(desk.rows(out)) for out in ("one", "two")]


@pytest.mark.slow
def test_a_course_that_is_refused_is_sent_once_by_all_processes_together(desk, server):
    """
    Three processes on one sheet: each reports the refusal, with what was said and who asked, and one of them asked.
    """
    ids = desk.write_sheet(120)
    no = ids[100::4]
    desk.serve(faults=f'[[fault]]\nkind = "404"\ncourse = {no}\n'.replace("'", '"'))
    state = server.make_database()

    runs = [desk.publish(out=f"out{number}", state=state) for number in range(3)]

    assert [1, 1, 1] == [run.wait() for run in runs]
    assert (120, 115) == (arrivals(desk), desk.stats()["published"])
    for number in range(3):
        refused = [row for row in desk.rows(f"out{number}") if row["outcome"] == "refused"]
        assert no == [row["course_id"] for row in refused]
        assert {404} == {row["http_status"] for row in refused}
