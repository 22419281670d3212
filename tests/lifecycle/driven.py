"""One step of the program's own, driven by the script."""

from scripted import Clock, Gate, Journal, Service, run_at_once

from batchpub.publish import Breakers, Later, Publisher
from batchpub.state import Limits


def drive(standing, work, rules, publishes, reads, *, claims=None):
    """Take one course one step on; give what was asked of everybody, and of the service."""
    trace = []
    service, gate = Service(trace, publishes, reads), Gate(trace)
    publisher = Publisher(
        api=service,
        gate=gate,
        journal=Journal(trace, standing, claims),
        limits=Limits(),
        rules=rules,
        breakers=Breakers(),
        clock=Clock(),
    )
    step = run_at_once(publisher.publish_course(work))
    if isinstance(step, Later):
        then = step.work
        known = [name for name in ("is_lost", "renewed", "strained", "said_published") if getattr(then, name)]
        seconds = "back-off" if 0 < step.seconds < 40 and step.seconds != 2.0 else f"{step.seconds:g} s"
        trace.append(f"later {seconds} attempts={then.attempts} reads={then.reads} {' '.join(known)}".rstrip())
    else:
        trace.append(f"end {step.outcome.value}/{step.attempts}{'/verified' if step.verified else ''}")
    return trace, service.asked
