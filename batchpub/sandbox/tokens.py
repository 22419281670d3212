"""The accounts server: access tokens, how long they hold, and how many there may be."""

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from batchpub.sandbox.replies import Reply, error_reply, json_reply

TOKENS_PER_THROTTLE = 10  # "10 access tokens per refresh token in 10 minutes", Zoho accounts documentation
THROTTLE_SECONDS = 600
NEWEST_VALID = 10  # the eleventh token makes the oldest one invalid
TOKEN_SECONDS = 3600.0
GRANT_CODE_SECONDS = 600.0  # the Self Client page offers 3 to 10 minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What the accounts server knows. None: anything that is not empty is right."""

    client_id: str | None = None
    client_secret: str | None = None
    refresh_token: str | None = None
    grant_code: str | None = None


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


@dataclass(slots=True, kw_only=True)
class TokenBook:
    """Every access token ever issued here. Times are service seconds since the start.

    `strict`: only tokens issued here are let in; otherwise any other text is too, but a token that was issued and has
    ended never is. `speed`: lifetimes are told in real seconds. `api_domain`: what the answer says of the data centre.
    """

    secrets: Secrets
    strict: bool
    lifetime_seconds: float
    speed: float
    random: Random
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
        error = self._wrong_client(form) or self._wrong_grant(form, now)
        if error:
            self.refused += 1
            return json_reply({"error": error})
        by_code = form["grant_type"] == "authorization_code"
        refresh_token = f"1000.{self._draw()}.{self._draw()}" if by_code else form["refresh_token"]
        if by_code:
            self._used_codes.add(form["code"])
            refresh_token = self.secrets.refresh_token or refresh_token
        return self._issue(refresh_token, now, with_refresh_token=by_code)

    def check(self, authorization: str, cookie: str, now: float) -> Reply | None:
        """Say why a call with these headers is not let in; None when it is."""
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if not authorization:
            return None if cookie else _missing()
        if not token:
            return _missing()
        if scheme.lower() != "zoho-oauthtoken":
            return _invalid()
        if token not in self.ends_at:
            return _invalid() if self.strict else None
        if now >= self.ends_at[token]:
            return _invalid()
        return None

    def expire_all(self, authorization: str, now: float) -> None:
        """End every token known so far, and the one in this header."""
        self.ends_at[authorization.partition(" ")[2].strip()] = now
        self.ends_at.update((token, min(now, end)) for token, end in self.ends_at.items())

    def _issue(self, refresh_token: str, now: float, *, with_refresh_token: bool) -> Reply:
        recent = self._issued_at[refresh_token]
        while recent and recent[0] <= now - THROTTLE_SECONDS:
            recent.popleft()
        if len(recent) >= TOKENS_PER_THROTTLE:
            self.throttled += 1
            return token_throttled_reply()
        recent.append(now)
        self.issued += 1
        token = f"1000.{self._draw()}.{self._draw()}"
        self.ends_at[token] = now + self.lifetime_seconds
        newest = self._newest[refresh_token]
        newest.append(token)
        if len(newest) > NEWEST_VALID:
            self.ends_at[newest.popleft()] = now
        return json_reply(
            {
                "access_token": token,
                **({"refresh_token": refresh_token} if with_refresh_token else {}),
                "scope": "ZOHOPEOPLE.training.CREATE ZOHOPEOPLE.training.READ",
                "api_domain": self.api_domain,
                "token_type": "Bearer",
                "expires_in": max(1, int(self.lifetime_seconds / self.speed)),
            }
        )

    def _wrong_client(self, form: Mapping[str, str]) -> str:
        if not _is_right(form.get("client_id"), self.secrets.client_id):
            return "invalid_client"
        return "" if _is_right(form.get("client_secret"), self.secrets.client_secret) else "invalid_client_secret"

    def _wrong_grant(self, form: Mapping[str, str], now: float) -> str:
        match form.get("grant_type"):
            case "refresh_token":
                return "" if _is_right(form.get("refresh_token"), self.secrets.refresh_token) else "invalid_code"
            case "authorization_code":
                code = form.get("code")
                right = _is_right(code, self.secrets.grant_code) and now < GRANT_CODE_SECONDS
                return "" if right and code not in self._used_codes else "invalid_code"
            case _:
                return "unsupported_grant_type"

    def _draw(self) -> str:
        return f"{self.random.getrandbits(128):032x}"


def _is_right(given: str | None, wanted: str | None) -> bool:
    return bool(given) and wanted in {None, given}


def _missing() -> Reply:
    """Refuse a call without a token, as People was seen to in October 2026."""
    return error_reply("7202", "Invalid Authentication Token", status=400, envelope="response")


def _invalid() -> Reply:
    """Refuse a token that is dead or was never one, as People was seen to in October 2026."""
    return error_reply("7213", "The provided OAuth token is invalid", status=401, envelope="response")
