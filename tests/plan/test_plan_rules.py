"""The plan: every row in one pile, by rules that guess nothing."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchpub.cells import Cell, CellKind, Sheet, SheetRow, TextCells
from batchpub.course import Course, NotifyPolicy, Pile
from batchpub.errors import SheetRefused
from batchpub.plan import PlanOptions, make_plan
from batchpub.plan.make import judge_sheets
from batchpub.plan.rounding import looks_rounded, reads_like_a_double
from batchpub.plan.text import fold, quote, trim
from batchpub.plan.words import Word, read_word

A, B, C = "478346000019582101", "478346000019582357", "478346000019582943"
ROUNDED = "478346000019582000"
HEADINGS = ("Course ID", "Course name", "Notify", "Publish", "Confirmed", "Batch ID")
ROLES = {"course_id": 0, "name": 1, "notify": 2, "publish": 3, "confirmed": 4, "batch_id": 5}


def make_cell(ref, text):
    """Make the text cell that a reader would."""
    return Cell(ref=ref, kind=CellKind.TEXT if text else CellKind.EMPTY, text=text)


def make_sheet(*rows, file="a.csv", first=2, hidden=()):
    """Make a sheet of text rows under the usual headings; missing cells are empty."""
    return Sheet(
        file=file,
        name="",
        headings=HEADINGS,
        columns=ROLES,
        rows=tuple(
            SheetRow(
                number=number,
                cells=tuple(
                    make_cell(f"{chr(65 + column)}{number}", row[column] if column < len(row) else "")
                    for column in range(len(HEADINGS))
                ),
                hidden=number in hidden,
            )
            for number, row in enumerate(rows, start=first)
        ),
    )


def piles(*sheets, **options):
    """Give the pile of every row."""
    return [str(row.pile) for row in make_plan(sheets, PlanOptions(**options)).rows]


def sentences(*sheets, **options):
    """Give the sentence of every row."""
    return [row.message for row in make_plan(sheets, PlanOptions(**options)).rows]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(A, "Fire"), (A, " fire ")], ["to_publish", "duplicate"]),
        ([(A, "Fire"), (A, "")], ["to_publish", "duplicate"]),
        ([(A, "Fire"), (A, ""), (A, "Data")], ["invalid"] * 3),
        ([(A, "Fire"), (A, "Data"), (B, "Data")], ["invalid", "invalid", "to_publish"]),
        ([(A, "Fire", "yes"), (A, "Fire", "no")], ["invalid", "invalid"]),
        ([(A, "Fire", "yes"), (A, "Fire", "")], ["invalid", "invalid"]),
        ([(A, "Fire", "no"), (A, "Fire", "")], ["to_publish", "duplicate"]),
        ([(A, "Fire", "", "no"), (B, "Data", "", "yes")], ["skipped", "to_publish"]),
        ([(A, "Fire", "", "no"), (A, "Fire", "", "yes")], ["skipped", "invalid"]),
        ([(A, "Fire", "", "", "", B), (A, "Fire", "", "", "", C)], ["to_publish", "to_publish"]),
        ([(A, "Fire", "", "", "", B), (A, "Fire", "", "", "", B)], ["to_publish", "duplicate"]),
        ([("12", "Fire"), (A, "Fire"), (A, "Fire")], ["invalid", "to_publish", "duplicate"]),
        ([("", "Fire", "", "no"), ("junk", "", "", "nein")], ["skipped", "skipped"]),
        (
            [(A, "", "perhaps"), (B, "", "", "perhaps"), (C, "", "", "", "perhaps")],
            ["invalid", "invalid", "to_publish"],
        ),
        ([(A, "", "", "", "", "12"), (B, "", "", "", "", "4.78E+17")], ["invalid", "invalid"]),
    ],
)
def test_rows_against_each_other(rows, expected):
    """
    The first row of a course stands for it; rows that contradict each other are all refused; a no under Publish is obeyed.
    """
    assert expected == piles(make_sheet(*rows))


def test_duplicate_of_a_hidden_row_is_published():
    """
    Only rows that can be published count: a hidden row takes no other row's place.
    """
    sheet = make_sheet((A, "Fire"), (A, "Fire"), hidden={2})

    assert ["invalid", "to_publish"] == piles(sheet)
    assert ["to_publish", "duplicate"] == piles(sheet, include_hidden=True)


def test_duplicates_over_several_files_name_the_other_file():
    """
    A course on two files is one course, and the duplicate's sentence names the file and the row that stand for it.
    """
    first, second = (
        make_sheet((A, "Fire"), file="one.csv"),
        make_sheet((B, "Data"), (A, "Fire"), (B, "Other"), file="two.csv", first=5),
    )

    plan = make_plan([first, second], PlanOptions())

    assert ["to_publish", "invalid", "duplicate", "invalid"] == [str(row.pile) for row in plan.rows]
    assert (0, "A6: the same course as row 2 of one.csv; it is published once.") == (
        plan.rows[2].duplicate_of,
        plan.rows[2].message,
    )
    assert [(0, 0), (1, 1), (2, 1), (3, 1)] == [(row.position, row.sheet_index) for row in plan.rows]


def test_contradictions_say_which_rows_and_why():
    """
    Both rows are named with both names, so that the person can see which one is wrong.
    """
    assert [
        f'A2: this row and row 3 ("Ladders") have the same id {A} but give it different names, so nobody can know which was meant. '
        "Correct the wrong row or delete it.",
        f'A3: this row and row 2 ("Aid") have the same id {A} but give it different names, so nobody can know which was meant. '
        "Correct the wrong row or delete it.",
    ] == sentences(make_sheet((A, "Aid"), (A, "Ladders")))


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("never", [False, False, False]), ("sheet", [True, False, False]), ("all", [True, False, True])],
)
def test_who_is_mailed(policy, expected):
    """
    A row's own no always wins; a blank is no unless everybody is to be mailed.
    """
    sheet = make_sheet((A, "", "yes"), (B, "", "no"), (C, "", ""))

    assert expected == [row.notify for row in make_plan([sheet], PlanOptions(notify=NotifyPolicy(policy))).rows]


@pytest.mark.parametrize(
    ("row", "options", "expected"),
    [
        ((ROUNDED, "x"), {}, "invalid"),
        ((ROUNDED, "x", "", "", "yes"), {}, "to_publish"),
        ((ROUNDED, "x", "", "", "no"), {}, "invalid"),
        ((ROUNDED, "x"), {"confirm_ids": frozenset({ROUNDED})}, "to_publish"),
        ((A, "x", "", "", "", ROUNDED), {}, "invalid"),
        ((A, "x", "", "", "", ROUNDED), {"confirm_ids": frozenset({ROUNDED})}, "to_publish"),
        ((ROUNDED, "x", "", "", "", ROUNDED), {"confirm_ids": frozenset({A})}, "invalid"),
    ],
)
def test_ids_that_look_rounded_are_confirmed(row, options, expected):
    """
    An id that ends in 000 waits until somebody says that it is right.
    """
    assert [expected] == piles(make_sheet(row), **options)


DOUBLES = ["478346000019582016", "478346000019582336", "478346000019582976", "478346000019583232"]
JAVASCRIPT = ["478346000019582140", "478346000019582460", "478346000019582900"]


@pytest.mark.parametrize("ids", [DOUBLES, JAVASCRIPT, [*DOUBLES[:2], JAVASCRIPT[0]], DOUBLES[:3] * 2])
def test_a_sheet_of_rounded_ids_is_refused(ids):
    """
    When all of at least three ids are what Python or JavaScript makes of a stored number, none of them can be trusted.
    """
    assert all(map(reads_like_a_double, ids))
    with pytest.raises(SheetRefused, match=f"All {len(set(ids))} ids look as if a program rounded them"):
        piles(make_sheet(*((value, "x") for value in ids)))


def test_one_such_id_says_nothing():
    """
    3 % of real ids read like a double: one or two of them, or a few among many, are published.
    """
    real = [str(int(A) + 2 * n * n + 1) for n in range(40)]

    assert ["to_publish"] * 2 == piles(make_sheet((DOUBLES[0], "a"), (DOUBLES[1], "b")))
    assert {"to_publish"} == set(
        piles(make_sheet((DOUBLES[0], "a"), (DOUBLES[1], "b"), (DOUBLES[2], "c"), *((i, i) for i in real)))
    )


def test_more_of_them_than_chance_explains_are_refused_one_by_one():
    """
    One honest id among rounded ones does not make the others right; the honest one is published.
    """
    sheet = make_sheet((A, "a"), *((value, value) for value in [*DOUBLES, *JAVASCRIPT]))

    assert ["to_publish", *["invalid"] * 7] == piles(sheet)
    assert "7 of the 8 ids on this sheet look as if a program rounded them" in sentences(sheet)[1]


def test_confirmed_ids_are_not_counted_as_rounded():
    """
    Whoever confirms every id takes the responsibility.
    """
    assert ["to_publish"] * 4 == piles(make_sheet(*((value, "x", "", "", "yes") for value in DOUBLES)))


def test_all_files_are_named_when_several_are_refused():
    """
    The refusals of all files are told at once.
    """
    sheets = [make_sheet(*((value, "x") for value in DOUBLES), file=name) for name in ("one.csv", "two.csv")]

    with pytest.raises(SheetRefused, match=r"(?s)one\.csv: All 4 ids .*\ntwo\.csv: All 4 ids"):
        piles(*sheets)


def test_ids_of_another_length():
    """
    When all ids of a sheet have one length that no id may have, that is all that is said, with the setting; it then takes them.
    """
    sheet = make_sheet(("478346000019582", "a"), ("478346000019583", "b"))

    assert all(
        "has 15 digits, as all 2 ids on this sheet have; batchpub expects 16 to 19." in sentence
        for sentence in sentences(sheet)
    )
    assert all("the setting id_digits = 15" in sentence for sentence in sentences(sheet))
    assert ["to_publish", "to_publish"] == piles(sheet, id_digits=(15, 15))
    assert "instead of 18 digits" in sentences(make_sheet(("4783460000195821", "a"), (A, "b")), id_digits=(18, 18))[0]


def test_all_problems_of_a_row_at_once():
    """
    A row with several mistakes is told all of them.
    """
    (sentence,) = sentences(make_sheet(("12x", "", "perhaps", "maybe", "", "12"), hidden={2}))

    assert ["Row 2 is hidden", "A2:", "F2:", "D2:", "C2:"] == [
        part for part in ["Row 2 is hidden", "A2:", "F2:", "D2:", "C2:"] if part in sentence
    ]


def test_refused_rows_keep_no_id():
    """
    What is refused or skipped has no course, so that nothing later can publish it by mistake.
    """
    sheet = make_sheet((A, "Fire"), (A, "Data"), (B, "x", "", "no"), (C, "x"), (C, "x"), hidden={5})

    plan = make_plan([sheet], PlanOptions())

    assert [None, None, None, None, C] == [row.course and str(row.course) for row in plan.rows]


texts = st.one_of(
    st.sampled_from([A, B, C, ROUNDED, "", " ", f" {A}", f"'{A}", f'="{A}"', f"={A}", "yes", "no", "4.78E+17", "x"]),
    st.text(max_size=8),
    st.text("0123456789", min_size=17, max_size=19),
)


@given(
    st.lists(st.lists(st.lists(texts, max_size=6), max_size=6), max_size=3),
    st.sampled_from(NotifyPolicy),
    st.booleans(),
    st.sets(st.integers(2, 7)),
)
def test_every_row_is_in_one_pile_and_every_course_is_published_once(files, policy, include_hidden, hidden):
    """
    Rows in are rows out in order; no course is planned twice; what is planned is, digit for digit, an id somebody wrote.
    """
    sheets = [make_sheet(*rows, file=f"{index}.csv", hidden=hidden) for index, rows in enumerate(files)]

    try:
        plan = make_plan(sheets, PlanOptions(notify=policy, include_hidden=include_hidden))
    except SheetRefused as refusal:
        assert "rounded" in refusal.message
        return

    assert [(index, row.number) for index, sheet in enumerate(sheets) for row in sheet.rows] == [
        (row.sheet_index, row.row) for row in plan.rows
    ]
    assert list(range(len(plan.rows))) == [row.position for row in plan.rows]
    courses = [row.course for row in plan.to_publish()]
    assert len(courses) == len(set(courses))
    for row in plan.rows:
        assert (row.course is not None) == (row.pile in (Pile.TO_PUBLISH, Pile.DUPLICATE))
        assert (row.duplicate_of is not None) == (row.pile is Pile.DUPLICATE)
        assert row.message or row.pile is Pile.TO_PUBLISH
        if row.course is not None:
            assert row.course.course_id in row.values[0]
            assert re.fullmatch(r"[1-9][0-9]{15,18}", row.course.course_id)
            assert include_hidden or row.row not in hidden


def test_the_same_sheets_give_the_same_plan():
    """
    Planning is a pure function.
    """
    sheets = [make_sheet((A, "Fire"), (A, "Data"), (B, "x"))]

    assert make_plan(sheets, PlanOptions()) == make_plan(sheets, PlanOptions())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Yes", Word.YES),
        (" JA ", Word.YES),
        ("1", Word.YES),
        ("TRUE", Word.YES),
        ("nein", Word.NO),
        ("0", Word.NO),
        ("\u200b", Word.BLANK),
        ("x", Word.UNREADABLE),
    ],
)
def test_words(text, expected):
    """
    Yes and no are read in several languages; anything else is not guessed.
    """
    assert expected is read_word(Cell(ref="A1", kind=CellKind.TEXT, text=text))


def test_words_that_are_no_text():
    """
    Truth values and the numbers 1 and 0 are words; errors, dates and formulas without a result are not.
    """
    seen = [
        read_word(Cell(ref="A1", kind=kind, text=text, formula=formula))
        for kind, text, formula in [
            (CellKind.BOOLEAN, "TRUE", ""),
            (CellKind.NUMBER, "0", ""),
            (CellKind.TEXT, "no", "=IF(1,2)"),
            (CellKind.EMPTY, "", "=A1"),
            (CellKind.ERROR, "#N/A", ""),
            (CellKind.DATE, "2023-01-01", ""),
        ]
    ]

    assert [Word.YES, Word.NO, Word.NO, Word.UNREADABLE, Word.UNREADABLE, Word.UNREADABLE] == seen


@given(st.text())
def test_trimming_and_folding_are_settled_at_once(text):
    """
    Doing it again changes nothing, and a quoted text is one short printable line.
    """
    assert trim(text) == trim(trim(text))
    assert fold(fold(text)) == fold(text) or not text.isascii()
    assert quote(text).isprintable()
    assert len(quote(text)) <= 42


@given(st.integers(10**17, 10**18 - 1))
def test_what_went_through_a_number_is_recognised(number):
    """
    An id that Python or JavaScript stored as a number reads like a double; one rounded to 15 digits looks rounded.
    """
    assert reads_like_a_double(str(int(float(number))))
    assert looks_rounded(str(number // 1000 * 1000))


def settled(*sheets, published):
    return [(str(row.pile), row.message) for row in make_plan(sheets, PlanOptions(), published).rows]


@pytest.mark.parametrize(
    ("last", "this"),
    [
        ((A, "Fire", "yes"), (A, "Fire", "")),
        ((A, "Fire", "yes"), (A, "Fire", "no")),
        ((A, "Fire"), (A, "Data")),
        ((A, "Fire"), (A, "Fire")),
        ((A, "Fire"), (A, "Fire", "", "no")),
    ],
)
def test_what_is_published_contradicts_nothing(last, this):
    """
    Rows of a course that is known to be published are already_published, whatever last month's list says.
    """
    known = {Course(course_id=A): "Published by run r1."}
    sheets = make_sheet(last, file="last.csv"), make_sheet(this, (B, "Data"), file="this.csv")

    found = settled(*sheets, published=known)

    done = ("already_published", "Published by run r1.")
    kept_back = ("skipped", "The Publish column says no.")
    assert [done, kept_back if this[-1] == "no" and len(this) == 4 else done, ("to_publish", "")] == found


def test_a_row_that_is_wrong_stays_wrong_though_its_course_is_published():
    """
    An id that looks rounded may be another course's: that the state knows it is no proof of what was meant.
    """
    known = {Course(course_id=ROUNDED): "Published by run r1.", Course(course_id=A): "Published by run r1."}

    found = settled(make_sheet((ROUNDED, "Fire"), (A, "Data", "perhaps")), published=known)

    assert ["invalid", "invalid"] == [pile for pile, _ in found]


def test_a_batch_of_a_published_course_is_still_open():
    """
    A course and each of its batches are published by themselves.
    """
    known = {Course(course_id=A): "Published by run r1."}

    found = settled(make_sheet((A, "Fire", "", "", "", B), (A, "Fire")), published=known)

    assert ["to_publish", "already_published"] == [pile for pile, _ in found]


def test_rows_of_several_files_name_file_and_row():
    """
    A sentence about a row of another file names that file and its row.
    """
    sheets = (
        make_sheet((A, "Fire"), (B, "Data", "yes"), file="june/a.csv"),
        make_sheet((C, "Care"), (A, "Fire"), (B, "Data"), file="july/a.csv"),
    )

    found = sentences(*sheets)

    assert "A3: the same course as row 2 of june/a.csv; it is published once." == found[3]
    assert "this row and row 4 of july/a.csv have the same id" in found[1]
    assert "this row and row 3 of june/a.csv have the same id" in found[4]


def as_text(sheet):
    """Give the same sheet as a text file has it: its cells are never made."""
    letters = tuple("ABCDEF")
    return replace(
        sheet,
        rows=tuple(
            replace(row, cells=TextCells(row.number, [cell.text for cell in row.cells], letters)) for row in sheet.rows
        ),
    )


@pytest.mark.parametrize("roles", [ROLES, {"course_id": 0}], ids=["all columns", "ids alone"])
@pytest.mark.parametrize("policy", NotifyPolicy)
def test_the_short_way_reads_every_word_and_every_length_of_an_id_alike(policy, roles):
    """
    Who is mailed, what is left out and what is confirmed: each word in each column, and ids at every border.
    """
    words = ["", "yes", "no", "perhaps"]
    ids = [A[:15], A[:16], f"{A}1", f"{A}12", f"0{A[1:]}", f"{A[:15]}000", f"{A[:16]}00", "\u0664" * 18, ""]
    rows = [(A, "Fire", notify, publish, confirmed) for notify in words for publish in words for confirmed in words]
    rows += [(one, " Fire ", "yes") for one in ids] + [(A, "Fire", "yes", "", "", one) for one in ids]
    long = replace(make_sheet(*rows), columns=roles)
    options = PlanOptions(notify=policy, id_digits=(16, 19))

    assert judge_sheets([long], options).drafts == judge_sheets([as_text(long)], options).drafts


rows_of_texts = st.lists(st.lists(texts, min_size=6, max_size=6), max_size=8)


@given(rows_of_texts, st.sampled_from(NotifyPolicy), st.sets(st.integers(2, 9)), st.sampled_from([(16, 19), (18, 18)]))
def test_the_short_way_to_a_verdict_gives_the_same(rows, policy, hidden, digits):
    """
    A row of plain text that never becomes cells has the same verdict as one of cells.
    """
    long, options = make_sheet(*rows, hidden=hidden), PlanOptions(notify=policy, id_digits=digits)

    assert judge_sheets([long], options).drafts == judge_sheets([as_text(long)], options).drafts
