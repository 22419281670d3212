"""The token: one at a time, kept between runs, never written where others can read it."""

import asyncio
import json
import math
import stat
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from batchpub.clock import SystemClock
from batchpub.errors import AccessRefused, ServiceUnreachable, SettingsWrong
from batchpub.secret import Secret
from batchpub.services.zoho.access import AccessToken, Cookie, FixedAccess, RefreshCredentials
from batchpub.services.zoho.accounts import raise_if_final
from batchpub.services.zoho.hosts import Endpoint
from batchpub.services.zoho.token import TokenSource
from batchpub.services.zoho.turns import take_turn

CREDENTIALS = RefreshCredentials(
    client_id="1000.ID", client_secret=Secret("the-secret"), refresh_token=Secret("1000.refresh")
)


class SleepingClock:
    """Time passes by sleeping only."""

    boot_id = "boot"

    def __init__(self):
        self.time = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        self.slept = []

    def now(self):
        return self.time

    def boot_seconds(self):
        return self.time.timestamp()

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)


class Accounts:
    """Plays the accounts host: scripted answers first, then a new token for every call."""

    def __init__(self):
        self.script = []
        self.forms = []
        self.seconds = 0.0

    async def token(self, request):
        self.forms.append(dict(await request.post()))
        assert not request.query
        await asyncio.sleep(self.seconds)
        if self.script:
            status, body = self.script.pop(0)
            return web.Response(status=status, text=body if isinstance(body, str) else json.dumps(body))
        return web.json_response({"access_token": f"1000.t{len(self.forms)}", "expires_in": 3600})


@pytest.fixture
async def accounts():
    played = Accounts()
    app = web.Application()
    app.router.add_post("/oauth/v2/token", played.token)
    async with TestServer(app) as server:
        played.url = str(server.make_url("")).rstrip("/")
        yield played


@pytest.fixture
def clock():
    return SleepingClock()


def make_source(accounts, clock, token_file=None, credentials=CREDENTIALS, api_url="https://people.zoho.com"):
    endpoint = Endpoint(api_url=api_url, accounts_url=accounts.url)
    return TokenSource(credentials, endpoint, clock=clock, token_file=token_file)


def bearer(token):
    return {"Authorization": f"Zoho-oauthtoken {token}"}


async def header_of(source):
    return (await source.get_access()).headers


async def test_token_is_asked_for_once_and_in_the_form(accounts, clock):
    """
    Many callers at once cost one call, with the secrets in its body.
    """
    source = make_source(accounts, clock)

    headers = await asyncio.gather(*(header_of(source) for _ in range(200)))

    assert [bearer("1000.t1")] * 200 == headers
    assert [
        {
            "grant_type": "refresh_token",
            "client_id": "1000.ID",
            "client_secret": "the-secret",
            "refresh_token": "1000.refresh",
        }
    ] == accounts.forms


async def test_wave_of_refusals_renews_once(accounts, clock):
    """
    Two hundred calls refused with one token make one new token; a straggler of that wave makes none.
    """
    source = make_source(accounts, clock)
    stale = await source.get_access()

    renewed = await asyncio.gather(*(source.renew(stale) for _ in range(200)))
    straggler = await source.renew(stale)

    assert ([True] * 200, True) == (renewed, straggler)
    assert (bearer("1000.t2"), 2) == (await header_of(source), len(accounts.forms))


@pytest.mark.parametrize(("lifetime", "margin"), [(3600, 300), (600, 60)])
async def test_token_is_renewed_shortly_before_its_end(accounts, clock, lifetime, margin):
    """
    Five minutes, or a tenth of a short life, before the end there is a new one; not earlier.
    """
    accounts.script = [(200, {"access_token": "1000.first", "expires_in": lifetime})]
    source = make_source(accounts, clock)
    await source.get_access()

    clock.time += timedelta(seconds=lifetime - margin - 1)
    before = await header_of(source)
    clock.time += timedelta(seconds=1)
    after = await header_of(source)

    assert (bearer("1000.first"), bearer("1000.t2")) == (before, after)


async def test_token_lives_between_runs_in_a_private_file(accounts, clock, tmp_path):
    """
    The next run uses the kept token; only the owner can read it and no other secret is in it.
    """
    file = tmp_path / "state" / "token.json"
    await make_source(accounts, clock, file).get_access()

    header = await header_of(make_source(accounts, clock, file))

    assert (bearer("1000.t1"), 1, 0o600) == (header, len(accounts.forms), stat.S_IMODE(file.stat().st_mode))
    assert {"token.json": True, "token.json.lock": False} == {
        f.name: bool(f.read_bytes()) for f in file.parent.iterdir()
    }
    assert not any(secret in file.read_text() for secret in ("the-secret", "1000.refresh", "1000.ID"))


async def test_process_that_finds_a_newer_token_takes_it(accounts, clock, tmp_path):
    """
    A wave of 401s over two processes costs one token.
    """
    one, two = (make_source(accounts, clock, tmp_path / "t") for _ in range(2))
    stale = await one.get_access()
    assert stale == await two.get_access()

    clock.time += timedelta(seconds=1)
    await one.renew(stale)
    await two.renew(stale)

    assert (await one.get_access(), 2) == (await two.get_access(), len(accounts.forms))


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"[]", b"{}", b"[" * 100_000, b'{"fingerprint": null, "minted": 3}', b'{"expires_at": "x"}'],
)
async def test_damaged_cache_holds_nothing(accounts, clock, tmp_path, content):
    """
    A file that makes no sense is replaced.
    """
    file = tmp_path / "t"
    file.write_bytes(content)
    file.chmod(0o600)

    assert bearer("1000.t1") == await header_of(make_source(accounts, clock, file))
    assert "1000.t1" == json.loads(file.read_bytes())["access_token"]


async def test_cache_of_other_credentials_or_eyes_is_not_used(accounts, clock, tmp_path):
    """
    A token of another refresh token, or one that others could read, is not ours.
    """
    file = tmp_path / "t"
    await make_source(accounts, clock, file).get_access()
    other = RefreshCredentials(client_id="1000.ID", client_secret=Secret("s"), refresh_token=Secret("1000.other"))

    assert bearer("1000.t2") == await header_of(make_source(accounts, clock, file, other))
    file.chmod(0o644)
    assert bearer("1000.t3") == await header_of(make_source(accounts, clock, file, other))


async def test_file_that_cannot_be_written_leaves_the_token_in_memory(accounts, clock, tmp_path):
    """
    No place for the file is no reason to stop.
    """
    (tmp_path / "file").write_text("")
    source = make_source(accounts, clock, tmp_path / "file" / "t")

    assert [bearer("1000.t1")] * 2 == [await header_of(source), await header_of(source)]


async def test_ten_tokens_in_ten_minutes_over_all_runs(accounts, clock, tmp_path):
    """
    The eleventh token waits until the first is ten minutes old, whichever run asked for the others.
    """
    file = tmp_path / "t"
    for _ in range(10):
        source = make_source(accounts, clock, file)
        await source.renew(await source.get_access())
        clock.time += timedelta(seconds=10)

    source = make_source(accounts, clock, file)
    await source.renew(await source.get_access())

    # Two calls at 0 s, then one every 10 s: the eleventh, at 90 s, waits for the first to be 600 s old.
    assert (12, [510.0]) == (len(accounts.forms), clock.slept)


@pytest.mark.parametrize(
    ("error", "variable"),
    [
        ("invalid_client", "BATCHPUB_CLIENT_ID"),
        ("invalid_client_secret", "BATCHPUB_CLIENT_SECRET"),
        ("invalid_code", "BATCHPUB_REFRESH_TOKEN"),
        ("invalid_grant", "BATCHPUB_REFRESH_TOKEN"),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
async def test_final_error_names_the_secret_to_replace(accounts, clock, error, variable, status):
    """
    One call, no second try, and a sentence that names the variable and not its value.
    """
    accounts.script = [(status, {"error": error})]

    with pytest.raises(AccessRefused, match=variable) as caught:
        await make_source(accounts, clock).get_access()

    assert (1, []) == (len(accounts.forms), clock.slept)
    assert "the-secret" not in str(caught.value)


async def test_passing_trouble_is_waited_out(accounts, clock):
    """
    Server errors, nonsense, a token no header can hold and an unknown error are tried again.
    """
    accounts.script = [(500, "oops"), (200, "<html>"), (200, {"access_token": "a\nb"}), (200, {"error": "general"})]

    assert bearer("1000.t5") == await header_of(make_source(accounts, clock))
    assert [1.0, 2.0, 4.0, 8.0] == clock.slept


async def test_own_throttle_of_the_token_call_is_waited_out(accounts, clock):
    """
    "Access Denied" costs the ten minutes of Zoho's window.
    """
    accounts.script = [(400, {"error": "Access Denied", "error_description": "too many requests continuously"})]

    assert bearer("1000.t2") == await header_of(make_source(accounts, clock))
    assert [600.0] == clock.slept


async def test_accounts_out_of_reach_ends_in_a_sentence(clock, unused_tcp_port):
    """
    After a bounded number of tries the run is told that the service cannot be reached.
    """
    nobody = Endpoint(api_url="https://people.zoho.com", accounts_url=f"http://127.0.0.1:{unused_tcp_port}")
    source = TokenSource(CREDENTIALS, nobody, clock=clock)

    with pytest.raises(ServiceUnreachable, match="run the same command later"):
        await source.get_access()

    assert [1.0, 2.0, 4.0, 8.0] == clock.slept


@pytest.mark.parametrize(
    ("credentials", "header"),
    [
        (AccessToken(token=Secret("1000.x")), bearer("1000.x")),
        (Cookie(cookie=Secret("a=1; b=2")), {"Cookie": "a=1; b=2"}),
    ],
)
async def test_fixed_credentials_are_sent_as_they_are(credentials, header):
    """
    A bare token and a cookie are never renewed and never shown.
    """
    source = FixedAccess(credentials)

    access = await source.get_access()

    assert (header, math.inf) == (access.headers, access.expires_at)
    assert await source.renew(access) is False
    assert "1000.x" not in repr(source) + repr(access)


@pytest.mark.parametrize("value", ["", "a\nb", "a\r\nX: y", "é"])
@pytest.mark.parametrize("kind", [AccessToken, Cookie])
def test_secret_that_no_header_can_hold_is_refused(kind, value):
    """
    A stray line break in a secret is named before anything is sent.
    """
    credentials = kind(token=Secret(value)) if kind is AccessToken else kind(cookie=Secret(value))

    with pytest.raises(SettingsWrong, match="BATCHPUB_"):
        FixedAccess(credentials)


@pytest.mark.parametrize("fresh", [True, False])
async def test_processes_that_ask_at_once_cost_one_token(accounts, tmp_path, fresh):
    """
    Five processes that have no token, or all meet the same 401, wait for the first and take what it got.
    """
    sources = [make_source(accounts, SystemClock(), tmp_path / "t") for _ in range(5)]
    if not fresh:
        for source in sources:
            stale = await source.get_access()
    accounts.seconds = 0.15
    before = len(accounts.forms)

    if fresh:
        await asyncio.gather(*(source.get_access() for source in sources))
    else:
        await asyncio.gather(*(source.renew(stale) for source in sources))

    assert 1 == len(accounts.forms) - before
    assert 1 == len({str(await header_of(source)) for source in sources})


async def test_process_that_is_suspended_with_the_turn_does_not_hold_us_for_ever(accounts, clock, tmp_path):
    """
    A turn that is never given back is waited for twice a call's time, and then not any more.
    """
    async with take_turn(tmp_path / "t.lock", clock=clock, patience_seconds=0):
        header = await header_of(make_source(accounts, clock, tmp_path / "t"))

    assert bearer("1000.t1") == header
    assert 60 <= sum(clock.slept) < 61


@pytest.mark.parametrize(
    "body",
    [
        {"error": "Zugriff verweigert", "status": "failure"},
        {"error": "アクセスが拒否されました"},
        {"error": "general", "error_description": "You have made too many requests continuously."},
    ],
)
async def test_throttle_is_known_in_any_language(accounts, clock, body):
    """
    An error that is a text rather than a code waits the ten minutes, whatever the language.
    """
    accounts.script = [(400, body)]

    assert bearer("1000.t2") == await header_of(make_source(accounts, clock))
    assert [600.0] == clock.slept


@pytest.mark.parametrize(
    ("api_domain", "api_url", "told"),
    [
        ("https://www.zohoapis.eu", "https://people.zoho.com", "BATCHPUB_DATA_CENTER=eu"),
        ("https://www.zohoapis.com.au", "https://people.zoho.eu/", "BATCHPUB_DATA_CENTER=com.au"),
        ("https://www.zohoapis.ca", "https://people.zoho.com", "BATCHPUB_DATA_CENTER=ca"),
        ("https://www.zohoapis.com", "https://people.zoho.uk", "BATCHPUB_DATA_CENTER=com"),
        ("https://www.zohoapis.eu", "https://people.zoho.eu", ""),
        ("https://www.zohoapis.ca", "https://people.zohocloud.ca", ""),
        ("https://www.zohoapis.eu", "http://127.0.0.1:1", ""),
        ("https://example.org", "https://people.zoho.eu", ""),
        ("https://[", "https://people.zoho.eu", ""),
        (7, "https://people.zoho.eu", ""),
        (None, "https://people.zoho.eu", ""),
    ],
)
async def test_other_data_center_is_told(accounts, clock, tmp_path, api_domain, api_url, told):
    """
    Where the token answer names another data centre than the one that is called, the access says which to set, also in
    the next run.
    """
    accounts.script = [(200, {"access_token": "1000.t", "expires_in": 3600, "api_domain": api_domain})]

    def source():
        return make_source(accounts, clock, tmp_path / "token", api_url=api_url)

    hints = [(await source().get_access()).hint, (await source().get_access()).hint]

    assert 1 == len(accounts.forms)
    assert hints[0] == hints[1]
    assert bool(told) is bool(hints[0])
    assert told in hints[0]


@pytest.mark.parametrize(
    ("accounts_url", "page"),
    [
        ("https://accounts.zoho.eu", "https://api-console.zoho.eu"),
        ("https://accounts.zohocloud.ca", "https://api-console.zohocloud.ca"),
        ("https://login.example.org", "the API console"),
    ],
)
def test_final_error_says_where_the_secret_is_made(accounts_url, page):
    """
    The console of the same data centre is named.
    """
    with pytest.raises(AccessRefused, match=page):
        raise_if_final({"error": "invalid_client_secret"}, accounts_url)
