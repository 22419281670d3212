"""The laws of `check` in a pipeline: it ends as `publish` would, and leaves what a merge request shows."""

import json
from pathlib import Path

import pytest
from junitparser import JUnitXml

EXAMPLE = Path(__file__).parents[2] / "jobs" / "example" / "courses.xlsx"
NO_STATE = ("--state", "none.db")


@pytest.mark.parametrize(
    ("job", "code", "told"),
    [
        ("expect = 40\n", 1, ""),
        ("expect = 39\n", 4, "expect 39, but the sheets have 40 courses to publish."),
        ("strict = true\n", 4, "strict, and 2 rows are invalid"),
        ('max_failures = "1"\n', 1, ""),  # an invalid row is no failure: nothing was tried
    ],
)
def test_check_ends_as_publish_would_with_the_same_job_file(fork_server, tmp_path, job, code, told):
    """
    4 where a rule forbids the plan, with publish's own sentence; publish says the same.
    """
    (tmp_path / "job.toml").write_text(job)

    checked = fork_server.call("check", EXAMPLE, "--job", "job.toml", *NO_STATE, cwd=tmp_path)

    assert (code, True) == (checked.returncode, told in checked.stderr)
    if code == 4:
        done = fork_server.call("publish", EXAMPLE, "--job", "job.toml", "--sandbox", "--speed", "100", cwd=tmp_path)
        assert (4, True) == (done.returncode, told in done.stderr)


def test_check_warns_of_a_rate_that_publish_warns_of(fork_server, tmp_path):
    """
    Who only checks learns as well that more calls than Zoho documents may lock the account.
    """
    told = [fork_server.call("check", EXAMPLE, "--rate", rate, *NO_STATE, cwd=tmp_path).stdout for rate in ("30", "31")]

    assert [False, True] == ["above what Zoho documents" in text for text in told]


def test_a_merge_request_sees_every_row_and_what_is_wrong_at_its_line(fork_server, tmp_path):
    """
    junit.xml has a case for each row, a file that was not read included; Code Quality has the invalid rows at their lines.
    """
    (tmp_path / "a.csv").write_text("Course ID,Publish\n478346000019580117,\n478346000019580254,no\nfire,\n")
    (tmp_path / "b.csv").write_text("Name\nx\n")
    files = ("--report", "junit", "--report", "codequality", "--out", "check", "--keep-going")

    done = fork_server.call("check", "a.csv", "b.csv", *files, *NO_STATE, cwd=tmp_path)
    (suite,) = JUnitXml.fromfile(str(tmp_path / "check" / "junit.xml"))
    issues = json.loads((tmp_path / "check" / "gl-code-quality-report.json").read_text())

    assert 65 == done.returncode
    assert (4, 1, 1, 1) == (suite.tests, suite.failures, suite.errors, suite.skipped)
    assert [0, 1, 1, 1] == [len(case.result) for case in suite]
    assert all(result.text for case in suite for result in case.result)
    assert [("a.csv", 4, "major"), ("b.csv", 1, "blocker")] == [
        (issue["location"]["path"], issue["location"]["lines"]["begin"], issue["severity"]) for issue in issues
    ]
    assert len(issues) == len({issue["fingerprint"] for issue in issues})


def test_a_folder_that_takes_no_files_ends_in_74(fork_server, tmp_path):
    """
    The sentence names the folder and the flag.
    """
    (tmp_path / "check").write_text("a file")

    done = fork_server.call("check", EXAMPLE, "--report", "junit", "--out", "check", *NO_STATE, cwd=tmp_path)

    assert (74, True) == (done.returncode, "cannot be written to check" in done.stderr)
    assert "--out" in done.stderr
