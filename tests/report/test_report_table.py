"""The law of the one table: programs, results.csv and results.xlsx have the same cells."""

import csv
import io

import openpyxl
from hypothesis import given
from support.made_runs import RUNS, few

from batchpub.report.table import OURS, make_table
from batchpub.report.text import cut_cell, is_long_number, neutralise
from batchpub.report.write import FORMATS


@few
@given(run=RUNS)
def test_frame_and_files_have_the_same_cells(run):
    """
    Cell by cell, the DataFrame holds what was recorded, and each file the same made harmless in its own way.
    """
    frame = run.to_frame()
    headings, *rows = csv.reader(io.StringIO(FORMATS["csv"](run).decode("utf-8-sig"), newline=""))
    page = openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"](run)))["Results"]

    cells = [list(frame.columns), *frame.itertuples(index=False, name=None)]
    own = len(frame.columns) - len(OURS)
    assert [tuple(line) for line in cells] == [make_table(run).headings, *make_table(run).rows]
    assert [list(map(neutralise, cells[0]))] + [
        [_in_csv(cell, is_own=column < own) for column, cell in enumerate(line)] for line in cells[1:]
    ] == [headings, *rows]
    assert [[_in_xlsx(cell) for cell in line] for line in cells] == [
        [_as_typed(cell.value) for cell in line] for line in page.iter_rows()
    ]


def _in_csv(cell, *, is_own):
    return f'="{cell}"' if is_own and is_long_number(cell) else neutralise(str(cell))


def _in_xlsx(cell):
    return cell if isinstance(cell, int) else cut_cell(neutralise(cell)).replace("\r", "_x000D_")  # as openpyxl has it


def _as_typed(value):
    return "" if value is None else value
