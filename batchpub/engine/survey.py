"""Reads courses through the gate before anybody decides anything: what `check` shows when it may ask the service."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from batchpub.caller import open_caller
from batchpub.course import Course
from batchpub.engine.steps import Steps
from batchpub.errors import AccessRefused, ExitCode, ServiceUnreachable, StoppedEarly
from batchpub.events import Events, OnEvent
from batchpub.lifecycle.looks import Look, look_of
from batchpub.lifecycle.verdict import Later
from batchpub.lifecycle.work import Rules, Work
from batchpub.pace.gate import GateClosed
from batchpub.plural import say_count
from batchpub.sentences.rows import say_reason
from batchpub.sentences.stops import say_stop
from batchpub.services import interface as answers
from batchpub.services.interface import Reply, Service
from batchpub.stopping import Stop, StopReason
from batchpub.store.journal import Journal
from batchpub.store.ledger import Ledger

MOST_SILENT = 3
"""Courses in a row without an answer after which Zoho counts as unreachable."""
GATEWAY_ERRORS = (502, 503, 504)
"""Statuses that whatever stands before the service sends in its place: RFC 9110, 15.6.3 to 15.6.5."""


@dataclass(slots=True)
class Silence:
    """Knows the courses that got no answer since the last one, each after a wait and a second try."""

    courses: set[Course] = field(default_factory=set)

    def hear(self, course: Course, reply: Reply) -> None:
        """Take one answer, or that none came. Raise ServiceUnreachable where it is no use to go on."""
        if not is_silent(reply):
            self.courses.clear()
            return
        self.courses.add(course)
        if len(self.courses) >= MOST_SILENT:
            raise ServiceUnreachable(self.describe(reply))

    def describe(self, reply: Reply) -> str:
        """Say what is the matter."""
        last = reply.answer.reason if isinstance(reply.answer, answers.NotSent | answers.Unclear) else reply.code
        return (
            f"Zoho does not answer: {say_count(len(self.courses), 'course')} in a row could not be read, the last "
            f"because of this: {last.rstrip('.')}. Check the network and the data centre, and run it again later."
        )


def is_silent(reply: Reply) -> bool:
    """Tell whether nobody answered, or only a gateway that did not reach the service."""
    if isinstance(reply.answer, answers.NotSent):
        return True
    return isinstance(reply.answer, answers.Unclear) and reply.http_status in (None, *GATEWAY_ERRORS)


class Survey:
    """Looks at one course after the other, by the same steps as a run. Its calls count in the state like those of a run."""

    def __init__(self, *, service: Service, ledger: Ledger, rules: Rules, on_event: OnEvent) -> None:
        """Put the parts together; nothing is read yet."""
        self.ledger = ledger
        self._rules = rules
        self._events = Events(on_event, on_fault=lambda: self._caller.gate.close(Stop(reason=StopReason.ASKED)))
        self.hear = self._events.hear
        self._caller = open_caller(service, Journal(ledger), events=self._events, max_calls=rules.max_calls)
        evidence = ledger.limits.evidence
        self._steps = Steps(caller=self._caller, rules=rules, events=self._events, evidence_seconds=evidence)
        self._silence = Silence()

    async def look_at_all(self, names: Mapping[Course, str], *, workers: int) -> dict[Course, Look]:
        """Look at every course once; `names` has what the sheet calls it. Each look is told as `check.progress`.

        Raises:
            AccessRefused: courses cannot be read with this access.
            ServiceUnreachable: there is no access to be had, or three courses in a row got no answer, or all did.
            StoppedEarly: a lock or the daily quota is not worth waiting for, or `max_calls` are made.
            Exception: what a listener raised, once calls under way have finished.

        """
        waiting = [
            Work(position=position, course=course, notify=False, name=name)
            for position, (course, name) in enumerate(names.items())
        ][::-1]
        looks: dict[Course, Look] = {}
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(workers, len(names))):
                    group.create_task(self._work_off(waiting, looks))
        except* (AccessRefused, ServiceUnreachable, StoppedEarly) as errors:
            raise self._events.fault or _first(errors) from None
        if self._events.fault is not None:
            raise self._events.fault
        if self._silence.courses and len(self._silence.courses) == len(names):
            raise ServiceUnreachable(
                f"Zoho does not answer: {say_reason(next(iter(looks.values())).reason)} Run it again later."
            )
        return looks

    async def _work_off(self, waiting: list[Work], looks: dict[Course, Look]) -> None:
        while waiting:
            work = waiting.pop()
            try:
                reply = await self._read_patiently(work)
            except GateClosed:
                raise error_of(self._caller.gate.stop) from None
            looks[work.course] = look_of(work, reply, self._rules)
            self._events.debug("check.progress", done=len(looks), total=len(looks) + len(waiting))

    async def _read_patiently(self, work: Work) -> Reply:
        """Read until the answer is about the course, or nothing is heard after all attempts."""
        while True:
            reads = work.reads
            asked = await self._steps.ask(work)
            if isinstance(asked, Later):
                if asked.reply is not None and (reads or not is_silent(asked.reply)):
                    self._silence.hear(work.course, asked.reply)
                work = asked.work
                await self.ledger.clock.sleep(asked.seconds)
                continue
            _, reply = asked
            if isinstance(reply.answer, answers.Denied):
                raise AccessRefused(
                    f"This access may not read courses ({reply.code}). Make one with ZOHOPEOPLE.training.READ too, or "
                    "check without asking Zoho."
                )
            self._silence.hear(work.course, reply)
            return reply


def error_of(stop: Stop | None) -> Exception:
    """Give the error that says why a survey cannot go on."""
    if stop is None:
        return StoppedEarly("The gate is closed.")
    kinds = {ExitCode.ACCESS_REFUSED: AccessRefused, ExitCode.UNREACHABLE: ServiceUnreachable}
    return kinds.get(stop.exit_code, StoppedEarly)(say_stop(stop))


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    found: BaseException = errors
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
