"""The laws of the bar: what it says, and that it is only on a terminal."""

import errno
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest

from batchpub.cli.progress import describe
from batchpub.run import Snapshot

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.mark.parametrize(
    ("now", "wide", "narrow"),
    [
        ((5, 90, 122.0, 0.0, 7), "about 2 min left; 7 calls free now", "about 2 min left"),
        ((5, 90, 422.0, 299.6, 1), "locked by Zoho, 5:00 to go; about 7 min left", "locked by Zoho, 5:00 to go"),
        ((5, 90, 0.2, 0.0, 1), "nearly done; 1 call free now", "nearly done"),
        ((90, 90, 0.0, 0.0, 30), "writing the reports", "writing the reports"),
    ],
)
def test_bar_says_what_it_waits_for(now, wide, narrow):
    """
    The time to go and the calls left in this minute; in a lock its countdown; at the end what is still done.
    """
    done, total, eta, lock, calls = now
    snapshot = Snapshot(done=done, total=total, eta_seconds=eta, lock_seconds=lock, calls_left=calls)

    assert (wide, narrow) == (describe(snapshot, wide=True), describe(snapshot, wide=False))


def run_on_terminal(columns, folder, *flags, **environ):
    """Give everything that a run of two courses writes to a terminal so wide."""
    (folder / "a.csv").write_text("Course ID,Course Name\n478346000019580117,[red]Fire\x1b]0;x\x07\nfire,::error::y\n")
    size = ("COLUMNS", "LINES")  # what the terminal says counts
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("BATCHPUB_", "CI", *size))}
    command = [sys.executable, "-m", "batchpub", "publish", "a.csv", "--sandbox", "--speed", "60", *flags]
    terminal, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environ = {**clean, "TERM": "xterm", **environ}
    running = subprocess.Popen(command, cwd=folder, env=environ, stdin=inside, stdout=inside, stderr=inside)
    os.close(inside)
    told = b""
    try:
        while data := os.read(terminal, 65536):
            told += data
    except OSError as error:  # how Linux says that nobody writes there any more
        if error.errno != errno.EIO:
            raise
    os.close(terminal)
    return running.wait(10), told.decode()


@pytest.mark.parametrize("columns", [40, 80])
def test_terminal_has_bar_and_summary_and_no_json(tmp_path, columns):
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


def test_quiet_terminal_stays_quiet(tmp_path):
    """
    With --quiet a terminal sees neither bar nor summary.
    """
    code, told = run_on_terminal(80, tmp_path, "--report", "csv", "-q")

    assert (1, "") == (code, told)


@pytest.mark.parametrize("sign", ["CI", "GITHUB_ACTIONS", "GITLAB_CI"])
def test_terminal_of_a_pipeline_is_no_person(tmp_path, sign):
    """
    `docker run -t` in a CI step gives a terminal at which nobody sits: JSON lines, no bar, and no question.
    """
    code, told = run_on_terminal(80, tmp_path, "--report", "csv", **{sign: "true"}, BATCHPUB_NOTIFY="all")

    assert 1 == code
    assert "2/2" not in ESCAPE.sub("", told)
    assert '"event.action":"run.finished"' in told.replace("\r\n", "").replace(": ", ":")


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "cp1252"])
def test_any_code_page_can_show_a_check_and_a_run(tmp_path, encoding):
    """
    What the code page does not have becomes a question mark, on a terminal as in a pipe.
    """
    (tmp_path / "b.csv").write_text("Course ID,Course Name\n1,日本 ✓\n", encoding="utf-8")
    command = [sys.executable, "-m", "batchpub", "check", "b.csv"]
    environ = {**os.environ, "PYTHONIOENCODING": encoding}

    checked = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, timeout=60, check=False)
    code, told = run_on_terminal(80, tmp_path, "--report", "csv", PYTHONIOENCODING=encoding)

    assert (1, b"", True) == (checked.returncode, checked.stderr, b"Nothing was sent." in checked.stdout)
    assert (1, True) == (code, "Reports:" in told)


def test_a_refused_sheet_cannot_give_commands(tmp_path):
    """
    What an error's sentence repeats of a file stands in it as text: no escape sequence, no command of a CI server.
    """
    (tmp_path / "c.csv").write_text("\x1b]0;x\x07 ##[add-mask]y,b\n::error::z,1\n")
    command = [sys.executable, "-m", "batchpub", "check", "c.csv"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

    assert (65, "") == (done.returncode, done.stdout)
    assert [] == [sign for sign in ("\x1b", "\x07", "##", "::") if sign in done.stderr]
