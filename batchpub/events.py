"""Every event that the log can hold, and every field: the one table that the log, the docs and the tests read."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batchpub.logger import Level
from batchpub.record import RunRecord


@dataclass(frozen=True, slots=True)
class Field:
    """A field: the keyword's name in a JSON line, its type there, and what it says."""

    name: str
    kind: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Event:
    """An event: the levels it may have, its sentence for people, and the keywords it comes with.

    `fields` are those of the event itself, each a key of `FIELDS`. Those of `BOUND` come in addition, where they are known.
    """

    levels: tuple[Level, ...]
    message: str
    fields: tuple[str, ...] = ()


FIXED = (
    Field("@timestamp", "time", "when, in UTC with milliseconds"),
    Field("log.level", "text", "`debug`, `info`, `warning` (a person may need to look) or `error` (it ends the run)"),
    Field("message", "text", "the event's sentence"),
    Field("event.action", "text", "the event's name; filter by it"),
    Field("event.outcome", "text", "`success`, `failure` or `unknown`, where something was tried"),
    Field("service.name", "text", "`batchpub`"),
    Field("service.version", "text", "the program's version"),
    Field("process.pid", "integer", "the process"),
    Field("ecs.version", "text", "the version of ECS that the names are of"),
)
"""What every line of JSON has by itself."""

PIPELINE = (
    Field("cicd.pipeline.name", "text", "the workflow or pipeline"),
    Field("cicd.pipeline.run.id", "text", "its run"),
    Field("cicd.pipeline.run.url.full", "text", "where a person sees that run"),
    Field("cicd.pipeline.task.name", "text", "the job"),
    Field("cicd.pipeline.task.run.id", "text", "the job's run, where the CI server numbers them"),
)
"""What every line has on GitHub Actions, GitLab CI, Jenkins and Azure Pipelines. Names are OpenTelemetry's: ECS has none."""

BOUND = ("run", "course_id", "batch_id", "name", "file", "row")
"""What is bound around the work on a run or a course, and so comes with every event inside it."""

FIELDS = {
    "run": Field("batchpub.run", "text", "the run; `batchpub report RUN` writes its reports again"),
    "course_id": Field("batchpub.course_id", "text", "the course, digit for digit"),
    "batch_id": Field("batchpub.batch_id", "text", "the batch of a blended course"),
    "name": Field("batchpub.course_name", "text", "the course's name on the sheet"),
    "row": Field("batchpub.row", "integer", "the row's number, as the spreadsheet program shows it"),
    "arrivals": Field("batchpub.arrivals", "object", "calls that arrived, by operation"),
    "attempts": Field("batchpub.attempts", "integer", "calls of this run to publish the course; a locked one is none"),
    "bytes": Field("file.size", "integer", "bytes of the file"),
    "burst": Field("batchpub.burst", "integer", "calls that may start at once"),
    "calls_left": Field("batchpub.calls_left", "integer", "calls that may start just now"),
    "cause": Field("batchpub.cause", "text", "what showed the lock"),
    "code": Field("batchpub.code", "text", "Zoho's own code in the answer"),
    "counts": Field("batchpub.counts", "object", "rows by outcome; empty where the run could not start"),
    "detail": Field("batchpub.detail", "text", "the sentence that the report has for the row"),
    "data_center": Field("batchpub.data_center", "text", "where the account lives"),
    "done": Field("batchpub.done", "integer", "rows with a final outcome"),
    "ends_at": Field("batchpub.ends_at", "time", "when the lock and its margin end, in UTC"),
    "duration": Field("event.duration", "integer", "how long the call took, in nanoseconds"),
    "error": Field("error.message", "text", "what went wrong, and what to do"),
    "eta_seconds": Field("batchpub.eta_seconds", "number", "time to go at the pace of the limit"),
    "exception": Field("error.stack_trace", "text", "the traceback of a bug"),
    "exit_code": Field("batchpub.exit_code", "integer", "the exit code"),
    "faults": Field("batchpub.faults", "integer", "planned faults of the sandbox"),
    "file": Field("batchpub.file", "text", "the sheet's file; with `token.memory_only`, the token's"),
    "files": Field("batchpub.files", "integer", "files that are read, or refused with a sentence"),
    "for_seconds": Field("batchpub.for_seconds", "number", "how long that is remembered"),
    "host": Field("server.address", "text", "the host that is called"),
    "http_status": Field("http.response.status_code", "integer", "HTTP status; null where no answer came"),
    "job_seconds": Field("batchpub.job_seconds", "number", "when the pipeline ends its job (GitLab's CI_JOB_TIMEOUT)"),
    "largest_window": Field("batchpub.largest_window", "integer", "most calls that the sandbox saw in any period"),
    "left_out": Field("batchpub.left_out", "list", "files that are no lists: pictures, hidden files, reports"),
    "lifetime_seconds": Field("batchpub.lifetime_seconds", "number", "how long the access token is good for"),
    "lock_seconds": Field("batchpub.lock_seconds", "number", "how long a lock still holds; 0 without one"),
    "locks": Field("batchpub.locks", "integer", "locks that the sandbox gave"),
    "mailing": Field("batchpub.mailing", "integer", "courses whose learners will be mailed"),
    "meaning": Field("batchpub.meaning", "text", "what the answer means: `published`, `refused`, `throttled`, …"),
    "notes": Field("batchpub.notes", "list", "what a person should know of the way, such as redirects"),
    "open": Field("batchpub.open", "integer", "courses without a final outcome"),
    "path": Field("batchpub.path", "text", "the state: its file, or its database and server"),
    "period_seconds": Field("batchpub.period_seconds", "number", "the period of the limit"),
    "published_twice": Field("batchpub.published_twice", "integer", "courses that the sandbox published twice"),
    "rate": Field("batchpub.rate", "integer", "calls in a period, at the pace that holds now"),
    "reason": Field("batchpub.reason", "text", "why, in a sentence"),
    "remedy": Field("batchpub.remedy", "text", "what to do about it"),
    "reports": Field("batchpub.reports", "text", "the folder of the reports"),
    "resume_command": Field("batchpub.resume_command", "text", "the command that goes on; empty if nothing is left"),
    "rows": Field("batchpub.rows", "integer", "rows of all sheets"),
    "seconds": Field("batchpub.seconds", "number", "how long: the lock from now on, a wait for the state or a token"),
    "sent_after_refusal": Field("batchpub.sent_after_refusal", "integer", "calls the sandbox saw sent into a lock"),
    "sheets": Field("batchpub.sheets", "list", "the files of the run, the first of very many"),
    "speed": Field("batchpub.speed", "number", "how many times faster than Zoho the sandbox is"),
    "stop_reason": Field("batchpub.stop_reason", "text", "why it stopped early; empty if it did not"),
    "to_publish": Field("batchpub.to_publish", "integer", "courses to publish"),
    "total": Field("batchpub.total", "integer", "rows of all sheets"),
    "needed": Field("batchpub.needed", "text", "the scope that the access lacks"),
    "sheet_name": Field("batchpub.sheet_name", "text", "the course's name on the sheet"),
    "zoho_name": Field("batchpub.services.zoho_name", "text", "the course's name in Zoho"),
    "waiting": Field(
        "batchpub.waiting", "text", "why nothing is sent just now: `lock`, `minute`, `settle`; else empty"
    ),
    "workers": Field("batchpub.workers", "integer", "calls in flight at once"),
    "verify": Field(
        "batchpub.verify", "text", "which courses are read first: `nothing`, `names`, `mails`, `everything`"
    ),
    "url": Field("batchpub.url", "text", "where the sandbox listens"),
}
"""Keyword to field. Names are of the Elastic Common Schema (ECS) where it has one, else `batchpub.` and the keyword."""

_OUTCOME = ("attempts", "detail")

EVENTS = {
    "access.elsewhere": Event(("warning",), "The account seems to be in another data centre.", ("detail",)),
    "call.answered": Event(("info",), "Zoho answered a call.", ("meaning", "http_status", "code", "duration")),
    "check.progress": Event(("debug", "info"), "Courses are being read.", ("done", "total")),
    "check.reading": Event(("info",), "Every course is read in Zoho first.", ("total", "eta_seconds")),
    "course.already_published": Event(("info",), "The course was published already.", _OUTCOME),
    "course.duplicate": Event(("info",), "An earlier row stands for the same course.", _OUTCOME),
    "course.failed": Event(("warning",), "Temporary trouble outlasted the attempts.", _OUTCOME),
    "course.invalid": Event(("warning",), "The course cannot be published as its row says.", _OUTCOME),
    "course.name_differs": Event(
        ("warning",), "Zoho has another name for the course than the sheet.", ("sheet_name", "zoho_name")
    ),
    "course.not_attempted": Event(("info",), "The run stopped before the course was sent.", _OUTCOME),
    "course.published": Event(("info",), "The course is published.", _OUTCOME),
    "course.read": Event(("debug",), "The state of a course was read.", ("meaning", "http_status", "code", "duration")),
    "course.refused": Event(("warning",), "Zoho refused the course for good.", _OUTCOME),
    "course.skipped": Event(("info",), "The row is blank or says not to publish.", _OUTCOME),
    "course.unknown": Event(("warning",), "It is not known whether the course was published.", _OUTCOME),
    "folder.read": Event(
        ("info",), "A folder was read; some files in it are certainly no lists.", ("files", "left_out")
    ),
    "log.unwritable": Event(
        ("warning",), "A log, this one or another, cannot be written and is not whole.", ("error",)
    ),
    "plan.made": Event(("info",), "Every row is in its pile.", ("to_publish", "mailing", "rows")),
    "portal.gentler": Event(
        ("warning",),
        "Zoho locked the account although the limit was kept: fewer calls from now on, for a day.",
        ("rate", "burst", "for_seconds"),
    ),
    "portal.lock_found": Event(
        ("warning",), "Zoho locked the account in an earlier call; everybody waits.", ("seconds", "ends_at")
    ),
    "portal.locked": Event(
        ("warning",), "Zoho locked the account; everybody waits.", ("seconds", "ends_at", "cause", "code")
    ),
    "portal.unlocked": Event(
        ("warning",), "An operator had the lock forgotten; the next call goes alone.", ("seconds",)
    ),
    "rate.high": Event(
        ("warning",),
        "The rate is above what Zoho documents: where the account has no higher limit, calls lock it.",
        ("rate",),
    ),
    "read.denied": Event(
        ("warning",),
        "Courses cannot be read: one whose answer is lost and that mails stays unknown, and none is verified first.",
        ("code", "needed"),
    ),
    "report.incomplete": Event(("error",), "The report does not account for every row.", ("error",)),
    "report.unannounced": Event(("warning",), "The CI server or orchestrator could not be told.", ("error",)),
    "report.unwritable": Event(("error",), "A report cannot be written.", ("error",)),
    "run.broken": Event(("error",), "There is a bug; the run stops, and calls in flight finish first.", ("error",)),
    "run.finished": Event(
        ("info", "warning", "error"),
        "The run is over.",
        ("exit_code", "counts", "reports", "resume_command", "stop_reason", "error"),
    ),
    "run.planned": Event(("info",), "The time of the run is estimated.", ("eta_seconds", "rate", "verify")),
    "run.progress": Event(
        ("debug", "info"),
        "The run goes on.",
        ("done", "total", "open", "eta_seconds", "lock_seconds", "calls_left", "waiting"),
    ),
    "run.started": Event(
        ("info",),
        "The run started.",
        (
            "rows",
            "to_publish",
            "sheets",
            "host",
            "data_center",
            "rate",
            "period_seconds",
            "burst",
            "workers",
        ),
    ),
    "run.stopping": Event(("warning",), "The run stops; calls in flight finish first.", ("reason",)),
    "run.too_long": Event(
        ("warning",), "The pipeline ends its job before the run is over.", ("eta_seconds", "job_seconds", "remedy")
    ),
    "sandbox.started": Event(("info",), "The sandbox plays Zoho for this run.", ("url", "speed", "faults")),
    "sandbox.stopped": Event(
        ("info",),
        "The sandbox stopped; this is what it saw.",
        ("arrivals", "published_twice", "largest_window", "locks", "sent_after_refusal"),
    ),
    "sheet.changed": Event(
        ("warning",), "A sheet has changed since it was read, so it is not kept beside the reports.", ("file",)
    ),
    "sheet.fetched": Event(
        ("info",), "A sheet was fetched from an address or standard input.", ("file", "bytes", "notes")
    ),
    "sheet.not_understood": Event(
        ("error",), "Reading a file failed by a fault of batchpub; the error has its place.", ("file", "error")
    ),
    "sheet.refused": Event(("warning", "error"), "A file cannot be taken as a list of courses.", ("file", "error")),
    "state.back": Event(("info",), "The state can be used again; the run goes on.", ("path", "seconds")),
    "state.new": Event(
        ("info",), "No earlier run has come to its end in this state: it does not know who was mailed.", ("path",)
    ),
    "state.unwritable": Event(("error",), "The state cannot be written.", ("error",)),
    "state.waiting": Event(
        ("warning",),
        "The state cannot be used just now; no call starts until it can, or until patience ends.",
        ("path", "error", "seconds"),
    ),
    "token.kept": Event(
        ("warning",),
        "The access token could not be renewed before its end; it is used until then, and renewing it is tried again.",
        ("seconds", "reason"),
    ),
    "token.memory_only": Event(("warning",), "The access token is kept in memory only.", ("file", "reason")),
    "token.renewed": Event(("info",), "The access token was renewed.", ("lifetime_seconds",)),
    "token.waiting": Event(
        ("warning",), "Zoho allows ten access tokens in ten minutes; the next one waits.", ("seconds",)
    ),
}
"""Event name to event. Where one is told in two places, its fields are those of both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvent:
    """Something that happened: its name and fields as in `EVENTS`, and how much it matters."""

    name: str
    level: Level
    fields: Mapping[str, Any]
    run: RunRecord | None = None
    """With `run.finished`, the last event: the whole run."""
    reports: tuple[Path, ...] = ()
    """As `run`: the files that were written."""


OnEvent = Callable[[RunEvent], None]
"""Whoever listens to a run: the log, a progress bar, notifications, a program. What it raises ends the run in order, and is raised
again when calls under way have finished and everything is recorded."""


def ignore(_event: RunEvent) -> None:
    """Listen to nothing."""


def tell_all(*listeners: OnEvent) -> OnEvent:
    """Make one listener of several: each hears of an event before the next one does."""

    def hear(event: RunEvent) -> None:
        for listener in listeners:
            listener(event)

    return hear


_bound: ContextVar[Mapping[str, Any]] = ContextVar("bound", default={})  # noqa: B039 - never changed, only replaced


class Events:
    """Tells one listener what happens, with what is bound around it: the file, the row and the course."""

    def __init__(self, listener: OnEvent, *, on_fault: Callable[[], None] = lambda: None) -> None:
        """Remember who listens, and what is to be done when the listener fails."""
        self._listener, self._on_fault = listener, on_fault
        self.fault: BaseException | None = None
        """What the listener raised first. Raised where the event is told, it would cancel calls that have reached the service."""

    def hear(self, event: RunEvent) -> None:
        """Hand an event to the listener; one that has failed is told nothing more."""
        if self.fault is not None:
            return
        try:
            self._listener(event)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it waits until the run has ended in order
            self.fault = error
            self._on_fault()

    @contextlib.contextmanager
    def bound(self, **fields: Any) -> Iterator[None]:
        """Add these fields to every event inside the block."""
        token = _bound.set({**_bound.get(), **fields})
        try:
            yield
        finally:
            _bound.reset(token)

    def debug(self, name: str, **fields: Any) -> None:
        """Tell a detail."""
        self._tell("debug", name, fields)

    def info(self, name: str, **fields: Any) -> None:
        """Tell what happened."""
        self._tell("info", name, fields)

    def warning(self, name: str, **fields: Any) -> None:
        """Tell what a person may need to look at."""
        self._tell("warning", name, fields)

    def error(self, name: str, **fields: Any) -> None:
        """Tell what ends the run."""
        self._tell("error", name, fields)

    def end(self, name: str, level: Level, run: RunRecord, files: tuple[Path, ...], /, **fields: Any) -> None:
        """Tell the last event, with the run's record and the files of its reports."""
        self.hear(RunEvent(name=name, level=level, fields={**_bound.get(), **fields}, run=run, reports=files))

    def _tell(self, level: Level, name: str, fields: Mapping[str, Any]) -> None:
        self.hear(RunEvent(name=name, level=level, fields={**_bound.get(), **fields}))
