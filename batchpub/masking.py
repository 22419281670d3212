"""Takes secrets out of texts: the ones we know, however they are escaped, and what looks like one."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, unquote, unquote_plus

MASK = "***"
SHORTEST_SECRET = 6
"""Anything shorter stands in many texts by chance; credentials that short are refused."""

SHAPES = (
    (re.compile(r"(Zoho-oauthtoken\s+)[^\s\"',;&<>}\\]+", re.IGNORECASE), r"\1" + MASK),
    (
        re.compile(
            r"((?:refresh_token|client_secret|access_token|oauthtoken)\\*[\"']?\s*[=:]\s*\\*[\"']?)[^\s&\"',;<>}\\]+",
            re.IGNORECASE,
        ),
        r"\1" + MASK,
    ),
    (re.compile(r"\b1000\.[0-9a-f]{8,}(?:\.[0-9a-f]+)*", re.IGNORECASE), MASK),
)
"""How a secret looks that nobody told us, such as a token that Zoho has just issued."""

LONGEST_WORD = 12
"""Values in an address that are shorter are words such as `download` or `xlsx`."""

CREDENTIAL = re.compile(r"(?=[^\s=]*[0-9])(?=[^\s=]*[A-Za-z])[A-Za-z0-9._~+/%-]{20,}|[A-Za-z_]{3,}=[^\s;=]{6,}")
"""A long word of letters and digits, or the part of a cookie: no heading looks like that."""

ESCAPED = re.compile(
    r"\\(?:u(?P<u>[0-9a-f]{4})|x(?P<x>[0-9a-f]{2})|(?P<letter>.))|%(?P<url>[0-9a-f]{2})"
    r"|&(?:\#(?P<decimal>[0-9]{1,7})|\#x(?P<hexadecimal>[0-9a-f]{1,6})|(?P<name>quot|apos|amp|lt|gt));",
    re.IGNORECASE | re.DOTALL,
)
"""One letter in the ways of JSON, Python, a url and HTML."""

ENTITIES = {"quot": '"', "apos": "'", "amp": "&", "lt": "<", "gt": ">"}
DEEPEST_ESCAPE = 4

Extent = tuple[int, int]


def secrets_of_address(address: str) -> tuple[str, ...]:
    """Give what of an address may be a secret: its password, a signature behind the `?`, the token of a shared link."""
    if "://" not in address:
        return ()
    path, _, query = address.partition("?")
    user, at, _ = path.partition("://")[2].partition("/")[0].rpartition("@")
    password = [user.partition(":")[2]] if at and ":" in user else []
    asked = [part.partition("=")[2] for part in query.split("&")]
    last = path.rpartition("/")[2]
    return (*password, *(one for one in (*asked, *([] if "." in last else [last])) if len(one) >= LONGEST_WORD))


class Mask:
    """Masks every secret it was made with, in the text as it is and escaped in any way, several times over."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Take the secrets' own values. Empty ones are no secrets."""
        forms = {form for secret in secrets for form in _forms_of(secret)}
        longest_first = sorted(forms, key=len, reverse=True)  # a secret may begin with another one
        # A blank may stand as `+` in a form.
        patterns = (re.escape(form).replace(r"\ ", "[ +]") for form in longest_first)
        self._known = re.compile("|".join(patterns)) if forms else None

    def __call__(self, text: str) -> str:
        """Give the text without secrets."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
            if any(self._known.search(decoded) for decoded in _decoded(text)):
                text = _cut_out(text, _find_escaped(text, self._known))
        for shape, replacement in SHAPES:
            text = shape.sub(replacement, text)
        return text


def _decoded(text: str) -> Iterator[str]:
    """Give the text unescaped once, twice and so on, as long as that changes it."""
    for _ in range(DEEPEST_ESCAPE):
        before, text = text, ESCAPED.sub(_unescape, text)
        if text == before:
            return
        yield text


def _find_escaped(text: str, known: re.Pattern[str]) -> list[Extent]:
    """Give where secrets stand in the text as it is: every letter of each decoding remembers what it was made of."""
    spans = [(place, place + 1) for place in range(len(text))]
    found: list[Extent] = []
    for _ in range(DEEPEST_ESCAPE + 1):
        found += [(spans[hit.start()][0], spans[hit.end() - 1][1]) for hit in known.finditer(text)]
        letters: list[str] = []
        made_of: list[Extent] = []
        place = 0
        for unit in ESCAPED.finditer(text):
            letters += [*text[place : unit.start()], _unescape(unit)]
            made_of += [*spans[place : unit.start()], (spans[unit.start()][0], spans[unit.end() - 1][1])]
            place = unit.end()
        text, spans = "".join([*letters, text[place:]]), [*made_of, *spans[place:]]
    return found


def _cut_out(text: str, spans: list[Extent]) -> str:
    """Put a mask in the place of each span; those that overlap are one."""
    parts: list[str] = []
    place = 0
    for start, end in sorted(spans):
        if start >= place:
            parts += [text[place:start], MASK]
        place = max(place, end)
    return "".join([*parts, text[place:]])


def _unescape(unit: re.Match[str]) -> str:
    """Give the one letter that is meant."""
    if unit["letter"]:
        return unit["letter"]
    if unit["name"]:
        return ENTITIES[unit["name"].casefold()]
    if unit["decimal"]:
        return _letter_of(int(unit["decimal"]))
    return _letter_of(int(unit["u"] or unit["x"] or unit["url"] or unit["hexadecimal"], 16))


def _letter_of(number: int) -> str:
    return chr(number) if number <= sys.maxunicode else "?"


def secrets_of(headers: Mapping[str, str]) -> Iterator[str]:
    """Give what is secret in the headers of a call: the token, the cookie and each part of it.

    What else is in them, such as a session's CSRF token, is a part of the cookie.
    """
    for name, value in headers.items():
        if name.casefold() == "cookie":
            yield from secrets_of_cookie(value)
        elif name.casefold() == "authorization":
            yield value.rpartition(" ")[2]


def secrets_of_cookie(cookie: str) -> Iterator[str]:
    """Give a cookie, and the value of each part that is long enough to be a secret."""
    yield cookie
    values = (part.partition("=")[2].strip() for part in cookie.split(";"))
    yield from (value for value in values if len(value) >= SHORTEST_SECRET)


def looks_secret(text: str) -> bool:
    """Tell whether a text looks like a credential that somebody took for something else."""
    return CREDENTIAL.search(text) is not None


def _forms_of(secret: str) -> Iterator[str]:
    """Give a secret as it is, for a url, and decoded: a service may show what a cookie's value means."""
    if not secret:
        return
    yield from (secret, quote(secret, safe=""), quote(secret))
    yield from (form for form in (unquote(secret), unquote_plus(secret)) if len(form) >= SHORTEST_SECRET)
