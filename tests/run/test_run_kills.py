"""The law of kill -9 (P5, P6), as the bench tries it: 20 times here, 200 times by `python -m tests.bench.kills`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_killed_at_20_random_moments_nothing_is_published_twice_and_nothing_forgotten():
    """
    By the sandbox's own count, in rounds with and without mails, lost answers and a state that cannot be read.
    """
    bench = subprocess.run(
        [sys.executable, "-m", "tests.bench.kills", "--kills", "20", "--each", "4"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    told = json.loads(bench.stdout.splitlines()[-1])
    assert 0 == bench.returncode, bench.stdout + bench.stderr
    assert [20, 0, 0, 0] == [told[name] for name in ("kills", "published_twice", "mailed_twice", "forgotten")]


@pytest.mark.slow
def test_two_runs_frozen_slowed_and_blocked_in_any_mixture_keep_every_promise():
    """
    SIGSTOP, a slow token, slow connections, a log pipe that nobody reads: 0 twice, 0 forgotten, and no line is lost.
    """
    bench = subprocess.run(
        [sys.executable, "-m", "tests.bench.kills", "--mixed", "--rounds", "4"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )

    told = json.loads(bench.stdout.splitlines()[-1])
    assert 0 == bench.returncode, bench.stdout + bench.stderr[-2000:]
    assert [0, 0, 0] == [told[name] for name in ("published_twice", "mailed_twice", "forgotten")]
    assert told["largest_window"] <= 30
