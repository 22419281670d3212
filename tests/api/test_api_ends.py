"""How a call from Python ends when its listener fails, or when it is cancelled: in order, with every answer recorded."""

import asyncio

import pytest

import batchpub
from batchpub.api import run_until
from batchpub.logger import log
from batchpub.services.interface import CourseState, Published, StateRead
from batchpub.stopping import StopReason
from batchpub.testing import ScriptedService

COURSES = [batchpub.Course(course_id=f"4783460000195{number:05}") for number in range(10_001, 10_021)]


class Slow(ScriptedService):
    """A service whose calls can be waited for."""

    portal = "ScriptedService"

    def __init__(self, **options):
        super().__init__([Published()], **options)
        self.is_called = asyncio.Event()

    async def publish(self, course, *, may_send, **options):
        def look():
            self.is_called.set()
            return may_send()

        return await super().publish(course, may_send=look, **options)


async def outcomes_of(state):
    """Give the outcome of each row as the state knows it, from a check that sends nothing."""
    forecast = await batchpub.check(COURSES, service=ScriptedService([]), state=state)
    return [row.outcome for row in forecast.rows]


@pytest.mark.parametrize("name", ["run.started", "run.planned", "call.answered", "course.published", "run.finished"])
async def test_a_failing_listener_ends_the_run_in_order(name, tmp_path):
    """
    Its own exception comes out, once each call under way was answered and recorded, and it is told nothing more.
    """
    service, heard = ScriptedService([Published()]), []

    def listen(event):
        heard.append(event.name)
        if event.name == name:
            raise LookupError(name)

    with pytest.raises(LookupError, match=name):
        await batchpub.publish(COURSES, service=service, state=tmp_path / "s.db", on_event=listen)

    assert name == heard[-1]
    assert len(service.calls) == (await outcomes_of(tmp_path / "s.db")).count("already_published")


@pytest.mark.parametrize("name", ["course.read", "check.progress"])
async def test_a_failing_listener_ends_a_check(name, tmp_path):
    """
    Its own exception comes out of a check that reads courses too, which then reads no further course.
    """
    draft = StateRead(state=CourseState.DRAFT, name="", kind="")
    service = ScriptedService([Published()], [draft])

    def listen(event):
        if event.name == name:
            raise LookupError(name)

    with pytest.raises(LookupError, match=name):
        await batchpub.check(COURSES, service=service, online=True, state=tmp_path / "s.db", on_event=listen)

    assert len(service.calls) < len(COURSES)


async def test_a_cancelled_run_finishes_its_calls_first(tmp_path):
    """
    Calls under way are answered and recorded before the cancellation comes out; the next run publishes the rest once.
    """
    service = Slow(call_seconds=0.2)
    running = asyncio.create_task(batchpub.publish(COURSES, service=service, state=tmp_path / "s.db"))
    await service.is_called.wait()

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    sent = len(service.calls)
    assert sent == (await outcomes_of(tmp_path / "s.db")).count("already_published")
    await batchpub.publish(COURSES, service=service, state=tmp_path / "s.db")
    assert len(COURSES) == len(service.calls) == len({call.course_id for call in service.calls})


async def test_a_second_cancel_ends_at_once():
    """
    Whoever cannot wait for the calls under way cancels twice.
    """

    class Endless:
        """A run whose calls are never answered."""

        def __init__(self):
            self.stops = []
            self.stop = self.stops.append

        async def run(self):
            await asyncio.Event().wait()

    engine = Endless()
    running = asyncio.create_task(run_until(engine, None))
    await asyncio.sleep(0)

    running.cancel()
    for _ in range(10):
        await asyncio.sleep(0)
    is_waiting = not running.done()
    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running
    assert is_waiting
    assert [StopReason.ASKED] == [stop.reason for stop in engine.stops]


async def test_what_ends_a_run_is_not_wrapped(tmp_path, monkeypatch):
    """
    An exception of the run itself is the one that `except BatchpubError` catches, not a group around it.
    """

    async def begin(*_args):
        raise batchpub.BatchpubError("the state is full")

    monkeypatch.setattr("batchpub.store.journal.Journal.begin", begin)

    with pytest.raises(batchpub.BatchpubError, match="full"):
        await batchpub.publish(COURSES, service=ScriptedService([Published()]), state=tmp_path / "s.db")


async def test_events_of_access_and_state_reach_the_listener(tmp_path, capfd):
    """
    What the command line logs outside its run, such as a renewed token, goes to the listener and never to the output.
    """

    class Renewing(ScriptedService):
        async def get_access(self):
            log.info("token.renewed", lifetime_seconds=3600)
            return await super().get_access()

    heard = []

    await batchpub.publish(COURSES[:1], service=Renewing([Published()]), state=tmp_path / "s.db", on_event=heard.append)
    await batchpub.publish(COURSES[1:2], service=Renewing([Published()]), state=tmp_path / "s.db")

    assert "token.renewed" in [event.name for event in heard]
    assert ("", "") == tuple(capfd.readouterr())
