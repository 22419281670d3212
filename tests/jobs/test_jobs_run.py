"""The commands in jobs/ do what they say: taken out of the files and run against the sandbox."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from support.sandbox_process import play_sandbox, stats

from batchpub.cli.main import group

ROOT = Path(__file__).parents[2]
JOBS = ROOT / "jobs"
CANARY = "canary-5f1c9e"
DOCKER = '''#!{python}
"""Stands in for docker: the same command, folder and named variables, without the container."""
import os, sys
words, values, env, folder = sys.argv[1:], ("--user", "--volume", "--workdir", "--env", "--tmpfs", "--cap-drop", "--network", "--name"), {{}}, "."
assert "run" == words.pop(0)
while words[0].startswith("--"):
    option = words.pop(0)
    if option not in values:
        assert option in ("--rm", "--read-only"), option
        continue
    value = words.pop(0)
    if option == "--workdir":
        folder = value
    if option == "--env":
        name, equals, told = value.partition("=")
        if equals or name in os.environ:
            env[name] = told if equals else os.environ[name]
assert words.pop(0).endswith("/batchpub:{version}")
os.chdir(folder)
beside = {{name: os.environ[name] for name in ("PATH", "BATCHPUB_API_URL", "BATCHPUB_ACCOUNTS_URL") if name in os.environ}}
os.execve(sys.executable, [sys.executable, "-m", "batchpub", *words], {{**beside, **env}})
'''


@pytest.fixture
def service():
    """A sandbox as a process of its own, which lets in only tokens that it issued."""
    with play_sandbox("--strict-tokens", "--latency", "0") as url:
        yield url


@pytest.fixture
def repository(tmp_path):
    """A repository of training staff: the job file and a folder with two sheets."""
    top = tmp_path / "repository"
    (top / "sheets").mkdir(parents=True)
    (top / "courses.toml").write_bytes((JOBS / "courses.toml").read_bytes())
    (top / "sheets" / "may.csv").write_text(
        "Course ID,Course Name\n478346000019580117,Fire\n478346000019580254,First aid\n"
    )
    (top / "sheets" / "june.csv").write_text(
        "Course ID,Course Name\n478346000019580391,Ladders\n478346000019580117,Fire\n"
    )
    (top / "sheets" / "~$may.xlsx").write_bytes(b"open in Excel")
    (top / "sheets" / "notes.md").write_text("No sheet.\n")
    return top


@pytest.fixture
def environ(tmp_path, service):
    """What a runner hands out: its own variables, the secrets, and a docker."""
    from batchpub import __version__

    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "docker").write_text(DOCKER.format(python=sys.executable, version=__version__))
    (tools / "docker").chmod(0o755)
    (tools / "batchpub").write_text(f'#!/bin/sh\nexec {sys.executable} -m batchpub "$@"\n')
    (tools / "batchpub").chmod(0o755)
    runner = tmp_path / "runner"
    runner.mkdir()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("BATCHPUB_", "GITHUB_"))}
    return clean | {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "RUNNER_TEMP": str(runner),
        "XDG_STATE_HOME": str(runner / "state"),
        "BATCHPUB_API_URL": service,
        "BATCHPUB_ACCOUNTS_URL": service,
    }


def github(repository, environ):
    return environ | {
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(repository),
        "GITHUB_STEP_SUMMARY": f"{environ['RUNNER_TEMP']}/summary",
        "GITHUB_OUTPUT": f"{environ['RUNNER_TEMP']}/output",
    }


def secrets_of(environ):
    return {name: f"{CANARY}-{name}" for name in ("BATCHPUB_CLIENT_ID", "BATCHPUB_CLIENT_SECRET", "BATCHPUB_REFRESH_TOKEN")} | {
        "BATCHPUB_STATE": f"{environ['RUNNER_TEMP']}/state.db"
    }  # fmt: skip


def step_of(workflow, name):
    """Give a step of a workflow: its script, and the workflow's variables."""
    told = yaml.safe_load((JOBS / "github" / workflow).read_text(encoding="utf-8"))
    (job,) = told["jobs"].values()
    step = next(step for step in job["steps"] if step.get("name") == name)
    wanted = set(re.findall(r"secrets\.(\w+)", str(step.get("env", {}))))
    return step["run"], told["env"], wanted


def run_script(script, *, cwd, environ):
    """Run a script as GitHub's and GitLab's runners do."""
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script], cwd=cwd, env=environ, capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip


def outcomes(repository):
    rows = json.loads((repository / "reports" / "run_results.json").read_text())["rows"]
    return [(Path(row["file"]).name, row["row"], row["outcome"]) for row in rows]


PUBLISHED = [
    ("june.csv", 2, "published"),
    ("june.csv", 3, "published"),
    ("may.csv", 2, "duplicate"),
    ("may.csv", 3, "published"),
]
AGAIN = [(file, row, "already_published") for file, row, _ in PUBLISHED]  # whatever a row says, its course is


def test_github_checks_a_pull_request(repository, environ, service):
    """
    The check of a pull request annotates the row that is wrong, writes the step summary, needs no secret and sends nothing.
    """
    script, variables, wanted = step_of("check-sheets.yml", "Check")
    (repository / "sheets" / "july.csv").write_text("Course ID\n4.78346E+17\n")

    done = run_script(script, cwd=repository, environ=github(repository, environ) | variables)

    assert (1, set()) == (done.returncode, wanted), done.stderr
    assert "::error file=sheets/july.csv,line=2," in done.stdout
    assert "<pre>" in Path(environ["RUNNER_TEMP"], "summary").read_text()
    assert {} == stats(service)["arrivals"] or 0 == sum(stats(service)["arrivals"].values())


@pytest.mark.slow
def test_github_publishes_a_merge_and_the_next_one_goes_on(repository, environ, service):
    """
    The merge publishes the whole folder; run again, nothing is sent a second time; a state must be there.
    """
    script, variables, wanted = step_of("publish-sheets.yml", "Publish")
    secrets = secrets_of(environ)
    environ = github(repository, environ) | variables | secrets

    first = run_script(script, cwd=repository, environ=environ)
    seen_first = outcomes(repository)
    again = run_script(script, cwd=repository, environ=environ)
    stateless = run_script(script, cwd=repository, environ=environ | {"BATCHPUB_STATE": ""})

    assert (0, 0) == (first.returncode, again.returncode), first.stderr + again.stderr
    assert (secrets.keys() - {"BATCHPUB_STATE"}, PUBLISHED, AGAIN) == (wanted, seen_first, outcomes(repository))
    assert 3 == stats(service)["arrivals"]["publish"]
    assert "courses would be published twice" in stateless.stderr
    assert "published<<" in Path(environ["GITHUB_OUTPUT"]).read_text()
    assert CANARY not in first.stdout + first.stderr


@pytest.mark.slow
def test_pipelines_that_keep_nothing_publish_with_the_state_on_a_server(repository, environ, tmp_path, service, server):
    """
    GitHub's script with a database's URL as the secret, then GitLab's with its file: what one published, the other knows.
    The token rests where the runner is cleaned, and no output shows a password.
    """
    script, variables, _ = step_of("publish-sheets.yml", "Publish")
    gitlab = yaml.safe_load((JOBS / "gitlab" / ".gitlab-ci.yml").read_text(encoding="utf-8"))["publish sheets"][
        "script"
    ]
    secrets = secrets_of(environ)
    url = server.make_database().replace("postgres@", f"postgres:{CANARY}@")
    (tmp_path / "state_url").write_text(url)
    secrets["BATCHPUB_STATE"] = url

    github_run = run_script(script, cwd=repository, environ=github(repository, environ) | variables | secrets)
    seen = outcomes(repository)
    secrets["BATCHPUB_STATE"], secrets["BATCHPUB_STATE_FILE"] = "", str(tmp_path / "state_url")
    gitlab_run = run_script("\n".join(gitlab), cwd=repository, environ=environ | secrets)

    assert (0, 0) == (github_run.returncode, gitlab_run.returncode), github_run.stderr + gitlab_run.stderr
    assert (PUBLISHED, AGAIN, 3) == (seen, outcomes(repository), stats(service)["arrivals"]["publish"])
    assert (Path(environ["RUNNER_TEMP"]) / "batchpub" / "state.db.token").exists()
    assert CANARY not in github_run.stdout + github_run.stderr + gitlab_run.stdout + gitlab_run.stderr


@pytest.mark.slow
def test_gitlab_checks_and_publishes(repository, environ, tmp_path, service):
    """
    The scripts of GitLab's jobs: the check without a secret, then the publishing with variables of type File.
    """
    jobs = yaml.safe_load((JOBS / "gitlab" / ".gitlab-ci.yml").read_text(encoding="utf-8"))
    check, publish = jobs["check sheets"], jobs["publish sheets"]
    files = {}
    secrets = secrets_of(environ)
    state = {"BATCHPUB_STATE": secrets.pop("BATCHPUB_STATE")}  # /state is a folder of the runner's
    for name, value in secrets.items():
        (tmp_path / name).write_text(value)
        files[f"{name}_FILE"] = str(tmp_path / name)

    checked = run_script("\n".join(check["script"]), cwd=repository, environ=environ | files)
    done = run_script("\n".join(publish["script"]), cwd=repository, environ=environ | files | state)

    assert (0, 0) == (checked.returncode, done.returncode), checked.stderr + done.stderr
    assert "3 courses to publish" in checked.stdout
    assert PUBLISHED == outcomes(repository)
    assert (repository / publish["artifacts"]["reports"]["junit"]).exists()
    assert 3 == stats(service)["arrivals"]["publish"]


@pytest.mark.slow
def test_the_first_course_is_one_and_mails_nobody(tmp_path, environ, service):
    """
    first-course.toml sends exactly one course, reads it first and mails nobody; two courses are refused.
    """
    job, out = str(JOBS / "first-course.toml"), tmp_path / "out"
    (tmp_path / "one.csv").write_text("Course ID,Notify\n478346000019580117,yes\n")
    (tmp_path / "two.csv").write_text("Course ID\n478346000019580117\n478346000019580254\n")
    environ = environ | secrets_of(environ)
    command = f"batchpub publish --job {job} --report json --out {out}"

    two = run_script(f"{command} two.csv", cwd=tmp_path, environ=environ)
    one = run_script(f"{command} one.csv", cwd=tmp_path, environ=environ)

    seen = stats(service)
    assert (4, 0) == (two.returncode, one.returncode), one.stderr
    assert (1, 1) == (seen["arrivals"]["publish"], seen["arrivals"]["read"])
    assert {} == dict(seen["mailed_twice"])
    assert not json.loads((out / "run_results.json").read_text())["rows"][0]["notify"]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((), 2, "Name a sheet, or a folder of sheets"),
        (("--job", "courses.toml"), 0, "3 courses to publish"),
        (("sheets",), 0, "3 courses to publish"),
        (("--job", "courses.toml", "sheets/may.csv"), 0, "2 courses to publish"),
        (("empty",), 66, "No sheet is in this folder"),
    ],
)
def test_sheets_are_named_on_the_command_line_or_in_the_job_file(repository, monkeypatch, arguments, code, told):
    """
    A folder stands for every sheet in it and nothing else in it; the command line weighs more than the job file.
    """
    monkeypatch.chdir(repository)
    monkeypatch.setenv("BATCHPUB_STATE", "none.db")
    (repository / "empty").mkdir()

    done = CliRunner().invoke(group, ["check", *arguments])

    assert code == getattr(done.exception, "exit_code", done.exit_code)
    assert told in done.output + str(done.exception)
