"""What many processes on one PostgreSQL cost: `python -m tests.bench.postgresql [courses|slots|portals]`, from the top folder.

A server of the bench's own, with everything on the disk before it is answered. `courses`: eight real processes share 600
courses of one sheet at 30 a second, beside one process alone; the sandbox counts. `slots`: eight processes take slots as
fast as they come. `portals`: two processes work on 50 portals each. Exits 1 where a target is missed.
"""

import argparse
import asyncio
import csv
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from batchpub.clock import SystemClock
from batchpub.pace.gate import Gate
from batchpub.standing import Rest
from batchpub.store.database import open_database
from batchpub.store.ledger import Ledger
from batchpub.store.limits import Limits, Slot
from tests.support.answering import end_call
from tests.support.fork_server import ForkServer
from tests.support.postgres_server import PostgresServer

COURSES, PROCESSES = 600, 8
SLOWER = 1.10
STATEMENTS, SLOT_MILLISECONDS, SHARE_OF_OPTIMUM = 15, 20, 0.95
FAST = ("--period", "1", "--lock", "5", "--guard", "0.05", "--settle", "1", "--report", "json", "--yes")
TIMES = {
    "BATCHPUB_ACCESS_TOKEN": "1000.x",
    "BATCHPUB_LEASE": "2",
    "BATCHPUB_TOTAL_TIMEOUT": "1",
    "BATCHPUB_CONNECT_TIMEOUT": "0.5",
    "BATCHPUB_LOCK_MARGIN": "0.1",
}
CONTROL = "BEGIN%|COMMIT%|ROLLBACK%"
EVERYTHING_COUNTED = ("shared_preload_libraries=pg_stat_statements", "pg_stat_statements.max=5000")

PORTALS, ON_EACH = 50, 240
PORTAL_LIMITS = Limits(period=30.0, guard=0.5)
LATENCY = 0.2


def count_statements(server, name):
    """Give how many statements the server was asked, and how many more only began or ended a transaction."""
    like = " OR ".join(f"query ILIKE '{one}'" for one in CONTROL.split("|"))
    mine = f"dbid = (SELECT oid FROM pg_database WHERE datname = '{name}')"
    asked = f"SELECT coalesce(sum(calls) FILTER (WHERE NOT ({like})), 0), coalesce(sum(calls) FILTER (WHERE {like}), 0)"
    told = server.ask(f"{asked} FROM pg_stat_statements WHERE {mine}", database="postgres")
    return [int(number) for number in told.split("|")]


def publish_together(server, fork_server, processes):
    """Let so many processes publish one sheet; give what became of it."""
    with tempfile.TemporaryDirectory() as folder:
        sheet = Path(folder) / "a.csv"
        with sheet.open("w", newline="") as file:
            csv.writer(file).writerows([["Course ID"], *([478346000019580117 + 200 * n] for n in range(COURSES))])
        service = fork_server.start("sandbox", "--speed", "60", "--latency", "0-12", cwd=folder)
        while not (told := service.stdout.read_text()).endswith("\n"):
            time.sleep(0.01)
        url, state = json.loads(told)["url"], server.make_database()
        environ = {**TIMES, "BATCHPUB_API_URL": url, "BATCHPUB_ACCOUNTS_URL": url, "BATCHPUB_STATE": state}
        began = time.monotonic()
        runs = [
            fork_server.start("publish", "a.csv", "--out", f"out{n}", *FAST, cwd=folder, environ=environ)
            for n in range(processes)
        ]
        codes = [run.wait(300) for run in runs]
        took = time.monotonic() - began
        assert codes == [0] * processes, [run.events()[-1] for run in runs if run.code]
        with urllib.request.urlopen(f"{url}/_sandbox/stats") as reply:
            seen = json.load(reply)
        service.send(15)
        service.wait()
        rows = [
            len(json.loads((Path(folder) / f"out{n}" / "run_results.json").read_text())["rows"])
            for n in range(processes)
        ]
        statements, control = count_statements(server, state.partition("@/")[2].partition("?")[0])
    assert rows == [COURSES] * processes, rows
    return took, seen, statements / COURSES, control / COURSES


def bench_courses():
    missed = []
    print(
        "| processes | seconds | largest window | locks | published | twice | statements a course | and BEGIN, COMMIT |"
    )
    print("|---|---|---|---|---|---|---|---|")
    with PostgresServer(*EVERYTHING_COUNTED) as server, ForkServer() as fork_server:
        server.ask("CREATE EXTENSION pg_stat_statements", database="postgres")
        times = {}
        for processes in (1, PROCESSES):
            took, seen, statements, control = publish_together(server, fork_server, processes)
            times[processes] = took
            twice = len(seen["published_twice"])
            print(
                f"| {processes} | {took:.1f} | {seen['largest_window']} | {seen['locks']} | {seen['published']} | {twice} "
                f"| {statements:.1f} | {control:.1f} |",
                flush=True,
            )
            if seen["largest_window"] > 30 or seen["locks"] or twice or seen["published"] != COURSES:
                missed.append(f"{processes} processes: a promise was broken")
            missed += (
                [f"{processes} processes: {statements:.1f} statements a course"] if statements >= STATEMENTS else []
            )
    if times[PROCESSES] > SLOWER * times[1]:
        missed.append(f"{PROCESSES} processes took {times[PROCESSES] / times[1]:.2f} of what one takes")
    return missed


async def take_slots(url, seconds):
    """Take slots of one portal as fast as they come; give how long each transaction took that gave one, in ms."""
    took = []
    async with open_database(url) as database:
        limits = Limits(period=1.0, guard=0.05, settle=1.0, lease=2.0, total_timeout=1.0)
        ledger = Ledger(database, portal="portal", run=str(random.random()), limits=limits, clock=SystemClock())
        gate = Gate(ledger, clock=SystemClock())
        ask = ledger.take_slot

        async def timed(operation, *, instead_of=None):
            began = time.perf_counter()
            found = await ask(operation, instead_of=instead_of)
            if isinstance(found, Slot):
                took.append(1000 * (time.perf_counter() - began))
            return found

        ledger.take_slot = timed
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            slot = await gate.acquire("publish")
            if await ledger.begin_call(slot) is None:
                await gate.give_back(slot)
                continue
            await asyncio.sleep(random.uniform(0, 0.2))
            await end_call(ledger, slot, Rest.ANSWERED, through=True)
            gate.notice_change()
    return took


async def work_portals(url, started):
    """Work on every portal at once, half of its calls; give when the last of each was answered."""
    begins, clock = started, SystemClock()

    async def work(ledger, gate, todo):
        while todo:
            todo.pop()
            while True:
                slot = await gate.acquire("publish")
                if await ledger.begin_call(slot) is not None:
                    break
                await gate.give_back(slot)
            await asyncio.sleep(LATENCY)
            await end_call(ledger, slot, Rest.ANSWERED, through=True)
            gate.notice_change()
        return time.time() - begins

    async with open_database(url) as database:
        tasks = []
        await asyncio.sleep(max(0.0, begins - time.time()))
        for number in range(PORTALS):
            ledger = Ledger(
                database,
                portal=f"portal {number}",
                run=str(random.random()),
                limits=PORTAL_LIMITS,
                clock=clock,
            )
            gate, todo = Gate(ledger, clock=clock), [None] * (ON_EACH // 2)
            tasks.append(asyncio.gather(*(work(ledger, gate, todo) for _ in range(15))))
        return [max(ended) for ended in await asyncio.gather(*tasks)]


def side_by_side(count, *arguments):
    """Run this file so often at the same time, each with its own measuring; give what each printed."""
    command = [sys.executable, "-m", "tests.bench.postgresql", *arguments]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    told = [one.communicate()[0] for one in running]
    assert all(one.returncode == 0 for one in running)
    return [json.loads(text) for text in told]


def bench_slots():
    with PostgresServer() as server:
        took = sorted(ms for one in side_by_side(PROCESSES, "--take", server.make_database()) for ms in one)
    median, late = statistics.median(took), took[int(len(took) * 0.95)]
    print(f"{len(took)} slots by {PROCESSES} processes: median {median:.1f} ms, 95 % within {late:.1f} ms", flush=True)
    return [f"a slot takes {median:.1f} ms"] if median > SLOT_MILLISECONDS else []


def bench_portals():
    optimum = (ON_EACH / PORTAL_LIMITS.rate - 1) * (PORTAL_LIMITS.rest + LATENCY) + LATENCY
    with PostgresServer() as server:
        told = side_by_side(2, "--portals", server.make_database(), "--at", str(time.time() + 5))
    shares = sorted(optimum / max(both) for both in zip(*told, strict=True))
    print(
        f"{PORTALS} portals, 2 processes, {ON_EACH} calls each, optimum {optimum:.1f} s: the worst keeps {shares[0]:.1%} of it, "
        f"half of them {statistics.median(shares):.1%} or more",
        flush=True,
    )
    return [f"a portal keeps {shares[0]:.1%} of its optimum"] if shares[0] < SHARE_OF_OPTIMUM else []


BENCHES = {"courses": bench_courses, "slots": bench_slots, "portals": bench_portals}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", choices=[*BENCHES, []], help="by default all")
    parser.add_argument("--take", help=argparse.SUPPRESS)
    parser.add_argument("--portals", help=argparse.SUPPRESS)
    parser.add_argument("--at", type=float, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.take:
        print(json.dumps(asyncio.run(take_slots(told.take, 15))))
        return 0
    if told.portals:
        print(json.dumps(asyncio.run(work_portals(told.portals, told.at))))
        return 0
    missed = [miss for name in told.what or BENCHES for miss in BENCHES[name]()]
    for miss in missed:
        print("missed:", miss)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
