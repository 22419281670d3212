"""What is kept of an answer, and how long its call's place must rest."""

from batchpub.services.interface import Meaning, NotSent, Reply, Withheld
from batchpub.standing import AnswerNote, Rest

ABOUT_THE_COURSE = frozenset({Meaning.PUBLISHED, Meaning.SAID_PUBLISHED, Meaning.REFUSED, Meaning.STATE_READ})
"""Answers that say that the service looked at the course: the throttle let the call pass."""


def note_of(reply: Reply) -> AnswerNote:
    """Give what the journal keeps of a reply."""
    return AnswerNote(
        meaning=reply.answer.meaning.value,
        http_status=reply.http_status,
        code=reply.code,
        excerpt=reply.excerpt,
    )


def rest_of(reply: Reply) -> Rest:
    """Say how long the place of a call must rest: a call that was never sent needs none, a lost one may arrive late."""
    if isinstance(reply.answer, NotSent | Withheld):
        return Rest.UNUSED
    return Rest.UNANSWERED if reply.http_status is None else Rest.ANSWERED
