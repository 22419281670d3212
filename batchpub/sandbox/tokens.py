"""The accounts server: access tokens, how long they hold, and how many there may be."""

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from random import Random
from types import MappingProxyType

from batchpub.sandbox.replies import Reply, access_reply, json_reply

TOKENS_PER_THROTTLE = 10  # "10 access tokens per refresh token in 10 minutes", Zoho accounts documentation
THROTTLE_SECONDS = 600
NEWEST_VALID = 10  # the eleventh token makes the oldest one invalid
TOKEN_SECONDS = 3600.0
NOTHING: Mapping[str, str] = MappingProxyType({})


def token_throttled_reply() -> Reply:
    """Refuse one access token too many, as Zoho was seen to."""
    return json_reply(
        {
            "error_description": "You have made too many requests continuously. Please try again after some time.",
            "error": "Access Denied",
            "status": "failure",
        },
        status=400,
    )


@dataclass(kw_only=True)
class TokenBook:
    """Every access token ever issued here. Times are service seconds since the start.

    Any secret and any token is right that is not empty; a token that was issued here and has ended is not.
    `speed`: lifetimes are told in real seconds. `api_domain`: what the answer says of the data centre.
    """

    speed: float
    random: Random
    lifetime_seconds: float = TOKEN_SECONDS
    api_domain: str = "https://www.zohoapis.com"
    ends_at: dict[str, float] = field(default_factory=dict)
    issued: int = 0
    throttled: int = 0
    refused: int = 0
    _newest: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    _issued_at: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _used_codes: set[str] = field(default_factory=set)

    def grant(self, form: Mapping[str, str], now: float) -> Reply:
        """Answer the token endpoint. Errors come with status 200, as they do at Zoho."""
        error = self._wrong_client(form, now) or self._wrong_grant(form, now)
        if error:
            self.refused += 1
            return json_reply({"error": error})
        if form["grant_type"] == "refresh_token":
            return self._issue(form["refresh_token"], now)
        self._used_codes.add(form["code"])
        refresh_token = self.make_refresh_token()
        return self._issue(refresh_token, now, told={"refresh_token": refresh_token})

    def is_right(self, form: Mapping[str, str], name: str, _now: float) -> bool:
        """Say whether a secret of the form is the right one: any is that is not empty."""
        return bool(form.get(name))

    def make_refresh_token(self) -> str:
        """Give what a grant code becomes."""
        return self._make_token()

    def check(self, authorization: str, cookie: str, now: float) -> Reply | None:
        """Say why a call with these headers is not let in; None when it is."""
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if not authorization:
            return None if cookie else _missing()
        if not token:
            return _missing()
        is_over = now >= self.ends_at.get(token, inf)
        return invalid_token_reply() if is_over or scheme.lower() != "zoho-oauthtoken" else None

    def _issue(self, refresh_token: str, now: float, *, told: Mapping[str, str] = NOTHING) -> Reply:
        recent = self._issued_at[refresh_token]
        while recent and recent[0] <= now - THROTTLE_SECONDS:
            recent.popleft()
        if len(recent) >= TOKENS_PER_THROTTLE:
            self.throttled += 1
            return token_throttled_reply()
        recent.append(now)
        self.issued += 1
        token = self._make_token()
        self.ends_at[token] = now + self.lifetime_seconds
        newest = self._newest[refresh_token]
        newest.append(token)
        if len(newest) > NEWEST_VALID:
            self.ends_at[newest.popleft()] = now
        return json_reply(
            {
                "access_token": token,
                **told,
                "scope": "ZOHOPEOPLE.training.CREATE ZOHOPEOPLE.training.READ",
                "api_domain": self.api_domain,
                "token_type": "Bearer",
                "expires_in": max(1, int(self.lifetime_seconds / self.speed)),
            }
        )

    def _wrong_client(self, form: Mapping[str, str], now: float) -> str:
        if not self.is_right(form, "client_id", now):
            return "invalid_client"
        return "" if self.is_right(form, "client_secret", now) else "invalid_client_secret"

    def _wrong_grant(self, form: Mapping[str, str], now: float) -> str:
        secret = {"refresh_token": "refresh_token", "authorization_code": "code"}.get(form.get("grant_type", ""))
        if secret is None:
            return "unsupported_grant_type"
        is_good = self.is_right(form, secret, now) and form[secret] not in self._used_codes
        return "" if is_good else "invalid_code"

    def _make_token(self) -> str:
        return f"1000.{self.random.getrandbits(128):032x}.{self.random.getrandbits(128):032x}"


def _missing() -> Reply:
    """Refuse a call without a token, as People was seen to in October 2026."""
    return access_reply(7202, "Invalid Authentication Token", status=400)


def invalid_token_reply() -> Reply:
    """Refuse a token that is dead or was never one, as People was seen to in October 2026."""
    return access_reply(7213, "The provided OAuth token is invalid", status=401)
