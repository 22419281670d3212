"""An account for the pages' programs: the sandbox in a thread, and the variables that lead to it."""

import asyncio
import threading

import pytest

from batchpub.sandbox import Sandbox, SandboxConfig

LIST = "Course ID,Course name\n478346000019582101,Fire Safety\n478346000019582102,Water\nx,Nonsense\n"


@pytest.fixture
def account(tmp_path, monkeypatch):
    """Play Zoho beside a program that has an event loop of its own, or none; give its URL."""
    started, ended = threading.Event(), threading.Event()
    playing = []

    async def play():
        async with Sandbox(SandboxConfig()) as sandbox:
            playing.append(sandbox.url)
            started.set()
            await asyncio.to_thread(ended.wait)

    thread = threading.Thread(target=asyncio.run, args=(play(),))
    thread.start()
    assert started.wait(20)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "courses.csv").write_text(LIST, encoding="utf-8")
    (tmp_path / "courses.xlsx").write_text(LIST, encoding="utf-8")  # its bytes say what it is
    told = {
        "ACCESS_TOKEN": "of-the-sandbox",
        "API_URL": playing[0],
        "ACCOUNTS_URL": playing[0],
        "STATE": "state.db",
    }
    for name, value in told.items():
        monkeypatch.setenv(f"BATCHPUB_{name}", value)
    try:
        yield playing[0]
    finally:
        ended.set()
        thread.join(20)
