"""An Airflow DAG that publishes the list of the day. Tried with Airflow 3.3.2.

The worker needs `pip install batchpub`, BATCHPUB_CLIENT_ID, BATCHPUB_CLIENT_SECRET and BATCHPUB_REFRESH_TOKEN in its environment,
and a state that outlives it: BATCHPUB_STATE names a PostgreSQL.
"""

import os

from airflow.sdk import dag, task


@task(retries=3)
def publish_courses(path: str) -> dict[str, int]:
    """Publish a list; a retry goes on where the last attempt stopped."""
    import batchpub

    run = batchpub.publish_sync(
        batchpub.read_sheet(path),
        service=batchpub.account_from_environment(),
        state=os.environ.get("BATCHPUB_STATE"),
        policy=batchpub.Policy(max_seconds=50 * 60),
    )
    if run.exit_code in (batchpub.ExitCode.STOPPED_EARLY, batchpub.ExitCode.UNREACHABLE):
        raise RuntimeError(run.stop_reason)  # worth a retry; whatever else is wrong needs a person
    counts: dict[str, int] = {}
    for row in run.rows:
        counts[row.outcome.value] = counts.get(row.outcome.value, 0) + 1
    return counts


@dag(schedule=None, catchup=False)
def publish_training() -> None:
    """One list, one task."""
    publish_courses(os.environ.get("COURSES", "courses.xlsx"))


publish_training()
