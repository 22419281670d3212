"""A scripted service, for the tests of whoever builds on batchpub: no network, and every answer as told.

service = ScriptedService([Unclear(reason="lost"), Published()], [StateRead(state=CourseState.DRAFT)])
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from batchpub.course import Course
from batchpub.services.interface import (
    Access,
    Answer,
    MaySend,
    NotSent,
    Operation,
    Refused,
    Reply,
    Unclear,
    Withheld,
)

Answers = Sequence[Answer | Reply]
Script = Answers | Callable[[Course], Answers]
"""The answers for every course, or a function that gives those of one."""


class Call(NamedTuple):
    """One call that was sent: when, on the running loop's clock (s), and for which course."""

    seconds: float
    operation: str
    course_id: str


class ScriptedService:
    """Gives each course its answers in turn, the last one for ever. `calls` has what was sent, in order."""

    def __init__(self, publishes: Script, reads: Script = (), *, call_seconds: float = 0.1) -> None:
        """Remember the script. Each call takes `call_seconds` on the running loop's clock."""
        self.scripts = {Operation.PUBLISH: publishes, Operation.READ: reads}
        self.call_seconds = call_seconds
        self.calls: list[Call] = []
        self._met: Counter[tuple[Operation, Course]] = Counter()

    async def get_access(self) -> Access:
        """Give an access that never ends."""
        return Access(headers={})

    async def renew(self, stale: Access) -> bool:  # noqa: ARG002 - as every service has it
        """Renew it: there is nothing to do."""
        return True

    async def publish(self, course: Course, *, notify: bool, access: Access, may_send: MaySend) -> Reply:  # noqa: ARG002
        """Give the next answer to publishing this course."""
        return await self._answer(Operation.PUBLISH, course, may_send)

    async def read_state(self, course: Course, *, access: Access, may_send: MaySend) -> Reply:  # noqa: ARG002
        """Give the next answer to reading this course."""
        return await self._answer(Operation.READ, course, may_send)

    async def _answer(self, operation: Operation, course: Course, may_send: MaySend) -> Reply:
        if not may_send():
            return make_reply(Withheld())
        self.calls.append(Call(asyncio.get_running_loop().time(), operation.value, course.course_id))
        await asyncio.sleep(self.call_seconds)
        script = self.scripts[operation]
        answers = script(course) if callable(script) else script
        number = self._met[operation, course]
        self._met[operation, course] += 1
        answer = answers[min(number, len(answers) - 1)]
        return answer if isinstance(answer, Reply) else make_reply(answer)


def make_reply(answer: Answer, http_status: int | None = None) -> Reply:
    """Wrap an answer as a service does: with 200, 400 for a refusal, and no status where nothing came."""
    if http_status is None and not isinstance(answer, NotSent | Unclear | Withheld):
        http_status = 400 if isinstance(answer, Refused) else 200
    return Reply(answer=answer, http_status=http_status)
