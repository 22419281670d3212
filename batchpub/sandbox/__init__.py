"""A stranger that plays Zoho People on this machine: it shares no code with the program that is tried against it."""

from batchpub.sandbox.config import SandboxConfig
from batchpub.sandbox.fault_file import load_faults
from batchpub.sandbox.server import Sandbox

__all__ = ["Sandbox", "SandboxConfig", "load_faults"]
