"""What only a whole sheet shows: ids that all went through a number, ids that all have another length."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from batchpub.course import Pile
from batchpub.plan.draft import Draft
from batchpub.plan.ids import reads_like_a_double, tail_chance
from batchpub.plan.options import PlanOptions

_SHORTEST_TO_JUDGE = 18  # shorter ids survive being a number too often to tell
_FEWEST_TO_JUDGE = 3  # 3 % of real ids read like a double by chance: one or two say nothing
_CHANCE_OF_ONE = 0.032  # 1 in 64 for an exact double, and as much again for JavaScript's shortest digits
_UNBELIEVABLE = 1e-4  # so rarely would honest ids look like this by accident


def find_unconfirmed(drafts: Sequence[Draft], options: PlanOptions) -> set[str]:
    """Give the different ids of a sheet that nobody has confirmed; none where they are too short to tell anything."""
    if options.id_digits < _SHORTEST_TO_JUDGE:
        return set()
    ids = {
        value
        for draft in drafts
        if draft.course is not None and not draft.confirmed
        for value in (draft.course.course_id, draft.course.batch_id)
        if value
    }
    return ids - options.confirm_ids


def find_all_rounded(ids: Collection[str]) -> str:
    """Give the sentence that refuses a whole sheet because all its ids went through a number, or ""."""
    if len(ids) < _FEWEST_TO_JUDGE or not all(map(reads_like_a_double, ids)):
        return ""
    return (
        f"All {len(ids)} ids look as if a program rounded them: each is exactly what a computer makes of an id that it has stored as a "
        f'number. Export the list again and do not open it in Excel first. If the ids are right, write "yes" in a column named Confirmed.'
    )


def mark_rounded(drafts: Sequence[Draft], ids: Collection[str]) -> list[Draft]:
    """Refuse the ids that read like rounded ones where there are more of them than chance explains.

    One such id, or a few among many, says nothing; twenty among thirty were pasted from a program that rounded them.
    """
    suspects = {value for value in ids if reads_like_a_double(value)}
    if len(suspects) < _FEWEST_TO_JUDGE or tail_chance(len(suspects), len(ids), _CHANCE_OF_ONE) > _UNBELIEVABLE:
        return list(drafts)
    reason = (
        f"{len(suspects)} of the {len(ids)} ids on this sheet look as if a program rounded them, and this is one of them. Compare it with "
        f'Zoho. If it is right, write "yes" in a column named Confirmed.'
    )
    return [
        _refuse(draft, reason)
        if draft.course is not None
        and not draft.confirmed
        and {draft.course.course_id, draft.course.batch_id} & suspects
        else draft
        for draft in drafts
    ]


def tell_other_length(drafts: Sequence[Draft], options: PlanOptions) -> list[Draft]:
    """Where all ids of a sheet have one other length, say just that and name the setting."""
    candidates = [
        draft for draft in drafts if draft.pile in (Pile.INVALID, Pile.TO_PUBLISH) and (draft.length or draft.course)
    ]
    lengths = {draft.length for draft in candidates}
    if len(candidates) < 2 or len(lengths) != 1 or 0 in lengths:  # noqa: PLR2004 - one id is a slip, two are a pattern
        return list(drafts)
    length = lengths.pop()
    sentence = (
        f"this Course ID has {length} digits, as all {len(candidates)} ids on this sheet have; batchpub expects {options.id_digits}. "
        f"If the ids of your account have {length} digits, set --id-digits {length}; otherwise export the list again."
    )
    told = {draft.position for draft in candidates}
    return [
        replace(draft, message=f"{draft.cell}: {sentence}") if draft.position in told else draft for draft in drafts
    ]


def say_all(sentences: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Join the verdicts over several files: the first file, and what is wrong with it and with the others."""
    file, sentence = sentences[0]
    others = [f"{other}: {text}" for other, text in sentences[1:]]
    return file, " ".join([sentence, *others])


def _refuse(draft: Draft, reason: str) -> Draft:
    if draft.pile is Pile.INVALID:
        return replace(draft, message=f"{draft.message} {reason}")
    return (
        replace(draft, pile=Pile.INVALID, message=f"{draft.cell}: {reason}") if draft.pile is Pile.TO_PUBLISH else draft
    )
