"""From settings to the client: which credentials, where their token rests, and what Zoho's codes mean."""

from pathlib import Path

from batchpub.cli.wiring import hosts_of
from batchpub.clock import Clock
from batchpub.errors import SettingsWrong
from batchpub.secret import Secret
from batchpub.services.zoho.access import AccessToken, Cookie, Credentials, RefreshCredentials
from batchpub.services.zoho.client import ZohoClient
from batchpub.services.zoho.meanings import WORDS
from batchpub.services.zoho.token import TokenSource
from batchpub.settings import Settings


def open_client(settings: Settings, credentials: Credentials, *, clock: Clock, token_file: Path | None) -> ZohoClient:
    """Give the client, ready to be entered."""
    accounts_url, api_url = hosts_of(settings)
    limits = {"connect_seconds": settings.connect_timeout, "total_seconds": settings.total_timeout}
    token = TokenSource(
        credentials, accounts_url=accounts_url, api_url=api_url, clock=clock, cache_file=token_file, **limits
    )
    added = {code.casefold(): WORDS[word] for code, word in settings.answers.items()}
    return ZohoClient(api_url=api_url, token=token, clock=clock, added=added, **limits)


def token_file(state: Path) -> Path:
    """Give the file beside the state that the access token rests in from run to run."""
    return state.with_name(f"{state.name}.token")


def name_kind(credentials: Credentials) -> str:
    """Say which kind of credentials these are, and what they are good for."""
    match credentials:
        case AccessToken():
            return "an access token: good for an hour, and nobody renews it"
        case Cookie():
            return "a session's cookie: for a try by hand, not for pipelines"
        case _:
            return "a refresh token of a self client: the kind for pipelines"


def credentials_of(settings: Settings, *, sandbox: bool) -> Credentials:
    """Choose the one kind of credentials that is set.

    Raises:
        SettingsWrong: there are none.

    """
    if sandbox:
        return AccessToken(token=Secret("sandbox"))
    if settings.access_token:
        return AccessToken(token=settings.access_token)
    if settings.client_id and settings.client_secret and settings.refresh_token:
        return RefreshCredentials(
            client_id=settings.client_id.get_secret_value(),
            client_secret=settings.client_secret,
            refresh_token=settings.refresh_token,
        )
    if settings.cookie:
        return Cookie(cookie=settings.cookie)
    raise SettingsWrong(
        "No credentials. Set BATCHPUB_CLIENT_ID, BATCHPUB_CLIENT_SECRET and BATCHPUB_REFRESH_TOKEN (each also as …_FILE), "
        "or BATCHPUB_ACCESS_TOKEN for one hour; or rehearse with --sandbox."
    )
