"""The laws of writing the log beside the loop."""

import io
import json
import os
import threading
import time

import pytest
import structlog

from batchpub.log import BackgroundStream, Sink, configure_log
from batchpub.logger import log

LINES = 500


@pytest.fixture(autouse=True)
def _fresh_log():
    yield
    structlog.reset_defaults()


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="utf-8", buffering=1) as stream:
        yield reading, stream
    os.close(reading)


def test_a_pipe_that_nobody_reads_holds_nobody_up_and_loses_no_line(pipe):
    """
    Ten times what the pipe takes is logged at once; when somebody reads at last, every line is there, in order.
    """
    reading, writing = pipe
    stream = BackgroundStream(writing)
    configure_log(Sink(stream=stream, fmt="json"))

    began = time.monotonic()
    for number in range(LINES):
        log.get().info("run.started", rows=number, detail="x" * 1000)
    logged = time.monotonic() - began
    read = []
    reader = threading.Thread(target=lambda: read.extend(iter(lambda: os.read(reading, 65536), b"")))
    reader.start()
    told = stream.drain()
    writing.close()
    reader.join()

    lines = [json.loads(line) for line in b"".join(read).splitlines()]
    assert list(range(LINES)) == [line["batchpub.rows"] for line in lines]
    assert "" == told
    assert logged < 5


def test_drain_waits_for_what_is_in_line():
    """
    When it returns, all is written, however slowly.
    """

    class Slow(io.StringIO):
        def write(self, text):
            time.sleep(0.01)
            return super().write(text)

    slow = Slow()
    stream = BackgroundStream(slow)
    for number in range(10):
        stream.write(f"{number}\n")

    assert "" == stream.drain()
    assert [str(number) for number in range(10)] == slow.getvalue().splitlines()


def test_an_error_is_told_once():
    """
    By the next write, or at the end where there is none; never twice.
    """

    class Full(io.StringIO):
        def write(self, _text):
            raise OSError("no space left")

    late, early = BackgroundStream(Full()), BackgroundStream(Full())
    late.write("a")
    early.write("a")
    early._waiting.put(done := threading.Event())
    done.wait(10)

    assert ["no space left", ""] == [late.drain(), late.drain()]
    with pytest.raises(OSError, match="no space left"):
        early.write("b")
    assert early.write("c") == 1
    assert "" == early.drain()
