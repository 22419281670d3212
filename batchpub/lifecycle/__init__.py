"""A course's life as pure decisions: what to do next, and what an answer makes of it. No clock, network, database or log."""

from batchpub.lifecycle.foreseeing import TO_PUBLISH, UNCERTAIN, foresee
from batchpub.lifecycle.looks import Finding, Look, judge_look
from batchpub.lifecycle.meaning import ABOUT_THE_COURSE
from batchpub.lifecycle.moves import Move, Read, Send, Settle, Wait, next_move
from batchpub.lifecycle.reading import look_of, move_after_look, weigh_reading
from batchpub.lifecycle.reasons import Result, RowReason
from batchpub.lifecycle.signs import SHARED_LIMIT, Signs
from batchpub.lifecycle.verdict import Ended, Heard, Later, Renewal, Verdict
from batchpub.lifecycle.weighing import weigh
from batchpub.lifecycle.work import Rules, Verify, Why, Work
from batchpub.standing import CourseStatus

__all__ = [
    "ABOUT_THE_COURSE",
    "SHARED_LIMIT",
    "TO_PUBLISH",
    "UNCERTAIN",
    "CourseStatus",
    "Ended",
    "Finding",
    "Heard",
    "Later",
    "Look",
    "Move",
    "Read",
    "Renewal",
    "Result",
    "RowReason",
    "Rules",
    "Send",
    "Settle",
    "Signs",
    "Verdict",
    "Verify",
    "Wait",
    "Why",
    "Work",
    "foresee",
    "judge_look",
    "look_of",
    "move_after_look",
    "next_move",
    "weigh",
    "weigh_reading",
]
