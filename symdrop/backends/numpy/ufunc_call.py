"""Elementwise formulas that are one call of a NumPy ufunc, found by tracing.

A formula runs once on stand-ins for its operands, in a maths namespace that notes calls. The
program makes such a call itself: it names the array to write into, and leaves stretching to
it. Python's operators do not count: for arrays, ``x ** 2`` is another ufunc, a square.

Read next: arena.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...graph import Node
from ...op import Elementwise
from ...ops.numpy_maths import NUMPY
from ...syntax import Operation, Term


class Traced(Term):
    """A value in a formula that is being traced: its dtype, and the ufunc and the arguments whose result it is."""

    __slots__ = ("arguments", "dtype", "ufunc")

    def __init__(self, dtype: Any, ufunc: Callable[..., Any] | None = None, *arguments: Any) -> None:
        self.dtype, self.ufunc, self.arguments = np.dtype(dtype), ufunc, list(arguments)

    @classmethod
    def apply(cls, op: Operation, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
        return cls(op.formula(_Tracing(), *inputs, **params).dtype)


class _Tracing:
    """The maths namespace of a trace."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        ufunc = getattr(NUMPY, name)
        if not isinstance(ufunc, np.ufunc) or ufunc.signature or ufunc.nout != 1:
            raise NotImplementedError(name)

        def call(*arguments: Any) -> Any:
            if not any(isinstance(argument, Traced) for argument in arguments):
                return ufunc(*arguments)
            dtypes = [getattr(argument, "dtype", type(argument)) for argument in arguments]
            try:
                return Traced(ufunc.resolve_dtypes((*dtypes, None))[-1], ufunc, *arguments)
            except TypeError:
                raise NotImplementedError(name) from None  # as evaluating it will show

        return call


def ufunc_call(node: Node) -> Callable[..., Any] | None:
    """The ufunc, as a function of operands and ``out``, whose call is all of a node's formula; or None."""
    operands = [Traced(source.dtype) for source in node.inputs] if isinstance(node.op, Elementwise) else []
    try:
        result = node.op.follow(node, _Tracing(), operands) if operands else None
    except NotImplementedError:
        return None
    if not isinstance(result, Traced) or result.ufunc is None or result.dtype != node.dtype:
        return None
    ufunc, arguments = result.ufunc, result.arguments
    if arguments == operands:
        return ufunc
    numbers = [(operands.index(a) if a in operands else None, a) for a in arguments]

    def call(*values: Any, out: Any) -> Any:
        return ufunc(*[number if i is None else values[i] for i, number in numbers], out=out)

    # An operand that is ignored has a say in the result's shape nevertheless.
    return call if {a for a in arguments if isinstance(a, Traced)} == set(operands) else None
