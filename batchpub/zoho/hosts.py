"""Where Zoho lives: the hosts of each data centre, and which urls may be sent a secret."""

import ipaddress
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
    "ca": ("https://accounts.zohocloud.ca", "https://people.zohocloud.ca"),  # the People host is inferred
}
"""Data centre to (accounts url, People url)."""


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
