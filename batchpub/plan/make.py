"""All rows of all sheets into piles: each row by itself, then each sheet as a whole, then the rows against each other."""

from collections.abc import Sequence
from itertools import count

from batchpub.course import Pile, Plan, PlannedRow, PlannedSheet, Sheet
from batchpub.errors import SheetRefused
from batchpub.plan.bulk import without_collector
from batchpub.plan.compare import compare_rows
from batchpub.plan.draft import Draft
from batchpub.plan.judge import find_roles, is_ours, judge_row
from batchpub.plan.options import PlanOptions
from batchpub.plan.verdicts import find_all_rounded, find_unconfirmed, mark_rounded, say_all, tell_other_length


@without_collector()
def make_plan(sheets: Sequence[Sheet], options: PlanOptions) -> Plan:
    """Put every row of every sheet into exactly one pile, in the order of the files.

    The same sheets and options always give the same plan: nothing is read, asked or remembered here. Raises SheetRefused
    when all ids of a sheet look rounded: then no single row can be trusted, and nothing may be sent.
    """
    positions = count()
    judged = [_judge_sheet(sheet, options, index, positions) for index, sheet in enumerate(sheets)]
    unconfirmed = [find_unconfirmed(drafts, options) for drafts in judged]
    refused = [
        (sheet.file, sentence)
        for sheet, ids in zip(sheets, unconfirmed, strict=True)
        if (sentence := find_all_rounded(ids))
    ]
    if refused:
        raise SheetRefused(*say_all(refused))
    weighed = [
        draft
        for drafts, ids in zip(judged, unconfirmed, strict=True)
        for draft in tell_other_length(mark_rounded(drafts, ids), options)
    ]
    return Plan(
        sheets=tuple(map(_describe, sheets)),
        rows=tuple(map(_settle, compare_rows(weighed, sheets))),
    )


def _judge_sheet(sheet: Sheet, options: PlanOptions, sheet_index: int, positions: "count[int]") -> list[Draft]:
    roles = find_roles(sheet, options)
    return [
        judge_row(row, roles, options, position=position, sheet_index=sheet_index)
        for row, position in zip(sheet.rows, positions, strict=False)
    ]


def _describe(sheet: Sheet) -> PlannedSheet:
    own = tuple(heading for heading in sheet.headings if not is_ours(heading))
    return PlannedSheet(file=sheet.file, sheet=sheet.name, headings=own, notes=sheet.notes)


def _settle(draft: Draft) -> PlannedRow:
    """Finish a row. Only rows that stand for a course keep its id: a refused id must not travel on."""
    keeps_course = draft.pile in (Pile.TO_PUBLISH, Pile.DUPLICATE)
    return PlannedRow(
        position=draft.position,
        sheet_index=draft.sheet_index,
        row=draft.row,
        cell=draft.cell,
        course=draft.course if keeps_course else None,
        name=draft.name,
        notify=draft.notify and keeps_course,
        pile=draft.pile,
        message=draft.message,
        duplicate_of=draft.duplicate_of,
        values=draft.values,
    )
