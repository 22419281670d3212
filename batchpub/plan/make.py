"""All rows of all sheets into piles: each row by itself, then each sheet as a whole, then the rows against each other."""

from collections.abc import Sequence
from itertools import count

from batchpub.course import Pile, Plan, PlannedRow, PlannedSheet, Sheet
from batchpub.errors import SheetRefused
from batchpub.plan.bulk import without_collector
from batchpub.plan.compare import compare_rows
from batchpub.plan.draft import Draft
from batchpub.plan.judge import find_roles, is_ours, judge_row
from batchpub.plan.lengths import settle_lengths, tell_accounts, tell_other_length
from batchpub.plan.options import PlanOptions
from batchpub.plan.rounding import mark_repeated, mark_rounded


@without_collector()
def make_plan(sheets: Sequence[Sheet], options: PlanOptions) -> Plan:
    """Put every row of every sheet into exactly one pile, in the order of the files.

    The same sheets and options always give the same plan: nothing is read, asked or remembered here. Raises SheetRefused
    when all ids of a sheet look rounded: then no single row can be trusted, and nothing may be sent.
    """
    positions = count()
    weighed: list[Draft] = []
    notes: list[list[str]] = []
    refused: list[tuple[str, str]] = []
    for index, sheet in enumerate(sheets):
        drafts, told = _weigh(_judge_sheet(sheet, options, index, positions), options)
        if isinstance(drafts, str):
            refused.append((sheet.file, drafts))
        else:
            weighed += drafts
        notes.append(told)
    if refused:
        raise SheetRefused(*_say_all(refused))
    settled = compare_rows(mark_repeated(weighed, options), sheets)
    return Plan(sheets=tuple(map(_describe, sheets, notes)), rows=tuple(map(_settle, settled)))


def _weigh(drafts: list[Draft], options: PlanOptions) -> tuple[list[Draft] | str, list[str]]:
    """Judge one sheet as a whole: the length of its ids, whether they look rounded, whose they are.

    A sentence in place of the rows refuses the sheet; the others are notes for the person.
    """
    rounded = mark_rounded(settle_lengths(tell_other_length(drafts, options), options), options)
    return (rounded, []) if isinstance(rounded, str) else tell_accounts(rounded, options)


def _say_all(sentences: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Join the verdicts over several files: the first file, and what is wrong with it and with the others."""
    file, sentence = sentences[0]
    others = [f"{other}: {text}" for other, text in sentences[1:]]
    return file, " ".join([sentence, *others])


def _judge_sheet(sheet: Sheet, options: PlanOptions, sheet_index: int, positions: "count[int]") -> list[Draft]:
    roles = find_roles(sheet, options)
    return [
        judge_row(row, roles, options, position=position, sheet_index=sheet_index)
        for row, position in zip(sheet.rows, positions, strict=False)
    ]


def _describe(sheet: Sheet, notes: Sequence[str]) -> PlannedSheet:
    own = tuple(heading for heading in sheet.headings if not is_ours(heading))
    return PlannedSheet(file=sheet.file, sheet=sheet.name, headings=own, notes=(*sheet.notes, *notes))


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
        confirmed=draft.confirmed,
    )
