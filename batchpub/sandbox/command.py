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
from batchpub.sandbox.config import STATE_FIELDS, SandboxConfig
from batchpub.sandbox.courses import load_courses
from batchpub.sandbox.faults import load_faults
from batchpub.sandbox.latency import parse_latency
from batchpub.sandbox.meter import Window
from batchpub.sandbox.replies import DEFAULT_THROTTLE_SHAPE, THROTTLE_SHAPES
from batchpub.sandbox.server import Sandbox
from batchpub.sandbox.tokens import TOKEN_SECONDS

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


def _latency(_context: click.Context, _parameter: click.Parameter, text: str) -> str:
    try:
        return parse_latency(text).text
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SECONDS = click.FloatRange(min=0, min_open=True)


@click.command(epilog=EPILOG)
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0: any free port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Loopback only: 127.0.0.1 or ::1.")
@click.option("--limit", type=click.IntRange(min=1), default=30, show_default=True, help="Publish calls in a period.")
@click.option("--period", "period_seconds", type=SECONDS, default=60.0, show_default=True, help="Seconds.")
@click.option("--lock", "lock_seconds", type=SECONDS, default=300.0, show_default=True, help="Seconds.")
@click.option(
    "--latency",
    "latency_seconds",
    default="0.2",
    show_default=True,
    callback=_latency,
    help="Seconds there and back: 0.2, 0-5 (evenly between) or lognormal:0.4 (median).",
)
@click.option(
    "--speed", type=SECONDS, default=1.0, show_default=True, help="Divides all seconds: 60 makes a minute 1 s."
)
@click.option(
    "--courses", type=FILE, callback=_read_file(load_courses), help="The known courses: JSON, CSV, or one id a line."
)
@click.option("--faults", type=FILE, callback=_read_file(load_faults), help="A fault plan, TOML or JSON; see below.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of latency and faults.")
@click.option(
    "--window",
    type=click.Choice([window.value for window in Window]),
    default=Window.ROLLING.value,
    show_default=True,
    help="How the period is counted.",
)
@click.option(
    "--trips-at", type=click.IntRange(min=1), help="Which call starts the lock; default: the one over the limit."
)
@click.option(
    "--throttle-shape",
    type=click.Choice(list(THROTTLE_SHAPES)),
    default=DEFAULT_THROTTLE_SHAPE,
    show_default=True,
    help="How a refusal looks.",
)
@click.option("--refused-calls-count", is_flag=True, help="Refused calls use budget too.")
@click.option("--early-calls-lengthen-lock", is_flag=True, help="Each call in a lock begins it again.")
@click.option(
    "--repeat-lock-factor",
    type=SECONDS,
    default=1.0,
    show_default=True,
    help="A lock soon after a lock is so much longer.",
)
@click.option("--read-limit", type=click.IntRange(min=1), default=30, show_default=True, help="Reads in a period.")
@click.option("--reads-share-limit", is_flag=True, help="Reads and publishes are one budget.")
@click.option(
    "--neighbour",
    "neighbour_calls_per_minute",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="Somebody else's publish calls in a minute.",
)
@click.option("--daily-quota", type=click.IntRange(min=1), help="Calls in a day.")
@click.option("--republish-error", is_flag=True, help="Publishing twice is an error; otherwise it mails again.")
@click.option(
    "--state-field",
    type=click.Choice([*STATE_FIELDS, "none"]),
    default="course.status",
    show_default=True,
    help="Where a read answer has the state.",
)
@click.option("--no-batch-pages", is_flag=True, help="A batch is read at its course's page only.")
@click.option("--no-read-scope", is_flag=True, help="The token may not read courses.")
@click.option("--strict-tokens", is_flag=True, help="Only access tokens issued here are let in.")
@click.option("--needs-csrf", is_flag=True, help="A cookie's CSRF_TOKEN must be sent again, in the form and a header.")
@click.option("--api-domain", default="https://www.zohoapis.com", show_default=True, help="In the token answer.")
@click.option(
    "--clock-offset",
    "clock_offset_seconds",
    type=float,
    default=0.0,
    show_default=True,
    help="How far the service's clock is ahead of this machine's.",
)
@click.option("--token-life", "token_seconds", type=SECONDS, default=TOKEN_SECONDS, show_default=True, help="Seconds.")
def sandbox(
    *, reads_share_limit: bool, no_read_scope: bool, no_batch_pages: bool, state_field: str, **options: Any
) -> None:
    """Play Zoho People on this machine.

    Prints one line of JSON with the url as soon as it listens, and serves until it is interrupted (Ctrl-C or SIGTERM).
    The url takes the place of both hosts: people.zoho.com and accounts.zoho.com.
    """
    options["faults"] = options["faults"] or ()
    if reads_share_limit:
        options["read_limit"] = None
    try:
        config = SandboxConfig(
            **options,
            read_scope=not no_read_scope,
            batch_pages=not no_batch_pages,
            state_field="" if state_field == "none" else state_field,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    try:
        # KeyboardInterrupt: where the loop cannot take signals (Windows), Ctrl-C still ends it in order.
        with suppress(KeyboardInterrupt):
            asyncio.run(_serve(config))
    except OSError as error:
        raise click.UsageError(f"cannot listen on port {config.port}: {error.strerror or error}") from None


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
