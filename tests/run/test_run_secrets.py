"""The law of secrets (P7): canaries in all of them, and none in anything that is written or shown."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.waiting import wait_until

ROOT = Path(__file__).parents[2]
MARK = "canary7f3a91"
TOKEN, COOKIE = f"1000.{MARK}.token", f"JSESSIONID={MARK}cookie; other={MARK}second"
KINDS = {
    "token": {"BATCHPUB_ACCESS_TOKEN": TOKEN},
    "cookie": {"BATCHPUB_COOKIE": COOKIE},
    "refresh": {
        "BATCHPUB_CLIENT_ID": f"1000.{MARK}id",
        "BATCHPUB_CLIENT_SECRET": f"{MARK}secret",
        "BATCHPUB_REFRESH_TOKEN": f"1000.{MARK}refresh",
    },
}
SLOW = '[[fault]]\nkind = "slow_body"\nseconds = 20\n'
STUCK = '[[fault]]\nkind = "slow_body"\nseconds = 600\n'
WORKERS = 8
BROKEN = """
import batchpub.services.zoho.people
from batchpub.cli.main import main

async def publish(self, course, *, notify, access, may_send):
    raise RuntimeError(str(dict(access.headers)))

batchpub.services.zoho.people.ZohoPeople.publish = publish
main()
"""
NOISY = {"PYTHONASYNCIODEBUG": "1", "PYTHONFAULTHANDLER": "1", "PYTHONDEVMODE": "1", "PYTHONWARNINGS": "default"}


def refuse_and_repeat(*secrets):
    """Zoho's no to the second call, with what it was called with in its sentence. The token call's own never get there."""
    told = " ".join(secret for secret in secrets if len(secrets) == 1)
    return f'[[fault]]\nkind = "answer"\nstatus = 400\nnth = 2\nbody = \'{{"message": "bad {told}"}}\'\n'


def finds(desk, but_for=()):
    """Every file below the desk that has a canary in it."""
    return [
        path.name
        for path in desk.folder.rglob("*")
        if path.is_file()
        and path.suffix != ".token"
        and path.name not in but_for
        and MARK.encode() in path.read_bytes()
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "ending"),
    [
        ("token", "success"),
        ("token", "failure"),
        ("cookie", "failure"),
        ("cookie", "crash"),
        ("refresh", "signal"),
        ("refresh", "bug"),
        ("token", "bug"),
    ],
)
def test_no_canary_is_written_however_a_run_ends(desk, kind, ending):
    """
    Runs that succeed, fail, crash and are traced, as processes of their own with every noise Python can make.
    """
    desk.write_sheet(12)
    faults = {"failure": refuse_and_repeat(*KINDS[kind].values()), "crash": STUCK}
    desk.serve(faults=faults.get(ending, SLOW))
    environ = {name: value for name, value in os.environ.items() if not name.startswith("BATCHPUB_")}
    environ |= {**desk.environ, **NOISY, "PYTHONPATH": str(ROOT)}
    environ.pop("BATCHPUB_ACCESS_TOKEN")
    environ |= KINDS[kind]
    start = ["-c", BROKEN] if ending == "bug" else ["-m", "batchpub"]
    command = [sys.executable, *start, "publish", "a.csv", "--state", "s.db", "--settle", "0.5", "--period", "1"]
    command += ["--workers", str(WORKERS)]

    with (desk.folder / "out.txt").open("wb") as said:
        run = subprocess.Popen(command, cwd=desk.folder, env=environ, stdout=said, stderr=said)
        wait_until(
            lambda: run.poll() is not None or b"run.started" in (desk.folder / "out.txt").read_bytes(), "it starts"
        )
        shown = Path(f"/proc/{run.pid}/cmdline").read_bytes() if run.poll() is None else b""
        if ending == "crash":  # at rest, every call in flight: the fault handler may not survive threads that move
            wait_until(
                lambda: run.poll() is not None or desk.stats()["arrivals"].get("publish", 0) >= WORKERS, "all are sent"
            )
        if ending in ("crash", "signal"):
            time.sleep(0.2)
            run.send_signal(signal.SIGABRT if ending == "crash" else signal.SIGTERM)
        code = run.wait(60)
    (desk.folder / "faults.toml").unlink()
    reported = desk.start("report", "--state", "s.db", "--out", "again")

    assert 0 == reported.wait()
    assert {"success": 0, "failure": 1, "crash": -6, "signal": 143, "bug": 70}[ending] == code
    assert MARK.encode() not in shown
    assert [] == finds(desk)
    if kind == "refresh":
        assert 0o600 == (desk.folder / "s.db.token").stat().st_mode & 0o777


@pytest.mark.slow
@pytest.mark.parametrize("name", ["access-token", "client-id", "client-secret", "refresh-token", "cookie", "state"])
def test_a_secret_as_a_flag_or_in_a_job_file_is_refused_unseen(desk, name):
    """
    2 or 78, and the sentence does not repeat it.
    """
    value = f"postgresql+asyncpg://bp:{MARK}@db/x" if name == "state" else MARK
    desk.write_sheet(1)
    (desk.folder / "job.toml").write_text(f'{name.replace("-", "_")} = "{value}"\n')
    flag = desk.start("publish", "a.csv", f"--{name}", value)
    job = desk.start("publish", "a.csv", "--job", "job.toml")

    codes = flag.wait(), job.wait()

    assert (78 if name == "state" else 2, 78) == codes
    assert [] == finds(desk, but_for=("job.toml",))


def test_a_crash_leaves_no_picture_of_the_memory(desk):
    """
    Credentials are in a process's memory: it may leave no core file.
    """
    desk.serve(faults=STUCK)
    desk.write_sheet(1)
    run = desk.publish()
    desk.wait_for_calls(1, of=run)

    limits = Path(f"/proc/{run.pid}/limits").read_text()
    run.send(signal.SIGKILL)
    run.wait()

    assert "0" == next(line for line in limits.splitlines() if line.startswith("Max core file size")).split()[4]
