"""Files of states: parameters by name, and checkpoints of whole runs; no code is ever read from a file.

Read next: tensors.py
"""

from typing import TYPE_CHECKING, NoReturn

from ..tensor.foreign import no_name
from ..tensor.foreign_objects import MODULES
from .checkpoints import Checkpoints
from .tensors import Report, load, read, save

__all__ = ["Checkpoints", "Report", "load", "read", "save"]


if not TYPE_CHECKING:  # a checker reports a name that is not there by itself

    def __getattr__(name: str) -> NoReturn:
        no_name("symdrop.io", name, __all__, MODULES["io"])


def __dir__() -> list[str]:
    return sorted(__all__)
