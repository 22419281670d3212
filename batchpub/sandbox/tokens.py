"""The accounts server: what it gives a token for, and whom the service lets in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from batchpub.sandbox.replies import Reply, access_reply, json_reply

TOKEN_SECONDS = 3600.0


@dataclass(kw_only=True)
class TokenBook:
    """What was issued here. Any secret and any token is right that is not empty.

    `speed`: lifetimes are told in real seconds. `api_domain`: what the answer says of the data centre.
    """

    speed: float
    random: Random
    lifetime_seconds: float = TOKEN_SECONDS
    api_domain: str = "https://www.zohoapis.com"
    issued: int = 0
    _used_codes: set[str] = field(default_factory=set)

    def grant(self, form: Mapping[str, str], now: float) -> Reply:
        """Answer the token endpoint. Errors come with status 200, as they do at Zoho."""
        error = self._wrong_client(form, now) or self._wrong_grant(form, now)
        if error:
            return json_reply({"error": error})
        if form["grant_type"] == "refresh_token":
            return self.issue(form["refresh_token"], now)
        self._used_codes.add(form["code"])
        refresh_token = self.make_refresh_token()
        return self.issue(refresh_token, now, refresh_token=refresh_token)

    def is_right(self, form: Mapping[str, str], name: str, _now: float) -> bool:
        """Say whether a secret of the form is the right one: any is that is not empty."""
        return bool(form.get(name))

    def make_refresh_token(self) -> str:
        """Give what a grant code becomes."""
        return self.make_token()

    def check(self, authorization: str, cookie: str, _now: float) -> Reply | None:
        """Say why a call with these headers is not let in; None when it is."""
        scheme, _, token = authorization.partition(" ")
        if not authorization and cookie:
            return None
        if not token.strip():
            # as People was seen to in October 2026
            return access_reply(7202, "Invalid Authentication Token", status=400)
        return None if scheme.lower() == "zoho-oauthtoken" else invalid_token_reply()

    def issue(self, _made_of: str, _now: float, **extra: str) -> Reply:
        """Give an access token for a refresh token, with further fields beside it."""
        self.issued += 1
        return json_reply(
            {
                "access_token": self.make_token(),
                **extra,
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

    def make_token(self) -> str:
        """Draw a token."""
        return f"1000.{self.random.getrandbits(128):032x}.{self.random.getrandbits(128):032x}"


def invalid_token_reply() -> Reply:
    """Refuse a token that is dead or was never one, as People was seen to in October 2026."""
    return access_reply(7213, "The provided OAuth token is invalid", status=401)
