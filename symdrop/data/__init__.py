"""Data: real data sets, and batches of rows for training.

``digits()`` is shipped with the package; ``mnist(folder)`` reads the four files a user has
on disk. Both return a ``Dataset``. Nothing here fetches anything.

Read next: rows.py
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from ..tensor.foreign import no_name
from ..tensor.foreign_objects import MODULES
from .dataset import Dataset, minibatches
from .digits import digits
from .epochs import Batches
from .idx import MissingDataError, read_idx
from .mnist import mnist

__all__ = ["Batches", "Dataset", "MissingDataError", "digits", "minibatches", "mnist", "read_idx"]


if not TYPE_CHECKING:  # a checker reports a name that is not there by itself

    def __getattr__(name: str) -> NoReturn:
        no_name("symdrop.data", name, __all__, MODULES["data"])


def __dir__() -> list[str]:
    return sorted(__all__)
