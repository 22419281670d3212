"""What Zoho's reply means: (status, headers, body) becomes one answer, without network or clock."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, assert_never

from batchpub.course import Course
from batchpub.services.interface import (
    NOTHING_READABLE,
    Answer,
    Denied,
    Expired,
    Published,
    Refused,
    SaidPublished,
    Throttled,
    Unclear,
)
from batchpub.services.zoho.body import (
    LONGEST_CODE,
    LONGEST_MESSAGE,
    Said,
    clean_text,
    is_dict,
    is_list,
    take_apart,
    text_of,
)
from batchpub.services.zoho.meanings import (
    COURSE_STATUSES,
    PUBLISHED_STATUS,
    QUOTA_PHRASES,
    STATE_KEYS,
    STATE_KEYS_OF_COURSES,
    SUCCESS_CODE,
    Sign,
    find_sign,
)
from batchpub.services.zoho.waits import names_wait, read_wait

Added = Mapping[str, Sign]
"""What an operator says that further codes mean; the codes in lower case."""

NONE_ADDED: Added = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What came back for one call.

    `whole`: the body arrived to its end. `now` is our own clock's time; `behind_seconds` says how far earlier answers
    showed the service's clock to be behind it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    now: datetime
    whole: bool = True
    behind_seconds: float = 0.0


def read_answer(http: HttpAnswer, course: Course, *, added: Added = NONE_ADDED) -> Answer:
    """Say what Zoho's reply to a publish call means for this course. Total: any bytes have a meaning.

    A throttle sign counts on any status: Zoho products send it with 200, 400 and 429.
    """
    said = take_apart(http.body, whole=http.whole)
    refusal = read_no(http, said, added=added)
    if refusal is not None:
        return refusal
    doubt = _doubt_success(http, said, course)
    return Published() if doubt is None else replace(unclear(http, said), reason=doubt)


def read_no(
    http: HttpAnswer, said: Said, *, added: Added
) -> SaidPublished | Refused | Throttled | Expired | Denied | Unclear | None:
    """Read every way to say no: first what the table knows, then what an operator added, then the bare status.

    Where the body did not arrive whole, or is no JSON, nothing in it is a final no.
    """
    throttle = _read_throttle(http, said)
    if throttle is not None:
        return throttle
    added_code = next((code.strip() for code in said.other_codes if code.strip().casefold() in added), None)
    for sign in _signs_to_look_for(http, said):
        code = find_sign(sign, said.codes, said.messages)
        if code is not None:
            return _make_no(sign, code, http, said)
    if added_code is not None:
        return _make_added(added[added_code.casefold()], added_code, http, said)
    return _read_status(http, said)


def say_unclear(http: HttpAnswer, said: Said) -> str:
    """Say in one sentence why an answer is unclear."""
    details = " ".join(part for part in (said.first_code, said.message) if part)
    about = f": {details}" if details else NOTHING_READABLE
    cut = "" if http.whole else ", cut off"
    return clean_text(f"Zoho answered with HTTP {http.status}{cut}{about}", longest=LONGEST_MESSAGE)


def unclear(http: HttpAnswer, said: Said) -> Unclear:
    """Give the answer of which nobody can say what became of the call."""
    return Unclear(reason=say_unclear(http, said), strange=_is_strange(http), code=said.first_code)


def is_2xx(status: int) -> bool:
    """Tell whether a status is one of success."""
    return 200 <= status <= 299  # noqa: PLR2004


def _is_4xx(status: int) -> bool:
    return 400 <= status <= 499  # noqa: PLR2004


def _is_strange(http: HttpAnswer) -> bool:
    """Tell whether the next course would meet the same: not a server in trouble, not a slow request, not half a success.

    A 4xx of which only a part arrived may be the lock.
    """
    return http.status < 500 and http.status != 408 and (http.whole or _is_4xx(http.status))  # noqa: PLR2004


def _read_throttle(http: HttpAnswer, said: Said) -> Throttled | None:
    """Find the sign of the lock: a code, a phrase, the status, or a header that asks to wait.

    A 5xx with such a header may come from a gateway behind which the call was executed.
    """
    sign = find_sign(Sign.THROTTLE, said.codes, said.messages) or ("429" if http.status == 429 else None)  # noqa: PLR2004
    if sign is not None:
        return _make_throttled(sign, http, said)
    header = names_wait(http.headers) if http.status >= 400 else ""  # noqa: PLR2004
    return replace(_make_throttled(header, http, said), certain=_is_4xx(http.status)) if header else None


def _signs_to_look_for(http: HttpAnswer, said: Said) -> tuple[Sign, ...]:
    if http.status == 401 or not _may_be_final(said):  # noqa: PLR2004
        return (Sign.TOKEN, Sign.SCOPE)
    return (Sign.TOKEN, Sign.SCOPE, Sign.ALREADY, Sign.FINAL)


def _may_be_final(said: Said) -> bool:
    return said.whole and said.parsed is not None


def _make_added(
    sign: Sign, code: str, http: HttpAnswer, said: Said
) -> SaidPublished | Refused | Throttled | Expired | Denied | Unclear:
    """Give what an operator says that a code means. That nothing was done only a 4xx says."""
    if sign in (Sign.FINAL, Sign.ALREADY) and not _may_be_final(said):
        return unclear(http, said)
    answer = _make_no(sign, code, http, said)
    if isinstance(answer, Unclear | SaidPublished):
        return answer
    return replace(answer, certain=_is_4xx(http.status))


def _read_status(http: HttpAnswer, said: Said) -> Refused | Expired | Unclear | None:
    """Read what the bare status says. A 4xx without the JSON of an API says nothing about the course."""
    status = http.status
    if status == 401:  # noqa: PLR2004
        return Expired(code=said.first_code or "401", message=said.message)
    if not _is_4xx(status):
        return None
    if status == 408 or not said.is_of_an_api:  # noqa: PLR2004 - RFC 9110: a 408 may be repeated, so it is not final
        return unclear(http, said)
    # 403 and 422 keep the status as their code: breakers count them, whatever the body calls them.
    code = str(status) if status in {403, 422} else said.first_code or str(status)
    return Refused(code=code, message=said.message, known=status in COURSE_STATUSES)


def _make_no(
    sign: Sign, code: str, http: HttpAnswer, said: Said
) -> SaidPublished | Refused | Throttled | Expired | Denied | Unclear:
    """Give the answer that belongs to a sign."""
    code = clean_text(code, longest=LONGEST_CODE)
    match sign:
        case Sign.THROTTLE:
            return _make_throttled(code, http, said)
        case Sign.TOKEN:
            return Expired(code=code, message=said.message)
        case Sign.SCOPE:
            return Denied(code=code, message=said.message)
        case Sign.ALREADY:
            return SaidPublished(code=code, message=said.message)
        case Sign.FINAL:
            return Refused(code=code, message=said.message)
        case Sign.UNCLEAR:
            return replace(unclear(http, said), strange=False)
        case _ as unreachable:
            assert_never(unreachable)


def _make_throttled(cause: str, http: HttpAnswer, said: Said) -> Throttled:
    wait = read_wait(http.headers, said.messages, now=http.now, behind_seconds=http.behind_seconds)
    is_daily = any(phrase in said.message.casefold() for phrase in QUOTA_PHRASES)
    return Throttled(wait_seconds=wait, cause=clean_text(cause, longest=LONGEST_CODE), quota=is_daily)


def _doubt_success(http: HttpAnswer, said: Said, course: Course) -> str | None:
    """Say why this is no success, or None if it is one: 2xx, whole, code 200, and whatever it names agrees."""
    parsed = said.parsed
    if not is_2xx(http.status) or not said.whole or SUCCESS_CODE not in said.codes or said.other_codes:
        return say_unclear(http, said)
    if not is_dict(parsed):
        return say_unclear(http, said)
    for key in ("course", "batch"):
        if key not in parsed:
            continue
        if not is_dict(parsed[key]):
            return f"the answer names no {key} we can read"
        doubt = _doubt_thing(parsed[key], course, state_keys=STATE_KEYS)
        if doubt is not None:
            return doubt
    # Outside of both, `status` and `state` say how the call went.
    return _doubt_batches(parsed, course) or _doubt_thing(parsed, course, state_keys=STATE_KEYS_OF_COURSES)


def _doubt_batches(parsed: dict[str, Any], course: Course) -> str | None:
    """Look into a list of batches for the one that was published."""
    if "batches" not in parsed or not course.batch_id:
        return None
    batches = parsed["batches"]
    mine = [b for b in batches if is_dict(b) and _id_of(b, "batchId") == course.batch_id] if is_list(batches) else []
    if not mine:
        return "the answer names other batches"
    return next(filter(None, (_doubt_thing(batch, course, state_keys=STATE_KEYS) for batch in mine)), None)


def _doubt_thing(thing: dict[str, Any], course: Course, *, state_keys: tuple[str, ...]) -> str | None:
    """Say what in one object is about something else, or not published."""
    for key, noun, wanted in (("courseId", "course", course.course_id), ("batchId", "batch", course.batch_id)):
        named = _id_of(thing, key)
        if key in thing and named != wanted:
            return f"the answer is about another {noun}: {clean_text(named, longest=LONGEST_CODE)}"
    for key in state_keys:
        word = clean_text(text_of(thing.get(key)), longest=LONGEST_CODE)
        if key in thing and word.casefold() != PUBLISHED_STATUS:
            return f"the answer says success, but {key} is {word or 'missing'!r}"
    return None


def _id_of(thing: dict[str, Any], key: str) -> str:
    return text_of(thing.get(key)).strip()
