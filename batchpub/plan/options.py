"""What the operator may say about judging rows."""

from dataclasses import dataclass

from batchpub.course import NotifyPolicy

ID_DIGITS = 18  # Course ids in Zoho's samples have 18 decimal digits: Publish Course API page


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """How many digits an id has, which odd-looking ids were confirmed, whether hidden rows count, who is mailed."""

    id_digits: int = ID_DIGITS
    confirm_ids: frozenset[str] = frozenset()
    include_hidden: bool = False
    notify: NotifyPolicy = NotifyPolicy.SHEET
