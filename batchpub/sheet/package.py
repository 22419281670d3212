"""A zip package of parts, opened with distrust: counted while inflating, every checksum verified.

A zip bomb and a damaged part must be found before anything is believed. The sizes in a zip's directory are claims, so the
parts are inflated once for the count; that costs a second for the largest package that is let in.
"""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from batchpub.sheet.grid import CUT_SHORT, Unreadable, say_damaged

MAX_UNPACKED = 300 * 1024 * 1024  # bytes
_MAX_PARTS = 10_000
_CHUNK = 1 << 18
_END_OF_DIRECTORY = b"PK\x05\x06"
_LONGEST_END = 65_557  # of the directory's end with the longest comment; a file that is cut short has none
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})  # the only two any spreadsheet program writes
_ENCRYPTED_FLAG = 0x1
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
)

PROTECTED = "The file is protected with a password. Open it, take the password off, save it, and give that file."
ENCRYPTED = (
    "The file is encrypted. If Excel asks for a password when you open it, remove that under File → Info → Protect Workbook → Encrypt with "
    "Password, and save it. If Excel opens it without asking, it carries the password that is built into Excel, as protected workbooks of some "
    "programs do: save it under a new name as .xlsx, or ask whoever runs the export for one that is not protected."
)
TOO_LARGE = "The file unpacks to more than 300 MB, which no list of courses does. Delete what does not belong there."
BEFORE = (
    "Something stands before the workbook in this file ({}), so Excel does not take it for one. The program that exports it writes that first (in PHP "
    "often a blank line, a byte order mark or a warning): whoever runs the export must mend it; until then export the list as CSV."
)
_TWO = "Two zip packages stand one behind the other in this file, and programs read different ones. Ask for the file again."

_LOST = "its parts are not where its directory says"


class Package:
    """The parts of a zip package by their names, compared without case as Office does."""

    def __init__(self, data: bytes) -> None:
        """Open the package and inflate everything once. Raises Unreadable for what must not be believed."""
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _DAMAGE as error:
            has_directory = _END_OF_DIRECTORY in data[-_LONGEST_END:]
            what = say_damaged("its directory of parts cannot be read") if has_directory else CUT_SHORT
            raise Unreadable(what) from error
        self._parts: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            self._add(info)
        first = min((info.header_offset for info in self._parts.values()), default=0)
        if first:
            raise Unreadable(_TWO if _END_OF_DIRECTORY in data[: max(first, 0)] else say_damaged(_LOST))

    def _add(self, info: zipfile.ZipInfo) -> None:
        name = _fold(info.filename)
        if name in self._parts or len(self._parts) >= _MAX_PARTS:
            raise Unreadable(
                f"The file holds the part {info.filename!a} twice or too many parts; it is damaged or was tampered with."
            )
        if info.flag_bits & _ENCRYPTED_FLAG:
            raise Unreadable(PROTECTED)
        if info.compress_type not in _METHODS:
            raise Unreadable(say_damaged(f"the part {info.filename!a} is packed as no spreadsheet program does it"))
        self._parts[name] = info

    def names(self) -> list[str]:
        """Give the folded names of all parts."""
        return list(self._parts)

    def unpacked_bytes(self) -> int:
        """Give how many bytes all parts have by the directory; no more than that is ever read of one."""
        return sum(info.file_size for info in self._parts.values())

    def __contains__(self, name: str) -> bool:
        """Say whether there is such a part."""
        return _fold(name) in self._parts

    def verify(self) -> None:
        """Inflate every part, counting and checking. Raises Unreadable."""
        left = MAX_UNPACKED
        for info in self._parts.values():
            for chunk in _inflate(self._zip, info):
                left -= len(chunk)
                if left < 0:
                    raise Unreadable(TOO_LARGE)

    def open(self, name: str) -> IO[bytes]:
        """Open a part to read it from its beginning. Raises Unreadable where there is none."""
        info = self._parts.get(_fold(name))
        if info is None:
            raise Unreadable(say_damaged(f"the part {name!a} is missing"))
        return self._zip.open(info)

    def read(self, name: str, limit: int) -> bytes:
        """Read so many bytes of a part, fewer where it is shorter; b"" where there is none."""
        if name not in self:
            return b""
        with self.open(name) as stream:
            return stream.read(limit)


def join_target(base: str, target: str) -> str:
    """Find the part that a relationship of the part `base` points to."""
    target = target.replace("\\", "/")
    if target.startswith("/"):
        return posixpath.normpath(target).lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), target)).lstrip("/")


def _fold(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _inflate(package: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with package.open(info) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
    except _DAMAGE as error:
        raise Unreadable(
            say_damaged(f"its part {info.filename!a} cannot be unpacked, or its checksum is wrong")
        ) from error
