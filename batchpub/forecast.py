"""What publishing would make of every row of a plan, without a call: the same moves, decided on what is known."""

from collections.abc import Mapping
from typing import assert_never

from batchpub.course import Course, Pile, PlannedRow
from batchpub.lifecycle.looks import Finding, Look
from batchpub.lifecycle.moves import Read, Send, Settle, Wait, next_move
from batchpub.lifecycle.reading import move_verified
from batchpub.lifecycle.reasons import Plain, RowReason
from batchpub.lifecycle.work import Rules, Why, Work
from batchpub.nouns import one_of_many
from batchpub.sentences.rows import say_reason
from batchpub.standing import Free, Held, Standing, Uncertain

TO_PUBLISH, UNCERTAIN = "to_publish", "uncertain"


@one_of_many
class Foreseen:
    """What publishing would make of one row. `outcome` is an outcome's value, `to_publish` or `uncertain`."""

    row: PlannedRow
    outcome: str
    message: str
    look: Look | None = None
    """What the service said of the course; None where it was not asked."""

    @property
    def is_to_send(self) -> bool:
        """Tell whether the row's course would be called for."""
        return self.outcome in (TO_PUBLISH, UNCERTAIN)


def foresee_row(
    row: PlannedRow, known: Mapping[Course, Standing], looks: Mapping[Course, Look], rules: Rules
) -> Foreseen:
    """Say what publishing would make of a planned row, the plan's own sentence first."""
    if row.course is None or row.pile is not Pile.TO_PUBLISH:
        return Foreseen(row=row, outcome=row.pile.value, message=row.message)
    look = looks.get(row.course) if looks else None  # hashing a course for nothing is felt in 100,000 rows
    standing = known.get(row.course) if known else None
    if look is None and standing is None and not (rules.uncertain and row.course in rules.uncertain):
        return Foreseen(row=row, outcome=TO_PUBLISH, message=row.message)
    outcome, reason = foresee(standing or Free(version=0), look, Work.of_row(row, row.course), rules)
    sentence = say_reason(reason) if reason else ""
    message = sentence if outcome != row.pile.value else f"{row.message} {sentence}".strip()
    return Foreseen(row=row, outcome=outcome, message=message, look=look)


def foresee(standing: Standing, look: Look | None, work: Work, rules: Rules) -> tuple[str, RowReason | None]:
    """Give a word for what becomes of the row, an outcome or one of the two above, and the reason where there is one.

    `look` is what the service says of the course, None where it was not asked.
    """
    move = next_move(standing, work, rules, run="")
    match move:
        case Settle():
            return move.result.outcome.value, move.result.reason
        case Wait() | Read():
            if look is not None and look.finding is Finding.ALREADY_PUBLISHED:
                return look.finding.value, look.reason
            return UNCERTAIN, standing if isinstance(standing, Held | Uncertain) else Plain.LOST_BEFORE
        case Send():
            if look is None:
                return TO_PUBLISH, None
            after = move_verified(work, look, rules, Read(version=move.version, why=Why.VERIFY))
            if isinstance(after, Settle):
                return after.result.outcome.value, after.result.reason
            return TO_PUBLISH, None if look.finding is Finding.TO_PUBLISH else look.reason
        case _ as unreachable:
            assert_never(unreachable)
