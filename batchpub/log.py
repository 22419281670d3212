"""The log: facts in the past with fields, one line each, with every secret masked."""

import json
import math
import os
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

import structlog
from structlog.typing import EventDict, WrappedLogger

from batchpub import __version__
from batchpub.events import EVENTS, FIELDS, RunEvent
from batchpub.logger import Level, log
from batchpub.masking import Mask
from batchpub.report.text import break_commands, escape_commands
from batchpub.sentences.events import SENTENCES as WORDED
from batchpub.sentences.events import say_event

ECS_VERSION = "8.17.0"
MOST_LINE_BYTES = 8_000
"""Log collectors cut lines, most of them at 16 KB, some at 8: what is cut is no JSON any more."""
SHORTER = (1_000, 300, 100, 30)
"""To how many letters a text is cut where a line is too long; the first that is enough."""
LEVELS: tuple[Level, ...] = ("debug", "info", "warning", "error")

ECS_OUTCOMES = {
    "published": "success",
    "already_published": "success",
    "refused": "failure",
    "failed": "failure",
    "invalid": "failure",
    "unknown": "unknown",
    "success": "success",
    "failure": "failure",
}
"""What became of a course, in the three words ECS has for it; no word for what was never tried."""


class Stream(Protocol):
    """What a log is written to: a file, a terminal, a pipe."""

    def write(self, text: str, /) -> int:
        """Write a text; raise OSError or ValueError where that cannot be done."""

    def flush(self) -> None:
        """Hand on what was written. Raise as `write` does."""

    def isatty(self) -> bool:
        """Tell whether a person sees it on a terminal."""


class BackgroundStream:
    """A stream that a thread of its own writes to: a full pipe that nobody reads must not hold up calls and claims.

    Lines wait in memory, in order and without a bound; `drain` waits until all of them are written. The stream's first
    error is raised by the `write` after it, or told by `drain`. The thread begins with the first line, so that a process
    may still fork before it.
    """

    def __init__(self, stream: Stream) -> None:
        """Remember the stream; it stays the caller's."""
        self._stream = stream
        self._waiting: queue.SimpleQueue[str | threading.Event] = queue.SimpleQueue()
        self._error: OSError | ValueError | None = None
        self._is_told = False
        self._thread: threading.Thread | None = None
        self.encoding = getattr(stream, "encoding", None)

    def write(self, text: str, /) -> int:
        """Put a text in line. Raise what first went wrong with an earlier one; this one is in line all the same."""
        if self._thread is None and not self._begin():
            self._stream.write(text)
            self._stream.flush()
            return len(text)
        self._waiting.put(text)
        if self._error is not None and not self._is_told:
            self._is_told = True
            raise self._error
        return len(text)

    def _begin(self) -> bool:
        thread = threading.Thread(target=self._write_on, name="log", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the machine allows no further one: better a log that may be waited for than none
            return False
        self._thread = thread
        return True

    def flush(self) -> None:
        """Do nothing: each text is flushed when it is written."""

    def isatty(self) -> bool:
        """Tell whether the stream is a terminal."""
        return self._stream.isatty()

    def drain(self) -> str:
        """Wait until everything is written. Say what first went wrong; "" if nothing did, or it was raised before."""
        if self._thread is None:
            return ""
        done = threading.Event()
        self._waiting.put(done)
        done.wait()
        if self._error is None or self._is_told:
            return ""
        self._is_told = True
        return str(self._error) or type(self._error).__name__

    def _write_on(self) -> None:
        while True:
            text = self._waiting.get()
            if isinstance(text, threading.Event):
                text.set()
                continue
            try:
                self._stream.write(text)
                self._stream.flush()
            except (OSError, ValueError) as error:
                self._error = self._error or error


NEXT = ("remedy", "resume_command", "reports", "exception", "level")
"""What a line on the console has besides a sentence that holds its facts."""


def change_texts(value: Any, change: Callable[[str], str]) -> Any:
    """Give a value as plain JSON data, with every text in it changed, however deep it lies."""
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case Mapping():
            return {change(str(key)): change_texts(inner, change) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [change_texts(inner, change) for inner in value]
        case _:
            return change(str(value))


LogFormat = Literal["json", "console"]
Write = Callable[[str, EventDict], str]
"""Makes the line of an event of a level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """Where lines go and how they look there. The stream stays the caller's: it is neither opened nor closed here.

    `without` names events that people are told of on the same stream in another way.
    """

    stream: Stream
    fmt: LogFormat
    level: Level = "info"
    without: tuple[str, ...] = ()


SENTENCES = ("detail", "error", "reason", "remedy", "stop_reason")
"""Fields that hold a sentence of the program's, which may name a setting."""


def configure_log(
    *sinks: Sink,
    secrets: Sequence[str] = (),
    pipeline: Mapping[str, str] | None = None,
    wording: Callable[[str], str] = str,
) -> None:
    """Send every later event to the sinks.

    Args:
        sinks: each has one JSON object a line with flat ECS names, or readable lines for a person.
        secrets: values that never appear in a line, whatever field they are in.
        pipeline: fields of the CI server, by their names in the log; JSON lines have them.
        wording: how the sentences of the program name a setting to whoever reads this log.

    """
    log.is_set_up()
    mask = Mask(secrets)
    to_json = _json_writer(mask, pipeline or {})
    outputs = [Output(sink, to_json if sink.fmt == "json" else _console_writer(mask, sink.stream)) for sink in sinks]

    def write(_logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        level = "error" if method == "exception" else method
        worded = {name: wording(str(event[name])) for name in SENTENCES if event.get(name)}
        event = {**event, "@timestamp": datetime.now(tz=UTC), **worded}
        troubles = [output.write(level, event) for output in outputs]
        for trouble in filter(None, troubles):  # whoever reads another sink hears of it
            log.warning("log.unwritable", error=trouble)
        raise structlog.DropEvent  # structlog itself has nothing left to do

    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.format_exc_info, write],
        wrapper_class=structlog.make_filtering_bound_logger(min((sink.level for sink in sinks), key=LEVELS.index)),
        logger_factory=lambda *_: None,
        cache_logger_on_first_use=False,
    )


class Output:
    """One sink with what makes its lines; it goes on without the stream when that is gone."""

    def __init__(self, sink: Sink, make_line: Write) -> None:
        """Put them together; nothing is written yet."""
        self._sink = sink
        self._make_line = make_line
        self._encoding = getattr(sink.stream, "encoding", None) or "utf-8"
        self._is_whole = True

    def write(self, level: str, event: EventDict) -> str:
        """Write the event, if the sink wants it. A log that nobody reads must not end a run: say once why it is not whole."""
        if LEVELS.index(level) < LEVELS.index(self._sink.level) or event["event"] in self._sink.without:
            return ""
        line = self._make_line(level, event).encode(self._encoding, "backslashreplace").decode(self._encoding)
        try:
            self._sink.stream.write(line + "\n")
            self._sink.stream.flush()
        except (OSError, ValueError) as error:
            was_whole, self._is_whole = self._is_whole, False
            return (str(error) or type(error).__name__) if was_whole else ""
        return ""


def log_event(event: RunEvent) -> None:
    """Write down what happened in a run: the log is one listener among others."""
    getattr(log, event.level)(event.name, **event.fields)


def _json_writer(mask: Mask, pipeline: Mapping[str, str]) -> Write:
    """Give an event its ECS names. Every line has the fields of the pipeline; an event's own replace none of the fixed."""

    def write(level: str, event: EventDict) -> str:
        fields = dict(event)
        action, moment = str(fields.pop("event")), fields.pop("@timestamp")
        outcome = _judge_outcome(action, fields)
        named = {
            "@timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "log.level": level,
            "message": say_event(action, fields),
            "event.action": action,
            **({} if outcome is None else {"event.outcome": outcome}),
            **{_name_field(key): value for key, value in fields.items()},
            "service.name": "batchpub",
            "service.version": __version__,
            "process.pid": os.getpid(),
            **pipeline,
            "ecs.version": ECS_VERSION,
        }
        return write_json_line({key: change_texts(value, mask) for key, value in named.items()})

    return write


def _judge_outcome(action: str, fields: Mapping[str, Any]) -> str | None:
    if action == "run.finished":
        return "failure" if fields.get("exit_code") else "success"
    return ECS_OUTCOMES.get(str(fields.get("outcome", action.removeprefix("course."))))


def _name_field(keyword: str) -> str:
    return FIELDS[keyword].name if keyword in FIELDS else f"batchpub.{keyword}"


def write_json_line(event: EventDict) -> str:
    """Give one line of ASCII: no text can break it, end it early, reach a terminal or a CI server as a command.

    CI servers look for `::name::` at a line's start and for `##[name]` and `##vso[name]` anywhere in it. One letter of
    each written as an escape keeps them from it, and whoever reads the JSON gets the text as it was.
    """
    line = _write_line(event)
    for most in SHORTER:
        if len(line) <= MOST_LINE_BYTES:
            break
        line = _write_line({key: _cut(value, most) for key, value in event.items()})
    return line


def _write_line(event: EventDict) -> str:
    line = json.dumps(event, ensure_ascii=True, allow_nan=False)
    return escape_commands(line.replace("\x7f", "\\u007f"))


def _cut(value: Any, most: int) -> Any:
    """Shorten a text to so many letters, a list or a table to so many parts of usual length, and count the rest."""
    parts = max(1, most // 50)
    match value:
        case str() if len(value) > most:
            return f"{value[:most]} … ({len(value) - most} more characters)"
        case list():
            rest = [f"… and {len(value) - parts} more"] if len(value) > parts else []
            return [*(_cut(inner, most) for inner in value[:parts]), *rest]
        case dict():
            kept = {key: _cut(inner, most) for key, inner in list(value.items())[:parts]}
            return kept | ({"…": f"{len(value) - parts} more"} if len(value) > parts else {})
        case _:
            return value


def make_printable(text: str) -> str:
    """Take line ends, escape sequences and reversed writing out of a text that came from a sheet or the service."""
    return break_commands("".join(letter if letter.isprintable() else " " for letter in text))


def _console_writer(mask: Mask, stream: Stream) -> Write:
    """Put the event's sentence behind its name, and the time of the clock on the wall: people read the console."""
    render = structlog.dev.ConsoleRenderer(
        0,  # no padding behind the sentence; by position, for releases name it differently
        colors=stream.isatty() and not os.environ.get("NO_COLOR"),
        exception_formatter=structlog.dev.plain_traceback,
    )

    def write(level: str, event: EventDict) -> str:
        fields = dict(event)
        action, moment = str(fields.pop("event")), fields.pop("@timestamp")
        for same in ("run", "file"):  # in nearly every line, and the person has just typed it
            fields.pop(same, None)
        sentence = f"{action}: {say_event(action, fields)}" if action in EVENTS else action
        if action in WORDED:  # has its facts in words; only what to do next may be more
            fields = {key: value for key, value in fields.items() if key in NEXT}
        line = {"event": sentence, "timestamp": f"{moment.astimezone():%H:%M:%S}", "level": level, **fields}
        return render(
            None,
            level,
            {key: change_texts(value, lambda text: make_printable(mask(text))) for key, value in line.items()},
        )

    return write
