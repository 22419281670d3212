"""The folder of the reports: fit to be written before the first call, and free of what another run left there."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from batchpub.errors import CannotWrite
from batchpub.files import say_cause
from batchpub.report import FILE_NAMES
from batchpub.report.inputs import INPUTS
from batchpub.report.own_file import FOLDER

EARLIER = "earlier"
"""The folder inside `out` that keeps the reports of earlier runs, each in a folder with the name of its run."""


def prepare_folder(out: Path, *, keep: Path | None = None) -> None:
    """Make the folder, try to write into it, and set aside an earlier run's reports, but not the file that is read.

    Raises:
        CannotWrite: the reports of this run could not be written, so that nothing should be sent either.

    """
    probe = out / f".probe.{token_hex(4)}.tmp"
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"can reports be written here?")
        probe.unlink()
        set_aside(out, keep=keep)
    except (OSError, ValueError) as error:
        with suppress(OSError, ValueError):
            probe.unlink(missing_ok=True)
        raise CannotWrite(
            f"Reports cannot be written to the folder {out} ({say_cause(error)}), so nothing was sent. "
            "Name another with the setting out, or make it writable."
        ) from error


def set_aside(out: Path, *, keep: Path | None = None) -> None:
    """Move an earlier run's reports into `earlier/RUN`, so that none lies beside a later run's. Raises OSError."""
    kept = keep.resolve() if keep is not None else None
    names = [*FILE_NAMES.values(), FOLDER, INPUTS]
    found = [path for name in names if (path := out / name).exists() and path.resolve() != kept]
    if not found:
        return
    target = out / EARLIER / _name_earlier(out, found)
    while target.exists():  # written once more, or by another run in the same second
        target = target.with_name(f"{target.name}-again")
    target.mkdir(parents=True)
    for path in found:
        path.replace(target / path.name)


def _name_earlier(out: Path, found: list[Path]) -> str:
    """Name the run whose reports these are; by the time they were written where they do not say."""
    with suppress(OSError, ValueError, LookupError, TypeError):
        run = str(json.loads((out / FILE_NAMES["json"]).read_bytes())["run"])
        if run and run.replace("-", "").isalnum() and run.isascii():
            return run
    written = max(path.stat().st_mtime for path in found)
    return f"{datetime.fromtimestamp(written, tz=UTC):%Y%m%dT%H%M%SZ}"
