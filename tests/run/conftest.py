"""What the tests of whole processes need."""

import csv
import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from support.waiting import wait_until

FAST = ("--period", "1", "--lock", "2", "--guard", "0.05", "--settle", "0.5", "--report", "json")
TIMES = {
    "BATCHPUB_LEASE": "1.2",
    "BATCHPUB_TOTAL_TIMEOUT": "1",
    "BATCHPUB_CONNECT_TIMEOUT": "0.5",
    "BATCHPUB_LOCK_MARGIN": "0.1",
}


class Desk:
    """A folder to work in, a sandbox or none, and batchpub at hand."""

    def __init__(self, folder, fork_server):
        self.folder = folder
        self.fork_server = fork_server
        self.environ = {"BATCHPUB_ACCESS_TOKEN": "1000.token", **TIMES}
        self._services = []

    def write_sheet(self, number, name="a.csv", first=0):
        ids = [str(478346000019580117 + n * 137) for n in range(first, first + number)]
        with (self.folder / name).open("w", newline="") as file:
            csv.writer(file).writerows([["Course ID"], *([one] for one in ids)])
        return ids

    def serve(self, *flags, faults=""):
        """Start a sandbox with its minute in a second."""
        if faults:
            (self.folder / "faults.toml").write_text(faults)
            flags = (*flags, "--faults", "faults.toml")
        told = self.fork_server.start(
            "sandbox", "--speed", "60", "--lock", "120", "--latency", "0-2", *flags, cwd=self.folder
        )
        wait_until(lambda: told.stdout.read_text().endswith("\n"), "the sandbox says where it is", alive=told.is_alive)
        line = told.stdout.read_text()
        self._services.append(told)
        self.url = self.environ["BATCHPUB_API_URL"] = self.environ["BATCHPUB_ACCOUNTS_URL"] = json.loads(line)["url"]

    def start(self, *arguments, environ=None, limits=None):
        return self.fork_server.start(
            *arguments, cwd=self.folder, environ={**self.environ, **(environ or {})}, limits=limits
        )

    def publish(self, *flags, out="out", sheet="a.csv", state="s.db", command="publish", **more):
        return self.start(command, sheet, "--state", state, *FAST, "--out", out, *flags, **more)

    def stats(self):
        with urllib.request.urlopen(f"{self.url}/_sandbox/stats", timeout=10) as reply:
            return json.load(reply)

    def wait_for_calls(self, number, *, of):
        """Wait until so many publish calls have arrived; fail when the run that sends them has ended before."""
        wait_until(lambda: self.stats()["arrivals"].get("publish", 0) >= number, f"{number} calls", alive=of.is_alive)

    def rows(self, out="out"):
        return json.loads((self.folder / out / "run_results.json").read_text())["rows"]

    def outcomes(self, out="out"):
        return [row["outcome"] for row in self.rows(out)]

    def run_in_shell(self, command):
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return subprocess.run(
            ["sh", "-c", command],
            cwd=self.folder,
            env={**self.environ, "PATH": path},
            capture_output=True,
            timeout=60,
            check=False,
        )

    def close(self):
        for service in self._services:
            if service.is_alive():
                service.send(9)
                service.wait()


@pytest.fixture
def desk(tmp_path, fork_server):
    made = Desk(tmp_path, fork_server)
    yield made
    made.close()
