"""A Prefect flow that checks a list and then publishes it. Tried with Prefect 3.9.1.

It needs `pip install batchpub`, the account's BATCHPUB_… variables, and a BATCHPUB_STATE that outlives the worker.
"""

import os

from prefect import flow, get_run_logger, task

import batchpub


@task
async def check_list(sheet: batchpub.Sheet, state: str | None) -> int:
    """Say how many rows need a person before anything is sent."""
    forecast = await batchpub.check(sheet, service=batchpub.account_from_environment(), state=state)
    bad = [one for one in forecast.rows if one.outcome == "invalid"]
    for one in bad:
        get_run_logger().warning(one.message)
    return len(bad)


@task(retries=3, retry_delay_seconds=300)
async def publish_list(sheet: batchpub.Sheet, state: str | None) -> int:
    """Publish it; the events of the run are lines of Prefect's log."""
    logger = get_run_logger()
    run = await batchpub.publish(
        sheet,
        service=batchpub.account_from_environment(),
        state=state,
        on_event=lambda event: logger.info("%s %s", event.name, dict(event.fields)),
    )
    if run.exit_code in (batchpub.ExitCode.STOPPED_EARLY, batchpub.ExitCode.UNREACHABLE):
        raise RuntimeError(run.stop_reason)
    return int(run.exit_code or 0)


@flow
async def publish_training(path: str) -> int:
    """Check, then publish what is right."""
    sheet, state = batchpub.read_sheet(path), os.environ.get("BATCHPUB_STATE")
    await check_list(sheet, state)
    return await publish_list(sheet, state)


if __name__ == "__main__":
    import asyncio

    asyncio.run(publish_training(os.environ.get("COURSES", "courses.xlsx")))
