"""Another time since boot for tests: `pytest --uptime 3e8` is a machine that has been up for ten years.

The boot clock counts from the machine's start, so a float taken from it has other last digits on every machine. No test
may depend on them. `--uptime all` runs each test with all of UPTIMES, which .ci/run does with those that look at the
clock. Processes that tests start are told by the environment where they import this module.
"""

import os

from batchpub.clock import SystemClock

VARIABLE = "TESTS_UPTIME"
TEN_YEARS = 3.2e8
UPTIMES = tuple(10 * (TEN_YEARS / 10) ** (step / 19) for step in range(20))
"""Twenty from ten seconds to ten years, in seconds, each as many times the one before."""

ORIGINAL = SystemClock.boot_seconds


def pretend():
    """Let this process's boot clock begin at what the environment says; without that variable it is the machine's."""
    if VARIABLE not in os.environ:
        SystemClock.boot_seconds = ORIGINAL
        return
    ahead = virtual_offset() - ORIGINAL(SystemClock())
    SystemClock.boot_seconds = lambda self: ORIGINAL(self) + ahead


def virtual_offset():
    """Give what virtual clocks are ahead of their loop, for a machine that has been up as long as that."""
    return float(os.environ.get(VARIABLE, "0"))
