"""How a noun is made of which a sheet needs hundreds of thousands."""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True, kw_only_default=True, order_default=True)
def one_of_many(noun: type[_T]) -> type[_T]:
    """Make a dataclass of which a sheet needs hundreds of thousands: frozen for type checkers only.

    A frozen one takes twice as long to build, which is a fifth of the time of checking 100,000 rows.
    """
    return dataclass(slots=True, kw_only=True, unsafe_hash=True, order=True)(noun)
