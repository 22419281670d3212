"""How long Zoho asks to wait: the longest sane wait that its headers or its text name."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from batchpub.services.zoho.body import parse_json
from batchpub.services.zoho.meanings import LONGEST_WAIT_SECONDS

TRY_AGAIN = re.compile(r"try\s+again\s+(?:after|in)\s+([0-9]{1,9})\s*(second|sec|minute|min|hour)", re.IGNORECASE)
RETRY_AFTER, RATE_LIMIT = "retry-after", "x-rate-limit"
NO_WAIT = (None, "", 0, "0")
UNIT_SECONDS = {"second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600}


def names_wait(headers: Mapping[str, str]) -> str:
    """Name the header that asks to wait, for however long; "" where none does.

    An `X-Rate-Limit` that lists budgets without a wait only informs; one that cannot be read is taken as a request.
    """
    if any(_values(headers, RETRY_AFTER)):
        return "Retry-After"
    for value in filter(None, _values(headers, RATE_LIMIT)):
        budgets = _budgets(value)
        if not budgets or any(budget.get("retry-after") not in NO_WAIT for budget in budgets):
            return "X-Rate-Limit"
    return ""


def read_wait(
    headers: Mapping[str, str], messages: tuple[str, ...], *, now: datetime, behind_seconds: float
) -> float | None:
    """Give the longest wait (s) that is one; None if nobody names one.

    No wait is one that is not positive, not finite, or longer than a day: an epoch, or a senseless number.

    Args:
        headers: of the answer; a date in `Retry-After` counts from the answer's own `Date`.
        messages: "Try again after 5 minutes" counts as well.
        now: our own clock, for a date that comes without a `Date` of the service.
        behind_seconds: how far earlier answers showed the service's clock to be behind ours.

    """
    sent = next(filter(None, map(read_date, _values(headers, "date"))), None)
    budgets = [budget for value in _values(headers, RATE_LIMIT) for budget in _budgets(value)]
    named = [
        *(_number(budget.get("retry-after")) for budget in budgets),
        *map(_read_try_again, messages),
    ]
    for value in _values(headers, RETRY_AFTER):
        then = read_date(value)
        if then is None:
            named += map(_number, value.split(","))
        else:
            named.append(_read_until(then, sent=sent, now=now, behind_seconds=behind_seconds))
    return max((wait for wait in named if wait is not None and _is_sane(wait)), default=None)


def read_date(value: str) -> datetime | None:
    """Read the date of an HTTP header; None for what is none."""
    try:
        date = parsedate_to_datetime(value)
        return date if date.tzinfo else date.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _values(headers: Mapping[str, str], name: str) -> list[str]:
    """Give every value of a header: it may be there several times."""
    return [value.strip() for key, value in headers.items() if key.casefold() == name]


def _budgets(value: str) -> list[dict[str, Any]]:
    """Read the JSON list of budgets of an `X-Rate-Limit`."""
    parsed = parse_json(value)
    return [budget for budget in (parsed if isinstance(parsed, list) else [parsed]) if isinstance(budget, dict)]


def _read_until(then: datetime, *, sent: datetime | None, now: datetime, behind_seconds: float) -> float:
    """Give the seconds until a date, by the clock that made it where the answer shows that clock."""
    by_its_clock = (then - sent).total_seconds() if sent is not None else 0.0
    return by_its_clock if _is_sane(by_its_clock) else (then - now).total_seconds() + max(0.0, behind_seconds)


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


def _is_sane(seconds: float) -> bool:
    return math.isfinite(seconds) and 0 < seconds <= LONGEST_WAIT_SECONDS
