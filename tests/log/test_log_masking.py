"""The laws of masking: what is secret does not leave."""

import io
import json
from urllib.parse import quote

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from batchpub.log import Masking, Sink, configure_log, get_log
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

    get_log().error("x", error=value)

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
            get_log().exception(CANARY)

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
    assert masked == Masking(()).mask_text(told)


@given(st.lists(st.text(min_size=1).filter(lambda text: text not in "***"), min_size=1), st.text())
def test_masking_leaves_nothing_of_a_secret(secrets, text):
    """
    Whatever the secrets are, one text that is nothing but secrets is nothing but masks.
    """
    masked = Masking(secrets).mask_text("".join(secrets))

    assert set(masked) <= {"*"} or not any(secret in masked for secret in secrets if "*" not in secret)
    assert Masking(()).mask(text) == Masking(("", "")).mask(text)
