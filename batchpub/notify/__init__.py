"""Tells people that a run is over: one POST to a webhook, one mail, or whatever Apprise can reach."""

from batchpub.notify.payloads import FORMATS, choose_format
from batchpub.notify.send import Mail, Targets, notify

__all__ = ["FORMATS", "Mail", "Targets", "choose_format", "notify"]
