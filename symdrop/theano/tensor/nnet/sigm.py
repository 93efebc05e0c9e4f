"""``theano.tensor.nnet.sigm``: the sigmoid and its relatives.

Read next: costs.py
"""

from __future__ import annotations

from typing import Any

from ....tensor import nnet as engine
from ...dtypes import as_float, typed
from ...missing import missing_name
from ...variable import speaking

sigmoid = typed(engine.sigmoid, as_float)
hard_sigmoid = speaking(engine.hard_sigmoid)
softplus = typed(engine.softplus, as_float)

# Theano's is a rough sigmoid that saved time on processors of its day; this one is exact. The op of scalars and the one
# that overwrites its operand have the values of the others.
ultra_fast_sigmoid = scalar_sigmoid = sigmoid_inplace = sigmoid
scalar_softplus = softplus

# Modules beside these are found missing when they are used.
__path__: list[str] = []

__all__ = [
    "hard_sigmoid", "scalar_sigmoid", "scalar_softplus", "sigmoid", "sigmoid_inplace", "softplus",
    "ultra_fast_sigmoid",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.nnet.sigm", name, __all__)
