"""The laws of where a setting comes from."""

from dataclasses import asdict

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batchpub.course import NamesRule, NotifyPolicy
from batchpub.errors import ExitCode, SettingsWrong
from batchpub.settings.fields import SCALED, SECRETS, SETTINGS, Settings
from batchpub.settings.load import load_settings


@pytest.fixture
def job(tmp_path):
    def write(text):
        path = tmp_path / "job.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def load(environ=None, flags=None, job_file=None):
    return load_settings(flags=flags or {}, environ=environ or {}, job_file=job_file)


def refusal(environ=None, flags=None, job_file=None):
    with pytest.raises(SettingsWrong) as refused:
        load(environ, flags, job_file)
    assert refused.value.exit_code is ExitCode.SETTINGS_WRONG
    return str(refused.value)


@given(*[st.none() | st.integers(1, 1000)] * 3)
def test_settings_flag_beats_environment_beats_job_beats_default(tmp_path_factory, flag, variable, kept):
    """
    The first of flag, environment, job file and default that says anything wins.
    """
    path = tmp_path_factory.mktemp("job") / "job.toml"
    path.write_text("" if kept is None else f"rate = {kept}\n", encoding="utf-8")
    environ = {} if variable is None else {"BATCHPUB_RATE": str(variable)}

    settings = load(environ, {"rate": flag}, path)

    assert next(told for told in (flag, variable, kept, 30) if told is not None) == settings.rate


def test_settings_defaults_are_the_designs():
    """
    Without a word from anybody the settings are the documented ones, whatever this process's environment says.
    """
    assert Settings() == load()
    assert {
        "rate": 30, "period": 60, "lock": 300, "guard": 1, "settle": 60, "burst": None, "workers": 8, "lock_margin": 5,
        "max_lock": 900, "connect_timeout": 10, "total_timeout": 30, "attempts": 5, "backoff": 2, "max_backoff": 60,
        "course_time": 1200, "answers": {}, "max_calls": None, "lease": 45, "notify": NotifyPolicy.SHEET,
        "verify": "auto", "names": NamesRule.AUTO, "max_duration": None, "max_failures": None, "expect": None, "strict": False, "max_rows": 20_000,
        "id_digits": (16, 19), "confirm_id": (), "include_hidden": False, "keep_going": False, "name": None, "sheet": None, "column": None, "again": (), "again_id": None, "out": None,
        "report": ("csv", "xlsx", "html", "junit", "json", "staff"), "log_format": None, "log_file": None,
        "notify_format": "auto", "mail_from": None, "mail_to": (), "metrics_file": None,
        "quiet": False, "verbose": False, "progress_every": 30, "data_center": "com",
        "api_url": None, "accounts_url": None, "speed": 1, "state": None, "sheets": (), "portal": None,
    } == {name: value for name, value in asdict(load()).items() if name not in SECRETS}  # fmt: skip


def test_settings_ignore_the_processs_own_environment(monkeypatch):
    """
    Only the environment that is handed in counts.
    """
    monkeypatch.setenv("RATE", "7")
    monkeypatch.setenv("BATCHPUB_RATE", "7")

    assert (30, 30) == (Settings().rate, load().rate)


def test_settings_job_file_takes_both_spellings_and_lists(job):
    """
    A job file may write max-rows or max_rows; an environment variable separates a list by commas.
    """
    path = job(
        "max-rows = 5\nmax_failures = 3\nagain = ['478346000019580117', 'all']\nstrict = true\nnotify = 'never'\n"
    )

    settings = load({"BATCHPUB_REPORT": "csv, json"}, job_file=path)

    assert (5, "3", ("478346000019580117", "all"), True, NotifyPolicy.NEVER, ("csv", "json")) == (
        settings.max_rows, settings.max_failures, settings.again, settings.strict, settings.notify, settings.report,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("told", "seconds"), [("50m", 3000), ("2h", 7200), ("90s", 90), ("300", 300), ("1h30m", 5400), ("1.5h", 5400)]
)
def test_settings_duration_is_seconds(told, seconds):
    """
    A duration may be written as people write it.
    """
    assert seconds == load({"BATCHPUB_MAX_DURATION": told}).max_duration


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("RATE", "abc"), ("RATE", "0"), ("RATE", "1001"), ("RATE", "1.5"), ("PERIOD", "nan"), ("PERIOD", "inf"),
        ("PERIOD", "-inf"), ("GUARD", "-1"), ("SETTLE", "0"), ("LOCK", "1e999"), ("MAX_DURATION", "2x"), ("MAX_DURATION", "0"),
        ("MAX_DURATION", """ """), ("MAX_FAILURES", "101%"), ("MAX_FAILURES", "-1"), ("REPORT", "pdf"), ("REPORT", ","),
        ("NOTIFY", "some"), ("STRICT", "maybe"), ("EXPECT", "-1"), ("VERIFY", "yes"), ("SPEED", "0"), ("LOG_FORMAT", "xml"),
    ],
)  # fmt: skip
def test_settings_refuse_a_value_by_name_and_origin(variable, value):
    """
    A value that makes no sense is refused with its name, where it was set, the value, and what a right one is.
    """
    right = SETTINGS[variable.lower()].reader.right

    assert f"BATCHPUB_{variable} in the environment: {value!r} cannot be used. It must be {right}." == refusal(
        {f"BATCHPUB_{variable}": value}
    )


@example("answers", "\x1b=")
@given(st.sampled_from(sorted(set(SETTINGS) - set(SECRETS))), st.text(st.characters(exclude_characters="\0")))
def test_settings_any_text_is_a_setting_or_a_sentence(name, value):
    """
    No text in the environment leads to anything but settings or one sentence.
    """
    try:
        load({f"BATCHPUB_{name.upper()}": value})
    except SettingsWrong as error:
        assert name in str(error).lower()
        assert str(error).isprintable()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("\n\nraet = 3\n", "raet in {}, line 3: there is no such setting. Did you mean rate?"),
        ("rate = true\n", "rate in {}, line 1: True cannot be used. It must be a whole number from 1 to 1000."),
        ('"\\u001b" = 3\n', "'\\x1b' in {}, line 1: there is no such setting. Remove it."),
        (
            "# x\n[rate]\na = 1\n",
            "rate in {}, line 2: {{'a': 1}} cannot be used. It must be a whole number from 1 to 1000.",
        ),
        (
            "rate = 1\nrate = 2\n",
            "The job file {} is not TOML: Cannot overwrite a value (at line 2, column 9). Correct that line.",
        ),
        (
            "max_rows=1\nmax-rows=2",
            "max-rows in {0}, line 2: the same setting as max_rows in {0}, line 1. Keep one of them.",
        ),
        (
            "again = [478346000019580117]",
            "again in {}, line 1: [478346000019580117] cannot be used. It must be a list of ids, each of digits alone and in quotes, or all.",
        ),
    ],
)
def test_settings_refuse_a_job_files_line(job, text, sentence):
    """
    What is wrong in a job file is told with its line.
    """
    path = job(text)

    assert sentence.format(path) == refusal(job_file=path)


def test_settings_refuse_a_job_file_that_is_not_there(tmp_path):
    """
    A job file that is missing or no text is told by its name.
    """
    path = tmp_path / "none.toml"
    missing = refusal(job_file=path)
    path.write_bytes(b"rate = '\xff'")

    assert f"The job file {path} cannot be read: No such file or directory. Check its path." == missing
    assert f"The job file {path} is not UTF-8 text. Save it as UTF-8." == refusal(job_file=path)


def test_settings_refuse_a_misspelt_variable_and_leave_strangers_alone():
    """
    A guard that is almost spelt right is refused; what Kubernetes sets for a service named batchpub is not.
    """
    strangers = {
        "BATCHPUB_PORT": "tcp://10.0.0.1:80",
        "BATCHPUB_SERVICE_HOST": "10.0.0.1",
        "PATH": "/bin",
        "BATCHPUB_RATE": "",
    }

    assert load() == load(strangers)
    assert (
        "BATCHPUB_MAX_FAILURE in the environment is not a setting. Write BATCHPUB_MAX_FAILURES, or unset it."
        == refusal({"BATCHPUB_MAX_FAILURE": "3"})
    )


def test_settings_claim_outlives_its_call():
    """
    A claim that ends before the call it protects would let a second process send the same course.
    """
    assert (
        "BATCHPUB_LEASE in the environment: lease (3 s) leaves no time to start a call of up to total_timeout (30 s). "
        "Make lease 30.5 s or more." == refusal({"BATCHPUB_LEASE": "3"})
    )
    assert "Make lease 45.75 s or more." in refusal({"BATCHPUB_TOTAL_TIMEOUT": "45"})  # equal: nothing is ever sent
    assert 46 == load({"BATCHPUB_TOTAL_TIMEOUT": "45", "BATCHPUB_LEASE": "46"}).lease


def test_settings_scaled_divides_the_services_times_alone():
    """
    A faster world has shorter minutes, locks and time-outs; the person's own deadline and the counts stay. What a
    call takes on this machine is no less at 1000 than at 60.
    """
    settings = load({"BATCHPUB_MAX_DURATION": "50m"})

    before, after, fastest = asdict(settings), asdict(settings.scaled(60)), asdict(settings.scaled(1000))

    assert {name: before[name] / 60 if name in SCALED else before[name] for name in before} == after
    of_the_machine = {"connect_timeout", "total_timeout", "lease"}
    assert {
        name: after[name] if name in of_the_machine else before[name] / 1000 if name in SCALED else before[name]
        for name in before
    } == fastest
