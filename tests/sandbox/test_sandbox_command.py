"""The command line of the sandbox, and its own addresses."""

import asyncio
import json
import shutil
import signal
import socket
import sys
from contextlib import asynccontextmanager

import aiohttp
import pytest
from click.testing import CliRunner

from batchpub.sandbox import SandboxConfig
from batchpub.sandbox.command import sandbox
from batchpub.sandbox.latency import parse_latency

COURSE = "219225000000642002"  # more digits than a double holds


@asynccontextmanager
async def command(*arguments):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "batchpub.sandbox", *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_command_says_where_it_listens_and_ends_in_order(tmp_path, number):
    """
    One line of JSON with the url as soon as it listens; a signal ends it with 0, hanging calls or not.
    """
    plan, courses = tmp_path / "plan.toml", tmp_path / "courses.csv"
    plan.write_text("[[fault]]\nkind = 'timeout_before'\nnth = 1\n")
    courses.write_text(f"id\n{COURSE}\n")

    async with command("--faults", plan, "--courses", courses, "--latency", "0") as process:
        told = json.loads(await process.stdout.readline())
        async with asyncio.timeout(30), aiohttp.ClientSession() as session:
            hanging = asyncio.ensure_future(session.post(f"{told['url']}/api/v1/courses/{COURSE}/publish"))
            while True:
                async with session.get(told["stats"]) as answer:
                    stats = await answer.json()
                if stats["arrivals"]["publish"]:
                    break
            process.send_signal(number)
            code = await process.wait()
            with pytest.raises(aiohttp.ClientError):
                await hanging

    assert (0, 1, 1) == (code, told["courses"], told["faults"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--host", "0.0.0.0"], "the sandbox listens on this machine only"),
        (["--latency", "soon"], "latency 'soon': write seconds like"),
        (["--speed", "0"], "--speed"),
        (["--limit", "0"], "--limit"),
        (["--faults", "nowhere.toml"], "does not exist"),
        (["--faults", "wrong.toml"], "wrong.toml: fault 1: no such kind"),
        (["--courses", "wrong.toml"], "wrong.toml: course 1: no such column"),
        (["--courses", "bytes.csv"], "bytes.csv: "),
    ],
)
def test_wrong_options_are_told(tmp_path, monkeypatch, arguments, sentence):
    """
    What cannot be played is a usage error with a sentence, and never a traceback.
    """
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrong.toml").write_text("[[fault]]\nkind = 'nope'\n[[fault]]\n")
    (tmp_path / "bytes.csv").write_bytes(b"id\n\xff\xfe\n")

    result = CliRunner().invoke(sandbox, arguments)

    assert 2 == result.exit_code
    assert sentence in " ".join(result.output.split())


def test_a_port_that_is_taken_is_told():
    """
    A port that somebody else has is a usage error.
    """
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()

        result = CliRunner().invoke(sandbox, ["--port", str(other.getsockname()[1])])

    assert (2, True) == (result.exit_code, "cannot listen on port" in result.output)


def test_help_tells_the_plan_and_the_stats():
    """
    The help has every kind of fault and how a client is judged.
    """
    text = CliRunner().invoke(sandbox, ["--help"]).output

    assert [] == [
        word for word in ("[[fault]]", "reset_after", "already_published", "sent_after_refusal") if word not in text
    ]


async def test_requests_are_told_without_secrets(play):
    """
    The newest requests can be read, but no token and no cookie.
    """
    canary = "canary-5e1f"
    async with play() as caller:
        await caller.publish(headers={"Authorization": f"Zoho-oauthtoken {canary}", "Cookie": f"a={canary}"})
        await caller.publish(headers={"Authorization": canary})
        await caller.token(client_secret=canary)
        told = await caller.call("GET", "/_sandbox/requests")

    assert [
        ("publish", "Zoho-oauthtoken ***", "***"),
        ("publish", "***", ""),
        ("token", "Zoho-oauthtoken ***", ""),
    ] == [(each["operation"], each["authorization"], each["cookie"]) for each in told.json]
    assert canary.encode() not in told.body


async def test_unknown_addresses(play):
    """
    Any other address is a 404 in JSON.
    """
    async with play() as caller:
        answer = await caller.call("DELETE", f"/api/v1/courses/{COURSE}")

    assert (404, "URL_RULE_NOT_CONFIGURED") == (answer.status, answer.json["code"])


@pytest.mark.parametrize("tool", ["curl", "node"])
async def test_the_samples_of_the_documentation_page_run(play, tool):
    """
    The page's sample requests, with only a cookie and nothing changed but the host, publish the course.
    """
    if shutil.which(tool) is None:
        pytest.skip(f"no {tool} here")
    cookie = "CSRF_TOKEN=0e2c; _zcsr_tmp=0e2c; _zpsid=ab; zalb_3309580ed5=cd"
    async with play() as caller:
        url = f"{caller.sandbox.url}/api/v1/courses/{COURSE}/publish?notifyApplicableUsers=True"
        options = {"method": "POST", "headers": {"Cookie": cookie}, "redirect": "follow"}
        script = f"fetch({json.dumps(url)}, {json.dumps(options)}).then(r => r.text()).then(r => console.log(r))"
        arguments = {
            "curl": ["-s", "--location", "--request", "POST", url, "--header", f"Cookie: {cookie}"],
            "node": ["-e", script],
        }
        process = await asyncio.create_subprocess_exec(tool, *arguments[tool], stdout=asyncio.subprocess.PIPE)
        printed, _ = await process.communicate()

    assert {"courseId": COURSE, "status": "published"} == json.loads(printed)["course"]


async def test_the_python_sample_of_the_documentation_page_runs(play):
    """
    The page's sample for Python's requests, with nothing changed but the host, publishes the course.
    """
    requests = pytest.importorskip("requests")
    async with play() as caller:
        url = f"{caller.sandbox.url}/api/v1/courses/{COURSE}/publish?notifyApplicableUsers=True"
        headers = {"Cookie": "CSRF_TOKEN=0e2c; _zcsr_tmp=0e2c; _zpsid=ab; zalb_3309580ed5=cd"}
        response = await asyncio.to_thread(requests.request, "POST", url, headers=headers, data={})

    assert {"courseId": COURSE, "status": "published"} == response.json()["course"]


@pytest.mark.parametrize(
    "wrong", [{"host": "0.0.0.0"}, {"speed": 0}, {"limit": 0}, {"period_seconds": 0}, {"latency_seconds": "x"}]
)
def test_wrong_configurations_are_refused(wrong):
    """
    What cannot be played is refused before anything listens.
    """
    with pytest.raises(ValueError, match=r"\w"):
        SandboxConfig(**wrong)


@pytest.mark.parametrize("text", ["", "x", "-1", "1-", "1-2-3", "nan", "lognormal:", "lognormal:x"])
def test_wrong_latencies_are_refused(text):
    """
    Only the three ways to write a latency are read.
    """
    with pytest.raises(ValueError, match="write seconds like"):
        parse_latency(text)
