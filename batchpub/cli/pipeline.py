"""Which CI server started us, and which of its runs this is: from its environment to fields of the log."""

from collections.abc import Callable, Mapping

Environ = Mapping[str, str]


def read_pipeline(environ: Environ) -> dict[str, str]:
    """Give the fields by their names in the log; what the CI server does not say is left out."""
    told = next((read(environ) for sign, read in SERVERS.items() if environ.get(sign)), {})
    return {f"cicd.pipeline.{name}": value for name, value in told.items() if value}


def _read_github(environ: Environ) -> dict[str, str]:
    """Read "Variables reference", GitHub Actions documentation."""
    run, attempt = environ.get("GITHUB_RUN_ID", ""), environ.get("GITHUB_RUN_ATTEMPT", "")
    place = "/".join(
        (environ.get("GITHUB_SERVER_URL", ""), environ.get("GITHUB_REPOSITORY", ""), "actions", "runs", run)
    )
    return {
        "name": environ.get("GITHUB_WORKFLOW", ""),
        "run.id": run,
        "run.url.full": _join(place, "/attempts/", attempt) if run and environ.get("GITHUB_REPOSITORY") else "",
        "task.name": environ.get("GITHUB_JOB", ""),
    }


def _read_gitlab(environ: Environ) -> dict[str, str]:
    """Read "Predefined CI/CD variables reference", GitLab documentation."""
    return {
        "name": environ.get("CI_PIPELINE_NAME") or environ.get("CI_PROJECT_PATH", ""),
        "run.id": environ.get("CI_PIPELINE_ID", ""),
        "run.url.full": environ.get("CI_PIPELINE_URL", ""),
        "task.name": environ.get("CI_JOB_NAME", ""),
        "task.run.id": environ.get("CI_JOB_ID", ""),
    }


def _read_jenkins(environ: Environ) -> dict[str, str]:
    """Read "Using environment variables", Jenkins documentation."""
    return {
        "name": environ.get("JOB_NAME", ""),
        "run.id": environ.get("BUILD_ID", ""),
        "run.url.full": environ.get("BUILD_URL", ""),
        "task.name": environ.get("STAGE_NAME", ""),
    }


def _read_azure(environ: Environ) -> dict[str, str]:
    """Read "Use predefined variables", Azure Pipelines documentation."""
    run, home = environ.get("BUILD_BUILDID", ""), environ.get("SYSTEM_COLLECTIONURI", "")
    project = environ.get("SYSTEM_TEAMPROJECTID") or environ.get("SYSTEM_TEAMPROJECT", "")
    return {
        "name": environ.get("BUILD_DEFINITIONNAME", ""),
        "run.id": run,
        "run.url.full": f"{home.rstrip('/')}/{project}/_build/results?buildId={run}"
        if home and project and run
        else "",
        "task.name": environ.get("SYSTEM_JOBDISPLAYNAME") or environ.get("AGENT_JOBNAME", ""),
        "task.run.id": environ.get("SYSTEM_JOBID", ""),
    }


def _join(before: str, between: str, after: str) -> str:
    return f"{before}{between}{after}" if after else before


SERVERS: dict[str, Callable[[Environ], dict[str, str]]] = {
    "GITHUB_ACTIONS": _read_github,
    "GITLAB_CI": _read_gitlab,
    "JENKINS_URL": _read_jenkins,
    "TF_BUILD": _read_azure,
}
"""The variable by which a CI server is known, and what reads the others."""
