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
from batchpub.sandbox.config import CHOICES, Choice, SandboxConfig
from batchpub.sandbox.courses import load_courses
from batchpub.sandbox.fault_file import load_faults
from batchpub.sandbox.server import Sandbox

T = TypeVar("T")

STATS_HELP = """\
GET /_sandbox/stats tells what was counted, /_sandbox/requests the newest requests, POST /_sandbox/reset begins again.
Of the stats, these judge a client:

    largest_window          most publish calls that arrived in any period, refused ones too; must not exceed the limit
    locks                   how often the account was locked
    calls_during_lock       all calls that arrived in a lock
    sent_after_refusal      those of them that were sent although a refusal had been answered; must be 0
    published_twice, mailed_twice    must be empty
    without_notify          publish calls without notifyApplicableUsers: each mailed everybody; must be 0
    secrets_in_url          must be 0
"""
EPILOG = "\b\n" + f"{STATS_HELP}\n{faults_module.__doc__}".replace("\n\n", "\n\n\b\n")


def _read_file(load: Callable[[Path], T]) -> Callable[[click.Context, click.Parameter, Path | None], T | None]:
    """Make an option's file into what is in it, and what is wrong with it into a usage error."""

    def callback(_context: click.Context, _parameter: click.Parameter, path: Path | None) -> T | None:
        if path is None:
            return None
        try:
            return load(path)
        except (ValueError, OSError) as error:
            raise click.BadParameter(str(error)) from None

    return callback


def _with_flags(command: Callable[..., None]) -> Callable[..., None]:
    """Put a flag on the command for every choice of the configuration, in its order."""
    for name, about in reversed(CHOICES.items()):
        kind: dict[str, Any] = {"type": _kind_of(about), "default": about.default, "show_default": True}
        if isinstance(about.default, bool):
            kind = {"is_flag": True, "flag_value": not about.default, "default": about.default}
        command = click.option(f"--{about.flag}", name, help=about.meaning, **kind)(command)
    return command


def _kind_of(about: Choice) -> Any:
    if about.words:
        return click.Choice(about.words)
    if isinstance(about.default, str):
        return str
    least = about.above if about.least is None else about.least
    if isinstance(about.default, float):
        return float if least is None else click.FloatRange(min=least, min_open=about.above is not None)
    return int if least is None else click.IntRange(min=int(least))


FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(epilog=EPILOG)
@_with_flags
@click.option(
    "--courses", type=FILE, callback=_read_file(load_courses), help="The known courses: JSON, CSV, or one id a line."
)
@click.option("--faults", type=FILE, callback=_read_file(load_faults), help="A fault plan, TOML or JSON; see below.")
@click.option("--reads-share-limit", is_flag=True, help="Reads and publishes are one budget.")
def sandbox(*, reads_share_limit: bool, **options: Any) -> None:
    """Play Zoho People on this machine.

    Prints one line of JSON with the url as soon as it listens, and serves until it is interrupted (Ctrl-C or SIGTERM).
    The url takes the place of both hosts: people.zoho.com and accounts.zoho.com.
    """
    options["faults"] = options["faults"] or ()
    if reads_share_limit:
        options["read_limit"] = None
    try:
        config = SandboxConfig(**options)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    try:
        # KeyboardInterrupt: where the loop cannot take signals (Windows), Ctrl-C still ends it in order.
        with suppress(KeyboardInterrupt):
            asyncio.run(_serve(config))
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise click.UsageError(f"cannot listen on port {config.port}: {why}") from None


async def _serve(config: SandboxConfig) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
    async with Sandbox(config) as running:
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
