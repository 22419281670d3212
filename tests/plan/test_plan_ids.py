"""Ids as evidence: rounded ones, collapsed ones, other lengths, other accounts, addresses."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from test_plan_rules import A, B, C, make_sheet, piles, sentences

from batchpub.course import IdShape, Pile
from batchpub.errors import SheetRefused
from batchpub.plan import PlanOptions, judge_again, judge_sheets, make_plan, settle_plan
from batchpub.plan.ranges import say_ranges
from batchpub.plan.rounding import find_suspects, is_suspect, looks_rounded, reads_like_a_double

DOUBLE, OTHER_DOUBLE = "478346000019582080", "478346000019582144"
HONEST = [str(int(A) + 2 * number * number) for number in range(40)]


@pytest.mark.parametrize("count", [2, 3, 12])
def test_an_id_that_repeats_and_reads_like_a_double_is_no_duplicate(count):
    """
    Neighbours become one id when they are rounded: all its rows wait until somebody has compared them.
    """
    sheet = make_sheet(*[(DOUBLE, "")] * count, *((value, "") for value in HONEST))

    assert [*["invalid"] * count, *["to_publish"] * 40] == piles(sheet)
    assert "as if a program rounded" in sentences(sheet)[0]
    assert ["to_publish", *["duplicate"] * (count - 1)] == piles(sheet, confirm_ids=frozenset({DOUBLE}))[:count]


def test_each_row_of_a_repeated_id_is_confirmed_by_itself():
    """
    A yes on one row says nothing about the others: they may have been other courses.
    """
    rows = [(DOUBLE, "", "", "", "yes"), (DOUBLE, ""), (DOUBLE, "", "", "", "yes")]

    assert ["to_publish", "invalid", "duplicate", "to_publish", "to_publish"] == piles(
        make_sheet(*rows, (A, ""), (B, ""))
    )


def test_repeated_over_files_and_beside_batches():
    """
    The same holds where the rows stand in several files, and for the course id of several batches.
    """
    files = [make_sheet((DOUBLE, ""), (A, ""), file="a.csv"), make_sheet((DOUBLE, ""), (B, ""), file="b.csv")]

    assert ["invalid", "to_publish", "invalid", "to_publish"] == piles(*files)
    assert "stands on 2 rows of 2 files" in sentences(*files)[0]
    batches = make_sheet((DOUBLE, "", "", "", "", A), (DOUBLE, "", "", "", "", B), (C, ""))
    assert ["invalid", "invalid", "to_publish"] == piles(batches)


def test_rows_are_evidence():
    """
    Twelve rows of two ids among good ones are more than chance explains, also for the one that does not repeat.
    """
    sheet = make_sheet(*[(DOUBLE, "")] * 11, (OTHER_DOUBLE, ""), *((value, "") for value in HONEST))

    assert [*["invalid"] * 12, *["to_publish"] * 40] == piles(sheet)


def test_a_row_that_is_kept_back_is_evidence_and_stays_kept_back():
    """
    A no under Publish counts as a row, and is obeyed.
    """
    assert ["invalid", "skipped", "to_publish"] == piles(make_sheet((DOUBLE, ""), (DOUBLE, "", "", "no"), (A, "")))


@pytest.mark.parametrize(
    ("ids", "refused"),
    [
        (["4783460000195830"], 0),
        (["4783460000195830", "4783460000195831"], 0),
        ([f"47834600001958{number}0" for number in range(1, 5)], 4),
        ([*(f"47834600001958{number}0" for number in range(1, 5)), "4783460000195813"], 0),
        (["47834600001958200", "47834600001958300"], 2),
        (["47834600001958200", "47834600001958301"], 0),
        (["4783460000195000"], 1),
        (["4783460000195820000"], 1),
        (["4783460000195821000"], 0),
        ([ROUNDED := "478346000019582000"], 1),
    ],
)
def test_zeros_at_each_length(ids, refused):
    """
    Excel leaves 0, 00, 000 or 0000: at 16 digits one such id is chance, a whole sheet of them is not.
    """
    sheet = make_sheet(*((value, "") for value in ids))
    try:
        seen = piles(sheet)
    except SheetRefused:
        seen = ["invalid"] * len(ids)

    assert refused == seen.count("invalid")


@pytest.mark.parametrize(
    ("rows", "options", "expected"),
    [
        ([A, B, "47834600001958210"], {}, ["to_publish", "to_publish", "invalid"]),
        (["4783460000195821", "4783460000195823", "4783460000195825"], {}, ["to_publish"] * 3),
        ([A, "4783460000195821"], {}, ["invalid", "invalid"]),
        ([A, "4783460000195821"], {"account": (IdShape(digits=18, prefix="478346"),)}, ["to_publish", "invalid"]),
        (["47834600001958211"], {"account": (IdShape(digits=18, prefix="478346", count=9),)}, ["invalid"]),
        (["47834600001958211"], {}, ["to_publish"]),
        (["47834600001958211"], {"id_digits": (18, 18)}, ["invalid"]),
        ([A, A, "4783460000195821", "4783460000195823"], {}, ["invalid"] * 4),
        ([A, "478346000019582"], {}, ["to_publish", "invalid"]),
    ],
)
def test_one_account_has_one_length(rows, options, expected):
    """
    The length most ids of a sheet have is the account's; what was published before speaks where the sheet does not.
    """
    sheet = make_sheet(*((value, "") for value in rows))

    assert expected == piles(sheet, **options)
    assert all(
        "digits" in said for said, pile in zip(sentences(sheet, **options), expected, strict=True) if pile == "invalid"
    )


def test_ids_that_look_like_another_accounts():
    """
    A sheet of another length or beginning than everything published before is told once; a row with two beginnings on that row.
    """
    known = (IdShape(digits=18, prefix="600123", count=30),)

    plan = make_plan([make_sheet((A, ""), (B, ""))], PlanOptions(account=known))
    assert [Pile.TO_PUBLISH] * 2 == [row.pile for row in plan.rows]
    assert (
        "These ids look like ids of another Zoho account: they have 18 digits beginning with 478346"
        in plan.sheets[0].notes[0]
    )

    plan = make_plan([make_sheet((A, "", "", "", "", "600123000019582101"), (B, "", "", "", "", C))], PlanOptions())
    assert ["A2: the Course ID begins with 478346 and the Batch ID with 600123", ""] == [
        row.message.partition(",")[0] for row in plan.rows
    ]
    assert "in row 2" in plan.sheets[0].notes[0]


@pytest.mark.parametrize(
    ("text", "pile"),
    [
        (f"https://people.zoho.com/acme/zp#lms/course/{A}/overview", "to_publish"),
        (f"HTTPS://People.Zoho.EU/x?courseId={A}&t=1700000000000", "to_publish"),
        (f"https://people.zoho.com.au/x%2F{A}", "to_publish"),
        (f"https://people.zohocloud.ca/x/{A}", "to_publish"),
        (f"https://people.zoho.com/x/{A}/batches/{B}", "invalid"),
        (f"https://people.zoho.com/x/{A}?again={A}", "invalid"),
        ("https://people.zoho.com/x/4783460000195", "invalid"),
        (f"https://people.zoho.com/x/a{A}", "invalid"),
        (f"https://example.com/zoho.com/{A}", "invalid"),
        (f"https://zoho.com.example.com/{A}", "invalid"),
        (f"see https://people.zoho.com/x/{A}", "invalid"),
    ],
)
def test_an_address_of_zohos_with_one_id_is_that_id(text, pile):
    """
    Exactly one id in one address of Zoho's is meant, and a note says that it was taken; anything else is not guessed.
    """
    sheet = make_sheet((text, ""), (B, ""), (C, ""))

    assert pile == piles(sheet)[0]
    assert pile == "invalid" or f"A2: the Course ID {A} was taken from the address" in sentences(sheet)[0]


@given(st.integers(16, 19), st.integers(1, 9_999_999), st.integers(0, 999_999_000_000), st.integers(2, 40), st.data())
def test_what_went_through_a_number_and_repeats_is_never_published(digits, prefix, start, count, data):
    """
    However many ids collapse into one by rounding, none of their rows is published unless confirmed.
    """
    first = int(str(prefix).ljust(digits - 12, "1")[: digits - 12] + str(start).zfill(12))
    ids = [first + data.draw(st.integers(0, 8)) for _ in range(count)]
    rounded = [str(int(float(f"{value:.15g}"))) for value in ids]
    repeated = {value for value in rounded if rounded.count(value) > 1}

    try:
        plan = make_plan([make_sheet(*((value, "") for value in rounded))], PlanOptions())
    except SheetRefused:
        return
    assert not repeated & {row.course.course_id for row in plan.to_publish()}
    assert not [row for row in plan.rows if row.pile is Pile.DUPLICATE]


@given(st.lists(st.integers(10**17, 10**18 - 1).map(str), min_size=1, max_size=30))
def test_only_ids_that_look_rounded_are_suspects(ids):
    """
    Whatever the sheet, an id that no program would have made of a number is never refused for the others.
    """
    assert all(map(is_suspect, find_suspects(ids)))
    assert not [value for value in ids if looks_rounded(value) and not is_suspect(value)]


PRINTED = {
    "Excel": lambda value: value[:15].ljust(len(value), "0"),
    "SQLite printf": lambda value: value[:16].ljust(len(value), "0"),
    "Java": lambda value: str(int(float(value))),
    "jq": lambda value: format(Decimal(repr(float(value))), "f"),
    "SQL Server decimal": lambda value: format(Decimal(f"{float(value):.17g}"), "f"),
}


@pytest.mark.parametrize("program", PRINTED)
@given(st.sets(st.integers(10**17, 10**19 - 1), min_size=5, max_size=12), st.booleans())
def test_a_sheet_that_went_through_a_number_publishes_nothing(program, numbers, near):
    """
    However many digits the program kept, and whether the ids lie close together, none of them is sent for another.
    """
    digits = 18 + min(numbers) % 2
    meant = [str(min(numbers) if near else number).ljust(19, "1")[:digits] for number in numbers]
    meant = [str(int(value) + 61 * place) for place, value in enumerate(meant)] if near else meant
    assume(len(set(map(len, meant))) == 1)  # 9999999999999999951 has no neighbours of as many digits
    sheet = make_sheet(*((PRINTED[program](value), "") for value in meant))

    try:
        assert "to_publish" not in piles(sheet)
    except SheetRefused as error:
        assert "as if a program rounded" in str(error)


def test_what_sqlite_prints_is_refused():
    """
    `printf('%.0f', 478346000019582357)` of SQLite 3.40 is 478346000019582300.
    """
    printed = ["478346000019582300", "478346000019583900", "478346000019587400"]

    with pytest.raises(SheetRefused, match="as if a program rounded"):
        piles(make_sheet(*((value, "") for value in printed)))


def test_sixteen_digits_are_exact_in_a_double():
    """
    Below 2 ** 53 every whole number is a double, so that being one says nothing.
    """
    assert not reads_like_a_double("4783460000195821")
    assert not reads_like_a_double("4783460000195822")
    assert reads_like_a_double("9783460000195822")


def test_neighbours_are_a_range():
    """
    Cells are named by their column and rows, neighbours once.
    """
    assert "A2–A301, A400" == say_ranges([*(f"A{row}" for row in range(2, 302)), "A400"])
    assert "A2, A4–A6, B1" == say_ranges(["A5", "A2", "A4", "B1", "A6"])


def test_judged_again_once_it_is_known_what_was_published_before():
    """
    What the account's ids look like is only known once the state is open; only then a lone id's length tells anything.
    """
    alone = judge_sheets([make_sheet(("47834600001958211", ""))], PlanOptions())
    usual = judge_sheets([make_sheet((A, ""), (B, ""))], PlanOptions())
    account = (IdShape(digits=18, prefix="478346", count=3),)

    assert usual is judge_again(usual, account)
    assert [Pile.TO_PUBLISH] == [row.pile for row in settle_plan(alone).rows]
    (row,) = settle_plan(judge_again(alone, account)).rows
    assert (Pile.INVALID, True) == (row.pile, "what was published before has 18" in row.message)
