"""The files that were read, kept beside the reports: what a person handed in may be gone or changed tomorrow."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from batchpub.errors import CannotWrite
from batchpub.files import replace_file
from batchpub.report.text import replace_unshowable

INPUTS = "inputs"
SUMS = "SHA256SUMS"
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A file as it was read. `data` is there where it cannot be read again: what came from standard input or an address."""

    file: str
    sha256: str
    data: bytes | None = None


def hash_of(data: bytes) -> str:
    """Give the SHA-256 of a file's bytes, as `sha256sum` writes it."""
    return hashlib.sha256(data).hexdigest()


def keep_inputs(inputs: Sequence[Input], out: Path) -> tuple[str, ...]:
    """Copy what was read into `inputs` below the reports, with a list of checksums; give those that have changed since.

    Raises:
        CannotWrite: they cannot be kept.

    """
    if not inputs:
        return ()
    folder, sums, changed = out / INPUTS, [], []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one in inputs:
            data = _read_again(one)
            if data is None:
                changed.append(one.file)
                continue
            name = _name_inside(folder, one.file)
            replace_file(folder / name, data)
            sums.append(f"{one.sha256}  {name}\n")
        replace_file(folder / SUMS, "".join(sums).encode())
    except OSError as error:
        raise CannotWrite(
            f"The sheets cannot be kept in {folder}: {error.strerror}. Make room, or name another folder with the setting out."
        ) from error
    return tuple(changed)


def read_kept(out: Path, sha256: str) -> bytes | None:
    """Give a file that `keep_inputs` has kept below the reports, None where it is not there any more as it was."""
    try:
        sums = (out / INPUTS / SUMS).read_text(encoding="utf-8")
        names = [line.partition("  ")[2] for line in sums.split("\n") if sha256 and line.startswith(f"{sha256}  ")]
        data = (out / INPUTS / names[0]).read_bytes() if names else b""
    except (OSError, ValueError):
        return None
    return data if hash_of(data) == sha256 else None


def _read_again(one: Input) -> bytes | None:
    if one.data is not None:
        return one.data
    try:
        data = Path(one.file).read_bytes()
    except OSError:
        return None
    return data if hash_of(data) == one.sha256 else None


def _name_inside(folder: Path, file: str) -> str:
    """Give a file a name that no other one has: two folders may hold an `a.csv` each."""
    last = PurePath(replace_unshowable(file).replace("\\", "/").rstrip("/")).name.replace("\n", " ")
    name = last[-_LONGEST_NAME:].lstrip(".") or "sheet"
    number = 2
    unique = name
    while (folder / unique).exists() or unique == SUMS:
        unique = f"{number}-{name}"
        number += 1
    return unique
