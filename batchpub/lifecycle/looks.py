"""What a look at the course in the service says about a row, before anything is sent for it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from batchpub.course import Course, NamesRule
from batchpub.lifecycle.reasons import OtherName, Plain, RowReason, StateUnread
from batchpub.lifecycle.work import Rules, Work
from batchpub.names import is_same_name
from batchpub.services.interface import CourseState, NotSent, Refused, Reply, StateRead, Unclear

NOT_FOUND = 404


class Finding(StrEnum):
    """What is to become of the row."""

    TO_PUBLISH = "to_publish"
    ALREADY_PUBLISHED = "already_published"
    INVALID = "invalid"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look: the finding and why; what the service said; and both names where they differ."""

    finding: Finding
    reason: RowReason
    name: str = ""
    state: str = ""
    kind: str = ""
    other_name: OtherName | None = None


def look_of(work: Work, reply: Reply, rules: Rules) -> Look:
    """Say what reading a course means for its row. A course that cannot be read is no fault of the row."""
    course, answer = work.course, reply.answer
    if isinstance(answer, Refused) and answer.certain and str(NOT_FOUND) in (str(reply.http_status), reply.code):
        unknown = Plain.UNKNOWN_BATCH if course.batch_id else Plain.UNKNOWN_COURSE
        return Look(finding=Finding.INVALID, reason=unknown)
    if not isinstance(answer, StateRead):
        why = answer.reason.rstrip(".") if isinstance(answer, NotSent | Unclear) else reply.code
        return Look(finding=Finding.CANNOT_TELL, reason=StateUnread(why=why))
    finding, reason = _judge_state(course, answer)
    is_same = rules.names is NamesRule.IGNORE or is_same_name(work.name, answer.name)
    return Look(
        finding=finding,
        reason=reason,
        name=answer.name,
        state=answer.state.value,
        kind=answer.kind,
        other_name=None if is_same else OtherName(sheet=work.name, service=answer.name),
    )


def _judge_state(course: Course, answer: StateRead) -> tuple[Finding, RowReason]:
    if answer.kind == "e-material":
        return Finding.INVALID, Plain.SEEN_E_MATERIAL
    if answer.kind == "blended" and not course.batch_id:
        return Finding.INVALID, Plain.SEEN_BLENDED
    if answer.kind == "self-paced" and course.batch_id:
        return Finding.INVALID, Plain.SEEN_SELF_PACED
    match answer.state:
        case CourseState.DISABLED:
            return Finding.INVALID, Plain.SEEN_DISABLED
        case CourseState.PUBLISHED:
            return Finding.ALREADY_PUBLISHED, Plain.SEEN_PUBLISHED
        case CourseState.DRAFT:
            return Finding.TO_PUBLISH, Plain.SEEN_DRAFT
        case CourseState.CANNOT_TELL:
            return Finding.CANNOT_TELL, Plain.STATE_NOT_SAID
        case _ as unreachable:
            assert_never(unreachable)
