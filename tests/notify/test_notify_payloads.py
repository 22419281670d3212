"""What a notification says, and that nothing from outside can write into it."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.made_runs import make_row, make_run

from batchpub.course import Outcome
from batchpub.notify import FORMATS, choose_format
from batchpub.report.ending import describe_end

ENDING = describe_end(
    make_run(*map(make_row, range(3)), *(make_row(n, outcome=Outcome.PUBLISHED) for n in range(3, 42))),
    (Path("batchpub-reports/x/results.csv"),),
    pipeline_url="https://ci.example.com/run/1",
)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://hooks.slack.com/services/T/B/x", "slack"),
        ("https://contoso.webhook.office.com/webhookb2/x", "teams"),
        ("https://prod-12.westeurope.logic.azure.com:443/workflows/x?sig=y", "teams"),
        ("https://default00.ab.environment.api.powerplatform.com:443/powerautomate/x", "teams"),
        ("https://hooks.slack.com.evil.example/x", "json"),
        ("https://evilhooks.slack.com.example/x", "json"),
        ("https://ci.example.com/hook", "json"),
    ],
)
def test_format_follows_from_the_address(url, expected):
    """
    Slack and Teams are known by their hosts, whole names only; everybody else gets the generic document.
    """
    assert expected == choose_format(url)
    assert "teams" == choose_format(url, "teams")


def test_generic_document_has_every_key_always():
    """
    A program that reads it never meets a missing key, be it the end of a run or of a command that could not begin.
    """
    least = describe_end(make_run(text="No credentials.", planned_rows=0), ())

    full, empty = FORMATS["json"](ENDING), FORMATS["json"](least)

    assert list(full) == list(empty)
    assert {"exit_code": 1, "attention": 3, "run": "r1", "reports": "batchpub-reports/x"}.items() <= full.items()
    assert ("No credentials.", {}) == (json.loads(json.dumps(empty))["message"], empty["counts"])


@given(text=st.text(max_size=4000))
def test_no_text_writes_markup_into_a_message(text):
    """
    Whatever a sheet or the service says stands as text: no Slack link or mention, no Markdown of Teams, no key of JSON.
    """
    ending = {**describe_end(make_run(text=text), (Path("r/x"),)), "message": text}

    slack = json.dumps(FORMATS["slack"](ending), ensure_ascii=False)
    card = FORMATS["teams"](ending)["attachments"][0]["content"]

    assert "<" not in slack
    assert all("RichTextBlock" == block["type"] for block in card["body"])
    assert all(len(block["text"]["text"]) <= 3000 for block in FORMATS["slack"](ending)["blocks"])


def test_card_says_what_a_person_needs():
    """
    The card has the sentence, what to do next, and a button to the pipeline.
    """
    card = FORMATS["teams"](ENDING)["attachments"][0]["content"]
    texts = [block["inlines"][0]["text"] for block in card["body"]]

    assert (
        "batchpub: 3 rows need attention, exit code 1 (finished; some rows were refused, failed or are invalid)"
        == texts[0]
    )
    assert ENDING["message"] == texts[1]
    assert "Next: correct those rows, run again" in texts
    assert "https://ci.example.com/run/1" == card["actions"][0]["url"]
