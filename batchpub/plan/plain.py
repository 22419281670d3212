"""The short way to a verdict, for a plain row of a text file with which nothing is wrong.

Nearly every row of a long list is one. It gets the same draft as `judge_row` gives it, at a third of the time, because no
cell of it is ever made; whatever is only slightly odd goes the long way. A property test holds the two together.
"""

from collections.abc import Callable

from batchpub.cells import Sheet, SheetRow, TextCells
from batchpub.course import Course, NotifyPolicy, Pile
from batchpub.plan.draft import Draft
from batchpub.plan.judge import is_ours
from batchpub.plan.options import PlanOptions
from batchpub.plan.rounding import FEWEST_ZEROS
from batchpub.plan.text import trim
from batchpub.plan.words import Word, read_word_text

JudgePlain = Callable[[SheetRow, int], Draft | None]
"""Gives the draft of a plain row at a position that is to be published, None for any other."""


def find_plain(sheet: Sheet, sheet_index: int, options: PlanOptions) -> JudgePlain | None:
    """Make the short way for one sheet; None where no row can take it, as in a results file of ours."""
    roles = sheet.columns
    if any(map(is_ours, roles)):
        return None
    id_column, batch_column, name_column = roles["course_id"], roles.get("batch_id"), roles.get("name")
    notify_column, publish_column, confirmed_column = (roles.get(role) for role in ("notify", "publish", "confirmed"))
    mails_blank, mails_never = options.notify is NotifyPolicy.ALL, options.notify is NotifyPolicy.NEVER

    least, most = options.id_digits

    def is_plain_id(text: str) -> bool:  # as is_id, without a further call: this is a tenth of the time
        is_long_enough = least <= len(text) <= most and text.isdigit() and text.isascii()
        return is_long_enough and text[0] != "0" and not text.endswith(FEWEST_ZEROS)

    def judge_plain(row: SheetRow, position: int) -> Draft | None:
        cells = row.cells
        if type(cells) is not TextCells or row.extra or row.hidden:
            return None
        texts = cells.texts
        course_id, batch_id = texts[id_column], "" if batch_column is None else texts[batch_column]
        if not is_plain_id(course_id) or (batch_id and not is_plain_id(batch_id)):
            return None
        notify = Word.BLANK if notify_column is None else read_word_text(texts[notify_column])
        publish = Word.BLANK if publish_column is None else read_word_text(texts[publish_column])
        if notify is Word.UNREADABLE or publish is Word.NO or publish is Word.UNREADABLE:
            return None
        number = row.number
        return Draft(
            position=position,
            sheet_index=sheet_index,
            row=number,
            cell=f"{cells.letters[id_column]}{number}",
            pile=Pile.TO_PUBLISH,
            course=Course(course_id=course_id, batch_id=batch_id),
            name="" if name_column is None else trim(texts[name_column]),
            notify=not mails_never and (notify is Word.YES or (mails_blank and notify is Word.BLANK)),
            values=tuple(texts),
            confirmed=confirmed_column is not None and read_word_text(texts[confirmed_column]) is Word.YES,
        )

    return judge_plain
