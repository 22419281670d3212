"""From settings to the plain values below the command line."""

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from batchpub.course import Plan, Sheet
from batchpub.errors import SettingsWrong, SheetMissing, SheetRefused
from batchpub.log import configure_log
from batchpub.plan import PlanOptions, make_plan
from batchpub.settings import Settings
from batchpub.sheet import SheetOptions, load_sheet
from batchpub.state import Limits
from batchpub.zoho.client import DATA_CENTERS, check_api_url


class _Stderr(io.StringIO):
    """Whatever stderr is at the moment: a progress bar takes its place while it is shown, and lines go above it."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def start_log(settings: Settings) -> None:
    """Log to stderr: JSON lines off a terminal; on one only what needs a person, for the bar shows the rest."""
    quiet = settings.log_format is None and sys.stderr.isatty()
    fmt = settings.log_format or ("console" if quiet else "json")
    configure_log(stream=_Stderr(), fmt=fmt, level="warning" if quiet else "info", secrets=settings.secrets())


def limits_of(settings: Settings) -> Limits:
    """Give the portal's limits."""
    return Limits(
        rate=settings.rate,
        period=settings.period,
        guard=settings.guard,
        settle=settings.settle,
        burst=min(settings.burst or settings.rate, settings.rate),
        lock=settings.lock,
        lock_margin=settings.lock_margin,
        max_lock=settings.max_lock,
        lease=settings.lease,
        total_timeout=settings.total_timeout,
    )


def hosts_of(settings: Settings) -> tuple[str, str]:
    """Give the accounts URL and the API URL."""
    if settings.data_center not in DATA_CENTERS:
        raise SettingsWrong(f"No data centre {settings.data_center!r}. Known: {', '.join(DATA_CENTERS)}.")
    accounts, api = DATA_CENTERS[settings.data_center]
    accounts, api = settings.accounts_url or accounts, settings.api_url or api
    return check_api_url(accounts), check_api_url(api)


def portal_of(settings: Settings, api_url: str) -> str:
    """Name what shares one limit: the API host, unless told otherwise."""
    return settings.portal or urlsplit(api_url).netloc


def state_path(settings: Settings) -> Path:
    """Give the state's file; by default in the user's state folder."""
    if settings.state is not None:
        if "://" in settings.state:
            raise SettingsWrong("BATCHPUB_STATE names a database server; this version keeps its state in a file only.")
        return Path(settings.state)
    home = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA") or str(Path.home() / ".local" / "state")
    return Path(home) / "batchpub" / "state.db"


def sheet_options_of(settings: Settings) -> SheetOptions:
    """Say how a file is to be read."""
    return SheetOptions(sheet=settings.sheet, column=settings.column, max_rows=settings.max_rows)


def load_all(files: Sequence[str], settings: Settings) -> tuple[Sheet, ...]:
    """Read every file; if any is refused, say so for all of them at once.

    Raises:
        SheetRefused: at least one file cannot be taken; nothing is sent.

    """
    options = sheet_options_of(settings)
    sheets: list[Sheet] = []
    refused: list[SheetRefused] = []
    for file in files:
        try:
            sheets.append(load_sheet(file, options))
        except SheetRefused as error:
            refused.append(error)
    if refused:
        # A missing file wins the exit code; the sentence names every file.
        first = next((error for error in refused if isinstance(error, SheetMissing)), refused[0])
        told = "\n".join(str(error) for error in refused if error is not first)
        raise type(first)(first.file, f"{first.message}\n{told}".rstrip())
    return tuple(sheets)


def plan_of(sheets: Sequence[Sheet], settings: Settings) -> Plan:
    """Put every row in its pile."""
    return make_plan(
        sheets,
        PlanOptions(
            id_digits=settings.id_digits,
            confirm_ids=frozenset(settings.confirm_id),
            include_hidden=settings.include_hidden,
            notify=settings.notify,
        ),
    )
