"""From settings to the account: its hosts, its credentials, where its token rests, and what its codes mean."""

import os
from collections.abc import Mapping
from pathlib import Path

from batchpub.clock import Clock, SystemClock
from batchpub.errors import SettingsWrong
from batchpub.secret import Secret
from batchpub.services.zoho.access import AccessToken, Cookie, Credentials, RefreshCredentials
from batchpub.services.zoho.meanings import WORDS
from batchpub.services.zoho.people import ZohoPeople
from batchpub.settings.fields import Settings
from batchpub.settings.load import load_settings


def account_from_environment(environ: Mapping[str, str] | None = None) -> ZohoPeople:
    """Give the account that BATCHPUB_… variables describe, as the command line would use it.

    Args:
        environ: the variables; None is this process's environment.

    Raises:
        SettingsWrong: there are no credentials, or more than one kind; the text names the variable.

    """
    settings = load_settings(flags={}, environ=os.environ if environ is None else environ, job_file=None)
    return open_account(settings, credentials_of(settings, sandbox=False), clock=SystemClock(), beside=None)


def open_account(settings: Settings, credentials: Credentials, *, clock: Clock, beside: Path | None) -> ZohoPeople:
    """Give the account, ready to be entered. Its access token rests beside a state from run to run; None: in memory."""
    return ZohoPeople(
        credentials,
        settings.endpoint(),
        token_file=beside and beside.with_name(f"{beside.name}.token"),
        added={code.casefold(): WORDS[word] for code, word in settings.answers.items()},
        clock=clock,
    )


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
        "or BATCHPUB_ACCESS_TOKEN for one hour."
    )
