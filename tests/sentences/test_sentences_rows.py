"""The words of a row: every reason has its sentence, with its facts in it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest

from batchpub.course import Course, Outcome
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
from batchpub.sentences.rows import in_words, say_published, say_reason
from batchpub.services.interface import NOTHING_READABLE, CourseState, Refused, Reply, SaidPublished, Unclear
from batchpub.standing import Free, Held, PublishedBefore, RefusedBeside, RowResult, Uncertain

SAID = SaidPublished(code="ALREADY", message="It is")
IT_SAYS = "Zoho says that it is published already (ALREADY: It is)."
NAMES = OtherName(sheet="First aid", service="Fire")
NO = Refused(code="4102", message="No.")
BEFORE = PublishedBefore(run="r", on="2026-11-27T10:00:00.5")
GARBAGE = Reply(answer=Unclear(reason="HTTP 502."), http_status=502, excerpt="<html>")
REMEDY = "If the id is right, correct the name or write yes under Confirmed; else correct the id."
REFUSED = "Zoho refuses it: look at the course in Zoho, then hand the list in again. Zoho's words: 4102: No."
SENTENCES = [
    (Plain.NOT_YET, "The run ended before this course's turn. Run the same command again."),
    (Plain.LOST_BEFORE, "Sent before, and its answer was lost; it is not known whether it is published."),
    (Plain.MAILED, "Published; its learners were mailed."),
    (Plain.NOT_MAILED, "Published without a mail."),
    (Plain.FOUND_PUBLISHED, "Published: its answer was lost, and Zoho says it is published now."),
    (Plain.SEEN_DRAFT, "Zoho says it is a draft."),
    (Plain.SEEN_PUBLISHED, "Zoho says it is published already."),
    (Plain.SEEN_DISABLED, "It is disabled in Zoho. Enable it there, or take the row out."),
    (Plain.SEEN_E_MATERIAL, "It is e-material, which cannot be published this way. Publish it in Zoho."),
    (Plain.SEEN_BLENDED, "It is a blended course, which is published batch by batch. Fill in its Batch ID."),
    (Plain.SEEN_SELF_PACED, "It is a self-paced course, which has no batches. Empty its Batch ID."),
    (Plain.STATE_NOT_SAID, "Zoho's answer does not say whether it is published."),
    (Plain.UNKNOWN_COURSE, "Zoho knows no course with this id. Look the id up in Zoho."),
    (Plain.UNKNOWN_BATCH, "Zoho knows no batch of this course with this id. Look the id up in Zoho."),
    (StateUnread(why="HTTP 502"), "Its state cannot be read (HTTP 502)."),
    (
        HeldForName(names=NAMES, mails=True),
        f"Zoho calls it 'Fire', the sheet 'First aid': it would mail learners, so it was not sent. {REMEDY}",
    ),
    (
        HeldForName(names=NAMES, mails=False),
        f"Zoho calls it 'Fire', the sheet 'First aid': so it was not sent. {REMEDY}",
    ),
    (FinalNo(answer=NO, http_status=400, is_batch=False, was_lost=False), REFUSED),
    (
        FinalNo(answer=NO, http_status=400, is_batch=False, was_lost=True),
        f"Sent before, and its answer was lost. Sent again, it was refused: {REFUSED} Look at it in Zoho.",
    ),
    (
        FinalNo(answer=Refused(code="404", message=""), http_status=404, is_batch=True, was_lost=False),
        "Zoho knows no such batch of this course: look both ids up in Zoho and correct them, then hand the list in again. "
        "Zoho's words: 404.",
    ),
    (SAID, IT_SAYS),
    (NotConfirmed(said=SAID, state=None), f"{IT_SAYS} Yet reading it does not confirm that. Look at it in Zoho."),
    (NotConfirmed(said=SAID, state=CourseState.DRAFT), f"{IT_SAYS} Yet reading it says draft. Look at it in Zoho."),
    (
        Believed(said=SAID),
        f"{IT_SAYS} Its state cannot be read, but it was sent before, and that answer was lost.",
    ),
    (Unreached(attempts=5, why="refused"), "Zoho could not be reached in 5 attempts (refused)."),
    (Unreached(attempts=1, why="refused"), "Zoho could not be reached in 1 attempt (refused)."),
    (
        NoWord(reply=replace(GARBAGE, http_status=None)),
        "Sent, and the answer was lost. Its state is read before it is sent again.",
    ),
    (
        NoWord(reply=GARBAGE),
        "Sent, and the answer does not say what became of it. HTTP 502. Its state is read before it is sent again.",
    ),
    (StillDraft(attempts=5, last=None), "Still a draft after 5 attempts. Run it again later."),
    (
        StillDraft(attempts=5, last=replace(GARBAGE, answer=Unclear(reason="the answer says success, but not of it"))),
        "Still a draft after 5 attempts. The answer says success, but not of it. Run it again later.",
    ),
    (StillDraft(attempts=5, last=GARBAGE), "Still a draft after 5 attempts. HTTP 502. Run it again later."),
    (NoClearAnswer(attempts=5, last=None), "No clear answer in 5 attempts, and its state cannot be read."),
    (NoClearAnswer(attempts=2, last=GARBAGE), "No clear answer in 2 attempts, and its state cannot be read. HTTP 502."),
    (
        NotSentAgain(code="", last=None),
        "Sent before, its answer was lost, and its state cannot be read. Look in Zoho: if it is still a draft, publish it "
        "there.",
    ),
    (
        NotSentAgain(code="401", last=GARBAGE),
        "Sent before, its answer was lost, and its state cannot be read (401). HTTP 502. Look in Zoho: if it is still a "
        "draft, publish it there.",
    ),
    (BEFORE, "Published by run r on 2026-11-27T10:00:00Z."),
    (
        Held(run="r", seconds=9.0, until=datetime(2026, 11, 27, 1, 2, 3, tzinfo=UTC)),
        "Being published by run r; its claim ends at 01:02:03 UTC unless it goes on.",
    ),
    (RefusedBeside(run="r", message="No.", http_status=400, code="4102"), "No. Run r sent it."),
    (Uncertain(version=1, run="r", seconds=0.0), "Run r sent it and the answer is not known; it is read first."),
]


@pytest.mark.parametrize(("reason", "sentence"), SENTENCES)
def test_every_reason_has_its_sentence(reason, sentence):
    """
    Word for word.
    """
    assert sentence == say_reason(reason)


def test_no_reason_is_forgotten_here():
    """
    mypy sees that none lacks its words; this, that each is seen above.
    """
    seen = [reason for reason, _ in SENTENCES]

    assert set(get_args(RowReason)) == {type(reason) for reason in seen}
    assert set(Plain) <= {reason for reason in seen if isinstance(reason, Plain)}


@pytest.mark.parametrize(
    ("reason", "code", "excerpt", "told"),
    [
        (f"HTTP 502{NOTHING_READABLE}", "", "<html>Bad", " HTTP 502: <html>Bad."),
        (f"HTTP 502{NOTHING_READABLE}", "", "", f" HTTP 502{NOTHING_READABLE}."),
        (f"HTTP 502{NOTHING_READABLE}", "", "x" * 200, f" HTTP 502: {'x' * 100}."),
        ("..HTTP 500: A1 no.X", "A1", "body", " ..HTTP 500: A1 no.X."),
        ("HTTP 500: A1 no...", "A1", "body", " HTTP 500: A1 no."),
        ("", "c.", "body", " c."),
    ],
)
def test_the_last_answer_is_told_as_a_sentence(reason, code, excerpt, told):
    """
    Its reason, or what could be read of it; the body only where nothing else says anything.
    """
    answer = Unclear(reason=reason) if reason else Refused(code=code, message="m")
    last = Reply(answer=answer, http_status=502, excerpt=excerpt)

    assert f"Still a draft after 5 attempts.{told} Run it again later." == say_reason(StillDraft(attempts=5, last=last))


def test_a_row_has_the_reason_and_the_other_name():
    """
    The rest is written down as it is.
    """
    result = Result(
        outcome=Outcome.PUBLISHED,
        reason=Plain.NOT_MAILED,
        attempts=2,
        http_status=200,
        code="200",
        verified=True,
        other_name=NAMES,
    )

    expected = RowResult(
        outcome=Outcome.PUBLISHED,
        message="Published without a mail. Zoho calls it 'Fire', the sheet 'First aid'.",
        attempts=2,
        http_status=200,
        code="200",
        verified=True,
    )
    assert expected == in_words(result)
    assert "Published without a mail." == in_words(replace(result, other_name=None)).message


def test_what_is_published_already_is_said_of_no_other_course():
    """
    Standing tells; a free course is none.
    """
    one, other = Course(course_id="1"), Course(course_id="2")

    assert {one: say_reason(BEFORE)} == say_published({one: BEFORE, other: Free(version=1)})
