"""Laws of results.xlsx: a summary first, text cells only, nothing lost on the way through a spreadsheet program."""

import io
import shutil
import subprocess

import openpyxl
import pytest
from support.made_runs import COURSE, NASTY, make_november, make_row, make_run

from batchpub.course import Outcome, PlannedSheet
from batchpub.report.table import OURS
from batchpub.report.write import FORMATS, write_reports
from batchpub.sheet import SheetOptions, load_sheet

SOFFICE = shutil.which("soffice")


def open_book(run):
    return openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"](run)))


def test_workbook_holds_text_and_cuts_long_cells():
    """
    Ids are text cells with the text format, long cells end in a mark, and the summary comes first.
    """
    book = open_book(make_run(make_row(text="😀" * 20_000)))

    cell, note = book["Results"]["A2"], book["Results"]["B2"].value

    assert ["Summary", "Results"] == book.sheetnames
    assert (COURSE, "s", "@") == (cell.value, cell.data_type, cell.number_format)
    assert (True, True) == (note.endswith("… (cut)"), len(note.encode("utf-16-le")) // 2 <= 32_767)
    assert ("A2", f"A1:{chr(ord('B') + len(OURS))}2") == (book["Results"].freeze_panes, book["Results"].auto_filter.ref)


def test_every_cell_of_a_persons_is_text_and_our_numbers_are_numbers():
    """
    No cell is a date or a formula, whatever it looks like; row, attempts and status can be sorted as numbers.
    """
    rows = [make_row(n, text=text, cell=text, code=text) for n, text in enumerate((*NASTY, "1", "1e5", "2026-01-01"))]

    page = open_book(make_run(*rows))["Results"]

    kinds = {}
    for line in page.iter_rows(min_row=2):
        for heading, cell in zip(next(page.iter_rows()), line, strict=True):
            if cell.value is not None:
                kinds.setdefault(cell.data_type, set()).add(heading.value)
    assert {"s", "n"} == set(kinds)
    assert {"bp_row", "bp_attempts"} == kinds["n"]


def test_an_id_typed_into_the_results_keeps_its_digits():
    """
    The person's columns have the text format down to the last row, so an id written into an empty cell stays text.
    """
    page = open_book(make_run(make_row(values=("", ""))))["Results"]

    assert ["@", "@"] == [page.column_dimensions[column].number_format for column in ("A", "B")]


def test_outcomes_are_coloured_by_what_they_mean():
    """
    What is done is green, what is wrong red, what is open yellow, the rest grey.
    """
    page = open_book(make_run(*(make_row(n, outcome=outcome) for n, outcome in enumerate(Outcome))))["Results"]

    colours = [page.cell(row=line, column=3).fill.fgColor.rgb[-6:] for line in range(2, 2 + len(Outcome))]

    green, red, yellow, grey = "C6EFCE", "FFC7CE", "FFEB9C", "E7E6E6"
    assert [green, green, red, red, yellow, yellow, red, grey, grey] == colours


def test_summary_tells_totals_and_what_to_do():
    """
    The first sheet says what happened, how many rows ended how, and what to do next.
    """
    run = make_run(make_row(0), make_row(1, outcome=Outcome.PUBLISHED), stop_reason="Stopped.", resume_command="go on")

    page = open_book(run)["Summary"]

    seen = [[cell for cell in line if cell is not None] for line in page.iter_rows(values_only=True)]
    assert [
        ["1 of 2 rows is published; 1 needs attention: 1 refused."],
        [],
        ["Outcome", "Rows", "What to do"],
        ["refused", 1, "Zoho said no for good. Read the message, mend the course or the id, then retry."],
        ["published", 1, "Nothing to do."],
        ["all rows", 2],
        [],
        ["What to do next: filter bp_outcome on the sheet Results; bp_message says what to do in each row."],
        ["Run r1 on people.zoho.com: started 2026-03-02T08:00:00.000Z, finished 2026-03-02T08:00:05.000Z."],
        ["It stopped early: Stopped."],
        ["To go on, run: go on"],
        ["Read from a.xlsx, sheet Sheet1"],
    ] == seen


def test_summary_never_reads_as_the_list(tmp_path):
    """
    Names of sheets that look like a heading for ids do not make the summary a second list of courses.
    """
    sheets = (PlannedSheet(file="Course ID", sheet="Course ID", headings=("Course ID", "Note"), notes=("Course ID",)),)

    (path,) = write_reports(make_run(make_row(), sheets=sheets, text="Course ID"), tmp_path, ["xlsx"])

    assert "Results" == load_sheet(str(path), SheetOptions()).name


@pytest.mark.slow
@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
def test_results_survive_libreoffice(tmp_path):
    """
    LibreOffice opens the workbook and writes it again with the same ids, outcomes and cells.
    """
    nasty = [make_row(n, text=text, course_id=f"4783460000195821{n:02d}") for n, text in enumerate(NASTY)]
    run = make_run(*nasty)
    (path,) = write_reports(run, tmp_path, ["xlsx"])

    convert = ("--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", tmp_path / "again", path)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run([SOFFICE, profile, *convert], check=True, capture_output=True, timeout=120)

    before, after = (load_sheet(str(file), SheetOptions()) for file in (path, tmp_path / "again" / path.name))
    assert [[_calm(cell.text) for cell in row.cells] for row in before.rows] == [
        [_calm(cell.text) for cell in row.cells] for row in after.rows
    ]


def _calm(text):
    """LibreOffice writes a line's end in a cell as a line feed alone."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.slow
@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
def test_libreoffice_shows_every_id_whole(tmp_path):
    """
    Saved from LibreOffice as CSV, the list still has every id digit for digit.
    """
    run = make_november(60)
    (path,) = write_reports(run, tmp_path, ["xlsx"])

    # Filter options: comma, quote, UTF-8, from line 1, no column types, no language, quote all, as shown, …, sheet 2.
    convert = (
        "--headless",
        "--convert-to",
        "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,false,false,false,2",
    )
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run(
        [SOFFICE, profile, *convert, "--outdir", tmp_path, path], check=True, capture_output=True, timeout=120
    )

    (shown,) = (file.read_text("utf-8") for file in tmp_path.glob("results*.csv"))
    ids = [row.course_id for row in run.rows if row.course_id]
    assert (57, dict.fromkeys(ids, 2)) == (len(ids), {one: shown.count(f'"{one}"') for one in ids})
