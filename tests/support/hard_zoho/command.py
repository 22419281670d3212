"""The sandbox's command with every choice of `HardConfig` as a flag: `--throttle-shape 7209`, `--strict-tokens`, …"""

from dataclasses import fields
from pathlib import Path

import click

from batchpub.sandbox.command import read_file, serve
from batchpub.sandbox.courses import load_courses
from batchpub.sandbox.fault_file import load_plan

from .config import HardConfig
from .faults import HardFault
from .server import HardSandbox

SHORT = {f"{name}_seconds": name for name in ("period", "lock", "latency", "grace", "clock_offset")}
FILES = {"courses": load_courses, "faults": lambda path: load_plan(path, HardFault)}


def _option_of(field):
    flag = f"--{SHORT.get(field.name, field.name).replace('_', '-')}"
    if field.name in FILES:
        kind = {"type": click.Path(path_type=Path), "callback": read_file(FILES[field.name])}
    elif isinstance(field.default, bool):
        kind = {"is_flag": True, "flag_value": not field.default, "default": field.default}
        flag = flag if not field.default else f"--no-{flag[2:]}"
    else:
        kind = {"type": {int | None: int}.get(field.type, type(field.default)), "default": field.default}
    return click.option(flag, field.name, **kind)


def _with_options(command):
    for field in fields(HardConfig):
        if field.name != "secrets":
            command = _option_of(field)(command)
    return command


@click.command()
@_with_options
def sandbox(**options):
    """Play it. `--read-limit 0`: reads and publishes are one budget."""
    options["faults"] = options["faults"] or ()
    serve(HardSandbox(HardConfig(**options)))
