"""Vectorised reductions: an accumulator in every lane, and a horizontal reduction at the end.

Every lane accumulates its own elements; at the end the lanes are joined in halves, in a
fixed order. A float sum carries what rounding lost beside the sum (Knuth's two-sum), so
that its error does not grow with the number of elements.

Source: D. E. Knuth, The Art of Computer Programming, volume 2, section 4.2.2.

Read next: ../partition/__init__.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...types import is_float
from ..ir.vector_ir import INDEX, IRBuilder, Value
from .vector_maths import Unlowered

State = list[Value]


def lowest(type: str) -> Any:
    """The identity of the maximum: the least value of a dtype."""
    return float("-inf") if is_float(type) else False if type == "bool" else int(np.iinfo(type).min)


def highest(type: str) -> Any:
    """The identity of the minimum: the greatest value of a dtype."""
    return float("inf") if is_float(type) else True if type == "bool" else int(np.iinfo(type).max)


def carries_one_value(combine: str | None, result: str) -> bool:
    """True if the state of a reduction is one value, without what rounding lost and without an index.

    Example:
        >>> carries_one_value("max", "float32"), carries_one_value("sum", "float32"), carries_one_value("sum", "int64")
        (True, False, True)
    """
    return combine not in NUMBERED and not (combine == "sum" and is_float(result))


def number_type(source: str) -> str:
    """The type in which lanes count along an axis: no wider than elements of 32 bits, so that one mask chooses both.

    Example:
        >>> number_type("float32"), number_type("float64"), number_type("int8")
        ('int32', 'int64', 'int32')
    """
    return "int32" if np.dtype(source).itemsize <= 4 else INDEX


class Accumulator:
    """The accumulator of one reduction: its state, the update, and the value at the end.

    Args:
        builder: where operations go.
        combine: how partial results are combined.
        source: dtype of the elements.
        result: dtype of the value.
    """

    def __init__(self, builder: IRBuilder, combine: str | None, source: str, result: str) -> None:
        if combine not in _STARTS or "float16" in (source, result):
            raise Unlowered(f"{combine} of {source}")
        self.builder = builder
        self.combine: str = combine
        self.type = source if combine in NUMBERED else result
        self.compensated = combine not in NUMBERED and not carries_one_value(combine, self.type)

    def start(self, width: int) -> State:
        """The state before the first element."""
        first = self.builder.constant(_STARTS[self.combine](self.type), self.type)
        state = [self.builder.splat(first, width)]
        if self.compensated:
            state.append(self.builder.splat(self.builder.constant(0, self.type), width))
        if self.combine in NUMBERED:
            # Where nothing is better than the identity, all elements are equal to it, and the first one wins.
            state.append(self.builder.splat(self.builder.constant(0, number_type(self.type)), width))
        return state

    def take(self, state: Sequence[Value], x: Value, number: Value, mask: Value | None) -> State:
        """The state after another element (in every lane); ``number`` is its index along the axis."""
        maths, width = self.builder.maths, state[0].width
        if self.combine in ("any", "all") or self.type != x.type:
            x = maths.cast(x, self.type)
        x = self.builder.splat(x, width)
        if self.compensated:
            after = self.builder.span("two_sum", (*state, x), self._two_sum)
        elif self.combine in NUMBERED:
            candidate = [x, self.builder.splat(maths.cast(number, number_type(self.type)), width)]
            after = self.builder.span("better", (*state, *candidate), lambda *pairs: self._later(pairs[:2], pairs[2:]))
        else:
            after = [self._join(state[0], x)]
        if mask is None:
            return list(after)
        return [self.builder.make("select", mask, new, old) for new, old in zip(after, state, strict=True)]

    def _two_sum(self, total: Any, lost: Any, x: Any) -> tuple[Value, Value]:
        made = total + x
        part = made - total
        return made, lost + ((total - (made - part)) + (x - part))

    def _join(self, a: Value, b: Value) -> Value:
        made: Value = getattr(self.builder.maths, _JOINS[self.combine])(a, b)
        return made

    def _better(self, a: Sequence[Value], b: Sequence[Value]) -> State:
        """Of two candidates the better one, NaN being better than anything and the first of equals better."""
        return list(self.builder.span("better", (*a, *b), lambda *pairs: self._choice(pairs[:2], pairs[2:])))

    def _later(self, a: Sequence[Value], b: Sequence[Value]) -> tuple[Value, ...]:
        """Of two candidates, of which b is the later one, the better one."""
        wins = self._beats(b[0], a[0])
        return tuple(self.builder.make("select", wins, new, old) for new, old in zip(b, a, strict=True))

    def _choice(self, a: Sequence[Value], b: Sequence[Value]) -> tuple[Value, ...]:
        make = self.builder.make
        # Neither beats the other one: they are equal, or both NaN.
        equal = make("not", make("or", self._beats(a[0], b[0]), self._beats(b[0], a[0])))
        wins = make("or", self._beats(b[0], a[0]), make("and", equal, make("lt", b[1], a[1])))
        return tuple(make("select", wins, new, old) for new, old in zip(b, a, strict=True))

    def _beats(self, x: Value, y: Value) -> Value:
        """True where x is better than y."""
        make = self.builder.make
        if not is_float(self.type):
            return make("gt" if self.combine == "argmax" else "lt", x, y)
        # A comparison with NaN is false, and no number is better than NaN.
        worse = make("le" if self.combine == "argmax" else "ge", x, y)
        return make("and", make("not", worse), make("eq", y, y))

    def finish(self, state: State) -> Value:
        """The value, for each lane its own."""
        if self.combine in NUMBERED:
            return self._number(state)
        return self.builder.span("total", state, self._total) if self.compensated else state[-1]

    def _number(self, state: State) -> Value:
        made: Value = self.builder.maths.cast(state[-1], INDEX)
        return made

    def _total(self, total: Any, lost: Any) -> Any:
        # Where the sum is infinite, what was lost is NaN and means nothing.
        fits = self.builder.make("eq", lost - lost, self.builder.constant(0, self.type))
        zero = self.builder.constant(0, self.type)
        return total + self.builder.make("select", fits, lost, self.builder.splat(zero, lost.width))

    def across(self, state: State) -> Value:
        """The horizontal reduction: the value of all lanes together, one number."""
        made: Value = self.builder.span(f"{self.combine}_of_lanes", state, lambda *values: self._across(list(values)))
        return made

    def _across(self, state: State) -> Value:
        if self.compensated:
            state = [self.finish(state)]
        width = state[0].width
        while width > 1:
            width //= 2
            low = [self._part(value, 0, width) for value in state]
            high = [self._part(value, width, width) for value in state]
            if self.combine in NUMBERED:
                state = self._better(low, high)
            else:
                state = [self._join(low[0], high[0])]
        return self._number(state) if self.combine in NUMBERED else state[-1]

    def _part(self, value: Value, first: int, width: int) -> Value:
        return self.builder.make("part", value, type=value.type, width=width, attribute=first)


_STARTS: dict[str, Callable[[str], Any]] = {
    "sum": lambda type: 0,
    "plain_sum": lambda type: 0,
    "prod": lambda type: 1,
    "max": lowest,
    "min": highest,
    "any": lambda type: False,
    "all": lambda type: True,
    "argmax": lowest,
    "argmin": highest,
}
_JOINS = {
    "sum": "add",
    "plain_sum": "add",
    "prod": "multiply",
    "max": "maximum",
    "min": "minimum",
    "any": "logical_or",
    "all": "logical_and",
}

# Those whose value is an index, so that partial values do not say enough.
NUMBERED = frozenset(("argmax", "argmin"))
