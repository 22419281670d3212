"""A stream out of an OLE compound file, the container of .xls.

A reader of our own, because xlrd follows a damaged sector chain round in a circle until the memory of the machine is gone:
a file of 6 KB did that (found by fuzzing). The format's facts are from Microsoft's [MS-CFB].
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from batchpub.sheet.grid import DAMAGED, Unreadable

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FIRST_SPECIAL = 0xFFFFFFFA  # sector numbers from here on are marks: free, end of chain, …
_ENTRY = 128  # bytes of a directory entry
_STREAM = 2
_ROOT = 5
_HEADER_FAT_SECTORS = 109


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    name: str
    kind: int
    start: int
    size: int


def read_stream(data: bytes, names: Sequence[str]) -> bytes:
    """Read the first of the named streams that there is. Raises Unreadable where there is none or the file is damaged."""
    try:
        return _Compound(data).read(names)
    except (struct.error, IndexError, ValueError) as error:
        raise Unreadable(DAMAGED) from error


class _Compound:
    """The sectors of a compound file and the table that chains them."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        shift, mini_shift = struct.unpack_from("<HH", data, 30)
        if shift not in (9, 12) or mini_shift != 6:  # noqa: PLR2004 - the only sizes there are
            raise Unreadable(DAMAGED)
        self._size, self._mini_size = 1 << shift, 1 << mini_shift
        directory, self._cutoff, mini_table = (struct.unpack_from("<I", data, place)[0] for place in (48, 56, 60))
        self._table = self._read_table()
        self._entries = self._read_directory(directory)
        self._mini_table = _as_numbers(self._join(mini_table))

    def read(self, names: Sequence[str]) -> bytes:
        for name in names:
            for entry in self._entries:
                if entry.kind == _STREAM and entry.name.lower() == name.lower():
                    return self._read_entry(entry)
        raise Unreadable(
            "This file is no Excel workbook (perhaps a Word document or an e-mail). Give the spreadsheet or the CSV export itself.",
        )

    def _read_entry(self, entry: _Entry) -> bytes:
        if entry.size >= self._cutoff:
            return self._join(entry.start)[: entry.size]
        root = next((found for found in self._entries if found.kind == _ROOT), None)
        if root is None:
            raise Unreadable(DAMAGED)
        small = self._join(root.start)
        chain = _follow(entry.start, self._mini_table)
        return b"".join(small[sector * self._mini_size : (sector + 1) * self._mini_size] for sector in chain)[
            : entry.size
        ]

    def _read_table(self) -> Sequence[int]:
        """Read the table of chains: its first sectors are named in the header, the others in a chain of their own."""
        sectors = list(struct.unpack_from(f"<{_HEADER_FAT_SECTORS}I", self._data, 76))
        following: int = struct.unpack_from("<I", self._data, 68)[0]
        seen: set[int] = set()
        while following < _FIRST_SPECIAL:
            if following in seen:
                raise Unreadable(DAMAGED)
            seen.add(following)
            *more, following = _as_numbers(self._sector(following))
            sectors += more
        used = [sector for sector in sectors if sector < _FIRST_SPECIAL]
        if len(used) > len(self._data) // self._size:
            raise Unreadable(DAMAGED)
        return _as_numbers(b"".join(map(self._sector, used)))

    def _read_directory(self, start: int) -> list[_Entry]:
        data = self._join(start)
        return [_read_entry(data[place : place + _ENTRY]) for place in range(0, len(data) - _ENTRY + 1, _ENTRY)]

    def _join(self, start: int) -> bytes:
        return b"".join(map(self._sector, _follow(start, self._table)))

    def _sector(self, number: int) -> bytes:
        place = (number + 1) * self._size
        sector = self._data[place : place + self._size]
        if not sector:
            raise Unreadable(DAMAGED)
        return sector.ljust(self._size, b"\0")  # the last sector of a file may be cut short


def _read_entry(entry: bytes) -> _Entry:
    (length,) = struct.unpack_from("<H", entry, 64)
    start, size = struct.unpack_from("<II", entry, 116)
    name = entry[: max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace")
    return _Entry(name=name, kind=entry[66], start=start, size=size)


def _follow(start: int, table: Sequence[int]) -> list[int]:
    """Follow a chain of sectors to its end. Raises Unreadable where it runs in a circle."""
    chain: list[int] = []
    seen: set[int] = set()
    while start < _FIRST_SPECIAL:
        if start in seen:
            raise Unreadable(DAMAGED)
        seen.add(start)
        chain.append(start)
        start = table[start]
    return chain


def _as_numbers(data: bytes) -> Sequence[int]:
    return struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])
