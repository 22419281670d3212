"""The pace: the gate that every call passes, what a lock means to it, and how long it all takes."""

from typing import TYPE_CHECKING

from batchpub.lazy import export_lazily

if TYPE_CHECKING:
    from batchpub.pace.estimate import estimate_seconds
    from batchpub.pace.gate import Gate, GateClosed
    from batchpub.pace.lock import LockWatch, open_gate, refusal_of

MODULES = {
    "estimate": ("estimate_seconds",),
    "gate": ("Gate", "GateClosed"),
    "lock": ("LockWatch", "open_gate", "refusal_of"),
}
__getattr__ = export_lazily(__name__, {name: module for module, names in MODULES.items() for name in names})

__all__ = [
    "Gate",
    "GateClosed",
    "LockWatch",
    "estimate_seconds",
    "open_gate",
    "refusal_of",
]
