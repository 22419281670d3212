"""What a webhook is sent: the generic document, Slack's blocks, or an Adaptive Card for Microsoft Teams."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from batchpub.report.ending import Facts

HOSTS = {
    "hooks.slack.com": "slack",
    "hooks.slack-gov.com": "slack",
    "webhook.office.com": "teams",
    "logic.azure.com": "teams",  # Power Automate workflows, which replaced Office 365 connectors
    "api.powerplatform.com": "teams",  # where workflows' addresses are since 2025
}
"""Which format an address wants, by its host or a domain above it."""

MOST_TEXT = 2_900  # Slack: "text" of a section has at most 3,000 characters; escapes are counted
_GENERIC = (
    "title", "message", "exit_code", "exit_meaning", "run", "host", "attention", "counts", "started_at", "finished_at",
    "stop_reason", "resume_command", "reports", "pipeline_url",
)  # fmt: skip
Payload = Callable[[Facts], dict[str, Any]]


def choose_format(url: str, asked: str = "auto") -> str:
    """Give the name of the format for an address: the one asked for, else the one its host is known for, else json."""
    if asked != "auto":
        return asked
    host = (urlsplit(url).hostname or "").rstrip(".")
    return next((name for known, name in HOSTS.items() if host == known or host.endswith(f".{known}")), "json")


def make_json(facts: Facts) -> dict[str, Any]:
    """Give the generic JSON document: every key is always there. `counts` is empty where there were no rows."""
    document = {"version": 1, "program": "batchpub", **{name: facts[name] for name in _GENERIC}}
    return document if facts["total"] else {**document, "counts": {}}


def list_facts(facts: Facts) -> dict[str, str]:
    """Give what people read under the sentence, by its name for them; nothing that is empty."""
    shown = {
        "Where": facts["host"],
        "Run": facts["run"],
        "Stopped because": facts["stop_reason"] if facts["stop_reason"] != facts["message"] else "",
        "Next": facts["remedy"],
        "To go on": facts["resume_command"],
        "Reports": facts["reports"],
    }
    return {name: value for name, value in shown.items() if value}


def make_slack(facts: Facts) -> dict[str, Any]:
    """Give a message of blocks; `text` is what a phone's notification shows. Mattermost and Rocket.Chat read `text`."""
    lines = "\n".join(f"*{name}:* {_slack(value)}" for name, value in list_facts(facts).items())
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(facts["title"], 150)}},
        {"type": "section", "text": {"type": "mrkdwn", "text": _cut(_slack(facts["message"]), MOST_TEXT)}},
    ]
    if lines:
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": _cut(lines, MOST_TEXT)}})
    if facts["pipeline_url"]:
        button = {
            "type": "button",
            "text": {"type": "plain_text", "text": "Open the pipeline"},
            "url": facts["pipeline_url"],
        }
        blocks.append({"type": "actions", "elements": [button]})
    return {"text": _cut(f"{_slack(facts['title'])}. {_slack(facts['message'])}", MOST_TEXT), "blocks": blocks}


def make_teams(facts: Facts) -> dict[str, Any]:
    """Give an Adaptive Card, as a Teams workflow "when a webhook request is received" posts it.

    Texts are runs of a RichTextBlock or facts: neither a sheet nor the service can write a link into the card.
    """
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": [
            _rich(facts["title"], weight="Bolder", size="Medium", color="Attention" if facts["exit_code"] else "Good"),
            _rich(facts["message"]),
            *[_rich(f"{name}: {value}", isSubtle=True) for name, value in list_facts(facts).items()],
        ],
    }
    if facts["pipeline_url"]:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open the pipeline", "url": facts["pipeline_url"]}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


FORMATS: dict[str, Payload] = {"json": make_json, "slack": make_slack, "teams": make_teams}


def _rich(text: str, **look: Any) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": _cut(text, MOST_TEXT), **look}]}


def _slack(text: str) -> str:
    """Escape the three characters that Slack's mrkdwn gives a meaning of control."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
