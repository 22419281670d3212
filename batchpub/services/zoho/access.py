"""Credentials, and the access they give: the headers of a call, in hand before the call is decided on."""

import math
import re
from dataclasses import dataclass

from batchpub.errors import SettingsWrong
from batchpub.secret import Secret
from batchpub.services.interface import Access

CSRF_COOKIE, CSRF_FIELD = "CSRF_TOKEN", "conreqcsr"
HEADER_SAFE_TOKEN = re.compile(r"[\x21-\x7e]+")
HEADER_SAFE_COOKIE = re.compile(r"[\x20-\x7e]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """An access token made elsewhere. It cannot be renewed."""

    token: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshCredentials:
    """What access tokens are made from."""

    client_id: str
    client_secret: Secret
    refresh_token: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """A browser's cookie, to try one call by hand. It cannot be renewed."""

    cookie: Secret


Credentials = AccessToken | RefreshCredentials | Cookie


def access_of_token(token: str, *, expires_at: float = math.inf, hint: str = "") -> Access:
    """Give the access that an access token stands for."""
    return Access(headers={"Authorization": f"Zoho-oauthtoken {token}"}, expires_at=expires_at, hint=hint)


class FixedAccess:
    """The access of credentials that a person made: it stays as it is, and nobody here renews it."""

    def __init__(self, credentials: AccessToken | Cookie) -> None:
        """Make it. Raise SettingsWrong where no header can hold it."""
        self._access = _access_of(credentials)

    async def get_access(self) -> Access:
        """Give it."""
        return self._access

    async def renew(self, _stale: Access) -> bool:
        """Say that it cannot be renewed."""
        return False


def _access_of(credentials: AccessToken | Cookie) -> Access:
    """Give the access of credentials that never change. Raise SettingsWrong where no header can hold them."""
    match credentials:
        case AccessToken(token=token):
            if not HEADER_SAFE_TOKEN.fullmatch(token.get_secret_value()):
                raise SettingsWrong("BATCHPUB_ACCESS_TOKEN is empty or holds blanks or other characters no token has")
            return access_of_token(token.get_secret_value())
        case Cookie(cookie=cookie):
            if not HEADER_SAFE_COOKIE.fullmatch(cookie.get_secret_value()):
                raise SettingsWrong("BATCHPUB_COOKIE is empty or holds a line break or other characters no cookie has")
            return _access_of_cookie(cookie.get_secret_value())


def _access_of_cookie(cookie: str) -> Access:
    """Give the access of a browser's session, which shows its CSRF token again where it has one.

    Public scripts send it as the field `conreqcsr` and in a header, which has two names: one of People, one of Mail (S).
    """
    parts = (part.strip().partition("=") for part in cookie.split(";"))
    token = next((value for name, _, value in parts if name == CSRF_COOKIE and value), "")
    if not token:
        return Access(headers={"Cookie": cookie})
    return Access(
        headers={"Cookie": cookie, CSRF_COOKIE: token, "X-ZCSRF-TOKEN": f"{CSRF_FIELD}={token}"},
        form={CSRF_FIELD: token},
    )
