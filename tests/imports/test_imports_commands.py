"""The law of starting: a command imports no library that it does not use."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "jobs" / "example" / "courses.xlsx"
HEAVY = {
    "aiohttp", "aiolimiter", "aiosqlite", "asyncio", "asyncpg", "email", "jinja2", "lxml", "numpy", "pandas", "rich",
    "sqlalchemy", "ssl", "structlog", "xlsxwriter",
}  # fmt: skip
"""What takes 10 ms or more to import, of ours and of Python's own."""
ELSEWHERE = ("numpy", "pandas", "asyncpg", "sqlalchemy.dialects.postgresql", "rich.progress", "batchpub.cli.check")
STATE = {"aiosqlite", "asyncio", "email", "sqlalchemy", "ssl"}
LOOK = """
import json, sys
sys.argv = ["batchpub", *{arguments!r}]
from batchpub.cli import main
try:
    main()
except SystemExit as end:
    print(json.dumps([end.code, sorted(sys.modules)]), file=sys.stderr)
"""


def imported(arguments, folder):
    """Give the exit code, and what of the heavy libraries a command imports."""
    status, modules = run_and_look(arguments, folder)
    return status, {name.split(".")[0] for name in modules} & HEAVY


def run_and_look(arguments, folder):
    """Give the exit code, and all modules that a command imports; it takes an interpreter of its own."""
    code = LOOK.format(arguments=list(map(str, arguments)))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(done.stderr.splitlines()[-1])


@pytest.mark.parametrize(
    ("arguments", "code", "needed"),
    [
        (("--help",), 0, set()),
        (("--version",), 0, set()),
        (("check", "--help"), 0, set()),
        (("publish", "--help"), 0, set()),
        (("check", EXAMPLE, "--state", "none.db"), 1, {"asyncio", "lxml", "ssl"}),
        pytest.param(("runs", "--state", "none.db"), 78, STATE, marks=pytest.mark.slow),
        pytest.param(("template", "new.xlsx"), 0, {"xlsxwriter"}, marks=pytest.mark.slow),
    ],
)
def test_a_command_imports_no_more_than_it_uses(tmp_path, arguments, code, needed):
    """
    Help and completion import click alone; a check reads its sheets and needs neither database nor network.
    """
    status, found = imported(arguments, tmp_path)

    assert (code, set()) == (status, found - needed)


@pytest.mark.slow
def test_a_check_with_a_state_opens_it_and_nothing_else(tmp_path):
    """
    The database's library comes with the state; the network and the reports do not.
    """
    publish = ("publish", EXAMPLE, "--state", "s.db", "--expect", "1")
    environ = {"BATCHPUB_ACCESS_TOKEN": "1000.token.token"}
    made = subprocess.run(
        [sys.executable, "-m", "batchpub", *publish], cwd=tmp_path, env=environ, capture_output=True, check=False
    )

    status, found = imported(("check", EXAMPLE, "--state", "s.db"), tmp_path)

    assert (4, 1, STATE | {"lxml"}) == (made.returncode, status, found)


@pytest.mark.slow
def test_a_rehearsal_imports_neither_pandas_nor_what_other_runs_need(tmp_path):
    """
    A whole run with its reports: pandas is for programs, PostgreSQL for its own state, the bar for a terminal.
    """
    status, modules = run_and_look(("publish", EXAMPLE, "--sandbox", "--speed", "1000", "--out", "out"), tmp_path)

    written = {"results.csv", "results.xlsx", "report.html", "junit.xml", "run_results.json"}
    assert (1, set()) == (status, written - {path.name for path in (tmp_path / "out").iterdir()})
    assert [] == [name for name in ELSEWHERE if name in modules]
    assert HEAVY - {"asyncpg", "numpy", "pandas"} == {name.split(".")[0] for name in modules} & HEAVY


def test_completion_imports_click_alone(tmp_path):
    """
    A shell that completes a flag waits for nothing but the table of settings.
    """
    code = (
        "import os, sys\n"
        "os.environ |= {'_BATCHPUB_COMPLETE': 'bash_complete', 'COMP_WORDS': 'batchpub check --', 'COMP_CWORD': '2'}\n"
        "sys.argv = ['batchpub']\n"
        "from batchpub.cli import main\n"
        "try:\n    main()\nfinally:\n    print(*sorted(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )

    assert "--online" in done.stdout
    assert set() == {name.split(".")[0] for name in done.stderr.splitlines()[-1].split()} & HEAVY
