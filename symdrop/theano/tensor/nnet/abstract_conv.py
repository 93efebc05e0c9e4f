"""``theano.tensor.nnet.abstract_conv``: convolutions, their gradients and their shapes.

Read next: conv.py
"""

from __future__ import annotations

from typing import Any

from ...missing import no_name
from . import bilinear, convolutions, separable, shapes

_found = {
    name: getattr(module, name) for module in (bilinear, convolutions, separable, shapes) for name in module.__all__
}
globals().update(_found)

# Modules beside these are found missing when they are used.
__path__: list[str] = []

__all__ = sorted(_found)


def __getattr__(name: str) -> Any:
    """Refuse what is not there with a sentence."""
    no_name("theano.tensor.nnet.abstract_conv", name, __all__)
