"""Makes an installed environment small: `python .ci/slim.py SITE_PACKAGES`, then its own Python runs `slim.py` alone.

The Dockerfile runs it on the dependencies; the tests of the image then run every command. Nothing goes that a library
imports by itself: tests, type stubs, sources and headers of what is compiled, dialects of databases that no state is in,
lexers for other languages than a traceback's. Shared objects lose their symbols. What is left gets bytecode only where a
run imports it: bytecode of everything else is a tenth of the image, and would never be read.
"""

import importlib
import shutil
import subprocess
import sys
from pathlib import Path

SOURCES = {".pyi", ".pxd", ".pyx", ".pxi", ".c", ".h", ".hpp", ".cpp", ".a"}
UNUSED = (
    "lxml/includes",
    "lxml/isoschematron",
    "lxml/objectify.*",
    "pygments/lexers/[a-z]*",
    "pygments/lexers/_[a-z]*",
    "sqlalchemy/dialects/mssql",
    "sqlalchemy/dialects/mysql",
    "sqlalchemy/dialects/oracle",
    "sqlalchemy/ext/mypy",
    "sqlalchemy/testing",
)
KEPT = {"pygments/lexers/_mapping.py", "pygments/lexers/python.py"}
IMPORTED = (
    "aiohttp.web",
    "aiolimiter",
    "aiosqlite",
    "asyncpg",
    "click",
    "jinja2",
    "lxml.etree",
    "lxml.html",
    "olefile",
    "rich.progress",
    "rich.table",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.dialects.sqlite.aiosqlite",
    "sqlalchemy.ext.asyncio",
    "structlog",
    "xlsxwriter",
)
"""What runs import; importing it writes its bytecode, and that of all it imports."""


def slim(site: Path) -> None:
    """Take out what is unused, and strip what is compiled."""
    found = sorted(site.rglob("*"))
    unused = [path for path in found if path.name == "tests" and path.is_dir()]
    unused += [path for path in found if path.suffix in SOURCES and path.is_file()]
    unused += [path for pattern in UNUSED for path in site.glob(pattern) if str(path.relative_to(site)) not in KEPT]
    for path in unused:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    shared = [path for path in site.rglob("*.so*") if path.is_file()]
    subprocess.run(["strip", "--strip-unneeded", *shared], check=True)  # noqa: S603, S607 - the image's own binutils


if __name__ == "__main__":
    if sys.argv[1:]:
        slim(Path(sys.argv[1]))
    else:
        for module in IMPORTED:
            importlib.import_module(module)
