"""Optimisers: functions from a loss and parameters to updates, composed of transformations of gradients.

Read next: transformations.py
"""

from typing import TYPE_CHECKING, NoReturn

from ..tensor.foreign import no_name
from ..tensor.foreign_objects import MODULES
from . import optimisers, scaling, schedules, transformations
from .optimisers import *
from .scaling import *
from .schedules import *
from .transformations import *

__all__ = [*optimisers.__all__, *scaling.__all__, *schedules.__all__, *transformations.__all__]


if not TYPE_CHECKING:  # a checker reports a name that is not there by itself

    def __getattr__(name: str) -> NoReturn:
        no_name("symdrop.optim", name, __all__, MODULES["optim"])


def __dir__() -> list[str]:
    return sorted(__all__)
