"""The public face keeps the promises of the command line, against the sandbox."""

import asyncio
import inspect
import logging
import subprocess
import sys

import pandas as pd
import pytest
import structlog

import batchpub
from batchpub.sandbox import Sandbox, SandboxConfig
from batchpub.services.interface import Published
from batchpub.testing import ScriptedService

ONE, TWO, THREE = (f"4783460000195821{number:02}" for number in (1, 2, 3))
SPEED = 200


@pytest.fixture
async def sandbox():
    async with Sandbox(SandboxConfig(speed=SPEED)) as running:
        yield running


def account(sandbox):
    access = batchpub.AccessToken(token=batchpub.Secret("sandbox"))
    return batchpub.ZohoPeople(access, batchpub.Endpoint(api_url=sandbox.url, accounts_url=sandbox.url))


def policy(**others):
    limits = batchpub.Limits(
        period=60 / SPEED, guard=1 / SPEED, settle=60 / SPEED, lock=300 / SPEED, lock_margin=5 / SPEED
    )
    return batchpub.Policy(limits=limits, **others)


async def test_a_frame_is_published_once(sandbox, tmp_path):
    """
    A DataFrame of strings is published; the same call again finds it published and sends nothing.
    """
    frame = pd.DataFrame({"Course ID": [ONE, TWO, ONE], "Course name": ["Fire", "Water", "Fire"]})
    state = tmp_path / "state.db"

    first = await batchpub.publish(frame, service=account(sandbox), state=state, policy=policy())
    second = await batchpub.publish(frame, service=account(sandbox), state=state, policy=policy())

    assert ["published", "published", "duplicate"] == [row.outcome for row in first.rows]
    assert ["already_published"] * 3 == [row.outcome for row in second.rows]
    assert (0, 0) == (first.exit_code, second.exit_code)
    assert 2 == sandbox.stats()["arrivals"]["total"]


async def test_numbers_are_invalid_and_the_rest_is_published(sandbox, tmp_path):
    """
    What is no string is refused with the sentence of numbers, and the exit code says that a row needs a person.
    """
    courses = [{"course_id": int(ONE)}, batchpub.Course(course_id=TWO)]

    run = await batchpub.publish(courses, service=account(sandbox), state=tmp_path / "s.db", policy=policy())

    assert [("invalid", ""), ("published", TWO)] == [(row.outcome, row.course_id) for row in run.rows]
    assert "stored as a number" in run.rows[0].message
    assert batchpub.ExitCode.SOME_FAILED == run.exit_code


async def test_check_says_what_publish_then_does(sandbox, tmp_path):
    """
    Asking changes nothing, not even the disk; online it reads each course, and says how it stands there.
    """
    courses = [batchpub.Course(course_id=ONE), batchpub.Course(course_id=TWO)]
    state = tmp_path / "state.db"

    offline = await batchpub.check(courses, service=account(sandbox), state=state, policy=policy())
    assert not state.exists()
    online = await batchpub.check(courses, service=account(sandbox), online=True, state=state, policy=policy())
    run = await batchpub.publish(courses, service=account(sandbox), state=state, policy=policy())
    after = await batchpub.check(courses, service=account(sandbox), state=state, policy=policy())

    assert ["to_publish"] * 2 == [one.outcome for one in offline.rows] == [one.outcome for one in online.rows]
    assert all(one.look is None for one in offline.rows)
    assert ["draft"] * 2 == [one.look.state for one in online.rows if one.look]
    assert ["published"] * 2 == [row.outcome for row in run.rows]
    assert ["already_published"] * 2 == [one.outcome for one in after.rows]


async def test_another_service_does_not_publish_for_zoho(tmp_path):
    """
    What a scripted service says that it published, in the state of real runs, is still to be published at Zoho.
    """
    courses, state = [batchpub.Course(course_id=ONE)], tmp_path / "s.db"

    played = await batchpub.publish(courses, service=ScriptedService([Published()]), state=state)
    forecast = await batchpub.check(courses, state=state)

    assert "scriptedservice" == played.portal
    assert ["to_publish"] == [row.outcome for row in forecast.rows]


async def test_one_account_serves_several_runs_at_once(sandbox, tmp_path):
    """
    The session is open until the last of them is over; another event loop needs an account of its own.
    """
    shared, state = account(sandbox), tmp_path / "s.db"

    async def publish(*ids):
        courses = [batchpub.Course(course_id=one) for one in ids]
        return await batchpub.publish(courses, service=shared, state=state, policy=policy())

    first, second = await asyncio.gather(publish(ONE), publish(TWO, THREE))
    async with shared:
        with pytest.raises(batchpub.BatchpubError, match="event loops"):
            await asyncio.to_thread(batchpub.publish_sync, [{"course_id": ONE}], service=shared, state=state)

    assert (0, 0) == (first.exit_code, second.exit_code)
    assert 3 == sandbox.stats()["arrivals"]["total"]


async def test_a_run_is_stopped_by_its_event(sandbox, tmp_path):
    """
    Once the event is set nothing more is sent; every row has an outcome, and the next call does the rest.
    """
    courses = [batchpub.Course(course_id=f"4783460000195{number:05}") for number in range(10_001, 10_091)]
    stop, state = asyncio.Event(), tmp_path / "s.db"

    def listen(event):
        if event.name == "course.published":
            stop.set()

    stopped = await batchpub.publish(
        courses, service=account(sandbox), state=state, policy=policy(), stop=stop, on_event=listen
    )
    rest = await batchpub.publish(courses, service=account(sandbox), state=state, policy=policy())

    done = [row for row in stopped.rows if row.outcome is batchpub.Outcome.PUBLISHED]
    left = [row for row in stopped.rows if row.outcome is batchpub.Outcome.NOT_ATTEMPTED]
    assert len(courses) == len(done) + len(left)
    assert done
    assert left
    assert batchpub.ExitCode.TERMINATED == stopped.exit_code
    assert len(left) == sum(row.outcome is batchpub.Outcome.PUBLISHED for row in rest.rows)
    assert [] == sandbox.stats()["published_twice"]


async def test_events_tell_what_happens(sandbox, tmp_path):
    """
    The listener hears what the log of the command line would.
    """
    heard = []

    await batchpub.publish(
        [batchpub.Course(course_id=ONE)],
        service=account(sandbox),
        state=tmp_path / "s.db",
        policy=policy(),
        on_event=heard.append,
    )

    names = [event.name for event in heard]
    assert {"run.started", "call.answered", "course.published"} <= set(names)
    assert ONE == next(event for event in heard if event.name == "course.published").fields["course_id"]


async def test_nothing_global_is_configured(sandbox, tmp_path, capfd):
    """
    A library leaves its host's logging alone and prints nothing.
    """
    before = (structlog.get_config(), logging.getLogger().handlers[:])

    await batchpub.publish(
        [batchpub.Course(course_id=ONE)], service=account(sandbox), state=tmp_path / "s.db", policy=policy()
    )

    assert before == (structlog.get_config(), logging.getLogger().handlers[:])
    assert ("", "") == tuple(capfd.readouterr())


def test_sheets_are_read_from_path_bytes_and_file(tmp_path):
    """
    The three ways give the same rows; what is no table is refused with a sentence.
    """
    path = tmp_path / "a.csv"
    path.write_text(f"Course ID\n{ONE}\n", encoding="utf-8")

    with path.open("rb") as file:
        sheets = [batchpub.read_sheet(path), batchpub.read_sheet(path.read_bytes()), batchpub.read_sheet(file)]

    assert [ONE] * 3 == [sheet.rows[0].cells[0].text for sheet in sheets]
    with pytest.raises(batchpub.SheetRefused, match="upload"):
        batchpub.read_sheet(b"%PDF-1.7 ...", name="upload")


def test_the_public_names_are_there_and_documented():
    """
    Every name of `__all__` can be had, and says what it is.
    """
    assert [] == [name for name in batchpub.__all__ if not inspect.getdoc(getattr(batchpub, name))]


@pytest.mark.slow
def test_importing_costs_nothing():
    """
    `import batchpub` loads none of the big libraries.
    """
    code = (
        "import sys, batchpub; print(sorted({'pandas', 'aiohttp', 'sqlalchemy', 'lxml', 'rich'} & sys.modules.keys()))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert "[]\n" == done.stdout
