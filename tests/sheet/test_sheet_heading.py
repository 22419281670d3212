"""Headings as people and programs write them: decorated, in other languages, or only possible."""

import pytest
from sheet_files import A, B, C, messages, plan_file, row_xml, see, write_csv, write_xlsx

from batchpub.errors import SheetRefused
from batchpub.plan.vocabulary import LANGUAGES
from batchpub.sheet.heading import fold_heading

P = "478346000019111111"


@pytest.mark.parametrize(
    "heading",
    [
        "Course.ID", "course.id", "Course ID*", "* Course ID", "Course ID (18 digits)", "Course ID [text]", "Course ID:", "#Course ID",
        "ï»¿Course ID", "´╗┐Course ID", "Course ID（必須）", "Course.Id.", "Kurs-ID (aus Zoho)",
    ],
)  # fmt: skip
def test_what_stands_around_a_heading(tmp_path, heading):
    """
    R's dots, a star for what must be filled in, a remark in brackets, a byte order mark in letters: the heading is the same.
    """
    assert {2: A} == see(write_csv(tmp_path / "a.csv", [[heading, "Course.name"], [A, "x"]]))


@pytest.mark.parametrize(
    "heading", ["Old Course ID", "Course ID (old)", "Course ID (prerequisite)", "My.Course.ID", "Course ID 2"]
)
def test_headings_of_other_ids(tmp_path, heading):
    """
    Another course's id is not the course's.
    """
    file = write_csv(tmp_path / "a.csv", [[heading, "x"], [A, "y"]])

    with pytest.raises(
        SheetRefused, match="olumn A .* holds 18-digit ids. If these are the course ids, say so: the setting column = "
    ):
        see(file)


def test_a_heading_without_decoration_wins(tmp_path):
    """
    Beside Course ID a Course ID (new) is another column.
    """
    assert {2: A} == see(write_csv(tmp_path / "a.csv", [["Course ID (new)", "Course ID"], [B, A]]))


@pytest.mark.parametrize(
    "heading",
    ["ID", "Id", "LMS ID", "Record ID", "Course", *(word for code in LANGUAGES for word in LANGUAGES[code].course_id)],
)
def test_possible_headings_are_taken_where_one_column_holds_ids(tmp_path, heading):
    """
    A heading that may well stand over the ids is taken, with a note, where no other column holds ids.
    """
    alone = write_csv(tmp_path / "a.csv", [[heading, "Other"], [A, "x"], [B, "y"]], delimiter=";")
    plan = plan_file(alone)

    assert [A, B] == [row.course.course_id for row in plan.to_publish()]
    assert (
        fold_heading(heading) in ("courseid", "courseids", "zohocourseid", "kursid")
        or "was taken as the Course ID" in plan.sheets[0].notes[-1]
    )


def test_of_several_columns_with_ids_none_is_guessed(tmp_path):
    """
    Where two columns hold ids, both are named with the way to say which.
    """
    file = write_csv(tmp_path / "a.csv", [["ID", "Parent", "Course name"], [A, P, "x"], [B, "", "y"]])

    with pytest.raises(
        SheetRefused,
        match='Column A ."ID". holds 18-digit ids and column B ."Parent". holds 18-digit ids.*the setting column = "ID" or the setting column = "Parent"',
    ):
        see(file)
    assert {2: A, 3: B} == see(file, column="ID")


def test_batches_do_not_count(tmp_path):
    """
    Batch ids have a column of their own.
    """
    file = write_csv(tmp_path / "a.csv", [["ID", "Batch ID"], [A, B]])

    assert {2: f"{A} batch {B}"} == see(file)


def test_possible_headings_on_several_sheets(tmp_path):
    """
    The only sheet with ids is read; of two, neither is guessed.
    """
    sheets = {
        "One": f"<sheetData>{row_xml(1, 'ID', 'x')}{row_xml(2, A, 'y')}</sheetData>",
        "Two": f"<sheetData>{row_xml(1, 'ID')}</sheetData>",
    }
    assert {2: A} == see(write_xlsx(tmp_path / "a.xlsx", sheets))

    sheets["Two"] = f"<sheetData>{row_xml(1, 'ID')}{row_xml(2, C)}</sheetData>"
    with pytest.raises(SheetRefused, match="the setting sheet"):
        see(write_xlsx(tmp_path / "b.xlsx", sheets))


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_says_yes_and_no_under_its_own_headings(tmp_path, code):
    """
    A list in any of the languages is understood whole: who is mailed, and what is kept back.
    """
    words = LANGUAGES[code]
    heading = [words.course_id[0], words.course_name[0], words.notify[0], words.publish[0], words.confirmed[0]]
    rows = [
        [A, "x", words.yes[0], words.yes[-1], ""],
        [B, "y", words.no[0].upper(), "", ""],
        [C, "z", "", words.no[-1], ""],
    ]
    rounded = "478346000019582000"
    file = write_csv(tmp_path / "a.csv", [heading, *rows, [rounded, "r", "", "", words.yes[0]]])

    plan = plan_file(file)

    assert {2: A, 3: B, 4: "skipped", 5: rounded} == see(file), messages(file)
    assert [True, False, False, False] == [row.notify for row in plan.rows]
