"""Packages that import lazily offer what they declare."""

import importlib

import pytest


@pytest.mark.parametrize("name", ["batchpub", "batchpub.pace", "batchpub.store"])
def test_every_name_a_package_offers_is_there(name):
    """
    A name that is declared for type checkers is found at run time too, and no name but those.
    """
    package = importlib.import_module(name)

    assert sorted(package.__all__) == sorted(each for names in package.MODULES.values() for each in names)
    assert [] == [each for each in package.__all__ if getattr(package, each) is None]
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = package.nothing
