"""What a check leaves for a CI server: junit.xml and GitLab's Code Quality report, so that a merge request shows its rows."""

import hashlib
import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from batchpub.files import replace_file
from batchpub.report.ci import Problem
from batchpub.report.text import replace_unshowable

FILES = {"junit": "junit.xml", "codequality": "gl-code-quality-report.json"}
"""The files of a check by the names of their formats."""
DONE_OR_TO_DO = ("to_publish", "already_published")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRow:
    """A row, and what would become of it."""

    file: str
    sheet: str
    row: int
    course: str
    outcome: str
    message: str


def write_check(
    rows: Sequence[CheckedRow], unread: Sequence[Problem], folder: Path, formats: Sequence[str]
) -> list[Path]:
    """Write the files of these formats. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in dict.fromkeys(formats):
        content = make_junit(rows, unread) if name == "junit" else make_code_quality(rows, unread)
        path = folder / FILES[name]
        replace_file(path, content)
        written.append(path)
    return written


def make_junit(rows: Sequence[CheckedRow], unread: Sequence[Problem]) -> bytes:
    """Make one case for each row: an invalid one fails, what is not sent is skipped, a file that was not read is an error."""
    marks = [_mark_of(row) for row in rows]
    numbers = {
        "tests": str(len(rows) + len(unread)),
        "failures": str(marks.count("failure")),
        "errors": str(len(unread)),
        "skipped": str(marks.count("skipped")),
    }
    root = ET.Element("testsuites", {"name": "batchpub check"})
    suite = ET.SubElement(root, "testsuite", {"name": "batchpub check", **numbers})
    for row, mark in zip(rows, marks, strict=True):
        place = f"{row.file} [{row.sheet}]" if row.sheet else row.file
        name = f"row {row.row}: {row.course}" if row.course else f"row {row.row}"
        _add(suite, place, name, mark, row.message or row.outcome)
    for problem in unread:
        _add(suite, problem.file, "the file was not read", "error", problem.message)
    ET.indent(root)
    document: bytes = ET.tostring(root, xml_declaration=True, encoding="UTF-8")
    return document


def _mark_of(row: CheckedRow) -> str:
    if row.outcome in DONE_OR_TO_DO:
        return ""
    return "failure" if row.outcome == "invalid" else "skipped"


def _add(suite: ET.Element, place: str, name: str, mark: str, message: str) -> None:
    told = {"classname": place, "name": name}
    case = ET.SubElement(suite, "testcase", {key: replace_unshowable(text) for key, text in told.items()})
    if mark:
        inner = ET.SubElement(case, mark, {"message": replace_unshowable(message)})
        inner.text = replace_unshowable(message)  # GitLab shows the text and not the attribute


def make_code_quality(rows: Sequence[CheckedRow], unread: Sequence[Problem]) -> bytes:
    """Make the list that GitLab's merge request widget reads: "Code Quality report format", GitLab documentation."""
    found = [(row.file, row.row, "invalid", "major", row.message) for row in rows if row.outcome == "invalid"]
    found += [(row.file, row.row, "uncertain", "minor", row.message) for row in rows if row.outcome == "uncertain"]
    found += [(problem.file, 1, "not_read", "blocker", problem.message) for problem in unread]
    issues = [
        {
            "description": replace_unshowable(message),
            "check_name": f"batchpub.{name}",
            "fingerprint": hashlib.sha256(
                "\0".join((file, str(line), name, message)).encode("utf-8", "replace")
            ).hexdigest(),
            "severity": severity,
            "location": {"path": replace_unshowable(file), "lines": {"begin": line}},
        }
        for file, line, name, severity, message in found
    ]
    return json.dumps(issues, ensure_ascii=False, indent=1).encode("utf-8", "replace")
