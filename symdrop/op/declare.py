"""Declarations: the decorators that make an op of one kind from its formula.

Read next: casting.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

from ..binding import public
from ..errors import GraphTypeError, here, shown
from .base import Formula, Op

Kind = TypeVar("Kind", bound=Op)


class Declare(Generic[Kind]):
    """A decorator that makes an op of one kind from its formula, with or without further words::

    @elementwise
    def ...

    @elementwise(returns="float", domain=(0, 1))
    def ...
    """

    def __init__(self, kind: type[Kind]) -> None:
        self.kind = kind
        self.__doc__ = kind.__doc__

    @overload
    def __call__(self, formula: Formula, /) -> Kind: ...
    @overload
    def __call__(self, **declared: Any) -> Callable[[Formula], Kind]: ...
    @public
    def __call__(self, *formula: Any, **declared: Any) -> Any:
        if formula:
            if len(formula) > 1:
                raise GraphTypeError(f"an op is declared by one formula, not {shown(formula)}{here()}")
            return self.kind(*formula, **declared)
        return lambda made: self.kind(made, **declared)
