"""The accounts host: the one call that gives tokens, and what its refusals mean."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from batchpub.errors import AccessRefused
from batchpub.services.zoho.hosts import Endpoint
from batchpub.services.zoho.line import make_timeout, make_tls, open_session, proxy_for, read_body

LARGEST_ANSWER = 65_536
USUAL_LIFETIME_SECONDS = 3600.0  # "expires_in": 3600, Zoho accounts documentation
LONGEST_LIFETIME_SECONDS = 86_400.0
ERROR_CODE = re.compile(r"[A-Za-z]+(_[A-Za-z]+)*", re.ASCII)

FINAL_ERRORS = {
    "invalid_client": "BATCHPUB_CLIENT_ID is not known in this data centre. Copy the client id of your Self Client from "
    "{console}; if it is not there, it was made in another data centre: set BATCHPUB_DATA_CENTER",
    "invalid_client_secret": "BATCHPUB_CLIENT_SECRET does not belong to this client id. Copy the client secret of your "
    "Self Client from {console}",
    "invalid_code": "BATCHPUB_REFRESH_TOKEN is revoked, or was made for another client or in another data centre. Make a "
    "new one with `batchpub login` and a grant code of {console}",
    "invalid_grant": "BATCHPUB_REFRESH_TOKEN is not accepted. Make a new one with `batchpub login` and a grant code of "
    "{console}",
}
"""Errors of the token call that no second try cures. They may come with HTTP 200."""


async def ask_for_token(endpoint: Endpoint, form: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """Make one call. Give its JSON object ({} where there is none) and, in a few words, what came back."""
    url = f"{endpoint.accounts_url}/oauth/v2/token"
    try:
        async with (
            open_session(make_timeout(endpoint), make_tls(url)) as session,
            session.post(url, data=form, allow_redirects=False, **proxy_for(url)) as response,
        ):
            body = await read_body(response, largest=LARGEST_ANSWER)
            return parse_object(body.content), f"HTTP {response.status}"
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return {}, type(error).__name__


def parse_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object; {} for what is none."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def read_lifetime(answer: Mapping[str, Any]) -> float:
    """Read how long the token lives (s). Old answers give milliseconds in `expires_in`, seconds in `expires_in_sec`."""
    value = answer.get("expires_in_sec", answer.get("expires_in"))
    try:
        seconds = float(value) if isinstance(value, int | float | str) else USUAL_LIFETIME_SECONDS
    except (ValueError, OverflowError):
        return USUAL_LIFETIME_SECONDS
    return seconds if 0 < seconds <= LONGEST_LIFETIME_SECONDS else USUAL_LIFETIME_SECONDS


def is_throttle(answer: Mapping[str, Any], reason: str) -> bool:
    """Say if the token call hit its own limit: "Access Denied ... too many requests".

    Zoho writes that in the account's language. So any error that is a text for people, and no code, is taken as this.
    """
    error = answer.get("error")
    is_text = isinstance(error, str) and not ERROR_CODE.fullmatch(error)
    texts = " ".join(str(value) for value in answer.values()).casefold()
    return is_text or reason == "HTTP 429" or "too many requests" in texts


def raise_if_final(answer: Mapping[str, Any], accounts_url: str) -> None:
    """Raise AccessRefused, with the secret to replace and where it is made, for an error that stays."""
    error = answer.get("error")
    if isinstance(error, str) and error in FINAL_ERRORS:
        remedy = FINAL_ERRORS[error].format(console=console_of(accounts_url))
        raise AccessRefused(f"Zoho refuses to make an access token ({error}): {remedy}.")


def console_of(accounts_url: str) -> str:
    """Name the page where clients and grant codes are made, in the same data centre."""
    host = urlsplit(accounts_url).hostname or ""
    return (
        f"https://api-console.{host.removeprefix('accounts.')}" if host.startswith("accounts.") else "the API console"
    )
