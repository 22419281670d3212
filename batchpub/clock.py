"""Time as the program sees it: one clock, handed in, so that tests own it."""

import asyncio
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")
TIME_NAMESPACE = Path("/proc/self/ns/time")
"""A link that names the time namespace; each has a boot clock of its own: man 7 time_namespaces."""


class Clock(Protocol):
    """Wall time for people, boot time for waiting: nobody can step the second one."""

    @property
    def boot_id(self) -> str:
        """Name the boot that `boot_seconds` counts from; shared by all processes of one host."""

    @property
    def is_host_wide(self) -> bool:
        """Tell whether all processes of this host name the same boot: then another boot is another machine."""

    def now(self) -> datetime:
        """Give the wall time, aware, in UTC."""

    def boot_seconds(self) -> float:
        """Give seconds since this boot, suspended time included."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The host's clocks. Where the host has no boot id, every process is a boot of its own: wall time then bridges."""

    def __init__(self) -> None:
        """Read the boot id once; it cannot change under a living process."""
        self._has_boot_clock = BOOT_ID_FILE.exists() and hasattr(time, "CLOCK_BOOTTIME")
        self._boot_id = _read_boot_id() if self._has_boot_clock else uuid.uuid4().hex

    @property
    def boot_id(self) -> str:
        """Name this boot."""
        return self._boot_id

    @property
    def is_host_wide(self) -> bool:
        """Tell whether the boot is the host's, and not this process's own."""
        return self._has_boot_clock

    def now(self) -> datetime:
        """Give the wall time in UTC."""
        return datetime.now(tz=UTC)

    def boot_seconds(self) -> float:
        """Give seconds since boot."""
        return time.clock_gettime(time.CLOCK_BOOTTIME) if self._has_boot_clock else time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait on the running loop."""
        await asyncio.sleep(max(0.0, seconds))


def _read_boot_id() -> str:
    """Name the boot clock: the host's boot, and the namespace that may count from another moment of it."""
    boot = BOOT_ID_FILE.read_text().strip()
    try:
        return f"{boot} {TIME_NAMESPACE.readlink()}"
    except OSError:  # a kernel before 5.6, or a system that keeps it from us: there is one clock
        return boot
