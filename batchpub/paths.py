"""Looks at every path that a person gives or we choose: what the system refuses becomes a sentence for that person.

`Path.exists` and its like raise `PermissionError` where a folder on the way cannot be searched, and others for a name that
is too long or a disk that fails. Whoever asks here says which error of ours that is: 66 for a sheet, 74 for a place to
write to, 78 for a setting.
"""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

from batchpub.errors import BatchpubError, SettingsWrong

Refuse = Callable[[str], BatchpubError]
"""Makes the error from its sentence, which ends without a remedy."""

NOTHING = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EBADF)
"""What says that nothing is there, as `Path.exists` has it."""


def is_there(path: Path, refuse: Refuse) -> bool:
    """Tell whether something is at the path. Raises what `refuse` makes where nobody may know."""
    return _look(path, refuse) is not None


def is_folder(path: Path, refuse: Refuse) -> bool:
    """Tell whether a folder is at the path; raises as `is_there` does."""
    found = _look(path, refuse)
    return found is not None and stat.S_ISDIR(found.st_mode)


def is_file(path: Path, refuse: Refuse) -> bool:
    """Tell whether a file is at the path; raises as `is_there` does."""
    found = _look(path, refuse)
    return found is not None and stat.S_ISREG(found.st_mode)


def _look(path: Path, refuse: Refuse) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError as error:
        if error.errno in NOTHING:
            return None
        raise refuse(f"{_say_why(path, error)}.") from error
    except ValueError:  # a NUL in it
        return None


def _say_why(path: Path, error: OSError) -> str:
    """Say what the system says, and of a folder that lets nobody in whose it is."""
    folder = _find_shut(path) if isinstance(error, PermissionError) else None
    if folder is None:
        return error.strerror or type(error).__name__
    about = folder.stat()
    return (
        f"{error.strerror}: the folder {folder} belongs to user {about.st_uid}, mode {stat.S_IMODE(about.st_mode):04o}, "
        f"and this is user {os.geteuid()}. Change its owner or mode"
    )


def _find_shut(path: Path) -> Path | None:
    """Give the first folder on the way that cannot be searched."""
    effective = os.access in os.supports_effective_ids
    folders = reversed(path.absolute().parents)
    return next((folder for folder in folders if not os.access(folder, os.X_OK, effective_ids=effective)), None)


def usual_state() -> Path:
    """Give the state's file where nobody names one: in the folder where this user's programs keep their state.

    Raises:
        SettingsWrong: neither a variable nor the system's list of users names a home; so it is for a container's user
            that is only a number.

    """
    named = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        folder = Path(named) if named else Path.home() / ".local" / "state"
    except RuntimeError:
        raise SettingsWrong(
            f"User {os.geteuid()} has no home, so that there is no usual place for the state. Name one with the setting state or "
            "BATCHPUB_STATE, or set XDG_STATE_HOME."
        ) from None
    return folder / "batchpub" / "state.db"
