"""Excel workbooks of before 2007 (.xls), in an OLE container or as the bare stream."""

import io
import struct
from collections.abc import Sequence

import olefile

from batchpub import biff
from batchpub.course import Cell, CellKind
from batchpub.sheet.fields import gather_cells
from batchpub.sheet.grid import (
    CUT_SHORT,
    HEAD_ROWS,
    MAX_TABS,
    TOO_MANY_CELLS,
    TOO_MANY_TABS,
    Grid,
    GridRow,
    RowBuffer,
    Tab,
    Unreadable,
    cut,
    name_cell,
    say_damaged,
)
from batchpub.sheet.package import ENCRYPTED
from batchpub.sheet.values import as_text, is_date_format, is_date_number, show_date, show_number, unwrap

_OTHER = "This file is no Excel workbook (perhaps a Word document or an e-mail). Give the spreadsheet or the CSV export itself."
# What WPS writes into the header, and a last sector that is not filled up: whether all records are there, they say themselves.
_SHORT = "less than declared"
_HARMLESS = ("OLE header", "incomplete OLE sector", _SHORT)
_CONTAINER = "its container leads to places that are not in it"


class XlsBook:
    """An opened workbook. Raises Unreadable where it is protected, damaged or no workbook."""

    noun = "an Excel 97-2003 workbook (.xls)"
    is_text = False
    notes: Sequence[str] = ()

    def __init__(self, data: bytes) -> None:
        """Read what all sheets share; the sheets themselves are read when they are asked for."""
        stream, self._may_be_cut = _read_stream(data) if data.startswith(olefile.MAGIC) else (data, True)
        try:
            self._workbook = biff.BiffWorkbook(stream)
        except biff.BiffError as error:
            raise _explain(error, may_be_cut=self._may_be_cut) from error
        if len(self._workbook.sheets) > MAX_TABS:
            raise Unreadable(TOO_MANY_TABS)
        self._only: biff.BiffSheet | None = None  # where there is but one sheet, it is read once
        self.tabs: Sequence[Tab] = [Tab(name=sheet.name, hidden=sheet.hidden) for sheet in self._workbook.sheets]
        if not self.tabs:
            raise Unreadable(say_damaged("there is no sheet in it"))

    def read(self, tab: int, rows: int) -> Grid:
        """Read so many filled rows of one sheet."""
        sheet = self._only or self._read_sheet(tab, rows)
        buffer = RowBuffer(wanted=rows, complete=sheet.complete, hidden_columns=sheet.hidden_columns)
        for top, bottom, left, right in sheet.merges:
            buffer.add_area(buffer.merges, (top + 1, left), (bottom + 1, right))
        for row in sorted(sheet.rows):
            found = {
                column: unwrap(cell)
                if isinstance(cell, str)
                else _build_cell(name_cell(row + 1, column), cell, since_1904=sheet.styles.since_1904)
                for column, cell in sheet.rows[row].items()
            }
            if found and not buffer.add(
                GridRow(number=row + 1, cells=gather_cells(row + 1, found), hidden=sheet.is_hidden(row))
            ):
                break
        return buffer.finish()

    def _read_sheet(self, tab: int, rows: int) -> biff.BiffSheet:
        is_only = len(self.tabs) == 1
        try:
            sheet = (
                self._workbook.read(tab, rows + 1) if rows <= HEAD_ROWS and not is_only else self._workbook.read(tab)
            )
        except biff.BiffError as error:
            raise _explain(error, may_be_cut=self._may_be_cut) from error
        if is_only:
            self._only = sheet
        return sheet


def _read_stream(data: bytes) -> tuple[bytes, bool]:
    """Take the workbook out of its container, and say whether it is shorter than it should be. olefile follows no chain in a circle, which a file of 6 KB can hold."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            is_encrypted = container.exists("EncryptedPackage")
            found = next((name for name in ("Workbook", "Book") if container.exists(name)), None)
            stream = b"" if found is None else bytes(container.openstream(found).read())
            issues = [str(issue) for _, issue in container.parsing_issues]
    except (OSError, struct.error, ValueError, IndexError, OverflowError) as error:  # what olefile raises for damage
        raise Unreadable(say_damaged(_CONTAINER)) from error
    if not all(any(harmless in issue for harmless in _HARMLESS) for issue in issues):
        raise Unreadable(say_damaged(_CONTAINER))
    if is_encrypted or found is None:
        raise Unreadable(ENCRYPTED if is_encrypted else _OTHER)
    return stream, any(_SHORT in issue for issue in issues)


def _build_cell(ref: str, cell: biff.BiffCell, *, since_1904: bool) -> Cell:
    kind, text = _read_value(cell, since_1904=since_1904)
    return Cell(ref=ref, kind=kind, text=cut(text), formula=cut(cell.formula), struck=cell.struck)


def _read_value(cell: biff.BiffCell, *, since_1904: bool) -> tuple[CellKind, str]:
    match cell.value, cell.content:
        case biff.Value.TEXT, str(text):
            return as_text(text)
        case biff.Value.TRUTH, content:
            return CellKind.BOOLEAN, "TRUE" if content else "FALSE"
        case biff.Value.NUMBER, float(number):
            if is_date_format(cell.format) if isinstance(cell.format, str) else is_date_number(cell.format):
                return CellKind.DATE, show_date(number, since_1904=since_1904)
            return CellKind.NUMBER, show_number(number)
        case biff.Value.ERROR, content:
            return CellKind.ERROR, str(content)
    return CellKind.EMPTY, ""


def _explain(error: biff.BiffError, *, may_be_cut: bool) -> Unreadable:
    match error:
        case biff.CutShort():
            return Unreadable(CUT_SHORT if may_be_cut else say_damaged("its records end too early"))
        case biff.Encrypted():
            return Unreadable(ENCRYPTED)
        case biff.TooMuch():
            return Unreadable(TOO_MANY_CELLS)
        case biff.NoWorkbook():
            return Unreadable(_OTHER)
        case _:
            return Unreadable(say_damaged(str(error)))
