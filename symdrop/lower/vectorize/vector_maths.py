"""The maths namespace of IR values: what ``m`` is when a formula becomes a loop's body.

Basic arithmetic is one operation a name. Functions such as ``exp`` are formulas over that
arithmetic (maths/), chosen by dtype; where there is none the C library's function is called
for one element after another. A formula that asks for anything else cannot be lowered.

Read next: threefry.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...graph import Node
from ...op.casting import cast_array, is_saturating
from ...ops.numpy_maths import SPECIAL
from ...types import is_float
from ..ir.vector_ir import IRBuilder, Value
from . import special_functions
from .transcendental import FORMULAS, LIBM


class Unlowered(Exception):
    """A formula asks for something that the vector IR does not have.

    Attributes:
        blamed: the node that has no lowering, then those of the kernels around it, from the inside out.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.blamed: list[tuple[Node, ...]] = []


_BINARY = {
    "add": "add", "subtract": "sub", "multiply": "mul", "true_divide": "div", "divide": "div",
    "bitwise_and": "and", "bitwise_or": "or", "bitwise_xor": "xor", "logical_and": "and", "logical_or": "or",
    "less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge", "equal": "eq", "not_equal": "ne",
    "copysign": "copysign",
}  # fmt: skip
_UNARY = {"negative": "neg", "absolute": "abs", "abs": "abs", "sqrt": "sqrt"}
_ROUNDING = {"floor": "floor", "ceil": "ceil", "trunc": "trunc", "rint": "rint"}
# Of truth values + is "or" and * is "and".
_BOOLEAN = {"add": "or", "mul": "and"}


class VectorMaths:
    """NumPy's names over the IR values of one kernel."""

    def __init__(self, builder: IRBuilder) -> None:
        self.builder = builder
        # The dtype of a choice between two Python numbers; whoever runs a formula sets it.
        self.type = "float64"

    def __getattr__(self, name: str) -> Callable[..., Any]:
        made = self._operation(name)
        # From now on it is found without looking for it.
        setattr(self, name, made)
        return made

    def _operation(self, name: str) -> Callable[..., Any]:
        if name in _BINARY:
            return lambda a, b: self.binary(_BINARY[name], a, b)
        if name in _UNARY:
            return lambda x: self.unary(_UNARY[name], x)
        if name in _ROUNDING:
            return lambda x: x if not is_float(x.type) else self.unary(_ROUNDING[name], x)
        if name in FORMULAS or name in LIBM or name in SPECIAL:
            return lambda *arguments: self.function(name, *arguments)
        raise Unlowered(name)

    # Operands.

    def operands(self, *values: Any) -> list[Value]:
        """IR values of one dtype; Python numbers take the dtype of what they meet."""
        type, literals = "", False
        for value in values:
            if not isinstance(value, Value):
                literals = True
            elif not type:
                type = value.type
        if not literals:
            return list(values)
        type = type or self.type
        return [value if isinstance(value, Value) else self._literal(value, type) for value in values]

    def _literal(self, value: Any, type: str) -> Value:
        if isinstance(value, float) and not is_float(type) and not value.is_integer():
            raise Unlowered(f"the number {value} among values of dtype {type}")
        return self.builder.constant(value, type)

    def binary(self, op: str, a: Any, b: Any) -> Any:
        """An operation on two operands."""
        if not isinstance(a, Value) and not isinstance(b, Value):
            return getattr(np, next(name for name, known in _BINARY.items() if known == op))(a, b)
        x, y = self.operands(a, b)
        if x.type == "bool":
            op = _BOOLEAN.get(op, op)
        if op == "div" and not is_float(x.type):
            raise Unlowered("true_divide of integers")
        return self.builder.make(op, x, y)

    def unary(self, op: str, x: Any) -> Any:
        """An operation on one operand."""
        if x.type in ("bool", "uint8", "uint16", "uint32", "uint64") and op == "abs":
            return x
        if x.type == "bool" and op == "neg":
            raise Unlowered("negative of truth values")
        return self.builder.make(op, x)

    def function(self, name: str, *arguments: Any) -> Any:
        """A function of the table of formulas, or of the C library."""
        operands = self.operands(*arguments)
        type = operands[0].type
        formula = FORMULAS.get(name, {}).get(type)
        if formula is not None:
            return self.builder.function(name, operands, lambda builder, *values: formula(builder.maths, *values))
        if name in LIBM and is_float(type) and type != "float16":
            return self.libm(name, *operands)
        if is_float(type) and special_functions.address(name) is not None:
            given = [self.cast(operand, "float64") for operand in operands]
            made = self.builder.make("call", *given, attribute=special_functions.PREFIX + name)
            return self.cast(made, type)
        raise Unlowered(f"{name} of {type}")

    def libm(self, name: str, *operands: Value) -> Value:
        """The C library's function, element by element."""
        return self.builder.make("call", *operands, attribute=LIBM[name])

    def libm_where(self, condition: Value, name: str, y: Value, *operands: Value) -> Value:
        """The C library's function for the elements where the condition holds, y elsewhere."""
        return self.builder.make("call_where", condition, y, *operands, attribute=LIBM[name])

    # What formulas need beyond NumPy's names.

    def fma(self, a: Any, b: Any, c: Any) -> Value:
        """a * b + c, rounded once where the machine can."""
        return self.builder.make("fma", *self.operands(a, b, c))

    def bits(self, x: Value, type: str) -> Value:
        """The same bits as a number of another dtype of equal size."""
        return self.builder.make("bits", x, type=type)

    def shift_left(self, x: Value, bits: int) -> Value:
        """x << bits, modulo the dtype."""
        return self.builder.make("shl", *self.operands(x, bits))

    def shift_right(self, x: Value, bits: int) -> Value:
        """x >> bits; of signed integers the sign comes in from the left."""
        return self.builder.make("shr", *self.operands(x, bits))

    def polynomial(self, x: Value, coefficients: Any) -> Value:
        """c0 + c1 x + c2 x**2 + ..., by Horner's rule."""
        *others, result = self.operands(x, *coefficients)[1:]
        for coefficient in reversed(others):
            result = self.fma(result, x, coefficient)
        return result

    # Names whose meaning needs more than one operation.

    def cast(self, x: Any, dtype: str) -> Any:
        """A conversion; a float is a truth value if it is not zero, and saturates in an integer dtype."""
        if not isinstance(x, Value):
            return self.builder.constant(cast_array(x, dtype).item(), dtype)
        if dtype == "bool" and x.type != "bool":
            return self.builder.make("ne", x, self.builder.constant(0, x.type))
        if is_saturating(x.type, dtype):
            return self.builder.make("saturate", x, type=dtype)
        return self.builder.convert(x, dtype)

    def whole(self, x: Value, dtype: str) -> Value:
        """A float known to be a whole number within an integer dtype's range, in that dtype."""
        return self.builder.convert(x, dtype)

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        """A choice between two values, both of which are computed."""
        if not isinstance(condition, Value):
            return a if condition else b
        x, y = self.operands(a, b)
        return self.builder.make("select", condition, x, y)

    def maximum(self, a: Any, b: Any) -> Any:
        """The larger, NaN if either is."""
        return self.builder.span("maximum", self.operands(a, b), lambda x, y: self._extremum("lt", x, y))

    def minimum(self, a: Any, b: Any) -> Any:
        """The smaller, NaN if either is."""
        return self.builder.span("minimum", self.operands(a, b), lambda x, y: self._extremum("gt", x, y))

    def _extremum(self, loses: str, x: Value, y: Value) -> Value:
        if x.type == "bool":
            return self.builder.make("or" if loses == "lt" else "and", x, y)
        if x.op == "constant" and y.op != "constant":
            x, y = y, x
        # Where x is NaN no comparison holds, and x stays.
        other = self.builder.make(loses, x, y)
        if is_float(x.type) and not (y.op == "constant" and y.attribute == y.attribute):
            other = self.builder.make("or", other, self.builder.make("ne", y, y))
        return self.builder.make("select", other, y, x)

    def positive(self, x: Value) -> Value:
        """x itself."""
        return x

    def invert(self, x: Value) -> Value:
        """Not, bit by bit."""
        return self.builder.make("not", x)

    logical_not = invert

    def sign(self, x: Value) -> Any:
        """-1, 0 or 1; NaN of NaN."""
        return self.builder.span("sign", (x,), self._sign)

    def _sign(self, x: Value) -> Any:
        zero, one = self.builder.constant(0, x.type), self.builder.constant(1, x.type)
        above = self.where(self.builder.make("gt", x, zero), one, x if is_float(x.type) else zero)
        if x.type[0] == "u":
            return above
        made = self.where(self.builder.make("lt", x, zero), self.builder.constant(-1, x.type), above)
        if is_float(x.type):
            made = self.where(self.builder.make("eq", x, zero), zero, made)
        return made

    def left_shift(self, a: Any, b: Any) -> Any:
        """a shifted to the left; by more bits than there are, 0."""
        return self.builder.span("left_shift", self.operands(a, b), self._left_shift)

    def _left_shift(self, x: Value, y: Value) -> Value:
        return self._shift("shl", x, y, self.builder.constant(0, x.type))

    def right_shift(self, a: Any, b: Any) -> Any:
        """a shifted to the right; by more bits than there are, what its sign leaves."""
        return self.builder.span("right_shift", self.operands(a, b), self._right_shift)

    def _right_shift(self, x: Value, y: Value) -> Value:
        zero = self.builder.constant(0, x.type)
        gone = (
            zero if x.type[0] == "u" else self.builder.make("shr", x, self.builder.constant(8 * _bytes(x) - 1, x.type))
        )
        return self._shift("shr", x, y, gone)

    def _shift(self, op: str, x: Value, y: Value, gone: Value) -> Value:
        bits = 8 * _bytes(x)
        if y.op == "constant" and 0 <= y.attribute < bits:
            return self.builder.make(op, x, y)
        # NumPy takes a negative number of bits for a large one.
        unsigned = self.bits(y, "u" + y.type.removeprefix("u"))
        fits = self.builder.make("lt", unsigned, self.builder.constant(bits, unsigned.type))
        safe = self.where(fits, y, self.builder.constant(0, y.type))
        return self.builder.make("select", fits, self.builder.make(op, x, safe), gone)

    def floor_divide(self, a: Any, b: Any) -> Any:
        """The quotient rounded down; of integers by zero, 0."""
        return self.builder.span("floor_divide", self.operands(a, b), self._floor_divide)

    def _floor_divide(self, x: Value, y: Value) -> Value:
        if is_float(x.type):
            return self._float_division(x, y)[0]
        quotient, remainder, zero = self._integer_division(x, y)
        if x.type[0] == "u":
            return quotient
        made: Value = self.where(self._signs_differ(remainder, y, zero), quotient - 1, quotient)
        return made

    def remainder(self, a: Any, b: Any) -> Any:
        """a - b * floor(a / b); of integers by zero, 0."""
        return self.builder.span("remainder", self.operands(a, b), self._remainder)

    def _remainder(self, x: Value, y: Value) -> Value:
        if is_float(x.type):
            return self._float_division(x, y)[1]
        _, remainder, zero = self._integer_division(x, y)
        if x.type[0] == "u":
            return remainder
        made: Value = self.where(self._signs_differ(remainder, y, zero), remainder + y, remainder)
        return made

    def _signs_differ(self, remainder: Value, y: Value, zero: Value) -> Value:
        make = self.builder.make
        return make("and", make("ne", remainder, zero), make("ne", make("lt", remainder, zero), make("lt", y, zero)))

    def _integer_division(self, x: Value, y: Value) -> tuple[Value, Value, Value]:
        """Quotient and remainder as C has them, and 0, 0 where C has none; also the number 0."""
        make, zero = self.builder.make, self.builder.constant(0, x.type)
        undefined = make("eq", y, zero)
        safe = self.where(undefined, self.builder.constant(1, x.type), y)
        if x.type[0] == "i":
            # The lowest integer over -1 does not fit: dividing its negative by 1 gives the same bits without a trap.
            minus = make("eq", safe, self.builder.constant(-1, x.type))
            x = self.where(minus, make("neg", x), x)
            safe = self.where(minus, self.builder.constant(1, x.type), safe)
        quotient = make("div", x, safe)
        remainder = make("sub", x, make("mul", quotient, safe))
        return self.where(undefined, zero, quotient), self.where(undefined, zero, remainder), zero

    def _float_division(self, x: Value, y: Value) -> tuple[Value, Value]:
        """NumPy's floor division and remainder of floats."""
        make, zero = self.builder.make, self.builder.constant(0, x.type)
        rest = make("call", x, y, attribute=LIBM["fmod"])
        by_zero = make("eq", y, zero)
        quotient = make("div", make("sub", x, rest), y)
        wrong = make("and", make("ne", rest, zero), make("ne", make("lt", y, zero), make("lt", rest, zero)))
        remainder = self.where(wrong, make("add", rest, y), rest)
        remainder = self.where(make("eq", rest, zero), make("copysign", zero, y), remainder)
        quotient = self.where(wrong, make("sub", quotient, self.builder.constant(1, x.type)), quotient)
        floor = make("floor", quotient)
        up = make("gt", make("sub", quotient, floor), self.builder.constant(0.5, x.type))
        floor = self.where(up, make("add", floor, self.builder.constant(1, x.type)), floor)
        signed_zero = make("copysign", zero, make("div", x, y))
        floor = self.where(make("eq", quotient, zero), signed_zero, floor)
        return self.where(by_zero, make("div", x, y), floor), self.where(by_zero, rest, remainder)


def _bytes(x: Value) -> int:
    return np.dtype(x.type).itemsize
