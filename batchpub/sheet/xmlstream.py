"""XML read as a stream of elements, with a budget: no tree, no DTD, no entity, nothing fetched.

expat rather than a tree builder: a sheet of 300 MB must be read in constant memory, and a part that never closes an
element must not grow one. A cell's text is cut where no spreadsheet could hold more.
"""

from collections.abc import Callable
from typing import IO
from xml.parsers import expat  # a DTD, the way to every attack on it, is refused at its first character

from batchpub.sheet.grid import DAMAGED, TOO_MANY_CELLS, Unreadable
from batchpub.sheet.package import DTD

MAX_ELEMENTS = 12_000_000  # about six seconds; a million rows of five empty but formatted cells each
SEPARATOR = "}"
_CHUNK = 1 << 16

Attributes = dict[str, str]
Start = Callable[[str, Attributes], None]
End = Callable[[str], None]
Text = Callable[[str], None]


class Enough(Exception):
    """Raised by a handler that has what it wants; the rest of the part is not read."""


def parse_xml(stream: IO[bytes], *, start: Start, end: End, text: Text) -> None:
    """Call the handlers for every element with names as `namespace}name`. Raises Unreadable for what is no plain XML."""
    parser = expat.ParserCreate(namespace_separator=SEPARATOR)
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse_dtd
    parser.EntityDeclHandler = _refuse_dtd
    try:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)  # noqa: FBT003 - expat takes it by position only
        parser.Parse(b"", True)  # noqa: FBT003
    except Enough:
        return
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise Unreadable(DAMAGED) from error


def say_too_many() -> Unreadable:
    """Build the refusal of a part with more elements than a list of courses has."""
    return Unreadable(TOO_MANY_CELLS)


def local_name(name: str) -> str:
    """Give an element's name without its namespace."""
    return name.rpartition(SEPARATOR)[2]


def _refuse_dtd(*_: object) -> None:
    raise Unreadable(DTD)
