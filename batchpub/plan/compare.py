"""Rows against each other, over all files of a run: duplicates, and one id with two meanings.

The rows travel as a pandas table of text. pandas is imported where it is used: it costs half a second, and `--help`
should not pay that.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from batchpub.course import Pile, Sheet
from batchpub.plan.draft import Draft
from batchpub.plan.text import fold_name, list_names, quote

if TYPE_CHECKING:
    import pandas as pd

_NAMED_ROWS = 5


def compare_rows(drafts: Sequence[Draft], sheets: Sequence[Sheet]) -> list[Draft]:
    """Keep the first row of every course; refuse all rows of a course whose rows contradict each other.

    Only rows that could be published, and those a Publish column keeps back, are compared.
    """
    rows = [draft for draft in drafts if draft.course is not None and (draft.pile is Pile.TO_PUBLISH or draft.said_no)]
    if len({draft.course for draft in rows}) == len(rows):
        return list(drafts)  # nearly always
    table = _tabulate(rows)
    repeated = table[table.duplicated(["course_id", "batch_id"], keep=False)]
    settled = list(drafts)
    for _, group in repeated.groupby(["course_id", "batch_id"], sort=False):
        same = [drafts[position] for position in group.index]
        for draft in _settle_course(same, _find_contradiction(group), sheets):
            settled[draft.position] = draft
    return settled


def _tabulate(rows: Sequence[Draft]) -> "pd.DataFrame":
    """Lay out rows that have a course as text under their positions."""
    import pandas as pd  # noqa: PLC0415 - see above

    return pd.DataFrame(
        {
            "course_id": [draft.course.course_id for draft in rows if draft.course],
            "batch_id": [draft.course.batch_id for draft in rows if draft.course],
            "name": [fold_name(draft.name) for draft in rows],
            "notify": ["" if draft.said_no else str(draft.notify) for draft in rows],
            "publish": ["no" if draft.said_no else "yes" for draft in rows],
        },
        index=[draft.position for draft in rows],
        dtype=object,  # as text: pandas must never infer a type for an id
    )


def _find_contradiction(group: "pd.DataFrame") -> str:
    """Say in what the rows of one course differ so that nobody can know what was meant, or ""."""
    if group["publish"].nunique() > 1:
        return "say both yes and no under Publish"
    publishable = group[group["publish"] == "yes"]
    if publishable.loc[publishable["name"] != "", "name"].nunique() > 1:
        return "give it different names"
    return "differ in Notify" if publishable["notify"].nunique() > 1 else ""


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
    sentence = (
        f"{draft.cell}: this row and {list_names(named)} have the same id {draft.course} but {contradiction}, so nobody can know which was "
        f"meant. Correct the wrong row or delete it."
    )
    return replace(draft, pile=Pile.INVALID, message=sentence)


def _mark_duplicate(draft: Draft, first: Draft, sheets: Sequence[Sheet]) -> Draft:
    sentence = f"{draft.cell}: the same course as {_name_row(first, draft, sheets)}; it is published once."
    return replace(draft, pile=Pile.DUPLICATE, message=sentence, duplicate_of=first.position)


def _name_row(named: Draft, seen_from: Draft, sheets: Sequence[Sheet]) -> str:
    name = f" ({quote(named.name)})" if named.name and fold_name(named.name) != fold_name(seen_from.name) else ""
    if named.sheet_index == seen_from.sheet_index:
        return f"row {named.row}{name}"
    return f"row {named.row} of {sheets[named.sheet_index].file}{name}"
