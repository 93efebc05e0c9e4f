"""Building blocks of networks, written with the public names alone.

Read next: dropout.py
"""

from typing import TYPE_CHECKING, NoReturn

from ..tensor.foreign import LAYERS, no_name
from .bake import bake
from .dropout import dropout
from .elman import Elman
from .gru import GRU
from .lstm import LSTM

__all__ = ["GRU", "LSTM", "Elman", "bake", "dropout"]


if not TYPE_CHECKING:  # a checker reports a name that is not there by itself

    def __getattr__(name: str) -> NoReturn:
        no_name("symdrop.nn", name, __all__, LAYERS)


def __dir__() -> list[str]:
    return sorted(__all__)
