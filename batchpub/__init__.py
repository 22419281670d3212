"""batchpub publishes every course of a spreadsheet in the Zoho People LMS, inside its rate limit.

From Python: `batchpub.publish(rows, service=batchpub.ZohoPeople(...))`; see docs/python.md. Names are imported when they are
first used, so that `import batchpub` costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from batchpub.account import account_from_environment
    from batchpub.api import Forecast, check, check_sync, publish, publish_sync, read_sheet
    from batchpub.cells import Sheet
    from batchpub.course import Course, NotifyPolicy, Outcome
    from batchpub.errors import BatchpubError, ExitCode, SheetRefused
    from batchpub.events import RunEvent
    from batchpub.forecast import Foreseen
    from batchpub.lifecycle.work import Rules, Verify
    from batchpub.plan import PlanOptions
    from batchpub.policy import Policy
    from batchpub.record import RowRecord, RunRecord
    from batchpub.secret import Secret
    from batchpub.services.zoho.access import AccessToken, Cookie, RefreshCredentials
    from batchpub.services.zoho.hosts import Endpoint
    from batchpub.services.zoho.people import ZohoPeople
    from batchpub.sheet import SheetOptions
    from batchpub.store.limits import Limits

__version__ = "0.1.0"

MODULES = {
    "account": ("account_from_environment",),
    "api": ("Forecast", "check", "check_sync", "publish", "publish_sync", "read_sheet"),
    "cells": ("Sheet",),
    "course": ("Course", "NotifyPolicy", "Outcome"),
    "errors": ("BatchpubError", "ExitCode", "SheetRefused"),
    "events": ("RunEvent",),
    "forecast": ("Foreseen",),
    "lifecycle.work": ("Rules", "Verify"),
    "plan": ("PlanOptions",),
    "policy": ("Policy",),
    "record": ("RowRecord", "RunRecord"),
    "secret": ("Secret",),
    "sheet": ("SheetOptions",),
    "store.limits": ("Limits",),
    "services.zoho.access": ("AccessToken", "Cookie", "RefreshCredentials"),
    "services.zoho.hosts": ("Endpoint",),
    "services.zoho.people": ("ZohoPeople",),
}
"""Each module, and the names that are taken from it when one of them is first asked for."""


def __getattr__(name: str) -> Any:
    for module, names in MODULES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "AccessToken",
    "BatchpubError",
    "Cookie",
    "Course",
    "Endpoint",
    "ExitCode",
    "Forecast",
    "Foreseen",
    "Limits",
    "NotifyPolicy",
    "Outcome",
    "PlanOptions",
    "Policy",
    "RefreshCredentials",
    "RowRecord",
    "Rules",
    "RunEvent",
    "RunRecord",
    "Secret",
    "Sheet",
    "SheetOptions",
    "SheetRefused",
    "Verify",
    "ZohoPeople",
    "account_from_environment",
    "check",
    "check_sync",
    "publish",
    "publish_sync",
    "read_sheet",
]
