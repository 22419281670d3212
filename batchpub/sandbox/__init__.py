"""A stranger that plays Zoho People on this machine: it shares no code with the program that is tried against it."""

from batchpub.sandbox.config import SandboxConfig, Window
from batchpub.sandbox.courses import CourseState, CourseType, KnownCourse, load_courses
from batchpub.sandbox.fault_file import load_faults, parse_faults
from batchpub.sandbox.faults import Fault
from batchpub.sandbox.server import Sandbox
from batchpub.sandbox.tokens import Secrets

__all__ = [
    "CourseState",
    "CourseType",
    "Fault",
    "KnownCourse",
    "Sandbox",
    "SandboxConfig",
    "Secrets",
    "Window",
    "load_courses",
    "load_faults",
    "parse_faults",
]
