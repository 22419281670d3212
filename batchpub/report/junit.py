"""junit.xml: one test case for every row, so that a CI page shows what became, or would become, of each."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from batchpub.course import Outcome
from batchpub.record import RowRecord, RunRecord
from batchpub.report.text import replace_unshowable, show_time
from batchpub.report.totals import say_end

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A file's one suite: its cases, facts of the run before them, and what the run said behind them."""

    title: str
    cases: Sequence[Case]
    attributes: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    said: str = ""
    seconds: float = 0.0

    def to_xml(self) -> bytes:
        """Give the file; its cases are counted."""
        marks = [case.mark for case in self.cases]
        numbers = {
            "tests": str(len(marks)),
            "failures": str(marks.count("failure")),
            "errors": str(marks.count("error")),
            "time": f"{self.seconds:.3f}",
        }
        root = ET.Element("testsuites", {"name": self.title, **numbers})
        named = {"name": self.title, **self.attributes, **numbers, "skipped": str(marks.count("skipped"))}
        inner = _add(root, "testsuite", named)
        if self.facts:
            properties = _add(inner, "properties", {})
            for name, value in self.facts.items():
                _add(properties, "property", {"name": name, "value": value})
        for case in self.cases:
            _add_case(inner, case)
        if self.said:
            _add(inner, "system-out", {}, self.said)
        ET.indent(root)
        document: bytes = ET.tostring(root, xml_declaration=True, encoding="UTF-8")
        return document


def write_junit(run: RunRecord) -> bytes:
    """Write one suite. What a person must look at fails; unknown and unread are errors; what was not done is skipped."""
    cases = [_describe(run, row) for row in run.rows]
    cases += [unread_case(sheet.file, sheet.refused) for sheet in run.sheets if sheet.refused]
    if not cases and run.exit_code:  # no case at all would count as passed
        kind = f"exit_{run.exit_code}"
        cases = [Case(place="batchpub", name="the run", mark="error", kind=kind, message=say_end(run))]
    go_on = f"To go on, run: {run.resume_command}" if run.resume_command else ""
    return Suite(
        title="batchpub",
        cases=cases,
        attributes={"name": run.run, "timestamp": show_time(run.started_at)},
        facts={
            "batchpub_version": run.batchpub_version,
            "portal": run.portal,
            "sandbox": str(run.sandbox).lower(),
            "notify_policy": run.notify_policy,
        },
        said="\n".join(filter(None, [say_end(run), go_on])),
        seconds=_seconds_between(run.started_at, run.finished_at),
    ).to_xml()


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


def _add(parent: ET.Element, tag: str, attributes: Mapping[str, str], text: str = "") -> ET.Element:
    shown = {name: replace_unshowable(value) for name, value in attributes.items()}
    element = ET.SubElement(parent, tag, shown)
    if text:
        element.text = replace_unshowable(text)
    return element


def _add_case(suite: ET.Element, case: Case) -> None:
    about = {"classname": case.place, "name": case.name, "time": f"{case.seconds:.3f}"}
    element = _add(suite, "testcase", about)
    if case.mark:
        # GitLab shows the text and not the attribute
        kind = {"type": case.kind} if case.mark != "skipped" else {}
        _add(element, case.mark, {"message": case.message, **kind}, case.message)


def _seconds_between(began: datetime | None, ended: datetime | None) -> float:
    return 0.0 if began is None or ended is None else max(0.0, (ended - began).total_seconds())
