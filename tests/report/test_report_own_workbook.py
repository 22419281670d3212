"""An .xlsx handed in comes back as itself: with its look and everything else in it, and three columns more."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from support.made_runs import make_row, make_run

from batchpub.course import Outcome, Pile
from batchpub.errors import SheetRefused
from batchpub.plan import PlanOptions, make_plan
from batchpub.report import own_file, own_workbook
from batchpub.report.inputs import Input, hash_of, keep_inputs
from batchpub.report.own_file import HEADINGS, write_own_files
from batchpub.report.own_workbook import add_results
from batchpub.report.totals import Tone
from batchpub.report.write import write_reports
from batchpub.report.xlsx_look import Page, SheetLine
from batchpub.sheet import SheetOptions, load_bytes

DATA = Path(__file__).parent.parent / "data"
WORKBOOKS = sorted(file for file in DATA.rglob("*.xlsx") if not file.name.startswith("~$"))
A, B = "478346000019582101", "478346000019582357"
LONG = "This Course ID is stored as a number. " * 4


def staffs_own(*, title="Herbst"):
    """A workbook as somebody who cares makes it."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = title
    page["A1"] = "Autumn"
    page["A1"].font = Font(size=18, bold=True)
    page.append([])
    page.append(["Course ID", "Name", "Hours"])
    page["C3"].fill = PatternFill("solid", fgColor="1F4E79")
    for number, course_id in enumerate((A, B), start=4):
        page.append([course_id, f"Course {number}", 1.5])
    page["C6"] = "=SUM(C4:C5)"
    page.column_dimensions["A"].width = 24
    page.row_dimensions[5].hidden = True
    page.freeze_panes = "B4"
    page.auto_filter.ref = "A3:C5"
    page.conditional_formatting.add("C4:C5", CellIsRule(operator="greaterThan", formula=["1"], font=Font(bold=True)))
    validation = DataValidation(type="list", formula1='"a,b"')
    validation.add("B4")
    page.add_data_validation(validation)
    book.create_sheet("Notes")["A1"] = "ours"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def answer(data, *, name="a.xlsx"):
    """The run that published what could be, with the file it was made of, and the workbook that staff get."""
    plan = make_plan([load_bytes(name, data, SheetOptions())], PlanOptions())
    rows = [
        make_row(
            row.position,
            row=row.row,
            cell=row.cell,
            values=row.values,
            message=row.message,
            outcome=Outcome.PUBLISHED if row.pile is Pile.TO_PUBLISH else Outcome.INVALID,
        )
        for row in plan.rows
    ]
    return make_run(*rows, sheets=(replace(plan.sheets[0], sha256=hash_of(data)),))


def page_of(data, **more):
    return openpyxl.load_workbook(io.BytesIO(data), **more).worksheets[0]


def add(data, **more):
    lines = {3: SheetLine(texts=HEADINGS), 4: SheetLine(texts=("published", "Done.", "now"), tone=Tone.GOOD), **more}
    return add_results(data, [Page(name="Herbst", heading_row=3, lines=lines, widths=(16, 60, 38))])


def test_everything_of_it_is_kept():
    """
    Widths, colours, formulas, filters, hidden rows, rules and other sheets; our columns have the look of its headings.
    """
    before = staffs_own()
    after = add(before)

    old, new = page_of(before), page_of(after)
    assert ["Course ID", "Name", "Hours", *HEADINGS] == [cell.value for cell in new[3]]
    assert (A, "Course 4", 1.5, "published", "Done.", "now") == tuple(cell.value for cell in new[4])
    assert "1F4E79" == new["D3"].fill.fgColor.rgb[2:] == new["F3"].fill.fgColor.rgb[2:]
    assert "C6EFCE" == new["D4"].fill.fgColor.rgb[2:]
    assert ("=SUM(C4:C5)", 18, 24) == (new["C6"].value, new["A1"].font.size, new.column_dimensions["A"].width)
    assert (True, "B4", "A3:C5") == (new.row_dimensions[5].hidden, new.freeze_panes, new.auto_filter.ref)
    assert len(old.conditional_formatting) == len(new.conditional_formatting)
    assert len(old.data_validations.dataValidation) == len(new.data_validations.dataValidation)
    with zipfile.ZipFile(io.BytesIO(before)) as one, zipfile.ZipFile(io.BytesIO(after)) as other:
        changed = {name for name in one.namelist() if one.read(name) != other.read(name)}
    assert {"xl/worksheets/sheet1.xml", "xl/styles.xml"} == changed


def test_a_blank_row_and_a_long_sentence():
    """
    A row that is not in the file is made in its place; one with a long sentence is as high as it needs.
    """
    long = SheetLine(texts=("invalid", LONG, ""), tone=Tone.BAD, lines=3)

    new = page_of(add(staffs_own()) or b"")
    with_more = page_of(
        add_results(
            staffs_own(),
            [Page(name="Herbst", heading_row=3, lines={3: SheetLine(texts=HEADINGS), 8: long}, widths=(16, 60, 38))],
        )
    )

    assert new.row_dimensions[4].height is None
    assert ("invalid", LONG) == (with_more["D8"].value, with_more["E8"].value)
    assert with_more.row_dimensions[8].height > 40


@pytest.mark.parametrize("file", WORKBOOKS, ids=lambda file: file.name)
def test_no_cell_of_any_workbook_is_changed(file):
    """
    Whatever the program that wrote it, the answer has every cell it had, or there is none and a workbook is made.
    """
    data = file.read_bytes()
    try:
        made = own_file._add_to_own(answer(data), [0], lambda _: data)
        old = page_of(data)
    except (
        SheetRefused,
        TypeError,
        ValueError,
        LookupError,
        UserWarning,
        zipfile.BadZipFile,
    ):  # openpyxl's, but the first
        return

    if made is not None:
        new = page_of(made)
        before, after = values_of(old), values_of(new)
        assert before.items() <= after.items()
        assert set(HEADINGS) <= set(after.values())


def values_of(page):
    """Its cells by row and column; iter_rows() would make a million of a sheet whose used range goes to the bottom."""
    return {place: cell.value for place, cell in page._cells.items() if cell.value is not None}


def test_a_workbook_that_unpacks_to_much_is_made_anew(monkeypatch):
    """
    Its trees would take ten times its size of memory when a run ends.
    """
    data = staffs_own()
    unpacked = sum(part.file_size for part in zipfile.ZipFile(io.BytesIO(data)).infolist())

    monkeypatch.setattr(own_workbook, "_MOST_UNPACKED", unpacked - 1)
    assert add(data) is None
    monkeypatch.setattr(own_workbook, "_MOST_UNPACKED", unpacked)
    assert add(data) is not None


def test_most_workbooks_come_back_as_they_are():
    """
    What no program but a hand-made test writes may be made anew; what programs write is not.
    """
    known = ["xlsx_clean_text.xlsx", "xlsx_filtered_rows.xlsx", "xlsx_merged_ids.xlsx", "xlsx_strict_ooxml.xlsx"]
    files = [file.read_bytes() for file in WORKBOOKS if file.name in known]

    assert [True] * 4 == [
        own_file._add_to_own(answer(data), [0], lambda _, data=data: data) is not None for data in files
    ]


def test_an_answer_that_is_handed_in_again_has_its_columns_once():
    """
    The new result stands where the old one did.
    """
    handed_in = staffs_own()
    first = dict(write_own_files(answer(handed_in), lambda _: handed_in))["staff/a - results.xlsx"]

    again = dict(write_own_files(answer(first), lambda _: first))["staff/a - results.xlsx"]

    assert ["Course ID", "Name", "Hours", *HEADINGS] == [cell.value for cell in page_of(again)[3]]
    assert "published" == page_of(again)["D4"].value


def test_what_is_not_understood_is_made_anew():
    """
    Macros, an odd name of a cell, a sheet that is not there, a file that is none: then a workbook of our own comes back.
    """
    data = staffs_own()
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = {name: package.read(name) for name in package.namelist()}

    def pack(**changed):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as package:
            for name, text in {**parts, **changed}.items():
                package.writestr(name, text)
        return file.getvalue()

    sheet = parts["xl/worksheets/sheet1.xml"]
    odd = {"xl/worksheets/sheet1.xml": sheet.replace(b' r="B4"', b' r="b4"')}
    assert add(pack()) is not None
    assert [None] * 4 == [
        add(pack(**odd)),
        add(pack(**{"xl/vbaProject.bin": b"x"})),
        add(staffs_own(title="Other")),
        add(b"PK" + data[2:300]),
    ]


def test_the_file_is_taken_from_where_the_run_keeps_it(tmp_path):
    """
    The copy beside the reports is what is given back, as long as it is what was read; the journal alone serves as well.
    """
    data = staffs_own()
    (tmp_path / "a.xlsx").write_bytes(data)
    run = answer(data)
    keep_inputs([Input(file=str(tmp_path / "a.xlsx"), sha256=hash_of(data))], tmp_path / "out")

    write_reports(run, tmp_path / "out", ["staff"])
    own = page_of((tmp_path / "out/staff/a - results.xlsx").read_bytes())
    (tmp_path / "out/inputs/a.xlsx").write_bytes(b"changed")
    write_reports(run, tmp_path / "out", ["staff"])
    made = page_of((tmp_path / "out/staff/a - results.xlsx").read_bytes())

    assert ("=SUM(C4:C5)", "published") == (own["C6"].value, own["D4"].value)
    assert ("published", None) == (made["D4"].value, made["A1"].font.size == 18 or None)
