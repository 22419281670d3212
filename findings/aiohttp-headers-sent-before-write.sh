#!/bin/sh
# Guess, written down before running: aiohttp's trace signal on_request_headers_sent ("executed when the headers of a request are
# sent") fires when they have been handed to the connection, so whoever raises in it is too late to keep the request from going out.
#
# Seen (aiohttp 3.14.5, Python 3.11): it fires right before anything is written. While its handler runs the server has received
# nothing, and where the handler raises, the connection is closed with not one byte sent. The name says the opposite, and the
# behaviour is the useful one: it is the last moment to call a request off.
#
# Exits 1 when that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "aiohttp==3.14.5"
cat > "$folder/try.py" <<'PY'
import asyncio
import sys

import aiohttp


async def main():
    received, ended = bytearray(), asyncio.Event()

    async def serve(reader, writer):
        while chunk := await reader.read(65536):
            received.extend(chunk)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        ended.set()
        writer.close()

    async def handler(_session, context, _params):
        await asyncio.sleep(0.2)  # time enough for anything that was written to arrive
        context.trace_request_ctx.append(len(received))
        if len(context.trace_request_ctx) > 1:
            raise RuntimeError("called off")

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(handler)
    async with server, aiohttp.ClientSession(
        trace_configs=[trace], connector=aiohttp.TCPConnector(force_close=True)
    ) as session:
        told = []
        async with session.get(url, trace_request_ctx=told) as response:
            status = response.status
        at_signal, after = told[0], len(received)
        await ended.wait()
        received.clear()
        ended.clear()
        try:
            await session.get(url, trace_request_ctx=["second"])
        except RuntimeError:
            pass
        await asyncio.wait_for(ended.wait(), 5)
        print(f"aiohttp {aiohttp.__version__}: status {status}, bytes at the server when the signal fired: {at_signal}, "
              f"afterwards: {after}; after a handler that raises: {len(received)}")
        return (status, at_signal, after > 0, len(received)) == (200, 0, True, 0)


sys.exit(0 if asyncio.run(main()) else 1)
PY
"$folder/venv/bin/python" "$folder/try.py"
