"""Staff get their own file back: every cell where it was, and what became of the row on its right."""

import io

import openpyxl
import pytest
from support.made_runs import make_row, make_run

from batchpub.cells import Layout
from batchpub.course import Outcome, PlannedSheet
from batchpub.plan import PlanOptions, make_plan
from batchpub.report.own_file import HEADINGS, NO_TURN, say_to_staff, show_local, write_own_files
from batchpub.sheet import SheetOptions, load_bytes


def sheet(file="lists/July.xlsx", name="Courses", **more):
    return PlannedSheet(file=file, sheet=name, headings=("Course ID", "Note"), **more)


def books(run):
    return {path: openpyxl.load_workbook(io.BytesIO(data)) for path, data in write_own_files(run)}


def test_every_cell_is_where_it_was():
    """
    Title rows, the column the table began in, blank rows between: "C9" of the message is C9 of the workbook.
    """
    layout = Layout(row=4, columns=(2, 3), above=((1, 0, "Mandatory training"), (2, 2, "=HYPERLINK(1)")))
    rows = [
        make_row(0, row=6, cell="C6", values=("478346000019582101", "12"), outcome=Outcome.PUBLISHED),
        make_row(1, row=9, cell="C9", values=("x", "012"), outcome=Outcome.INVALID, message="C9: this is no id."),
    ]

    (book,) = books(make_run(*rows, sheets=(sheet(layout=layout),))).values()
    page = book["Courses"]

    assert ("Mandatory training", "'=HYPERLINK(1)") == (page["A1"].value, page["C2"].value)
    assert ["Course ID", "Note", *HEADINGS] == [cell.value for cell in page[4]][2:]
    assert ("478346000019582101", 12, "published") == tuple(cell.value for cell in page[6])[2:5]
    assert ("x", "012", "invalid", "This is no id.") == tuple(cell.value for cell in page[9])[2:6]
    assert [None] == list({cell.value for cell in page[7]})


STAFF = "Course ID,Name,Notify\n478346000019582101,A,\n478346000019582000,Rounded,\n47834600001958235,Short,\n478346000019582943,B,\n"


@pytest.mark.parametrize(
    "text",
    [STAFF, "Course ID\n4783460000195\n4783460000196\n", "Course ID\n478346000019582080\n478346000019582080\n478346000019582101\n",
     "Course ID\n478346000019582101\n47834600001958235\n"],
)  # fmt: skip
def test_staff_are_told_of_no_settings(text):
    """
    What only whoever runs the command can do is left out of every sentence; what is left is a sentence.
    """
    planned = make_plan([load_bytes("a.csv", text.encode(), SheetOptions())], PlanOptions()).rows
    rows = [
        make_row(number, outcome=Outcome.INVALID, cell=row.cell, message=row.message)
        for number, row in enumerate(planned)
        if row.message
    ]

    told = [say_to_staff(row) for row in rows]

    assert any("the setting" in row.message for row in rows)
    assert not [sentence for sentence in told if "setting" in sentence or "(or" in sentence or sentence[-1] != "."]


def test_a_row_whose_turn_did_not_come_tells_staff_of_no_command():
    """
    Why the run ended is for whoever runs it.
    """
    row = make_row(
        0, outcome=Outcome.NOT_ATTEMPTED, message="Compare it with BATCHPUB_DATA_CENTER, then run the command again."
    )

    assert NO_TURN == say_to_staff(row)


def test_each_file_comes_back_under_its_name():
    """
    Two sheets of a file are two worksheets of one workbook; two files of the same name stay two.
    """
    sheets = (
        sheet(name="July"),
        sheet(name="August"),
        sheet(file="more/july.ods", name=""),
        sheet(file="a.csv", refused="no"),
    )
    run = make_run(*(make_row(n, sheet_index=n) for n in range(3)), sheets=sheets)

    found = books(run)

    assert ["staff/July - results.xlsx", "staff/july (2) - results.xlsx"] == list(found)
    assert (["July", "August"], ["List"]) == tuple(book.sheetnames for book in found.values())


@pytest.mark.parametrize("heading", HEADINGS)
def test_no_heading_of_ours_is_one_that_the_loader_knows(heading):
    """
    The workbook can be corrected and handed in again: our columns are further columns there.
    """
    from batchpub.plan.text import fold
    from batchpub.sheet.heading import ALIASES, OURS

    assert fold(heading) not in {alias for aliases in ALIASES.values() for alias in aliases}
    assert heading.casefold() not in OURS


def test_times_are_in_the_readers_zone_with_utc_beside(monkeypatch):
    """
    Whoever reads the workbook looks at the clock on the wall; whoever compares logs has UTC.
    """
    import time
    from datetime import UTC, datetime

    moment = datetime(2026, 11, 27, 19, 5, tzinfo=UTC)
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    told = show_local(moment)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()

    assert ("2026-11-27 20:05 CET (19:05 UTC)", "2026-11-27 19:05 UTC") == (told, show_local(moment))
