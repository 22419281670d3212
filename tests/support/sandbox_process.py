"""The hard sandbox as a process of its own, for tests of whole processes: `with play_sandbox("--latency", "0") as url: …`."""

import contextlib
import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def play_sandbox(*flags, cwd=None):
    """Start it, give its URL, end it."""
    command = [sys.executable, "-m", "tests.support.hard_zoho", *flags]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    playing = subprocess.Popen(command, cwd=cwd, env=environ, stdout=subprocess.PIPE, text=True)
    try:
        yield json.loads(playing.stdout.readline())["url"]
    finally:
        playing.terminate()
        playing.wait(10)
        playing.stdout.close()


def stats(url):
    """Ask what it saw."""
    with urllib.request.urlopen(f"{url}/_sandbox/stats", timeout=10) as reply:
        return json.load(reply)
