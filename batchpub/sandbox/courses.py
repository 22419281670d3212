"""The courses this service knows, and what publishing and mailing did to them."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from pathlib import Path
from typing import Any

from batchpub.sandbox.replies import Reply, error_reply, json_reply


class CourseState(Enum):
    """The states the service filters by."""

    DRAFTED = "drafted"
    PUBLISHED = "published"
    DISABLED = "disabled"


class CourseType(IntEnum):
    """The numbers the service gives its kinds of course."""

    SELF_PACED = 1
    BLENDED = 2
    E_MATERIAL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCourse:
    """One course as it is before the first call. `error`: a code publishing it always ends in, "" for none."""

    course_id: str
    name: str = ""
    state: CourseState = CourseState.DRAFTED
    type: CourseType = CourseType.SELF_PACED
    batches: tuple[str, ...] = ()
    error: str = ""


@dataclass(slots=True, kw_only=True)
class CourseRecord:
    """What became of one course (or one batch of it). Grows with the calls, hence not frozen."""

    state: CourseState
    published: int = 0
    mailed: int = 0
    notify: list[str | None] = field(default_factory=list)
    """The notify parameter of each execution, as it came; None where it was left out."""
    read: int = 0

    def as_json(self) -> dict[str, Any]:
        """Give the record for the stats."""
        return {
            "state": self.state.value,
            "published": self.published,
            "mailed": self.mailed,
            "notify": self.notify,
            "read": self.read,
        }


COLUMNS = ("id", "name", "state", "type", "batches", "error")
_UNSUPPORTED = "UNSUPPORTED_OPERATION"
_BLENDED = "UNSUPPORTED_OPERATION_BL_COURSE_PUBLISH_VIA_COURSE_API"
_E_MATERIAL = "UNSUPPORTED_OPERATION_EL_COURSE_PUBLISH"


@dataclass(kw_only=True)
class CourseBook:
    """All courses. `known` is None: every id made of digits is a course (and every batch a batch of it).

    Publishing a published course succeeds and mails again. A read answer has the state in `course.status`; Zoho
    documents neither.
    """

    known: Mapping[str, KnownCourse] | None
    records: dict[str, CourseRecord] = field(default_factory=dict)

    def publish(self, course_id: str, batch_id: str, notify: str | None) -> Reply:
        """Publish, and mail when told to or when not told otherwise."""
        if notify is not None and notify.lower() not in {"true", "false"}:
            return error_reply("INVALID_INPUT", "notifyApplicableUsers must be True or False")
        course = self.find(course_id, batch_id)
        if course is None:
            return self._unknown(course_id, batch_id)
        refusal = self._refusal(course, batch_id)
        if refusal is not None:
            return error_reply(*refusal)
        record = self.record_of(course, batch_id)
        record.state = CourseState.PUBLISHED
        record.published += 1
        record.mailed += notify is None or notify.lower() == "true"
        record.notify.append(notify)
        return published_reply(course_id, batch_id)

    def read(self, course_id: str, batch_id: str) -> Reply:
        """Say what is known about one course, its batch's state when a batch is asked for."""
        return self._read(course_id, batch_id, self.describe)

    def read_batch(self, course_id: str, batch_id: str) -> Reply:
        """Say what is known about one batch, at its own page and as documented there."""
        return self._read(course_id, batch_id, _describe_batch)

    def describe(self, course: KnownCourse, batch_id: str, state: str) -> dict[str, Any]:
        """Give what a course's page says."""
        return {"course": {**describe_course(course, batch_id), "status": state}}

    def _read(
        self, course_id: str, batch_id: str, describe: Callable[[KnownCourse, str, str], dict[str, Any]]
    ) -> Reply:
        course = self.find(course_id, batch_id)
        if course is None:
            return self._unknown(course_id, batch_id)
        record = self.record_of(course, batch_id)
        record.read += 1
        return json_reply({"code": "200", **describe(course, batch_id, record.state.value), "message": "success"})

    def publish_elsewhere(self, course_id: str, batch_id: str) -> None:
        """Make the course published by somebody else: it counts for nobody here."""
        course = self.find(course_id, batch_id)
        if course is not None:
            self.record_of(course, batch_id).state = CourseState.PUBLISHED

    def find(self, course_id: str, batch_id: str) -> KnownCourse | None:
        """Look a course up, together with its batch if one is given."""
        if self.known is None:
            kind = CourseType.BLENDED if batch_id else CourseType.SELF_PACED
            valid = _is_id(course_id) and (not batch_id or _is_id(batch_id))
            return KnownCourse(course_id=course_id, type=kind, batches=(batch_id,)) if valid else None
        course = self.known.get(course_id)
        return None if course is None or (batch_id and batch_id not in course.batches) else course

    def record_of(self, course: KnownCourse, batch_id: str) -> CourseRecord:
        """Give the memory of a course, or of one batch of it."""
        key = course_key(course.course_id, batch_id)
        if key not in self.records:
            self.records[key] = CourseRecord(state=course.state)
        return self.records[key]

    @staticmethod
    def _refusal(course: KnownCourse, batch_id: str) -> tuple[str, str] | None:
        if course.error:
            return course.error, "The course cannot be published"
        if course.type is CourseType.E_MATERIAL:
            return _E_MATERIAL, "E-Material cannot be published"
        if course.type is CourseType.BLENDED and not batch_id:
            return _BLENDED, "A blended course is published by batch"
        if course.type is CourseType.SELF_PACED and batch_id:
            return _UNSUPPORTED, "A self-paced course has no batches"
        if course.state is CourseState.DISABLED:
            return _UNSUPPORTED, "The course is disabled"
        return None

    @staticmethod
    def _unknown(course_id: str, batch_id: str) -> Reply:
        if not _is_id(course_id) or (batch_id and not _is_id(batch_id)):
            return error_reply("INVALID_INPUT", "Invalid course id")
        return error_reply("404", "Batch not found" if batch_id else "Course not found", status=404)


def describe_course(course: KnownCourse, batch_id: str) -> dict[str, Any]:
    """Give what is known of a course, but for its state."""
    described = {
        "courseId": course.course_id,
        "courseName": course.name,  # of a course made up on demand: nobody knows its name, so it contradicts no sheet
        "type": int(course.type),
    }
    return {**described, "batchId": batch_id} if batch_id else described


def _describe_batch(course: KnownCourse, batch_id: str, state: str) -> dict[str, Any]:
    batch = {
        "name": course.name,
        "batchId": batch_id,
        "courseId": course.course_id,
        "publishStatus": state,
        "learnersCount": 0,
    }
    return {"batch": batch}


def published_reply(course_id: str, batch_id: str) -> Reply:
    """Give the success of the documentation page."""
    batch = {"batchId": batch_id} if batch_id else {}
    course = {"courseId": course_id, **batch, "status": "published"}
    return json_reply({"code": "200", "course": course, "message": "success"})


def already_published_reply() -> Reply:
    """Refuse a second publish (inferred: the documentation has no code for it)."""
    return error_reply("COURSE_ALREADY_PUBLISHED", "The course is already published")


def course_key(course_id: str, batch_id: str) -> str:
    """Give the identity of what is published: the course, or one batch of it."""
    return f"{course_id}/{batch_id}" if batch_id else course_id


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def load_courses(path: Path) -> dict[str, KnownCourse]:
    """Read the known courses from a CSV file, by their ids.

    Its columns: `id` and, as needed, `name`, `state` (drafted, published, disabled), `type` (1 self-paced, 2 blended,
    3 e-material), `batches` (ids separated by spaces), `error` (a code every publish ends in).

    Raises ValueError with a sentence that names the file and the entry, OSError when the file cannot be read.
    """
    try:
        rows = csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines())
        courses = [_read_course(row, f"course {number}") for number, row in enumerate(rows, start=1)]
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None
    by_id = {course.course_id: course for course in courses}
    if len(by_id) < len(courses):
        raise ValueError(f"{path.name}: the same id more than once")
    return by_id


def _read_course(row: dict[str, str | None], where: str) -> KnownCourse:
    fields = {name: (value or "").strip() for name, value in row.items() if name in COLUMNS}
    strange = [str(name) for name in row if name not in COLUMNS]
    if strange:
        raise ValueError(f"{where}: no such column: {', '.join(strange)}; there are {', '.join(COLUMNS)}")
    if not fields.get("id"):
        raise ValueError(f"{where}: an entry with an id is wanted")
    try:
        return KnownCourse(
            course_id=fields["id"],
            name=fields.get("name", ""),
            state=CourseState(fields.get("state") or "drafted"),
            type=CourseType(int(fields.get("type") or 1)),
            batches=tuple(fields.get("batches", "").split()),
            error=fields.get("error", ""),
        )
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
