"""junit.xml: one test case for every row, so that a CI page shows what became of each."""

import xml.etree.ElementTree as ET

from batchpub.course import Outcome, PlannedSheet
from batchpub.record import RowRecord, RunRecord
from batchpub.report.text import replace_unshowable, show_time
from batchpub.report.totals import count_outcomes, say_stop

_MARKS = {
    Outcome.REFUSED: "failure",
    Outcome.FAILED: "failure",
    Outcome.INVALID: "failure",
    Outcome.UNKNOWN: "error",
    Outcome.NOT_ATTEMPTED: "skipped",
    Outcome.DUPLICATE: "skipped",
    Outcome.SKIPPED: "skipped",
}


def write_junit(run: RunRecord) -> bytes:
    """Write one suite. What a person must look at fails; unknown and unread are errors; what was not done is skipped."""
    totals = count_outcomes(run)
    unread = [sheet for sheet in run.sheets if sheet.refused]
    could_not_begin = not run.rows and not unread and bool(run.exit_code)  # no case at all would count as passed
    numbers = {
        "tests": str(len(run.rows) + len(unread) + could_not_begin),
        "failures": str(_count(totals, "failure")),
        "errors": str(_count(totals, "error") + len(unread) + could_not_begin),
        "skipped": str(_count(totals, "skipped")),
        "time": _seconds(run),
    }
    root = ET.Element("testsuites", {"name": "batchpub", **{k: v for k, v in numbers.items() if k != "skipped"}})
    told = {"name": replace_unshowable(run.run), **numbers, "timestamp": show_time(run.started_at)}
    suite = ET.SubElement(root, "testsuite", told)
    _tell_run(suite, run)
    if could_not_begin:
        case = ET.SubElement(suite, "testcase", {"classname": "batchpub", "name": "the run", "time": "0.000"})
        told_why = replace_unshowable(say_stop(run))
        ET.SubElement(case, "error", {"message": told_why, "type": f"exit_{run.exit_code}"}).text = told_why
    for row in run.rows:
        _add_case(suite, run, row)
    for sheet in unread:
        _add_unread(suite, sheet)
    if said := _say_end(run):
        ET.SubElement(suite, "system-out").text = replace_unshowable(said)
    ET.indent(root)
    document: bytes = ET.tostring(root, xml_declaration=True, encoding="UTF-8")
    return document


def _tell_run(suite: ET.Element, run: RunRecord) -> None:
    facts = {
        "batchpub_version": run.batchpub_version,
        "portal": run.portal,
        "sandbox": str(run.sandbox).lower(),
        "notify_policy": run.notify_policy,
    }
    properties = ET.SubElement(suite, "properties")
    for name, value in facts.items():
        ET.SubElement(properties, "property", {"name": name, "value": replace_unshowable(value)})


def _say_end(run: RunRecord) -> str:
    stopped = [say_stop(run)] if run.stop_reason else []
    go_on = [f"To go on, run: {run.resume_command}"] if run.resume_command else []
    return "\n".join(stopped + go_on)


def _add_case(suite: ET.Element, run: RunRecord, row: RowRecord) -> None:
    sheet = run.sheets[row.sheet_index]
    place = f"{sheet.file} [{sheet.sheet}]" if sheet.sheet else sheet.file
    course = " ".join(part for part in (row.course_id, row.batch_id, row.name) if part)
    told = {
        "classname": place,
        "name": f"row {row.row}: {course}" if course else f"row {row.row}",
        "time": _row_seconds(row),
    }
    case = ET.SubElement(suite, "testcase", {key: replace_unshowable(text) for key, text in told.items()})
    if mark := _MARKS.get(row.outcome):
        message = replace_unshowable(row.message or row.outcome.value)
        inner = ET.SubElement(case, mark, {"message": message})
        inner.text = message  # GitLab shows the text and not the attribute
        if mark != "skipped":
            inner.set("type", row.outcome.value)


def _add_unread(suite: ET.Element, sheet: PlannedSheet) -> None:
    """Add a case of its own for a file that was not read: it has rows, and nobody knows how many."""
    told = {"classname": sheet.file, "name": "the file was not read", "time": "0.000"}
    case = ET.SubElement(suite, "testcase", {key: replace_unshowable(text) for key, text in told.items()})
    message = replace_unshowable(sheet.refused)
    ET.SubElement(case, "error", {"message": message, "type": "not_read"}).text = message


def _count(totals: dict[Outcome, int], mark: str) -> int:
    return sum(count for outcome, count in totals.items() if _MARKS.get(outcome) == mark)


def _seconds(run: RunRecord) -> str:
    return "0.000" if run.finished_at is None else f"{max(0.0, (run.finished_at - run.started_at).total_seconds()):.3f}"


def _row_seconds(row: RowRecord) -> str:
    if row.first_sent_at is None or row.finished_at is None:
        return "0.000"
    return f"{max(0.0, (row.finished_at - row.first_sent_at).total_seconds()):.3f}"
