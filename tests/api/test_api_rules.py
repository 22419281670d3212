"""Rules of the policy and of the access, as a program meets them."""

from types import SimpleNamespace

import batchpub
from batchpub.engine.worklist import Worklist
from batchpub.lifecycle.verdict import Later
from batchpub.lifecycle.work import Work
from batchpub.services.interface import Published, Refused
from batchpub.testing import ScriptedService

COURSES = [batchpub.Course(course_id=f"47834600001958{number:04}") for number in range(2101, 2106)]


async def test_more_failures_than_are_allowed_end_the_run(tmp_path):
    """
    As many as are allowed are borne; the next one stops it.
    """
    service = ScriptedService([Refused(code="7024", message="no such course")])
    policy = batchpub.Policy(max_failures=2, workers=1)

    run = await batchpub.publish(COURSES, service=service, state=tmp_path / "s.db", policy=policy)

    assert ["refused"] * 3 + ["not_attempted"] * 2 == [row.outcome for row in run.rows]
    assert batchpub.ExitCode.OWN_RULE == run.exit_code


async def test_no_call_goes_out_with_an_access_that_ended_meanwhile(tmp_path):
    """
    The last look asks for the access as well: where it has ended, nothing is sent, and the next one is fetched.
    """
    looks = []

    class Ending(ScriptedService):
        """Its first access ends while the connection is made."""

        is_first = True

        async def get_access(self):
            access = SimpleNamespace(has_ended=False, hint="")
            access.is_valid = lambda _now: not access.has_ended
            return access

        async def publish(self, course, *, notify, access, may_send):
            access.has_ended, self.is_first = self.is_first, False

            def look():
                looks.append((access.has_ended, may_send()))
                return looks[-1][1]

            return await super().publish(course, notify=notify, access=access, may_send=look)

    run = await batchpub.publish(COURSES[:1], service=Ending([Published()]), state=tmp_path / "s.db")

    assert [(True, False), (False, True)] == looks
    assert [("published", 1)] == [(row.outcome, row.attempts) for row in run.rows]


async def test_a_list_is_idle_when_every_course_left_waits():
    """
    Neither while one is in line or in hand, nor when none is left.
    """
    works = [Work(position=number, course=course, name="", notify=False) for number, course in enumerate(COURSES[:2])]
    worklist = Worklist(works)
    seen = [worklist.is_idle]

    for _ in works:
        work = await worklist.get()
        worklist.put_later(Later(work=work, seconds=0.001))
        seen.append(worklist.is_idle)
    for _ in works:
        await worklist.get()
        worklist.finish_one()
    seen.append(worklist.is_idle)

    assert [False, False, True, False] == seen
