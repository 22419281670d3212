"""The law of paths: whatever the system refuses ends in a sentence and a code of the table, never as a bug."""

import contextlib
import os
from pathlib import Path

import pytest

from batchpub.cli.wiring import state_of
from batchpub.errors import CannotWrite, SettingsWrong, SheetMissing
from batchpub.paths import is_file, is_folder, is_there
from batchpub.settings.fields import Settings

EXAMPLE = Path(__file__).parents[2] / "jobs" / "example" / "courses.xlsx"
LONG = "x" * 300  # longer than any file system takes: as root, too, the system refuses to look
STRANGER = 12345


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("check", f"{LONG}.csv"), 66),
        (("check", EXAMPLE, "--state", f"{LONG}/s.db"), 74),
        (("check", EXAMPLE, "--job", LONG), 78),
        (("publish", EXAMPLE, "--state", f"{LONG}/s.db"), 74),
        (("publish", EXAMPLE, "--state", "s.db", "--out", LONG), 74),
        (("publish", EXAMPLE, "--state", "s.db", "--log-file", LONG), 78),
        (("publish", EXAMPLE, "--sandbox", "--sandbox-faults", LONG), 78),
        (("retry", f"{LONG}/results.csv", "--state", "s.db"), 66),
        (("retry", LONG, "--state", "s.db"), 66),
        (("runs", "--state", f"{LONG}/s.db"), 74),
        (("report", "--state", f"{LONG}/s.db"), 74),
        (("template", f"{LONG}.xlsx"), 74),
    ],
)
def test_a_path_that_nobody_can_look_at_ends_in_a_sentence(fork_server, tmp_path, arguments, code):
    """
    66 for what is read, 74 for what is written, 78 for a setting; nothing is called a bug.
    """
    done = fork_server.call(*arguments, cwd=tmp_path, environ={"BATCHPUB_ACCESS_TOKEN": "1000.token.token"})

    assert (code, False, False) == (done.returncode, "a bug" in done.stderr, "Traceback" in done.stderr)
    assert "too long" in done.stderr


@pytest.mark.parametrize("command", ["check", "publish"])
def test_a_state_that_would_be_kept_in_memory_is_refused_before_and_in_a_run(fork_server, tmp_path, command):
    """
    A check says what the run that it foresees would say.
    """
    environ = {"BATCHPUB_ACCESS_TOKEN": "1000.token.token"}
    done = fork_server.call(command, EXAMPLE, "--state", ":memory:", cwd=tmp_path, environ=environ)

    assert 78 == done.returncode
    assert "The state :memory: is kept in memory only. Name a file" in done.stderr


@contextlib.contextmanager
def stranger():
    """Be another user for a while."""
    os.seteuid(STRANGER)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_a_folder_that_lets_nobody_in_is_named_with_its_owner(tmp_path):
    """
    Mode 0700 and another user: the sentence names the folder, its owner and mode, and who was not let in.
    """
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(0o755)
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o700)
    told = f"Permission denied: the folder {shut} belongs to user 0, mode 0700, and this is user {STRANGER}. Change its owner or mode."

    with stranger():
        for look, kind in ((is_there, CannotWrite), (is_folder, SettingsWrong), (is_file, CannotWrite)):
            with pytest.raises(kind) as caught:
                look(shut / "deeper" / "s.db", kind)
            assert told == str(caught.value)
        nothing = is_there(tmp_path / "nothing", SheetMissing)

    assert not nothing


def test_a_user_without_a_home_is_told_where_to_name_the_state(monkeypatch):
    """
    A container's user that is only a number has no home: 78, with the three ways out.
    """
    for name in ("XDG_STATE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))

    with pytest.raises(SettingsWrong, match=r"has no home.*setting state or BATCHPUB_STATE, or set XDG_STATE_HOME\."):
        state_of(Settings())
