"""Every combination of standing, work, rules and answers that the table speaks of, by name."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime

from scripted import COURSE, reply

from batchpub.lifecycle.work import Rules, Verify, Work
from batchpub.services import interface as answers
from batchpub.services.interface import CourseState, Reply, SaidPublished, StateRead
from batchpub.standing import Free, Held, PublishedBefore, RefusedBeside, Uncertain

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def seen(state, *, kind="self-paced", name="Fire safety"):
    return reply(StateRead(state=state, name=name, kind=kind), 200)


STANDINGS = {
    "never heard of": Free(version=0),
    "known": Free(version=3, known=True),
    "published": PublishedBefore(run="other", on="2026-11-27T10:00:00"),
    "held": Held(run="other", seconds=40.0, until=NOW),
    "settling": Uncertain(version=4, run="other", seconds=50.0),
    "uncertain": Uncertain(version=4, run="other", seconds=0.0),
    "uncertain by us": Uncertain(version=4, run="mine", seconds=0.0),
    "refused beside": RefusedBeside(run="other", message="No.", http_status=400, code="4102"),
}
GARBAGE = answers.Unclear(reason=f"Zoho answered with HTTP 502{answers.NOTHING_READABLE}")
SAID = SaidPublished(code="ALREADY", message="m")
WORK = Work(position=0, course=COURSE, notify=False, name="Fire safety")
WORKS = {
    "fresh": WORK,
    "other name": replace(WORK, name="First aid"),
    "lost": replace(WORK, attempts=1, is_lost=True),
    "spent": replace(WORK, attempts=5, is_lost=True),
    "last try": replace(WORK, attempts=4),
    "said published": replace(WORK, attempts=1, said_published=SAID),
    "said published after a loss": replace(WORK, attempts=2, is_lost=True, said_published=SAID),
    "renewed": replace(WORK, renewed=True),
    "read four times": replace(WORK, reads=4),
    "just seen": replace(WORK, looked_at=999.0),
    "garbage before": replace(
        WORK, attempts=1, is_lost=True, last=Reply(answer=GARBAGE, http_status=502, excerpt="<html>Bad")
    ),
    "spent and garbage before": replace(WORK, attempts=5, is_lost=True, last=Reply(answer=GARBAGE, http_status=502)),
}
RULES = {
    "plain": Rules(),
    "verify mails": Rules(verify=Verify.MAILS),
    "verify all": Rules(verify=Verify.EVERYTHING),
    "again": Rules(verify=Verify.EVERYTHING, again=frozenset({"all"})),
    "called unknown": Rules(uncertain=frozenset({COURSE})),
    "strict": Rules(verify=Verify.MAILS, strict=True),
}
READS = {
    "draft": seen(CourseState.DRAFT),
    "published": seen(CourseState.PUBLISHED),
    "disabled": seen(CourseState.DISABLED),
    "cannot tell": seen(CourseState.CANNOT_TELL),
    "blended": seen(CourseState.DRAFT, kind="blended"),
    "not found": reply(answers.Refused(code="404", message=""), 404),
    "refused": reply(answers.Refused(code="4102", message="no"), 400),
    "denied": reply(answers.Denied(code="INVALID_OAUTHSCOPE", message="m"), 403),
    "throttled": reply(answers.Throttled(wait_seconds=None, cause="429"), 429),
    "expired": reply(answers.Expired(code="401", message=""), 401),
    "lost": reply(answers.Unclear(reason="no answer"), None),
    "not sent": reply(answers.NotSent(reason="refused"), None),
    "withheld": reply(answers.Withheld(), None),
}
PUBLISHES = {
    "published": reply(answers.Published(), 200),
    "said published": reply(answers.SaidPublished(code="ALREADY", message="m"), 400),
    "refused": reply(answers.Refused(code="4102", message="no"), 400),
    "perhaps refused": reply(answers.Refused(code="x", message="no", certain=False), 500),
    "forbidden": reply(answers.Refused(code="403", message="no"), 403),
    "limited": reply(answers.Refused(code="422", message="maximum limit exceeded"), 422),
    "throttled": reply(answers.Throttled(wait_seconds=60.0, cause="429"), 429),
    "perhaps throttled": reply(answers.Throttled(wait_seconds=None, cause="x", certain=False), 500),
    "quota": reply(answers.Throttled(wait_seconds=40_000.0, cause="429", quota=True), 429),
    "expired": reply(answers.Expired(code="401", message=""), 401),
    "denied": reply(answers.Denied(code="INVALID_OAUTHSCOPE", message="m"), 403),
    "lost": reply(answers.Unclear(reason="no answer"), None),
    "garbage": reply(answers.Unclear(reason="HTTP 502"), 502),
    "not sent": reply(answers.NotSent(reason="refused"), None),
    "withheld": reply(answers.Withheld(), None),
}


def situations():
    """Give every standing, work, rules and mails by name, with the values."""
    for standing, work, rules, mails in itertools.product(STANDINGS, WORKS, RULES, (False, True)):
        yield (
            (standing, work, rules, "mails" if mails else "silent"),
            (STANDINGS[standing], replace(WORKS[work], notify=mails), RULES[rules]),
        )
