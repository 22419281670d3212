"""Documents that are one stream of XML, their sheets one behind the other: OpenDocument and XML Spreadsheet 2003.

They are read to their end for the names of the sheets and the top of each, and once more for the rest of one.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, ClassVar

from lxml import etree

from batchpub.sheet.buffer import RowBuffer
from batchpub.sheet.grid import HEAD_ROWS, MAX_TABS, TOO_MANY_TABS, Book, Grid, Tab, Unreadable
from batchpub.sheet.xmlstream import Budget, read_elements


@dataclass(slots=True)
class SheetsInTurn(ABC):
    """The sheets of a document as its elements come by; `only` one of them where the others are known.

    `row`, `columns` and `struck_columns` are where the reader stands in the present sheet; `full` says that its rows are done.
    """

    names: ClassVar[tuple[str, ...]]
    """The elements that matter."""
    wanted: int
    only: int | None = None
    tabs: list[Tab] = field(default_factory=list)
    sheets: list[RowBuffer] = field(default_factory=list)
    sheet: RowBuffer = field(init=False)
    full: bool = field(init=False)
    row: int = field(init=False)
    columns: int = field(init=False)
    struck_columns: set[int] = field(init=False)

    def __post_init__(self) -> None:
        """Begin the first sheet."""
        self._begin_sheet()

    @abstractmethod
    def take(self, element: etree._Element) -> None:
        """Read one of the elements that matter."""

    def read(self, stream: IO[bytes], *, is_part: bool) -> None:
        """Read a stream to its end. Raises Unreadable."""
        for element in read_elements(stream, self.names, Budget(), is_part=is_part):
            self.take(element)

    def _begin_sheet(self) -> None:
        self.sheet = RowBuffer(wanted=self.wanted)
        self.full = self.only not in (None, len(self.sheets))
        self.row = self.columns = 0
        self.struck_columns = set()

    def end_sheet(self, name: str, *, hidden: bool) -> None:
        """Put the present sheet to the others and begin the next. Raises Unreadable for the one too many."""
        if len(self.tabs) >= MAX_TABS:
            raise Unreadable(TOO_MANY_TABS)
        self.tabs.append(Tab(name=name, hidden=hidden))
        self.sheets.append(self.sheet)
        self._begin_sheet()


def open_document(parse: Callable[[int, int | None], SheetsInTurn], note: str = "") -> Book:
    """Open a document; `parse` reads so many rows of each of its sheets, or of only one."""
    heads = parse(HEAD_ROWS, None)

    def read(tab: int, rows: int) -> Grid:
        return (heads if rows <= HEAD_ROWS else parse(rows, tab)).sheets[tab].finish()

    return Book(tabs=heads.tabs, read=read, notes=(note,) if note else ())
