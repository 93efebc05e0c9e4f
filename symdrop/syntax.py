"""Python's operators, shared by everything that can stand in a formula.

``a + b`` means the op ``add`` whether ``a`` is a graph's node, a pattern in a rewrite
rule, or a value inside a back end. This file cannot know the ops, which are defined
further up; ``symdrop/__init__`` fills the table ``hooks`` once, and the operators look
themselves up in it.

Read next: array_term.py
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal, Protocol, Self

from .errors import GraphTypeError

hooks: dict[str, Callable[..., Any]] = {}


class Operation(Protocol):
    """An op as a node sees it; what each of these means is said where they are defined, in op/base.py."""

    kind: ClassVar[str]
    name: str
    formula: Callable[..., Any]
    is_ours: bool
    symbol: str | None
    hidden: bool
    inline: bool
    notation_rule: Callable[..., Any] | None
    item_rule: Callable[[Any, int], str]
    commutative: bool
    aliases: bool
    stretches: bool
    sums_over: str | None
    keeps_all: bool
    guards_rule: Callable[..., Any] | None
    linear_in: tuple[int, ...]
    jointly_linear_in: tuple[int, ...] | Literal["all"]
    bounds: tuple[float, float]
    nonnegative_if: tuple[int, ...]

    def make(self, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
        """A node applying the op."""

    def evaluate(self, m: Any, values: Sequence[Any], params: Mapping[str, Any]) -> Any:
        """Its value from the values of its inputs."""

    def follow(self, node: Any, m: Any, values: Sequence[Any]) -> Any:
        """Its formula on values that only write down what is done to them."""

    def pull(self, node: Any, g: Any) -> tuple[Any, ...]:
        """The cotangents of a node's inputs from its own."""

    def batch(self, node: Any, rows: Any, operands: Sequence[Any]) -> Any:
        """Its value for all examples, along a new first axis."""

    def jointly_linear(self, node: Any) -> tuple[int, ...]:
        """The arguments in which it is linear when they are taken together."""

    def moved(self, node: Any) -> tuple[int, ...]:
        """The arguments whose elements are those of its value, moved."""

    def several_sizes(self, node: Any, sizes: Callable[..., Any]) -> Sequence[Any]:
        """The same for every value of a node that has several."""

    def output_sizes(self, node: Any, sizes: Callable[..., Any]) -> Sequence[Any]:
        """The sizes of a node's axes."""


class Shown:
    """Pictures in notebooks; HTML where a picture would be too large, since of the two they prefer HTML."""

    __slots__ = ()

    def _repr_svg_(self) -> str | None:
        svg: str | None = hooks["small_svg"](self)
        return svg

    def _repr_html_(self) -> str | None:
        html: str | None = hooks["large_html"](self)
        return html


class Term:
    """Anything an op can be applied to with Python's operators."""

    __slots__ = ()

    # NumPy's numbers leave operators to the term, and its functions refuse it.
    __array_ufunc__: Any = None

    def __bool__(self) -> bool:
        raise GraphTypeError("a formula is read before there are values; `if`, `and` and `or` cannot look at one")

    @classmethod
    @abstractmethod
    def apply(cls, op: Operation, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
        """The meaning of ``op(*inputs, **params)`` when one of the inputs is a term of this class."""

    def _call(self, name: str, *arguments: Any) -> Self:
        result: Self = hooks[name](*arguments)
        return result

    def __add__(self, other: Any) -> Self:
        return self._call("add", self, other)

    def __radd__(self, other: Any) -> Self:
        return self._call("add", other, self)

    def __sub__(self, other: Any) -> Self:
        return self._call("sub", self, other)

    def __rsub__(self, other: Any) -> Self:
        return self._call("sub", other, self)

    def __mul__(self, other: Any) -> Self:
        return self._call("mul", self, other)

    def __rmul__(self, other: Any) -> Self:
        return self._call("mul", other, self)

    def __truediv__(self, other: Any) -> Self:
        return self._call("true_div", self, other)

    def __rtruediv__(self, other: Any) -> Self:
        return self._call("true_div", other, self)

    def __floordiv__(self, other: Any) -> Self:
        return self._call("floor_div", self, other)

    def __rfloordiv__(self, other: Any) -> Self:
        return self._call("floor_div", other, self)

    def __mod__(self, other: Any) -> Self:
        return self._call("mod", self, other)

    def __rmod__(self, other: Any) -> Self:
        return self._call("mod", other, self)

    def __divmod__(self, other: Any) -> tuple[Self, Self]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Self, Self]:
        return other // self, other % self

    def __pow__(self, other: Any) -> Self:
        return self._call("power", self, other)

    def __rpow__(self, other: Any) -> Self:
        return self._call("power", other, self)

    def __matmul__(self, other: Any) -> Self:
        return self._call("matmul", self, other)

    def __rmatmul__(self, other: Any) -> Self:
        return self._call("matmul", other, self)

    def __and__(self, other: Any) -> Self:
        return self._call("bitwise_and", self, other)

    def __rand__(self, other: Any) -> Self:
        return self._call("bitwise_and", other, self)

    def __or__(self, other: Any) -> Self:
        return self._call("bitwise_or", self, other)

    def __ror__(self, other: Any) -> Self:
        return self._call("bitwise_or", other, self)

    def __xor__(self, other: Any) -> Self:
        return self._call("bitwise_xor", self, other)

    def __rxor__(self, other: Any) -> Self:
        return self._call("bitwise_xor", other, self)

    def __lshift__(self, other: Any) -> Self:
        return self._call("left_shift", self, other)

    def __rlshift__(self, other: Any) -> Self:
        return self._call("left_shift", other, self)

    def __rshift__(self, other: Any) -> Self:
        return self._call("right_shift", self, other)

    def __rrshift__(self, other: Any) -> Self:
        return self._call("right_shift", other, self)

    def __lt__(self, other: Any) -> Self:
        return self._call("lt", self, other)

    def __le__(self, other: Any) -> Self:
        return self._call("le", self, other)

    def __gt__(self, other: Any) -> Self:
        return self._call("gt", self, other)

    def __ge__(self, other: Any) -> Self:
        return self._call("ge", self, other)

    def __neg__(self) -> Self:
        return self._call("neg", self)

    def __pos__(self) -> Self:
        return self

    def __abs__(self) -> Self:
        return self._call("abs", self)

    def __invert__(self) -> Self:
        return self._call("invert", self)
