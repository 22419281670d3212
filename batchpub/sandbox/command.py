"""`batchpub sandbox`: play Zoho on this machine until told to stop."""

import asyncio
import json
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import click

from batchpub.sandbox import faults as faults_module
from batchpub.sandbox.config import LOOPBACK, SandboxConfig
from batchpub.sandbox.courses import load_courses
from batchpub.sandbox.fault_file import load_faults
from batchpub.sandbox.server import Sandbox

T = TypeVar("T")

STATS_HELP = """\
GET /_sandbox/stats tells what was counted. Of that, these judge a client:

    largest_window          most publish calls that arrived in any period, refused ones too; must not exceed the limit
    locks                   how often the account was locked
    calls_during_lock       all calls that arrived in a lock
    sent_after_refusal      those of them that were sent although a refusal had been answered; must be 0
    published_twice, mailed_twice    must be empty
    without_notify          publish calls without notifyApplicableUsers: each mailed everybody; must be 0
    secrets_in_url          must be 0
"""
EPILOG = "\b\n" + f"{STATS_HELP}\n{faults_module.__doc__}".replace("\n\n", "\n\n\b\n")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
ABOVE_NOTHING = click.FloatRange(min=0, min_open=True)


def read_file(load: Callable[[Path], T]) -> Callable[[click.Context, click.Parameter, Path | None], T | None]:
    """Make an option's file into what is in it, and what is wrong with it into a usage error."""

    def callback(_context: click.Context, _parameter: click.Parameter, path: Path | None) -> T | None:
        if path is None:
            return None
        try:
            return load(path)
        except (ValueError, OSError) as error:
            raise click.BadParameter(str(error)) from None

    return callback


@click.command(epilog=EPILOG, context_settings={"show_default": True})
@click.option("--port", type=click.IntRange(min=0), default=0, help="0: any free port.")
@click.option("--host", default=LOOPBACK[0], help="Loopback only: 127.0.0.1 or ::1.")
@click.option("--limit", type=click.IntRange(min=1), default=30, help="Publish calls in a period.")
@click.option("--period", "period_seconds", type=ABOVE_NOTHING, default=60.0, help="Seconds.")
@click.option("--lock", "lock_seconds", type=ABOVE_NOTHING, default=300.0, help="Seconds.")
@click.option(
    "--latency",
    "latency_seconds",
    default="0.2",
    help="Seconds there and back: 0.2, 0-5 (evenly between) or lognormal:0.4 (median).",
)
@click.option("--speed", type=ABOVE_NOTHING, default=1.0, help="Divides all seconds: 60 makes a minute 1 s.")
@click.option("--seed", type=int, default=0, help="Of latency and faults.")
@click.option(
    "--courses",
    type=FILE,
    callback=read_file(load_courses),
    help="The known courses: CSV with a column id, and others.",
)
@click.option("--faults", type=FILE, callback=read_file(load_faults), help="A fault plan; see below.")
def sandbox(**options: Any) -> None:
    """Play Zoho People on this machine.

    Prints one line of JSON with the url as soon as it listens, and serves until it is interrupted (Ctrl-C or SIGTERM).
    The url takes the place of both hosts: people.zoho.com and accounts.zoho.com.
    """
    try:
        config = SandboxConfig(**{**options, "faults": options["faults"] or ()})
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    serve(Sandbox(config))


def serve(playing: Sandbox) -> None:
    """Play until a signal comes. Raise click.UsageError where the port cannot be had."""
    try:
        # KeyboardInterrupt: where the loop cannot take signals (Windows), Ctrl-C still ends it in order.
        with suppress(KeyboardInterrupt):
            asyncio.run(_serve(playing))
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise click.UsageError(f"cannot listen on port {playing.config.port}: {why}") from None


async def _serve(playing: Sandbox) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
    async with playing as running:
        click.echo(json.dumps(_introduction(running)))
        await stop.wait()


def _introduction(running: Sandbox) -> dict[str, Any]:
    config = running.config
    return {
        "url": running.url,
        "stats": f"{running.url}/_sandbox/stats",
        "limit": config.limit,
        "period_seconds": config.period_seconds,
        "lock_seconds": config.lock_seconds,
        "latency": str(config.latency_seconds),
        "speed": config.speed,
        "courses": None if config.courses is None else len(config.courses),
        "faults": len(config.faults),
    }
