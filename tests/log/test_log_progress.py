"""The laws of the bar: what it says, and that it is only on a terminal."""

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time

import pytest

from batchpub.cli.progress import Seen, describe

QUIET = ("CI", "GITHUB_ACTIONS", "GITLAB_CI", "COLUMNS", "LINES")
"""Variables that would tell another terminal than the test's."""
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.mark.parametrize(
    ("now", "wide", "narrow"),
    [
        ((5, 90, 122.0, 0.0, 7), "about 2 min 2 s left; 7 calls free now", "about 2 min 2 s left"),
        ((5, 90, 422.0, 299.6, 1), "locked by Zoho, 5:00 to go; about 7 min 2 s left", "locked by Zoho, 5:00 to go"),
        ((5, 90, 0.2, 0.0, 1), "nearly done; 1 call free now", "nearly done"),
        ((90, 90, 0.0, 0.0, 30), "writing the reports", "writing the reports"),
    ],
)
def test_bar_says_what_it_waits_for(now, wide, narrow):
    """
    The time to go and the calls left in this minute; in a lock its countdown; at the end what is still done.
    """
    done, total, eta, lock, calls = now
    seen = Seen(done=done, total=total, eta_seconds=eta, lock_seconds=lock, calls_left=calls)

    assert (wide, narrow) == (describe(seen, wide=True), describe(seen, wide=False))


@pytest.fixture
def run_on_terminal(fork_server):
    """Give everything that a run of two courses writes to a terminal so wide."""

    def run(columns, folder, *flags, **environ):
        sheet = "Course ID,Course Name\n478346000019580117,[red]Fire\x1b]0;x\x07\nfire,::error::y\n"
        (folder / "a.csv").write_text(sheet)
        terminal, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        told, ends = b"", time.monotonic() + 60
        environ = {**dict.fromkeys(QUIET, ""), "TERM": "xterm", **environ}
        rehearse = ("publish", "a.csv", "--sandbox", "--speed", "60", *flags)
        running = fork_server.start(*rehearse, cwd=folder, environ=environ, terminal=os.ttyname(inside))
        while (ready := select.select([terminal], [], [], 0.02)[0]) or running.is_alive():
            assert time.monotonic() < ends, told
            told += os.read(terminal, 65536) if ready else b""
        os.close(inside)
        os.close(terminal)
        return running.wait(10), told.decode()

    return run


@pytest.mark.parametrize("columns", [40, 80])
def test_terminal_has_bar_and_summary_and_no_json(run_on_terminal, tmp_path, columns):
    """
    At a terminal a run ends in the summary, nothing is wider than the window, and nothing from a cell comes alive.
    """
    code, told = run_on_terminal(columns, tmp_path, "--report", "csv", NO_COLOR="1")

    lines = ESCAPE.sub("", told).replace("\r", "\n").split("\n")
    assert (1, True) == (code, any("2/2" in line for line in lines))
    assert ["Reports:"] == [line.split()[0] for line in lines if "(exit 1)" in line]
    assert [] == [line for line in lines if len(line) > columns and "Reports:" not in line]
    assert ([], []) == (
        [line for line in lines if line.startswith("{")],
        re.findall(r"\x1b\]|\x1b\[[0-9;]*3[0-7]m", told),
    )


def test_quiet_terminal_stays_quiet(run_on_terminal, tmp_path):
    """
    With --quiet a terminal sees neither bar nor summary.
    """
    code, told = run_on_terminal(80, tmp_path, "--report", "csv", "-q")

    assert (1, "") == (code, told)


@pytest.mark.parametrize("sign", ["CI", "GITHUB_ACTIONS", "GITLAB_CI"])
def test_terminal_of_a_pipeline_is_no_person(run_on_terminal, tmp_path, sign):
    """
    `docker run -t` in a CI step gives a terminal at which nobody sits: JSON lines, no bar, and no question.
    """
    code, told = run_on_terminal(80, tmp_path, "--report", "csv", **{sign: "true"}, BATCHPUB_NOTIFY="all")

    assert 1 == code
    assert "2/2" not in ESCAPE.sub("", told)
    assert '"event.action":"run.finished"' in told.replace("\r\n", "").replace(": ", ":")


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "cp1252"])
def test_any_code_page_can_show_a_check_and_a_run(fork_server, run_on_terminal, tmp_path, encoding):
    """
    What the code page does not have becomes a question mark, on a terminal as in a pipe.
    """
    (tmp_path / "b.csv").write_text("Course ID,Course Name\n1,日本 ✓\n", encoding="utf-8")

    checked = fork_server.call("check", "b.csv", cwd=tmp_path, environ={"PYTHONIOENCODING": encoding})
    code, told = run_on_terminal(80, tmp_path, "--report", "csv", PYTHONIOENCODING=encoding)

    assert (1, "", True) == (checked.returncode, checked.stderr, "Nothing was sent." in checked.stdout)
    assert (1, True) == (code, "Reports:" in told)


def test_a_refused_sheet_cannot_give_commands(fork_server, tmp_path):
    """
    What an error's sentence repeats of a file stands in it as text: no escape sequence, no command of a CI server.
    """
    (tmp_path / "c.csv").write_text("\x1b]0;x\x07 ##[add-mask]y,b\n::error::z,1\n")

    done = fork_server.call("check", "c.csv", cwd=tmp_path)

    assert (65, "") == (done.returncode, done.stdout)
    assert [] == [sign for sign in ("\x1b", "\x07", "##", "::") if sign in done.stderr]
