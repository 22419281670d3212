"""The laws of `--again`, with real processes: once more per command line, however many processes it starts."""

import pytest

from batchpub.cli.pipeline import name_repetition

GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "17"}


def publish_all(desk, number):
    desk.write_sheet(number)
    desk.serve()
    assert 0 == desk.publish("--verify", "never", out="first").wait()


@pytest.mark.parametrize(("flags", "environ"), [(("--again-id", "monday"), {}), ((), GITHUB)])
def test_two_processes_of_one_repetition_publish_each_course_once_more(desk, flags, environ):
    """
    Three pods, `--again all`, one name for all of them: every course is published and mailed once more, not three times.
    """
    publish_all(desk, 20)

    told = ("--again", "all", "--notify", "all", "--verify", "never", *flags)
    codes = [run.wait() for run in [desk.publish(*told, out=out, environ=environ) for out in ("one", "two", "three")]]
    # A pipeline's second attempt, or a pod that was started anew, goes on with the same repetition.
    codes.append(desk.publish(*told, out="attempt", environ={**environ, "GITHUB_RUN_ATTEMPT": "2"}).wait())

    assert [0] * 4 == codes
    assert 40 == desk.stats()["arrivals"]["publish"]
    assert [] == desk.stats()["mailed_twice"]
    assert {"already_published"} == set(desk.outcomes("attempt"))


def test_a_second_repetition_without_a_name_is_refused_beside_the_first(desk):
    """
    Nothing tells whether they mean the same: 78, nothing sent, and how to join it, which then works.
    """
    desk.write_sheet(6)
    desk.serve(faults='[[fault]]\nkind = "timeout_after"\nseconds = 300\n')
    told = ("--again", "all", "--verify", "never")
    slow = {"BATCHPUB_TOTAL_TIMEOUT": "30", "BATCHPUB_LEASE": "31"}
    first = desk.publish(*told, out="one", environ=slow)
    desk.wait_for_calls(6, of=first)

    second = desk.publish(*told, out="two")
    code, word = second.wait(), second.events()[-1]
    arrivals = desk.stats()["arrivals"]["publish"]
    first.send(9)
    first.wait()

    name = first.events()[0]["batchpub.run"]
    assert (78, 6) == (code, arrivals)
    assert f'--again-id "{name}"' in word["error.message"]

    joined = desk.publish(*told, "--again-id", name, "--max-duration", "1s", out="three")
    assert 78 != joined.wait()


def test_a_repetition_is_over_when_its_run_is(desk):
    """
    One after the other, without a name: each publishes once more, as it was asked to.
    """
    publish_all(desk, 3)

    codes = [desk.publish("--again", "all", "--verify", "never", out=out).wait() for out in ("one", "two")]

    assert ([0, 0], 9) == (codes, desk.stats()["arrivals"]["publish"])


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({}, ""),
        (GITHUB, "github 17"),
        ({**GITHUB, "GITHUB_RUN_ATTEMPT": "3"}, "github 17"),
        ({"GITLAB_CI": "true", "CI_SERVER_HOST": "git.example", "CI_PIPELINE_ID": "9", "CI_JOB_ID": "4"}, "gitlab git.example 9"),
        ({"JENKINS_URL": "https://j", "BUILD_URL": "https://j/job/x/4/"}, "jenkins https://j/job/x/4/"),
        ({"TF_BUILD": "True", "SYSTEM_COLLECTIONURI": "https://dev/x/", "BUILD_BUILDID": "5"}, "azure https://dev/x/ 5"),
        ({"GITHUB_RUN_ID": "17"}, ""),
    ],
)  # fmt: skip
def test_a_pipelines_run_names_the_repetition(environ, name):
    """
    The pipeline's run, whatever attempt or job of it; a name of one's own wins, and without --again there is none.
    """
    told = [name_repetition(again=again, again_id=own, environ=environ) for again, own in [(True, None), (True, "x"), (False, "x")]]  # fmt: skip

    assert [name, "x", ""] == told
