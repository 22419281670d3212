"""What a check leaves for a CI server: junit.xml and GitLab's Code Quality report, so that a merge request shows its rows."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from batchpub.files import replace_file
from batchpub.report.attention import Spot
from batchpub.report.junit import Case, Suite, name_place, unread_case
from batchpub.report.text import replace_unshowable

DONE_OR_TO_DO = ("to_publish", "already_published")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRow:
    """What a check says of one row; the names are those of `check --json`. `looked`: Zoho was asked, and said the rest."""

    file: str
    sheet: str
    row: int
    cell: str
    course_id: str
    batch_id: str
    name: str
    notify: bool
    outcome: str
    message: str
    looked: bool = False
    zoho_name: str = ""
    zoho_state: str = ""
    zoho_type: str = ""
    remark: str = ""


def write_check(rows: Sequence[CheckedRow], unread: Sequence[Spot], folder: Path, formats: Sequence[str]) -> None:
    """Write the files of these formats. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in dict.fromkeys(formats):
        file, make = FORMATS[name]
        replace_file(folder / file, make(rows, unread))


def make_junit(rows: Sequence[CheckedRow], unread: Sequence[Spot]) -> bytes:
    """Make one case for each row: an invalid one fails, what is not sent is skipped, a file that was not read is an error."""
    cases = [_describe(row) for row in rows] + [unread_case(spot.file, spot.message) for spot in unread]
    return Suite(title="batchpub check", cases=cases).to_xml()


def _describe(row: CheckedRow) -> Case:
    course = "/".join(filter(None, (row.course_id, row.batch_id)))
    return Case(
        place=name_place(row.file, row.sheet),
        name=f"row {row.row}: {course}" if course else f"row {row.row}",
        mark="" if row.outcome in DONE_OR_TO_DO else "failure" if row.outcome == "invalid" else "skipped",
        kind=row.outcome,
        message=row.message or row.outcome,
    )


def make_code_quality(rows: Sequence[CheckedRow], unread: Sequence[Spot]) -> bytes:
    """Make the list that GitLab's merge request widget reads: "Code Quality report format", GitLab documentation."""
    found = [
        (row.file, row.row, outcome, severity, row.message)
        for outcome, severity in (("invalid", "major"), ("uncertain", "minor"))
        for row in rows
        if row.outcome == outcome
    ]
    found += [(spot.file, 1, "not_read", "blocker", spot.message) for spot in unread]
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


FORMATS: dict[str, tuple[str, Callable[[Sequence[CheckedRow], Sequence[Spot]], bytes]]] = {
    "junit": ("junit.xml", make_junit),
    "codequality": ("gl-code-quality-report.json", make_code_quality),
}
"""The formats of a check: the name of each one's file, and what makes it."""
