"""The sample requests of the documentation page, with nothing changed but the host."""

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest

COURSE = "219225000000642002"
BATCH = "219225000000700001"
COOKIE = (
    "CSRF_TOKEN=9b0b0d0e-1b7c-4a63-8c9e-111111111111; _zcsr_tmp=9b0b0d0e-1b7c-4a63-8c9e-111111111111; "
    "_zpsid=0123456789abcdef; zalb_a2e0c7b3d1=d4c3b2a1"
)
CURL = """curl --location --request POST \
'{url}/api/v1/courses/{path}/publish?notifyApplicableUsers=True' \
--header 'Cookie: {cookie}'"""
PYTHON = """
import requests

url = "{url}/api/v1/courses/{path}/publish?notifyApplicableUsers=True"

payload = {{}}
headers = {{
  'Cookie': '{cookie}'
}}

response = requests.request("POST", url, headers=headers, data=payload)

print(response.text)
"""
JAVASCRIPT = """
var myHeaders = new Headers();
myHeaders.append("Cookie", "{cookie}");

var requestOptions = {{
  method: 'POST',
  headers: myHeaders,
  redirect: 'follow'
}};

fetch("{url}/api/v1/courses/{path}/publish?notifyApplicableUsers=True", requestOptions)
  .then(response => response.text())
  .then(result => console.log(result))
  .catch(error => console.log('error', error));
"""


def has_fetch():
    """Tell whether there is a node, and one that knows fetch (18 or newer)."""
    node = shutil.which("node")
    if node is None:
        return False
    import subprocess

    told = subprocess.run([node, "-p", "typeof fetch"], capture_output=True, text=True, check=False)
    return told.stdout.strip() == "function"


SAMPLES = {
    "curl": (lambda sample: ["sh", "-c", sample], CURL, shutil.which("curl") is not None, "no curl here"),
    "requests": (lambda sample: [sys.executable, "-c", sample], PYTHON, True, ""),
    "fetch": (lambda sample: ["node", "-e", sample], JAVASCRIPT, has_fetch(), "no node with fetch here"),
}


@pytest.mark.parametrize("path", [COURSE, f"{COURSE}/batches/{BATCH}"])
@pytest.mark.parametrize("sample", SAMPLES)
async def test_sample_request_publishes(play, sample, path):
    """
    A POST with only a Cookie header publishes the course, or the batch, once and as the page says.
    """
    command, text, is_there, reason = SAMPLES[sample]
    if not is_there:
        pytest.skip(reason)
    proxies = {name for name in os.environ if name.lower().endswith("_proxy")}
    environ = {name: value for name, value in os.environ.items() if name not in proxies}

    async with play() as caller:
        line = command(text.format(url=caller.sandbox.url, path=path, cookie=COOKIE))
        process = await asyncio.create_subprocess_exec(
            *line, env=environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=Path("/")
        )
        out, _ = await asyncio.wait_for(process.communicate(), 30)
        stats, requests = caller.sandbox.stats(), caller.sandbox.requests()

    assert 0 == process.returncode
    assert '"status": "published"' in out.decode()
    assert f'"courseId": "{COURSE}"' in out.decode()
    assert {path.replace("/batches", ""): ["True"]} == {
        key: record["notify"] for key, record in stats["courses"].items() if record["published"] == 1
    }
    assert [("", "***")] == [(request["authorization"], request["cookie"]) for request in requests]


async def test_cookie_carries_no_lock_into_our_own_calls(play):
    """
    The page's samples send a load balancer's cookie; whoever sends none is let in by its token all the same.
    """
    async with play() as caller:
        answer = await caller.publish()

    assert 200 == answer.status
