"""The access token between two calls and between two runs: in memory, and in a file that only its owner can read."""

import hashlib
import json
import os
import stat
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Self

from batchpub.clock import Clock
from batchpub.files import replace_file
from batchpub.logger import log
from batchpub.services.interface import Access
from batchpub.services.zoho.access import HEADER_SAFE_TOKEN, access_of_token
from batchpub.services.zoho.accounts import parse_object
from batchpub.services.zoho.turns import take_turn

TOKEN_LIMIT = 10  # access tokens per refresh token ...
TOKEN_WINDOW_SECONDS = 600.0  # ... in 10 minutes, Zoho accounts documentation
RENEW_BEFORE_SECONDS = 300.0
RENEW_BEFORE_SHARE = 0.1
ON_THE_WAY_SECONDS = 10.0
ON_THE_WAY_SHARE = 0.01
"""What a call may take to the service: a token that ends sooner is not used any more. Of a short life, this share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A token, "" for none, and the wall times (s) of the last calls for one. Wall times are seconds since the epoch."""

    access_token: str = field(default="", repr=False)
    expires_at: float = 0.0
    lifetime_seconds: float = 0.0
    minted: tuple[float, ...] = ()
    hint: str = ""

    def is_fresh(self, now: float) -> bool:
        """Say if the token is good for a while; a token that ends later than it lives means the clock was stepped."""
        margin = min(RENEW_BEFORE_SECONDS, self.lifetime_seconds * RENEW_BEFORE_SHARE)
        return bool(self.access_token) and margin < self.expires_at - now <= self.lifetime_seconds

    def is_valid(self, now: float) -> bool:
        """Say if the token lets a call in that starts now, though it may have to be renewed."""
        return bool(self.access_token) and self.expires_at - self.lifetime_seconds <= now < self.usable_until

    @property
    def usable_until(self) -> float:
        """The last wall time (s) at which a call may start that still arrives with a valid token."""
        return self.expires_at - min(ON_THE_WAY_SECONDS, self.lifetime_seconds * ON_THE_WAY_SHARE)

    def access(self) -> Access:
        """Give the access that this token stands for."""
        return access_of_token(self.access_token, expires_at=self.usable_until, hint=self.hint)

    def seconds_to_turn(self, now: float) -> float:
        """Say how long to wait until Zoho's limit allows one more call for a token."""
        recent = self._recent(now)
        if len(recent) < TOKEN_LIMIT:
            return 0.0
        return max(recent[-TOKEN_LIMIT] + TOKEN_WINDOW_SECONDS - now, 0.001)

    def count(self, now: float) -> Self:
        """Give the same with one more call for a token, made now."""
        return replace(self, minted=(*self._recent(now), now))

    def merge(self, other: "Kept", *, stale: Access | None) -> "Kept":
        """Join what two processes remember: the later token that is not stale, and every call for one."""
        tokens = [kept for kept in (self, other) if kept.access_token]
        good = [kept for kept in tokens if stale is None or kept.access().headers != stale.headers]
        best = max(good, key=lambda kept: kept.expires_at, default=Kept())
        # Calls of one process may be in both memories: a time counts as often as it is in the fuller one.
        times = {at: max(self.minted.count(at), other.minted.count(at)) for at in (*self.minted, *other.minted)}
        return replace(best, minted=tuple(sorted(at for at, count in times.items() for _ in range(count))))

    def _recent(self, now: float) -> tuple[float, ...]:
        return tuple(at for at in self.minted if now - TOKEN_WINDOW_SECONDS < at <= now)


class TokenFile:
    """What processes share of a token (0600), bound to a fingerprint of what made it. None as its path: nothing is shared."""

    def __init__(self, path: Path | None, *made_of: str) -> None:
        """Remember where it is, and what its token is made of."""
        self._path = path
        self._fingerprint = hashlib.sha256("\0".join(made_of).encode()).hexdigest()

    def turn(self, clock: Clock, *, patience_seconds: float) -> AbstractAsyncContextManager[None]:
        """Let one process at a time ask: two that do cost two of the ten tokens."""
        beside = self._path.with_name(f"{self._path.name}.lock") if self._path else None
        return take_turn(beside, clock=clock, patience_seconds=patience_seconds)

    def read(self) -> Kept:
        """Read it; a damaged file, somebody else's or one that others may read holds nothing."""
        if self._path is None:
            return Kept()
        try:
            if os.name == "posix" and stat.S_IMODE(self._path.stat().st_mode) & 0o077:
                return Kept()
            content = parse_object(self._path.read_bytes())
            if content.get("fingerprint") != self._fingerprint:
                return Kept()
            kept = Kept(
                access_token=str(content["access_token"]),
                expires_at=float(content["expires_at"]),
                lifetime_seconds=float(content["lifetime_seconds"]),
                minted=tuple(sorted(float(at) for at in content["minted"])),
                hint=str(content.get("hint", "")),
            )
        except (OSError, ValueError, TypeError, KeyError, OverflowError):
            return Kept()
        return kept if not kept.access_token or HEADER_SAFE_TOKEN.fullmatch(kept.access_token) else Kept()

    def write(self, kept: Kept) -> None:
        """Replace it. Where the file system keeps no secret, nothing is shared from now on, and a warning says so."""
        if self._path is None:
            return
        content = {"fingerprint": self._fingerprint, **asdict(kept)}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._path, json.dumps(content).encode(), private=True)
        except OSError as error:
            log.warning("token.memory_only", file=str(self._path), reason=str(error))
            self._path = None
