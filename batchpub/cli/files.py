"""Which files a command reads: those named with it or in the job file; a folder stands for what is in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from batchpub.cli.folder import Found, list_folder
from batchpub.errors import SheetMissing
from batchpub.paths import is_file, is_folder
from batchpub.report import FILE_NAMES
from batchpub.source import STDIN, is_elsewhere

READABLE = ("json", "csv", "xlsx")
"""The reports that `retry` reads, best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What was handed in: the files to read, in order, and what lay beside them in a folder and is certainly no list."""

    files: tuple[Found, ...]
    left_out: tuple[str, ...] = ()

    def first_folder(self) -> Path:
        """Give the folder that the first file is in."""
        return Path(self.files[0].file).parent


def find_files(named: Sequence[str]) -> Handed:
    """Give the files in the order they were named, those of a folder in the order of their names.

    Raises:
        click.UsageError: no file is named.
        SheetMissing: a folder has no sheet in it, or cannot be read.
        SheetRefused: a folder holds too much.

    """
    if not named:
        raise click.UsageError('Name a sheet, or a folder of sheets; in a job file: sheets = ["courses.xlsx"].')
    if list(named).count(STDIN) > 1:
        raise click.UsageError("Standard input (-) can be read once only.")
    files: list[Found] = []
    left_out: list[str] = []
    for one in named:
        if is_elsewhere(one) or not is_folder(Path(one), partial(SheetMissing, one)):
            files.append(Found(file=one))
            continue
        found, others = list_folder(Path(one))
        if not found:
            raise SheetMissing(one, "No sheet is in this folder. Check the name, or that it is mounted.")
        files += found
        left_out += others
    return Handed(files=tuple(files), left_out=tuple(left_out))


def find_results(place: str) -> str:
    """Give the results to read; a run's folder stands for the best of those in it.

    Raises:
        SheetMissing: the folder has none.

    """
    folder = Path(place)
    refuse = partial(SheetMissing, place)
    if not is_folder(folder, refuse):
        return place
    names = [FILE_NAMES[name] for name in READABLE]
    found = next((folder / name for name in names if is_file(folder / name, refuse)), None)
    if found is None:
        raise SheetMissing(place, f"There is no {', '.join(names)} in this folder. Write it with: batchpub report RUN")
    return str(found)
