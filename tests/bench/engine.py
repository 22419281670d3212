"""Measure what the program itself costs a course: `python -m tests.bench.engine`.

The real run, with its gate, journal on disk and reports, against a service that answers at once and allows as many calls as one
likes. Each size runs in a process of its own, so that its peak memory is its own. Exits 1 where a target is missed.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from batchpub.clock import SystemClock
from batchpub.engine.engine import Engine, EngineOptions
from batchpub.errors import ExitCode
from batchpub.lifecycle.work import Rules
from batchpub.log import log_event
from batchpub.services.interface import Access, Published, Reply
from batchpub.store.database import open_database
from batchpub.store.ledger import Ledger
from batchpub.store.limits import Limits
from tests.support.plans import make_plan_of

SIZES = (1_000, 5_000)
PER_SECOND, CPU_MILLISECONDS, GROWTH = 50, 12, 1.25
LIFTED = Limits(rate=1_000, burst=1_000, period=0.1, guard=0.01)
"""Ten thousand calls a second. The period is short so that slots come back, as they do in a run of any length."""
ACCESS = Access(headers={})
PUBLISHED = Reply(answer=Published(), http_status=200, excerpt='{"code": "200"}')


class AtOnce:
    """A service that costs nothing."""

    async def get_access(self):
        return ACCESS

    async def publish(self, _course, *, notify, access, may_send):
        assert access is ACCESS
        assert may_send()
        assert not notify
        await asyncio.sleep(0)
        return PUBLISHED


async def publish(count, workers, folder):
    """Publish so many courses; give the seconds and the CPU seconds that the run took, reports left out."""
    options = EngineOptions(
        sandbox=True,
        workers=workers,
        rules=Rules(),
        notify_policy="sheet",
    )
    plan = make_plan_of(count)
    async with open_database(folder / "state.db") as database:
        began, used = time.perf_counter(), time.process_time()
        ledger = Ledger(database, portal="bench", run="bench", limits=LIFTED, clock=SystemClock())
        found = await Engine(plan, options, service=AtOnce(), ledger=ledger, on_event=log_event).run()
        took, cpu = time.perf_counter() - began, time.process_time() - used
    if found.exit_code != ExitCode.OK or any(row.outcome != "published" for row in found.rows):
        raise AssertionError(f"{count} courses ended in {found.exit_code}")
    return took, cpu


def measure(count, workers):
    """Run one size here, its log into nothing, and print what it took as JSON."""
    from batchpub.log import Sink, configure_log

    with tempfile.TemporaryDirectory() as folder, Path("/dev/null").open("w") as nowhere:
        configure_log(Sink(stream=nowhere, fmt="json"))
        took, cpu = asyncio.run(publish(count, workers, Path(folder)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"took": took, "cpu": cpu, "peak": peak}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=30)
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.measure:
        measure(told.measure, told.workers)
        return 0
    print("| courses | courses a second | CPU a course | peak memory |\n|---|---|---|---|")
    costs, missed = [], []
    for count in SIZES:
        command = [sys.executable, "-m", "tests.bench.engine", "--measure", str(count), "--workers", str(told.workers)]
        seen = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        speed, cost = count / seen["took"], 1000 * seen["cpu"] / count
        costs.append(cost)
        print(f"| {count:,} | {speed:.0f} | {cost:.1f} ms | {seen['peak']:.0f} MB |", flush=True)
        missed += [f"{count:,}: below {PER_SECOND} courses a second"] if speed < PER_SECOND else []
        missed += [f"{count:,}: above {CPU_MILLISECONDS} ms of CPU a course"] if cost > CPU_MILLISECONDS else []
    if costs[-1] > costs[0] * GROWTH:
        missed.append(f"the cost of a course grows: {costs[0]:.1f} ms to {costs[-1]:.1f} ms")
    for miss in missed:
        print("missed:", miss)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
