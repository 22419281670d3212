"""The gate that every call passes."""

from batchpub.pace.estimate import estimate_seconds
from batchpub.pace.gate import Gate, GateClosed, Stop

__all__ = ["Gate", "GateClosed", "Stop", "estimate_seconds"]
