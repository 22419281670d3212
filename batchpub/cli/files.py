"""Which files a command reads: those named with it or in the job file; a folder stands for what is in it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from batchpub.errors import SheetMissing
from batchpub.report import FILE_NAMES

ENDINGS = (".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".tsv", ".txt", ".html", ".htm", ".xml")
"""What a sheet's name ends in. In a folder other files are left alone; a file that is named is read whatever its name."""

NOT_SHEETS = (".", "~$")  # hidden files, and what Excel puts beside a workbook that is open

READABLE = ("json", "csv", "xlsx")
"""The reports that `retry` reads, best first."""


def find_files(told: Sequence[str]) -> tuple[str, ...]:
    """Give the files in the order they were named, those of a folder in the order of their names.

    Raises:
        click.UsageError: no file is named.
        SheetMissing: a folder has no sheet in it.

    """
    if not told:
        raise click.UsageError('Name a sheet, or a folder of sheets; in a job file: sheets = ["courses.xlsx"].')
    return tuple(file for one in told for file in _expand(one))


def find_results(told: str) -> str:
    """Give the results to read; a run's folder stands for the best of those in it.

    Raises:
        SheetMissing: the folder has none.

    """
    folder = Path(told)
    if not folder.is_dir():
        return told
    names = [FILE_NAMES[name] for name in READABLE]
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is None:
        raise SheetMissing(told, f"There is no {', '.join(names)} in this folder. Write it with: batchpub report RUN")
    return str(found)


def _expand(told: str) -> Iterator[str]:
    folder = Path(told)
    if not folder.is_dir():
        yield told
        return
    found = sorted(path for path in _list(folder) if _is_sheet(path))
    if not found:
        raise SheetMissing(told, "No sheet is in this folder. Check the name, or that it is mounted.")
    yield from map(str, found)


def _list(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise SheetMissing(
            str(folder), f"The folder cannot be read ({error.strerror}). Check its permissions."
        ) from error


def _is_sheet(path: Path) -> bool:
    return path.suffix.casefold() in ENDINGS and not path.name.startswith(NOT_SHEETS) and path.is_file()
