"""One invocation of the program: what is known of it from its first moment to its last word."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import click

from batchpub.cli.signals import Signals
from batchpub.events import OnEvent
from batchpub.settings.fields import Settings

RUNNING = ("publish", "retry")
"""The commands that are runs: they leave reports, however they end."""


def name_run() -> str:
    """Give a name that sorts by time and is nobody else's."""
    return f"{datetime.now(tz=UTC):%Y%m%dT%H%M%SZ}-{uuid4().hex[:6]}"


@dataclass(slots=True)
class Invocation:
    """Filled in as the command goes on; whoever ends it finds here what its last word needs.

    `read` is a results file that the command reads, and must find again when it is called once more. `began`: from here
    on a call may have been made. `said`: how it ended has been told. `listeners` hear of the run before its log does.
    """

    signals: Signals = field(default_factory=Signals)
    command: str = ""
    run: str = field(default_factory=name_run)
    settings: Settings | None = None
    read: Path | None = None
    began: bool = False
    said: bool = False
    listeners: list[OnEvent] = field(default_factory=list)

    def is_run(self) -> bool:
        """Tell whether the command is one that leaves reports."""
        return self.command in RUNNING

    def named_out(self, argv: Sequence[str], environ: Mapping[str, str]) -> Path | None:
        """Give the folder of the reports, where somebody named one: also before, or without, settled settings."""
        if self.settings is not None:
            return Path(self.settings.out) if self.settings.out else None
        given = environ.get("BATCHPUB_OUT", "")
        for flag, value in zip(argv, [*argv[1:], ""], strict=True):
            name, equals, inline = flag.partition("=")
            if name == "--out":
                given = inline if equals else value
        return Path(given) if given else None

    def out(self) -> Path:
        """Give the folder of this run's reports."""
        return self.named_out((), os.environ) or Path("batchpub-reports") / self.run


def current_invocation() -> Invocation:
    """Give the one that the running command belongs to; one of its own to a command that a test calls by itself."""
    context = click.get_current_context(silent=True)
    return (context.find_object(Invocation) if context else None) or Invocation()
