"""Answers written down as the program writes them, for tests that take slots by themselves."""

from batchpub.course import Course
from batchpub.standing import AnswerNote, Rest
from batchpub.store.asked import Answered, Claim
from batchpub.store.journal import Journal

CLAIM = Claim(course=Course(course_id=""), position=0, attempt=1)


async def end_call(ledger, slot, rest, *, through):
    """Write down that a call is over; `through` tells that the throttle let it pass."""
    note = AnswerNote(meaning="stateread", http_status=200)
    await Journal(ledger).record(CLAIM, Answered(call=slot.slot, slot=slot, note=note, rest=rest, through=through))


async def end_locked(ledger, slot, refusal):
    """Write down that a call was answered by the lock; give the lock."""
    note = AnswerNote(meaning="throttled", http_status=429)
    answered = Answered(call=slot.slot, slot=slot, note=note, rest=Rest.ANSWERED, lock=refusal)
    return await Journal(ledger).record(CLAIM, answered)
