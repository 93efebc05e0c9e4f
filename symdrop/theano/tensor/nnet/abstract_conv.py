"""``theano.tensor.nnet.abstract_conv``: convolutions, their gradients and their shapes.

Read next: conv.py
"""

from __future__ import annotations

from typing import Any

from ...missing import missing_name
from . import bilinear, convolutions, separable, shape_checks, shapes

_modules = bilinear, convolutions, separable, shape_checks, shapes
_found = {name: getattr(module, name) for module in _modules for name in module.__all__}
globals().update(_found)

# Modules beside these are found missing when they are used.
__path__: list[str] = []

__all__ = sorted(_found)


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.nnet.abstract_conv", name, __all__)
