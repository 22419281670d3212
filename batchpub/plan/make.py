"""All rows of all sheets into piles: each by itself, each sheet as a whole, then against what is known and each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from types import MappingProxyType

from batchpub.cells import Sheet
from batchpub.course import Course, IdShape, Pile, Plan, PlannedRow, PlannedSheet
from batchpub.errors import SheetRefused, refuse_all
from batchpub.plan.bulk import without_collector
from batchpub.plan.compare import compare_rows
from batchpub.plan.draft import Draft, all_ids
from batchpub.plan.judge import find_roles, is_ours, judge_row
from batchpub.plan.lengths import settle_lengths, shape_of, tell_accounts, tell_other_length
from batchpub.plan.options import PlanOptions
from batchpub.plan.plain import find_plain
from batchpub.plan.rounding import mark_repeated, mark_rounded

_KEEP_COURSE = (Pile.TO_PUBLISH, Pile.ALREADY_PUBLISHED, Pile.DUPLICATE)
_NONE: Mapping[Course, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Every row of some sheets judged by itself and as part of its sheet, not yet compared with the others."""

    sheets: tuple[Sheet, ...]
    drafts: tuple[Draft, ...]
    notes: tuple[tuple[str, ...], ...]
    """What there is to say about each sheet as a whole."""
    options: PlanOptions
    is_mixed: bool
    """Whether any sheet has ids of several lengths."""

    def courses(self) -> list[Course]:
        """Give the courses that rows ask to publish, each once."""
        return list(
            dict.fromkeys(draft.course for draft in self.drafts if draft.course and draft.pile is Pile.TO_PUBLISH)
        )


def make_plan(sheets: Sequence[Sheet], options: PlanOptions, published: Mapping[Course, str] = _NONE) -> Plan:
    """Put every row of every sheet into exactly one pile, in the order of the files.

    The same arguments always give the same plan: nothing is read, asked or remembered here. `published` has the courses
    that are known to be published, each with the sentence that says how that is known. Raises SheetRefused as
    `judge_sheets` does.
    """
    return settle_plan(judge_sheets(sheets, options), published)


@without_collector()
def judge_sheets(sheets: Sequence[Sheet], options: PlanOptions) -> Judged:
    """Judge every row by itself and every sheet as a whole.

    Raises SheetRefused when all ids of a sheet look rounded: then no single row can be trusted, and nothing may be sent.
    """
    positions = count()
    weighed: list[Draft] = []
    notes: list[tuple[str, ...]] = []
    refused: list[SheetRefused] = []
    is_mixed = False
    for index, sheet in enumerate(sheets):
        drafts = _judge_sheet(sheet, options, index, positions)
        ids = all_ids(drafts)
        has_lengths = len(set(map(len, ids))) > 1
        is_mixed = is_mixed or has_lengths
        # Most sheets have ids of one length, each once; what only others need is passed over.
        drafts = tell_other_length(drafts, options)
        if has_lengths or options.account:
            drafts = settle_lengths(drafts, options)
        rounded = mark_rounded(drafts, options)
        if isinstance(rounded, str):
            refused.append(SheetRefused(sheet.file, rounded))
            continue
        if len(set(ids)) < len(ids):
            rounded = mark_repeated(rounded, options)
        drafts, accounts = tell_accounts(rounded, options)
        weighed += drafts
        notes.append(tuple(accounts))
    if refused:
        raise refuse_all(refused)
    return Judged(sheets=tuple(sheets), drafts=tuple(weighed), notes=tuple(notes), options=options, is_mixed=is_mixed)


def judge_again(judged: Judged, account: tuple[IdShape, ...]) -> Judged:
    """Judge once more in the light of what was published before, where that can change anything. Raises as `judge_sheets`."""
    known = {(shape.digits, shape.prefix) for shape in account}
    if not account or (
        len(known) == 1 and not judged.is_mixed and known.issuperset(map(shape_of, all_ids(judged.drafts)))
    ):
        return judged
    return judge_sheets(judged.sheets, replace(judged.options, account=account))


@without_collector()
def settle_plan(judged: Judged, published: Mapping[Course, str] = _NONE) -> Plan:
    """Compare the rows with what is known to be published, then with each other.

    In this order, because rows of a course that is published already have nothing to decide any more: last month's list
    may well say something else than this month's. Only a sheet's own rows are compared before: ids that became one there
    were different ones once, whatever is published under what they became.
    """
    drafts = [_mark_published(draft, published) for draft in judged.drafts] if published else judged.drafts
    if len(judged.sheets) > 1:
        drafts = mark_repeated(drafts, judged.options)
    settled = compare_rows(drafts, judged.sheets)
    return Plan(sheets=tuple(map(_describe, judged.sheets, judged.notes)), rows=tuple(map(_settle, settled)))


def _mark_published(draft: Draft, published: Mapping[Course, str]) -> Draft:
    """Settle a row that could be published and whose course is. One that is wrong for its own reasons stays so."""
    if draft.course is None or draft.pile is not Pile.TO_PUBLISH or draft.course not in published:
        return draft
    return replace(draft, pile=Pile.ALREADY_PUBLISHED, message=published[draft.course])


def _judge_sheet(sheet: Sheet, options: PlanOptions, sheet_index: int, positions: "count[int]") -> list[Draft]:
    roles, judge_plain = find_roles(sheet, options), find_plain(sheet, sheet_index, options)
    return [
        (judge_plain and judge_plain(row, position))
        or judge_row(row, roles, options, position=position, sheet_index=sheet_index)
        for row, position in zip(sheet.rows, positions, strict=False)
    ]


def _describe(sheet: Sheet, notes: Sequence[str]) -> PlannedSheet:
    kept = [index for index, heading in enumerate(sheet.headings) if not is_ours(heading)]
    layout = sheet.layout and replace(sheet.layout, columns=tuple(sheet.layout.columns[index] for index in kept))
    return PlannedSheet(
        file=sheet.file,
        sheet=sheet.name,
        headings=tuple(sheet.headings[index] for index in kept),
        notes=(*sheet.notes, *notes),
        layout=layout,
        sha256=sheet.sha256,
    )


def _settle(draft: Draft) -> PlannedRow:
    """Finish a row. Only rows that stand for a course keep its id: a refused id must not travel on."""
    return draft if draft.pile in _KEEP_COURSE else replace(draft, course=None, notify=False)
