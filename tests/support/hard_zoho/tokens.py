"""An accounts server that knows its secrets."""

from dataclasses import dataclass

from batchpub.sandbox.tokens import TokenBook, invalid_token_reply

GRANT_CODE_SECONDS = 600.0  # the Self Client page offers 3 to 10 minutes


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
    """`strict`: only tokens issued here are let in."""

    secrets: Secrets
    strict: bool

    def is_right(self, form, name, now):
        is_over = name == "code" and now >= GRANT_CODE_SECONDS
        return super().is_right(form, name, now) and getattr(self.secrets, name) in {None, form[name]} and not is_over

    def make_refresh_token(self):
        return self.secrets.refresh_token or super().make_refresh_token()

    def check(self, authorization, cookie, now):
        refusal = super().check(authorization, cookie, now)
        is_strange = authorization and _token_of(authorization) not in self.ends_at
        return invalid_token_reply() if refusal is None and self.strict and is_strange else refusal

    def expire_all(self, authorization, now):
        """End every token known so far, and the one in this header."""
        self.ends_at[_token_of(authorization)] = now
        self.ends_at.update((token, min(now, end)) for token, end in self.ends_at.items())


def _token_of(authorization):
    return authorization.partition(" ")[2].strip()
