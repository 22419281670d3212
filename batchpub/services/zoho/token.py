"""Access tokens from a refresh token: one at a time, within Zoho's limit, renewed before they end."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from batchpub.clock import Clock
from batchpub.errors import AccessRefused, ServiceUnreachable
from batchpub.logger import log
from batchpub.services.interface import Access
from batchpub.services.zoho.access import HEADER_SAFE_TOKEN, RefreshCredentials
from batchpub.services.zoho.accounts import ask_for_token, is_throttle, raise_if_final, read_lifetime
from batchpub.services.zoho.hosts import Endpoint, find_other_data_center
from batchpub.services.zoho.kept import TOKEN_WINDOW_SECONDS, Kept, TokenFile

RETRY_SECONDS = (1.0, 2.0, 4.0, 8.0)
FIRST_EARLY_PAUSE = 20.0
"""Seconds between the first two vain tries to replace a token that is still valid; then twice as long each time.

Four tries in its last five minutes and five after its end are fewer than Zoho's ten.
"""
WORTH_TELLING_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Vain:
    """No token this time, and why. `seconds` is how long Zoho's own limit has to be waited for, 0 where it is not the reason."""

    reason: str
    seconds: float = 0.0
    was_asked: bool = True


class TokenSource:
    """Gives the access that lets a call in, as long as its refresh token is good."""

    def __init__(
        self, credentials: RefreshCredentials, endpoint: Endpoint, *, clock: Clock, token_file: Path | None = None
    ) -> None:
        """Remember what to use. Where Zoho names another data centre than the endpoint's, the access says so."""
        refresh_token = credentials.refresh_token.get_secret_value()
        self._credentials = credentials
        self._endpoint = endpoint
        self._clock = clock
        self._file = TokenFile(token_file, credentials.client_id, refresh_token, endpoint.accounts_url)
        self._one_flight = asyncio.Lock()
        self._kept = Kept()
        self._early_at, self._early_pause = 0.0, FIRST_EARLY_PAUSE

    async def get_access(self) -> Access:
        """Give the access for one call, fetching a token where there is none good for a while.

        That may take minutes, so a call has its access before it takes its claim.
        Raise AccessRefused where Zoho refuses for good, ServiceUnreachable where it cannot be reached.
        """
        kept = self._look_up()
        if kept.is_valid(self._now()) and self._one_flight.locked():
            return kept.access()  # somebody else is renewing it, which may take a while
        async with self._one_flight:
            kept = self._look_up()
            if not kept.is_valid(self._now()):
                kept = await self._fetch(stale=None)
            elif not kept.is_fresh(self._now()) and self._now() >= self._early_at:
                kept = await self._fetch_early(kept)
            return kept.access()

    async def renew(self, stale: Access) -> bool:
        """Replace the token of this access; do nothing where that has happened since. Raises as `get_access` does."""
        async with self._one_flight:
            await self._fetch(stale=stale)
            return True

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _look_up(self, *, stale: Access | None = None) -> Kept:
        if stale or not self._kept.is_fresh(self._now()):
            self._kept = self._kept.merge(self._file.read(), stale=stale)
        return self._kept

    def _keep(self, kept: Kept) -> Kept:
        self._kept = kept
        self._file.write(kept)
        return kept

    async def _fetch(self, *, stale: Access | None) -> Kept:
        """Get a token that is fresh and not stale. Within the limit of the token call, and a bounded number of times."""
        delays = iter(RETRY_SECONDS)
        while isinstance(found := await self._try(stale=stale), _Vain):
            seconds = found.seconds
            if found.was_asked:
                delay = next(delays, None)
                if delay is None:
                    raise ServiceUnreachable(
                        f"no access token from {self._endpoint.accounts_url} ({found.reason}); run the same command later"
                    )
                seconds = max(seconds, delay)
            if seconds >= WORTH_TELLING_SECONDS:
                log.warning("token.waiting", seconds=round(seconds, 1))
            await self._clock.sleep(seconds)
        return found

    async def _fetch_early(self, kept: Kept) -> Kept:
        """Replace a token before its end, with one try; where that is vain it is used on, and the next try comes later."""
        try:
            found = await self._try(stale=None)
        except AccessRefused as error:
            found = _Vain(reason=str(error))
        if isinstance(found, Kept):
            self._early_pause = FIRST_EARLY_PAUSE
            return found
        self._early_at = self._now() + max(found.seconds, self._early_pause)
        self._early_pause *= 2
        log.warning("token.kept", seconds=round(kept.expires_at - self._now(), 1), reason=found.reason)
        return kept

    async def _try(self, *, stale: Access | None) -> Kept | _Vain:
        """Ask for a token once, where Zoho's limit allows it, unless another process got one meanwhile.

        Nobody is kept out while the caller sleeps afterwards. Raise AccessRefused for an error that stays.
        """
        async with self._file.turn(self._clock, patience_seconds=2 * self._endpoint.total_seconds):
            kept = self._look_up(stale=stale)
            if kept.is_fresh(self._now()):
                return kept
            if seconds := kept.seconds_to_turn(self._now()):
                return _Vain(reason="its ten tokens in ten minutes are used up", seconds=seconds, was_asked=False)
            kept = self._keep(kept.count(self._now()))  # before the call, so that a crash cannot forget it
            answer, reason = await ask_for_token(self._endpoint, _form_of(self._credentials))
            token = answer.get("access_token")
            if isinstance(token, str) and HEADER_SAFE_TOKEN.fullmatch(token):
                return self._take(kept, token, answer)
            raise_if_final(answer, self._endpoint.accounts_url)
            return _Vain(reason=reason, seconds=TOKEN_WINDOW_SECONDS if is_throttle(answer, reason) else 0.0)

    def _take(self, kept: Kept, token: str, answer: Mapping[str, Any]) -> Kept:
        lifetime, hint = read_lifetime(answer), find_other_data_center(answer.get("api_domain"), self._endpoint.api_url)
        asked_at = kept.minted[-1]  # it lives from when Zoho made it, which was before its answer came
        self._keep(
            replace(kept, access_token=token, expires_at=asked_at + lifetime, lifetime_seconds=lifetime, hint=hint)
        )
        if hint:
            log.warning("access.elsewhere", detail=hint)
        log.info("token.renewed", lifetime_seconds=lifetime)
        return self._kept


def _form_of(credentials: RefreshCredentials) -> dict[str, str]:
    return {
        "grant_type": "refresh_token",
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret.get_secret_value(),
        "refresh_token": credentials.refresh_token.get_secret_value(),
    }
