"""Rows into piles, as a pure function: what would be published, what is wrong, and the sentence that says why."""

from batchpub.plan.make import Judged, judge_again, judge_sheets, make_plan, settle_plan
from batchpub.plan.options import PlanOptions, say_digits

__all__ = ["Judged", "PlanOptions", "judge_again", "judge_sheets", "make_plan", "say_digits", "settle_plan"]
