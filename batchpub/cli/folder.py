"""What a folder of sheets holds: files that are read, files that could be lists and must not be passed over, and others.

A file of the second kind stops the run with its sentence, as if it had been named: a list nobody reads, in a run that
ends green, is a course that nobody publishes.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from pathlib import Path

from batchpub.errors import SheetMissing, SheetRefused
from batchpub.paths import is_file, is_folder
from batchpub.report import FILE_NAMES

ENDINGS = (
    ".xlsx", ".xlsm", ".xls", ".ods", ".fods", ".csv", ".tsv", ".tab", ".txt", ".html", ".htm", ".mht", ".mhtml", ".xml",
)  # fmt: skip
"""What the name of a sheet in a folder ends in. A file that is named on the command line is read whatever its name."""

REPORTS_FOLDER = "batchpub-reports"
MOST_ENTRIES = 10_000  # in a folder and all folders in it; a home directory or a disk given by mistake has more

_HIDDEN = (".", "~$")  # hidden files, and what Excel puts beside a workbook that is open
_NAMES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "makefile", "dockerfile"})
_FOLDERS = frozenset({"__macosx", "__pycache__", "node_modules", "$recycle.bin", "lost+found", REPORTS_FOLDER})
_ABOUT = ("readme", "license", "licence", "changelog", "contributing")  # what such a file is about stands in its name
_NO_LISTS = frozenset(
    [
        *(".png", ".jpg", ".jpeg", ".gif", ".svg", ".bmp", ".webp", ".heic", ".tif", ".tiff", ".ico"),  # pictures
        *(".mp3", ".m4a", ".wav", ".mp4", ".mov", ".avi", ".mkv", ".webm"),  # sound and video
        *(".toml", ".yaml", ".yml", ".ini", ".cfg", ".conf", ".env", ".lock", ".log"),  # settings and logs
        *(".db", ".db-wal", ".db-shm", ".sqlite", ".sqlite3"),  # databases, such as the state
        *(".py", ".js", ".ts", ".sh", ".ps1", ".bat", ".cmd", ".css"),  # programs
        *(".md", ".rst", ".adoc"),  # and their docs
    ]
)
_BUNDLES = (".numbers", ".pages", ".key")  # a document that macOS keeps as a folder
_BUNDLE = "This document of Apple's is a folder, not a file. Open it in its program, choose File → Export To → Excel, and give that file."
_TOLD_BY_NAME = {  # ending → sentence, where the content says nothing that a person could use
    ".icloud": "This file is in iCloud and not on this computer. Download it in the Finder first.",
    ".crdownload": "This download is not finished. Wait until it is, or start it again.",
    ".part": "This download is not finished. Wait until it is, or start it again.",
    ".partial": "This download is not finished. Wait until it is, or start it again.",
    ".gsheet": "This is only a link to Google Sheets. Open it there, choose File → Download → .xlsx, and give that file.",
    ".lnk": "This is only a shortcut. Give the file that it leads to.",
    ".url": "This is only a link. Give the file that it leads to.",
    ".webloc": "This is only a link. Give the file that it leads to.",
}
IF_NO_LIST = "If it is no list of courses, move it out of the folder."


class FileKind(Enum):
    """What the name of a file in a folder makes of it."""

    SHEET = auto()
    DOUBTFUL = auto()
    """It could be a list, and is not taken for one by its name alone."""
    NO_LIST = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file to read. `doubtful`: its name does not say that it is a list. `refusal`: its name shows why it cannot be read."""

    file: str
    doubtful: bool = False
    refusal: str = ""


def is_hidden(name: str) -> bool:
    """Say whether a file is one that a person does not see, or does not see as a file of theirs."""
    return name.startswith(_HIDDEN) and not name.endswith(".icloud")


def classify(name: str) -> FileKind:
    """Say what a file's name makes of it."""
    ending = Path(name).suffix.casefold()
    folded = name.casefold()
    if is_hidden(name) or folded in _NAMES or ending in _NO_LISTS or folded.startswith(_ABOUT):
        return FileKind.NO_LIST
    return FileKind.SHEET if ending in ENDINGS else FileKind.DOUBTFUL


def list_folder(folder: Path) -> tuple[list[Found], list[str]]:
    """Give the files of a folder and of all folders in it, by their names; and what is certainly no list.

    Folders of an earlier run's reports are left out, links are followed, each folder is read once.

    Raises:
        SheetMissing: the folder, or one in it, cannot be read.
        SheetRefused: it holds too much.

    """
    walk = _Walk(folder)
    return [_describe(path) for path in walk.files(folder)], walk.left_out


def _describe(path: Path) -> Found:
    ending = path.suffix.casefold()
    if is_folder(path, partial(SheetMissing, str(path))):
        return Found(file=str(path), refusal=_BUNDLE)
    return Found(
        file=str(path), doubtful=classify(path.name) is FileKind.DOUBTFUL, refusal=_TOLD_BY_NAME.get(ending, "")
    )


class _Walk:
    """One walk through a folder; `left_out` grows on the way."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._seen: set[tuple[int, int]] = set()
        self._looked_at = 0
        self.left_out: list[str] = []

    def files(self, folder: Path) -> Iterator[Path]:
        """Give what could be a list in a folder and below it, in the order of the names."""
        for path, mode in self._list(folder):
            is_folder = stat.S_ISDIR(mode)
            if is_folder and path.suffix.casefold() in _BUNDLES:
                yield path
            elif is_folder and not (is_hidden(path.name) or path.name.casefold() in _FOLDERS or _holds_reports(path)):
                yield from self.files(path)
            elif is_folder:
                self.left_out.append(str(path) + os.sep)
            elif classify(path.name) is FileKind.NO_LIST or (mode and not stat.S_ISREG(mode)):  # a pipe, a device
                self.left_out.append(str(path))
            else:
                yield path  # a link that leads nowhere too: what it led to may have been a list

    def _list(self, folder: Path) -> list[tuple[Path, int]]:
        """Give what a folder holds, with the mode of each; nothing where it was read before, by another way."""
        try:
            place = folder.stat()
            inside = sorted(folder.iterdir())
        except OSError as error:
            raise SheetMissing(
                str(folder), f"The folder cannot be read ({error.strerror}). Check its permissions."
            ) from error
        self._looked_at += len(inside)
        if self._looked_at > MOST_ENTRIES:
            raise SheetRefused(
                str(self._root),
                f"This folder holds more than {MOST_ENTRIES:,} files. Give the folder that holds the lists only.",
            )
        if (place.st_dev, place.st_ino) in self._seen:
            return []
        self._seen.add((place.st_dev, place.st_ino))
        return [(path, _mode_of(path)) for path in inside]


def _mode_of(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _holds_reports(folder: Path) -> bool:
    """Say whether a folder is one of our own reports: a run's results are no list until somebody hands them in."""
    refuse = partial(SheetMissing, str(folder))
    found = [name for name, file in FILE_NAMES.items() if is_file(folder / file, refuse)]
    return "json" in found or len(found) > 1
