"""The README keeps its word: its table is the program's, and its test line is the one that `.ci/run` runs."""

import re
from pathlib import Path

from batchpub.errors import PRECEDENCE, ExitCode
from batchpub.settings import SECRETS, Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_readme_lists_every_setting_in_order():
    """
    The table has every setting and no other, in the program's order, under the name of its variable.
    """
    table = re.findall(r"^\| `(\w+)` \| `BATCHPUB_(\w+)` \|", README, re.MULTILINE)

    assert [(name, name.upper()) for name in Settings.model_fields if name not in SECRETS] == table


def test_readme_lists_every_secret_by_its_variable():
    """
    Every credential is named by the variable that holds it.
    """
    assert [] == [name for name in SECRETS if f"`BATCHPUB_{name.upper()}`" not in README]


def test_readme_lists_every_exit_code_and_their_order():
    """
    The table of exit codes is the program's, and so is the order among several that apply.
    """
    table = README.split("## Exit codes")[1].split("## Settings")[0]
    codes = [int(code) for row in re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE) for code in row.split(",")]
    order = re.search(r"If several apply: ([\d, ]+)\.", table)

    assert sorted(ExitCode) == codes
    assert list(PRECEDENCE) == [int(code) for code in order[1].split(",")]


def test_readme_test_line_is_what_ci_runs():
    """
    The line that tests the program is in the README verbatim, and the pipeline runs no other.
    """
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    line = re.search(r'^TEST_LINE="(.+)"$', script, re.MULTILINE)

    assert f"```\n{line[1]}\n```" in README
