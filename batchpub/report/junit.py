"""junit.xml: one test case for every row, so that a CI page shows what became, or would become, of each."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from batchpub.course import Outcome
from batchpub.record import RowRecord, RunRecord
from batchpub.report.text import replace_unshowable, show_time
from batchpub.report.totals import say_stop

_MARKS = {
    Outcome.REFUSED: "failure",
    Outcome.FAILED: "failure",
    Outcome.INVALID: "failure",
    Outcome.UNKNOWN: "error",
    Outcome.NOT_ATTEMPTED: "skipped",
    Outcome.DUPLICATE: "skipped",
    Outcome.SKIPPED: "skipped",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test case. `mark` is "failure", "error" or "skipped", "" for a pass; `kind` the one word for what is wrong."""

    place: str
    name: str
    mark: str = ""
    kind: str = ""
    message: str = ""
    seconds: float = 0.0


def name_place(file: str, sheet: str) -> str:
    """Name where a row is: the class of its case."""
    return f"{file} [{sheet}]" if sheet else file


def unread_case(file: str, message: str) -> Case:
    """Give the case of a file that was not read: it has rows, and nobody knows how many."""
    return Case(place=file, name="the file was not read", mark="error", kind="not_read", message=message)


def write_junit(run: RunRecord) -> bytes:
    """Write one suite. What a person must look at fails; unknown and unread are errors; what was not done is skipped."""
    cases = [_describe(run, row) for row in run.rows]
    cases += [unread_case(sheet.file, sheet.refused) for sheet in run.sheets if sheet.refused]
    if not cases and run.exit_code:  # no case at all would count as passed
        kind = f"exit_{run.exit_code}"
        cases = [Case(place="batchpub", name="the run", mark="error", kind=kind, message=say_stop(run))]
    facts = {
        "batchpub_version": run.batchpub_version,
        "portal": run.portal,
        "sandbox": str(run.sandbox).lower(),
        "notify_policy": run.notify_policy,
    }
    go_on = f"To go on, run: {run.resume_command}" if run.resume_command else ""
    return make_document(
        "batchpub",
        cases,
        suite={"name": run.run, "timestamp": show_time(run.started_at)},
        facts=facts,
        said="\n".join(filter(None, [say_stop(run), go_on])),
        seconds=_seconds_between(run.started_at, run.finished_at),
    )


def make_document(
    title: str,
    cases: Sequence[Case],
    *,
    suite: Mapping[str, str] | None = None,
    facts: Mapping[str, str] | None = None,
    said: str = "",
    seconds: float = 0.0,
) -> bytes:
    """Give a file with one suite: its cases counted, facts of the run before them, and what the run said behind them."""
    marks = [case.mark for case in cases]
    numbers = {
        "tests": str(len(cases)),
        "failures": str(marks.count("failure")),
        "errors": str(marks.count("error")),
        "time": f"{seconds:.3f}",
    }
    root = ET.Element("testsuites", {"name": title, **numbers})
    named = {key: replace_unshowable(text) for key, text in (suite or {"name": title}).items()}
    inner = ET.SubElement(root, "testsuite", {**named, **numbers, "skipped": str(marks.count("skipped"))})
    if facts:
        properties = ET.SubElement(inner, "properties")
        for name, value in facts.items():
            ET.SubElement(properties, "property", {"name": name, "value": replace_unshowable(value)})
    for case in cases:
        _add(inner, case)
    if said:
        ET.SubElement(inner, "system-out").text = replace_unshowable(said)
    ET.indent(root)
    document: bytes = ET.tostring(root, xml_declaration=True, encoding="UTF-8")
    return document


def _describe(run: RunRecord, row: RowRecord) -> Case:
    sheet = run.sheets[row.sheet_index]
    course = " ".join(part for part in (row.course_id, row.batch_id, row.name) if part)
    return Case(
        place=name_place(sheet.file, sheet.sheet),
        name=f"row {row.row}: {course}" if course else f"row {row.row}",
        mark=_MARKS.get(row.outcome, ""),
        kind=row.outcome.value,
        message=row.message or row.outcome.value,
        seconds=_seconds_between(row.first_sent_at, row.finished_at),
    )


def _add(suite: ET.Element, case: Case) -> None:
    told = {"classname": case.place, "name": case.name, "time": f"{case.seconds:.3f}"}
    element = ET.SubElement(suite, "testcase", {key: replace_unshowable(text) for key, text in told.items()})
    if case.mark:
        message = replace_unshowable(case.message)
        inner = ET.SubElement(element, case.mark, {"message": message})
        inner.text = message  # GitLab shows the text and not the attribute
        if case.mark != "skipped":
            inner.set("type", case.kind)


def _seconds_between(began: datetime | None, ended: datetime | None) -> float:
    return 0.0 if began is None or ended is None else max(0.0, (ended - began).total_seconds())
