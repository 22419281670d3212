"""What became of a row, in words: the reason with its facts, and what a person is to do. Pure."""

from collections.abc import Mapping
from typing import assert_never

from batchpub.course import Course
from batchpub.lifecycle.reasons import (
    Believed,
    FinalNo,
    HeldForName,
    NoClearAnswer,
    NotConfirmed,
    NotSentAgain,
    NoWord,
    OtherName,
    Plain,
    Result,
    RowReason,
    StateUnread,
    StillDraft,
    Unreached,
)
from batchpub.plural import say_count
from batchpub.sentences.refusals import say_refused
from batchpub.services import interface as answers
from batchpub.services.interface import Reply, SaidPublished
from batchpub.standing import NOT_YET, Held, PublishedBefore, RefusedBeside, RowResult, Standing, Uncertain

EXCERPT_CHARACTERS = 100
"""Characters of an answer's body that a sentence quotes where nothing in it can be read."""


def in_words(result: Result) -> RowResult:
    """Give what is written down for a row."""
    remark = say_other_name(result.other_name) if result.other_name else ""
    return RowResult(
        outcome=result.outcome,
        message=f"{say_reason(result.reason)} {remark}".rstrip(),
        attempts=result.attempts,
        http_status=result.http_status,
        code=result.code,
        verified=result.verified,
    )


def say_published(known: Mapping[Course, Standing]) -> dict[Course, str]:
    """Give the courses that the state calls published and that are not to be published again, each with its sentence."""
    return {course: say_reason(standing) for course, standing in known.items() if isinstance(standing, PublishedBefore)}


def say_reason(reason: RowReason) -> str:  # noqa: C901, PLR0912 - one case for every reason, as mypy sees
    """Say why a row has its outcome."""
    match reason:
        case Plain():
            return _say_plain(reason)
        case PublishedBefore(run=run, on=on):
            return f"Published by run {run} on {on[:19]}Z."
        case Held(run=run, until=until):
            return f"Being published by run {run}; its claim ends at {until:%H:%M:%S} UTC unless it goes on."
        case RefusedBeside(run=run, message=message):
            return f"{message} Run {run} sent it."
        case Uncertain(run=run):
            return f"Run {run} sent it and the answer is not known; it is read first."
        case StateUnread(why=why):
            return f"Its state cannot be read ({why})."
        case HeldForName(names=names, mails=mails):
            return _say_held(names, mails=mails)
        case FinalNo():
            return _say_no(reason)
        case SaidPublished(code=code, message=message):
            return f"Zoho says that it is published already ({code}: {message})."
        case NotConfirmed(said=said, state=state):
            seen = "reading it does not confirm that" if state is None else f"reading it says {state.value}"
            return f"{say_reason(said)} Yet {seen}. Look at it in Zoho."
        case Believed(said=said):
            return f"{say_reason(said)} Its state cannot be read, but it was sent before, and that answer was lost."
        case Unreached(attempts=attempts, why=why):
            return f"Zoho could not be reached in {say_count(attempts, 'attempt')} ({why})."
        case NoWord(reply=reply):
            return f"Sent, and {_say_no_word(reply)} Its state is read before it is sent again."
        case StillDraft(attempts=attempts, last=last):
            return f"Still a draft after {say_count(attempts, 'attempt')}.{_say_last(last)} Run it again later."
        case NoClearAnswer(attempts=attempts, last=last):
            tries = say_count(attempts, "attempt")
            return f"No clear answer in {tries}, and its state cannot be read.{_say_last(last)}"
        case NotSentAgain(code=code, last=last):
            named = f" ({code})" if code else ""
            sentence = f"Sent before, its answer was lost, and its state cannot be read{named}.{_say_last(last)}"
            return f"{sentence} Look in Zoho: if it is still a draft, publish it there."
        case _ as unreachable:
            assert_never(unreachable)


def say_other_name(names: OtherName) -> str:
    """Say that two names differ."""
    return f"Zoho calls it {names.service!r}, the sheet {names.sheet!r}."


def _say_plain(reason: Plain) -> str:  # noqa: C901, PLR0912 - as above
    match reason:
        case Plain.NOT_YET:
            return NOT_YET
        case Plain.LOST_BEFORE:
            return "Sent before, and its answer was lost; it is not known whether it is published."
        case Plain.MAILED:
            return "Published; its learners were mailed."
        case Plain.NOT_MAILED:
            return "Published without a mail."
        case Plain.FOUND_PUBLISHED:
            return "Published: its answer was lost, and Zoho says it is published now."
        case Plain.SEEN_DRAFT:
            return "Zoho says it is a draft."
        case Plain.SEEN_PUBLISHED:
            return "Zoho says it is published already."
        case Plain.SEEN_DISABLED:
            return "It is disabled in Zoho. Enable it there, or take the row out."
        case Plain.SEEN_E_MATERIAL:
            return "It is e-material, which cannot be published this way. Publish it in Zoho."
        case Plain.SEEN_BLENDED:
            return "It is a blended course, which is published batch by batch. Fill in its Batch ID."
        case Plain.SEEN_SELF_PACED:
            return "It is a self-paced course, which has no batches. Empty its Batch ID."
        case Plain.STATE_NOT_SAID:
            return "Zoho's answer does not say whether it is published."
        case Plain.UNKNOWN_COURSE:
            return "Zoho knows no course with this id. Look the id up in Zoho."
        case Plain.UNKNOWN_BATCH:
            return "Zoho knows no batch of this course with this id. Look the id up in Zoho."
        case _ as unreachable:
            assert_never(unreachable)


def _say_held(names: OtherName, *, mails: bool) -> str:
    why = "it would mail learners, so it was not sent" if mails else "so it was not sent"
    differing = say_other_name(names).rstrip(".")
    return (
        f"{differing}: {why}. If the id is right, correct the name or write yes under Confirmed; else correct the id."
    )


def _say_no(no: FinalNo) -> str:
    answer = no.answer
    said = say_refused(code=answer.code, message=answer.message, http_status=no.http_status, is_batch=no.is_batch)
    if not no.was_lost:
        return said
    return f"Sent before, and its answer was lost. Sent again, it was refused: {said} Look at it in Zoho."


def _say_no_word(reply: Reply) -> str:
    if reply.http_status is None:
        return "the answer was lost."
    return f"the answer does not say what became of it.{_say_last(reply)}"


def _say_last(last: Reply | None) -> str:
    """Give the last answer that said something, as a sentence with a blank before it; "" where there was none."""
    if last is None:
        return ""
    text = _begin(last.answer.reason) if isinstance(last.answer, answers.Unclear) else last.code
    if last.excerpt and text.endswith(answers.NOTHING_READABLE):
        text = f"{text.removesuffix(answers.NOTHING_READABLE)}: {last.excerpt[:EXCERPT_CHARACTERS]}"
    return f" {text.rstrip('.')}."


def _begin(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
