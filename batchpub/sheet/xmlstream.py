"""XML read as a stream of elements, with a budget: no tree, no DTD, no entity, nothing fetched.

expat rather than a tree builder: a sheet of 300 MB must be read in constant memory, and a part that never closes an
element must not grow one. A cell's text is cut where no spreadsheet could hold more.
"""

from collections.abc import Callable
from typing import IO
from xml.parsers import expat  # a DTD, the way to every attack on it, is refused at its first character

from batchpub.sheet.grid import DAMAGED, TOO_MANY_CELLS, Unreadable
from batchpub.sheet.package import DTD

MAX_ELEMENTS = 8_000_000  # about five seconds; a million rows of six empty but formatted cells each
MAX_DEPTH = 100
_MAX_PENDING = 1 << 20  # bytes of one unfinished tag: expat would collect millions of attributes in it
SEPARATOR = "}"
_CHUNK = 1 << 16

Attributes = dict[str, str]
Start = Callable[[str, Attributes], None]
End = Callable[[str], None]
Text = Callable[[str], None]


class Enough(Exception):
    """Raised by a handler that has what it wants; the rest of the part is not read."""


def parse_xml(stream: IO[bytes], *, start: Start, end: End, text: Text) -> None:
    """Call the handlers for every element with names as `namespace}name`. Raises Unreadable for what is no plain XML.

    The handlers count elements and depth: `Guard` does it for those that need not be the fastest.
    """
    parser = expat.ParserCreate(namespace_separator=SEPARATOR)
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse_dtd
    parser.EntityDeclHandler = _refuse_dtd
    fed = 0
    try:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)  # noqa: FBT003 - expat takes it by position only
            fed += len(chunk)
            if fed - parser.CurrentByteIndex > _MAX_PENDING:
                raise Unreadable(DAMAGED)
        parser.Parse(b"", True)  # noqa: FBT003
    except Enough:
        return
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise Unreadable(DAMAGED) from error


class Guard:
    """Counts elements and depth around handlers, for parts that are read with `parse_guarded`."""

    def __init__(self, start: Start, end: End, most: int) -> None:
        """Remember the handlers."""
        self._start = start
        self._end = end
        self._most = most
        self._elements = 0
        self._depth = 0

    def start(self, name: str, attributes: Attributes) -> None:
        """Count, then pass on."""
        self._elements += 1
        self._depth += 1
        if self._elements > self._most:
            raise say_too_many()
        if self._depth > MAX_DEPTH:
            raise Unreadable(DAMAGED)
        self._start(name, attributes)

    def end(self, name: str) -> None:
        """Count, then pass on."""
        self._depth -= 1
        self._end(name)


def parse_guarded(stream: IO[bytes], *, start: Start, end: End, text: Text, most: int = MAX_ELEMENTS) -> None:
    """Parse with the usual limits on elements and depth."""
    guard = Guard(start, end, most)
    parse_xml(stream, start=guard.start, end=guard.end, text=text)


def say_too_many() -> Unreadable:
    """Build the refusal of a part with more elements than a list of courses has."""
    return Unreadable(TOO_MANY_CELLS)


def local_name(name: str) -> str:
    """Give an element's name without its namespace."""
    return name.rpartition(SEPARATOR)[2]


def _refuse_dtd(*_: object) -> None:
    raise Unreadable(DTD)
