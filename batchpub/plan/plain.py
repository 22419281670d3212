"""The short way to a verdict, for a plain row of a text file with which nothing is wrong.

Nearly every row of a long list is one. It gets the same draft as `judge_row` gives it, at a third of the time, because no
cell of it is ever made; whatever is only slightly odd goes the long way. A property test holds the two together.
"""

from dataclasses import dataclass

from batchpub.course import Course, NotifyPolicy, Pile, Sheet, SheetRow, TextCells
from batchpub.plan.draft import Draft
from batchpub.plan.options import PlanOptions
from batchpub.plan.rounding import FEWEST_ZEROS
from batchpub.plan.text import trim
from batchpub.plan.words import Word, read_word_text

_OTHER_ROLES = frozenset({"bp_outcome", "bp_message", "bp_course_id", "bp_batch_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """Where the texts of one sheet's plain rows are that mean something to us; None for a role without a column."""

    course_id: int
    batch_id: int | None
    name: int | None
    notify: int | None
    publish: int | None
    confirmed: int | None
    digits: tuple[int, int]
    policy: NotifyPolicy


def find_plain(sheet: Sheet, options: PlanOptions) -> Plain | None:
    """Say how a sheet's plain rows are judged; None where none can be, as in a results file of ours."""
    roles = sheet.columns
    if not _OTHER_ROLES.isdisjoint(roles):
        return None
    return Plain(
        course_id=roles["course_id"],
        batch_id=roles.get("batch_id"),
        name=roles.get("name"),
        notify=roles.get("notify"),
        publish=roles.get("publish"),
        confirmed=roles.get("confirmed"),
        digits=options.id_digits,
        policy=options.notify,
    )


def judge_plain(row: SheetRow, plain: Plain, *, position: int, sheet_index: int) -> Draft | None:
    """Give the draft of a plain row that is to be published, None for any other."""
    cells = row.cells
    if type(cells) is not TextCells or row.extra or row.hidden:
        return None
    texts = cells.texts
    course_id = texts[plain.course_id]
    batch_id = "" if plain.batch_id is None else texts[plain.batch_id]
    if not _is_plain_id(course_id, plain.digits) or (batch_id and not _is_plain_id(batch_id, plain.digits)):
        return None
    notify = Word.BLANK if plain.notify is None else read_word_text(texts[plain.notify])
    publish = Word.BLANK if plain.publish is None else read_word_text(texts[plain.publish])
    if notify is Word.UNREADABLE or publish is Word.NO or publish is Word.UNREADABLE:
        return None
    is_mailed = notify is Word.YES or (notify is Word.BLANK and plain.policy is NotifyPolicy.ALL)
    return Draft(
        position=position,
        sheet_index=sheet_index,
        row=row.number,
        cell=f"{cells.letters[plain.course_id]}{row.number}",
        pile=Pile.TO_PUBLISH,
        course=Course(course_id=course_id, batch_id=batch_id),
        name="" if plain.name is None else trim(texts[plain.name]),
        notify=is_mailed and plain.policy is not NotifyPolicy.NEVER,
        values=tuple(texts),
        confirmed=plain.confirmed is not None and read_word_text(texts[plain.confirmed]) is Word.YES,
    )


def _is_plain_id(text: str, digits: tuple[int, int]) -> bool:
    return (
        digits[0] <= len(text) <= digits[1]
        and text.isdigit()
        and text.isascii()
        and text[0] != "0"
        and not text.endswith(FEWEST_ZEROS)
    )
