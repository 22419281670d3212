"""What only says a word must not load the machinery."""

import json
import subprocess
import sys

import pytest

HEAVY = ("pandas", "sqlalchemy", "aiohttp", "openpyxl", "lxml", "jinja2")
LOOK = """
import json, sys
sys.argv = ["batchpub", *{arguments!r}]
from batchpub.cli import main
try:
    main()
except SystemExit as end:
    print(json.dumps([end.code, sorted(sys.modules)]), file=sys.stderr)
"""


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version_import_neither_pandas_nor_the_rest(argument):
    """
    A word of help costs no import of pandas, the database, or the spreadsheet libraries.
    """
    code = LOOK.format(arguments=[argument])

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    status, modules = json.loads(done.stderr)
    assert 0 == status
    assert done.stdout
    assert not {name.split(".")[0] for name in modules} & set(HEAVY)
