"""`--sandbox`: a run against a Zoho of its own on this machine, with a state that goes when it ends."""

import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from batchpub.cli.invocation import Invocation
from batchpub.errors import SettingsWrong
from batchpub.events import OnEvent, RunEvent
from batchpub.logger import log
from batchpub.paths import is_there
from batchpub.sandbox import Sandbox, SandboxConfig, load_faults
from batchpub.settings.fields import Settings


def find_faults(beside: Path) -> Path | None:
    """Give the fault plan that lies in a folder, None where there is none."""
    usual = beside / "sandbox.toml"
    return usual if is_there(usual, SettingsWrong) else None


@contextlib.asynccontextmanager
async def rehearse(settings: Settings, plan: Path | None, here: Invocation) -> AsyncIterator[Settings]:
    """Start a sandbox with a fault plan, and give the settings with which a run meets it.

    They need no credentials, and have a state below the reports that goes with the sandbox.
    """
    try:
        faults = load_faults(plan) if plan else ()
    except (ValueError, OSError) as error:
        why = f"{error.strerror}." if isinstance(error, OSError) else str(error)
        raise SettingsWrong(f"The sandbox's fault plan {plan}: {why}") from error
    config = SandboxConfig(
        limit=settings.rate,
        period_seconds=settings.period,
        lock_seconds=settings.lock,
        speed=settings.speed,
        faults=faults,
    )
    state = here.out() / f"sandbox-state-{time.time_ns()}.db"
    async with Sandbox(config) as sandbox:
        here.listeners.append(_listen(sandbox))
        log.info("sandbox.started", url=sandbox.url, speed=settings.speed, faults=len(faults))
        scaled = settings.scaled(settings.speed)
        try:
            yield replace(scaled, api_url=sandbox.url, accounts_url=sandbox.url, state=str(state))
        finally:
            for suffix in ("", "-wal", "-shm"):
                state.with_name(state.name + suffix).unlink(missing_ok=True)


def _listen(sandbox: Sandbox) -> OnEvent:
    """Give a listener that says what the sandbox saw, before the run's last event."""

    def hear(event: RunEvent) -> None:
        if event.run is not None:
            stats = sandbox.stats()
            log.info(
                "sandbox.stopped",
                arrivals=stats["arrivals"],
                published_twice=len(stats["published_twice"]),
                largest_window=stats["largest_window"],
                locks=stats["locks"],
                sent_after_refusal=stats["sent_after_refusal"],
            )

    return hear
