"""The laws of masking: what is secret does not leave."""

import html
import io
import json
from urllib.parse import quote, quote_plus

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from batchpub.log import Sink, change_texts, configure_log
from batchpub.logger import log
from batchpub.masking import MASK, Mask, looks_secret, secrets_of
from batchpub.secret import Secret

CANARY = "1000.c4n4ry/plus+&"


@pytest.fixture(autouse=True)
def _fresh_log():
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("fmt", ["json", "console"])
@pytest.mark.parametrize(
    "value",
    [
        CANARY,
        f"before{CANARY}after",
        quote(CANARY, safe=""),
        {"deep": [{"deeper": (CANARY,)}]},
        {CANARY: 1},
        ValueError(CANARY),
        Secret(CANARY),
        {CANARY},
    ],
)
def test_masking_reaches_every_value(fmt, value):
    """
    A registered secret is masked alone, inside a text, in a url, nested, as a key and inside an exception.
    """
    stream = io.StringIO()
    configure_log(Sink(stream=stream, fmt=fmt), secrets=[CANARY])

    log.get().error("x", error=value)

    assert "c4n4ry" not in stream.getvalue()


def test_masking_reaches_tracebacks_and_context():
    """
    A secret in a traceback, in a bound variable or in the event's own name is masked too.
    """
    stream = io.StringIO()
    configure_log(Sink(stream=stream, fmt="json"), secrets=[CANARY])

    with structlog.contextvars.bound_contextvars(run=CANARY):
        try:
            raise ValueError(CANARY)
        except ValueError:
            log.get().exception(CANARY)

    line = json.loads(stream.getvalue())
    assert ("***", "***", "***", "error") == (
        line["message"],
        line["event.action"],
        line["batchpub.run"],
        line["log.level"],
    )
    assert "ValueError: ***" in line["error.stack_trace"]


@pytest.mark.parametrize(
    ("told", "masked"),
    [
        ("Authorization: Zoho-oauthtoken 1000.ab.cd", "Authorization: Zoho-oauthtoken ***"),
        ("refresh_token=1000.x&client_secret=y&grant_type=z", "refresh_token=***&client_secret=***&grant_type=z"),
        ('{"access_token": "1000.x"}', '{"access_token": "***"}'),
        ("course 478346000019580117 published", "course 478346000019580117 published"),
    ],
)
def test_masking_knows_the_shapes(told, masked):
    """
    A token that nobody registered is known by what stands before it; other texts stay whole.
    """
    assert masked == Mask(())(told)


def escape_all(text):
    return "".join(f"\\u{ord(letter):04x}" for letter in text)


ESCAPINGS = {
    "as it is": str,
    "json": lambda text: json.dumps(text)[1:-1],
    "json with slashes": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "json, all of it": escape_all,
    "json, capitals": lambda text: escape_all(text).replace("u00", "u00").upper().replace("\\U", "\\u"),
    "html": html.escape,
    "html, decimal": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "html, hexadecimal": lambda text: "".join(f"&#x{ord(letter):X};" for letter in text),
    "url": lambda text: quote(text, safe=""),
    "url, small": lambda text: quote(text, safe="").lower(),
    "form": quote_plus,
    "python": lambda text: "".join(f"\\x{ord(letter):02x}" for letter in text),
}


@pytest.mark.parametrize("second", ESCAPINGS)
@pytest.mark.parametrize("first", ESCAPINGS)
def test_secret_is_masked_however_it_is_escaped(first, second):
    """
    An answer that echoes a secret escapes it for where it stands, and perhaps a second time for what that stands in.
    """
    secret = 'c4n"/=+& <ry;'

    told = ESCAPINGS[second](f"before {ESCAPINGS[first](secret)} after")

    masked = Mask([secret])(told)

    assert 1 == masked.count(MASK)
    assert len(masked) <= len(ESCAPINGS[second](f"before {MASK} after"))


def test_secret_that_is_escaped_itself_is_masked_decoded():
    """
    A cookie's value is often written for a url, and a service shows what it means.
    """
    assert "got *** and ***" == Mask(["c4n%2Fry%3D1"])("got c4n/ry=1 and c4n%2Fry%3D1")


def test_each_part_of_a_cookie_is_a_secret():
    """
    A part is masked on its own where it is long enough not to stand everywhere.
    """
    mask = Mask(secrets_of({"Cookie": "CSRF_TOKEN=c4n4ry; a=1; b = se==cret ;x", "X-Other": "kept"}))

    assert "*** and ***, 1 kept" == mask("c4n4ry and se==cret, 1 kept")
    assert "***" == mask("CSRF_TOKEN=c4n4ry; a=1; b = se==cret ;x")


@pytest.mark.parametrize(
    ("text", "is_secret"),
    [
        ("1000.aaaaaaaaaaaaaaaabbbbbbbb.cccccccc", True),
        ("0123456789abcdef0123456789abcdef01234567", True),
        ("CSRF_TOKEN=0123456789; _zcsr_tmp=feed", True),
        ("478346000019580117", False),
        ("Course identifier of the learning portal", False),
        ("Kursbezeichnungsnummer", False),
        ("a=b", False),
    ],
)
def test_credential_is_told_from_a_heading(text, is_secret):
    """
    A long word with letters and digits is one; ids, words and sentences are not.
    """
    assert is_secret is looks_secret(text)


@given(st.lists(st.text(min_size=1).filter(lambda text: text not in "***"), min_size=1), st.text())
def test_masking_leaves_nothing_of_a_secret(secrets, text):
    """
    Whatever the secrets are, one text that is nothing but secrets is nothing but masks.
    """
    masked = Mask(secrets)("".join(secrets))

    assert set(masked) <= {"*"} or not any(secret in masked for secret in secrets if "*" not in secret)
    assert change_texts(text, Mask(())) == change_texts(text, Mask(("", "")))
