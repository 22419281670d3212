"""What publishing would make of a row, without a call: the same moves, decided on what is known."""

from typing import assert_never

from batchpub.lifecycle.looks import Finding, Look
from batchpub.lifecycle.moves import Read, Send, Settle, Wait, next_move
from batchpub.lifecycle.reading import move_verified
from batchpub.lifecycle.reasons import Plain, RowReason
from batchpub.lifecycle.work import Rules, Why, Work
from batchpub.standing import Held, Standing, Uncertain

TO_PUBLISH, UNCERTAIN = "to_publish", "uncertain"


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
