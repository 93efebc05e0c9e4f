"""``theano.tensor.xlogx``: x log(x) and x log(y), 0 where x is 0.

Read next: fft.py
"""

from __future__ import annotations

from typing import Any

from ... import tensor as engine
from ..dtypes import as_float, typed
from ..missing import missing_name

xlogy0 = typed(engine.xlogy, as_float)
xlogx = typed(lambda x: engine.xlogy(x, x), as_float)

__all__ = ["xlogx", "xlogy0"]


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.xlogx", name, __all__)
