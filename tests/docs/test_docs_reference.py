"""The reference is the program's own, and the README keeps its word."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest
from write_reference import COMMAND, FOLDER, make_pages

from batchpub.errors import PRECEDENCE, ExitCode
from batchpub.settings.fields import CREDENTIALS, SETTINGS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CLICK = tuple(int(part) for part in version("click").split(".")[:3])
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", sorted(make_pages()))
def test_reference_is_what_the_program_says(page):
    """
    Every page of docs/reference is the one that the program writes at this moment.
    """
    written = (FOLDER / page).read_text(encoding="utf-8") if (FOLDER / page).exists() else ""

    if page == "commands.md" and CLICK < (8, 5, 1):
        pytest.skip("an older click lays out its help otherwise; the page is written with 8.5.1 or newer")
    assert make_pages()[page] == written, f"docs/reference/{page} is out of date: run {COMMAND}"


def test_reference_has_no_page_that_nobody_writes():
    """
    Nothing stays behind in docs/reference that the program does not write.
    """
    assert sorted(make_pages()) == sorted(path.name for path in FOLDER.iterdir())


def test_every_setting_says_what_it_means_and_what_is_right():
    """
    A setting without a meaning or without its right values would be an empty cell in the reference.
    """
    fields = SETTINGS

    assert [] == [name for name, field in fields.items() if not (field.title and field.reader.right)]


def test_every_exit_code_has_its_place_in_the_order():
    """
    Whatever codes apply together, one of them comes first.
    """
    assert sorted(ExitCode) == sorted(PRECEDENCE)


def test_readme_names_every_credential_by_its_variable():
    """
    Every credential is named by the variable that holds it.
    """
    assert [] == [name for name in CREDENTIALS if f"`BATCHPUB_{name.upper()}`" not in README]


def test_readme_test_line_is_what_ci_runs():
    """
    The line that tests the program is in the README verbatim, and the pipeline runs no other.
    """
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    line = re.search(r'^TEST_LINE="(.+)"$', script, re.MULTILINE)

    assert f"```\n{line[1]}\n```" in README


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    """
    Every link to a file of the project leads to one, and to a heading that is there.
    """
    broken = [target for target in LINK.findall(page.read_text(encoding="utf-8")) if not _leads(page, target)]

    assert [] == broken


def _leads(page, target):
    if "://" in target:
        return True
    path, _, heading = target.partition("#")
    aim = (page.parent / path) if path else page
    if not aim.exists():
        return False
    return not heading or heading in {_anchor(line) for line in aim.read_text(encoding="utf-8").splitlines()}


def _anchor(line):
    """
    Name a heading as the pages on GitHub do.
    """
    told = re.fullmatch(r"#+ (.+)", line)
    return re.sub(r"[^\w\- ]", "", told[1].casefold()).replace(" ", "-") if told else ""
