"""Tracing: an elementwise formula, run once on recorders, becomes a line of ufunc calls.

Read next: steps.py
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...graph import Node
from ...op import Size
from ...op.casting import cast_array, is_saturating
from ...ops.numpy_maths import NUMPY
from ...syntax import Operation, Term
from .step import Draft, Step, Value


class Untraceable(Exception):
    """A formula uses something that is not a ufunc; it is then evaluated as a whole."""


_TO_BOOL = frozenset(
    ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "logical_not", "logical_and", "logical_or")
)


class Traced(Term):
    """A value inside a formula being traced; operators on it append steps."""

    __slots__ = ("maths", "value")

    def __init__(self, maths: TraceMaths, value: Value) -> None:
        self.maths = maths
        self.value = value

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype, for formulas that depend on it."""
        return np.dtype(self.value.dtype)

    @classmethod
    def apply(cls, op: Operation, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
        maths = next(value.maths for value in inputs if isinstance(value, Traced))
        return op.formula(maths, *inputs, **params)


class TraceMaths:
    """The maths namespace of a trace: every function of NumPy's that is a ufunc, and ``where`` and ``cast``."""

    def __init__(self, draft: Draft, node: Node) -> None:
        self.draft = draft
        self.node = node

    def __getattr__(self, name: str) -> Any:
        function = getattr(NUMPY, name)
        if not isinstance(function, np.ufunc):
            raise Untraceable(name)

        def call(*arguments: Any) -> Any:
            if not any(isinstance(argument, Traced) for argument in arguments):
                return function(*arguments)
            if name not in self.draft.constants:
                self.draft.constants[name] = function
            return self._step(name, arguments, "bool" if name in _TO_BOOL else None)

        return call

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        """A choice, made without branches where the operands allow it."""
        if not isinstance(condition, Traced):
            return a if condition else b
        dtype = next((v.value.dtype for v in (a, b) if isinstance(v, Traced)), self.node.dtype)
        operands, sizes = self._operands((condition, a, b))
        if not isinstance(a, Traced) and not isinstance(b, Traced):
            a, b = np.dtype(dtype).type(a), np.dtype(dtype).type(b)
        texts = [self._text(v) for v in (condition, a, b)]
        whole = all(
            self._sizes(v.value) == sizes if isinstance(v, Traced) else _has_no_bits(v) for v in (condition, a, b)
        )
        if not self.node.ndim or not whole or not (isinstance(a, Traced) or isinstance(b, Traced)):
            return self._emit(f"where({', '.join(texts)})", operands, dtype, sizes, "where")
        target = self.draft.new(dtype, sizes)
        arguments, new = ", ".join(texts), f"empty({texts[0]}.shape, '{dtype}')"

        def render(out: str | None) -> str:
            return f"{target.name} = blend({arguments}, {out or new})"

        overwrites = tuple(v.value for v in (b, a) if isinstance(v, Traced))
        self._append(target, operands, render, "where", overwrites)
        return Traced(self, target)

    def cast(self, x: Any, dtype: str) -> Any:
        """A conversion."""
        if not isinstance(x, Traced):
            return cast_array(x, dtype)[()]
        operands, sizes = self._operands((x,))
        target = self.draft.new(dtype, sizes)
        name = self._text(x)
        saturating = is_saturating(x.value.dtype, dtype)

        def render(out: str | None) -> str:
            if out is None:
                made = f"cast({name}, '{dtype}')" if saturating else f"{name}.astype('{dtype}')"
                return f"{target.name} = {made}"
            made = f"cast({name}, '{dtype}')" if saturating else name
            return f"copyto({out}, {made}, 'unsafe'); {target.name} = {out}"

        self._append(target, operands, render, "cast", ())
        return Traced(self, target)

    def _step(self, function: str, arguments: Sequence[Any], dtype: str | None) -> Traced:
        operands, sizes = self._operands(arguments)
        result = dtype or operands[0].dtype
        target = self.draft.new(result, sizes)
        text = ", ".join(map(self._text, arguments))

        def render(out: str | None) -> str:
            # As a keyword, since NumPy deprecates a third positional argument of maximum and minimum.
            return f"{target.name} = {function}({text}{f', out={out}' if out else ''})"

        self._append(target, operands, render, function, tuple(v for v in operands if v.dtype == result))
        return Traced(self, target)

    def _emit(
        self, text: str, operands: tuple[Value, ...], dtype: str, sizes: tuple[Size, ...] | None, label: str
    ) -> Traced:
        target = self.draft.new(dtype, sizes)
        self._append(target, operands, lambda out: f"{target.name} = {text}", label, None)
        return Traced(self, target)

    def _append(self, target: Value, operands: tuple[Value, ...], render: Any, label: str, overwrites: Any) -> None:
        takes_out = overwrites is not None and bool(target.sizes)
        usable = tuple(v for v in overwrites or () if self._sizes(v) == target.sizes and v.dtype == target.dtype)
        self.draft.steps.append(Step(self.node, target, operands, render, label, takes_out, usable))

    def _operands(self, arguments: Sequence[Any]) -> tuple[tuple[Value, ...], tuple[Size, ...] | None]:
        values = tuple(argument.value for argument in arguments if isinstance(argument, Traced))
        return values, _stretched_sizes([self._sizes(value) for value in values])

    def _sizes(self, value: Value) -> tuple[Size, ...] | None:
        return None if value.sizes is None else tuple(map(self.draft.find, value.sizes))

    def _text(self, argument: Any) -> str:
        if isinstance(argument, Traced):
            return argument.value.name
        if isinstance(argument, np.generic):
            return self.draft.refer(argument, "scalar")
        return f"({argument!r})" if isinstance(argument, float | int) and argument < 0 else repr(argument)


def _has_no_bits(number: Any) -> bool:
    """True if a number is the 0 that ``blend`` takes; -0.0 has a bit."""
    return bool(number == 0) and math.copysign(1, number) > 0


def _stretched_sizes(all_sizes: Sequence[tuple[Size, ...] | None]) -> tuple[Size, ...] | None:
    """The sizes NumPy gives to the result of a ufunc."""
    ndim = max(len(sizes or ()) for sizes in all_sizes)
    result: list[Size] = [1] * ndim
    for sizes in all_sizes:
        if sizes is None:
            return None
        for axis, size in enumerate(sizes, ndim - len(sizes)):
            if result[axis] == 1:
                result[axis] = size
    return tuple(result)


def trace(draft: Draft, node: Node, operands: Sequence[Value | complex]) -> Traced:
    """The value of an elementwise node, its formula's calls appended as steps."""
    maths = TraceMaths(draft, node)
    arguments = [Traced(maths, operand) if isinstance(operand, Value) else operand for operand in operands]
    result = node.op.follow(node, maths, arguments)
    if not isinstance(result, Traced):
        raise Untraceable(node.op.name)
    return result
