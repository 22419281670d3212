"""A message says the facts, for whoever reads nothing else of a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchpub.events import EVENTS
from batchpub.sentences.events import SENTENCES, say_event

COURSE = {"course_id": "478346000019582101", "name": "Fire Safety", "row": 6}
COUNTS = {"published": 39, "already_published": 0, "invalid": 2, "refused": 1, "duplicate": 1, "skipped": 2}
TOLD = [
    ("course.published", {**COURSE, "detail": "Published."}, "Published 478346000019582101 (Fire Safety), row 6"),
    (
        "course.invalid",
        {"row": 7, "detail": "A7: no id."},
        "Invalid: row 7: A7: no id.",
    ),
    (
        "run.progress",
        {"done": 90, "total": 400, "eta_seconds": 480, "lock_seconds": 0, "waiting": "minute"},
        "90 of 400, 8 min left: waiting for Zoho's minute",
    ),
    (
        "run.progress",
        {"done": 9, "total": 40, "eta_seconds": 400, "lock_seconds": 290, "waiting": "lock"},
        "9 of 40, 6 min 40 s left: locked by Zoho, 4 min 50 s to go",
    ),
    ("run.finished", {"counts": COUNTS, "exit_code": 1}, "39 of 45 published, 3 need attention (exit code 1)"),
    (
        "run.finished",
        {"counts": {}, "exit_code": 66, "error": "a.csv: no such file."},
        "It ended before anything was sent, exit code 66: a.csv: no such file.",
    ),
    ("run.finished", {"counts": None, "exit_code": 70, "error": "a bug."}, "It broke off, exit code 70: a bug."),
    (
        "portal.locked",
        {"seconds": 305.0, "ends_at": "2026-11-27T19:05:11+00:00", "cause": "429", "code": ""},
        "Zoho locked the account (its sign: 429); no call for 5 min 5 s, until 19:05:11 UTC",
    ),
    (
        "run.started",
        {
            "rows": 45,
            "to_publish": 40,
            "sheets": ["a.xlsx"],
            "host": "people.zoho.com",
            "rate": 30,
            "period_seconds": 60.0,
        },
        "40 courses to publish of 45 rows in a.xlsx; at people.zoho.com, at most 30 calls in 60 s",
    ),
    (
        "call.answered",
        {**COURSE, "meaning": "published", "http_status": 200, "code": "", "duration": 1_250_000_000},
        "Zoho on 478346000019582101 (Fire Safety), row 6: published (HTTP 200) after 1.2 s",
    ),
]


@pytest.mark.parametrize(("action", "fields", "told"), TOLD)
def test_a_message_has_the_facts(action, fields, told):
    """
    Which course, which row, how many, how long, and why nothing happens just now.
    """
    assert told == say_event(action, fields)


@given(
    action=st.sampled_from(sorted(EVENTS)),
    fields=st.dictionaries(
        st.sampled_from(["row", "course_id", "counts", "seconds", "ends_at", "done", "total", "error", "exit_code"]),
        st.one_of(st.none(), st.integers(), st.text(), st.dictionaries(st.text(), st.integers())),
    ),
)
def test_a_fact_that_is_missing_or_odd_costs_no_line(action, fields):
    """
    The log must not break over its wording: the plain sentence of the event is there all the same.
    """
    assert say_event(action, fields)
    assert EVENTS[action].message == say_event(action, {}) or action in SENTENCES


def test_every_sentence_belongs_to_an_event():
    """
    A sentence for an event that there is not would never be said.
    """
    assert set(SENTENCES) <= set(EVENTS)
