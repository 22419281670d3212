"""The gate that every call passes."""

from batchpub.pace.estimate import estimate_seconds
from batchpub.pace.gate import Gate, GateClosed

__all__ = ["Gate", "GateClosed", "estimate_seconds"]
