"""Excel workbooks of before 2007 (.xls), in an OLE container or as the bare stream."""

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import olefile

from batchpub import biff
from batchpub.cells import Cell, CellKind
from batchpub.sheet.buffer import RowBuffer
from batchpub.sheet.fields import make_cell
from batchpub.sheet.grid import (
    CUT_SHORT,
    HEAD_ROWS,
    MAX_TABS,
    TOO_MANY_CELLS,
    TOO_MANY_TABS,
    Book,
    Grid,
    Tab,
    Unreadable,
    say_damaged,
)
from batchpub.sheet.package import ENCRYPTED
from batchpub.sheet.values import as_text, is_date_format, is_date_number, show_date, show_number, unwrap

_OTHER = "This file is no Excel workbook (perhaps a Word document or an e-mail). Give the spreadsheet or the CSV export itself."
# What WPS writes into the header, and a last sector that is not filled up: whether all records are there, they say themselves.
_SHORT = "less than declared"
_HARMLESS = ("OLE header", "incomplete OLE sector", _SHORT)
_CONTAINER = "its container leads to places that are not in it"


def open_xls(data: bytes) -> Book:
    """Open a workbook. Raises Unreadable where it is protected, damaged or no workbook."""
    stream, may_be_cut = _read_stream(data) if data.startswith(olefile.MAGIC) else (data, True)
    with _explained(may_be_cut=may_be_cut):
        workbook = biff.BiffWorkbook(stream)
    if len(workbook.sheets) > MAX_TABS:
        raise Unreadable(TOO_MANY_TABS)
    if not workbook.sheets:
        raise Unreadable(say_damaged("there is no sheet in it"))
    only: list[biff.BiffSheet] = []  # where there is but one sheet, it is read once

    def read(tab: int, rows: int) -> Grid:
        with _explained(may_be_cut=may_be_cut):
            if len(workbook.sheets) > 1 and rows <= HEAD_ROWS:
                return _read_rows(workbook.read(tab, rows + 1), rows)
            sheet = only[0] if only else workbook.read(tab)
        if len(workbook.sheets) == 1:
            only[:] = [sheet]
        return _read_rows(sheet, rows)

    return Book(tabs=[Tab(name=sheet.name, hidden=sheet.hidden) for sheet in workbook.sheets], read=read)


def _read_rows(sheet: biff.BiffSheet, rows: int) -> Grid:
    """Give so many filled rows of one sheet."""
    buffer = RowBuffer(wanted=rows, complete=sheet.complete, hidden_columns=sheet.hidden_columns)
    for top, bottom, left, right in sheet.merges:
        buffer.add_area(buffer.merges, (top + 1, left), (bottom + 1, right))
    for row in sorted(sheet.rows):
        found = {
            column: value
            for column, cell in sheet.rows[row].items()
            if (value := _build_cell((row + 1, column), cell, since_1904=sheet.styles.since_1904)) is not None
        }
        if found and not buffer.add(row + 1, found, hidden=sheet.is_hidden(row)):
            break
    return buffer.finish()


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


def _build_cell(place: tuple[int, int], cell: biff.BiffCell | str, *, since_1904: bool) -> Cell | str | None:
    if isinstance(cell, str):
        return unwrap(cell)
    kind, text = _read_value(cell, since_1904=since_1904)
    return make_cell(place, kind, text, formula=cell.formula, struck=cell.struck)


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


@contextmanager
def _explained(*, may_be_cut: bool) -> Iterator[None]:
    """Turn what the library for binary workbooks says into our sentence."""
    try:
        yield
    except biff.BiffError as error:
        raise Unreadable(_explain(error, may_be_cut=may_be_cut)) from error


def _explain(error: biff.BiffError, *, may_be_cut: bool) -> str:
    match error:
        case biff.CutShort():
            return CUT_SHORT if may_be_cut else say_damaged("its records end too early")
        case biff.Encrypted():
            return ENCRYPTED
        case biff.TooMuch():
            return TOO_MANY_CELLS
        case biff.NoWorkbook():
            return _OTHER
        case _:
            return say_damaged(str(error))
