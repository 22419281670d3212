"""A file of an https address, whole in memory: bounded, without cookies or credentials, its redirects told."""

import contextlib
import re
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from ipaddress import ip_address
from typing import IO
from urllib.parse import unquote, urlsplit

from batchpub import __version__
from batchpub.errors import SheetMissing, SheetRefused
from batchpub.files import read_bounded

MOST_REDIRECTS = 5
_IDLE_SECONDS = 30.0
_NAMED = re.compile(r"filename\*?=(?:UTF-8'')?\"?([^\";]+)", re.IGNORECASE)
_SIGN_IN = (
    "The server asks for a sign-in, and batchpub sends no credentials to it. Share the file with a link that needs none, or download it "
    "and give the file."
)
_NOT_SAFE = "Only https:// addresses without a user name or password in them are taken."
_LEFT_TLS = (
    "The server sends on to an address without https, which is not followed. Give the address of the file itself."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """A file, the name that the server gives it, and the addresses it was sent on to."""

    data: bytes
    name: str
    redirects: tuple[str, ...]


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a few redirects, from https to https only, and remembers where they led."""

    max_redirections = MOST_REDIRECTS

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self.addresses: list[str] = []

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        if not _is_safe(newurl):
            fp.close()
            raise SheetRefused(self._shown, _LEFT_TLS)
        self.addresses.append(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def download(address: str, *, shown: str, most_bytes: int) -> Downloaded:
    """Fetch a file; `shown` is what sentences call its address.

    Raises SheetMissing where it is not to be had, SheetRefused where the address or the size is out of bounds.
    """
    if not _is_safe(address):
        raise SheetRefused(shown, _NOT_SAFE)
    redirects = _Redirects(shown)
    tls = urllib.request.HTTPSHandler(context=ssl.create_default_context())
    opener = urllib.request.build_opener(redirects, tls)
    opener.addheaders = [("User-Agent", f"batchpub/{__version__}"), ("Accept", "*/*")]
    try:
        with opener.open(address, timeout=_IDLE_SECONDS) as reply:
            data = read_bounded(reply, shown, most_bytes)
            stated, named = reply.headers.get("Content-Length", ""), reply.headers.get("Content-Disposition", "")
    except urllib.error.HTTPError as error:
        error.close()
        raise SheetMissing(shown, _say_status(error.code)) from None  # the cause holds the whole address
    except (OSError, ValueError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise SheetMissing(shown, f"It cannot be fetched ({_say_reason(reason)}). Check the address.") from None
    if stated.isascii() and stated.isdigit() and len(data) < int(stated):
        raise SheetMissing(shown, f"Only {len(data):,} of its {int(stated):,} bytes arrived. Try again.")
    found = _NAMED.search(named)
    return Downloaded(data=data, name=unquote(found[1]) if found else "", redirects=tuple(redirects.addresses))


def _is_safe(address: str) -> bool:
    """Say whether an address is fetched at all: https, or http on this machine, and no credential before the host."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(address)
        own = parts.scheme == "http" and _is_loopback(parts.hostname or "")
        return (parts.scheme == "https" or own) and bool(parts.hostname) and parts.username is None
    return False


def _is_loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


def _say_status(code: int) -> str:
    match code:
        case 401 | 403:
            return _SIGN_IN
        case 404 | 410:
            return "There is no such file on the server. Check the address, or whether the link has expired."
        case 301 | 302 | 303 | 307 | 308:
            return "The server sends on in a circle, or to where batchpub does not follow. Give the address of the file itself."
        case _:
            return f"The server answers with status {code}. Try again later, or download the file and give that."


def _say_reason(reason: object) -> str:
    if isinstance(reason, TimeoutError):
        return "the server does not answer in time"
    return (
        getattr(reason, "strerror", None) or getattr(reason, "verify_message", None) or type(reason).__name__
    ).lower()
