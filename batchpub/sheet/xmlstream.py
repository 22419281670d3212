"""XML read element by element with lxml, each forgotten once it was read: no DTD, no entity, nothing fetched.

`huge_tree` stays off: libxml2 then refuses a text of more than 10 MB, more than 256 levels, and entities that grow, none of
which a list of courses has. What libxml2 does not bound is how much lies between two of the wanted elements; this does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from lxml import etree

from batchpub.sheet.grid import CUT_SHORT, TOO_MANY_CELLS, Unreadable, say_damaged
from batchpub.sheet.values import read_count

_MOST_WORK = 11_000_000  # a million rows of six empty but formatted cells each
_ELEMENT = 4  # what a wanted element costs beside its children, in the same unit
_TAIL = 64
_MAX_PENDING = 6 << 20  # bytes without a wanted element; a tree of them takes 300 MB at most
_DTD = (
    "The file begins with a document type (DOCTYPE), which no spreadsheet program writes and which can change what the file says. It may have been "
    "tampered with: ask for it again from where it came from."
)
_CONTROL = (
    "A text in this file holds an invisible control character (line {}), which its format does not allow; it often comes with a title that was "
    "pasted. Whoever runs the export must take such characters out; until then export the list as CSV."
)
_MALFORMED = (
    "The file breaks the rules of its own format (not well-formed XML in line {}), so nobody can know what is meant after that place. The program "
    "that wrote it made a mistake: tell whoever runs the export, and until then export the list as CSV."
)
_EXCESS = "The file holds a longer text or a deeper nesting than any spreadsheet. It is no list of courses, or it was tampered with."
_CONTROL_ERRORS = frozenset({etree.ErrorTypes.ERR_INVALID_CHAR, etree.ErrorTypes.ERR_INVALID_CHARREF})
_ENCODING_ERRORS = frozenset(
    {
        etree.ErrorTypes.ERR_INVALID_ENCODING,
        etree.ErrorTypes.ERR_UNKNOWN_ENCODING,
        etree.ErrorTypes.ERR_UNSUPPORTED_ENCODING,
        etree.ErrorTypes.I18N_CONV_FAILED,
    }
)
_EXCESS_ERRORS = frozenset({etree.ErrorTypes.ERR_RESOURCE_LIMIT, etree.ErrorTypes.ERR_NAME_TOO_LONG})


@dataclass(slots=True)
class Budget:
    """So much may be looked at in all: many small entries of a file can lead to one large part of it."""

    left: int = _MOST_WORK


@dataclass(slots=True)
class _Metered:
    """A stream that knows with what it ended, and how much was read since the last wanted element."""

    stream: IO[bytes]
    pending: int = 0
    last: bytes = b""
    ended: bool = False

    def read(self, size: int) -> bytes:
        if self.pending > _MAX_PENDING:
            raise Unreadable(_EXCESS)
        chunk = self.stream.read(size)
        self.pending += len(chunk)
        self.last = (self.last + chunk)[-_TAIL:]
        self.ended = not chunk
        return chunk

    def is_cut_short(self, error: etree.XMLSyntaxError) -> bool:
        """Say whether an error is that the data end too early: within a tag, or before all tags are closed."""
        is_open = error.code == etree.ErrorTypes.ERR_TAG_NOT_FINISHED
        return self.ended and (is_open or not self.last.rstrip(b"\0 \r\n\t").endswith(b">"))


def read_elements(
    stream: IO[bytes], names: Sequence[str], budget: Budget, *, is_part: bool
) -> Iterator[etree._Element]:
    """Give the elements with these names, of whatever namespace, as they end; then forget each and what was before it.

    `is_part` says that this is a part of a package: its XML declaration tells its encoding, and it is complete, for its
    checksum was right, so that an early end is no incomplete download. Anything else is UTF-8. Raises Unreadable.
    """
    metered = _Metered(stream)
    found = etree.iterparse(
        metered,
        tag=[f"{{*}}{name}" for name in names],
        encoding=None if is_part else "utf-8",
        resolve_entities="internal",  # False would lose the place of an entity that nobody declared; a DTD is refused below
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        collect_ids=False,
        remove_comments=True,  # or the text of <v>12<!-- -->34</v> would end at the comment
        remove_pis=True,
    )
    checked = False
    try:
        for _, element in found:
            if not checked:
                _refuse_dtd(element)
                checked = True
            metered.pending = 0
            budget.left -= _ELEMENT + len(element)
            if budget.left < 0:
                raise Unreadable(TOO_MANY_CELLS)
            yield element
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
        if not checked:
            _refuse_dtd(found.root)
    except etree.XMLSyntaxError as error:
        raise _explain(error, cut_short=not is_part and metered.is_cut_short(error)) from error


def count_of(element: etree._Element, name: str, *, least: int) -> int:
    """Read an attribute that counts something, `least` where nothing is said. Raises Unreadable where it reads otherwise."""
    stated = element.get(name)
    if stated is None:
        return least
    if (count := read_count(stated)) < 0:
        raise Unreadable(say_damaged(f"{name.rpartition('}')[2]} reads {stated!a}"))
    return max(count, least)


def local_name(element: etree._Element | None) -> str:
    """Give an element's name without its namespace, "" for what is above the first one."""
    if element is None:
        return ""
    tag: str = element.tag
    return tag.rpartition("}")[2]


def _refuse_dtd(element: etree._Element) -> None:
    if element.getroottree().docinfo.internalDTD is not None:
        raise Unreadable(_DTD)


def _explain(error: etree.XMLSyntaxError, *, cut_short: bool) -> Unreadable:
    """Say what libxml2 met, and who can mend it."""
    line = error.lineno or 1
    if error.code in _ENCODING_ERRORS:
        return Unreadable(say_damaged(f"its text is not in the encoding that it names (line {line})"))
    if error.code in _CONTROL_ERRORS:
        return Unreadable(_CONTROL.format(line))
    if error.code in _EXCESS_ERRORS:
        return Unreadable(_EXCESS)
    return Unreadable(CUT_SHORT if cut_short else _MALFORMED.format(line))
