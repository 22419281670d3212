"""The law of growth: a state that remembers a great deal starts a run as soon as an empty one."""

import contextlib
import sqlite3
from datetime import datetime

import pytest

OLD_ROWS, OLD_RUNS = 100_000, 50


def remember_much(path):
    """Fill a state with 100,000 rows, calls and courses of 50 finished runs."""
    with contextlib.closing(sqlite3.connect(path)) as state, state:
        portal = state.execute("SELECT portal FROM runs").fetchone()[0]
        each = OLD_ROWS // OLD_RUNS
        columns = [info[1] for info in state.execute("PRAGMA table_info(runs)")]
        old = dict(zip(columns, state.execute("SELECT * FROM runs").fetchone(), strict=True))
        for run in range(OLD_RUNS):
            fill(state, "runs", [{**old, "run": f"old{run:02}"}])
        numbers = range(OLD_ROWS)
        day = "2026-01-05T08:00:00+00:00"
        ids = [str(100_000_000_000_000_000 + n * 7) for n in numbers]
        template = dict(
            zip(
                [info[1] for info in state.execute("PRAGMA table_info(rows)")],
                state.execute("SELECT * FROM rows").fetchone(),
                strict=True,
            )
        )
        fill(state, "rows", [{**template, "run": f"old{n // each:02}", "position": n % each, "course_id": ids[n], "outcome": "published"} for n in numbers])  # fmt: skip
        fill(state, "calls", [{"run": f"old{n // each:02}", "portal": portal, "position": n % each, "operation": "publish", "course_id": ids[n], "batch_id": "", "attempt": 1, "sent_on": day, "answered_on": day, "http_status": 200, "code": "200", "meaning": "published", "in_flight": 0, "taken_at": 0.0, "free_at": 0.0, "excerpt": "{}" * 50} for n in numbers])  # fmt: skip
        fill(state, "courses", [{"portal": portal, "course_id": ids[n], "batch_id": "", "status": "published", "version": 2, "run": "old00", "held_until_at": 0.0, "ready_at": 0.0, "changed_at": 0.0, "published_on": day, "published_by": "old00"} for n in numbers])  # fmt: skip


def fill(state, table, values):
    names = list(values[0])
    places = ", ".join("?" * len(names))
    state.executemany(
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", [tuple(one.values()) for one in values]
    )


def seconds_to_first_answer(run):
    times = {e["event.action"]: datetime.fromisoformat(e["@timestamp"]) for e in reversed(run.events())}
    return (times["call.answered"] - times["plan.made"]).total_seconds()


@pytest.mark.slow
def test_a_run_starts_as_soon_on_a_state_of_100_000_rows_as_on_an_empty_one(desk):
    """
    From the plan to the first answer, and from there to the end: at most half a second more.
    """
    desk.write_sheet(100)
    desk.serve("--limit", "200")
    assert 4 == desk.publish("--expect", "1", state="old.db").wait()
    remember_much(desk.folder / "old.db")
    seconds = {}

    for state in ("new.db", "old.db", "new2.db"):
        desk.write_sheet(100, first=1000 * len(seconds))
        run = desk.publish("--rate", "200", state=state, out=state.removesuffix(".db"))
        assert 0 == run.wait()
        seconds[state] = seconds_to_first_answer(run)

    print(seconds)
    assert ["published"] * 100 == desk.outcomes("old")
    assert seconds["old.db"] < max(seconds["new.db"], seconds["new2.db"]) + 0.5
