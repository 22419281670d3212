"""How a setting is declared, and how a raw value (a flag, a variable's text, a job file's TOML) becomes its value.

A reader raises `ValueError` for whatever is no right value; `right` is what a sentence then says that it must be.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from batchpub.secret import Secret

DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?", re.ASCII)
MAX_FAILURES = re.compile(r"\d{1,9}|(?:\d{1,2}|100)%", re.ASCII)
ID_DIGITS = re.compile(r"(\d{1,2})(?:\s*-\s*(\d{1,2}))?", re.ASCII)
MOST_ID_DIGITS = 40
ID = re.compile(r"\d{1,40}", re.ASCII)
WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
DAY = 86_400.0
MONTH = 31 * DAY
YES = frozenset({"1", "true", "t", "yes", "y", "on"})
NO = frozenset({"0", "false", "f", "no", "n", "off"})

TEXT = "a text; write it in quotes, and not empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How a raw value is read, and what a right one is: in words, and as JSON Schema says it of a job file."""

    read: Callable[[object], Any]
    right: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string", "minLength": 1})


def _written(value: object) -> str:
    """Give a number or a text as a person writes it. A yes or no is neither, though Python would take it for 1 or 0."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("neither a number nor a text")  # noqa: TRY004 - readers raise ValueError alone
    return str(value).strip()


def _match(pattern: re.Pattern[str], value: object) -> re.Match[str]:
    found = pattern.fullmatch(_written(value))
    if found is None:
        raise ValueError("written another way")
    return found


def _within(number: float, low: float, high: float) -> None:
    if not low <= number <= high:
        raise ValueError("out of bounds")


def _whole_of(pattern: re.Pattern[str]) -> str:
    return f"^(?:{pattern.pattern})$"


def whole(low: int, high: int | None = None, right: str = "") -> Reader:
    """Read a whole number within bounds."""

    def read(value: object) -> int:
        number = int(_match(WHOLE, value)[0])
        _within(number, low, math.inf if high is None else high)
        return number

    bounds = {"minimum": low} if high is None else {"minimum": low, "maximum": high}
    return Reader(
        read=read, right=right or f"a whole number from {low} to {high}", schema={"type": "integer", **bounds}
    )


def number(low: float, high: float, right: str, *, above: bool = False) -> Reader:
    """Read a number from `low` (with `above`: greater than it) to `high`."""

    def read(value: object) -> float:
        found = float(_written(value))
        _within(found, math.nextafter(low, high) if above else low, high)
        return found

    bound = "exclusiveMinimum" if above else "minimum"
    return Reader(read=read, right=right, schema={"type": "number", bound: low, "maximum": high})


SECONDS = number(0, DAY, "a number of seconds above 0, at most a day (86400)", above=True)


def _read_duration(value: object) -> float:
    """Give seconds for "50m", "2h", "1h30m", "90s" and "300"."""
    if isinstance(value, str):
        hours, minutes, seconds = (float(part or 0) for part in _match(DURATION, value).groups())
        total = hours * 3600 + minutes * 60 + seconds
    else:
        total = float(_written(value))
    _within(total, math.nextafter(0, 1), MONTH)
    return total


LONG = Reader(
    read=_read_duration,
    right="a time such as 50m, 2h, 1h30m, 90s or 300, at most 31 days",
    schema={
        "type": ["string", "number"],
        "exclusiveMinimum": 0,
        "maximum": MONTH,
        "minLength": 1,
        "pattern": _whole_of(DURATION),
    },
)
FAILURES = Reader(
    read=lambda value: _match(MAX_FAILURES, value)[0],
    right="a number of rows, or a percentage such as 10%",
    schema={"type": ["string", "integer"], "minimum": 0, "pattern": _whole_of(MAX_FAILURES)},
)


def _read_id_digits(value: object) -> tuple[int, int]:
    """Give the least and the most digits for 18, "18" and "16-19"."""
    found = _match(ID_DIGITS, value)
    least, most = int(found[1]), int(found[2] or found[1])
    _within(least, 1, most)
    _within(most, least, MOST_ID_DIGITS)
    return least, most


DIGITS = Reader(
    read=_read_id_digits,
    right="a whole number from 1 to 40, or two of them such as 16-19",
    schema={"type": ["string", "integer"], "minimum": 1, "maximum": MOST_ID_DIGITS, "pattern": _whole_of(ID_DIGITS)},
)


def _read_text(value: object) -> str:
    if not isinstance(value, str) or not value or "\0" in value:  # NUL is in no name, path or URL
        raise ValueError("no text")
    return value


def text(right: str = TEXT) -> Reader:
    """Read a text that is not empty."""
    return Reader(read=_read_text, right=right)


SECRET = Reader(read=lambda value: Secret(str(value)), right=TEXT)
"""A text that must not be seen."""


def _several(one: Callable[[object], str], right: str, schema: Mapping[str, Any], *, least: int = 0) -> Reader:
    """Read a list, or a text with commas: an environment variable has no other way to hold several."""

    def read(value: object) -> tuple[str, ...]:
        if isinstance(value, str) and not value.lstrip().startswith("["):  # that would be JSON
            value = [part.strip() for part in value.split(",") if part.strip()]
        if not isinstance(value, list | tuple) or len(value) < least:
            raise ValueError("no list")
        return tuple(map(one, value))

    return Reader(read=read, right=right, schema={"type": "array", "items": {"type": "string", **schema}})


def texts(right: str) -> Reader:
    """Read any number of texts."""
    return _several(_read_text, right, {"minLength": 1})


def ids(*words: str) -> Reader:
    """Read ids, digit for digit, and words that stand for several. What is no id would be a guard that is not there."""
    right = f"a list of ids, each of digits alone and in quotes{''.join(f', or {word}' for word in words)}"
    pattern = re.compile("|".join([ID.pattern, *words]), re.ASCII)

    def read(value: object) -> str:
        if pattern.fullmatch(_read_text(value)) is None:
            raise ValueError("no id")
        return str(value)

    return _several(read, right, {"pattern": f"^({pattern.pattern})$"})


def _read_switch(value: object) -> bool:
    word = (str(value) if isinstance(value, bool) else _written(value)).lower()
    if word not in YES | NO:
        raise ValueError("neither yes nor no")
    return word in YES


SWITCH = Reader(read=_read_switch, right="true or false", schema={"type": "boolean"})


def one_of(*values: str) -> Reader:
    """Read one of a few words."""
    right = " or ".join(filter(None, (", ".join(values[:-1]), values[-1])))
    return Reader(read=lambda value: _choose(values, value), right=right, schema={"enum": list(values)})


def some_of(*values: str) -> Reader:
    """Read one or more of a few words."""
    right = f"one or more of {', '.join(values)}"
    reader = _several(lambda value: _choose(values, value), right, {"enum": list(values)}, least=1)
    return replace(reader, schema={**reader.schema, "minItems": 1})


def _choose(values: tuple[str, ...], value: object) -> str:
    if not isinstance(value, str) or value not in values:
        raise ValueError("no such word")
    return value


def member(kind: type[StrEnum]) -> Reader:
    """Read the value of a member."""
    return replace(one_of(*(one.value for one in kind)), read=kind)


def _read_pairs(value: object) -> dict[str, str]:
    """Give the pairs of "7300=refused,7301=throttled": how an environment variable holds a table."""
    if isinstance(value, str):
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        if not all(equals for _, equals, _ in pairs):
            raise ValueError("no pair")
        return {code.strip(): word.strip() for code, _, word in pairs}
    if not isinstance(value, dict) or not all(isinstance(part, str) for pair in value.items() for part in pair):
        raise ValueError("no table of texts")
    return dict(value)


def pairs(*words: str) -> Reader:
    """Read a table of texts, each of which is one of a few words."""
    table = {"type": "object", "additionalProperties": {"enum": list(words)}}
    return Reader(read=_read_pairs, right=f"a table of codes, each with one of {', '.join(words)}", schema=table)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is known of a setting besides its name. `title` is its meaning for people, in the help and the reference."""

    default: Any
    reader: Reader
    title: str


def setting(reader: Reader, *, title: str, default: Any = None, hidden: bool = False) -> Any:
    """Declare a setting as a field of `Settings`. A hidden one does not show in the text of the object."""
    about = {"setting": Setting(default=default, reader=reader, title=title)}
    if isinstance(default, dict):
        return field(default_factory=dict, repr=not hidden, metadata=about)
    return field(default=default, repr=not hidden, metadata=about)
