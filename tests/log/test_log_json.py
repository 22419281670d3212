"""The laws of the JSON log."""

import io
import json
import os
from datetime import datetime

import pytest
import structlog
from hypothesis import example, given, settings
from hypothesis import strategies as st

from batchpub import __version__
from batchpub.log import Sink, configure_log
from batchpub.logger import log


@pytest.fixture(autouse=True)
def _fresh_log():
    yield
    structlog.reset_defaults()


def written(action, *, level="info", secrets=(), **fields):
    stream = io.StringIO()
    configure_log(Sink(stream=stream, fmt="json"), secrets=secrets)
    getattr(log.get(), level)(action, **fields)
    return stream.getvalue()


def test_log_event_is_flat_ecs():
    """
    An event is one object with flat ECS names; a keyword without one is batchpub's own.
    """
    with structlog.contextvars.bound_contextvars(run="r1", course_id="478346000019580117"):
        line = json.loads(written("course.published", attempts=1, http_status=200, row=5))

    moment = line.pop("@timestamp")
    assert datetime.fromisoformat(moment).utcoffset().total_seconds() == 0
    assert (24, "Z") == (len(moment), moment[-1])
    assert {
        "log.level": "info",
        "message": "Published 478346000019580117, row 5",
        "event.action": "course.published",
        "event.outcome": "success",
        "service.name": "batchpub",
        "service.version": __version__,
        "process.pid": os.getpid(),
        "ecs.version": "8.17.0",
        "batchpub.run": "r1",
        "batchpub.course_id": "478346000019580117",
        "batchpub.attempts": 1,
        "http.response.status_code": 200,
        "batchpub.row": 5,
    } == line


def test_log_field_cannot_replace_a_fixed_one():
    """
    A keyword that is called like a fixed field stands beside it.
    """
    line = json.loads(written("gate.closed", level="warning", message="m", level_="l", error="why"))

    assert ("gate.closed", "m", "warning", "why") == (
        line["message"],
        line["batchpub.message"],
        line["log.level"],
        line["error.message"],
    )


@pytest.mark.parametrize(
    ("action", "fields", "outcome"),
    [
        ("course.refused", {}, "failure"),
        ("course.unknown", {}, "unknown"),
        ("call.answered", {"outcome": "published"}, "success"),
        ("run.started", {}, None),
        ("course.not_attempted", {}, None),
    ],
)
def test_log_outcome_is_one_of_three_words(action, fields, outcome):
    """
    An outcome is success, failure or unknown, and absent where nothing was tried.
    """
    assert outcome == json.loads(written(action, **fields)).get("event.outcome")


@given(st.text())
def test_log_line_is_one_line_for_any_text(text):
    """
    Whatever a cell or an answer holds, the event is one line of printable ASCII and reads back the same.
    """
    line = written("x", detail=text)

    assert (1, True) == (line.count("\n"), line[:-1].isascii() and line[:-1].isprintable())
    assert text == json.loads(line)["batchpub.detail"]


@given(st.text(alphabet=":#[]avso ", min_size=1))
def test_log_line_has_no_command_of_a_ci_server(text):
    """
    Neither `::` nor `##` stands in a line, whatever a cell holds, and whoever reads the JSON gets the cell as it was.
    """
    line = written("x", detail=text)
    stream = io.StringIO()
    configure_log(Sink(stream=stream, fmt="console"))
    log.get().info("x", detail=text)

    assert text == json.loads(line)["batchpub.detail"]
    assert [] == [sign for sign in ("::", "##") if sign in line or sign in stream.getvalue()]


def test_log_goes_to_every_sink_at_its_own_level():
    """
    A terminal can be quiet while the file has everything; what a sink leaves out the other still has.
    """
    shown, kept = io.StringIO(), io.StringIO()
    configure_log(
        Sink(stream=shown, fmt="console", level="warning", without=("course.refused",)), Sink(stream=kept, fmt="json")
    )

    log.get().debug("a")
    log.get().info("b")
    log.get().warning("course.refused")
    log.get().warning("portal.locked", seconds=305.0, cause="429", code="")

    assert ["b", "course.refused", "portal.locked"] == [
        json.loads(line)["event.action"] for line in kept.getvalue().splitlines()
    ]
    (line,) = shown.getvalue().splitlines()
    assert "portal.locked: Zoho locked the account (its sign: 429); no call for 5 min 5 s" in line


@pytest.mark.parametrize(("code", "outcome"), [(0, "success"), (75, "failure")])
def test_log_says_how_the_run_ended(code, outcome):
    """
    The last event is a success only when the exit code is 0.
    """
    assert outcome == json.loads(written("run.finished", exit_code=code))["event.outcome"]


def test_log_level_below_the_threshold_is_silent():
    """
    Debug events are written only when asked for.
    """
    assert written("x", level="debug") == ""


class Gone(io.StringIO):
    def write(self, _text):
        raise BrokenPipeError


@pytest.mark.parametrize("fmt", ["json", "console"])
def test_log_survives_a_broken_pipe(fmt):
    """
    A log that nobody reads any more does not end the run: neither a broken pipe nor a closed stream.
    """
    closed = io.StringIO()
    configure_log(Sink(stream=Gone(), fmt=fmt))
    log.get().info("x")

    configure_log(Sink(stream=closed, fmt=fmt))
    closed.close()

    log.get().info("x")


def test_what_one_log_has_no_room_for_is_said_once_in_the_other():
    """
    Whoever reads the log that is whole hears that the other is not, and why.
    """
    whole = io.StringIO()
    configure_log(Sink(stream=Gone(), fmt="json"), Sink(stream=whole, fmt="json"))

    for _ in range(3):
        log.get().info("run.started", rows=1)

    told = [json.loads(line)["event.action"] for line in whole.getvalue().splitlines()]
    assert ["run.started", "log.unwritable", "run.started", "run.started"] == told


def test_log_console_has_no_control_characters():
    """
    On a terminal no text from outside can move the cursor, colour the line or begin a new one.
    """
    stream = io.StringIO()
    configure_log(Sink(stream=stream, fmt="console"), secrets=["hush-hush"])

    log.get().info("course.refused", detail="a\x1b[31mb\nc\u202ed", nested={"k\x1b": ["\x9b", "hush-hush"]})

    line = stream.getvalue()
    assert (1, True, False) == (line.count("\n"), line[:-1].isprintable(), "hush" in line)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "c", "files", "error"]),
        st.text(max_size=30_000) | st.lists(st.text(max_size=400), max_size=600),
    )
)
@example({"error": "ü" * 30_000, "files": ["f" * 200] * 600, "a": {str(n): "x" * 50 for n in range(300)}})
def test_log_no_line_is_too_long_for_a_collector(fields):
    """
    Whatever is to be said, it is one line of JSON of at most 8 KB, in which what was cut is counted.
    """
    line = written("run.finished", exit_code=0, counts={}, **fields)

    told = json.loads(line)
    assert (1, True) == (line.count("\n"), len(line) <= 8_192)
    assert "run.finished" == told["event.action"]
