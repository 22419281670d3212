"""How Zoho lets us in: a header made of a token, a cookie, or a token fetched with a refresh token."""

import asyncio
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from batchpub.clock import Clock
from batchpub.errors import AccessRefused, ServiceUnreachable
from batchpub.files import replace_file
from batchpub.logger import log
from batchpub.services.interface import Access
from batchpub.services.zoho.access import (
    HEADER_SAFE_TOKEN,
    Credentials,
    RefreshCredentials,
    access_of_token,
    fixed_access,
)
from batchpub.services.zoho.hosts import check_api_url, find_other_data_center
from batchpub.services.zoho.line import make_timeout, make_tls, open_session, proxy_for, read_body
from batchpub.services.zoho.turns import take_turn

TOKEN_LIMIT = 10  # access tokens per refresh token ...
TOKEN_WINDOW_SECONDS = 600.0  # ... in 10 minutes, Zoho accounts documentation
RENEW_BEFORE_SECONDS = 300.0
RENEW_BEFORE_SHARE = 0.1
ON_THE_WAY_SECONDS = 10.0
ON_THE_WAY_SHARE = 0.01
"""What a call may take to the service: a token that ends sooner is not used any more. Of a short life, this share."""
USUAL_LIFETIME_SECONDS = 3600.0  # "expires_in": 3600, Zoho accounts documentation
RETRY_SECONDS = (1.0, 2.0, 4.0, 8.0)
FIRST_EARLY_PAUSE = 20.0
"""Seconds between the first two vain tries to replace a token that is still valid; then twice as long each time.

Four tries in its last five minutes and five after its end are fewer than Zoho's ten.
"""
WORTH_TELLING_SECONDS = 30.0
LARGEST_ANSWER = 65_536

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

ERROR_CODE = re.compile(r"[A-Za-z]+(_[A-Za-z]+)*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What is remembered between runs. `minted` are the wall times (s) of the last calls for a token."""

    token: str = ""
    expires_at: float = 0.0
    lifetime_seconds: float = 0.0
    minted: tuple[float, ...] = ()
    hint: str = ""

    def is_fresh(self, *, now: float) -> bool:
        """Say if the token is good for a while; a token that ends later than it lives means the clock was stepped."""
        margin = min(RENEW_BEFORE_SECONDS, self.lifetime_seconds * RENEW_BEFORE_SHARE)
        left = self.expires_at - now
        return bool(self.token) and margin < left <= self.lifetime_seconds

    def is_valid(self, *, now: float) -> bool:
        """Say if the token lets a call in that starts now, though it may have to be renewed."""
        return bool(self.token) and self.expires_at - self.lifetime_seconds <= now < self.usable_until

    @property
    def usable_until(self) -> float:
        """The last wall time (s) at which a call may start that still arrives with a valid token."""
        return self.expires_at - min(ON_THE_WAY_SECONDS, self.lifetime_seconds * ON_THE_WAY_SHARE)

    def access(self) -> Access:
        """Give the access that this token stands for."""
        return access_of_token(self.token, expires_at=self.usable_until, hint=self.hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Vain:
    """No token this time, and why. `seconds` is how long Zoho's own limit has to be waited for, 0 where it is not the reason."""

    reason: str
    seconds: float = 0.0
    was_asked: bool = True


class TokenSource:
    """Gives the access that lets a call in, one token at a time.

    The token is kept in `cache_file` (0600; None: in memory only) between runs, bound to a fingerprint of what made it.
    """

    def __init__(  # noqa: PLR0913 - settings stop at the command line; below it they are plain values
        self,
        credentials: Credentials,
        *,
        accounts_url: str,
        clock: Clock,
        api_url: str = "",
        cache_file: Path | None = None,
        connect_seconds: float = 10.0,
        total_seconds: float = 30.0,
    ) -> None:
        """Remember what to use. Raise SettingsWrong for a url or a secret that cannot be sent.

        `api_url` is what the access is for: where Zoho names another data centre, the access says so.
        """
        self._credentials = credentials
        self._accounts_url = check_api_url(accounts_url)
        self._api_url = api_url
        self._clock = clock
        self._cache_file = cache_file
        self._timeout = make_timeout(connect_seconds=connect_seconds, total_seconds=total_seconds)
        self._one_flight = asyncio.Lock()
        self._kept: _Kept | None = None
        self._early_at, self._early_pause = 0.0, FIRST_EARLY_PAUSE
        self._fixed = None if isinstance(credentials, RefreshCredentials) else fixed_access(credentials)

    def __repr__(self) -> str:
        """Name the kind of credentials and nothing secret."""
        return f"TokenSource({type(self._credentials).__name__})"

    async def get_access(self) -> Access:
        """Give the access for one call, fetching a token where there is none good for a while.

        That may take minutes, so a call has its access before it takes its claim.
        Raise AccessRefused where Zoho refuses for good, ServiceUnreachable where it cannot be reached.
        """
        if self._fixed is not None or not isinstance(self._credentials, RefreshCredentials):
            return self._fixed or Access(headers={})
        kept = self._look_up(self._credentials)
        if kept.is_valid(now=self._now()) and self._one_flight.locked():
            return kept.access()  # somebody else is renewing it, which may take a while
        async with self._one_flight:
            kept = self._look_up(self._credentials)
            if not kept.is_valid(now=self._now()):
                kept = await self._fetch(self._credentials, stale=None)
            elif not kept.is_fresh(now=self._now()) and self._now() >= self._early_at:
                kept = await self._fetch_early(self._credentials, kept)
            return kept.access()

    async def renew(self, stale: Access) -> bool:
        """Replace the token of this access; do nothing where that has happened since. Raises as `get_access` does.

        False means that it cannot be renewed: such a token or cookie is made by a person.
        """
        if not isinstance(self._credentials, RefreshCredentials):
            return False
        async with self._one_flight:
            await self._fetch(self._credentials, stale=stale)
            return True

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _look_up(self, credentials: RefreshCredentials, *, stale: Access | None = None) -> _Kept:
        if stale or self._kept is None or not self._kept.is_fresh(now=self._now()):
            self._kept = _merge(self._kept, self._read_cache(credentials), stale=stale)
        return self._kept

    async def _fetch(self, credentials: RefreshCredentials, *, stale: Access | None) -> _Kept:
        """Get a token that is fresh and not stale. Within the limit of the token call, and a bounded number of times."""
        delays = iter(RETRY_SECONDS)
        while isinstance(found := await self._try(credentials, stale=stale), _Vain):
            seconds = found.seconds
            if found.was_asked:
                delay = next(delays, None)
                if delay is None:
                    raise ServiceUnreachable(
                        f"no access token from {self._accounts_url} ({found.reason}); run the same command later"
                    )
                seconds = max(seconds, delay)
            if seconds >= WORTH_TELLING_SECONDS:
                log.warning("token.waiting", seconds=round(seconds, 1))
            await self._clock.sleep(seconds)
        return found

    async def _fetch_early(self, credentials: RefreshCredentials, kept: _Kept) -> _Kept:
        """Replace a token before its end, with one try; where that is vain it is used on, and the next try comes later."""
        try:
            found = await self._try(credentials, stale=None)
        except AccessRefused as error:
            found = _Vain(reason=str(error))
        if isinstance(found, _Kept):
            self._early_pause = FIRST_EARLY_PAUSE
            return found
        self._early_at = self._now() + max(found.seconds, self._early_pause)
        self._early_pause *= 2
        log.warning("token.kept", seconds=round(kept.expires_at - self._now(), 1), reason=found.reason)
        return kept

    async def _try(self, credentials: RefreshCredentials, *, stale: Access | None) -> _Kept | _Vain:
        """Ask for a token once, where Zoho's limit allows it, unless another process got one meanwhile.

        Nobody is kept out while the caller sleeps afterwards. Raise AccessRefused for an error that stays.
        """
        async with self._turn():
            kept = self._look_up(credentials, stale=stale)
            if kept.is_fresh(now=self._now()):
                return kept
            if seconds := self._seconds_to_turn(kept):
                return _Vain(reason="its ten tokens in ten minutes are used up", seconds=seconds, was_asked=False)
            kept = self._count(credentials, kept)
            answer, reason = await ask_for_token(self._accounts_url, _form_of(credentials), self._timeout)
            token = answer.get("access_token")
            if isinstance(token, str) and HEADER_SAFE_TOKEN.fullmatch(token):
                return self._take(credentials, kept, token, answer)
            raise_if_final(answer, self._accounts_url)
            return _Vain(reason=reason, seconds=TOKEN_WINDOW_SECONDS if is_throttle(answer, reason) else 0.0)

    def _turn(self) -> AbstractAsyncContextManager[None]:
        """Let one process at a time ask: two that do cost two of the ten tokens."""
        beside = self._cache_file.with_name(f"{self._cache_file.name}.lock") if self._cache_file else None
        return take_turn(beside, clock=self._clock, patience_seconds=2 * (self._timeout.total or 0.0))

    def _seconds_to_turn(self, kept: _Kept) -> float:
        """Say how long to wait until Zoho's limit allows one more call for a token."""
        recent = self._recent(kept)
        if len(recent) < TOKEN_LIMIT:
            return 0.0
        return max(recent[-TOKEN_LIMIT] + TOKEN_WINDOW_SECONDS - self._now(), 0.001)

    def _recent(self, kept: _Kept) -> tuple[float, ...]:
        now = self._now()
        return tuple(at for at in kept.minted if now - TOKEN_WINDOW_SECONDS < at <= now)

    def _count(self, credentials: RefreshCredentials, kept: _Kept) -> _Kept:
        """Remember a call before it is made, so that a crash cannot forget it."""
        kept = replace(kept, minted=(*self._recent(kept), self._now()))
        self._keep(credentials, kept)
        return kept

    def _take(self, credentials: RefreshCredentials, kept: _Kept, token: str, answer: Mapping[str, Any]) -> _Kept:
        lifetime, hint = _lifetime(answer), find_other_data_center(answer.get("api_domain"), self._api_url)
        asked_at = kept.minted[-1]  # it lives from when Zoho made it, which was before its answer came
        kept = replace(kept, token=token, expires_at=asked_at + lifetime, lifetime_seconds=lifetime, hint=hint)
        self._keep(credentials, kept)
        if hint:
            log.warning("access.elsewhere", detail=hint)
        log.info("token.renewed", lifetime_seconds=lifetime)
        return kept

    def _fingerprint(self, credentials: RefreshCredentials) -> str:
        parts = (credentials.client_id, credentials.refresh_token.get_secret_value(), self._accounts_url)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def _keep(self, credentials: RefreshCredentials, kept: _Kept) -> None:
        """Remember in memory and, where the file system keeps a secret, in the file."""
        self._kept = kept
        if self._cache_file is None:
            return
        content = {
            "fingerprint": self._fingerprint(credentials),
            "access_token": kept.token,
            "expires_at": kept.expires_at,
            "lifetime_seconds": kept.lifetime_seconds,
            "minted": list(kept.minted),
            "hint": kept.hint,
        }
        try:
            _write_private(self._cache_file, json.dumps(content).encode())
        except OSError as error:
            log.warning("token.memory_only", file=str(self._cache_file), reason=str(error))
            self._cache_file = None

    def _read_cache(self, credentials: RefreshCredentials) -> _Kept:
        """Read the file; a damaged one, somebody else's or one that others may read holds nothing."""
        if self._cache_file is None:
            return _Kept()
        try:
            if os.name == "posix" and stat.S_IMODE(self._cache_file.stat().st_mode) & 0o077:
                return _Kept()
            content = _parse_object(self._cache_file.read_bytes())
            if content.get("fingerprint") != self._fingerprint(credentials):
                return _Kept()
            kept = _Kept(
                token=str(content["access_token"]),
                expires_at=float(content["expires_at"]),
                lifetime_seconds=float(content["lifetime_seconds"]),
                minted=tuple(sorted(float(at) for at in content["minted"])),
                hint=str(content.get("hint", "")),
            )
        except (OSError, ValueError, TypeError, KeyError, OverflowError):
            return _Kept()
        return kept if not kept.token or HEADER_SAFE_TOKEN.fullmatch(kept.token) else _Kept()


def _merge(mine: _Kept | None, filed: _Kept, *, stale: Access | None) -> _Kept:
    """Join what this process and others remember: the later token that is not stale, and every call for one."""
    mine = mine or _Kept()
    good = [kept for kept in (mine, filed) if kept.token and (stale is None or kept.access().headers != stale.headers)]
    best = max(good, key=lambda kept: kept.expires_at, default=_Kept())
    # Calls of one process may be in both memories: a time counts as often as it is in the fuller one.
    times = {at: max(mine.minted.count(at), filed.minted.count(at)) for at in (*mine.minted, *filed.minted)}
    return replace(best, minted=tuple(sorted(_repeat(times))))


def _repeat(times: dict[float, int]) -> Iterable[float]:
    return (at for at, count in times.items() for _ in range(count))


def _lifetime(answer: Mapping[str, Any]) -> float:
    """Read how long the token lives (s). Old answers give milliseconds in `expires_in`, seconds in `expires_in_sec`."""
    value = answer.get("expires_in_sec", answer.get("expires_in"))
    try:
        seconds = float(value) if isinstance(value, int | float | str) else USUAL_LIFETIME_SECONDS
    except (ValueError, OverflowError):
        return USUAL_LIFETIME_SECONDS
    return seconds if 0 < seconds <= 86_400 else USUAL_LIFETIME_SECONDS  # noqa: PLR2004


def console_of(accounts_url: str) -> str:
    """Name the page where clients and grant codes are made, in the same data centre."""
    parts = urlsplit(accounts_url)
    host = parts.hostname or ""
    return (
        f"https://api-console.{host.removeprefix('accounts.')}" if host.startswith("accounts.") else "the API console"
    )


def raise_if_final(answer: Mapping[str, Any], accounts_url: str) -> None:
    """Raise AccessRefused, with the secret to replace and where it is made, for an error that stays."""
    error = answer.get("error")
    if isinstance(error, str) and error in FINAL_ERRORS:
        remedy = FINAL_ERRORS[error].format(console=console_of(accounts_url))
        raise AccessRefused(f"Zoho refuses to make an access token ({error}): {remedy}.")


async def ask_for_token(
    accounts_url: str, form: Mapping[str, str], limits: aiohttp.ClientTimeout
) -> tuple[dict[str, Any], str]:
    """Make one call. Give its JSON object ({} where there is none) and, in a few words, what came back."""
    url = f"{accounts_url}/oauth/v2/token"
    try:
        async with (
            open_session(limits, make_tls(url)) as session,
            session.post(url, data=form, allow_redirects=False, **proxy_for(url)) as response,
        ):
            body = await read_body(response, largest=LARGEST_ANSWER)
            return _parse_object(body.content), f"HTTP {response.status}"
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return {}, type(error).__name__


def _form_of(credentials: RefreshCredentials) -> dict[str, str]:
    return {
        "grant_type": "refresh_token",
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret.get_secret_value(),
        "refresh_token": credentials.refresh_token.get_secret_value(),
    }


def is_throttle(answer: Mapping[str, Any], reason: str) -> bool:
    """Say if the token call hit its own limit: "Access Denied ... too many requests".

    Zoho writes that in the account's language. So any error that is a text for people, and no code, is taken as this.
    """
    error = answer.get("error")
    is_text = isinstance(error, str) and not ERROR_CODE.fullmatch(error)
    texts = " ".join(str(value) for value in answer.values()).casefold()
    return is_text or reason == "HTTP 429" or "too many requests" in texts


def _parse_object(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _write_private(path: Path, content: bytes) -> None:
    """Replace a file by one only its owner can read. Raise OSError where that cannot be had."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, content, private=True)
