"""Results files of earlier runs, read again: nothing that was refused comes alive by the detour."""

import csv
import io
import json

import pytest
import xlsxwriter
from sheet_files import A, B, C, D, messages, plan_file, see, see_plan

from batchpub.errors import SheetMissing, SheetRefused
from batchpub.plan import PlanOptions, make_plan
from batchpub.sheet import SheetOptions
from batchpub.sheet.results import load_results

HEADINGS = ["Course ID", "Course name", "bp_outcome", "bp_message", "bp_row", "bp_cell", "bp_course_id", "bp_batch_id"]
ROWS = [
    [A, "Fire", "failed", "no answer", "2", "A2", A, ""],
    [B, "Hidden", "invalid", "Row 3 is hidden.", "3", "A3", "", ""],
    ["4.78346000019582E+17", "Number", "invalid", "stored as a number", "4", "A4", "", ""],
    [C, "'=HYPERLINK(1)", "published", "", "5", "A5", C, ""],
    ["", "", "skipped", "This row is blank.", "6", "A6", "", ""],
    [D, "Data", "not_attempted", "", "7", "A7", D, ""],
]
SEEN = {2: A, 3: "invalid", 4: "invalid", 5: C, 6: "skipped", 7: D}
OUTCOMES = {
    (0, 2): "failed",
    (0, 3): "invalid",
    (0, 4): "invalid",
    (0, 5): "published",
    (0, 6): "skipped",
    (0, 7): "not_attempted",
}


def write_csv_for_people(path, rows=ROWS, headings=HEADINGS):
    """Write as reports do: a mark, every field quoted, ids as ="…"."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows(
        [[f'="{value}"' if value.isdigit() and len(value) == 18 else value for value in row] for row in rows]
    )
    path.write_bytes(text.getvalue().encode("utf-8-sig"))
    return path


def write_workbook(path):
    """Write as reports do: a summary first, then the rows as text cells."""
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("Summary").write_string(0, 0, "6 rows: 1 published")
    sheet = book.add_worksheet("Results")
    for number, row in enumerate([HEADINGS, *ROWS]):
        for column, value in enumerate(row):
            sheet.write_string(number, column, value)
    book.close()
    return path


def write_json(path, **more):
    """Write as reports do."""
    keys = ("course_id", "outcome", "message")
    rows = [
        {
            "file": "a.xlsx",
            "sheet": "S",
            "row": int(row[4]),
            "cell": row[5],
            "batch_id": "",
            "notify": False,
            "name": row[1],
            "values": row[:2],
        }
        | dict(zip(keys, (row[6], row[2], row[3]), strict=True))
        for row in ROWS
    ]
    told = {
        "schema_version": 1,
        "sheets": [{"file": "a.xlsx", "sheet": "S", "headings": HEADINGS[:2]}],
        "rows": rows,
    } | more
    path.write_text(json.dumps(told), encoding="utf-8")
    return path


@pytest.mark.parametrize("write", [write_csv_for_people, write_workbook])
def test_results_are_sheets(tmp_path, write):
    """
    A results file is valid input without further options; our columns do not come back, neutralised text does as it was.
    """
    file = write(tmp_path / "results")

    plan = plan_file(file)

    assert SEEN == see(file)
    assert ("Course ID", "Course name") == plan.sheets[0].headings
    assert [(A, "Fire"), (C, "=HYPERLINK(1)"), (D, "Data")] == [row.values for row in plan.to_publish()]
    assert messages(file)[3] == (
        "This row was invalid in the earlier run: Row 3 is hidden. Correct it here, or in your own sheet; if it is "
        "right as it stands, empty its bp_outcome cell."
    )


@pytest.mark.parametrize(
    ("name", "write"),
    [("results.csv", write_csv_for_people), ("results.xlsx", write_workbook), ("run_results.json", write_json)],
)
def test_retry_reads_all_three(tmp_path, name, write):
    """
    results.csv, results.xlsx and run_results.json give the same rows with the outcomes they had.
    """
    results = load_results(str(write(tmp_path / name)), SheetOptions())

    assert OUTCOMES == results.outcomes
    assert SEEN == see_plan(make_plan(results.sheets, PlanOptions()))


def test_json_names_the_original_sheet(tmp_path):
    """
    Rows of run_results.json keep the file, the sheet and the row they came from.
    """
    (sheet,) = load_results(str(write_json(tmp_path / "a.json")), SheetOptions()).sheets

    assert ("a.xlsx", "S", 2, "A2") == (sheet.file, sheet.name, sheet.rows[0].number, sheet.rows[0].cells[0].ref)


def test_ids_under_an_unusual_heading(tmp_path):
    """
    Where the earlier run was told the column's heading, our own copy of the ids is read.
    """
    file = write_csv_for_people(tmp_path / "results.csv", headings=["Number", *HEADINGS[1:]])

    plan = make_plan(load_results(str(file), SheetOptions()).sheets, PlanOptions())

    assert SEEN | {6: "skipped"} == see_plan(plan)


def test_a_changed_id_is_ambiguous(tmp_path):
    """
    A row whose own id was changed since the run is refused until our copy is emptied; then the new id counts.
    """
    changed = write_csv_for_people(tmp_path / "a.csv", [[B, "Fire", "failed", "", "2", "A2", A, ""]])
    emptied = write_csv_for_people(tmp_path / "b.csv", [[B, "Fire", "", "", "2", "A2", "", ""]])

    assert {2: "invalid"} == see(changed)
    assert f"A2 now names {B}, but this row was run as {A}" in messages(changed)[2]
    assert {2: B} == see(emptied)


def test_a_results_file_saved_by_excel_with_rounded_ids_is_refused(tmp_path):
    """
    Rounded alike in the person's column and in ours, an id is still rounded.
    """
    rounded = "478346000019582000"

    assert {2: "invalid"} == see(
        write_csv_for_people(tmp_path / "a.csv", [[rounded, "x", "failed", "", "2", "A2", rounded, ""]])
    )


@pytest.mark.parametrize(
    "told", ["[]", "{}", "{", '{"sheets": 1, "rows": 2}', '{"sheets": [], "rows": [{}]}', "[" * 100_000, '"x"', "\0"]
)
def test_other_json_is_refused(tmp_path, told):
    """
    What is no results file is refused with a sentence.
    """
    (tmp_path / "a.json").write_text(told, encoding="utf-8")

    with pytest.raises(SheetRefused):
        load_results(str(tmp_path / "a.json"), SheetOptions())


def test_a_sheet_that_was_never_run_is_no_results_file(tmp_path):
    """
    Retry takes results only; a missing file is missing.
    """
    (tmp_path / "a.csv").write_text(f"Course ID\n{A}\n", encoding="utf-8")

    with pytest.raises(SheetRefused, match="no results file"):
        load_results(str(tmp_path / "a.csv"), SheetOptions())
    with pytest.raises(SheetMissing):
        load_results(str(tmp_path / "b.json"), SheetOptions())


@pytest.mark.parametrize(
    ("row", "pile"),
    [
        ([B, "Fire", "no", "invalid", "was hidden", "2", "A2", "", "", f"course_id: {B}; notify: no"], "invalid"),
        ([B, "Fire", "yes", "invalid", "was hidden", "2", "A2", "", "", f"course_id: {B}; notify: no"], B),
        ([B, "Fire", "", "invalid", "4.78E+17 is …", "2", "A2", "", "", "course_id: 4.78E+17"], B),
        (["4.79E+17", "Fire", "", "invalid", "4.78E+17 is …", "2", "A2", "", "", "course_id: 4.78E+17"], "invalid"),
        ([B, "Fire", "", "invalid", "A2: no Course ID", "2", "A2", "", "", "nothing"], B),
        ([B, "Fire", "", "refused", "404", "2", "A2", A, "", f"course_id: {A}"], B),
        ([B, "Fire", "", "refused", "404", "2", "A2", A, "", f"course_id: {B}"], "invalid"),
    ],
)
def test_a_row_corrected_in_the_results_is_judged_as_it_now_stands(tmp_path, row, pile):
    """
    Where the cells that decide say something else than when the row was judged, a person has corrected it.
    """
    headings = ["Course ID", "Course name", "Notify", *HEADINGS[2:], "bp_seen"]

    assert {2: pile} == see(write_csv_for_people(tmp_path / "results.csv", [row], headings=headings))
