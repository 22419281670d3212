"""The laws of two runs on one state, with real processes: nobody publishes what another is publishing."""

import json
import os
import signal
import time

import pytest
from support import freezing

SLOW = '[[fault]]\nkind = "slow_body"\nseconds = 24\n'  # 0.4 s of ours


def freeze_one_of_two(desk, place):
    """Freeze a run at a place of its 20th call, have another do all the work, continue the first; give what was counted."""
    desk.write_sheet(60)
    desk.serve()
    flags = (
        "--notify",
        "all",
        "--verify",
        "never",
        "--settle",
        "2",
        "--workers",
        "1",
    )  # with more, one is always writing
    frozen = desk.publish(*flags, out="frozen", environ={freezing.VARIABLE: f"{place}:20"})
    freezing.wait_until_frozen(frozen)
    before = desk.stats()["published"]
    other = desk.publish(*flags, out="other")
    assert 0 == other.wait()

    os.kill(frozen.pid, signal.SIGCONT)

    assert (0, True) == (frozen.wait(), before < 60)
    return desk.stats()


@pytest.mark.slow
def test_two_runs_at_once_share_the_work_and_both_report_every_row(desk):
    """
    Each course is published by one of them; the other one's report says by whom.
    """
    ids = desk.write_sheet(60)
    desk.serve()

    both = [desk.publish("--notify", "all", "--verify", "never", out=out) for out in ("one", "two")]
    codes = [run.wait() for run in both]
    told = desk.stats()
    pairs = list(zip(desk.outcomes("one"), desk.outcomes("two"), strict=True))

    assert [0, 0] == codes
    assert ([], [], 60) == (told["published_twice"], told["mailed_twice"], told["published"])
    assert told["largest_window"] <= 30
    assert [ids, ids] == [[row["course_id"] for row in desk.rows(out)] for out in ("one", "two")]
    assert {("published", "already_published"), ("already_published", "published")} == set(pairs)
    assert all("Published by run " in row["message"] for out in ("one", "two") for row in desk.rows(out) if row["outcome"] == "already_published")  # fmt: skip


@pytest.mark.slow
def test_what_another_run_holds_is_not_attempted_when_this_one_stops(desk):
    """
    It names the run that is publishing it.
    """
    desk.write_sheet(8)
    desk.serve(faults=SLOW.replace("24", "120"))
    first = desk.publish(out="one", environ={"BATCHPUB_TOTAL_TIMEOUT": "5", "BATCHPUB_LEASE": "10"})
    desk.wait_for_calls(8, of=first)
    second = desk.publish(out="two")
    second.wait_for("run.planned")
    time.sleep(0.3)

    second.send(signal.SIGTERM)

    name = first.events()[0]["batchpub.run"]
    assert (143, 0) == (second.wait(), first.wait())
    assert all(
        row["message"].startswith(f"Being published by run {name}; its claim ends at ") for row in desk.rows("two")
    )
    assert (["published"] * 8, ["not_attempted"] * 8) == (desk.outcomes("one"), desk.outcomes("two"))


def test_a_dead_runs_claims_come_back_and_are_settled_before_they_are_sent(desk):
    """
    Killed with calls in flight: the next run waits until they cannot arrive any more, reads, and sends only drafts.
    """
    desk.write_sheet(8)
    desk.serve(
        faults='[[fault]]\nkind = "timeout_after"\nevery = 2\ntimes = 4\n[[fault]]\nkind = "timeout_before"\ntimes = 4\n'
    )
    first = desk.publish("--notify", "all", "--verify", "never")
    desk.wait_for_calls(8, of=first)
    first.send(signal.SIGKILL)
    first.wait()

    second = desk.publish("--notify", "all", "--verify", "never")

    assert 0 == second.wait()
    told = desk.stats()
    assert ([], [], 8) == (told["published_twice"], told["mailed_twice"], told["published"])
    assert [4, 4] == [desk.outcomes().count(outcome) for outcome in ("published", "already_published")]


@pytest.mark.slow
@pytest.mark.parametrize("place", [place for place in freezing.PLACES if place != "residue"])
def test_a_run_frozen_past_its_lease_sends_nothing_when_it_is_continued(desk, place):
    """
    SIGSTOP at any place of a call but one, another run does the work meanwhile, SIGCONT: no course is sent a second time.
    """
    told = freeze_one_of_two(desk, place)

    assert ([], [], 60) == (told["published_twice"], told["mailed_twice"], told["published"])
    assert told["largest_window"] <= 30
    assert {"published", "already_published"} >= set(desk.outcomes("frozen"))
    assert 60 == len(desk.rows("other"))


@pytest.mark.slow
def test_a_run_frozen_between_its_last_look_and_the_write_sends_one_course_again(desk):
    """
    What no client can promise, as the README says: the look and the write are two steps, and the service takes no deadline.

    Between them is less than a microsecond of the program, and nothing that waits. It is the one place, and the one course.
    """
    told = freeze_one_of_two(desk, "residue")

    assert (1, 1, 60) == (len(told["published_twice"]), len(told["mailed_twice"]), told["published"])


def test_two_spellings_of_one_host_share_limit_and_work(desk):
    """
    The same service by another name: one limit, each course once.
    """
    desk.write_sheet(40)
    desk.serve()
    port = desk.url.rpartition(":")[2].strip("/")
    spellings = (f"http://127.0.0.1:{port}", f"http://LOCALHOST:0{port}")

    both = [
        desk.publish(
            "--verify", "never", out=str(number), environ={"BATCHPUB_API_URL": url, "BATCHPUB_ACCOUNTS_URL": url}
        )
        for number, url in enumerate(spellings)
    ]
    codes = [run.wait() for run in both]

    told = desk.stats()
    assert [0, 0] == codes
    assert ([], 40, 40) == (told["published_twice"], told["published"], told["arrivals"]["publish"])
    assert told["largest_window"] <= 30
    reports = [json.loads((desk.folder / out / "run_results.json").read_text()) for out in ("0", "1")]
    assert [f"localhost:{port}"] * 2 == [report["portal"] for report in reports]
