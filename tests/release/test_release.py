"""What is released: a wheel that runs in a clean environment, and a sdist from which it is built."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from batchpub import __version__

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements.lock"
NOT_COPIED = (
    ".git",
    ".venv",
    ".*_cache",
    ".hypothesis",
    "__pycache__",
    "*.egg-info",
    "build",
    "dist",
    "batchpub-reports",
)
USED = ("batchpub-reports/run/report.html", "jobs/compose/secrets/client_id", "jobs/compose/sheets/may.csv")


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """The sdist, and the wheel that is built from it and from nothing else, in a checkout in which the program was used."""
    folder = tmp_path_factory.mktemp("dist")
    source = tmp_path_factory.mktemp("source") / "project"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*NOT_COPIED))
    for used in USED:
        (source / used).parent.mkdir(parents=True)
        (source / used).write_text("somebody's")
    command = [sys.executable, "-m", "build", "--outdir", str(folder), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert 0 == done.returncode, done.stdout[-2000:] + done.stderr[-2000:]
    return folder


@pytest.mark.slow
def test_wheel_has_the_program_and_nothing_else(released):
    """
    Every file of the package that git knows is in the wheel, py.typed and templates too; no tests, no jobs.
    """
    (wheel,) = released.glob("batchpub-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    listed = subprocess.run(["git", "ls-files", "batchpub"], cwd=ROOT, capture_output=True, text=True, check=False)
    known = listed.stdout.split() or [
        str(path.relative_to(ROOT)) for path in (ROOT / "batchpub").rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]  # fmt: skip

    assert wheel.name == f"batchpub-{__version__}-py3-none-any.whl"
    assert sorted(known) == sorted(name for name in names if ".dist-info/" not in name)
    assert "batchpub/py.typed" in names
    assert f"batchpub-{__version__}.dist-info/licenses/LICENSE" in names


@pytest.mark.slow
def test_sdist_is_the_whole_project(released):
    """
    Whoever packages it finds the tests, the documentation, the jobs and the changes in the sdist.
    """
    (sdist,) = released.glob("batchpub-*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert {"CHANGELOG.md", "LICENSE", "README.md", "docs/README.md", "jobs/courses.toml", ".ci/run"} <= names
    assert set() == names & set(USED)
    assert {"tests/release/test_release.py", "tests/data/sheets/cases.json", "jobs/example/courses.xlsx"} <= names


@pytest.mark.slow
def test_wheel_runs_in_a_clean_environment(released, tmp_path):
    """
    Installed alone, the wheel tells its version and rehearses the example as the README promises.
    """
    (wheel,) = released.glob("batchpub-*.whl")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("BATCHPUB_", "PYTHON"))}
    python = tmp_path / "venv" / "bin" / "python"
    program = tmp_path / "venv" / "bin" / "batchpub"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    subprocess.run([python, "-m", "pip", "install", "-q", wheel], env=clean, capture_output=True, check=True)

    version = subprocess.run(
        [program, "--version"], cwd=tmp_path, env=clean, capture_output=True, text=True, check=True
    )
    command = [program, "publish", ROOT / "jobs" / "example" / "courses.xlsx", "--sandbox", "--speed", "60"]
    done = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True, timeout=120, check=False)

    (reports,) = (tmp_path / "batchpub-reports").iterdir()
    outcomes = [row["outcome"] for row in json.loads((reports / "run_results.json").read_text())["rows"]]
    told = f"exit code 1 and {outcomes.count('published')} of {len(outcomes)} rows published"
    assert told in (ROOT / "README.md").read_text()
    assert f"batchpub, version {__version__}\n" == version.stdout
    assert (1, True) == (done.returncode, (reports / "report.html").stat().st_size > 10_000), done.stderr[-2000:]


def test_changelog_knows_this_version():
    """
    The first version that the changelog names is this one.
    """
    assert __version__ == re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1]


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-build.lock"])
def test_locks_hold_hashes_and_name_no_host(lock):
    """
    Every requirement has its hashes, and nothing says where it is to be downloaded from.
    """
    text = (ROOT / lock).read_text()
    requirements = re.findall(r"^[A-Za-z0-9].*(?:\n[ \t]+.*)*", text, re.MULTILINE)

    assert requirements
    assert [] == [told for told in requirements if "--hash=sha256:" not in told]
    assert None is re.search(r"https?://|file:|--(extra-)?index-url|--find-links|--trusted-host", text)


def test_lock_satisfies_the_project():
    """
    Every dependency of the project, the database drivers too, is in the lock at a version that the project allows; but for
    pandas, which no command loads, and what only pandas brings.
    """
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    locked = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", LOCK.read_text(), re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [Requirement(told) for told in (*project["dependencies"], *extras.get("postgres", ()))]
    wanted = [one for one in wanted if one.name != "pandas"]

    missing = [str(one) for one in wanted if not one.specifier.contains(locked.get(canonicalize_name(one.name), "0"))]
    assert [] == missing
    assert set() == {"numpy", "pandas", "python-dateutil", "tzdata"} & set(locked)
