"""What starting costs: `python -m tests.bench.startup [--than PYTHON] [--rounds 15]`, from the top folder.

CPU seconds (user and system) of whole processes, medians, each in turn with the same command of another installation, so
that a busy machine slows both: `--than` names the Python of an environment that has the other build. Peak memory as well.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "jobs" / "example" / "courses.xlsx"
FAULTS = ROOT / "jobs" / "example" / "sandbox.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A command, what of the other build's CPU it may take at most, and of its memory."""

    name: str
    arguments: tuple[str, ...]
    cpu: float
    memory: float | None = None
    environ: tuple[tuple[str, str], ...] = ()


STARTS = (
    Start(name="check", arguments=("check", "courses.xlsx", "--state", "none.db"), cpu=0.45, memory=0.7),
    Start(name="check, with a state", arguments=("check", "courses.xlsx", "--state", "state.db"), cpu=0.6, memory=0.8),
    Start(
        name="publish --sandbox --speed 1000",
        arguments=("publish", "courses.xlsx", "--sandbox", "--speed", "1000", "--out", "out"),
        cpu=0.7,
    ),
    Start(name="check --help", arguments=("check", "--help"), cpu=0.2),
    Start(
        name="completion",
        arguments=(),
        cpu=0.2,
        environ=(("_BATCHPUB_COMPLETE", "bash_complete"), ("COMP_WORDS", "batchpub check --"), ("COMP_CWORD", "2")),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    seconds: float
    megabytes: float


def run_once(python: Path, start: Start, folder: Path) -> Cost:
    """Run a command to its end; give what the kernel says it cost."""
    shutil.rmtree(folder / "out", ignore_errors=True)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("BATCHPUB_")}
    command = python.parent / "batchpub"
    with subprocess.Popen(
        [command, *start.arguments],
        cwd=folder,
        env=environ | dict(start.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in (0, 1), (start.name, process.returncode)
    return Cost(seconds=used.ru_utime + used.ru_stime, megabytes=used.ru_maxrss / 1024)


def make_folder(python: Path, top: Path) -> Path:
    """Give a folder with the example, and a state that a build has made itself."""
    folder = top / str(abs(hash(python)))
    folder.mkdir()
    shutil.copy(EXAMPLE, folder / "courses.xlsx")
    shutil.copy(FAULTS, folder / "sandbox.toml")
    environ = os.environ | {"BATCHPUB_ACCESS_TOKEN": "1000.none"}
    command = [python.parent / "batchpub", "publish", "courses.xlsx", "--state", "state.db", "--expect", "1"]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, check=False)
    assert (4, True) == (done.returncode, (folder / "state.db").exists()), done.stderr.decode()
    return folder


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--than", type=Path, help="the Python of an environment with another build of batchpub")
    parser.add_argument("--rounds", type=int, default=15)
    told = parser.parse_args()
    pythons = [Path(sys.executable), *([told.than] if told.than else [])]
    with tempfile.TemporaryDirectory(prefix="batchpub-startup-") as top:
        folders = {python: make_folder(python, Path(top)) for python in pythons}
        print("| command | CPU, s | other, s | of it | at most | MiB | other | of it |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        for start in STARTS:
            costs: dict[Path, list[Cost]] = {python: [] for python in pythons}
            for _ in range(told.rounds):
                for python in pythons:
                    costs[python].append(run_once(python, start, folders[python]))
            seconds, megabytes = (
                [statistics.median(getattr(one, what) for one in costs[python]) for python in pythons]
                for what in ("seconds", "megabytes")
            )
            other = (
                f"{seconds[1]:.2f} | {seconds[0] / seconds[1]:.2f} | {start.cpu}" if told.than else f" | | {start.cpu}"
            )
            heap = f"{megabytes[1]:.0f} | {megabytes[0] / megabytes[1]:.2f}" if told.than else " | "
            print(f"| {start.name} | {seconds[0]:.2f} | {other} | {megabytes[0]:.0f} | {heap} |", flush=True)


if __name__ == "__main__":
    main()
