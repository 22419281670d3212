"""What publishing would make of every row of a plan, for whoever checks before publishing."""

from collections.abc import Mapping

from batchpub.course import Course, Pile, PlannedRow, one_of_many
from batchpub.lifecycle import TO_PUBLISH, UNCERTAIN, Look, Rules, Work, foresee
from batchpub.sentences.rows import say_reason
from batchpub.standing import Free, Standing


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
