"""One step of the program's own, driven by the script."""

from scripted import Clock, Gate, Journal, Service, run_at_once

from batchpub.caller import Caller
from batchpub.engine.steps import Steps
from batchpub.events import Events
from batchpub.lifecycle import Later
from batchpub.pace import LockWatch
from batchpub.store import Limits

LIMITS = Limits()
NOW = Clock().boot_seconds()


def drive(standing, work, rules, publishes, reads, *, claims=None):
    """Take one course one step on; give what was asked of everybody, and of the service."""
    trace, told = [], []
    events = Events(lambda event: told.append(f"{event.level} {event.name}"))
    service, gate = Service(trace, publishes, reads), Gate(trace)
    caller = Caller(
        service=service,
        gate=gate,
        journal=Journal(trace, standing, claims),
        clock=Clock(),
        locks=LockWatch(gate=gate, limits=LIMITS, events=events),
    )
    steps = Steps(caller=caller, rules=rules, events=events, evidence_seconds=LIMITS.evidence)
    step = run_at_once(steps.take(work))
    if isinstance(step, Later):
        then = step.work
        known = [name for name in ("is_lost", "renewed", "strained", "said_published") if getattr(then, name)]
        seconds = f"back-off {step.backoff:g}" if step.backoff else f"{step.seconds:g} s"
        spent = f"spent={then.spent_seconds:g} " if then.spent_seconds and not step.backoff else ""
        looked = "looked " if then.looked_at == NOW else ""
        trace.append(
            f"later {seconds} attempts={then.attempts} reads={then.reads} {spent}{looked}{' '.join(known)}".rstrip()
        )
    else:
        trace.append(f"end {step.outcome.value}/{step.attempts}{'/verified' if step.verified else ''}")
    trace.extend(told)
    return trace, service.asked
