"""One step of the program's own, driven by the script."""

from dataclasses import fields
from enum import Enum
from unittest.mock import patch

from scripted import Clock, Gate, Journal, Service, run_at_once

from batchpub.caller import Caller
from batchpub.engine.steps import Steps
from batchpub.events import Events
from batchpub.lifecycle.verdict import Later
from batchpub.pace.lock import LockWatch
from batchpub.services.interface import Reply
from batchpub.standing import RowResult
from batchpub.store.limits import Limits

LIMITS = Limits()
NOW = Clock().boot_seconds()
STANDINGS = ("PublishedBefore", "Held", "RefusedBeside")


def drive(standing, work, rules, publishes, reads, *, claims=None):
    """Take one course one step on; give what was asked of everybody, and of the service."""
    trace = []
    events = Events(lambda event: trace.append(f"{event.level} {event.name}"))
    service, gate = Service(trace, publishes, reads), Gate(trace)
    journal = Journal(trace, standing, work, claims)
    caller = Caller(
        service=service,
        gate=gate,
        journal=journal,
        clock=Clock(),
        locks=LockWatch(gate=gate, limits=LIMITS, events=events),
    )
    steps = Steps(caller=caller, rules=rules, events=events, evidence_seconds=LIMITS.evidence)
    with patch("batchpub.caller.in_words", by_reason), patch("batchpub.engine.steps.in_words", by_reason):
        step = run_at_once(steps.take(work))
    trace.append(tell_later(work, step) if isinstance(step, Later) else tell_end(journal, step))
    return trace, service.asked


def tell_end(journal, step):
    """Give what the step gave, where it is not what was just written down."""
    told = journal.row(step)
    return "end" if told == journal.written else f"end: {told}"


def by_reason(result):
    """Stand in for the sentences: the reason with its facts, as the core gives it."""
    other = ", other name" if result.other_name else ""
    return RowResult(
        outcome=result.outcome,
        message=name_reason(result.reason) + other,
        attempts=result.attempts,
        http_status=result.http_status,
        code=result.code,
        verified=result.verified,
    )


def name_reason(reason):
    """Name a reason and its facts, but for those that the row shows anyway and that the journal gave."""
    if isinstance(reason, Enum):
        return reason.name
    kind = type(reason).__name__
    if kind in STANDINGS:
        return kind
    told = [name_fact(one.name, getattr(reason, one.name)) for one in fields(reason) if one.name != "attempts"]
    return " ".join([kind, *filter(None, told)])


def name_fact(name, value):
    match value:
        case None | False | "":
            return ""
        case True:
            return name
        case Reply():
            return f"{name} {value.code or value.http_status}"
        case Enum():
            return f"{name} {value.value}"
        case str() | int():
            return f"{name} {value}"
        case _:
            return ""  # names and answers that came in the same step


def tell_later(before, later):
    """Say when the course is taken up again, and what is known of it then that was not before."""
    work = later.work
    told = [f"again after back-off {later.backoff:g}" if later.backoff else f"again after {later.seconds:g} s"]
    if work.attempts != before.attempts:
        told.append(f"attempts {work.attempts - before.attempts:+}")
    looked = work.looked_at == NOW
    if work.reads != (0 if looked else before.reads):
        told.append(f"reads {work.reads - before.reads:+}")
    if work.spent_seconds and not later.backoff:
        told.append(f"spent {work.spent_seconds:g}")
    told += ["looked"] if looked else []
    for name in ("is_lost", "renewed", "strained", "said_published", "last"):
        was, now = bool(getattr(before, name)), bool(getattr(work, name))
        told += [name if now else f"not {name}"] if was != now else []
    return ", ".join(told)
