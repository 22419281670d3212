"""Zoho People as a service, in one piece: for programs that call batchpub from Python."""

from pathlib import Path

from batchpub.clock import Clock, SystemClock
from batchpub.services.zoho.access import Credentials
from batchpub.services.zoho.answers import NONE_ADDED, Added
from batchpub.services.zoho.client import ZohoClient
from batchpub.services.zoho.hosts import find_hosts
from batchpub.services.zoho.portal import name_portal
from batchpub.services.zoho.token import TokenSource


class ZohoPeople(ZohoClient):
    """The LMS of one Zoho People account. Nothing is sent before a run asks for it."""

    def __init__(  # noqa: PLR0913 - an account and how to reach it, all by name
        self,
        credentials: Credentials,
        *,
        data_center: str = "com",
        api_url: str | None = None,
        accounts_url: str | None = None,
        token_file: Path | None = None,
        connect_seconds: float = 10.0,
        total_seconds: float = 30.0,
        added: Added = NONE_ADDED,
        clock: Clock | None = None,
    ) -> None:
        """Say whose account it is and how to get in.

        Args:
            credentials: `RefreshCredentials`, an `AccessToken` or a `Cookie`.
            data_center: where the account lives, such as "eu".
            api_url: another host than the data centre's, as is `accounts_url`.
            accounts_url: see `api_url`.
            token_file: where the access token rests between runs, readable by its owner only; None keeps it in memory.
            connect_seconds: how long a connection may take.
            total_seconds: how long a call may take.
            added: what further codes in answers mean.
            clock: time; by default the machine's.

        Raises:
            SettingsWrong: there is no such data centre, or a URL that would send a secret unencrypted.

        """
        accounts_url, api_url = find_hosts(data_center, accounts_url, api_url)
        clock = clock or SystemClock()
        token = TokenSource(
            credentials,
            accounts_url=accounts_url,
            api_url=api_url,
            clock=clock,
            cache_file=token_file,
            connect_seconds=connect_seconds,
            total_seconds=total_seconds,
        )
        super().__init__(
            api_url=api_url,
            token=token,
            clock=clock,
            connect_seconds=connect_seconds,
            total_seconds=total_seconds,
            added=added,
        )
        self.portal = name_portal(api_url)
        """What shares the account's limit."""
