"""The log: facts in the past with fields, one line each, with every secret masked."""

import contextlib
import json
import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, TextIO
from urllib.parse import quote

import structlog
from structlog.typing import EventDict, WrappedLogger

from batchpub import __version__
from batchpub.events import EVENTS, FIELDS

MASK = "***"

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

SECRET_SHAPES = (
    (re.compile(r"(Zoho-oauthtoken\s+)[^\s\"',;]+", re.IGNORECASE), r"\1" + MASK),
    (
        re.compile(r"((?:refresh_token|client_secret|access_token)[\"']?\s*[=:]\s*[\"']?)[^\s&\"',;]+", re.IGNORECASE),
        r"\1" + MASK,
    ),
)
"""How a secret looks that nobody registered, such as a token that Zoho has just issued."""


class LineWriter:
    """Writes finished lines to a stream, and goes on without it when it is gone."""

    def __init__(self, stream: TextIO) -> None:
        """Remember the stream; it stays the caller's."""
        self._stream = stream
        self._encoding = getattr(stream, "encoding", None) or "utf-8"

    def msg(self, line: str) -> None:
        """Write one line. A log that nobody reads any more must not end a run."""
        told = line.encode(self._encoding, "backslashreplace").decode(self._encoding)
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(told + "\n")
            self._stream.flush()

    debug = info = warning = error = critical = exception = msg


class Masking:
    """Replaces what is secret in every text of an event, however deep it lies."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """Take the secrets' own values, and the way they look in a url. Empty ones are no secrets."""
        forms = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""), quote(secret))}
        longest_first = sorted(forms, key=len, reverse=True)  # a secret may begin with another one
        self._known = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """Mask an event: structlog's processor."""
        return {key: self.mask(value) for key, value in event.items()}

    def mask(self, value: Any) -> Any:
        """Give the value as plain JSON data without secrets."""
        match value:
            case None | bool() | int():
                return value
            case float():
                return value if math.isfinite(value) else str(value)
            case str():
                return self.mask_text(value)
            case Mapping():
                return {self.mask_text(str(key)): self.mask(inner) for key, inner in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self.mask(inner) for inner in value]
            case _:
                return self.mask_text(str(value))

    def mask_text(self, text: str) -> str:
        """Give the text without secrets."""
        masked = self._known.sub(MASK, text) if self._known else str(text)
        for shape, replacement in SECRET_SHAPES:
            masked = shape.sub(replacement, masked)
        return masked


def configure_log(
    *, stream: TextIO, fmt: Literal["json", "console"], level: str = "info", secrets: Sequence[str] = ()
) -> None:
    """Send every later event to the stream: "json" for pipelines, "console" for a person at a terminal.

    Args:
        stream: where the lines go; it is neither opened nor closed here.
        fmt: one JSON object a line with flat ECS names, or readable lines.
        level: the lowest level that is written: debug, info, warning or error.
        secrets: values that never appear in a line, whatever field they are in.

    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.format_exc_info,
            *FORMATS[fmt](stream, Masking(secrets)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: LineWriter(stream),
        cache_logger_on_first_use=False,
    )


def get_log() -> Any:
    """Give the program's logger: `get_log().info("course.published", attempts=1)`."""
    return structlog.get_logger("batchpub")


def name_fields(_logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Give the event its ECS names; the program's own fields cannot replace the fixed ones."""
    fields = dict(event)
    action = str(fields.pop("event"))
    named: EventDict = {
        "@timestamp": datetime.now(tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "log.level": "error" if method == "exception" else method,
        "message": EVENTS[action].message if action in EVENTS else action,
        "event.action": action,
        "service.name": "batchpub",
        "service.version": __version__,
        "process.pid": os.getpid(),
    }
    outcome = ECS_OUTCOMES.get(str(fields.get("outcome", action.removeprefix("course."))))
    if outcome is not None:
        named["event.outcome"] = outcome
    named.update({_name_field(key): value for key, value in fields.items()})
    return named


def _name_field(keyword: str) -> str:
    return FIELDS[keyword].name if keyword in FIELDS else f"batchpub.{keyword}"


def write_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """Give one line of ASCII: no text can break it, end it early or reach a terminal as a command."""
    return json.dumps(event, ensure_ascii=True, allow_nan=False).replace("\x7f", "\\u007f")


def make_printable(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Take line ends, escape sequences and reversed writing out of texts that came from a sheet or the service."""
    return {key: _printable(value) for key, value in event.items()}


def _printable(value: Any) -> Any:
    match value:
        case str():
            return "".join(letter if letter.isprintable() else " " for letter in value)
        case dict():
            return {_printable(key): _printable(inner) for key, inner in value.items()}
        case list():
            return [_printable(inner) for inner in value]
        case _:
            return value


Processors = list[Any]


def _json_processors(_stream: TextIO, masking: Masking) -> Processors:
    return [name_fields, masking, write_json]


def _console_processors(stream: TextIO, masking: Masking) -> Processors:
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
        masking,
        make_printable,
        structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback),
    ]


FORMATS: dict[str, Callable[[TextIO, Masking], Processors]] = {
    "json": _json_processors,
    "console": _console_processors,
}
