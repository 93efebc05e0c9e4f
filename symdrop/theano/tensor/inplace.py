"""``theano.tensor.inplace``: functions of one element that overwrote their input; here they are those that do not.

The compiler reuses the memory of what nobody sees any more by itself.

Read next: products.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from ..missing import is_theanos, missing_name
from . import elementwise, shaping

_functions: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {f"{name}_inplace": one for name, one in {**elementwise.functions, "transpose": shaping.transpose}.items()}
)
globals().update({name: one for name, one in _functions.items() if is_theanos(f"theano.tensor.inplace.{name}")})

__all__ = sorted(name for name in _functions if name in globals())


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.inplace", name, __all__)
