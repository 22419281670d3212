"""The gate that every call passes."""

from typing import TYPE_CHECKING

from batchpub.lazy import export_lazily

if TYPE_CHECKING:
    from batchpub.pace.estimate import estimate_seconds
    from batchpub.pace.gate import Gate, GateClosed

MODULES = {
    "estimate": ("estimate_seconds",),
    "gate": ("Gate", "GateClosed"),
}
__getattr__ = export_lazily(__name__, {name: module for module, names in MODULES.items() for name in names})

__all__ = [
    "Gate",
    "GateClosed",
    "estimate_seconds",
]
