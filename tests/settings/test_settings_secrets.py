"""The laws of secrets in settings: from the environment only, one kind at a time, never shown."""

import pytest

from batchpub.errors import SettingsWrong
from batchpub.settings.fields import SECRETS
from batchpub.settings.load import load_settings

CANARY = "1000.canary-in-the-mine"
STATE = f"postgresql+asyncpg://bp:{CANARY}%2F@db/batchpub"
REFRESH_ENV = {"BATCHPUB_CLIENT_ID": "1000.id", "BATCHPUB_CLIENT_SECRET": "secret", "BATCHPUB_REFRESH_TOKEN": "1000.re"}


def load(environ=None, flags=None, job_file=None):
    return load_settings(flags=flags or {}, environ=environ or {}, job_file=job_file)


def refusal(environ=None, flags=None, job_file=None):
    with pytest.raises(SettingsWrong) as refused:
        load(environ, flags, job_file)
    assert "canary" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_secrets_from_a_file_lose_one_line_end(tmp_path, ending):
    """
    A mounted secret and a variable mean the same, with or without the line end an editor left.
    """
    path = tmp_path / "token"
    path.write_bytes(CANARY.encode() + ending)

    settings = load({"BATCHPUB_ACCESS_TOKEN_FILE": str(path)})

    assert load({"BATCHPUB_ACCESS_TOKEN": CANARY}) == settings
    assert (CANARY,) == settings.secrets()


def test_secrets_are_all_known_and_none_is_shown():
    """
    Every credential and a state URL's password is registered for masking, and no repr shows one.
    """
    settings = load({**REFRESH_ENV, "BATCHPUB_STATE": STATE})

    assert ("1000.id", "secret", "1000.re", f"{CANARY}%2F", f"{CANARY}/") == settings.secrets()
    assert not any(text in repr(settings) + str(settings) for text in ("1000.re", "canary"))


@pytest.mark.parametrize("name", SECRETS)
def test_secrets_are_refused_outside_the_environment(tmp_path, name):
    """
    A secret in a flag shows in the process list, one in a job file in the repository: both are refused, unseen.
    """
    job = tmp_path / "job.toml"
    job.write_text(f"rate = 3\n{name} = '{CANARY}'\n", encoding="utf-8")
    remedy = f"a secret is not taken from here. Set BATCHPUB_{name.upper()} or BATCHPUB_{name.upper()}_FILE in the environment."

    assert f"{name} in {job}, line 2: {remedy}" == refusal(job_file=job)
    assert f"--{name.replace('_', '-')}: {remedy}" == refusal(flags={name: CANARY})


def test_secrets_in_a_state_url_are_refused_outside_the_environment(tmp_path):
    """
    A state URL with a password counts as a secret; one without is a setting like any other.
    """
    job = tmp_path / "job.toml"
    job.write_text(f"state = '{STATE}'\n", encoding="utf-8")
    remedy = "the URL holds a password, which is not taken from here. Set BATCHPUB_STATE or BATCHPUB_STATE_FILE in the environment."
    kept = tmp_path / "state"
    kept.write_text(STATE + "\n", encoding="utf-8")

    assert f"state in {job}, line 1: {remedy}" == refusal(job_file=job)
    assert f"--state: {remedy}" == refusal(flags={"state": STATE})
    assert f"--state: {remedy}" == refusal(flags={"state": f"postgresql://db/x?sslmode=require&password={CANARY}"})
    assert "postgresql+asyncpg://db/x" == load(flags={"state": "postgresql+asyncpg://db/x"}).state
    assert STATE == load({"BATCHPUB_STATE_FILE": str(kept)}).state


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        (
            {"BATCHPUB_COOKIE": CANARY, "BATCHPUB_COOKIE_FILE": "x"},
            "Both BATCHPUB_COOKIE and BATCHPUB_COOKIE_FILE are set in the environment. Unset one of them.",
        ),
        (
            {"BATCHPUB_ACCESS_TOKEN": CANARY, "BATCHPUB_COOKIE": CANARY},
            (
                "More than one kind of credential is set in the environment: BATCHPUB_ACCESS_TOKEN and BATCHPUB_COOKIE. "
                "Unset all but one."
            ),
        ),
        (
            {"BATCHPUB_ACCESS_TOKEN": CANARY, **REFRESH_ENV},
            (
                "More than one kind of credential is set in the environment: BATCHPUB_ACCESS_TOKEN and BATCHPUB_CLIENT_ID. "
                "Unset all but one."
            ),
        ),
        (
            {"BATCHPUB_CLIENT_SECRET": CANARY},
            (
                "BATCHPUB_CLIENT_SECRET in the environment is set, but not BATCHPUB_CLIENT_ID and BATCHPUB_REFRESH_TOKEN. "
                "Set all three, or none of them."
            ),
        ),
        (
            {"BATCHPUB_ACCESS_TOKEN": f"{CANARY}\r\nX-Evil: 1"},
            (
                "BATCHPUB_ACCESS_TOKEN in the environment: it holds a line end or another character that no credential has. "
                "Copy it again."
            ),
        ),
    ],
)
def test_secrets_that_contradict_each_other_are_refused(environ, sentence):
    """
    Two kinds of credentials, half of one, or a broken one: the sentence names the variables and shows no value.
    """
    assert sentence == refusal(environ)


def test_secrets_file_that_is_missing_or_empty_is_refused(tmp_path):
    """
    A secret file that cannot be used is named.
    """
    path = tmp_path / "token"
    missing = refusal({"BATCHPUB_COOKIE_FILE": str(path)})
    path.write_bytes(b"\n")

    assert (
        f"BATCHPUB_COOKIE_FILE names {path}, which cannot be read: No such file or directory. Check the mount."
        == missing
    )
    assert f"BATCHPUB_COOKIE_FILE names {path}, which is empty. Write the value into it." == refusal(
        {"BATCHPUB_COOKIE_FILE": str(path)}
    )


def test_secrets_that_are_empty_are_not_set():
    """
    A pipeline sets a missing secret to nothing; nothing is no credential.
    """
    assert load() == load({f"BATCHPUB_{name.upper()}": "" for name in SECRETS})


@pytest.mark.parametrize("value", ["x", "abcde", "1"])
@pytest.mark.parametrize("name", ["access_token", "cookie", "client_secret"])
def test_credential_of_a_few_letters_is_refused(name, value):
    """
    It would be masked wherever these letters stand; and no credential is that short.
    """
    environ = (
        {**REFRESH_ENV, "BATCHPUB_CLIENT_SECRET": value}
        if name == "client_secret"
        else {f"BATCHPUB_{name.upper()}": value}
    )

    assert f"BATCHPUB_{name.upper()} in the environment: it has fewer than 6 characters" in refusal(environ)


@pytest.mark.parametrize("name", ["api_url", "accounts_url"])
def test_job_file_sends_secrets_to_zoho_alone(tmp_path, name):
    """
    Whoever may change a job file has no say in which host gets the pipeline's credentials; the environment and flags have.
    """
    job = tmp_path / "job.toml"
    for url in (
        "https://evil.example.org",
        "http://127.0.0.1:9",
        "https://people.zoho.eu.evil.org",
        "https://people.zoho.eu:1",
    ):
        job.write_text(f'{name} = "{url}"\n')
        assert f"{name} in {job}, line 1: credentials would be sent there" in refusal(job_file=job)

    job.write_text(f'{name} = "https://People.zoho.eu/"\n')
    assert "https://People.zoho.eu/" == getattr(load(job_file=job), name)
    assert "https://other.example.org" == getattr(load({f"BATCHPUB_{name.upper()}": "https://other.example.org"}), name)
    assert "https://other.example.org" == getattr(load(flags={name: "https://other.example.org"}), name)
