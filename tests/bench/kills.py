"""kill -9 at random moments, and resume: `python -m tests.bench.kills [--kills 200] [--each 8] [--seed N]`, from the top folder.

Real processes against a sandbox with its minute in half a second. The sandbox's own count is the judge: no course
published twice, none forgotten; with mails on, none sent again without evidence. Prints one line of JSON a round, and
the sum; exits 1 when a promise was broken.

With --mixed [--rounds 200] nobody is killed: two processes on one state are frozen (SIGSTOP, SIGCONT), get their token and
their connections slowly, and write to a pipe that is read now and then, in any mixture. No line of the log may be lost.
"""

import argparse
import csv
import json
import random
import signal
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.bench.mixed import MixedRound
from tests.support.fork_server import ForkServer

COURSES = 150
SERVICE = ("sandbox", "--speed", "60", "--period", "30", "--lock", "60", "--latency", "0-3")
FAST = ("--period", "0.5", "--lock", "1", "--guard", "0.05", "--settle", "1")
ENVIRON = {
    "BATCHPUB_ACCESS_TOKEN": "1000.x",
    "BATCHPUB_LEASE": "1.5",
    "BATCHPUB_TOTAL_TIMEOUT": "1",
    "BATCHPUB_CONNECT_TIMEOUT": "0.5",
    "BATCHPUB_LOCK_MARGIN": "0.1",
}
LOST = """
[[fault]]
kind = "reset_after"
probability = 0.05
[[fault]]
kind = "late_reset"
probability = 0.03
seconds = 15
[[fault]]
kind = "timeout_before"
probability = 0.01
[[fault]]
kind = "502"
probability = 0.03
executed = true
"""
LOCKS = """
[[fault]]
kind = "throttle"
every = 40
times = 4
"""
PROFILES = {
    "plain": {"notify": "never"},
    "mails": {"notify": "all"},
    "lost answers, mails": {"notify": "all", "faults": LOST},
    "lost answers": {"notify": "never", "faults": LOST},
    "locks, mails": {"notify": "all", "faults": LOCKS},
    "no reading, mails": {"notify": "all", "service": ("--no-read-scope",), "unknown": True},
}


class Round:
    """One sheet, one state, one sandbox; killed until it is through."""

    def __init__(self, fork_server, folder, name, rng):
        self.fork_server, self.folder, self.name, self.rng = fork_server, folder, name, rng
        self.profile = PROFILES[name]
        self.broken = []
        self.kills = 0
        with (folder / "a.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["Course ID"], *([478346000019580117 + n * 137] for n in range(COURSES))])
        (folder / "faults.toml").write_text(self.profile.get("faults", ""))
        faults = ("--faults", "faults.toml") if "faults" in self.profile else ()
        more = (*self.profile.get("service", ()), *faults, "--seed", str(rng.randrange(1000)))
        self.service = fork_server.start(*SERVICE, *more, cwd=folder)
        while not (told := self.service.stdout.read_text()).endswith("\n"):
            time.sleep(0.01)
        self.url = json.loads(told)["url"]

    def start(self, out):
        flags = ("--state", "s.db", "--notify", self.profile["notify"], "--report", "json", "--out", out)
        return self.fork_server.start(
            "publish", "a.csv", *FAST, *flags, cwd=self.folder, environ={**ENVIRON, "BATCHPUB_API_URL": self.url}
        )

    def kill_once(self):
        """Start a run and kill it at a random moment; False when it was through before."""
        running = self.start("killed")
        early = self.rng.random() < 0.15
        if not early:
            while running.is_alive() and "run.started" not in running.stderr.read_text():
                time.sleep(0.005)
        time.sleep(self.rng.uniform(0, 0.5 if early else 1.2))
        if self.rng.random() < 0.2 and running.is_alive():
            running.send(signal.SIGTERM)  # so that draining and the writing of reports are hit as well
            time.sleep(self.rng.uniform(0, 0.25))
        if running.is_alive():
            running.send(signal.SIGKILL)
        self.kills += running.wait() == -signal.SIGKILL
        return running.code in (-signal.SIGKILL, 143)

    def check_report(self):
        told = self.fork_server.run("report", "--state", "s.db", "--report", "json", "--out", "again", cwd=self.folder)
        if told.code == 0:
            rows = json.loads((self.folder / "again" / "run_results.json").read_text())["rows"]
            if len(rows) != COURSES:
                self.broken.append(f"a report of {len(rows)} rows")
        elif "has no run" not in told.stderr.read_text() and "There is no state" not in told.stderr.read_text():
            self.broken.append(f"report: {told.code} {told.stderr.read_text()[-300:]}")

    def finish(self):
        last = self.start("last")
        code = last.wait(120)
        with urllib.request.urlopen(f"{self.url}/_sandbox/stats") as reply:
            stats = json.load(reply)
        self.service.send(signal.SIGKILL)
        self.service.wait()
        if code not in ((0, 3) if self.profile.get("unknown") else (0,)):
            self.broken.append(f"exit {code}: {last.stderr.read_text()[-300:]}")
            return {"round": self.name, "kills": self.kills, "broken": self.broken}
        rows = json.loads((self.folder / "last" / "run_results.json").read_text())["rows"]
        unknown = sorted(row["course_id"] for row in rows if row["outcome"] == "unknown")
        published = {course for course, told in stats["courses"].items() if told.get("published", 1)}
        forgotten = COURSES - len(published | set(unknown))
        if len(rows) != COURSES or {row["outcome"] for row in rows} - {"published", "already_published", "unknown"}:
            self.broken.append("rows are missing or not final")
        if stats["published_twice"] or stats["mailed_twice"] or stats["without_notify"] or forgotten:
            self.broken.append("twice, forgotten or mailed by mistake")
        if stats["largest_window"] > 30:
            self.broken.append("more than 30 calls in a period")
        return {
            "round": self.name,
            "kills": self.kills,
            "published_twice": len(stats["published_twice"]),
            "mailed_twice": len(stats["mailed_twice"]),
            "forgotten": forgotten,
            "unknown": len(unknown),
            "locks": stats["locks"],
            "largest_window": stats["largest_window"],
            "broken": self.broken,
        }


def mix(number, rng, seed):
    """Play mixed rounds; give the exit code."""
    began, rounds = time.monotonic(), []
    with ForkServer() as server, tempfile.TemporaryDirectory(prefix="batchpub-mixed-") as top:
        for count in range(number):
            folder = Path(top) / str(count)
            folder.mkdir()
            rounds.append(MixedRound(server, folder, rng).play())
            print(json.dumps({"round": count, **rounds[-1]}), flush=True)
    sums = ("published_twice", "mailed_twice", "forgotten", "unknown", "locks")
    total = {name: sum(one[name] for one in rounds) for name in sums}
    largest = max(one["largest_window"] for one in rounds)
    seconds = round(time.monotonic() - began)
    print(json.dumps({**total, "largest_window": largest, "rounds": number, "seed": seed, "seconds": seconds}))
    return 1 if any(one["broken"] for one in rounds) else 0


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--each", type=int, default=8, help="kills of one sheet")
    options.add_argument("--seed", type=int, default=None)
    options.add_argument("--mixed", action="store_true", help="freeze and slow two processes instead of killing one")
    options.add_argument("--rounds", type=int, default=200, help="of --mixed")
    told = options.parse_args()
    seed = random.randrange(1 << 30) if told.seed is None else told.seed
    rng = random.Random(seed)
    began = time.monotonic()
    rounds = []
    if told.mixed:
        sys.exit(mix(told.rounds, rng, seed))
    with ForkServer() as fork_server, tempfile.TemporaryDirectory(prefix="batchpub-kills-") as top:
        while (killed := sum(one["kills"] for one in rounds)) < told.kills:
            folder = Path(top) / str(len(rounds))
            folder.mkdir()
            one = Round(fork_server, folder, list(PROFILES)[len(rounds) % len(PROFILES)], rng)
            while one.kills < min(told.each, told.kills - killed) and one.kill_once():
                if rng.random() < 0.2:
                    one.check_report()
            rounds.append(one.finish())
            print(json.dumps(rounds[-1]), flush=True)
    total = {
        name: sum(one.get(name, 0) for one in rounds)
        for name in ("kills", "published_twice", "mailed_twice", "forgotten", "unknown", "locks")
    }
    broken = [sentence for one in rounds for sentence in one["broken"]]
    print(json.dumps({**total, "rounds": len(rounds), "seed": seed, "seconds": round(time.monotonic() - began)}))
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
