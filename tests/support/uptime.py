"""Another time since boot for whole test runs: `pytest --uptime 3e8` is a machine that has been up for ten years.

The boot clock counts from the machine's start, so a float taken from it has other last digits on every machine. No test
may depend on them. Processes that tests start are told by the environment where they import this module.
"""

import os

from batchpub.clock import SystemClock

VARIABLE = "TESTS_UPTIME"


def pretend():
    """Let this process's boot clock begin at what the environment says; without that variable change nothing."""
    if VARIABLE not in os.environ:
        return
    original = SystemClock.boot_seconds
    clock = SystemClock()
    ahead = float(os.environ[VARIABLE]) - original(clock)
    SystemClock.boot_seconds = lambda self: original(self) + ahead


def virtual_offset():
    """Give what virtual clocks are ahead of their loop, for a machine that has been up as long as that."""
    return float(os.environ.get(VARIABLE, "0"))
