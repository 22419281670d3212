"""Each envelope of an error that was seen, and each way to say "too many"."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from math import ceil
from typing import Any

from batchpub.sandbox.replies import Reply, error_reply, json_reply, page_reply, throttle_reply


def _code_value(code: str) -> str | int:
    return int(code) if code.isdecimal() else code


ENVELOPES: dict[str, Callable[[str, str, int], Any]] = {
    "flat": lambda code, message, _status: {"code": code, "message": message},
    "response": lambda code, message, _status: {
        "response": {"status": 1, "errors": {"code": _code_value(code), "message": message}}
    },
    "response_list": lambda code, message, _status: {
        "response": {"status": 1, "errors": [{"code": _code_value(code), "message": message}]}
    },
    "error": lambda code, message, status: {
        "error": {"status_code": status, "title": code, "details": {"message": message}}
    },
    "list": lambda code, message, _status: [{"errorcode": _code_value(code), "message": message}],
    "v2": lambda code, message, _status: {"error": {"code": _code_value(code), "message": message}},
    "result": lambda code, _message, _status: {"response": {"result": {"code": code}, "status": 0}},
}
"""The envelopes of an error, by name: (code, message, status) to a JSON body."""


def enveloped_reply(code: str, message: str, *, status: int = 400, envelope: str = "flat") -> Reply:
    """Give an error in one of the ENVELOPES."""
    return json_reply(ENVELOPES[envelope](code, message, status), status=status)


LOCK_MESSAGE = "API access blocked since threshold limit exceeded"
LIMIT_MESSAGE = "The allowed number of requests was exceeded"


def _x_rate_limit(wait: int) -> str:
    return json.dumps([{"remaining-count": "0", "retry-after": str(wait), "allowed-count": "30"}])


def http_date(seconds: float) -> str:
    """Give the date that is so many seconds from now."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


def _in_words(wait: int) -> str:
    return f"{ceil(wait / 60)} minutes" if wait >= 60 else f"{wait} seconds"


THROTTLE_SHAPES: dict[str, Callable[[int], Reply]] = {
    "429": lambda _wait: throttle_reply(),
    "429_retry_after": lambda wait: json_reply(
        {"code": "429", "message": "Too many requests"}, status=429, headers={"Retry-After": str(wait)}
    ),
    "429_http_date": lambda wait: json_reply(
        {"code": "429", "message": "Too many requests"},
        status=429,  # A date has whole seconds: round up, or the date would be earlier than the end of the lock.
        headers={"Retry-After": http_date(wait + 1)},
    ),
    "429_x_rate_limit": lambda wait: json_reply(
        {"code": "TOO_MANY_REQUESTS", "message": "Too many requests"},
        status=429,
        headers={"X-Rate-Limit": _x_rate_limit(wait)},
    ),
    "400_rolling": lambda _wait: enveloped_reply(
        "URL_ROLLING_THROTTLES_LIMIT_EXCEEDED", LIMIT_MESSAGE, envelope="error"
    ),
    "400_request_limit": lambda _wait: error_reply("request_limit_exceeded", "Request limit exceeded"),
    "200_rolling": lambda _wait: error_reply("URL_ROLLING_THROTTLES_LIMIT_EXCEEDED", LIMIT_MESSAGE, status=200),
    "200_request_limit": lambda _wait: error_reply("request_limit_exceeded", "Request limit exceeded", status=200),
    "7209": lambda _wait: enveloped_reply("7209", LOCK_MESSAGE, envelope="response"),
    "200_7209": lambda _wait: enveloped_reply("7209", LOCK_MESSAGE, status=200, envelope="response"),
    "200_2955": lambda _wait: error_reply("2955", "Too frequent", status=200),
    "6045": lambda _wait: enveloped_reply("6045", "Request limit exceeded", envelope="v2"),
    "403_page_retry_after": lambda wait: page_reply(403, "Forbidden", headers={"Retry-After": str(wait)}),
    "text": lambda wait: error_reply("400", f"{LOCK_MESSAGE}. Try again after {_in_words(wait)}."),
}
"""The ways Zoho products were seen to refuse a call for the limit, by name; `wait`: whole seconds to the lock's end."""


def shaped_reply(shape: str, *, wait_seconds: float, clock_offset: float = 0.0) -> Reply:
    """Refuse a call for the limit. Waits are told in real seconds, rounded up: never too short.

    `clock_offset`: how far the clock that dates are told by is ahead of ours (s).
    """
    wait = max(1, ceil(wait_seconds))
    reply = THROTTLE_SHAPES[shape](wait)
    if shape == "429_http_date" and clock_offset:
        reply = replace(reply, headers={**reply.headers, "Retry-After": http_date(wait + 1 + clock_offset)})
    return reply
