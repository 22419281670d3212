"""Laws of the report files: every row once, ids digit for digit, nothing comes alive, whole files or none."""

import csv
import io
import json
import time
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from junitparser import Error, Failure, JUnitXml, Skipped
from lxml import etree
from support.made_runs import COURSE, NASTY, RUNS, few, make_call, make_november, make_row, make_run

from batchpub.cells import CellKind
from batchpub.course import Outcome, PlannedSheet
from batchpub.errors import CannotWrite
from batchpub.files import replace_file
from batchpub.plan import PlanOptions, make_plan
from batchpub.report import FILE_NAMES
from batchpub.report.table import OURS
from batchpub.report.text import neutralise, replace_unshowable
from batchpub.report.write import FORMATS, write_reports
from batchpub.sheet import SheetOptions, load_sheet
from batchpub.sheet.results import load_results

JUNIT_SHAPE = Path(__file__).parents[1] / "data" / "report" / "junit.xsd"


@few
@given(run=RUNS, name=st.sampled_from(["csv", "xlsx"]))
def test_results_are_read_again_with_the_same_ids(tmp_path, run, name):
    """
    Whatever the cells hold, our loader reads the same ids and outcomes from the results as went in.
    """
    (path,) = write_reports(run, tmp_path, [name])

    sheet = load_sheet(str(path), SheetOptions())

    wanted = ("course_id", "bp_course_id", "bp_batch_id", "bp_outcome")
    seen = [tuple(row.cells[sheet.columns[column]].text for column in wanted) for row in sheet.rows]
    assert [(row.course_id, row.course_id, row.batch_id, row.outcome.value) for row in run.rows] == seen


@pytest.mark.parametrize("name", ["csv", "xlsx", "json"])
def test_results_are_a_plan_again(tmp_path, name):
    """
    Results of two sheets with other headings are planned again: the same courses, and what was invalid stays so.
    """
    sheets = (
        PlannedSheet(file="a.xlsx", sheet="Sheet1", headings=("Course ID", "Note")),
        PlannedSheet(file="b.csv", sheet="", headings=("Town", "Kurs-ID", "Batch ID")),
    )
    ids = ("478346000019582101", "478346000019582117", "478346000019582123")
    rows = (
        make_row(0, course_id=ids[0], outcome=Outcome.FAILED),
        make_row(1, course_id="", outcome=Outcome.INVALID, values=("4.78346E+17", "x"), message="A3: a number."),
        make_row(2, course_id=ids[1], batch_id=ids[2], sheet_index=1, values=("=Kiel", ids[1], ids[2])),
    )
    (path,) = write_reports(make_run(*rows, sheets=sheets), tmp_path, [name])

    plan = make_plan(list(load_results(str(path), SheetOptions()).sheets), PlanOptions())

    seen = [(row.pile.value, row.course and (row.course.course_id, row.course.batch_id)) for row in plan.rows]
    assert [("to_publish", (ids[0], "")), ("invalid", None), ("to_publish", (ids[1], ids[2]))] == seen


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
    first = [(index, sum(row.sheet_index < index for row in run.rows)) for index in range(len(results.sheets))]
    assert len(run.rows) == len(results.outcomes)
    assert [run.rows[begin].course_id for _, begin in first] == [
        sheet.rows[0].cells[sheet.columns["course_id"]].text for sheet in results.sheets
    ]


def test_json_has_every_key_of_an_empty_run():
    """
    A run without rows, calls or an end has every key that the schema knows, and all nine outcomes at 0.
    """
    schema = json.loads(files("batchpub.report").joinpath("run_results.schema.json").read_text("utf-8"))

    told = json.loads(FORMATS["json"](make_run(sheets=(), calls=(), locks=(), finished_at=None, exit_code=None)))

    assert (set(schema["properties"]), set(schema["required"])) == (set(told), set(told))
    objects = [schema["properties"][name]["items"] for name in ("sheets", "rows", "calls", "locks")]
    assert [sorted(each["properties"]) for each in objects] == [sorted(each["required"]) for each in objects]
    assert {outcome.value: 0 for outcome in Outcome} == told["totals"]
    assert ([], [], None, None) == (told["rows"], told["calls"], told["finished_at"], told["exit_code"])


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


@pytest.mark.parametrize("name", ["csv", "xlsx"])
@pytest.mark.parametrize("first", "=+-@\t\r\n")
def test_what_would_be_a_formula_is_text_and_comes_back(tmp_path, name, first):
    """
    A cell that would come alive gets a ' in front, which our own loader takes off again.
    """
    (path,) = write_reports(make_run(make_row(text=f"{first}1+1")), tmp_path, [name])

    (row,) = load_sheet(str(path), SheetOptions()).rows

    assert (f"'{first}1+1", CellKind.TEXT, f"{first}1+1") == (
        neutralise(f"{first}1+1"),
        row.cells[1].kind,
        row.cells[1].text,
    )


@few
@given(run=RUNS)
def test_the_persons_cells_are_unchanged(run):
    """
    Every cell of the person's is given back as it was, but for formulas, ids and what cannot be shown.
    """
    text = FORMATS["csv"](run).decode("utf-8-sig")

    rows = list(csv.reader(io.StringIO(text, newline="")))

    first = [
        [
            f'="{value}"' if len(value) > 15 and value.isdecimal() and value.isascii() else neutralise(value)
            for value in row.values
        ]
        for row in run.rows
        if row.sheet_index == 0
    ]
    assert ["Course ID", "Note", "Note", "", "'=1+1", "Town", *OURS] == rows[0]
    assert first == [row[:5] for row in rows[1 : len(first) + 1]]


@few
@given(run=RUNS)
def test_junit_holds_every_row(tmp_path, run):
    """
    Whatever the texts are, junit.xml keeps the common schema and has one case for every row.
    """
    (path,) = write_reports(run, tmp_path, ["junit"])

    (suite,) = JUnitXml.fromfile(str(path))

    etree.XMLSchema(file=str(JUNIT_SHAPE)).assertValid(etree.parse(str(path)))
    assert len(run.rows) == len(list(suite))


def test_junit_says_what_an_outcome_means():
    """
    Refused, failed and invalid are failures, unknown is an error; what was not done is skipped.
    """
    run = make_run(*(make_row(n, outcome=outcome, text="why") for n, outcome in enumerate(Outcome)))

    (suite,) = JUnitXml.fromstring(FORMATS["junit"](run))

    seen = [[(type(result), result.message) for result in case.result] for case in suite]
    failure, error, skipped = [(Failure, "why")], [(Error, "why")], [(Skipped, "why")]
    assert [[], [], failure, failure, error, skipped, failure, skipped, skipped] == seen
    assert (9, 3, 1, 3) == (suite.tests, suite.failures, suite.errors, suite.skipped)


def test_csv_as_a_whole():
    """
    results.csv has a byte order mark, every field quoted, the person's columns first and then ours.
    """
    data = FORMATS["csv"](make_run(make_row(text="=1+1")))

    headings = ",".join(f'"{heading}"' for heading in ("Course ID", "Note", *OURS))
    row = (
        '"=""478346000019582101""","\'=1+1","refused","\'=1+1","2","A2","478346000019582101","1","","",'
        '"2026-03-02T08:00:00.000Z","","r1","","a.xlsx","Sheet1","course_id: 478346000019582101"'
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
    one = make_row(0, values=("478346000019582101", "n1", "n2"))
    two = make_row(1, sheet_index=1, values=("failed", "478346000019582102", "Kiel"))

    (path,) = write_reports(make_run(one, two, sheets=sheets), tmp_path, ["csv"])
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))

    assert ["Course ID", "Note", "Note", "Town", *OURS] == rows[0]
    assert [
        ['="478346000019582101"', "n1", "n2", ""],
        ['="478346000019582102"', "", "", "Kiel"],
    ] == [row[:4] for row in rows[1:]]


@pytest.mark.parametrize("text", NASTY)
def test_every_format_takes_every_text(tmp_path, text):
    """
    No text keeps any report from being written, and none but the JSON holds a character that cannot be shown.
    """
    sheets = (PlannedSheet(file=text, sheet=text, headings=("Course ID", text), notes=(text,)),)
    run = make_run(make_row(text=text, cell=text, code=text), sheets=sheets, text=text, run=text, portal=text)

    paths = write_reports(run, tmp_path, list(FORMATS))

    assert [tmp_path / name for name in FILE_NAMES.values()] == list(paths)
    shown = [path.read_text("utf-8") for path in paths if path.suffix in {".csv", ".html", ".xml"}]
    assert [] == [
        whole for whole in shown if whole.removeprefix("\ufeff") != replace_unshowable(whole.removeprefix("\ufeff"))
    ]


def test_a_file_that_cannot_be_written_does_not_stop_the_others(tmp_path):
    """
    All formats are tried; then the error names the file, and no temporary file is left.
    """
    (tmp_path / "results.csv").mkdir()

    with pytest.raises(CannotWrite, match=r"results\.csv cannot be written"):
        write_reports(make_run(make_row()), tmp_path, list(FORMATS))

    assert sorted(FILE_NAMES.values()) == sorted(path.name for path in tmp_path.iterdir())


def test_a_bug_in_one_format_does_not_stop_the_others(tmp_path):
    """
    A record that one writer cannot take is a bug and raises as one, after the other formats were written.
    """
    broken = replace(make_call(), answered_at=object())

    with pytest.raises(TypeError):
        write_reports(make_run(make_row(), calls=(broken,)), tmp_path, ["json", "csv", "html", "junit", "xlsx"])

    assert sorted({*FILE_NAMES.values()} - {"run_results.json"}) == sorted(path.name for path in tmp_path.iterdir())


def test_a_failed_write_keeps_the_old_file(tmp_path):
    """
    When the new file cannot be completed the old one stays whole.
    """
    path = tmp_path / "results.csv"
    path.write_bytes(b"old")

    with pytest.raises(TypeError):
        replace_file(path, "no bytes")

    assert [("results.csv", b"old")] == [(file.name, file.read_bytes()) for file in tmp_path.iterdir()]


def test_impossible_folder_is_told(tmp_path):
    """
    A folder that cannot be made ends in a sentence.
    """
    (tmp_path / "file").write_text("")

    with pytest.raises(CannotWrite, match="cannot be made"):
        write_reports(make_run(), Path(tmp_path / "file" / "out"), ["csv"])


@pytest.mark.slow
def test_ten_thousand_rows_are_no_wait(tmp_path):
    """
    All formats together take less than ten seconds of the processor for 10,000 rows (two here).
    """
    run = make_november(10_000)
    began = time.process_time()

    write_reports(run, tmp_path, list(FORMATS))

    assert time.process_time() - began < 10


def test_ids_are_digits_everywhere():
    """
    No report but the spreadsheets' wraps an id, and none shortens one.
    """
    run = make_run(make_row())

    assert all(COURSE in FORMATS[name](run).decode("utf-8-sig") for name in ("csv", "html", "junit", "json"))
    assert '"478346000019582101"' in FORMATS["json"](run).decode()
