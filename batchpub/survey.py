"""Reads courses through the gate before anybody decides anything: what `check --online` shows."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from batchpub.clock import Clock
from batchpub.course import Course
from batchpub.errors import AccessRefused, ServiceUnreachable, StoppedEarly
from batchpub.locks import refusal_of
from batchpub.pace import Gate, GateClosed
from batchpub.plural import say_count
from batchpub.publish import Breakers, CourseApi, Rules, may_call
from batchpub.state import Ledger, Rest, Slot
from batchpub.verify import Look, judge_look
from batchpub.zoho import answers
from batchpub.zoho.access import Access
from batchpub.zoho.client import Reply

log = structlog.get_logger("batchpub")

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Looks at one course after the other. Its calls count in the state like those of a run."""

    api: CourseApi
    gate: Gate
    ledger: Ledger
    rules: Rules
    clock: Clock
    breakers: Breakers = field(default_factory=Breakers)
    silence: Silence = field(default_factory=Silence)
    on_look: Callable[[int], None] | None = None
    """Told how many courses were looked at, after each."""

    async def look_at_all(self, names: Mapping[Course, str], *, workers: int) -> dict[Course, Look]:
        """Look at every course once; `names` has what the sheet calls it.

        Raises:
            AccessRefused: courses cannot be read with this access.
            ServiceUnreachable: there is no access token to be had, or three courses in a row got no answer, or all did.
            StoppedEarly: a lock or the daily quota is not worth waiting for, or `max_calls` are made.

        """
        waiting = list(names.items())[::-1]
        looks: dict[Course, Look] = {}
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(workers, len(names))):
                    group.create_task(self._work_off(waiting, looks))
        except* (AccessRefused, ServiceUnreachable, StoppedEarly) as errors:
            raise _first(errors) from None
        if self.silence.courses and len(self.silence.courses) == len(names):
            raise ServiceUnreachable(f"Zoho does not answer: {next(iter(looks.values())).message} Run it again later.")
        return looks

    async def _work_off(self, waiting: list[tuple[Course, str]], looks: dict[Course, Look]) -> None:
        while waiting:
            course, name = waiting.pop()
            reply = await self._read_patiently(course)
            looks[course] = judge_look(course, name, reply.answer, http_status=reply.http_status, code=reply.code)
            if self.on_look:
                self.on_look(len(looks))

    async def _read_patiently(self, course: Course) -> Reply:
        for tries in range(self.rules.attempts):
            reply = await self._read(course)
            if tries or not is_silent(reply):
                self.silence.hear(course, reply)
            if not isinstance(reply.answer, answers.NotSent | answers.Unclear):
                break
            if tries + 1 < self.rules.attempts:
                await self.clock.sleep(min(self.rules.max_backoff_seconds, self.rules.backoff_seconds * 2**tries))
        return reply

    async def _read(self, course: Course) -> Reply:
        """Read until the answer is about the course: not the lock, not the token."""
        renewed = False
        while True:
            slot, access, send_before = await self._acquire()
            reply = await self.api.read_state(
                course,
                access=access,
                may_send=lambda: may_call(self.gate, self.rules, self.breakers, send_before),  # noqa: B023 - asked now
            )
            log.debug("course.read", meaning=type(reply.answer).__name__.lower(), http_status=reply.http_status)
            match reply.answer:
                case answers.Withheld():
                    await self._give_back(slot, Rest.UNUSED, through=False)
                case answers.Throttled() as throttled:
                    await self._wait_out(slot, throttled, reply.code)
                case answers.Expired():
                    await self._give_back(slot, Rest.ANSWERED, through=False)
                    if renewed or not await self.api.renew(access):
                        raise AccessRefused("Zoho refuses the access it was given. Check the token or the cookie.")
                    renewed = True
                case answers.Denied(code=code):
                    await self._give_back(slot, Rest.ANSWERED, through=True)
                    raise AccessRefused(
                        f"This access may not read courses ({code}). Make one with ZOHOPEOPLE.training.READ too, or "
                        "check without --online."
                    )
                case answers.NotSent():
                    await self._give_back(slot, Rest.UNUSED, through=False)
                    return reply
                case _:
                    rest = Rest.UNANSWERED if reply.http_status is None else Rest.ANSWERED
                    await self._give_back(slot, rest, through=rest is Rest.ANSWERED)
                    return reply

    async def _acquire(self) -> tuple[Slot, Access, float]:
        """Give a place, what lets the call in, and the boot time until which it may start."""
        try:
            while True:
                slot = await self.gate.acquire("read")
                try:
                    access = await self.api.get_access()
                except BaseException:
                    await self.gate.give_back(slot)
                    raise
                send_before = await self.ledger.begin_call(slot)
                if send_before is not None:
                    return slot, access, send_before
                await self.gate.give_back(slot)
        except GateClosed:
            raise StoppedEarly(self.gate.stop.reason if self.gate.stop else "The gate is closed.") from None

    async def _give_back(self, slot: Slot, rest: Rest, *, through: bool) -> None:
        await self.ledger.end_call(slot, rest, through=through)
        if through:
            self.breakers.locks.note_passed(slot.operation)
        self.gate.notice_change()

    async def _wait_out(self, slot: Slot, throttled: answers.Throttled, code: str) -> None:
        stated, limits = throttled.wait_seconds, self.ledger.limits
        self.gate.notice_lock(limits.lock if stated is None else stated)
        lock = await self.ledger.end_locked(slot, refusal_of(throttled))
        self.breakers.locks.hear(self.gate, slot.operation, lock, throttled, code=code, longest=limits.max_lock)


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    found: BaseException = errors
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
