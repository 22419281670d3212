"""The rules by which a person stops a run before its first call: `expect` and `strict`. `check` and `publish` ask the same."""

from collections.abc import Set as AbstractSet

from batchpub.course import Course, Pile, Plan
from batchpub.plural import say_count
from batchpub.settings.fields import Settings


def find_broken_rule(plan: Plan, settings: Settings, *, done: AbstractSet[Course] = frozenset()) -> str:
    """Say which rule forbids this plan, or "". `done`: what other results say is published.

    What an earlier run of the same command has published counts as well: it must not lose its own guard when it goes on.
    """
    meant = {row.course for row in plan.rows if row.pile in (Pile.TO_PUBLISH, Pile.ALREADY_PUBLISHED)} - done
    invalid = sum(row.pile is Pile.INVALID for row in plan.rows)
    if settings.expect is not None and len(meant) != settings.expect:
        return f"--expect {settings.expect}, but the sheets have {say_count(len(meant), 'course')} to publish."
    if settings.strict and invalid:
        return f"--strict, and {say_count(invalid, 'row')} {'is' if invalid == 1 else 'are'} invalid; see `batchpub check`."
    return ""
