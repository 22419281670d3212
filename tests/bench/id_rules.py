"""How often the id rules stop an honest sheet, and how often they let a rounded one through, at each length of an id.

    python -m tests.bench.id_rules [sheets] > docs/id-rules.md

Every sheet is made up and judged by the program itself. An account has a prefix, its ids are that and 12 digits; the ids of
a sheet are drawn from all of them, or lie close together, as those of courses made in one afternoon do.
"""

import random
import sys
from decimal import Decimal

from batchpub.cells import Cell, CellKind, Sheet, SheetRow
from batchpub.course import Pile
from batchpub.errors import SheetRefused
from batchpub.plan import PlanOptions, make_plan
from batchpub.plan.rounding import find_suspects, is_suspect, looks_rounded

SHEETS = 100_000
LENGTHS = (16, 17, 18, 19)
COUNTS = (1, 3, 30)
ROUNDINGS = {
    "Excel: 15 digits": lambda value: format(Decimal(f"{int(value):.14e}"), "f"),
    "Python, Java: the double in full": lambda value: str(int(float(value))),
    "JavaScript: the double's shortest digits": lambda value: format(Decimal(repr(float(value))), "f").removesuffix(
        ".0"
    ),
    "SQL Server: 17 digits": lambda value: format(Decimal(f"{float(value):.17g}"), "f"),
    "SQLite: 16 digits": lambda value: value[:16].ljust(len(value), "0"),
}
HEAD = """# How sure the id rules are

Made by `python -m tests.bench.id_rules`: {sheets:,} made-up sheets for each figure, judged by the program itself. What the rules
are and why: the docstrings of `batchpub/plan/rounding.py` and `batchpub/plan/lengths.py`.

A spreadsheet keeps 15 digits of a number and fills up with zeros. An id of 16 digits then ends in 0, of 17 in 00, of 18 in
000, of 19 in 0000. Other programs keep a double, which is exact up to 2 ** 53, about 9.007 × 10 ** 15: up to there an id of 16
digits survives whole, and above it the doubles lie 2 to 16 apart at 17 digits, 16 to 128 at 18, 128 to 1024 at 19.

"""


def make_ids(chosen, digits, count, *, near):
    """Give so many different ids of one account."""
    prefix = str(chosen.randrange(10 ** (digits - 13), 10 ** (digits - 12)))
    start = chosen.randrange(10**12 - 2000 * count)
    serials = set()
    while len(serials) < count:
        serials.add(start + chosen.randrange(2000 * count) if near else chosen.randrange(10**12))
    return [f"{prefix}{serial:012}" for serial in serials]


def count_stopped(ids, number):
    """Give how many rows of a sheet of these ids are not published: by the rules alone, and of every 100th sheet by a plan."""
    suspects = find_suspects(ids)
    stopped = sum(
        looks_rounded(value) or value in suspects or (ids.count(value) > 1 and is_suspect(value)) for value in ids
    )
    if len(suspects) >= 3 and suspects == set(ids):
        stopped = len(ids)
    if number % 100 == 0:
        assert stopped == count_stopped_by_plan(ids), ids
    return stopped


def count_stopped_by_plan(ids):
    """Give how many rows of a sheet of these ids the program does not publish, duplicates aside."""
    rows = tuple(
        SheetRow(number=number, cells=(Cell(ref=f"A{number}", kind=CellKind.TEXT, text=value),))
        for number, value in enumerate(ids, start=2)
    )
    sheet = Sheet(file="a.csv", name="", headings=("Course ID",), columns={"course_id": 0}, rows=rows)
    try:
        plan = make_plan([sheet], PlanOptions())
    except SheetRefused:
        return len(ids)
    return sum(row.pile is Pile.INVALID for row in plan.rows)


def measure_honest(chosen, digits, count, sheets, *, near):
    """Give the share of honest sheets with a stopped row, those stopped only by an id that ends in 000 aside; and the share of these."""
    stopped = zeros = 0
    for number in range(sheets):
        ids = make_ids(chosen, digits, count, near=near)
        rows = count_stopped(ids, number)
        if not rows:
            continue
        single = sum(map(looks_rounded, ids))
        if rows > single:
            stopped += 1
        else:
            zeros += 1
    return stopped / sheets, zeros / sheets


def measure_rounded(chosen, digits, count, sheets, rounding):
    """Give the share of rounded sheets of which a row with another id than was meant is published."""
    passed = 0
    for number in range(sheets):
        meant = make_ids(chosen, digits, count, near=True)
        rounded = list(map(rounding, meant))
        if any(len(value) != digits for value in rounded):
            continue
        wrong = sum(left != right for left, right in zip(meant, rounded, strict=True))
        passed += wrong > 0 and count_stopped(rounded, number) < len(rounded)
    return passed / sheets


def show(share):
    """Write a share as a person reads it."""
    if share == 0:
        return "0"
    return f"{share:.1%}" if share >= 0.005 else f"{1000 * share:.2f} in 1,000"


def main():
    """Print the page."""
    sheets = int(sys.argv[1]) if len(sys.argv) > 1 else SHEETS
    chosen = random.Random(20261127)
    print(HEAD.format(sheets=sheets), end="")
    print(
        "## Honest sheets that are stopped\n\nAll ids are right. A sheet of which only single ids that end in 000 (0000 of 19 digits) wait for a yes is counted apart.\n"
    )
    print("| digits | ids on the sheet | ids from anywhere | ids close together | only an id that ends in 000 |")
    print("| --- | --- | --- | --- | --- |")
    for digits in LENGTHS:
        for count in COUNTS:
            far, zeros = measure_honest(chosen, digits, count, sheets, near=False)
            near, _ = measure_honest(chosen, digits, count, sheets, near=True)
            print(f"| {digits} | {count} | {show(far)} | {show(near)} | {show(zeros)} |", flush=True)
    print(
        "\n## Rounded sheets of which a wrong id passes\n\nEvery id of the sheet went through a number and came back as text; the ids were close together before.\n"
    )
    print(f"| digits | ids on the sheet | {' | '.join(ROUNDINGS)} |")
    print(f"| --- | --- |{' --- |' * len(ROUNDINGS)}")
    for digits in LENGTHS:
        for count in COUNTS:
            told = [
                show(measure_rounded(chosen, digits, count, sheets // 10, rounding)) for rounding in ROUNDINGS.values()
            ]
            print(f"| {digits} | {count} | {' | '.join(told)} |", flush=True)
    print(
        "\nA single id tells little: only `check --online`, which shows the course's name as Zoho knows it beside the name on the sheet, and\n"
        "the type of the cell, which is looked at in every workbook, tell more. In a workbook a number is refused whatever its digits; the\n"
        "rounded ids above are those that came through a CSV or a text."
    )


if __name__ == "__main__":
    main()
