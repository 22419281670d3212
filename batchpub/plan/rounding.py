"""Ids that went through a number: what a single id shows, what a whole sheet shows, and what a repeated id shows.

The arithmetic. A spreadsheet keeps 15 digits of a number and fills up with zeros, so an id of n digits ends in n - 15 of
them: one for 16 digits, 00 for 17, 000 for 18, 0000 for 19. By chance one honest id in 10 ** (n - 15) does. Other
programs keep a double: whole numbers up to 2 ** 53 (9,007,199,254,740,992) are exact in it, so that an id of 16 digits
tells nothing; above, the doubles are `math.ulp` apart (2 to 16 at 17 digits, 16 to 128 at 18, 128 to 1024 at 19) and a
rounded id is one of them: written in full, as Python and Java do, or with the fewest digits that tell it from its
neighbours, as JavaScript and jq do, or with 17 digits and zeros, as SQL Server's `decimal` of a `float` is. By chance one
honest id in `ulp` is the first, and at most as many are each of the others. SQLite's `printf('%.0f')` keeps 16 digits.

A single id is stopped for three zeros, or more where rounding leaves more. For the rest there must be more such ids on the sheet than chance
explains; rows count, not different ids, because rounding makes neighbours equal: that is how twelve ids become two. For the
same reason an id that stands on several rows and looks rounded is no duplicate until somebody has confirmed it.
How often honest sheets are stopped and rounded ones pass: docs/id-rules.md, from `python -m tests.bench.id_rules`.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial

from batchpub.plan.draft import Draft, all_ids
from batchpub.plan.options import PlanOptions
from batchpub.plan.ranges import say_rows

EXACT_DIGITS = 15  # a double, and so every spreadsheet, keeps 15 decimal digits of any number
FEWEST_ZEROS = "000"
"""What stops a single id: 1 honest id in 1,000 ends so. Of 19 digits it takes one zero more."""
_SQLITE_DIGITS = 16
_MOST_SHORTEST = 17  # digits that JavaScript prints at most; it fills up with zeros
_FEWEST_ROWS = 3  # one or two ids that read like doubles say nothing
_UNBELIEVABLE = 2.5e-4  # so rarely would honest ids look like this by accident; for each of the marks below


def looks_rounded(value: str) -> bool:
    """Say whether an id ends in so many zeros that it is stopped by itself: 000, of 19 digits 0000."""
    zeros = len(value) - EXACT_DIGITS
    return zeros > 0 and value.endswith("0" * max(zeros, len(FEWEST_ZEROS)))


def ends_in_zeros(value: str, kept: int = EXACT_DIGITS) -> bool:
    """Say whether an id ends in the zeros that a spreadsheet puts where it has lost digits, whatever its length."""
    zeros = len(value) - kept
    return zeros > 0 and value.endswith("0" * zeros)


def is_exact_double(value: str) -> bool:
    """Say whether an id is what Python or Java prints for it once it has been a double, where that tells anything."""
    return value[-1] in "02468" and float(value) == int(value) and _gap(value) > 1


def is_shortest_double(value: str) -> bool:
    """Say whether an id is what JavaScript prints for it once it has been a double, where that tells anything."""
    if value[-1] not in ("02468" if len(value) == _MOST_SHORTEST else "0"):
        return False
    return value == format(Decimal(repr(float(value))), "f").removesuffix(".0") and _gap(value) > 1


def is_cut_double(value: str) -> bool:
    """Say whether an id is the 17 digits and zeros that SQL Server makes of it once it has been a double."""
    return value[-1] == "0" and len(value) > _MOST_SHORTEST and value == format(Decimal(f"{float(value):.17g}"), "f")


def reads_like_a_double(value: str) -> bool:
    """Say whether an id is exactly what a program prints for it once it has been a number (4 % of 18 digits are)."""
    return is_exact_double(value) or is_shortest_double(value) or is_cut_double(value)


def is_suspect(value: str) -> bool:
    """Say whether an id looks in any way as if it had been a number."""
    return ends_in_zeros(value, _SQLITE_DIGITS) or ends_in_zeros(value) or reads_like_a_double(value)


def _gap(value: str) -> float:
    number = float(value)
    return math.ulp(number) if math.isfinite(number) else math.inf


def _one_in_gap(value: str) -> float:
    return 1 / max(_gap(value), 1)


def _one_in_zeros(value: str, *, kept: int) -> float:
    return 10.0 ** -max(len(value) - kept, 0)


def find_suspects(rows: Sequence[str]) -> set[str]:
    """Give the ids that look rounded where more rows have such ids than chance explains; `rows` are ids, one for a row."""
    even = [value for value in rows if value[-1] in "02468"]  # whatever was rounded is even, and half of all ids is not
    tens = [value for value in even if value[-1] == "0"]
    exact = [value for value in even if float(value) == int(value) and _gap(value) > 1]
    shortest = [
        value for value in even if (value[-1] == "0" or len(value) == _MOST_SHORTEST) and is_shortest_double(value)
    ]
    either = [*exact, *(value for value in shortest if not is_exact_double(value))]
    kinds = Counter(zip(map(len, rows), [value[:4] for value in rows], strict=True))
    suspects: set[str] = set()
    for marked, chance, fewest in (
        (list(filter(ends_in_zeros, tens)), partial(_one_in_zeros, kept=EXACT_DIGITS), 1),
        (
            [value for value in tens if ends_in_zeros(value, _SQLITE_DIGITS)],
            partial(_one_in_zeros, kept=_SQLITE_DIGITS),
            _FEWEST_ROWS,
        ),
        (exact, _one_in_gap, _FEWEST_ROWS),
        (shortest, _one_in_gap, _FEWEST_ROWS),
        (list(filter(is_cut_double, tens)), _one_in_gap, _FEWEST_ROWS),
        (either, lambda value: min(2 * _one_in_gap(value), 1), _FEWEST_ROWS),
    ):
        if len(marked) < fewest:
            continue
        # Several chances as one, their mean: it makes the tail never less likely than it is.
        usual = math.fsum(chance(start.ljust(digits, "5")) * count for (digits, start), count in kinds.items()) / len(
            rows
        )
        if tail_chance(len(marked), len(rows), usual) <= _UNBELIEVABLE:
            suspects.update(marked)
    return suspects


def mark_rounded(drafts: Sequence[Draft], options: PlanOptions) -> list[Draft] | str:
    """Refuse the ids of one sheet that look rounded where chance does not explain them.

    The sentence that refuses the whole sheet where all of at least three different ids do: then no row can be trusted.
    """
    rows = [
        value for value in all_ids(draft for draft in drafts if not draft.confirmed) if value not in options.confirm_ids
    ]
    suspects = find_suspects(rows)
    if not suspects:
        return list(drafts)
    different = set(rows)
    if len(different) >= _FEWEST_ROWS and suspects == different:
        return _ALL_ROUNDED.format(len(different))
    hits = sum(value in suspects for value in rows)
    reason = _SOME_ROUNDED.format(hits, len(rows))
    return [draft.refuse(reason) if suspects.intersection(_unconfirmed(draft, options)) else draft for draft in drafts]


_ALL_ROUNDED = (
    "All {} ids look as if a program rounded them: each is exactly what a computer makes of an id that it has stored as a number. "
    'Export the list again and do not open it in Excel first. If the ids are right, write "yes" in a column named Confirmed.'
)
_SOME_ROUNDED = (
    "{} of the {} ids on this sheet look as if a program rounded them, and this is one of them. Compare it with Zoho. If it is right, "
    'write "yes" in a column named Confirmed.'
)
_ROUNDED_IT = "as if a program rounded"
_REPEATED = (
    "{} stands on {} and looks as if a program rounded it; different ids become one in that way. Compare each of these rows with Zoho. If "
    'the id is right, write "yes" in a column named Confirmed (or use the setting confirm_id = {}).'
)


def mark_repeated(drafts: Sequence[Draft], options: PlanOptions) -> list[Draft]:
    """Refuse ids that look rounded and stand on several rows of the run, on all rows where nobody has confirmed them."""
    ids = all_ids(drafts)
    if len(set(ids)) == len(ids):
        return list(drafts)  # nearly always
    rows: dict[str, list[Draft]] = {
        value: [] for value, count in Counter(ids).items() if count > 1 and is_suspect(value)
    }
    for draft in drafts if rows else ():
        for value in draft.ids():
            if value in rows:
                rows[value].append(draft)
    return [_refuse_repeated(draft, rows, options) for draft in drafts]


def _refuse_repeated(draft: Draft, rows: Mapping[str, Sequence[Draft]], options: PlanOptions) -> Draft:
    for value in _unconfirmed(draft, options):
        if value in rows:
            named = say_rows([(other.sheet_index, other.row) for other in rows[value]])
            return draft if _ROUNDED_IT in draft.message else draft.refuse(_REPEATED.format(value, named, value))
    return draft


def _unconfirmed(draft: Draft, options: PlanOptions) -> Sequence[str]:
    """Give the ids of a row that nobody has confirmed."""
    return () if draft.confirmed else [value for value in draft.ids() if value not in options.confirm_ids]


def tail_chance(hits: int, trials: int, chance: float) -> float:
    """Give the chance of at least so many hits in so many independent trials."""
    if hits <= 0 or chance >= 1:
        return 1.0
    term = math.exp(
        math.lgamma(trials + 1)
        - math.lgamma(hits + 1)
        - math.lgamma(trials - hits + 1)
        + hits * math.log(chance)
        + (trials - hits) * math.log1p(-chance),
    )
    total = 0.0
    for seen in range(hits, trials + 1):
        total += term
        term *= (trials - seen) / (seen + 1) * chance / (1 - chance)
        if term < total * 1e-12:
            break
    return min(total, 1.0)
