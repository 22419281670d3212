"""Laws of the words: totals, sentences, what needs attention, and how the end of a run looks on a terminal."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from support.made_runs import NASTY, RUNS, few, make_row, make_run

from batchpub.course import Outcome, PlannedSheet
from batchpub.report.attention import find_spots, group_spots, name_sheet, say_message, say_places
from batchpub.report.check import check_rows
from batchpub.report.summary import render, summarise, width_of, wrap
from batchpub.report.totals import PROBLEMS, advice, count_outcomes, summary_sentence


def show(run, width=200, **options):
    return render(summarise(run), columns=width, **options)


@few
@given(run=RUNS, width=st.integers(10, 200))
def test_terminal_is_narrow_and_still(run, width):
    """
    No line is wider than the window or 100 columns, and no control character of a stranger's reaches the terminal.
    """
    shown = show(make_run(*run.rows, sheets=run.sheets), width)

    assert [] == [line for line in shown.split("\n") if cell_len(line) > min(width, 100)]
    assert set() == {character for character in shown if character < " " or "\x7f" <= character < "\xa0"} - {"\n"}


@few
@given(run=RUNS)
def test_a_log_gets_whole_lines_and_no_markup(run):
    """
    Off a terminal a sentence is one line, so that a search finds it, and there is nothing but words.
    """
    shown = render(summarise(run))

    assert "\x1b" not in shown
    assert summary_sentence(run) in shown.splitlines()


@pytest.mark.parametrize("text", NASTY)
def test_nothing_from_a_cell_styles_the_terminal(text):
    """
    With colours on, a text from outside brings no escape sequence with it that a plain text would not.
    """
    shown, plain = (show(make_run(make_row(text=its), text=its), colours=True) for its in (text, "x"))

    escapes = re.compile(r"\x1b[^m]*m")
    assert set(escapes.findall(plain)) >= set(escapes.findall(shown))
    assert "\x1b" not in escapes.sub("", shown)


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "cp1252", "utf-8"])
def test_any_code_page_can_show_the_end(encoding):
    """
    What the terminal's code page does not have becomes a question mark, never an error.
    """
    shown = show(make_run(*(make_row(n, text=text) for n, text in enumerate(NASTY))), 80, encoding=encoding)

    assert b"19 need attention" in shown.encode(encoding)


def test_terminal_as_a_whole():
    """
    The end of a run: what happened, what needs attention with its ranges, and how to go on.
    """
    invalid = [
        make_row(n, text=f"A{n + 2}: this Course ID is stored as a number.", outcome=Outcome.INVALID)
        for n in (1, 2, 3, 5)
    ]
    rows = (make_row(0, outcome=Outcome.PUBLISHED), *invalid)

    shown = show(make_run(*rows, stop_reason="Stopped by SIGTERM.", resume_command="batchpub publish 'a b.xlsx'"), 80)

    assert [
        "1 of 5 rows is published; 4 need attention: 4 invalid.",
        "It stopped early: Stopped by SIGTERM.",
        "invalid  A3–A5, A7 (4 rows)",
        "  This Course ID is stored as a number.",
        "To go on, run:",
        "batchpub publish 'a b.xlsx'",
        "",
    ] == shown.split("\n")


@given(text=st.text(), width=st.integers(2, 40))
def test_wrapping_loses_no_letter(text, width):
    """
    Whatever is folded is all there, in its order, and blanks aside nothing is added.
    """
    lines = list(wrap(text, width))

    assert re.sub(r"[ \n]", "", text) == re.sub(r"[ \n]", "", "".join(lines))
    assert [] == [line for line in lines if width_of(line) > width]


def test_every_outcome_is_counted_and_has_advice():
    """
    All nine outcomes have a count, 0 where there are none, and a sentence.
    """
    counted = count_outcomes(make_run(make_row(), make_row(1)))

    assert {**dict.fromkeys(Outcome, 0), Outcome.REFUSED: 2} == counted
    assert all(advice(outcome).endswith(".") for outcome in Outcome)


@pytest.mark.parametrize(
    ("outcomes", "sentence"),
    [
        ([], "There were no rows."),
        (["published"], "The row is published."),
        (["already_published"], "The row is published (since before)."),
        (["refused"], "The row is not published; 1 needs attention: 1 refused."),
        (["published"] * 1200, "All 1,200 rows are published."),
        (["published", "already_published"], "All 2 rows are published (1 of them since before)."),
        (["skipped", "duplicate"], "None of the 2 rows is published; 2 are duplicates or were skipped."),
        (
            ["published", "duplicate", "unknown", "invalid", "invalid"],
            "1 of 5 rows is published; 1 is a duplicate or was skipped; 3 need attention: 2 invalid, 1 unknown.",
        ),
    ],
)
def test_one_sentence_says_what_happened(outcomes, sentence):
    """
    The sentence counts what is published, what was left out, and what needs attention.
    """
    run = make_run(*(make_row(n, outcome=Outcome(value)) for n, value in enumerate(outcomes)))

    assert sentence == summary_sentence(run)


def test_the_sentence_says_a_rehearsal_and_a_missing_end():
    """
    A sandbox run and one that has no end say so before anything else.
    """
    assert (
        "Sandbox, nothing was really published. This run has not ended, or died; so far: There were no rows."
        == summary_sentence(make_run(sandbox=True, finished_at=None))
    )


@given(st.lists(st.tuples(st.sampled_from(Outcome), st.sampled_from(["", "a", "A2: a", "A2 b"])), max_size=30))
def test_problems_hold_every_row_that_needs_attention(told):
    """
    Each row that needs attention is in exactly one problem, with its outcome and the order of the sheets.
    """
    rows = [make_row(n, text=text, outcome=outcome, cell="A2") for n, (outcome, text) in enumerate(told)]

    groups = group_spots(find_spots(make_run(*rows)))

    grouped = [(spot.row, spots[0].word.replace(" ", "_")) for spots in groups for spot in spots]
    assert sorted((row.row, row.outcome) for row in rows if row.outcome in PROBLEMS) == sorted(grouped)
    assert all(spots == sorted(spots, key=lambda spot: spot.row) for spots in groups)


def test_the_same_sentence_of_several_cells_is_one_problem():
    """
    "A2: this is…" and "A3: this is…" are one problem, and so are "A4 contains…" and "A5 contains…".
    """
    texts = ("A2: this is wrong.", "A3: this is wrong.", "A4 shows #N/A.", "A5 shows #N/A.", "Row 6 is hidden.")
    rows = [make_row(n, text=text, outcome=Outcome.INVALID) for n, text in enumerate(texts)]

    assert [
        ("A2–A3", "This is wrong."),
        ("A4–A5", "The cell shows #N/A."),
        ("A6", "Row 6 is hidden."),
    ] == [(say_places(spots), say_message(spots)) for spots in group_spots(find_spots(make_run(*rows)))]


def test_places_name_each_sheet_once():
    """
    Rows of several sheets are named by sheet; of many only the first.
    """
    sheets = (
        PlannedSheet(file="lists/a.xlsx", sheet="Sheet1", headings=()),
        PlannedSheet(file="b.csv", sheet="", headings=()),
    )
    rows = [make_row(n, sheet_index=n // 3, cell="" if n == 1 else f"A{n + 2}") for n in range(6)]
    run = make_run(*rows, sheets=sheets)

    assert "a.xlsx · Sheet1 A2, A4, row 3; b.csv A5–A7" == say_places(find_spots(run))


def test_files_of_one_name_are_told_apart_by_their_folders():
    """
    Each month's folder may have an a.csv: so much of the path is shown as tells them apart, and no more.
    """
    files = ("2026/june/a.csv", "2026/july/a.csv", "2025/july/a.csv", "2026/june/b.csv", "2026/june/b.csv")
    sheets = tuple(PlannedSheet(file=file, sheet="", headings=()) for file in files)
    run = make_run(make_row(0), sheets=sheets)

    named = [name_sheet(run, index) for index in range(len(files))]

    assert ["june/a.csv", "2026/july/a.csv", "2025/july/a.csv", "b.csv", "b.csv"] == named


def test_broken_records_are_told():
    """
    A position that is missing, beyond the end or twice there, and a sheet there is not, each make a sentence.
    """
    run = make_run(make_row(0), make_row(0), make_row(7), make_row(2, sheet_index=-1))

    assert (
        "The rows at 1, 3 have no outcome.",
        "The rows at 7 are not positions of this run.",
        "The rows at 0 stand in the record more than once.",
        "The rows at 2 belong to no sheet of this run.",
    ) == check_rows(run)
    assert () == check_rows(make_run(make_row(1), make_row(0)))
