"""One account has ids of one length and one beginning: what a sheet's other ids, and what is published already, say of an id.

An id seems to be the organisation's number and 12 digits, 16 to 19 in all: Zoho's samples and public code, inferred. An id
of another length than the account's lost a digit in copying, or got one twice.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from batchpub.course import Pile
from batchpub.plan.draft import Draft, all_ids
from batchpub.plan.options import PlanOptions, say_digits
from batchpub.plan.ranges import say_rows

_SERIAL_DIGITS = 12  # what follows the organisation's number
_NOUNS = ("Course ID", "Batch ID")
_OTHER = (
    "this {} has {} digits, and {}: probably a digit was lost or doubled in copying. Copy it from Zoho again, as text. (If it is right, "
    "use the setting id_digits = {}.)"
)
_NOBODY_KNOWS = (
    "this {} has {} digits. The ids on this sheet have {} digits, and no length is that of most of them, so nobody can tell which is your "
    "account's. Compare them with Zoho. (Whoever runs this can give the setting id_digits the number of digits that ids of your account have.)"
)
_FOREIGN = "{} look like ids of another Zoho account: they have {}, and what was published before has {}. Check that this is the right account, or the right list."
_TWO_ACCOUNTS = "the Course ID begins with {} and the Batch ID with {}, so that they look like ids of two Zoho accounts. Compare both with Zoho."


def shape_of(value: str) -> tuple[int, str]:
    """Give what an id has in common with all ids of its account: how many digits, and the first of them."""
    return len(value), value[:-_SERIAL_DIGITS]


def settle_lengths(drafts: Sequence[Draft], options: PlanOptions) -> list[Draft]:
    """Refuse the ids of one sheet that have another length than the account's.

    That is the length most of the sheet's ids have, more than all others together; of a sheet with one id, or with no such
    length, the length of what was published before. Where neither tells, all ids are refused.
    """
    rows = all_ids(drafts)
    lengths = Counter(map(len, rows))
    usual, why = _find_usual(rows, options) if len(lengths) > 1 or options.account else (max(lengths, default=0), "")
    if set(lengths) <= {usual}:
        return list(drafts)
    return [_judge_length(draft, usual, why, lengths) for draft in drafts]


def tell_other_length(drafts: Sequence[Draft], options: PlanOptions) -> list[Draft]:
    """Where all ids of a sheet have one length that no id may have, say just that and name the setting."""
    if not any(draft.length for draft in drafts):
        return list(drafts)
    candidates = [draft for draft in drafts if draft.pile is not Pile.SKIPPED and (draft.length or draft.course)]
    lengths = {draft.length for draft in candidates}
    if len(candidates) < 2 or len(lengths) != 1 or 0 in lengths:  # noqa: PLR2004 - one id is a slip, two are a pattern
        return list(drafts)
    length = lengths.pop()
    expected = say_digits(options.id_digits).removesuffix(" digits")
    sentence = (
        f"this Course ID has {length} digits, as all {len(candidates)} ids on this sheet have; batchpub expects {expected}. "
        f"Export the list again. (If the ids of your account have {length} digits, use the setting id_digits = {length}.)"
    )
    positions = {draft.position for draft in candidates}
    return [
        replace(draft, message=f"{draft.cell}: {sentence}") if draft.position in positions else draft
        for draft in drafts
    ]


def _find_usual(rows: Sequence[str], options: PlanOptions) -> tuple[int, str]:
    """Give the account's length and how it is known; 0 where nobody can tell."""
    different = set(rows)
    most = _most_of(Counter(map(len, rows)))
    most = most if most == _most_of(Counter(map(len, different))) else 0  # one id on many rows is no majority
    published: Counter[int] = Counter()
    for shape in options.account:
        published[shape.digits] += shape.count
    known = _most_of(published)
    if known and (not most or len(different) == 1):
        return known, f"what was published before has {known}"
    return most, f"most ids on this sheet have {most}"


def _most_of(counted: Counter[int]) -> int:
    """Give what is counted more often than all others together, 0 where nothing is."""
    most, count = counted.most_common(1)[0] if counted else (0, 0)
    return most if count > counted.total() - count else 0


def _judge_length(draft: Draft, usual: int, why: str, lengths: Counter[int]) -> Draft:
    wrong = [(noun, len(value)) for noun, value in zip(_NOUNS, draft.ids(), strict=False) if len(value) != usual]
    if not wrong:
        return draft
    seen = " or ".join(map(str, sorted(lengths)))
    reasons = [
        _OTHER.format(noun, digits, why, digits) if usual else _NOBODY_KNOWS.format(noun, digits, seen)
        for noun, digits in wrong
    ]
    return replace(draft.refuse(" ".join(reasons)), course=None)


def tell_accounts(drafts: Sequence[Draft], options: PlanOptions) -> tuple[list[Draft], list[str]]:
    """Warn of ids that look like another account's: on their rows, and once for the sheet. Nothing is refused for it."""
    notes: list[str] = []
    publishable = [draft for draft in drafts if draft.pile is Pile.TO_PUBLISH]
    known = {(shape.digits, shape.prefix) for shape in options.account}
    foreign = [draft for draft in publishable if known and known.isdisjoint(map(shape_of, draft.ids()))]
    if foreign:
        which = "These ids" if len(foreign) == len(publishable) else f"The ids in {_say_rows(foreign)}"
        theirs = {shape_of(value) for draft in foreign for value in draft.ids()}
        notes.append(_FOREIGN.format(which, _say_shapes(theirs), _say_shapes(known)))
    mixed = [draft for draft in publishable if len(draft.ids()) > 1 and len(set(map(shape_of, draft.ids()))) > 1]
    if mixed:
        notes.append(
            f"Course ID and Batch ID look like ids of two Zoho accounts in {_say_rows(mixed)}. Compare them with Zoho."
        )
    warned = {draft.position: _tell_two_accounts(draft) for draft in mixed}
    return [warned.get(draft.position, draft) for draft in drafts] if warned else list(drafts), notes


def _say_rows(drafts: Sequence[Draft]) -> str:
    return say_rows([(0, draft.row) for draft in drafts])


def _say_shapes(shapes: Iterable[tuple[int, str]]) -> str:
    return " or ".join(
        f"{digits} digits beginning with {prefix}" if prefix else f"{digits} digits"
        for digits, prefix in sorted(shapes)[:3]
    )


def _tell_two_accounts(draft: Draft) -> Draft:
    warning = f"{draft.cell}: {_TWO_ACCOUNTS.format(*(shape_of(value)[1] for value in draft.ids()))}"
    return replace(draft, message=f"{draft.message} {warning}".lstrip())
