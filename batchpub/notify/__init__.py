"""Tells people that a run is over: one POST to a webhook, one mail, or whatever Apprise can reach."""

from batchpub.notify.ending import Ending, end_of_run
from batchpub.notify.payloads import FORMATS, choose_format
from batchpub.notify.send import Mail, Targets, notify

__all__ = ["FORMATS", "Ending", "Mail", "Targets", "choose_format", "end_of_run", "notify"]
