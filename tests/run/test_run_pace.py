"""The pace with real processes, counted by the sandbox: two runs of their own sheets on one state have one budget and one lock."""

import pytest

LOCKED = '[[fault]]\nkind = "throttle"\nnth = 10\n'


@pytest.mark.slow
@pytest.mark.parametrize("window", ["rolling", "frames"])
def test_two_runs_with_sheets_of_their_own_share_one_budget(desk, window):
    """
    However the service counts, and however slow single calls are: no lock, and every course of both sheets published.
    """
    for name, first in (("a.csv", 0), ("b.csv", 100)):
        desk.write_sheet(75, name=name, first=first)
    desk.serve("--latency", "0-4", "--window", window)

    both = [desk.publish("--workers", "15", out=sheet, sheet=f"{sheet}.csv") for sheet in ("a", "b")]
    codes = [run.wait() for run in both]
    told = desk.stats()

    assert [0, 0] == codes
    assert told["largest_window"] <= 30
    assert (0, 150, []) == (told["locks"], told["published"], told["published_twice"])


@pytest.mark.slow
def test_a_lock_that_one_run_meets_holds_the_one_that_comes_into_it(desk):
    """
    The first run is locked at its tenth call; the second sends nothing until that is over, and both get through.
    """
    for name, first in (("a.csv", 0), ("b.csv", 100)):
        desk.write_sheet(30, name=name, first=first)
    desk.serve(faults=LOCKED)

    first = desk.publish(out="a", sheet="a.csv")
    first.wait_for("portal.locked")
    second = desk.publish(out="b", sheet="b.csv")
    codes = [run.wait() for run in (first, second)]
    told = desk.stats()

    assert [0, 0] == codes
    assert (0, 60, []) == (told["sent_after_refusal"], told["published"], told["published_twice"])
