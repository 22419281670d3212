"""The laws of the CI fields: the run of the pipeline is known by its own names, wherever it runs."""

import json
from pathlib import Path

import pytest

from batchpub.cli.pipeline import SERVERS, read_pipeline
from batchpub.events import PIPELINE

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_WORKFLOW": "Publish courses",
    "GITHUB_RUN_ID": "1658821493",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_JOB": "publish",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "octocat/training",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_PROJECT_PATH": "training/courses",
    "CI_PIPELINE_ID": "42",
    "CI_PIPELINE_URL": "https://gitlab.example.com/training/courses/-/pipelines/42",
    "CI_JOB_NAME": "publish",
    "CI_JOB_ID": "50",
}
JENKINS = {
    "JENKINS_URL": "https://ci.example.com/",
    "JOB_NAME": "training/courses",
    "BUILD_ID": "7",
    "BUILD_URL": "https://ci.example.com/job/training/job/courses/7/",
}
AZURE = {
    "TF_BUILD": "True",
    "BUILD_DEFINITIONNAME": "courses",
    "BUILD_BUILDID": "99",
    "SYSTEM_COLLECTIONURI": "https://dev.azure.com/example/",
    "SYSTEM_TEAMPROJECT": "Training",
    "SYSTEM_JOBDISPLAYNAME": "Publish",
    "SYSTEM_JOBID": "12f1170f",
}


@pytest.mark.parametrize(
    ("environ", "values"),
    [
        (
            GITHUB,
            (
                "Publish courses",
                "1658821493",
                "https://github.com/octocat/training/actions/runs/1658821493/attempts/2",
                "publish",
                None,
            ),
        ),
        (
            GITLAB,
            ("training/courses", "42", "https://gitlab.example.com/training/courses/-/pipelines/42", "publish", "50"),
        ),
        (JENKINS, ("training/courses", "7", "https://ci.example.com/job/training/job/courses/7/", None, None)),
        (
            AZURE,
            (
                "courses",
                "99",
                "https://dev.azure.com/example/Training/_build/results?buildId=99",
                "Publish",
                "12f1170f",
            ),
        ),
        ({"GITHUB_RUN_ID": "1", "CI_JOB_ID": "2", "PATH": "/bin"}, (None,) * 5),
    ],
)
def test_pipeline_is_read_from_its_servers_variables(environ, values):
    """
    Every CI server's own words for pipeline, run and job become the same fields; elsewhere there are none.
    """
    told = read_pipeline(environ)

    assert values == tuple(told.get(field.name) for field in PIPELINE)
    assert set(told) <= {field.name for field in PIPELINE}


def test_every_server_survives_a_bare_environment():
    """
    A server that tells nothing but its presence adds no field.
    """
    assert [{}] * 4 == [read_pipeline({sign: "true"}) for sign in SERVERS]


@pytest.fixture
def publish(fork_server):
    def run(folder, *more):
        (folder / "a.csv").write_text("Course ID\n478346000019580117\n")
        rehearse = ("publish", "a.csv", "--sandbox", "--speed", "60", "--report", "csv")
        return fork_server.call(*rehearse, *more, cwd=folder, environ={"GITHUB_ACTIONS": "", **GITLAB})

    return run


def test_lines_of_a_command_name_the_pipeline_and_the_file_has_them_too(publish, tmp_path):
    """
    With --log-file the same lines are in the file, behind what was there, and each names the pipeline's run.
    """
    (tmp_path / "log").write_text("before\n")

    done = publish(tmp_path, "--log-file", "log")

    shown = done.stderr.splitlines()
    assert (0, ["before", *shown]) == (done.returncode, (tmp_path / "log").read_text().splitlines())
    assert {"42"} == {json.loads(line)["cicd.pipeline.run.id"] for line in shown}


def test_quiet_says_nothing_of_a_run_that_went_well_and_verbose_says_more(publish, tmp_path):
    """
    Quiet leaves warnings and errors, verbose adds what only debugging needs; both together are refused.
    """
    quiet, verbose, both = (
        publish(tmp_path, *flags) for flags in (["-q"], ["-v", "--verify", "always", "--notify", "all"], ["-q", "-v"])
    )

    assert (0, "") == (quiet.returncode, quiet.stderr)
    assert {"debug", "info"} == {json.loads(line)["log.level"] for line in verbose.stderr.splitlines()}
    assert (78, "batchpub: --quiet and --verbose: only one of them. Leave one out.\n") == (both.returncode, both.stderr)


def test_a_log_file_that_cannot_be_opened_is_told(fork_server, tmp_path):
    """
    A folder there is not ends in a sentence that names the setting, before anything is sent.
    """
    done = fork_server.call("publish", "a.csv", "--sandbox", "--log-file", "no/such/log", cwd=tmp_path)

    assert (78, "") == (done.returncode, done.stdout)
    assert "The log file no/such/log cannot be opened: No such file or directory." in done.stderr


@pytest.mark.parametrize("name", ["publish-sheets.yml", "check-sheets.yml"])
def test_the_shipped_workflows_pass_what_the_log_promises(name):
    """
    A container knows only what it is given: every variable that a field of the log is made of is passed to it.
    """
    text = (Path(__file__).parents[2] / "jobs" / "github" / name).read_text(encoding="utf-8")

    assert [] == [variable for variable in GITHUB if f"--env {variable} " not in text]
