"""Laws of what CI servers and orchestrators are told: nothing comes alive there, and nothing is too long."""

import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from support.made_runs import NASTY, RUNS, few, make_november, make_row, make_run

from batchpub.course import Outcome, PlannedSheet
from batchpub.report.annotations import annotate
from batchpub.report.attention import Spot, find_spots
from batchpub.report.ci import OUTPUTS, announce, make_outputs, make_summary, make_termination_message
from batchpub.report.ending import describe_end

REPORTS = (Path("out/results.csv"), Path("out/report.html"))


def read_commands(text):
    """Read lines as GitHub's runner does: `::name key=value,…::data` at a line's start, else `##[name]` anywhere."""
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        found = re.match(r"\s*::(\w+)(?: ([^\n]*?))?::(.*)", line)
        if found:
            properties = dict(part.split("=", 1) for part in (found[2] or "").split(",") if "=" in part)
            yield found[1], properties, found[3]
        elif "##[" in line:
            yield "##", {}, line


def read_outputs(text):
    """Read GITHUB_OUTPUT as the runner does: `name<<END`, lines, `END`."""
    lines = iter(text.split("\n"))
    outputs = {}
    for line in lines:
        if not line:
            continue
        name, end = line.split("<<", 1)
        value = []
        for inner in lines:
            if inner == end:
                break
            value.append(inner)
        outputs[name] = "\n".join(value)
    return outputs


def test_annotations_as_a_whole():
    """
    A problem is one error at its row, with a path inside the workspace and everything special escaped.
    """
    sheets = (PlannedSheet(file="/w/lists/a,b.xlsx", sheet="", headings=("Course ID", "Note")),)
    run = make_run(make_row(text="50% :: off,\nnow"), make_row(1, outcome=Outcome.PUBLISHED), sheets=sheets)

    assert (
        "::error file=lists/a%2Cb.xlsx,line=2,title=refused%3A 478346000019582101 50%25 %3A%3A off%2C now::A2: 50%25 :: off, now\n"
        == annotate(find_spots(run), "/w")
    )


def test_one_sentence_is_one_annotation():
    """
    Rows of one file with alike sentences are one annotation, at the first, which names them all and how many there are.
    """
    texts = {0: "one", 1: "one", 2: "other", 3: "one", 4: "has 7 digits", 5: "has 12 digits"}
    rows = [make_row(n, outcome=Outcome.INVALID, text=text) for n, text in texts.items()]

    told = [
        (about["line"], about["title"], message)
        for _, about, message in read_commands(annotate(find_spots(make_run(*rows))))
    ]

    assert [
        ("2", "invalid%3A 3 rows", "A2–A3, A5: one"),
        ("4", "invalid%3A 478346000019582101 other", "A4: other"),
        ("6", "invalid%3A 2 rows", "A6–A7: has 7 digits (The others are alike.)"),
    ] == told


def test_files_do_not_share_an_annotation():
    """
    An annotation stands in one file: the same sentence of two files is said in each.
    """
    problems = [Spot(file=file, row=2, word="invalid", message="the same") for file in ("a.csv", "b.csv", "a.csv")]

    told = [about["file"] for _, about, _ in read_commands(annotate(problems))]

    assert ["a.csv", "b.csv"] == told


def test_annotations_end_with_how_many_more():
    """
    Of many sentences nine are shown, worst first, and the tenth line counts the rows of the rest.
    """
    rows = [make_row(n, outcome=Outcome.NOT_ATTEMPTED, text="word" * (1 + n % 20)) for n in range(1200)]

    commands = list(read_commands(annotate(find_spots(make_run(*rows, make_row(1200, outcome=Outcome.INVALID))))))

    assert ["1202", "2", "3", "4", "5", "6", "7", "8", "9", None] == [told.get("line") for _, told, _ in commands]
    assert "and 720 more; the reports have them all." == commands[-1][2]


@few
@given(run=RUNS)
def test_no_text_becomes_a_command(run):
    """
    Whatever the texts are, the runner reads one error with its place for each line that is written, and no other command.
    """
    commands = list(read_commands(annotate(find_spots(run))))

    lines = annotate(find_spots(run)).splitlines()
    assert [("error", {"file", "line", "title"})] * len(lines) == [(name, set(told)) for name, told, _ in commands]
    assert "##[" not in annotate(find_spots(run))


@few
@given(run=RUNS)
def test_outputs_are_read_as_they_were_meant(run):
    """
    Whatever the resume command is, the runner reads these outputs and no other.
    """
    outputs = read_outputs(make_outputs(describe_end(run, REPORTS)))

    assert list(OUTPUTS) == list(outputs)
    assert str(REPORTS[1]) == outputs["report"]


def test_no_value_can_end_itself():
    """
    A command that holds the delimiter of an earlier run's outputs stays one value.
    """
    earlier = make_outputs(describe_end(make_run(), REPORTS)).split("\n", 1)[0].removeprefix("published<<")
    smuggled = f"x\n{earlier}\npublished<<{earlier}\n99\n{earlier}"

    outputs = read_outputs(make_outputs(describe_end(make_run(make_row(), resume_command=smuggled), REPORTS)))

    assert ("0", smuggled) == (outputs["published"], outputs["resume_command"])


def test_outputs_count_what_a_pipeline_asks_for():
    """
    Published counts earlier runs too, failed counts what is refused, failed or invalid.
    """
    run = make_run(*(make_row(n, outcome=outcome) for n, outcome in enumerate(Outcome)), resume_command="go on")

    assert {
        "published": "2",
        "failed": "3",
        "unknown": "1",
        "not_attempted": "1",
        "total": "9",
        "counts": json.dumps({outcome.value: 1 for outcome in Outcome}),
        "run": run.run,
        "exit_code": str(run.exit_code),
        "report": "",
        "reports": "",
        "resume_command": "go on",
    } == read_outputs(make_outputs(describe_end(run, ())))


@pytest.mark.parametrize("text", NASTY)
def test_step_summary_shows_every_text_as_text(text):
    """
    No text adds an element to the summary, and none brings a blank line, after which Markdown would be read.
    """
    shown, plain = (make_summary(make_run(make_row(text=its), text=its), REPORTS) for its in (text, "x"))

    assert _tags(plain) == _tags(shown)
    assert plain.count("\n\n") == shown.count("\n\n")


def _tags(text):
    return [element.tag for element in html.fromstring(f"<div>{text}</div>").iter()]


def test_step_summary_puts_problems_first():
    """
    The sentence, then totals and problems, worst first, then the reports.
    """
    run = make_run(make_row(0, outcome=Outcome.PUBLISHED), make_row(1, outcome=Outcome.FAILED), make_row(2))

    cells = [cell.text for cell in html.fromstring(make_summary(run, REPORTS)).iter("td")]

    assert ["refused", "failed", "published"] == cells[0:9:3]
    assert ["A4", "A3"] == cells[9::4]


@few
@given(run=RUNS, most=st.integers(0, 20_000))
def test_step_summary_is_never_too_long(run, most):
    """
    Whatever room there is, the summary stays inside it.
    """
    assert (
        len(make_summary(make_run(*run.rows * 20, sheets=run.sheets, text=run.stop_reason), REPORTS, most).encode())
        <= most
    )


def test_large_step_summary_is_under_its_limit():
    """
    10,000 long problems stay under 900 kB, with what was already there, and the rest is counted.
    """
    rows = [make_row(n, text="é" * 5_000) for n in range(10_000)]

    told = make_summary(make_run(*rows), REPORTS)

    assert (True, True) == (len(told.encode()) < 900_000, "more; the reports have them all." in told)


@pytest.mark.parametrize("text", [*NASTY, "é" * 9_000, "😀" * 9_000])
def test_termination_message_is_small_json(text):
    """
    At most 4,096 bytes of JSON with all keys, whatever the texts are.
    """
    data = make_termination_message(describe_end(make_run(text=text, run=text, portal=text), ()))

    assert len(data) <= 4_096
    assert ["run", "portal", "exit_code", "summary", "totals", "stop_reason", "resume_command"] == list(
        json.loads(data)
    )


def test_everybody_is_told(tmp_path):
    """
    Where their files are, GitHub's and Kubernetes' surfaces are filled, behind what was there before or in its place.
    """
    names = ("summary.md", "output", "termination-log")
    for name in names:
        (tmp_path / name).write_text("before\n" * 2_000 if name == "termination-log" else "before\n")
    variables = ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "BATCHPUB_TERMINATION_LOG")
    paths = (str(tmp_path / name) for name in names)
    environ = {"GITHUB_ACTIONS": "true", **dict(zip(variables, paths, strict=True))}
    run, stdout = make_november(30), io.StringIO()

    warnings = announce(run, environ, REPORTS, stdout)

    summary, output, termination = ((tmp_path / name).read_text("utf-8") for name in names)
    assert () == warnings
    assert "before\n" + make_summary(run, REPORTS) == summary
    assert {"published": "27"}.items() <= read_outputs(output.removeprefix("before\n")).items()
    assert make_termination_message(describe_end(run, ())).decode() == termination
    assert annotate(find_spots(run)) == stdout.getvalue()


def test_elsewhere_nothing_is_said(tmp_path):
    """
    Without those surfaces nothing is printed and no file is made.
    """
    stdout = io.StringIO()

    warnings = announce(make_november(30), {"BATCHPUB_TERMINATION_LOG": str(tmp_path / "none")}, REPORTS, stdout)

    assert ((), "", []) == (warnings, stdout.getvalue(), list(tmp_path.iterdir()))


def test_what_cannot_be_told_is_a_warning(tmp_path):
    """
    A surface that cannot be written is one sentence, and the others are filled all the same.
    """
    environ = {
        "GITHUB_STEP_SUMMARY": str(tmp_path / "no" / "such"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "BATCHPUB_TERMINATION_LOG": str(tmp_path),
    }

    warnings = announce(make_run(), environ, REPORTS, io.StringIO())

    assert (
        "Could not write GITHUB_STEP_SUMMARY: No such file or directory. The reports are complete without it.",
        "Could not write the termination message: Is a directory. The reports are complete without it.",
    ) == warnings
    assert (tmp_path / "output").exists()


def test_annotations_fit_the_streams_code_page():
    """
    What stdout cannot write becomes a question mark.
    """
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="ascii")

    warnings = announce(make_run(make_row(text="Süd")), {"GITHUB_ACTIONS": "true"}, (), stdout)

    assert ((), b"::error file=a.xlsx,line=2,title=refused%3A 478346000019582101 S?d::A2: S?d\n") == (
        warnings,
        stdout.buffer.getvalue(),
    )
