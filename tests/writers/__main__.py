"""The writers' matrix: real programs write the same list of ids, and batchpub's check is asked about every file.

    python -m tests.writers                 install, write, check, write docs/what-programs-do-to-ids.md
    python -m tests.writers --keep FOLDER   the same in a folder that is kept, with what is there already

Outside CI: it installs packages of npm and PyPI into a folder of its own, and takes Debian's programs as they are installed
(`--debian` prints the command that installs them). What is missing is named on the page as not tried. Ends with 1 where any
file would publish an id that nobody meant, or where batchpub broke.
"""

import argparse
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.writers import commands, pins
from tests.writers.job import HEADINGS, JOB
from tests.writers.judge import judge, load_manifest
from tests.writers.page import write_page

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "what-programs-do-to-ids.md"
JARS = Path("/usr/share/java")


def main():
    """Run the whole matrix."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--keep", type=Path)
    asked.add_argument("--debian", action="store_true")
    told = asked.parse_args()
    if told.debian:
        print(
            "apt-get install --no-install-recommends", *(f"{name}={version}" for name, version in pins.DEBIAN.items())
        )
        return
    with tempfile.TemporaryDirectory() as made:
        base = told.keep.absolute() if told.keep else Path(made)
        verdicts = _run(base)
    PAGE.write_text(write_page(verdicts), encoding="utf-8")
    bad = [one for one in verdicts if one.wrong or one.crashed]
    for one in bad:
        print(one.program, one.call, one.kind, one.file, one.wrong, one.crashed[-300:])
    print(f"{sum(bool(one.file) for one in verdicts)} files, {len(bad)} wrong; {PAGE}")
    sys.exit(bool(bad))


def _run(base):
    files = base / "files"
    files.mkdir(parents=True, exist_ok=True)
    job = base / "job.json"
    job.write_text(json.dumps(JOB))
    lines = [HEADINGS, *JOB["rows"]]
    table = base / "job.tsv"
    table.write_text("".join("\t".join(one.replace("\n", " ") for one in row) + "\n" for row in lines))
    python = _install_pypi(base / "pypi")
    npm = _install_npm(base / "npm")
    drivers = {
        "pypi": ([python, "-W", "ignore", HERE / "write_pypi.py", job, files], base),
        "npm": (["node", HERE / "write_npm.mjs", job, files], npm),
        "r": (["Rscript", HERE / "write_r.R", table, files], base),
        "perl": (["perl", HERE / "write_perl.pl", job, files], base),
        "php": (["php", HERE / "write_php.php", job, files], base),
        "ruby": (["ruby", HERE / "write_ruby.rb", job, files], base),
        "java": (
            [
                "java",
                "-cp",
                ":".join(str(JARS / f"{name}.jar") for name in pins.JARS),
                HERE / "WriteJava.java",
                table,
                files,
            ],
            base,
        ),
    }
    told = [line for name, (command, cwd) in drivers.items() for line in _drive(name, command, cwd, base)]
    told += _command_lines(base, files, told)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(functools.partial(judge, folder=files), told, chunksize=16))


def _drive(name, command, cwd, base):
    """Run one driver, unless its manifest is there already."""
    manifest = base / f"{name}.jsonl"
    if not manifest.exists():
        program = str(command[0])
        if not shutil.which(program):
            missing = {
                "program": program,
                "version": "",
                "call": "all",
                "kind": "text",
                "file": "",
                "error": "not installed",
            }
            return [{**missing, "group": name}]
        print(f"{name} ...", flush=True)
        done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, timeout=1800, check=False)
        manifest.write_bytes(done.stdout)
        if done.returncode:
            print(done.stderr.decode(errors="replace")[-500:])
    return [{**line, "group": name} for line in load_manifest(manifest)]


def _command_lines(base, files, told):
    manifest = base / "command.jsonl"
    if not manifest.exists():
        desk = commands.Desk(files)
        for write in (commands.write_sqlite, commands.write_postgresql, commands.write_mariadb, commands.write_tools):
            print(f"{write.__name__} ...", flush=True)
            write(desk)
        commands.write_round_trips(desk, _find_sources(files, told, desk))
        manifest.write_text("\n".join(map(json.dumps, desk.told)))
    return [{**line, "group": "command"} for line in load_manifest(manifest)]


def _find_sources(files, told, desk):
    by_call = {(line["program"], line["call"], line["kind"]): line["file"] for line in told if line["file"]}
    wanted = [
        ("xlsx", ("openpyxl", "Workbook"), kind)
        for kind in ("text", "integer", "hidden", "merged", "formula", "filter")
    ]
    wanted += [("xls", ("xlwt", "Workbook"), kind) for kind in ("text", "hidden")]
    wanted += [("ods", ("pandas", "to_excel, odf"), "text")]
    found = [(label, files / by_call[*call, kind], kind) for label, call, kind in wanted if (*call, kind) in by_call]
    return [*found, ("csv", desk.csv, "text")]


def _install_pypi(folder):
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        wanted = [f"{name}=={version}" for name, version in pins.PYPI.items()]
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *wanted], check=True)
    return python


def _install_npm(folder):
    if not (folder / "node_modules").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text(json.dumps({"private": True, "dependencies": pins.NPM}))
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"], cwd=folder, check=True
        )
    return folder


if __name__ == "__main__":
    main()
