"""Files whole: one put in the place of another, one read from a stream with a bound."""

import contextlib
import os
import secrets
import stat
from pathlib import Path
from typing import IO

from batchpub.errors import SheetRefused

_CHUNK = 1 << 16


def replace_file(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a file so that whoever reads sees the old one or the new one, also after a crash.

    Args:
        path: the file; its folder must be there.
        data: all that it will hold.
        private: only its owner may read it, from its first moment.

    Raises:
        OSError: it cannot be written, or the file system cannot keep it private. The old one is untouched.

    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666), "wb") as file:
            if private:
                _refuse_shared(file.fileno())
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:  # an interrupt must not leave half a file behind either
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def say_cause(error: Exception) -> str:
    """Say why something failed in the words of the operating system, where it has some."""
    return (error.strerror if isinstance(error, OSError) and error.strerror else str(error)) or type(error).__name__


def _refuse_shared(handle: int) -> None:
    if os.name == "posix" and stat.S_IMODE(os.fstat(handle).st_mode) & 0o077:
        raise OSError("the file system cannot keep a file private")


def read_bounded(stream: IO[bytes], shown: str, most_bytes: int) -> bytes:
    """Read a sheet from a stream; `shown` is what sentences call it. Raises SheetRefused where it has no end in reason."""
    data = bytearray()
    while chunk := stream.read(_CHUNK):
        data += chunk
        if len(data) > most_bytes:
            raise SheetRefused(shown, f"The file is larger than {most_bytes >> 20} MB, which no list of courses is.")
    return bytes(data)
