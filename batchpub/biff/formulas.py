"""Formulas, as far as it matters what they are: a text or a truth that somebody wrote as a formula."""

import struct

from batchpub.biff.records import BIFF2, BIFF5, BIFF8

_TEXT, _TRUTH = b"\x17", b"\x1d"
_CALLS = {
    b"\x21": 0,
    b"\x41": 0,
    b"\x61": 0,
    b"\x22": 1,
    b"\x42": 1,
    b"\x62": 1,
}  # → bytes before the function's number
_TRUTHS = {34: "=TRUE()", 35: "=FALSE()"}
_UNKNOWN = "=…"


def read_formula(body: bytes, place: int, version: int) -> str:
    """Give a formula that is only a text or a truth; of any other it is enough to know that there is one.

    `place` is where its result ends. Raises struct.error where the record is too short.
    """
    layout = "<xB" if version == BIFF2 else "<2xH" if version < BIFF5 else "<6xH"
    (size,) = struct.unpack_from(layout, body, place)
    start = place + struct.calcsize(layout)
    tokens = body[start : start + size]
    token, rest = tokens[:1], tokens[1:]
    if token == _TEXT and (text := _read_text(rest, version)) is not None:
        return '="{}"'.format(text.replace('"', '""'))
    if token in _CALLS and len(rest) <= _CALLS[token] + 2:
        return _TRUTHS.get(int.from_bytes(rest[_CALLS[token] :], "little"), _UNKNOWN)
    if token == _TRUTH and len(rest) == 1:
        return "=TRUE" if rest[0] else "=FALSE"
    return _UNKNOWN


def _read_text(rest: bytes, version: int) -> str | None:
    wide = version == BIFF8 and rest[1:2] == b"\1"
    head = 2 if version == BIFF8 else 1
    if not rest or len(rest) != head + rest[0] * (1 + wide):
        return None
    return rest[head:].decode("utf-16-le" if wide else "latin-1", "replace")
