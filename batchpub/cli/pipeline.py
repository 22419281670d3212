"""Who started us: a CI server, by its environment, and which of its runs this is; or a person, who sits at a stream."""

import os
import re
from collections.abc import Mapping
from typing import TextIO

Environ = Mapping[str, str]

REPETITION = "repetition"
SERVERS: dict[str, dict[str, tuple[str, ...]]] = {
    "GITHUB_ACTIONS": {  # "Variables reference", GitHub Actions documentation. A run keeps its id when it is run again.
        "name": ("{GITHUB_WORKFLOW}",),
        "run.id": ("{GITHUB_RUN_ID}",),
        "run.url.full": (
            "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}/attempts/{GITHUB_RUN_ATTEMPT}",
            "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",
        ),
        "task.name": ("{GITHUB_JOB}",),
        REPETITION: ("github {GITHUB_RUN_ID}",),
    },
    "GITLAB_CI": {  # "Predefined CI/CD variables reference", GitLab documentation. Retried and parallel jobs share the pipeline.
        "name": ("{CI_PIPELINE_NAME}", "{CI_PROJECT_PATH}"),
        "run.id": ("{CI_PIPELINE_ID}",),
        "run.url.full": ("{CI_PIPELINE_URL}",),
        "task.name": ("{CI_JOB_NAME}",),
        "task.run.id": ("{CI_JOB_ID}",),
        REPETITION: ("gitlab {CI_SERVER_HOST} {CI_PIPELINE_ID}", "gitlab  {CI_PIPELINE_ID}"),
    },
    "JENKINS_URL": {  # "Using environment variables", Jenkins documentation: a build's URL names job, branch and number
        "name": ("{JOB_NAME}",),
        "run.id": ("{BUILD_ID}",),
        "run.url.full": ("{BUILD_URL}",),
        "task.name": ("{STAGE_NAME}",),
        REPETITION: ("jenkins {BUILD_URL}",),
    },
    "TF_BUILD": {  # "Use predefined variables", Azure Pipelines documentation
        "name": ("{BUILD_DEFINITIONNAME}",),
        "run.id": ("{BUILD_BUILDID}",),
        "run.url.full": (
            "{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECTID}/_build/results?buildId={BUILD_BUILDID}",
            "{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",
        ),
        "task.name": ("{SYSTEM_JOBDISPLAYNAME}", "{AGENT_JOBNAME}"),
        "task.run.id": ("{SYSTEM_JOBID}",),
        REPETITION: ("azure {SYSTEM_COLLECTIONURI} {BUILD_BUILDID}", "azure  {BUILD_BUILDID}"),
    },
}
"""By the variable that shows a CI server: what makes each field, the first that all variables of are there."""


NO = ("", "0", "false", "no")


def is_pipeline(environ: Environ) -> bool:
    """Tell whether a CI server started us: `CI`, which nearly all of them set, or one of those that are known by name."""
    return environ.get("CI", "").strip().casefold() not in NO or any(environ.get(sign) for sign in SERVERS)


def has_person(stream: TextIO, environ: Environ = os.environ) -> bool:
    """Tell whether a person sits at a stream. A CI server may give a terminal, too, at which nobody sits."""
    return stream.isatty() and not is_pipeline(environ)


def read_pipeline(environ: Environ) -> dict[str, str]:
    """Give the fields by their names in the log; what the CI server does not say is left out."""
    fields = _read(environ)
    return {f"cicd.pipeline.{name}": value for name, value in fields.items() if value and name != REPETITION}


def name_repetition(*, again: bool, again_id: str | None, environ: Environ) -> str:
    """Give what names the repetition that `--again` asks for: it means once more per command line, not per process.

    That is `again_id`, or the pipeline run that started us; "" where nothing is repeated, or nothing names it. A
    pipeline's second attempt at the same run goes on with the same repetition: what the first attempt has published and
    mailed is not mailed once more.
    """
    return (again_id or _read(environ).get(REPETITION, "")) if again else ""


def _read(environ: Environ) -> dict[str, str]:
    templates = next((fields for sign, fields in SERVERS.items() if environ.get(sign)), {})
    return {name: next(filter(None, (_fill(one, environ) for one in ways)), "") for name, ways in templates.items()}


def _fill(template: str, environ: Environ) -> str:
    """Put the variables in; give nothing where one of them is missing or empty."""
    values = {name: environ.get(name, "") for name in re.findall(r"{(\w+)}", template)}
    return template.format_map(values) if all(values.values()) else ""
