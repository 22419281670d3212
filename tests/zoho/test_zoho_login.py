"""`batchpub login`: one grant code, one refresh token, and a sentence of its own for whatever goes wrong."""

import asyncio
import os
import pty
import select
import stat
import subprocess
import sys
import time
from contextlib import asynccontextmanager

import click
import pytest
from click.testing import CliRunner
from support.hard_zoho import HardConfig, HardSandbox, Secrets, parse_faults
from support.sandbox_process import play_sandbox

from batchpub.cli.commands import login as command
from batchpub.errors import AccessRefused, ServiceUnreachable, StoppedEarly
from batchpub.secret import Secret
from batchpub.services.zoho import grant
from batchpub.services.zoho.grant import GrantCode, exchange_code
from batchpub.services.zoho.hosts import Endpoint

KNOWN = Secrets(client_id="1000.ID", client_secret="the-secret", code="1000.code", refresh_token="1000.refresh")
RIGHT = {
    "BATCHPUB_CLIENT_ID": "1000.ID",
    "BATCHPUB_CLIENT_SECRET": "the-secret",
    "BATCHPUB_GRANT_CODE": "1000.code",
}


@asynccontextmanager
async def accounts(*faults, **options):
    config = HardConfig(secrets=KNOWN, latency_seconds=0, faults=parse_faults(list(faults)), **options)
    async with HardSandbox(config) as sandbox:
        yield sandbox


def exchange(sandbox, *, client_id="1000.ID", secret="the-secret", code="1000.code", was_used=False):
    grant = GrantCode(client_id=client_id, client_secret=Secret(secret), code=Secret(code), was_used=was_used)
    return exchange_code(grant, Endpoint(api_url=sandbox.url, accounts_url=sandbox.url, total_seconds=5))


async def test_code_gives_the_refresh_token_once_and_in_the_form():
    """
    One call, nothing secret in its url; the same code again is refused.
    """
    async with accounts() as sandbox:
        granted = await exchange(sandbox)
        with pytest.raises(AccessRefused, match="used already"):
            await exchange(sandbox, was_used=True)
        stats = sandbox.stats()

    assert ("1000.refresh", "") == (granted.refresh_token.get_secret_value(), granted.remark)
    assert (2, 0) == (stats["arrivals"]["token"], stats["secrets_in_url"])
    assert "1000.refresh" not in repr(granted)


@pytest.mark.parametrize(
    ("wrong", "faults", "error", "words"),
    [
        ({"client_id": "1000.OTHER"}, (), AccessRefused, "the setting data_center"),
        ({"secret": "no"}, (), AccessRefused, "client secret does not belong"),
        ({"code": "1000.other"}, (), AccessRefused, "has expired"),
        ({"was_used": True}, [{"kind": "invalid_code", "on": "token"}], AccessRefused, "used already"),
        ({}, [{"kind": "token_throttled", "on": "token"}], StoppedEarly, "ten access tokens in ten minutes"),
        ({}, [{"kind": "503", "on": "token"}], ServiceUnreachable, "HTTP 503"),
        ({}, [{"kind": "reset_after", "on": "token"}], ServiceUnreachable, "new grant code"),
        (
            {},
            [{"kind": "answer", "on": "token", "body": '{"access_token": "1000.a"}'}],
            AccessRefused,
            "no refresh token",
        ),
    ],
)
async def test_each_reason_has_its_own_sentence(wrong, faults, error, words):
    """
    Wrong data centre, wrong secret, used code, expired code and trouble are told apart; nothing is tried twice.
    """
    async with accounts(*faults) as sandbox:
        with pytest.raises(error, match=words) as caught:
            await exchange(sandbox, **wrong)
        calls = sandbox.stats()["arrivals"]["token"]

    assert 1 == calls
    assert not [secret for secret in ("the-secret", "1000.code", "1000.refresh") if secret in str(caught.value)]


async def test_expired_code_is_refused_by_the_sandbox():
    """
    Ten minutes of the service after it began, the code is none any more.
    """
    async with accounts(speed=60_000) as sandbox:
        await asyncio.sleep(0.05)
        with pytest.raises(AccessRefused, match="has expired"):
            await exchange(sandbox)


@pytest.mark.parametrize(
    ("scope", "remark"),
    [
        ("ZOHOPEOPLE.training.READ", "may not publish"),
        ("ZOHOPEOPLE.training.CREATE", "may not read"),
        ("ZOHOPEOPLE.training.ALL", ""),
        ("ZOHOPEOPLE.training.CREATE,ZOHOPEOPLE.training.READ", ""),
    ],
)
async def test_scope_that_is_not_enough_is_told(scope, remark):
    """
    A token that will not do is known before the first run.
    """
    body = f'{{"refresh_token": "1000.r", "access_token": "1000.a", "scope": "{scope}"}}'
    async with accounts({"kind": "answer", "on": "token", "body": body}) as sandbox:
        granted = await exchange(sandbox)

    assert remark in granted.remark
    assert bool(remark) is bool(granted.remark)


@pytest.fixture
def zoho(tmp_path):
    with play_sandbox(cwd=tmp_path) as url:
        yield url


def environ_of(tmp_path, url, **more):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BATCHPUB_")}
    return {**clean, "XDG_STATE_HOME": str(tmp_path / "home"), "BATCHPUB_ACCOUNTS_URL": url, "COLUMNS": "80", **more}


def login(tmp_path, url, *arguments, **more):
    return subprocess.run(
        [sys.executable, "-m", "batchpub", "login", *arguments],
        cwd=tmp_path,
        env=environ_of(tmp_path, url, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
def test_pipeline_gets_a_private_file_that_the_next_run_can_use(tmp_path, zoho):
    """
    --out has the token and nothing else, for its owner only; no secret is on stdout or stderr, and a used code is known.
    """
    done = login(tmp_path, zoho, "--out", "token", **RIGHT)
    again = login(tmp_path, zoho, "--out", "other", **RIGHT)
    file = tmp_path / "token"
    secret = file.read_text()

    assert (0, 77) == (done.returncode, again.returncode)
    assert (0o600, True) == (stat.S_IMODE(file.stat().st_mode), secret.startswith("1000."))
    assert "used already" in again.stderr
    assert not (tmp_path / "other").exists()
    told = done.stdout + done.stderr + again.stdout + again.stderr
    assert not [word for word in (secret, "the-secret", "1000.code") if word in told]
    assert "gh secret set BATCHPUB_REFRESH_TOKEN < token" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "environ", "code", "words"),
    [
        ((), RIGHT, 2, "--out"),
        (("--out", "t", "--client-secret", "abc"), RIGHT, 2, "BATCHPUB_CLIENT_SECRET"),
        (("--out", "t", "--grant-code=abc"), RIGHT, 2, "BATCHPUB_GRANT_CODE"),
        (("--out", "t"), {"BATCHPUB_CLIENT_ID": "1"}, 78, "BATCHPUB_CLIENT_SECRET"),
        (("--out", "no/such/folder/t"), RIGHT, 74, "--out"),
        (("--out", "t", "--data-center", "mars"), RIGHT, 78, "mars"),
        (("--out", "t"), RIGHT, 69, "127.0.0.1:9"),
    ],
)
def test_wrong_use_uses_up_no_code(tmp_path, monkeypatch, arguments, environ, code, words):
    """
    What is wrong with the command is told before Zoho hears of the code; a secret on the command line is not repeated.
    """
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("BATCHPUB_")]:
        monkeypatch.delenv(name)
    for name, value in {"BATCHPUB_ACCOUNTS_URL": "http://127.0.0.1:9", "XDG_STATE_HOME": "home", **environ}.items():
        monkeypatch.setenv(name, value)

    error = CliRunner().invoke(command, arguments, standalone_mode=False).exception
    told = error.format_message() if isinstance(error, click.UsageError) else str(error)

    assert (code, True) == (2 if isinstance(error, click.UsageError) else error.exit_code, words in told)
    assert "abc" not in told
    assert not (tmp_path / "t").exists()


ANSWERS = (("Client ID:", "1000.ID"), ("Client Secret:", "the-secret"), ("Grant code:", "1000.code"))


@pytest.mark.slow
def test_terminal_is_asked_and_shown_the_token_once(tmp_path, zoho):
    """
    On a terminal it asks, does not echo what is secret, and shows the token exactly once.
    """
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "batchpub", "login"]
    ends = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environ_of(tmp_path, zoho), start_new_session=True, **ends
    ) as running:
        os.close(theirs)
        try:
            shown = ""
            for prompt, answer in ANSWERS:
                shown += read_until(ours, prompt)
                time.sleep(0.2)  # until getpass has turned the echo off
                os.write(ours, f"{answer}\n".encode())
            shown += read_until(ours, "Revoke it at")
            code = running.wait(30)
        finally:
            running.kill()  # nothing where it has ended
            os.close(ours)

    assert 0 == code
    assert 1 == shown.count("    1000.")
    assert not [secret for secret in ("the-secret", "1000.code") if secret in shown]


def read_until(terminal, words):
    shown, end = "", time.monotonic() + 30
    while words not in shown:
        ready, _, _ = select.select([terminal], [], [], max(0, end - time.monotonic()))
        assert ready, shown
        try:
            shown += os.read(terminal, 4096).decode(errors="replace")
        except OSError:
            raise AssertionError(shown) from None
    return shown


async def test_login_says_which_data_center_the_account_is_in(monkeypatch):
    """
    A code may be good for an account that lives elsewhere: the answer names the data centre, and the remark says it.
    """

    async def answer(*_):
        scope = "ZOHOPEOPLE.training.ALL"
        return {"refresh_token": "1000.r", "scope": scope, "api_domain": "https://www.zohoapis.in"}, "HTTP 200"

    monkeypatch.setattr(grant, "ask_for_token", answer)
    code = GrantCode(client_id="1000.i", client_secret=Secret("secret"), code=Secret("1000.c"), was_used=False)
    granted = await exchange_code(
        code, Endpoint(accounts_url="https://accounts.zoho.eu", api_url="https://people.zoho.eu")
    )

    assert "set BATCHPUB_DATA_CENTER=in." in granted.remark
