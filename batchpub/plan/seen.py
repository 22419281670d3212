"""What a row said when it was judged, in one text: so that a results file shows whether a person has corrected it since."""

from collections.abc import Mapping

from batchpub.plan.text import trim

ROLES = ("course_id", "batch_id", "notify", "publish", "confirmed")


def say_seen(texts: Mapping[str, str]) -> str:
    """Join what stands in the cells that decide about a row; a column that is not there says as much as an empty one.

    Each with its name, so that no spreadsheet program takes the whole for a number and rounds it.
    """
    said = ((role, trim(texts.get(role, ""))) for role in ROLES)
    return "; ".join(f"{role}: {text}" for role, text in said if text) or "nothing"
