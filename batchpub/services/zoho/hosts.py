"""Where Zoho lives: the hosts of each data centre, and which urls may be sent a secret."""

import ipaddress
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from batchpub.errors import SettingsWrong

DATA_CENTERS: dict[str, tuple[str, str]] = {
    "com": ("https://accounts.zoho.com", "https://people.zoho.com"),
    "eu": ("https://accounts.zoho.eu", "https://people.zoho.eu"),
    "in": ("https://accounts.zoho.in", "https://people.zoho.in"),
    "com.au": ("https://accounts.zoho.com.au", "https://people.zoho.com.au"),
    "jp": ("https://accounts.zoho.jp", "https://people.zoho.jp"),
    "com.cn": ("https://accounts.zoho.com.cn", "https://people.zoho.com.cn"),
    "sa": ("https://accounts.zoho.sa", "https://people.zoho.sa"),
    # From here on seen in public code, not on a page of Zoho's.
    "ca": ("https://accounts.zohocloud.ca", "https://people.zohocloud.ca"),
    "sg": ("https://accounts.zoho.sg", "https://people.zoho.sg"),
    "ae": ("https://accounts.zoho.ae", "https://people.zoho.ae"),
    "uk": ("https://accounts.zoho.uk", "https://people.zoho.uk"),
}
"""Data centre to (accounts url, People url)."""


def is_of_zoho(url: str) -> bool:
    """Tell whether a url names a host of a known data centre, as the table has it."""
    known = {known for pair in DATA_CENTERS.values() for known in pair}
    return url.strip().casefold().rstrip("/") in known


def data_center_of(host: str) -> str:
    """Name the data centre whose domain a host is in ("" for none): `accounts.zoho.eu`, `www.zohoapis.eu`, `people.zoho.eu`."""
    for name, (accounts_url, _) in DATA_CENTERS.items():
        domain = (urlsplit(accounts_url).hostname or "").removeprefix("accounts.")
        endings = (domain, f"zohoapis.{domain.partition('.')[2]}")
        if any(host == ending or host.endswith(f".{ending}") for ending in endings):
            return name
    return ""


def find_other_data_center(api_domain: object, api_url: str) -> str:
    """Say which data centre the account is in, where the token answer's `api_domain` names another than the one called.

    That domain is not People's host, but it is in the same data centre (seen, not documented), so this is only a hint.
    """
    if not isinstance(api_domain, str):
        return ""
    with suppress(ValueError):
        home = data_center_of((urlsplit(api_domain).hostname or "").casefold())
        called = data_center_of((urlsplit(api_url).hostname or "").casefold())
        if home and called and home != called:
            return (
                f"Zoho names {home} as the data centre of this account, and {called} was called: "
                f"set BATCHPUB_DATA_CENTER={home}."
            )
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where an account is called, and how long a connection and a whole call may take (s).

    Raises SettingsWrong for a URL that would send a secret unencrypted.
    """

    api_url: str
    accounts_url: str
    connect_seconds: float = 10.0
    total_seconds: float = 30.0

    def __post_init__(self) -> None:
        """Refuse what must not be called, and take the last slash off."""
        for name in ("accounts_url", "api_url"):
            object.__setattr__(self, name, check_api_url(getattr(self, name)))


def find_hosts(data_center: str) -> tuple[str, str]:
    """Give the accounts URL and the API URL of a data centre. Raise SettingsWrong where there is no such one."""
    if data_center not in DATA_CENTERS:
        raise SettingsWrong(f"No data centre {data_center!r}. Known: {', '.join(DATA_CENTERS)}.")
    return DATA_CENTERS[data_center]


def check_api_url(url: str) -> str:
    """Give the url without its last slash. Raise SettingsWrong unless it is https, or http to this very machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        parts.port  # noqa: B018 - raises where the port is no number
    except ValueError as error:
        raise SettingsWrong(f"{url!r} is not a url; write it like https://people.zoho.com") from error
    if parts.username or parts.password:
        raise SettingsWrong(f"the url of {host} holds a user name or a password; take them out")
    if not host or parts.scheme not in {"https", "http"} or parts.query or parts.fragment:
        raise SettingsWrong(f"{url!r} is not the url of a host; write it like https://people.zoho.com")
    if parts.scheme == "http" and not _is_loopback(host):
        raise SettingsWrong(f"{url!r} would send the access token unencrypted; write https://{host}")
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
