"""Laws of the report files: every row once, ids digit for digit, nothing comes alive, whole files or none."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from junitparser import JUnitXml
from rich.console import Console

from batchpub.course import Outcome, PlannedSheet
from batchpub.errors import CannotWrite, SettingsWrong
from batchpub.record import CallRecord, LockRecord, RowRecord, RunRecord
from batchpub.report import FILE_NAMES, FORMATS, advice, check_rows, count_outcomes, print_summary, write_reports
from batchpub.report.table import OURS
from batchpub.report.timeline import HEIGHT, Box, Timeline, draw_timeline
from batchpub.report.write import replace_file
from batchpub.sheet import SheetOptions, load_sheet
from batchpub.sheet.results import load_results

BEGAN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ONE_SHEET = (PlannedSheet(file="a.xlsx", sheet="Sheet1", headings=("Course ID", "Note")),)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
IDS = st.from_regex(r"[1-9][0-9]{15,18}", fullmatch=True)
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def make_row(position=0, *, text="", course_id="478346000019582101", sheet_index=0, outcome=Outcome.REFUSED):
    return RowRecord(
        position=position,
        sheet_index=sheet_index,
        row=position + 2,
        cell=f"A{position + 2}",
        course_id=course_id,
        batch_id="",
        name=text,
        notify=False,
        values=(course_id, text),
        outcome=outcome,
        message=text,
        attempts=1,
        first_sent_at=BEGAN,
    )


def make_run(*rows, sheets=ONE_SHEET, text=""):
    return RunRecord(
        run="r1",
        batchpub_version="0.1.0",
        portal="people.zoho.com",
        sandbox=False,
        rate=30,
        period_seconds=60.0,
        notify_policy="sheet",
        started_at=BEGAN,
        finished_at=BEGAN + timedelta(seconds=5),
        exit_code=1,
        stop_reason=text,
        resume_command=text,
        sheets=sheets,
        rows=rows,
        calls=(
            CallRecord(
                operation="publish",
                course_id="478346000019582101",
                batch_id="",
                attempt=1,
                sent_at=BEGAN,
                answered_at=None,
                http_status=None,
                code="",
                meaning="",
                excerpt=text,
            ),
        ),
        locks=(LockRecord(began_at=BEGAN, ends_at=BEGAN + timedelta(minutes=5), cause=text),),
    )


RUNS = st.lists(st.tuples(IDS, ANY_TEXT, st.sampled_from(Outcome)), min_size=1, max_size=5).map(
    lambda told: make_run(
        *(make_row(n, course_id=i, text=text, outcome=outcome) for n, (i, text, outcome) in enumerate(told)),
        text=told[0][1],
    )
)


@few
@given(run=RUNS, name=st.sampled_from(["csv", "xlsx"]))
def test_results_are_read_again_with_the_same_ids(tmp_path, run, name):
    """
    Whatever the cells hold, our loader reads the same ids and outcomes from the results as went in.
    """
    (path,) = write_reports(run, tmp_path, [name])

    sheet = load_sheet(str(path), SheetOptions())

    seen = [
        (row.cells[sheet.columns["course_id"]].text, row.cells[sheet.columns["bp_outcome"]].text) for row in sheet.rows
    ]
    assert [(row.course_id, row.outcome.value) for row in run.rows] == seen


@few
@given(run=RUNS)
def test_json_results_are_read_again_and_keep_the_schema(tmp_path, run):
    """
    run_results.json fits its schema and is valid input for retry.
    """
    (path,) = write_reports(run, tmp_path, ["json"])

    results = load_results(str(path), SheetOptions())

    schema = json.loads(files("batchpub.report").joinpath("run_results.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(path.read_bytes()))
    assert {(0, row.row): row.outcome.value for row in run.rows} == results.outcomes


@few
@given(run=RUNS)
def test_no_field_of_the_csv_begins_a_formula(run):
    """
    A field of results.csv begins with none of = + - @ TAB CR LF unless it is an id written as ="…".
    """
    text = FORMATS["csv"](run).decode("utf-8-sig")

    fields = [field for row in csv.reader(io.StringIO(text, newline="")) for field in row]

    alive = [field for field in fields if field.startswith(tuple("=+-@\t\r\n"))]
    assert [] == [field for field in alive if not (field[:2] == '="' and field[2:-1].isdigit() and field[-1] == '"')]


@few
@given(run=RUNS)
def test_junit_and_page_hold_every_row(tmp_path, run):
    """
    Whatever the texts are, junit.xml is XML with one case for every row, and the page has a line for each.
    """
    junit, page = write_reports(run, tmp_path, ["junit", "html"])

    suites = list(JUnitXml.fromfile(str(junit)))

    assert [len(run.rows)] == [len(list(suite)) for suite in suites]
    assert len(run.rows) == page.read_text("utf-8").count("<tr data-outcome=")


def test_page_escapes_what_comes_from_outside():
    """
    A name with markup in it is shown, not run.
    """
    page = FORMATS["html"](make_run(make_row(text="<script>alert(1)</script>"))).decode()

    assert (1, True) == (page.count("<script>"), "&lt;script&gt;alert(1)&lt;/script&gt;" in page)


def test_csv_as_a_whole():
    """
    results.csv has a byte order mark, every field quoted, the person's columns first and then ours.
    """
    data = FORMATS["csv"](make_run(make_row(text="=1+1")))

    headings = ",".join(f'"{heading}"' for heading in ("Course ID", "Note", *OURS))
    row = (
        '"=""478346000019582101""","\'=1+1","refused","\'=1+1","2","A2","=""478346000019582101""","1","","",'
        '"2026-03-02T08:00:00.000Z","","r1","","a.xlsx","Sheet1"'
    )
    assert f"\ufeff{headings}\r\n{row}\r\n".encode() == data


def test_columns_of_several_sheets_meet(tmp_path):
    """
    Headings of several sheets are one union, id columns are one, columns of an earlier report are not doubled.
    """
    sheets = (
        PlannedSheet(file="a.csv", sheet="", headings=("Course ID", "Note", "Note")),
        PlannedSheet(file="b.csv", sheet="", headings=("bp_outcome", "CourseID", "Town")),
    )
    one = RowRecord(**{**_fields(make_row(0)), "values": ("478346000019582101", "n1", "n2")})
    two = RowRecord(**{**_fields(make_row(1, sheet_index=1)), "values": ("failed", "478346000019582102", "Kiel")})

    (path,) = write_reports(make_run(one, two, sheets=sheets), tmp_path, ["csv"])
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))

    assert ["Course ID", "Note", "Note", "Town", *OURS] == rows[0]
    assert [
        ['="478346000019582101"', "n1", "n2", ""],
        ['="478346000019582102"', "", "", "Kiel"],
    ] == [row[:4] for row in rows[1:]]


def _fields(row):
    return {name: getattr(row, name) for name in RowRecord.__dataclass_fields__}


def test_workbook_holds_text_and_cuts_long_cells():
    """
    Ids are text cells with the text format, long cells end in a mark, and the summary comes first.
    """
    book = openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"](make_run(make_row(text="😀" * 20_000)))))

    cell, note = book["Results"]["A2"], book["Results"]["B2"].value

    assert ["Summary", "Results"] == book.sheetnames
    assert ("478346000019582101", "s", "@") == (cell.value, cell.data_type, cell.number_format)
    assert (True, True) == (note.endswith("… (cut)"), len(note.encode("utf-16-le")) // 2 <= 32_767)
    assert ("A2", True) == (book["Results"].freeze_panes, bool(book["Results"].auto_filter.ref))


def test_a_file_that_cannot_be_written_does_not_stop_the_others(tmp_path):
    """
    All formats are tried; then the error names the file, and no temporary file is left.
    """
    (tmp_path / "results.csv").mkdir()

    with pytest.raises(CannotWrite, match=r"results\.csv cannot be written"):
        write_reports(make_run(make_row()), tmp_path, list(FORMATS))

    assert sorted(FILE_NAMES.values()) == sorted(path.name for path in tmp_path.iterdir())


def test_a_failed_write_keeps_the_old_file(tmp_path):
    """
    When the new file cannot be completed the old one stays whole.
    """
    path = tmp_path / "results.csv"
    path.write_bytes(b"old")

    with pytest.raises(TypeError):
        replace_file(path, "no bytes")

    assert [("results.csv", b"old")] == [(file.name, file.read_bytes()) for file in tmp_path.iterdir()]


def test_unknown_format_and_impossible_folder_are_told(tmp_path):
    """
    A format there is not and a folder that cannot be made end in a sentence.
    """
    (tmp_path / "file").write_text("")

    with pytest.raises(SettingsWrong, match="no report format pdf"):
        write_reports(make_run(), tmp_path, ["pdf"])
    with pytest.raises(CannotWrite, match="cannot be made"):
        write_reports(make_run(), Path(tmp_path / "file" / "out"), ["csv"])


@few
@given(run=RUNS)
def test_terminal_is_narrow_and_still(run):
    """
    No line is wider than 80 columns and no control character of a stranger's reaches the terminal.
    """
    console = Console(file=io.StringIO(), width=200, force_terminal=False)

    print_summary(run, console)

    shown = console.file.getvalue()
    assert [] == [line for line in shown.split("\n") if console.measure(line).maximum > 80]
    assert set() == {character for character in shown if character < " " or character == "\x7f"} - {"\n"}


def test_every_outcome_is_counted_and_has_advice():
    """
    All nine outcomes have a count, 0 where there are none, and a sentence.
    """
    counted = count_outcomes(make_run(make_row(), make_row(1)))

    assert {**dict.fromkeys(Outcome, 0), Outcome.REFUSED: 2} == counted
    assert all(advice(outcome).endswith(".") for outcome in Outcome)


def test_broken_records_are_told():
    """
    A position that is missing, beyond the end or twice there, and a sheet there is not, each make a sentence.
    """
    run = make_run(make_row(0), make_row(0), make_row(7), make_row(2, sheet_index=-1))

    assert (
        "The rows at 1, 3 have no outcome.",
        "The rows at 7 are not positions of this run.",
        "The rows at 0 stand in the record more than once.",
        "The rows at 2 belong to no sheet of this run.",
    ) == check_rows(run)
    assert () == check_rows(make_run(make_row(1), make_row(0)))


def test_timeline_is_calls_against_the_limit_with_the_locks():
    """
    One call of thirty is a bar of a thirtieth under the limit, and a lock is shaded no further than the drawing goes.
    """
    drawn = draw_timeline(make_run(make_row()))

    assert (
        Timeline(
            bars=(Box(x=0, y=116, width=900, height=4),),
            locks=(Box(x=0, y=0, width=1000, height=HEIGHT),),
            limit_y=0,
            bar_seconds=60,
        )
        == drawn
    )


def test_summary_never_reads_as_the_list(tmp_path):
    """
    Names of sheets that look like a heading for ids do not make the summary a second list of courses.
    """
    sheets = (PlannedSheet(file="Course ID", sheet="Course ID", headings=("Course ID", "Note"), notes=("Course ID",)),)

    (path,) = write_reports(make_run(make_row(), sheets=sheets, text="Course ID"), tmp_path, ["xlsx"])

    assert "Results" == load_sheet(str(path), SheetOptions()).name
