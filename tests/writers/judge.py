"""What `batchpub check` says to a file, and what became of the ids in it."""

import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from batchpub.cli.main import group
from tests.writers.job import IDS, JOB, meant

_WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".fods", ".xml")
# How a file says that a row is hidden: Open XML, OpenDocument, XML 2003, HTML. In .xls it is a bit of the row's record.
_HIDDEN_MARKS = (
    *(b'hidden="1"', b"hidden='1'", b'hidden="true"', b'visibility="collapse"', b'visibility="filter"'),
    *(b'ss:Hidden="1"', b"display:none", b"display: none"),
)
_EXACT = tuple((one, one.encode(), one.encode("utf-16-le")) for one in IDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One file: how many ids are whole in it, which would be published, and what is said of the others."""

    program: str
    version: str
    call: str
    kind: str
    group: str
    file: str
    error: str = ""
    whole: int = 0
    published: tuple[str, ...] = ()
    code: int = 0
    sentence: str = ""
    crashed: str = ""

    marked: bool = False
    """The file itself says that rows are hidden."""

    @property
    def wrong(self) -> list[str]:
        """Give what would be published and was not meant, as far as the file still shows it: what P3 forbids."""
        shaped = self.marked and self.kind in ("hidden", "filter", "merged")
        told = meant(self.kind if shaped else "text")
        # A text format has no hidden sheets: all sheets of the workbook may follow each other in it.
        told |= set(JOB["old"]) if self.kind == "hidden" and not self.file.endswith(_WORKBOOKS) else set()
        return sorted(set(self.published) - told)

    @property
    def revived(self) -> int:
        """Count the rows that were hidden, and are ordinary rows in a format or by a program that cannot hide them."""
        return len(set(self.published) - meant(self.kind)) if self.kind in ("hidden", "filter") else 0

    @property
    def missing(self) -> int:
        """Count what was meant and would not be published."""
        return len(meant(self.kind) - set(self.published))


def judge(told, folder):
    """Judge one file that a program wrote; `told` is its line of the manifest."""
    known = {name: told[name] for name in ("program", "version", "call", "kind", "group", "file")}
    if not told["file"]:
        return Verdict(**known, error=told["error"])
    path = folder / told["file"]
    done = CliRunner().invoke(
        group, ["check", str(path), "--json", "--state", str(folder / "no.db")], standalone_mode=False
    )
    try:
        said = json.loads(done.stdout)
    except ValueError:
        return Verdict(**known, crashed=f"{done.exception!r} {done.stderr[-2000:]}")
    rows = said.get("rows", ())
    return Verdict(
        **known,
        whole=count_whole(path),
        marked=any(mark in read_all(path) for mark in _HIDDEN_MARKS),
        published=tuple(row["course_id"] for row in rows if row["outcome"] == "to_publish"),
        code=int(done.return_value or 0),
        sentence=said["error"]["message"] if "error" in said else _first_problem(rows),
    )


def _first_problem(rows):
    return next((row["message"] for row in rows if row["outcome"] == "invalid"), "")


def count_whole(path):
    """Count the ids that stand in a file digit for digit, whatever their cell is, in UTF-8 or UTF-16, zipped or not."""
    data = read_all(path)
    return sum(any(form in data for form in forms[1:]) for forms in _EXACT)


def read_all(path):
    """Give the bytes of a file, or those of all its parts."""
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as package:
        return b"\n".join(package.read(name) for name in package.namelist())


def shape_of(sentence):
    """Give a sentence without what is different from file to file: cells, digits, quotes."""
    told = re.sub(r"“[^”]*”|\"[^\"]*\"", "…", sentence)
    told = re.sub(r"\b[A-Z]{1,2}\d+(:[A-Z]{1,2}\d+)?\b", "B7", told)
    return re.sub(r"\d[\d.,]*(E\+\d+)?", "N", told)[:160]


def load_manifest(path):
    """Read the lines that a driver wrote."""
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines() if line.startswith("{")]
