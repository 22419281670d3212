"""Sentences about lost and unclear answers, as the rows have them."""

from batchpub.lifecycle.work import Work
from batchpub.services import interface as answers
from batchpub.services.interface import Reply

EXCERPT_IN_SENTENCE = 100
"""Characters of an answer's body that a sentence quotes where nothing in it can be read."""


def say_unclear(work: Work, reply: Reply) -> str:
    """Say what is the matter with an answer."""
    if reply.http_status is None:
        return "the answer was lost."
    return f"the answer does not say what became of it.{say_last(work)}"


def say_last(work: Work) -> str:
    """Give the last answer that said something, as a sentence with a blank before it; "" where there was none."""
    if work.last is None:
        return ""
    told = work.last.answer.reason if isinstance(work.last.answer, answers.Unclear) else work.last.code
    if work.last.excerpt and told.endswith(answers.NOTHING_READABLE):
        told = f"{told.removesuffix(answers.NOTHING_READABLE)}: {work.last.excerpt[:EXCERPT_IN_SENTENCE]}"
    return f" {told.rstrip('.')}."
