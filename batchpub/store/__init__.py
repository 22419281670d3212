"""What must survive the process: journal, slots and lock, in one database."""

from typing import TYPE_CHECKING

from batchpub.lazy import export_lazily

if TYPE_CHECKING:
    from batchpub.store.asked import Answered, Claim
    from batchpub.store.database import Database, open_database
    from batchpub.store.history import forget_runs, list_runs, read_id_shapes, read_run
    from batchpub.store.journal import Journal
    from batchpub.store.ledger import Ledger
    from batchpub.store.limits import GENTLE_SECONDS, Limits, Lock, Outlook, Pace, Refusal, Slot, Wait
    from batchpub.store.overview import Overview, PortalOverview, RunAtWork, read_overview
    from batchpub.store.unify import unify_portals

MODULES = {
    "asked": ("Answered", "Claim"),
    "database": ("Database", "open_database"),
    "history": ("forget_runs", "list_runs", "read_id_shapes", "read_run"),
    "journal": ("Journal",),
    "ledger": ("Ledger",),
    "limits": ("GENTLE_SECONDS", "Limits", "Lock", "Outlook", "Pace", "Refusal", "Slot", "Wait"),
    "overview": ("Overview", "PortalOverview", "RunAtWork", "read_overview"),
    "unify": ("unify_portals",),
}
__getattr__ = export_lazily(__name__, {name: module for module, names in MODULES.items() for name in names})

__all__ = [
    "GENTLE_SECONDS",
    "Answered",
    "Claim",
    "Database",
    "Journal",
    "Ledger",
    "Limits",
    "Lock",
    "Outlook",
    "Overview",
    "Pace",
    "PortalOverview",
    "Refusal",
    "RunAtWork",
    "Slot",
    "Wait",
    "forget_runs",
    "list_runs",
    "open_database",
    "read_id_shapes",
    "read_overview",
    "read_run",
    "unify_portals",
]
