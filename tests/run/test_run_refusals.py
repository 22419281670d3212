"""Every ending is told where people and pipelines look for it, also one before anything was sent."""

import json

import pytest
from lxml import etree

COURSE = "478346000019582101"


@pytest.fixture
def batchpub(fork_server, tmp_path):
    """Run a command in `tmp_path` as a step of GitHub's would, and give how it ended."""

    def run(*arguments):
        told = {name: tmp_path / name for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "BATCHPUB_TERMINATION_LOG")}
        for path in told.values():
            path.write_text("")
        environ = {"GITHUB_ACTIONS": "true", **{name: str(path) for name, path in told.items()}}
        return fork_server.call(*arguments, cwd=tmp_path, environ=environ)

    return run


def outputs(folder):
    lines = (folder / "GITHUB_OUTPUT").read_text().splitlines()
    return {lines[n].split("<<")[0]: lines[n + 1] for n in range(0, len(lines), 3)}


REFUSALS = [
    (("publish", "missing.csv", "--sandbox"), 66, "missing.csv"),
    (("publish", "empty.csv", "--sandbox"), 65, "empty.csv"),
    (("publish", "a.csv"), 78, "No credentials"),
    (("publish", "a.csv", "--sandbox", "--rate", "0"), 78, "--rate"),
    (("publish", "a.csv", "--dry-rum"), 2, "--dry-rum"),
    (("retry", "missing.json", "--sandbox"), 66, "missing.json"),
]


@pytest.mark.parametrize(("arguments", "code", "words"), REFUSALS)
def test_a_refusal_leaves_its_own_reports_and_is_told_everywhere(batchpub, tmp_path, arguments, code, words):
    """
    An end before the first call: small reports in --out, annotation, step summary, outputs and termination message.
    """
    (tmp_path / "a.csv").write_text(f"Course ID\n{COURSE}\n")
    (tmp_path / "empty.csv").write_text("")

    done = batchpub(*arguments, "--out", "out")

    told = json.loads((tmp_path / "out" / "run_results.json").read_text())
    assert (code, code, []) == (done.returncode, told["exit_code"], told["rows"])
    assert words in told["stop_reason"]
    case = etree.parse(tmp_path / "out" / "junit.xml").find(".//testcase/error")
    assert words in case.get("message")
    assert f"title=exit code {code}::" in done.stdout
    assert (
        (tmp_path / "GITHUB_STEP_SUMMARY").read_text().startswith("<h2>Nothing was sent.</h2>\n<p>It could not begin: ")
    )
    assert (str(code), "0", "0", told["run"], "out") == tuple(
        outputs(tmp_path)[name] for name in ("exit_code", "total", "published", "run", "reports")
    )
    termination = json.loads((tmp_path / "BATCHPUB_TERMINATION_LOG").read_text())
    assert (code, True) == (termination["exit_code"], words in termination["stop_reason"])
    page = (tmp_path / "out" / "report.html").read_text()
    assert "It could not begin: " in page


def test_no_earlier_report_lies_beside_a_refusal_and_none_is_lost(batchpub, tmp_path):
    """
    The folder of --out holds the reports of the last run only; those of the one before stand in a folder of its name.
    """
    (tmp_path / "a.csv").write_text(f"Course ID\n{COURSE}\n")
    first = batchpub("publish", "a.csv", "--sandbox", "--speed", "1000", "--out", "out")
    before = (tmp_path / "out" / "results.csv").read_bytes()
    run = json.loads((tmp_path / "out" / "run_results.json").read_text())["run"]

    refused = batchpub("publish", "missing.csv", "--sandbox", "--out", "out", "--report", "json")

    assert (0, 66) == (first.returncode, refused.returncode)
    assert ["earlier", "run_results.json"] == sorted(path.name for path in (tmp_path / "out").iterdir())
    assert before == (tmp_path / "out" / "earlier" / run / "results.csv").read_bytes()


def test_a_refused_retry_leaves_the_results_that_it_reads(batchpub, tmp_path):
    """
    The command that goes on can be called again, however often it is refused.
    """
    (tmp_path / "a.csv").write_text(f"Course ID\n{COURSE}\n")
    batchpub("publish", "a.csv", "--sandbox", "--speed", "1000", "--out", "out")

    refused = [batchpub("retry", "out", "--out", "out", *flags) for flags in ((), ("--no-such",), ())]

    assert [78, 2, 78] == [done.returncode for done in refused]
    assert COURSE in (tmp_path / "out" / "run_results.json").read_text()


def test_a_folder_that_cannot_be_written_is_found_before_anything_is_sent(batchpub, tmp_path):
    """
    Reports that nobody could write are a reason to send nothing, told with 74.
    """
    (tmp_path / "a.csv").write_text(f"Course ID\n{COURSE}\n")
    (tmp_path / "file").write_text("no folder")

    done = batchpub("publish", "a.csv", "--sandbox", "--speed", "1000", "--out", "file/out")

    assert (74, True) == (done.returncode, "so nothing was sent" in done.stderr)
    assert "call.answered" not in done.stderr


def test_a_check_that_a_rule_forbids_says_so_where_a_pull_request_shows_it(batchpub, tmp_path):
    """
    `expect` counts in a check: an annotation of its own, first, and a line of the step summary say what forbids it.
    """
    (tmp_path / "a.csv").write_text(f"Course ID\n{COURSE}\n")

    done = batchpub("check", "a.csv", "--expect", "2")

    (told,) = [line for line in done.stdout.splitlines() if line.startswith("::error")]
    title, _, sentence = told.removeprefix("::error title=").partition("::")
    assert (4, "publish would send nothing") == (done.returncode, title)
    assert "2" in sentence
    assert f"batchpub: {sentence}" in done.stderr
    assert sentence in (tmp_path / "GITHUB_STEP_SUMMARY").read_text()
