"""The laws of the job file, and of whatever else is read from a file."""

import os
import threading
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batchpub.errors import SettingsWrong
from batchpub.settings.load import load_settings

SHEET = "sheets/a.csv"


def load(job_file=None, **environ):
    named = {f"BATCHPUB_{name.upper()}": value for name, value in environ.items()}
    return load_settings(flags={}, environ=named, job_file=job_file)


def refusal(job_file=None, **environ):
    with pytest.raises(SettingsWrong) as refused:
        load(job_file, **environ)
    return str(refused.value)


def test_paths_in_a_job_file_count_from_its_folder(tmp_path, monkeypatch):
    """
    The same job from any folder means the same files; what is absolute stays, and so does every other setting.
    """
    job = tmp_path / "jobs" / "job.toml"
    job.parent.mkdir()
    job.write_text('sheets = ["a.csv", "/b.csv"]\nstate = "s.db"\nout = "out"\nlog_file = "l.json"\nportal = "ours"\n')
    monkeypatch.chdir(tmp_path)

    from_above, from_elsewhere = load(Path("jobs/job.toml")), load(job)

    assert (("jobs/a.csv", "/b.csv"), "jobs/s.db", "jobs/out", "jobs/l.json", "ours") == (
        from_above.sheets, from_above.state, from_above.out, from_above.log_file, from_above.portal,
    )  # fmt: skip
    assert (str(job.parent / "a.csv"), "/b.csv") == from_elsewhere.sheets


def test_a_job_file_of_the_usual_name_is_found(tmp_path, monkeypatch):
    """
    batchpub.toml in the folder counts where no other job file is named; a named one takes its place.
    """
    (tmp_path / "batchpub.toml").write_text("rate = 7\n")
    (tmp_path / "other.toml").write_text("workers = 2\n")
    monkeypatch.chdir(tmp_path)

    assert (7, 30) == (load().rate, load(Path("other.toml")).rate)
    assert 5 == load(rate="5").rate


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rate = " + "1" * 5_000, "holds a number of thousands of digits"),
        ("again = " + "[" * 5_000, "brackets within brackets"),
        ("[" * 100_000, "is not TOML"),
        ("portal = 'a\0b'", "is not TOML"),
        ('portal = "a\\u0000b"', "portal in {}, line 1: 'a\\x00b' cannot be used."),
        ('out = "a\\u0000b"', "out in {}, line 1:"),
        ('sheets = ["a\\u0000b"]', "sheets in {}, line 1:"),
        ("x = 1\n" * 400_000, "is no job file: none is so long"),
        ('state = "postgresql://somebody.example/x"', "state in {}, line 1: a password of the environment"),
    ],
)
def test_a_hostile_job_file_is_refused(tmp_path, text, told):
    """
    Whatever is in it: a sentence that names the file, never a traceback.
    """
    job = tmp_path / "job.toml"
    job.write_text(text)

    assert told.format(job) in refusal(job)


@example(b"a = " + b"{a=" * 500)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_job_file_or_a_sentence(tmp_path_factory, content):
    """
    No bytes lead to anything but settings or one printable sentence.
    """
    job = tmp_path_factory.mktemp("job") / "job.toml"
    job.write_bytes(content)

    try:
        load(job)
    except SettingsWrong as error:
        assert str(job) in str(error)
        assert str(error).replace("\n", " ").isprintable()


@pytest.mark.parametrize("variable", ["COOKIE_FILE", "STATE_FILE"])
def test_what_is_read_from_a_file_is_read_with_a_bound(tmp_path, variable):
    """
    A device without an end, or a wrong file, is refused before it fills the memory; a pipe is read to its end.
    """
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("x=123456\n",))
    writer.start()

    read = load(**{variable: str(pipe)})
    writer.join()

    assert "x=123456" in {read.state, read.cookie.get_secret_value() if read.cookie else ""}
    assert "cannot be read" in refusal(**{variable: "/dev/zero"})
    assert "is no job file" in refusal(Path("/dev/zero"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("confirm_id", "4.7E+17"), ("confirm_id", "478346000019580117;478346000019580118"), ("confirm_id", "478346000019580117.0"),
        ("confirm_id", '["478346000019580117"]'), ("confirm_id", "４７８"), ("again", "all;478346000019580117"),
        ("again", '["all"]'), ("sheets", '["a.csv"]'), ("report", '["csv"]'), ("report", "csv;json"), ("mail_to", '["a@b.c"]'),
    ],
)  # fmt: skip
def test_a_list_that_is_written_another_way_is_refused(name, value):
    """
    JSON, semicolons, an id as a spreadsheet shows it: a guard or a permission that was meant must not be ignored.
    """
    assert f"BATCHPUB_{name.upper()} in the environment: {value!a} cannot be used." in refusal(**{name: value})
