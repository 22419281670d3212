"""What the service writes back: JSON, its errors, its pages, and how it says "too many".

Facts: the Publish Course page of the Zoho People API, and what other Zoho products were seen to answer.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

JSON_HEADERS = {"Content-Type": "application/json;charset=UTF-8"}
HTML_HEADERS = {"Content-Type": "text/html;charset=UTF-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One HTTP answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: JSON_HEADERS)


def json_reply(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Give an answer with a JSON body."""
    return Reply(status=status, body=json.dumps(body).encode(), headers={**JSON_HEADERS, **(headers or {})})


def error_reply(code: str, message: str, *, status: int = 400) -> Reply:
    """Give an error as the documentation writes it."""
    return json_reply({"code": code, "message": message}, status=status)


def access_reply(code: int, message: str, *, status: int) -> Reply:
    """Give an error about the caller's token, in the envelope that People was seen to use for it."""
    return json_reply({"response": {"status": 1, "errors": {"code": code, "message": message}}}, status=status)


def page_reply(status: int, text: str, *, headers: Mapping[str, str] | None = None) -> Reply:
    """Give a page of HTML, as gateways, proxies and firewalls do."""
    body = f"<html><body><h1>{status} {text}</h1></body></html>".encode()
    return Reply(status=status, body=body, headers={**HTML_HEADERS, **(headers or {})})


def throttle_reply() -> Reply:
    """Refuse a call for the limit: 429 and not a word, not even how long to wait."""
    return Reply(status=429, body=b"", headers=HTML_HEADERS)


def quota_reply(*, wait_seconds: float) -> Reply:
    """Refuse a call for the daily quota (inferred: no public page of People shows this answer)."""
    return json_reply(
        {"code": "TOO_MANY_REQUESTS", "message": "You have exceeded the maximum number of API calls for the day"},
        status=429,
        headers={"Retry-After": str(max(1, ceil(wait_seconds)))},
    )
