"""A fault plan, as TOML gives it, becomes faults; what is wrong in it is told by the number of its rule."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin

from batchpub.sandbox.faults import Fault

AnyFault = TypeVar("AnyFault", bound=Fault)


def load_faults(path: Path) -> tuple[Fault, ...]:
    """Read a fault plan.

    Raises ValueError with a sentence that names the file and the rule, OSError when the file cannot be read.
    """
    return load_plan(path, Fault)


def load_plan(path: Path, sort: type[AnyFault]) -> tuple[AnyFault, ...]:
    """Read a plan whose rules are of this sort; otherwise as `load_faults`."""
    try:
        return parse_plan(tomllib.loads(path.read_text(encoding="utf-8-sig")), sort)
    except ValueError as error:  # wrong bytes and TOML each raise a child of it
        raise ValueError(f"{path.name}: {error}") from None


def parse_plan(plan: Mapping[str, Any], sort: type[AnyFault]) -> tuple[AnyFault, ...]:
    """Take a plan as TOML gives it. Raises ValueError with a sentence that names the rule."""
    rules = plan.get("fault", [])
    if set(plan) - {"fault"} or not isinstance(rules, list):
        raise ValueError("only [[fault]] tables are wanted at the top")
    return tuple(_parse_rule(rule, number, sort) for number, rule in enumerate(rules, start=1))


def _parse_rule(rule: Any, number: int, sort: type[AnyFault]) -> AnyFault:
    if not isinstance(rule, dict) or "kind" not in rule:
        raise ValueError(f"fault {number}: a table with a kind is wanted")
    known = {each.name: each.type for each in fields(sort)}
    for name, value in rule.items():
        if name not in known:
            raise ValueError(f"fault {number}: no such field: {name!r}; there are {', '.join(known)}")
        if not _fits(value, known[name]):
            raise ValueError(f"fault {number}: {name} cannot be {value!r}")
    try:
        return sort(**rule)
    except ValueError as error:
        raise ValueError(f"fault {number}: {error}") from None


def _fits(value: Any, kind: Any) -> bool:
    """Tell whether what TOML gave is of a field's type, as it is written in the fault."""
    kinds = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    match value:
        case list():
            return any(get_origin(one) is Sequence and all(_fits(v, *get_args(one)) for v in value) for one in kinds)
        case dict():
            return get_origin(kind) is Mapping and all(isinstance(part, str) for part in value.values())
        case int() if not isinstance(value, bool):
            return bool({int, float} & set(kinds))
        case _:
            return type(value) in kinds
