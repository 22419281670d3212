"""What a look at the course in Zoho says about a row, before anything is sent for it."""

from dataclasses import dataclass
from enum import StrEnum

from batchpub.course import Course
from batchpub.names import is_same_name
from batchpub.services.interface import Answer, CourseState, NotSent, Refused, StateRead, Unclear

NOT_FOUND = 404


class Finding(StrEnum):
    """What is to become of the row."""

    TO_PUBLISH = "to_publish"
    ALREADY_PUBLISHED = "already_published"
    INVALID = "invalid"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look: the finding with its sentence, what Zoho said, and a remark where the names differ ("" if not)."""

    finding: Finding
    message: str = ""
    name: str = ""
    state: str = ""
    kind: str = ""
    remark: str = ""


def judge_look(course: Course, sheet_name: str, answer: Answer, *, http_status: int | None, code: str) -> Look:
    """Say what reading a course means for its row. A course that cannot be read is no fault of the row."""
    if isinstance(answer, Refused) and answer.certain and (http_status == NOT_FOUND or code == str(NOT_FOUND)):
        what = "batch of this course" if course.batch_id else "course"
        return Look(finding=Finding.INVALID, message=f"Zoho knows no {what} with this id. Look the id up in Zoho.")
    if not isinstance(answer, StateRead):
        why = answer.reason.rstrip(".") if isinstance(answer, NotSent | Unclear) else code
        return Look(finding=Finding.CANNOT_TELL, message=f"Its state cannot be read ({why}).")
    finding, message = _judge_state(course, answer)
    return Look(
        finding=finding,
        message=message,
        name=answer.name,
        state=answer.state.value,
        kind=answer.kind,
        remark=compare_names(sheet_name, answer.name),
    )


def compare_names(sheet_name: str, zoho_name: str) -> str:
    """Give a sentence where two names differ, as staff would judge it; "" where they do not, or one is missing."""
    if is_same_name(sheet_name, zoho_name):
        return ""
    return f"Zoho calls it {zoho_name!r}, the sheet {sheet_name!r}."


def hold_for_name(remark: str, *, mails: bool) -> str:
    """Say to the row that nothing is sent while its name and Zoho's differ."""
    why = "it would mail learners, so it was not sent" if mails else "so it was not sent"
    return f"{remark.rstrip('.')}: {why}. If the id is right, correct the name or write yes under Confirmed; else correct the id."


def _judge_state(course: Course, answer: StateRead) -> tuple[Finding, str]:
    if answer.kind == "e-material":
        return Finding.INVALID, "It is e-material, which cannot be published this way. Publish it in Zoho."
    if answer.kind == "blended" and not course.batch_id:
        return Finding.INVALID, "It is a blended course, which is published batch by batch. Fill in its Batch ID."
    if answer.kind == "self-paced" and course.batch_id:
        return Finding.INVALID, "It is a self-paced course, which has no batches. Empty its Batch ID."
    match answer.state:
        case CourseState.DISABLED:
            return Finding.INVALID, "It is disabled in Zoho. Enable it there, or take the row out."
        case CourseState.PUBLISHED:
            return Finding.ALREADY_PUBLISHED, "Zoho says it is published already."
        case CourseState.DRAFT:
            return Finding.TO_PUBLISH, ""
        case CourseState.CANNOT_TELL:
            return Finding.CANNOT_TELL, "Zoho's answer does not say whether it is published."
