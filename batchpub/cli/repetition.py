"""`--again` means once more per command line: what names the repetition that several processes are a part of."""

from collections.abc import Callable, Mapping

Environ = Mapping[str, str]


def name_repetition(*, again: bool, again_id: str | None, environ: Environ) -> str:
    """Give the name that every process of this command line gives; "" where nothing is repeated, or nothing names it.

    That is `again_id`, or the pipeline run that started us. A pipeline's second attempt at the same run goes on with the
    same repetition: what the first attempt has published and mailed is not mailed once more.
    """
    if not again:
        return ""
    return again_id or next((found for read in SERVERS if (found := read(environ))), "")


def _read_github(environ: Environ) -> str:
    """Read "Variables reference", GitHub Actions documentation. A run keeps its number when it is run again."""
    run = environ.get("GITHUB_RUN_ID", "") if environ.get("GITHUB_ACTIONS") else ""
    return f"github {run}" if run else ""


def _read_gitlab(environ: Environ) -> str:
    """Read "Predefined CI/CD variables reference", GitLab documentation. Retried and parallel jobs share the pipeline."""
    server, run = environ.get("CI_SERVER_HOST", ""), environ.get("CI_PIPELINE_ID", "")
    return f"gitlab {server} {run}" if environ.get("GITLAB_CI") and run else ""


def _read_jenkins(environ: Environ) -> str:
    """Read "Using environment variables", Jenkins documentation: a build's URL names job, branch and number."""
    return f"jenkins {environ['BUILD_URL']}" if environ.get("JENKINS_URL") and environ.get("BUILD_URL") else ""


def _read_azure(environ: Environ) -> str:
    """Read "Use predefined variables", Azure Pipelines documentation."""
    home, run = environ.get("SYSTEM_COLLECTIONURI", ""), environ.get("BUILD_BUILDID", "")
    return f"azure {home} {run}" if environ.get("TF_BUILD") and run else ""


SERVERS: tuple[Callable[[Environ], str], ...] = (_read_github, _read_gitlab, _read_jenkins, _read_azure)
