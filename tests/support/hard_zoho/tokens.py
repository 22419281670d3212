"""An accounts server that knows its secrets, and holds to its limits."""

import json
from collections import defaultdict, deque
from dataclasses import dataclass, field
from math import inf

from batchpub.sandbox.replies import json_reply
from batchpub.sandbox.tokens import TokenBook, invalid_token_reply

GRANT_CODE_SECONDS = 600.0  # the Self Client page offers 3 to 10 minutes
TOKENS_PER_THROTTLE = 10  # "10 access tokens per refresh token in 10 minutes", Zoho accounts documentation
THROTTLE_SECONDS = 600
NEWEST_VALID = 10  # the eleventh token makes the oldest one invalid


def token_throttled_reply():
    """Refuse one access token too many, as Zoho was seen to."""
    return json_reply(
        {
            "error_description": "You have made too many requests continuously. Please try again after some time.",
            "error": "Access Denied",
            "status": "failure",
        },
        status=400,
    )


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What the accounts server knows. None: anything that is not empty is right."""

    client_id: str | None = None
    client_secret: str | None = None
    refresh_token: str | None = None
    code: str | None = None
    """The grant code."""


@dataclass(kw_only=True)
class HardTokenBook(TokenBook):
    """`strict`: only tokens issued here are let in. One that was issued and has ended never is."""

    secrets: Secrets
    strict: bool
    ends_at: dict[str, float] = field(default_factory=dict)
    _newest: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    _issued_at: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def is_right(self, form, name, now):
        is_over = name == "code" and now >= GRANT_CODE_SECONDS
        return super().is_right(form, name, now) and getattr(self.secrets, name) in {None, form[name]} and not is_over

    def make_refresh_token(self):
        return self.secrets.refresh_token or super().make_refresh_token()

    def check(self, authorization, cookie, now):
        refusal = super().check(authorization, cookie, now)
        is_over = now >= self.ends_at.get(_token_of(authorization), 0.0 if self.strict else inf)
        return invalid_token_reply() if refusal is None and authorization and is_over else refusal

    def expire_all(self, authorization, now):
        """End every token known so far, and the one in this header."""
        self.ends_at[_token_of(authorization)] = now
        self.ends_at.update((token, min(now, end)) for token, end in self.ends_at.items())

    def issue(self, made_of, now, **told):
        recent, newest = self._issued_at[made_of], self._newest[made_of]
        while recent and recent[0] <= now - THROTTLE_SECONDS:
            recent.popleft()
        if len(recent) >= TOKENS_PER_THROTTLE:
            return token_throttled_reply()
        recent.append(now)
        reply = super().issue(made_of, now, **told)
        token = json.loads(reply.body)["access_token"]
        self.ends_at[token] = now + self.lifetime_seconds
        newest.append(token)
        if len(newest) > NEWEST_VALID:
            self.ends_at[newest.popleft()] = now
        return reply


def _token_of(authorization):
    return authorization.partition(" ")[2].strip()
