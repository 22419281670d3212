"""Zoho as it may be at its worst: the shipped sandbox, and every fault, limit and shape that only tests play."""

from batchpub.sandbox.fault_file import load_plan, parse_plan

from .config import HardConfig, Window
from .faults import HardFault
from .server import HardSandbox
from .tokens import Secrets

__all__ = ["HardConfig", "HardFault", "HardSandbox", "Secrets", "Window", "load_faults", "parse_faults"]


def load_faults(path):
    """Read a plan whose rules may be any that tests play."""
    return load_plan(path, HardFault)


def parse_faults(plan):
    """Take the rules of such a plan as TOML gives them."""
    return parse_plan({"fault": plan}, HardFault)
