"""What the journal itself says of rows, before there is an answer and where none comes, and of a second repetition."""

from batchpub.errors import ExitCode

NO_ANSWER = "Sent, and no answer was recorded. The next run finds out before it sends again."

STILL_UNKNOWN = "An earlier run sent it and its answer was lost; this run ended before it could find out."

SECOND_REPETITION = (
    "Run {run} publishes courses again as well (the setting again), or died less than 20 minutes ago, and nothing tells whether both "
    "mean the same: each course would be published once more for either. To share the work, or to go on with it: "
    'the setting again_id = "{again_id}". To publish them once more than that, wait until it is over, or give each its own '
    "again_id."
)


def not_attempted_because(stop_reason: str, exit_code: int) -> str:
    """Say to a row that its turn never came, and what to do where the reason does not say so."""
    if "run it again" in stop_reason.lower():
        return stop_reason
    if exit_code in (ExitCode.STOPPED_EARLY, ExitCode.INTERRUPTED, ExitCode.TERMINATED):
        return f"{stop_reason} Run the same command again."
    return f"{stop_reason} Look why, then run the same command again."
