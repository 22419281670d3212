"""A workbook: which sheets there are, and each of them when it is asked for."""

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from batchpub.biff.errors import Damaged, Encrypted, NoWorkbook
from batchpub.biff.records import GLOBALS, WORKSHEET, WORKSPACE, Kind, Records, read_version
from batchpub.biff.sheet import MOST_ROWS, BiffSheet
from batchpub.biff.styles import Styles
from batchpub.biff.texts import Text, read_shared_texts

_TOO_SHORT = "a record of it is too short"


class SheetEntry(NamedTuple):
    """A sheet by its name, whether it is hidden, and where it begins."""

    name: str
    hidden: bool
    place: int


class BiffWorkbook:
    """An opened workbook. Raises BiffError where it is encrypted, damaged or none."""

    def __init__(self, data: bytes) -> None:
        """Read what all sheets share; the sheets themselves are read when they are asked for."""
        self._records = Records(data)
        self._styles: Styles | None = None
        self._texts: Sequence[Text] = ()
        try:
            self.sheets = list(self._list_sheets())
        except struct.error as error:
            raise Damaged(_TOO_SHORT) from error

    def read(self, place: int, wanted: int = MOST_ROWS) -> BiffSheet:
        """Read so many filled rows from the top of one sheet, by its place in `sheets`."""
        begin = self.sheets[place].place
        try:
            bof = next(self._records.walk(begin), None)
            if bof is None or bof.kind != Kind.BOF:
                raise Damaged("a sheet does not begin where the list of sheets says")
            styles = self._styles or Styles(read_version(bof)[0])
            sheet = BiffSheet(styles, self._texts, wanted)
            for record in self._records.walk_part(begin):
                sheet.take(record)
        except struct.error as error:
            raise Damaged(_TOO_SHORT) from error
        return sheet

    def _list_sheets(self) -> Iterator[SheetEntry]:
        """Give the worksheets. Before Excel 5 a file was one sheet, or several one behind the other."""
        bof = next(self._records.walk(), None)
        if bof is None or bof.kind != Kind.BOF:
            raise NoWorkbook
        version, part = read_version(bof)
        if part == GLOBALS:
            yield from self._read_globals(version)
        elif part == WORKSPACE:
            yield from self._read_workspace(version)
        elif part == WORKSHEET:
            yield SheetEntry("", hidden=False, place=0)
        else:
            raise NoWorkbook

    def _read_globals(self, version: int) -> Iterator[SheetEntry]:
        styles = self._styles = Styles(version)
        texts: list[bytes] = []
        is_continued = False
        for record in self._records.walk_part(0):
            is_continued = record.kind == Kind.SHARED_TEXTS or (is_continued and record.kind == Kind.CONTINUE)
            if is_continued:
                texts.append(record.body)
            elif record.kind == Kind.PASSWORD:
                raise Encrypted
            elif record.kind == Kind.SHEET:
                place, visibility, what = struct.unpack_from("<IBB", record.body)
                if what == 0:  # else a chart or macros
                    name = styles.read_text(record.body, 6, short=True).value
                    yield SheetEntry(name, visibility != 0, place)
            else:
                styles.take(record)
        self._texts = read_shared_texts(texts)

    def _read_workspace(self, version: int) -> Iterator[SheetEntry]:
        name, depth = "", 0
        for record in self._records.walk():
            if record.kind == Kind.SHEET_HEADER:
                name = Styles(version).read_text(record.body, 4, short=True).value
            elif record.kind == Kind.BOF:
                depth += 1
                if depth == 2 and read_version(record)[1] == WORKSHEET:  # noqa: PLR2004 - a part within the workspace
                    yield SheetEntry(name, hidden=False, place=record.place)
            elif record.kind == Kind.EOF:
                depth -= 1
