"""What Zoho's reply means: (status, headers, body) becomes one answer, without network or clock."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, TypeGuard, assert_never

from batchpub.zoho.meanings import (
    CODE_KEYS,
    COURSE_TYPES,
    ENVELOPE_KEYS,
    KIND_KEYS,
    LONGEST_WAIT_SECONDS,
    MESSAGE_KEYS,
    NAME_KEYS,
    PUBLISHED_STATUS,
    QUOTA_PHRASES,
    QUOTA_WAIT_SECONDS,
    STATE_KEYS,
    STATE_WORDS,
    SUCCESS_CODE,
    Sign,
    find_sign,
)

Added = Mapping[str, Sign]
"""What an operator says that further codes mean; the codes in lower case."""

NONE_ADDED: Added = {}

DEEPEST_ENVELOPE = 6
LONGEST_CODE = 120
LONGEST_MESSAGE = 500
TRY_AGAIN = re.compile(r"try\s+again\s+(?:after|in)\s+([0-9]{1,9})\s*(second|sec|minute|min|hour)", re.IGNORECASE)
UNIT_SECONDS = {"second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600}


class CourseState(StrEnum):
    """What reading a course says about it."""

    PUBLISHED = "published"
    DRAFT = "draft"
    DISABLED = "disabled"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Zoho says that it published this course."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Zoho will not do this for this course, however often it is asked.

    `certain`, here and below: the call was not executed. An operator's word alone never makes that certain.
    """

    code: str
    message: str
    certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidPublished:
    """Zoho gives as its reason for refusing that the course is published already. Reading it makes sure."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttled:
    """The lock or, with `quota`, the daily quota refused the call. It was not executed.

    `wait_seconds` is what Zoho named, or None; `cause` is the code, phrase or status that gave it away.
    """

    wait_seconds: float | None
    cause: str
    quota: bool = False
    certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """The access token is not valid, or no longer."""

    code: str
    message: str
    certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """The token lacks the scope; a new one does not help."""

    code: str
    message: str
    certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """The call may or may not have been executed."""

    reason: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """The call never reached Zoho."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """The last look, taken when the connection stood, said no: nothing was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRead:
    """What the course looks like now; `name` and `kind` are "" where Zoho did not say."""

    state: CourseState
    name: str
    kind: str


Answer = Published | SaidPublished | Refused | Throttled | Expired | Denied | Unclear | NotSent | Withheld | StateRead


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """A body taken apart: every code and message of its envelopes, outermost first."""

    parsed: Any
    codes: tuple[str, ...]
    messages: tuple[str, ...]

    @property
    def message(self) -> str:
        return clean_text(" ".join(dict.fromkeys(self.messages)), longest=LONGEST_MESSAGE)


def read_answer(  # noqa: PLR0913 - the reply's three parts, and what was asked for
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    course_id: str,
    now: datetime,
    added: Added = NONE_ADDED,
) -> Answer:
    """Say what Zoho's reply to a publish call means for this course. Total: any bytes have a meaning.

    A throttle sign counts on any status: Zoho products send it with 200, 400 and 429.
    """
    said = _take_apart(body)
    refusal = _read_no(status, headers, said, now=now, added=added)
    if refusal is not None:
        return refusal
    doubt = _doubt_success(status, said, course_id=course_id)
    return Published() if doubt is None else Unclear(reason=doubt)


def read_course_state(  # noqa: PLR0913 - as above
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: datetime,
    course_id: str = "",
    batch_id: str = "",
    added: Added = NONE_ADDED,
) -> Answer:
    """Say what Zoho's reply to reading a course means. Total; tolerant, since the fields are not documented.

    With `batch_id` only what is said about a batch counts: its course may well be published without it.
    An answer about another course or batch than asked for is "cannot tell".
    """
    said = _take_apart(body)
    refusal = _read_no(status, headers, said, now=now, added=added)
    if isinstance(refusal, SaidPublished):
        return Unclear(reason=_describe(status, said), code=_first_code(said))
    if refusal is not None:
        return refusal
    if not _is_2xx(status) or not isinstance(said.parsed, dict) or _other_codes(said):
        return Unclear(reason=_describe(status, said), code=_first_code(said))
    return _read_state(said.parsed, course_id=course_id, batch_id=batch_id)


def code_of(answer: Answer) -> str:
    """Give the short code reports show for an answer."""
    match answer:
        case Published():
            return SUCCESS_CODE
        case SaidPublished(code=code) | Refused(code=code) | Expired(code=code) | Denied(code=code):
            return code
        case Throttled(cause=cause):
            return cause
        case Unclear(code=code):
            return code or "unclear"
        case NotSent():
            return "not_sent"
        case Withheld():
            return "withheld"
        case StateRead(state=state):
            return state.value
        case _ as unreachable:
            assert_never(unreachable)


def clean_text(text: str, *, longest: int) -> str:
    """Make a stranger's text fit for one line: control and unpaired characters go, white space shrinks, and it ends."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())[:longest]


def _read_no(
    status: int, headers: Mapping[str, str], said: _Said, *, now: datetime, added: Added
) -> SaidPublished | Refused | Throttled | Expired | Denied | Unclear | None:
    """Read every way to say no: first what the table knows, then what an operator added, then the bare status."""
    throttle = find_sign(Sign.THROTTLE, said.codes, said.messages) or ("429" if status == 429 else None)  # noqa: PLR2004
    if throttle is not None:
        return _make_no(Sign.THROTTLE, throttle, status, headers, said, now=now)
    told = next((code.strip() for code in _other_codes(said) if code.strip().casefold() in added), None)
    for sign in (Sign.TOKEN, Sign.SCOPE, *(() if status == 401 else (Sign.ALREADY, Sign.FINAL))):  # noqa: PLR2004
        code = find_sign(sign, said.codes, said.messages)
        if code is not None:
            return _make_no(sign, code, status, headers, said, now=now)
    if told is not None:
        answer = _make_no(added[told.casefold()], told, status, headers, said, now=now)
        if isinstance(answer, Unclear | SaidPublished):
            return answer
        return replace(answer, certain=400 <= status <= 499)  # noqa: PLR2004 - only a 4xx says that nothing was done
    if status == 401:  # noqa: PLR2004
        return Expired(code=_first_code(said) or "401", message=said.message)
    if status == 408:  # noqa: PLR2004 - RFC 9110: the request may be repeated, so it is not final
        return Unclear(reason=_describe(status, said), code=_first_code(said))
    if 400 <= status <= 499:  # noqa: PLR2004
        # 403 and 422 keep the status as their code: breakers count them, whatever the body calls them.
        code = str(status) if status in {403, 422} else _first_code(said) or str(status)
        return Refused(code=code, message=said.message)
    return None


def _make_no(  # noqa: PLR0913 - a sign and the reply it was found in
    sign: Sign, code: str, status: int, headers: Mapping[str, str], said: _Said, *, now: datetime
) -> SaidPublished | Refused | Throttled | Expired | Denied | Unclear:
    """Give the answer that belongs to a sign."""
    code = clean_text(code, longest=LONGEST_CODE)
    match sign:
        case Sign.THROTTLE:
            wait = _read_wait(headers, said.messages, now=now)
            is_daily = any(phrase in said.message.casefold() for phrase in QUOTA_PHRASES)
            is_long = wait is not None and wait > QUOTA_WAIT_SECONDS
            return Throttled(wait_seconds=wait, cause=code, quota=is_daily or is_long)
        case Sign.TOKEN:
            return Expired(code=code, message=said.message)
        case Sign.SCOPE:
            return Denied(code=code, message=said.message)
        case Sign.ALREADY:
            return SaidPublished(code=code, message=said.message)
        case Sign.FINAL:
            return Refused(code=code, message=said.message)
        case Sign.UNCLEAR:
            return Unclear(reason=_describe(status, said), code=_first_code(said))
        case _ as unreachable:
            assert_never(unreachable)


def _doubt_success(status: int, said: _Said, *, course_id: str) -> str | None:
    """Say why this is no success, or None if it is one: 2xx, code 200, and id and status, where given, agree."""
    if not _is_2xx(status) or SUCCESS_CODE not in said.codes or _other_codes(said) or not isinstance(said.parsed, dict):
        return _describe(status, said)
    for key in ("course", "batch"):
        if key not in said.parsed:
            continue
        thing = said.parsed[key]
        if not isinstance(thing, dict):
            return f"the answer names no {key} we can read"
        named = _as_text(thing.get("courseId", course_id))
        if named != course_id:
            return f"the answer is about another course: {clean_text(named, longest=LONGEST_CODE)}"
        word = _as_text(thing.get("status", PUBLISHED_STATUS))
        if word.strip().casefold() != PUBLISHED_STATUS:
            return f"the answer says success, but the status is {clean_text(word, longest=LONGEST_CODE) or 'missing'!r}"
    return None


def _read_state(parsed: dict[str, Any], *, course_id: str, batch_id: str) -> StateRead:
    """Find the state in the object that speaks about what was asked for; several words that disagree say nothing."""
    things = (
        list(_batches(parsed, batch_id)) if batch_id else [t for t in (parsed.get("course"), parsed) if _is_dict(t)]
    )
    words = {STATE_WORDS.get(word) for thing in things for word in _texts(thing, STATE_KEYS) if _is_state_word(word)}
    named = {
        text for thing in (*things, parsed.get("course")) if _is_dict(thing) for text in _texts(thing, ("courseId",))
    }
    is_other = bool(course_id) and bool(named - {course_id})
    word = words.pop() if len(words) == 1 and not is_other else None
    everything = [t for t in (*things, parsed.get("course"), parsed) if _is_dict(t)]
    kind = _first_text(everything, KIND_KEYS)
    return StateRead(
        state=CourseState(word) if word else CourseState.CANNOT_TELL,
        name=_first_text(everything, NAME_KEYS),
        kind=COURSE_TYPES.get(kind, kind),
    )


def _is_state_word(word: str) -> bool:
    """Leave out what only says how the call went: `status` is also where other Zoho answers say "success"."""
    return word not in {"success", "0", "200"}


def _batches(parsed: dict[str, Any], batch_id: str) -> Iterator[dict[str, Any]]:
    """Give the objects about this batch, wherever an answer may hold them."""
    for holder in (parsed, parsed.get("course")):
        if not _is_dict(holder):
            continue
        one, many = holder.get("batch"), holder.get("batches")
        for thing in (holder, one, *(many if isinstance(many, list) else ())):
            if _is_dict(thing) and batch_id in _texts(thing, ("batchId",)):
                yield thing


def _take_apart(body: bytes) -> _Said:
    """Read a body as JSON if it is JSON, and as one message if it is not."""
    text = body.decode("utf-8", errors="replace").removeprefix("\ufeff")
    parsed = _parse_json(text)
    if parsed is None:
        return _Said(parsed=None, codes=(), messages=(text,) if text.strip() else ())
    pairs = list(_walk(parsed, depth=0))
    return _Said(
        parsed=parsed,
        codes=tuple(text for is_code, text in pairs if is_code),
        messages=tuple(text for is_code, text in pairs if not is_code),
    )


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _walk(node: Any, *, depth: int) -> Iterator[tuple[bool, str]]:
    """Give (is it a code, text) for every code and message of the envelopes Zoho uses."""
    if depth > DEEPEST_ENVELOPE:
        return
    if isinstance(node, list):
        for item in node:
            yield from _walk(item, depth=depth + 1)
    if not isinstance(node, dict):
        return
    for text in _texts(node, CODE_KEYS, fold=False):
        yield True, text
    for key in MESSAGE_KEYS:
        if isinstance(node.get(key), str) and node[key].strip():
            yield False, node[key]
    for key in ENVELOPE_KEYS:
        inner = node.get(key)
        if key in {"error", "errors"} and isinstance(inner, str):
            yield True, inner  # {"error": "invalid_code"}, as accounts does
        else:
            yield from _walk(inner, depth=depth + 1)


def _texts(thing: dict[str, Any], keys: tuple[str, ...], *, fold: bool = True) -> tuple[str, ...]:
    """Give what these keys hold as text, without the blank ones."""
    found = (_as_text(thing.get(key)).strip() for key in keys)
    return tuple(text.casefold() if fold else text for text in found if text)


def _first_text(things: list[dict[str, Any]], keys: tuple[str, ...]) -> str:
    texts = (text for thing in things for text in _texts(thing, keys, fold=False))
    return clean_text(next(texts, ""), longest=LONGEST_MESSAGE)


def _as_text(value: Any) -> str:
    """Give strings and whole numbers as text, anything else as "": codes and ids come as both."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _is_dict(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _is_2xx(status: int) -> bool:
    return 200 <= status <= 299  # noqa: PLR2004


def _other_codes(said: _Said) -> tuple[str, ...]:
    return tuple(code for code in said.codes if code != SUCCESS_CODE)


def _first_code(said: _Said) -> str:
    return clean_text(next(iter(_other_codes(said)), ""), longest=LONGEST_CODE)


NOTHING_READABLE = " and nothing we can read"


def _describe(status: int, said: _Said) -> str:
    """Say in one sentence why an answer is unclear."""
    details = " ".join(part for part in (_first_code(said), said.message) if part)
    about = f": {details}" if details else NOTHING_READABLE
    return clean_text(f"Zoho answered with HTTP {status}{about}", longest=LONGEST_MESSAGE)


def _read_wait(headers: Mapping[str, str], messages: tuple[str, ...], *, now: datetime) -> float | None:
    """Give the seconds to wait, first that is given: X-Rate-Limit, Retry-After, the text; None if nobody says."""
    lower = {name.casefold(): value for name, value in headers.items()}
    named = (
        *_read_rate_limit(lower.get("x-rate-limit", "")),
        _read_retry_after(lower.get("retry-after", ""), now=now),
        *(_read_try_again(message) for message in messages),
    )
    return next((wait for wait in map(_sane_wait, named) if wait is not None), None)


def _read_rate_limit(value: str) -> tuple[float | None, ...]:
    """Read a JSON list of budgets; the longest wait first, since all of them must be free."""
    parsed = _parse_json(value)
    budgets = parsed if isinstance(parsed, list) else [parsed]
    waits = [_number(budget.get("retry-after")) for budget in budgets if isinstance(budget, dict)]
    return tuple(sorted((wait for wait in waits if _sane_wait(wait) is not None), key=lambda w: -(w or 0.0)))


def _read_retry_after(value: str, *, now: datetime) -> float | None:
    seconds = _number(value)
    if seconds is not None or not value.strip():
        return seconds
    try:
        then = parsedate_to_datetime(value)
        return ((then if then.tzinfo else then.replace(tzinfo=UTC)) - now).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _read_try_again(message: str) -> float | None:
    found = TRY_AGAIN.search(message)
    return float(int(found[1]) * UNIT_SECONDS[found[2].lower()]) if found else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _sane_wait(seconds: float | None) -> float | None:
    """Drop waits that are none (zero, negative, not a number, endless); no wait is longer than a day."""
    if seconds is None or not math.isfinite(seconds) or seconds <= 0:
        return None
    return min(seconds, LONGEST_WAIT_SECONDS)
