"""The public face, and every other package, offers what it declares."""

import ast
import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

import pytest

import batchpub

PACKAGES = [
    module.name for module in pkgutil.walk_packages(batchpub.__path__, "batchpub.") if module.ispkg
]  # as they are in the folder


def test_every_name_of_the_public_face_is_there():
    """
    A name that is declared for type checkers is found at run time too, and no name but those.
    """
    assert sorted(batchpub.__all__) == sorted(each for names in batchpub.MODULES.values() for each in names)
    assert [] == [each for each in batchpub.__all__ if getattr(batchpub, each) is None]
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = batchpub.nothing


@pytest.mark.parametrize("name", ["batchpub", *PACKAGES])
def test_every_name_in_all_is_there_once(name):
    """
    `from package import *` finds every name, and none is a module's.
    """
    package = importlib.import_module(name)
    offered = getattr(package, "__all__", [])

    assert [] == [each for each in offered if isinstance(getattr(package, each, package), ModuleType)]
    assert len(offered) == len(set(offered))


def test_no_name_means_two_things():
    """
    A class or a type has its name alone in the program. The sandbox is another program, which plays the service.
    """
    homes = {}
    for path in sorted(Path(batchpub.__file__).parent.rglob("*.py")):
        if "sandbox" in path.parts:
            continue
        for node in ast.parse(path.read_text("utf-8")).body:
            for name in named_by(node):
                homes.setdefault(name, []).append(path.name)

    assert {} == {name: where for name, where in homes.items() if len(where) > 1 and name != "T"}


def named_by(node):
    """Give the types that a statement names: classes, and names in capitals and small letters that are assigned."""
    match node:
        case ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=[ast.Name(id=name)]) if not name.isupper() and name[:1].isupper():
            return [name]
    return []
