"""What a check leaves for a CI server: junit.xml and GitLab's Code Quality report, so that a merge request shows its rows."""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from batchpub.files import replace_file
from batchpub.report.attention import Spot
from batchpub.report.junit import Case, Suite, name_place, unread_case
from batchpub.report.text import replace_unshowable

DONE_OR_TO_DO = ("to_publish", "already_published")


def write_check(rows: Sequence[Spot], unread: Sequence[Spot], folder: Path, formats: Sequence[str]) -> None:
    """Write the files of these formats: of every row, with its outcome for a word, and the files that were not read.

    Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in dict.fromkeys(formats):
        file, make = FORMATS[name]
        replace_file(folder / file, make(rows, unread))


def make_junit(rows: Sequence[Spot], unread: Sequence[Spot]) -> bytes:
    """Make one case for each row: an invalid one fails, what is not sent is skipped, a file that was not read is an error."""
    cases = [_describe(row) for row in rows] + [unread_case(spot.file, spot.message) for spot in unread]
    return Suite(title="batchpub check", cases=cases).to_xml()


def _describe(row: Spot) -> Case:
    course = "/".join(filter(None, (row.course_id, row.batch_id)))
    return Case(
        place=name_place(row.file, row.sheet),
        name=f"row {row.row}: {course}" if course else f"row {row.row}",
        mark="" if row.word in DONE_OR_TO_DO else "failure" if row.word == "invalid" else "skipped",
        kind=row.word,
        message=row.message or row.word,
    )


def make_code_quality(rows: Sequence[Spot], unread: Sequence[Spot]) -> bytes:
    """Make the list that GitLab's merge request widget reads: "Code Quality report format", GitLab documentation."""
    found = [
        (row.file, row.row, outcome, severity, row.message)
        for outcome, severity in (("invalid", "major"), ("uncertain", "minor"))
        for row in rows
        if row.word == outcome
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


FORMATS: dict[str, tuple[str, Callable[[Sequence[Spot], Sequence[Spot]], bytes]]] = {
    "junit": ("junit.xml", make_junit),
    "codequality": ("gl-code-quality-report.json", make_code_quality),
}
"""The formats of a check: the name of each one's file, and what makes it."""
