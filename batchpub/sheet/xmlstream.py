"""XML read element by element with lxml, each forgotten once it was read: no DTD, no entity, nothing fetched.

`huge_tree` stays off: libxml2 then refuses a text of more than 10 MB, more than 256 levels, and entities that grow, none of
which a list of courses has. What libxml2 does not bound is how much lies between two of the wanted elements; this does.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TypeVar

from lxml import etree

from batchpub.sheet.encoding import GUESSED
from batchpub.sheet.grid import CUT_SHORT, TOO_MANY_CELLS, Unreadable, say_damaged

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


_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']\s*([A-Za-z0-9_.:-]+)")
# What programs write under these names is nearly always the larger set of the same family.
_WIDER = {
    **dict.fromkeys(("gb2312", "gb_2312-80", "gbk", "x-gbk"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "ksc5601"), "cp949"),
    **dict.fromkeys(("big5", "x-x-big5"), "cp950"),
    **dict.fromkeys(("iso-8859-1", "latin1", "us-ascii", "ascii"), "windows-1252"),
}
_ANY_BYTE = "iso-8859-1"

T = TypeVar("T")


class WrongEncoding(Unreadable):
    """The bytes are not in the encoding that the XML declaration names."""


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
    stream: IO[bytes], names: Sequence[str], budget: Budget, *, encoding: str | None = None, whole: bool = False
) -> Iterator[etree._Element]:
    """Give the elements with these names, of whatever namespace, as they end; then forget each and what was before it.

    `encoding` overrules the XML declaration. `whole` says that the stream is known to be complete (its checksum was
    right), so that an early end is no incomplete download. Raises Unreadable, WrongEncoding.
    """
    metered = _Metered(stream)
    found = etree.iterparse(
        metered,
        tag=[f"{{*}}{name}" for name in names],
        encoding=encoding,
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
        raise _explain(error, cut_short=not whole and metered.is_cut_short(error)) from error


def find_encoding(data: bytes, read: Callable[[str | None], T]) -> tuple[T, str | None, str]:
    """Read a file that is XML in the encoding that its declaration names, else in a code page that takes any byte.

    Gives what `read` gave, the encoding to read it in again, and a note for the person or "".
    """
    declared = _DECLARED.search(data[:200])
    name = declared[1].decode("ascii").lower() if declared else ""
    is_wide = b"\0" in data[:200]
    named = "utf-8" if name.startswith(("utf-16", "ucs-2")) and not is_wide else _WIDER.get(name)
    for encoding in (named, "utf-8"):
        try:
            return read(encoding), encoding, ""
        except WrongEncoding:
            if is_wide:
                raise
    return read(_ANY_BYTE), _ANY_BYTE, GUESSED  # the marks of XML are the same bytes in all encodings but the wide ones


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
        return WrongEncoding(say_damaged(f"its text is not in the encoding that it names (line {line})"))
    if error.code in _CONTROL_ERRORS:
        return Unreadable(_CONTROL.format(line))
    if error.code in _EXCESS_ERRORS:
        return Unreadable(_EXCESS)
    return Unreadable(CUT_SHORT if cut_short else _MALFORMED.format(line))
