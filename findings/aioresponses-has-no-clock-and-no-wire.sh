#!/usr/bin/env bash
# aioresponses with aiohttp: neither a session's tracing nor its time-outs nor a body that is too short exist in such a test.
#
# Guess, written down first: aioresponses answers in place of the connection, so that what the session does around a call
# still happens: trace hooks for the start and the end are called, a total time-out ends a slow answer, and a body shorter
# than its Content-Length raises ClientPayloadError.
# Seen (aioresponses 0.7.9, aiohttp 3.13.5, Python 3.11): it takes the place of ClientSession._request itself. No trace hook
# is called, not even on_request_start; an answer that takes 0.5 s is good with a total time-out of 0.1 s; 10 bytes with
# "Content-Length: 20" are read without an error.
# What follows: code that learns from the trace whether a request has left, or that must end in time, is tested against
# a server on loopback. A green test with aioresponses says nothing about either.
# With aiohttp 3.14 every answered call of aioresponses 0.7.9 raises TypeError (upstream issue 289), hence the older aiohttp.
# Source: aioresponses/core.py, which patches "aiohttp.client.ClientSession._request".
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install aiohttp==3.13.5 aioresponses==0.7.9
cat > "$folder/show.py" <<'PY'
import asyncio
import sys

from aiohttp import ClientSession, ClientTimeout, TraceConfig
from aioresponses import CallbackResult, aioresponses

URL = "http://service.test/"
HOOKS = ("on_request_start", "on_request_headers_sent", "on_request_chunk_sent", "on_request_end")


def tracing(heard):
    trace = TraceConfig()
    for name in HOOKS:

        async def hear(*_, name=name):
            heard.append(name)

        getattr(trace, name).append(hear)
    return trace


async def slowly(*_, **__):
    await asyncio.sleep(0.5)
    return CallbackResult(body="late")


async def main():
    heard = []
    with aioresponses() as service:
        service.post(URL, body="good")
        service.get(URL, callback=slowly)
        service.put(URL, body=b"x" * 10, headers={"Content-Length": "20"})
        async with ClientSession(trace_configs=[tracing(heard)], timeout=ClientTimeout(total=0.1)) as session:
            async with session.post(URL, data=b"body") as answer:
                good = await answer.text()
            async with session.get(URL) as answer:
                late = await answer.text()
            async with session.put(URL) as answer:
                short = await answer.read()
    print(f"answer {good!r}; trace hooks called: {heard}; after 0.5 of 0.1 s: {late!r}; {len(short)} of 20 bytes, no error")
    sys.exit((good, heard, late, len(short)) != ("good", [], "late", 10))


asyncio.run(main())
PY
"$folder/venv/bin/python" "$folder/show.py"
