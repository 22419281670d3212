"""Reports onto the disk: each file whole or not at all."""

import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from batchpub.errors import CannotWrite
from batchpub.files import replace_file, say_cause
from batchpub.record import RunRecord
from batchpub.report import FILE_NAMES, STAFF
from batchpub.report.csv_file import write_csv
from batchpub.report.inputs import read_kept
from batchpub.report.json_file import write_json
from batchpub.report.junit import write_junit
from batchpub.report.own_file import write_own_files
from batchpub.report.page import write_html
from batchpub.report.xlsx_file import write_xlsx

FORMATS: dict[str, Callable[[RunRecord], bytes]] = {
    "csv": write_csv,
    "xlsx": write_xlsx,
    "html": write_html,
    "junit": write_junit,
    "json": write_json,
}


def write_reports(run: RunRecord, out: Path, formats: Sequence[str]) -> tuple[Path, ...]:
    """Write the reports into a folder, made if need be, and give their paths in the order of `formats`.

    A file that cannot be written does not keep the others from being written. Raises CannotWrite, after all were tried,
    naming each file, why, and what to do.
    """
    _make_folder(out)
    written: list[Path] = []
    failures: list[str] = []
    with contextlib.ExitStack() as tries:  # every one of them is left, also when another raises what is no OSError
        for name in reversed(list(dict.fromkeys(formats))):
            tries.callback(_write_format, run, out, name, written, failures)
    if failures:
        raise CannotWrite("\n".join(failures))
    return tuple(written)


def _write_format(run: RunRecord, out: Path, name: str, written: list[Path], failures: list[str]) -> None:
    if name != STAFF:
        _write_one(out / FILE_NAMES[name], lambda: FORMATS[name](run), written, failures)
        return
    for place, data in write_own_files(run, partial(read_kept, out)):
        (out / place).parent.mkdir(exist_ok=True)
        _write_one(out / place, lambda data=data: data, written, failures)  # type: ignore[misc]


def _write_one(path: Path, write: Callable[[], bytes], written: list[Path], failures: list[str]) -> None:
    try:
        replace_file(path, write())
    except CannotWrite as error:
        failures.append(f"{path} cannot be written. {error}")
    except OSError as error:
        failures.append(_say_failure(path, error))
    else:
        written.append(path)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise CannotWrite(
            f"The folder {out} cannot be made ({say_cause(error)}). "
            "Name another with the setting out, then write the reports again with: batchpub report"
        ) from error


def _say_failure(path: Path, error: OSError) -> str:
    return (
        f"{path} cannot be written ({say_cause(error)}). Close it if a program has it open, check the space and the "
        "permissions of the folder, then write the reports again with: batchpub report"
    )
