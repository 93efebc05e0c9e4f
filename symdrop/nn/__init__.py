"""Building blocks of networks, written with the public names alone.

Read next: dropout.py
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..lazy_loading import LazyNames
from ..tensor.foreign import LAYERS, no_name
from .bake import bake
from .dropout import dropout

if TYPE_CHECKING:
    # What is loaded when it is first used, for type checkers; a test compares it with the table below.
    from . import initializers
    from .elman import Elman
    from .gru import GRU
    from .layers.convolution import Conv
    from .layers.dense import Dense
    from .layers.dropout_layer import Dropout
    from .layers.embedding import Embedding
    from .layers.pooling import Flatten, GlobalPool, Pool
    from .layers.sequential import Sequential
    from .lstm import LSTM
    from .normalization.statistics import statistics_updates, tracked
    from .walk import parameters, states

_LAZY = LazyNames(globals(), {
    "elman": ("Elman",),
    "gru": ("GRU",),
    "layers.convolution": ("Conv",),
    "layers.dense": ("Dense",),
    "layers.dropout_layer": ("Dropout",),
    "layers.embedding": ("Embedding",),
    "layers.pooling": ("Flatten", "GlobalPool", "Pool"),
    "layers.sequential": ("Sequential",),
    "lstm": ("LSTM",),
    "normalization.statistics": ("statistics_updates", "tracked"),
    "walk": ("parameters", "states"),
})  # fmt: skip

__all__ = [
    "GRU", "LSTM", "Conv", "Dense", "Dropout", "Elman", "Embedding", "Flatten", "GlobalPool", "Pool", "Sequential",
    "bake", "dropout", "initializers", "parameters", "states", "statistics_updates", "tracked",
]  # fmt: skip


if not TYPE_CHECKING:  # a checker reports a name that is not there by itself

    def __getattr__(name: str) -> Any:
        """A name that is loaded when it is first used."""
        if name in _LAZY:
            return _LAZY.load(name)
        if name == "initializers":
            return import_module(".initializers", __name__)
        no_name("symdrop.nn", name, __all__, LAYERS)


def __dir__() -> list[str]:
    return sorted(__all__)
