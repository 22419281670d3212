"""What the operator may say about judging rows."""

from dataclasses import dataclass

from batchpub.course import IdShape, NotifyPolicy

ID_DIGITS = (16, 19)
"""Course ids have 18 digits in all samples of the LMS and in most US accounts, 16 in an EU organisation, 17 and 18 in India, 19
in the CRM: Zoho's pages and public code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """How many digits an id has, which odd-looking ids were confirmed, whether hidden rows count, who is mailed.

    `id_digits` is the least and the most. `account` is what the ids looked like that were published before, where known.
    """

    id_digits: tuple[int, int] = ID_DIGITS
    account: tuple[IdShape, ...] = ()
    confirm_ids: frozenset[str] = frozenset()
    include_hidden: bool = False
    notify: NotifyPolicy = NotifyPolicy.SHEET


def say_digits(id_digits: tuple[int, int]) -> str:
    """Say how many digits an id has: "18 digits", "16 to 19 digits"."""
    least, most = id_digits
    return f"{least} digits" if least == most else f"{least} to {most} digits"
