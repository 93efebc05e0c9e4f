"""Elementwise formulas that are one call of a NumPy ufunc, found by tracing.

A formula runs once on stand-ins for its operands, in a maths namespace that notes calls. The
program makes such a call itself: it can name the array to write into, and need not stretch
operands, since ufuncs broadcast. Python's operators do not count, for to arrays they may mean
other ufuncs (``x ** 2`` is a square).

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
    """A value in a formula that is being traced: its dtype, and the call (ufunc, arguments) whose result it is."""

    __slots__ = ("call", "dtype")

    def __init__(self, dtype: Any, *call: Any) -> None:
        self.dtype, self.call = np.dtype(dtype), call

    @classmethod
    def apply(cls, op: Operation, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
        return cls(op.formula(_Tracing(), *inputs, **params).dtype)


class _Tracing:
    """The maths namespace of a trace."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        ufunc = getattr(NUMPY, name)
        if not isinstance(ufunc, np.ufunc) or ufunc.signature or ufunc.nout != 1:
            raise NotImplementedError(name)

        def call(*arguments: Any) -> Traced:
            dtypes = [getattr(argument, "dtype", type(argument)) for argument in arguments]
            return Traced(ufunc.resolve_dtypes((*dtypes, None))[-1], ufunc, *arguments)

        return call


def ufunc_call(node: Node) -> Callable[..., Any] | None:
    """The ufunc, as a function of a node's operands and ``out``, whose call is all of the node's formula; or None.

    Raises:
        TypeError, AttributeError: for an elementwise formula that cannot be traced; see ``Op.follow``.
    """
    operands = [Traced(source.dtype) for source in node.inputs] if isinstance(node.op, Elementwise) else []
    try:
        result = node.op.follow(node, _Tracing(), operands) if operands else None
    except NotImplementedError:
        return None
    if not isinstance(result, Traced) or not result.call or result.dtype != node.dtype:
        return None
    ufunc: Callable[..., Any] = result.call[0]
    arguments = list(result.call[1:])
    if arguments == operands:
        return ufunc

    def call(*values: Any, out: Any) -> Any:
        known = dict(zip(operands, values, strict=True))
        return ufunc(*[known[a] if isinstance(a, Traced) else a for a in arguments], out=out)

    # An operand that is ignored has a say in the result's shape nevertheless.
    return call if {a for a in arguments if isinstance(a, Traced)} == set(operands) else None
