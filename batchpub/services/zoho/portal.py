"""One limit has one name: however a host is written, the calls to it are counted together."""

import ipaddress
import re
import socket
import unicodedata
from urllib.parse import unquote, urlsplit

from batchpub.services.zoho.hosts import DATA_CENTERS

USUAL_PORTS = (80, 443)
"""Ports that a URL need not write. Two services on one host at these two share a portal: that only costs time."""

OLD_NUMBER = re.compile(r"[0-9a-fx.]+", re.ASCII)
"""What may be an IPv4 address as inet_aton takes it: 127.1, 0x7f.1, 2130706433."""


def name_portal(name: str) -> str:
    """Give the one name of what shares a limit, for the URL of a host, a host, or a name that an operator made up.

    Capitals, blanks, a dot at the end, a usual port, zeros before a port and the two spellings of an international name
    make no difference. This very machine is `localhost`. The accounts host and the People host of a data centre are one,
    at whatever port.
    """
    plain = " ".join(unicodedata.normalize("NFKC", unquote(name)).casefold().split())
    host, port = _split(plain)
    if host is None:
        return plain
    host = _name_host(host)
    if host in SAME:
        return SAME[host]
    shown = f"[{host}]" if ":" in host else host
    return shown if port in (None, *USUAL_PORTS) else f"{shown}:{port}"


def _split(name: str) -> tuple[str | None, int | None]:
    """Give host and port; no host where this is a name that somebody made up."""
    if " " in name:
        return None, None
    try:
        parts = urlsplit(name if "://" in name else f"//{name}")
        found = parts.hostname, parts.port
    except ValueError:
        return None, None
    return found


def _name_host(host: str) -> str:
    host = ".".join(_decode(label) for label in host.replace("\N{IDEOGRAPHIC FULL STOP}", ".").rstrip(".").split("."))
    address = _find_address(host)
    if address is None:
        return "localhost" if host.endswith(".localhost") else host
    return "localhost" if address.is_loopback else address.compressed


def _decode(label: str) -> str:
    """Give a label of an international name as people write it; two scripts' ways of writing it are one."""
    if label.startswith("xn--"):
        try:
            label = label[4:].encode("ascii").decode("punycode")
        except UnicodeError:
            return label
    return unicodedata.normalize("NFKC", label).casefold()


def _find_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return _read_old_number(host)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _read_old_number(host: str) -> ipaddress.IPv4Address | None:
    if OLD_NUMBER.fullmatch(host) is None:
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


SAME = {
    urlsplit(host).hostname or "": urlsplit(people).hostname or ""
    for accounts, people in DATA_CENTERS.values()
    for host in (accounts, people)
}
"""The hosts of the known data centres, and the People host that each stands for."""
