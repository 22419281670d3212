"""Packages that offer names of several modules and import a module when its first name is asked for.

`batchpub check` would otherwise load the database, the network and the report writers, which it does not use.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def export_lazily(package: str, names: Mapping[str, str]) -> Callable[[str], Any]:
    """Give a package's `__getattr__` (PEP 562). `names`: each name, and the module of the package that has it."""

    def find(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{package}.{names[name]}"), name)

    return find
