"""Rows against each other, over all files of a run: duplicates, and one id with two meanings."""

from collections.abc import Sequence
from dataclasses import replace

from batchpub.cells import Sheet
from batchpub.course import Pile
from batchpub.plan.draft import Draft
from batchpub.plan.text import fold_name, list_names, quote

_NAMED_ROWS = 5


def compare_rows(drafts: Sequence[Draft], sheets: Sequence[Sheet]) -> list[Draft]:
    """Keep the first row of every course; refuse all rows of a course whose rows contradict each other.

    Only rows that could be published, and those a Publish column keeps back, are compared.
    """
    rows = [draft for draft in drafts if draft.course is not None and (draft.pile is Pile.TO_PUBLISH or draft.said_no)]
    settled = list(drafts)
    if len({draft.course.course_id for draft in rows if draft.course}) == len(rows):
        return settled  # nearly always
    groups: dict[tuple[str, str], list[Draft]] = {}
    for draft in rows:
        if draft.course:
            groups.setdefault((draft.course.course_id, draft.course.batch_id), []).append(draft)
    for same in groups.values():
        if len(same) > 1:
            for draft in _settle_course(same, _find_contradiction(same), sheets):
                settled[draft.position] = draft
    return settled


def _find_contradiction(rows: Sequence[Draft]) -> str:
    """Say in what the rows of one course differ so that nobody can know what was meant, or ""."""
    publishable = [draft for draft in rows if not draft.said_no]
    if 0 < len(publishable) < len(rows):
        return "say both yes and no under Publish"
    if len({fold_name(draft.name) for draft in publishable} - {""}) > 1:
        return "give it different names"
    return "differ in Notify" if len({draft.notify for draft in publishable}) > 1 else ""


def _settle_course(rows: Sequence[Draft], contradiction: str, sheets: Sequence[Sheet]) -> list[Draft]:
    publishable = [draft for draft in rows if not draft.said_no]
    if contradiction:
        return [_refuse(draft, rows, contradiction, sheets) for draft in publishable]
    return [_mark_duplicate(draft, publishable[0], sheets) for draft in publishable[1:]]


def _refuse(draft: Draft, rows: Sequence[Draft], contradiction: str, sheets: Sequence[Sheet]) -> Draft:
    others = [other for other in rows[: _NAMED_ROWS + 1] if other.position != draft.position][:_NAMED_ROWS]
    named = [_name_row(other, draft, sheets) for other in others]
    if len(rows) - 1 > len(others):
        named.append(f"{len(rows) - 1 - len(others)} more")
    return draft.refuse(
        f"this row and {list_names(named)} have the same id {draft.course} but {contradiction}, so nobody can know which was meant. "
        f"Correct the wrong row or delete it."
    )


def _mark_duplicate(draft: Draft, first: Draft, sheets: Sequence[Sheet]) -> Draft:
    sentence = f"{draft.cell}: the same course as {_name_row(first, draft, sheets)}; it is published once."
    return replace(draft, pile=Pile.DUPLICATE, message=sentence, duplicate_of=first.position)


def _name_row(named: Draft, seen_from: Draft, sheets: Sequence[Sheet]) -> str:
    name = f" ({quote(named.name)})" if named.name and fold_name(named.name) != fold_name(seen_from.name) else ""
    if named.sheet_index == seen_from.sheet_index:
        return f"row {named.row}{name}"
    return f"row {named.row} of {sheets[named.sheet_index].file}{name}"
