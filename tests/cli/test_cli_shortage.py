"""Where the machine gives too little: a code that says so, never one that means "finished"."""

import json
import shlex
import subprocess
import sys

import pytest

from batchpub.cli.resume import MOST_LETTERS, command_again
from batchpub.errors import name_shortage


def test_a_command_with_hundreds_of_files_is_told_in_short(monkeypatch):
    """
    It is a remark then, so that nobody runs a part of it for the whole, and the words are counted.
    """
    monkeypatch.setattr(sys, "argv", ["batchpub", "publish", *(f"sheets/{number}.csv" for number in range(500))])

    told = command_again()

    assert len(told) < MOST_LETTERS
    assert ([], "(502 words in all)") == (shlex.split(told, comments=True), told[-18:])


def test_an_end_by_hundreds_of_files_is_one_line_that_collectors_take(fork_server, tmp_path):
    """
    500 files, each refused: the last line is whole, at most 8 KB, and says how to go on.
    """
    names = [f"{number:03}.csv" for number in range(500)]
    for name in names:
        (tmp_path / name).write_text("no ids here\n")

    done = fork_server.call("publish", *names, cwd=tmp_path, environ={"BATCHPUB_ACCESS_TOKEN": "1000.token"})

    last = done.stderr.splitlines()[-1]
    told = json.loads(last)
    assert (65, 65) == (done.returncode, told["batchpub.exit_code"])
    assert len(last) <= 8_192
    assert told["batchpub.resume_command"].startswith("# the same command again: ")


def _raise_from(cause):
    try:
        raise ValueError("a library's own") from cause
    except ValueError as error:
        return error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError(), "The memory is used up."),
        (ExceptionGroup("several", [_raise_from(MemoryError())]), "The memory is used up."),
        (RuntimeError("can't start new thread"), "The machine allows no further thread."),
        (OSError(24, "Too many open files"), "The machine gives us no more: Too many open files."),
        (RuntimeError("another"), ""),
        (OSError(2, "No such file or directory"), ""),
    ],
)
def test_a_shortage_is_told_from_a_bug(error, told):
    """
    Whoever wraps it.
    """
    assert name_shortage(error).startswith(told)
    assert bool(told) == bool(name_shortage(error))


@pytest.mark.parametrize("kind", ["MemoryError", "SystemError", "SyntaxError", "ImportError", "OSError", "KeyError"])
def test_whatever_breaks_where_it_begins_or_ends_is_no_finished_run(kind):
    """
    Python would end with 1, the code of rows that need somebody, and with a traceback.
    """
    broken = f"def main(): raise {kind}('expected something')"
    program = (
        f"import sys, types; sys.modules['batchpub.cli.main'] = m = types.ModuleType('m'); exec({broken!r}, m.__dict__)"
    )

    done = subprocess.run(
        [sys.executable, "-c", f"{program}; from batchpub.__main__ import main; main()"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert (74, "", 1) == (done.returncode, done.stdout, len(done.stderr.splitlines()))
    assert (done.stderr[:10], "memory" in done.stderr) == ("batchpub: ", True)


@pytest.mark.slow
@pytest.mark.parametrize("megabytes", [15, 20, 25, 30, 40, 60, 80, 100, 120, 150])
def test_too_little_memory_never_looks_like_an_end(tmp_path, megabytes):
    """
    With any limit of memory: what a check found, or a code that no finished one has.
    """
    ids = (str(478346000019580117 + 137 * number) for number in range(20_000))
    (tmp_path / "a.csv").write_text("\n".join(["Course ID", *ids]))
    command = f"ulimit -v {megabytes * 1024}; exec {sys.executable} -m batchpub check a.csv --json"

    try:
        done = subprocess.run(
            ["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip("Python waits for ever for a thread that had no memory to begin (threading.Thread.start)")

    if done.returncode in (0, 1) and "batchpub/" in done.stderr:
        pytest.fail(done.stderr[-2000:])
    if done.returncode in (0, 1) and done.stdout:
        assert 20_000 == len(json.loads(done.stdout)["rows"])
    elif done.returncode != 74:
        assert "batchpub" not in done.stderr.splitlines()[-1], "Python itself did not come up"
