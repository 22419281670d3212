"""Attacks on the promises, by two builds side by side: `python -m tests.bench.attacks [--than PYTHON]`, from the top folder.

Each scenario is real processes against a sandbox whose minute is a second; the sandbox's own count is the judge. `--than` is
the interpreter of another installed build. Prints one line a scenario and build; exits 1 where this build broke a promise.
"""

import argparse
import csv
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.support.sandbox_process import play_sandbox

COURSES = 60
FAST = ("--period", "1", "--lock", "2", "--guard", "0.05", "--settle", "1", "--report", "json", "--notify", "all")
ENVIRON = {
    "BATCHPUB_LEASE": "1.5",
    "BATCHPUB_TOTAL_TIMEOUT": "1",
    "BATCHPUB_CONNECT_TIMEOUT": "0.5",
    "BATCHPUB_LOCK_MARGIN": "0.1",
}
TOKEN = {"BATCHPUB_ACCESS_TOKEN": "1000.x"}
REFRESH = {
    "BATCHPUB_CLIENT_ID": "1000.client",
    "BATCHPUB_CLIENT_SECRET": "secret-of-the-client",
    "BATCHPUB_REFRESH_TOKEN": "1000.refresh-token",
}
NO_TOKENS = 'kind = "expire_tokens"\non = "publish"\nnth = 20\n[[fault]]\nkind = "503"\non = "token"\nnth = [2, 3, 4]'
"""Every token ends, and there is none for seven seconds: batchpub's pauses between four tries."""

CUT_LOCK = 'kind = "throttle"\non = "publish"\nshape = "400_rolling"\ncut_bytes = 40'
BUSY = 'kind = "page"\nstatus = 503\non = "publish"\n[fault.headers]\nRetry-After = "2"'


class Desk:
    """A folder with a sheet, a build, and the sandbox that it calls."""

    def __init__(self, python, folder, url):
        self.python, self.folder, self.url, self.runs = python, folder, url, []
        self.stopped_at = None
        with (folder / "a.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["Course ID"], *([478346000019580117 + n * 137] for n in range(COURSES))])

    def start(self, *flags, url=None, before=(), **environ):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("BATCHPUB_", "CI"))}
        there = {"BATCHPUB_API_URL": url or self.url, "BATCHPUB_ACCOUNTS_URL": url or self.url}
        out = f"out-{len(self.runs)}"
        command = [
            *before,
            self.python,
            "-m",
            "batchpub",
            "publish",
            "a.csv",
            "--state",
            "s.db",
            *FAST,
            "--out",
            out,
            *flags,
        ]
        with (self.folder / f"{out}.log").open("w") as log:
            run = subprocess.Popen(
                command,
                cwd=self.folder,
                env={**clean, **ENVIRON, **there, **(environ or TOKEN)},
                stdout=log,
                stderr=log,
            )
        self.runs.append(run)
        return run

    def stats(self):
        with urllib.request.urlopen(f"{self.url}/_sandbox/stats", timeout=10) as reply:
            return json.load(reply)

    def requests(self):
        with urllib.request.urlopen(f"{self.url}/_sandbox/requests", timeout=10) as reply:
            return [one for one in json.load(reply) if one["operation"] == "publish"]

    def wait_for_calls(self, number):
        ends = time.monotonic() + 30
        while self.stats()["arrivals"]["publish"] < number and time.monotonic() < ends:
            time.sleep(0.02)

    def wait(self):
        for run in self.runs:
            try:
                run.wait(45)
            except subprocess.TimeoutExpired:
                run.kill()
                run.wait()
        return [run.returncode for run in self.runs]

    def refused(self):
        reports = [json.loads(path.read_text()) for path in self.folder.glob("out-*/run_results.json")]
        return sum(row["outcome"] == "refused" for report in reports for row in report["rows"])


def slow_accounts(desk):
    desk.start("--verify", "never", **REFRESH)
    desk.start("--verify", "never")


def stopped_while_a_token_comes(desk):
    run = desk.start("--verify", "never", **REFRESH)
    desk.wait_for_calls(20)
    time.sleep(1.5)
    desk.stopped_at = desk.stats()["uptime_seconds"]
    run.send_signal(signal.SIGTERM)


def one_run(desk):
    desk.start("--verify", "never")


def two_spellings(desk):
    port = desk.url.rpartition(":")[2]
    for host in ("localhost", "LOCALHOST"):
        desk.start("--verify", "never", url=f"http://{host}:{port}")


def again_in_two_pods(desk):
    desk.start("--verify", "never").wait()
    desk.start("--verify", "never", "--again", "all", "--yes")
    desk.start("--verify", "never", "--again", "all", "--yes")


def state_replaced(desk):
    desk.start()
    desk.wait_for_calls(10)
    for path in desk.folder.glob("s.db*"):
        path.unlink()
    desk.start()


def another_boot_clock(desk):
    desk.start("--verify", "never")
    desk.start("--verify", "never", before=("unshare", "--time", "--boottime", "100000", "--fork"))


SCENARIOS = {
    "no token for five leases": (slow_accounts, NO_TOKENS, (), 1),
    "SIGTERM while a token comes": (stopped_while_a_token_comes, NO_TOKENS, (), 1),
    "lock cut after 40 bytes": (one_run, CUT_LOCK, (), 1),
    "503 with Retry-After": (one_run, BUSY, (), 1),
    "localhost and LOCALHOST": (two_spellings, "", (), 1),
    "--again all in two pods": (again_in_two_pods, "", (), 2),
    "state file removed at work": (state_replaced, "", (), 1),
    "two boot clocks, one boot id": (another_boot_clock, "", (), 1),
}
"""Name to who plays it, the sandbox's fault and flags, and how often a course may be published in it."""


def play(name, python):
    """Play one scenario with one build; give its figures."""
    act, fault, more, most = SCENARIOS[name]
    with tempfile.TemporaryDirectory(prefix="batchpub-attack-") as top:
        folder = Path(top)
        (folder / "faults.toml").write_text(f"[[fault]]\n{fault}\n" if fault else "")
        flags = (
            "--speed",
            "60",
            "--lock",
            "120",
            "--latency",
            "0-2",
            *more,
            *(("--faults", "faults.toml") if fault else ()),
        )
        with play_sandbox(*flags, cwd=folder) as url:
            desk = Desk(python, folder, url)
            act(desk)
            codes = desk.wait()
            told, requests = desk.stats(), desk.requests()
    courses = told["courses"].values()
    late = [one for one in requests if desk.stopped_at is not None and one["received_at"] > desk.stopped_at + 30]
    return {
        "scenario": name,
        "codes": codes,
        "calls": told["arrivals"]["publish"],
        "too_often": sum(course["published"] > most for course in courses),
        "mailed_too_often": sum(course["mailed"] > most for course in courses),
        "largest_window": told["largest_window"],
        "sent_after_stop": len(late),
        "refused": desk.refused(),
    }


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--than", help="the interpreter of another build")
    options.add_argument("--only", help="a part of a scenario's name")
    told = options.parse_args()
    is_broken = False
    for name in SCENARIOS:
        if told.only and told.only not in name:
            continue
        for build, python in (("other", told.than), ("this", sys.executable)):
            if python is not None:
                found = play(name, python)
                print(json.dumps({"build": build, **found}), flush=True)
                broken = (found["too_often"], found["mailed_too_often"], found["sent_after_stop"], found["refused"])
                is_broken |= build == "this" and (any(broken) or found["largest_window"] > 30)
    sys.exit(is_broken)


if __name__ == "__main__":
    main()
