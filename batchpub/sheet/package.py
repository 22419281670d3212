"""A zip package of parts, opened with distrust: counted while inflating, every checksum verified, no DTD anywhere.

A zip bomb, a damaged part and an entity that expands into an id must all be found before anything is believed. The sizes
in a zip's directory are claims, so the parts are inflated once for the count; that costs a second for the largest
package that is let in.
"""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from batchpub.sheet.grid import DAMAGED, Unreadable

MAX_UNPACKED = 300 * 1024 * 1024  # bytes
_MAX_PARTS = 10_000
_CHUNK = 1 << 18
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
TOO_LARGE = "The file unpacks to more than 300 MB, which no list of courses does. Delete what does not belong there."
DTD = (
    "The file contains XML entity definitions, which no spreadsheet program writes. It may have been tampered with: ask for it again "
    "from where it came from."
)


class Package:
    """The parts of a zip package by their names, compared without case as Office does."""

    def __init__(self, data: bytes) -> None:
        """Open the package and inflate everything once. Raises Unreadable for what must not be believed."""
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _DAMAGE as error:
            raise Unreadable(DAMAGED) from error
        self._parts: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            self._add(info)
        if min((info.header_offset for info in self._parts.values()), default=0):
            raise Unreadable(
                DAMAGED
            )  # something stands before it, perhaps another workbook that other programs would read

    def _add(self, info: zipfile.ZipInfo) -> None:
        name = _fold(info.filename)
        if name in self._parts or len(self._parts) >= _MAX_PARTS:
            raise Unreadable(
                f"The file holds the part {info.filename!a} twice or too many parts; it is damaged or was tampered with."
            )
        if info.flag_bits & _ENCRYPTED_FLAG:
            raise Unreadable(PROTECTED)
        if info.compress_type not in _METHODS:
            raise Unreadable(DAMAGED)
        self._parts[name] = info

    def names(self) -> list[str]:
        """Give the folded names of all parts."""
        return list(self._parts)

    def __contains__(self, name: str) -> bool:
        """Say whether there is such a part."""
        return _fold(name) in self._parts

    def verify(self) -> None:
        """Inflate every part, counting and checking. Raises Unreadable."""
        left = MAX_UNPACKED
        for info in self._parts.values():
            is_xml = info.filename.lower().endswith((".xml", ".rels", ".vml"))
            tail = b""
            for chunk in _inflate(self._zip, info):
                left -= len(chunk)
                if left < 0:
                    raise Unreadable(TOO_LARGE)
                if is_xml and _has_dtd(tail + chunk):
                    raise Unreadable(DTD)
                tail = chunk[-32:]

    def open(self, name: str) -> IO[bytes]:
        """Open a part to read it from its beginning. Raises Unreadable where there is none."""
        info = self._parts.get(_fold(name))
        if info is None:
            raise Unreadable(DAMAGED)
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
        raise Unreadable(DAMAGED) from error


def _has_dtd(chunk: bytes) -> bool:
    if b"<!" not in chunk and b"!\0" not in chunk and b"\0!" not in chunk:
        return False
    squeezed = chunk.replace(b"\0", b"")  # UTF-16 parts too
    return b"<!DOCTYPE" in squeezed or b"<!ENTITY" in squeezed
