"""The line to Zoho: sessions without memory, always verified TLS, a proxy where one is set, bounded answers."""

import os
import ssl
import zlib
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from batchpub.errors import SettingsWrong
from batchpub.services.zoho.handover import socket_factory, tell_hand_over
from batchpub.services.zoho.hosts import Endpoint

UNPACK_STEP = 256

LONGEST_CALL = 300.0
"""Seconds after which a call is over that has no limit of its own."""

Tls = ssl.SSLContext | Literal[True]
"""What verifies certificates; True is aiohttp's own."""


def make_timeout(endpoint: Endpoint) -> aiohttp.ClientTimeout:
    """Give explicit limits for connecting (name look-up and TLS included), for each read and for the whole call."""
    connect, total = endpoint.connect_seconds, endpoint.total_seconds
    return aiohttp.ClientTimeout(total=total, connect=connect, sock_connect=connect, sock_read=total)


def make_tls(url: str) -> Tls:
    """Give what verifies certificates, with the authorities of SSL_CERT_FILE and SSL_CERT_DIR where they are set.

    A url without TLS needs none: reading the authorities takes longer than a rehearsal's calls.
    Raise SettingsWrong where a variable names nothing of use: Python would go on without a word, and without authorities.
    """
    if not url.startswith("https:"):
        return True
    context = ssl.create_default_context()
    file, folders = os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", "")
    if file:
        try:
            ssl.create_default_context(cafile=file)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            why = (
                "holds no certificate"
                if isinstance(error, ssl.SSLError | ValueError)
                else f"cannot be read: {error.strerror}"
            )
            raise SettingsWrong(
                f"SSL_CERT_FILE in the environment names {file}, which {why}. Name a PEM file of your network's "
                "certificate authority, or unset it."
            ) from None
    if folders and not any(Path(folder).is_dir() for folder in folders.split(os.pathsep)):
        raise SettingsWrong(
            f"SSL_CERT_DIR in the environment names {folders}, which is no folder. Correct or unset it."
        )
    return context


def open_session(timeout: aiohttp.ClientTimeout, tls: Tls) -> aiohttp.ClientSession:
    """Open a session without memory: a kept cookie can carry the lock, a stale connection makes calls unclear.

    The environment is not trusted as a whole: aiohttp would also read ~/.netrc, and put a password of there in the
    place of the token.
    """
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            force_close=True,
            limit=0,  # a wait for a place would count as connecting
            ssl=tls,
            socket_factory=socket_factory(timeout.total or LONGEST_CALL),
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=timeout,
        trace_configs=[tell_hand_over()],
        trust_env=False,
        # A compressed body that was cut unpacks without an error to a shorter one, so none is asked for, and what comes
        # compressed all the same is unpacked here.
        headers={"Accept-Encoding": "identity"},
        auto_decompress=False,
    )
    # aiohttp sends a GET once more by itself when its connection ends without an answer, on fresh connections too: a
    # read that no slot was taken for. There is no public switch; test_nothing_is_repeated_below_us watches this one.
    session._retry_connection = False  # noqa: SLF001
    return session


def proxy_for(url: str) -> dict[str, Any]:
    """Give what aiohttp needs to go through the proxy of HTTPS_PROXY and NO_PROXY; {} where there is none.

    Raise SettingsWrong for a proxy that is no url. Plain http goes to this very machine only, and never by a proxy.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or proxy_bypass(parts.netloc):
        return {}
    address = getproxies().get("https") or getproxies().get("all")
    if not address:
        return {}
    try:
        proxy = URL(address if "://" in address else f"http://{address}")
        known = proxy.scheme in {"http", "https"} and bool(proxy.host)
    except ValueError:
        known = False
    if not known:
        raise SettingsWrong("HTTPS_PROXY is not the url of a proxy; write it like http://proxy.example.org:3128")
    if proxy.user is None:
        return {"proxy": proxy}
    password = b64encode(f"{proxy.user}:{proxy.password or ''}".encode()).decode()
    return {"proxy": proxy.with_user(None), "proxy_headers": {"Proxy-Authorization": f"Basic {password}"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What arrived of a body. `whole`: all of it did."""

    content: bytes
    whole: bool


async def read_body(response: aiohttp.ClientResponse, *, largest: int) -> Body:
    """Read a body up to `largest` bytes, packed or unpacked; where the line breaks in the middle, give what came."""
    packed, whole = bytearray(), False
    with suppress(aiohttp.ClientError, OSError, TimeoutError):
        while len(packed) <= largest and (chunk := await response.content.read(largest + 1 - len(packed))):
            packed += chunk
        whole = len(packed) <= largest
    encoding = response.headers.get("Content-Encoding", "identity").strip().casefold()
    body = _unpack(bytes(packed[:largest]), encoding, largest=largest)
    return Body(content=body.content, whole=body.whole and whole)


def _unpack(packed: bytes, encoding: str, *, largest: int) -> Body:
    """Unpack what was not asked to be packed; what cannot be unpacked is an answer that says nothing."""
    if encoding in {"", "identity"}:
        return Body(content=packed, whole=True)
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        return Body(content=b"", whole=True)
    unpacker, content = zlib.decompressobj(wbits=zlib.MAX_WBITS + 32), bytearray()
    with suppress(zlib.error):  # in small steps, so that what is before a break is not lost
        for start in range(0, len(packed), UNPACK_STEP):
            content += unpacker.decompress(packed[start : start + UNPACK_STEP])
            if len(content) > largest:
                return Body(content=bytes(content[:largest]), whole=False)
    return Body(content=bytes(content), whole=unpacker.eof)
