"""The template: what it writes, filled in by other programs, loads without a complaint."""

import shutil
import subprocess
import sys

import openpyxl
import pytest
from sheet_files import A, B, plan_file

from batchpub.errors import CannotWrite, SheetRefused
from batchpub.plan.vocabulary import LANGUAGES
from batchpub.template import write_template
from batchpub.template.texts import TEXTS

FILLED = [(A, "Fire", None, "yes", None, None), (B, "Data", "478346000019583217", None, "yes", None)]


def fill(path):
    """Fill in the template as openpyxl does, keeping all else."""
    write_template(path)
    book = openpyxl.load_workbook(path)
    for number, row in enumerate(FILLED, start=2):
        for column, value in enumerate(row, start=1):
            book["Courses"].cell(number, column).value = value
    book.save(path)
    return path


def summarise(plan):
    """Give what matters of every row."""
    return [(str(row.course), row.notify, str(row.pile), row.message) for row in plan.rows]


EXPECTED = [(A, True, "to_publish", ""), (f"{B} batch 478346000019583217", False, "to_publish", "")]


def test_filled_in_by_openpyxl_it_loads(tmp_path):
    """
    Ids typed into the template are text, and nothing in it is complained about.
    """
    plan = plan_file(fill(tmp_path / "a.xlsx"))

    assert EXPECTED == summarise(plan)
    assert () == plan.sheets[0].notes


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_every_language_is_loaded_as_it_was_filled_in(tmp_path, language):
    """
    Headings and the words for yes and no are those that the loader knows, and no text is too long for its place.
    """
    spoken, path = LANGUAGES[language], tmp_path / "a.xlsx"
    write_template(path, language=language)
    book = openpyxl.load_workbook(path)
    sheet = book[TEXTS[language].courses]
    for column, value in enumerate((A, "Fire", None, spoken.yes[0], spoken.no[0], spoken.yes[0]), start=1):
        sheet.cell(2, column).value = value
    sheet["H1"].value, sheet["H2"].value = "Owner", "Ann"
    book.save(path)

    plan = plan_file(path)

    assert [("skipped", A)] == [(str(row.pile), row.values[0]) for row in plan.rows]
    assert "Owner" in plan.sheets[0].headings
    assert [] == [
        told
        for check in sheet.data_validations.dataValidation
        for told, most in ((check.promptTitle, 32), (check.prompt, 255), (check.errorTitle, 32), (check.error, 255))
        if told and len(told) > most
    ]


def test_further_columns_and_the_filter_are_free(tmp_path):
    """
    Staff may keep columns of their own and filter; only what keeps ids text is locked.
    """
    write_template(tmp_path / "a.xlsx")

    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Courses"]

    assert not sheet.column_dimensions["G"].protection.locked
    assert ("A1:F5001", False) == (sheet.auto_filter.ref, sheet.protection.autoFilter)


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_languages_say_the_same(language):
    """
    Every language has as many steps as English, with the same things named in each.
    """
    from string import Formatter

    def named(text):
        return sorted(name for _, name, _, _ in Formatter().parse(text) if name)

    here, there = TEXTS["en"], TEXTS[language]
    assert list(map(named, here.steps)) == list(map(named, there.steps))
    assert (list(here.hints), len(here.why)) == (list(there.hints), len(there.why))


def test_empty_template_has_no_rows(tmp_path):
    """
    An empty template is refused as empty, not misread.
    """
    write_template(tmp_path / "a.xlsx")

    with pytest.raises(SheetRefused, match="no rows under the heading"):
        plan_file(tmp_path / "a.xlsx")


def test_id_columns_are_text_unlocked_and_checked(tmp_path):
    """
    The columns are text before anybody types, can be filled in but not reformatted, and say what is wrong.
    """
    write_template(tmp_path / "a.xlsx")

    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    sheet = book["Courses"]
    checks = {str(check.sqref).split(":")[0]: check for check in sheet.data_validations.dataValidation}

    assert ["Read me first", "Courses"] == book.sheetnames
    assert "Courses" == book.active.title
    assert [("@", False)] * 2 == [
        (sheet.column_dimensions[letter].number_format, sheet.column_dimensions[letter].protection.locked)
        for letter in "AC"
    ]
    assert (True, True) == (sheet.protection.sheet, sheet.protection.formatCells)
    assert ("custom", "list", "list") == tuple(checks[cell].type for cell in ("A2", "D2", "E2"))
    assert "LEN(A2)>=16,LEN(A2)<=19" in checks["A2"].formula1
    assert "16 to 19 digits as text" in checks["A2"].error
    assert checks["A2"].prompt


def test_a_pasted_value_that_is_no_id_turns_red(tmp_path):
    """
    A paste is not validated, so both id columns show by their colour what is no text of 18 digits.
    """
    write_template(tmp_path / "a.xlsx")

    rules = openpyxl.load_workbook(tmp_path / "a.xlsx")["Courses"].conditional_formatting

    assert ["A2:A5001", "C2:C5001"] == [str(rule.sqref) for rule in rules]
    assert all("ISTEXT" in rule.rules[0].formula[0] and rule.rules[0].dxf.fill for rule in rules)


@pytest.mark.parametrize(
    ("name", "said"),
    [("a.csv", "End it in .xlsx"), ("there.xlsx", "is there already"), ("no/a.xlsx", "cannot be written")],
)
def test_command_refuses_a_name_that_does_not_serve(tmp_path, name, said):
    """
    The command neither writes a workbook under another format's name nor replaces one that somebody may have filled in.
    """
    (tmp_path / "there.xlsx").write_bytes(b"precious")

    done = subprocess.run(
        [sys.executable, "-m", "batchpub", "template", str(tmp_path / name)],
        check=False,
        capture_output=True,
        text=True,
    )

    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert b"precious" == (tmp_path / "there.xlsx").read_bytes()
    assert 0 != done.returncode


def test_command_makes_it_for_other_lengths_of_ids(tmp_path):
    """
    `--id-digits` reaches the checks and the sentences of the workbook.
    """
    command = [sys.executable, "-m", "batchpub", "template", str(tmp_path / "a.xlsx"), "--id-digits", "16"]

    subprocess.run(command, check=True, capture_output=True)

    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert "16 digits" in book["Read me first"]["B4"].value
    assert any("LEN(A2)=16" in str(check.formula1) for check in book["Courses"].data_validations.dataValidation)


def test_other_lengths_of_ids(tmp_path):
    """
    The template can be made for accounts whose ids have another length.
    """
    write_template(tmp_path / "a.xlsx", id_digits=(16, 16))

    checks = openpyxl.load_workbook(tmp_path / "a.xlsx")["Courses"].data_validations.dataValidation

    assert any("LEN(A2)=16" in str(check.formula1) for check in checks)


def test_template_that_cannot_be_written(tmp_path):
    """
    A folder that is not there is said in a sentence.
    """
    with pytest.raises(CannotWrite, match="cannot be written"):
        write_template(tmp_path / "missing" / "a.xlsx")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed")
@pytest.mark.parametrize("kind", ["xlsx", "ods", "xls", "html"])
def test_saved_again_by_libreoffice_it_loads(tmp_path, kind):
    """
    LibreOffice opens the filled-in template, saves it in its own way, and the ids are still exact.
    """
    file = fill(tmp_path / "a.xlsx")
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"

    subprocess.run(
        ["soffice", "--headless", profile, "--convert-to", kind, "--outdir", str(tmp_path / "out"), str(file)],
        check=True,
        capture_output=True,
        timeout=120,
    )

    assert EXPECTED == summarise(plan_file(tmp_path / "out" / f"a.{kind}"))
