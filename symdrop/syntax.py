"""Python's operators, shared by everything that can stand in a formula.

``a + b`` means the op ``add`` whether ``a`` is a graph's node, a pattern in a rewrite
rule, or a value inside a back end. This file cannot know the ops, which are defined
further up; ``symdrop/__init__`` fills the table ``hooks`` once, and the operators look
themselves up in it.

Read next: graph.py
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NoReturn, Protocol, Self

from .errors import GraphTypeError, here, shown

hooks: dict[str, Callable[..., Any]] = {}


class Operation(Protocol):
    """An op as a node sees it; what each of these means is said where they are defined, in op/base.py."""

    kind: ClassVar[str]
    name: str
    formula: Callable[..., Any]
    symbol: str | None
    commutative: bool
    aliases: bool
    linear_in: tuple[int, ...]

    def make(self, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
        """A node applying the op."""

    def evaluate(self, m: Any, values: Sequence[Any], params: Mapping[str, Any]) -> Any:
        """Its value from the values of its inputs."""

    def follow(self, node: Any, m: Any, values: Sequence[Any]) -> Any:
        """Its formula on values that only write down what is done to them."""

    def pull(self, node: Any, g: Any) -> tuple[Any, ...]:
        """The cotangents of a node's inputs from its own."""

    def jointly_linear(self, node: Any) -> tuple[int, ...]:
        """The arguments in which it is linear when they are taken together."""

    def moved(self, node: Any) -> tuple[int, ...]:
        """The arguments whose elements are those of its value, moved."""

    def several_sizes(self, node: Any, sizes: Callable[..., Any]) -> Sequence[Any]:
        """The same for every value of a node that has several."""

    def output_sizes(self, node: Any, sizes: Callable[..., Any]) -> Sequence[Any]:
        """The sizes of a node's axes."""


class Shown:
    """What notebooks show as a picture; HTML where that would be too large, since of the two they prefer HTML."""

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
        """What ``op(*inputs, **params)`` means when one of the inputs is a term of this class."""

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


class ArrayTerm(Term):
    """A term that also has the methods of an array, and refuses to be mistaken for one.

    Every method is the function of that name in ``symdrop.tensor``, where its arguments are explained.

    ``==`` stays identity, so that variables can key dictionaries; write ``T.eq``.
    """

    __slots__ = ()

    def __getitem__(self, index: Any) -> Self:
        return self._call("getitem", self, index)

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        raise GraphTypeError(f"a symbolic value cannot be assigned to; write y = T.set_subtensor(x[i], value){here()}")

    def __bool__(self) -> NoReturn:
        raise GraphTypeError(
            f"the truth of the symbolic value {shown(self)} is not known while the graph is built; "
            f"write T.where(condition, a, b), or evaluate it first with .eval(){here()}"
        )

    def __len__(self) -> int:
        raise GraphTypeError(f"a symbolic value has no Python length; write x.shape[0]{here()}")

    def __iter__(self) -> Iterator[Self]:
        result: Iterator[Self] = hooks["iterate"](self)
        return result

    def __contains__(self, value: object) -> NoReturn:
        raise GraphTypeError(f"'in' is not defined for symbolic values; write T.any(T.eq(x, value)){here()}")

    def _no_number(self) -> NoReturn:
        raise GraphTypeError(f"a symbolic value is not a Python number; evaluate it with .eval(){here()}")

    def __float__(self) -> float:
        self._no_number()

    def __int__(self) -> int:
        self._no_number()

    def __index__(self) -> int:
        self._no_number()

    def __array__(self, dtype: Any = None, copy: Any = None) -> NoReturn:
        raise GraphTypeError(
            f"a symbolic value cannot become a NumPy array before it is computed; "
            f"use .eval() or sd.function, or symdrop.tensor's function of the same name{here()}"
        )

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return hooks["numpy_ufunc"](ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return hooks["numpy_function"](function, args, kwargs)

    @property
    def T(self) -> Self:
        """The transpose: all axes reversed."""
        return self._call("transpose", self)

    def transpose(self, *axes: Any) -> Self:
        """Permute the axes; reverse them when none are named."""
        return self._call("transpose", self, *axes)

    def dimshuffle(self, *pattern: Any) -> Self:
        """Permute axes and insert axes of size 1 at each ``"x"``."""
        return self._call("dimshuffle", self, *pattern)

    def reshape(self, *shape: Any, ndim: int | None = None) -> Self:
        """The same elements in another shape; one size may be -1."""
        result: Self = hooks["reshape"](self, shape[0] if len(shape) == 1 else shape, ndim=ndim)
        return result

    def flatten(self, ndim: int = 1) -> Self:
        """Join the last axes so that ``ndim`` axes remain."""
        return self._call("flatten", self, ndim)

    def ravel(self) -> Self:
        """All elements on one axis."""
        return self._call("flatten", self, 1)

    def squeeze(self, axis: Any = None) -> Self:
        """Drop axes of size 1."""
        return self._call("squeeze", self, axis)

    def astype(self, dtype: Any) -> Self:
        """Convert to another dtype."""
        return self._call("cast", self, dtype)

    def sum(self, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Self:
        """Sum over axes."""
        return self._call("sum", self, axis, dtype, keepdims)

    def prod(self, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Self:
        """Product over axes."""
        return self._call("prod", self, axis, dtype, keepdims)

    def mean(self, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Self:
        """Mean over axes."""
        return self._call("mean", self, axis, dtype, keepdims)

    def var(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Self:
        """Variance over axes."""
        return self._call("var", self, axis, ddof, keepdims)

    def std(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Self:
        """Standard deviation over axes."""
        return self._call("std", self, axis, ddof, keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Self:
        """Maximum over axes."""
        return self._call("max", self, axis, keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Self:
        """Minimum over axes."""
        return self._call("min", self, axis, keepdims)

    def any(self, axis: Any = None, keepdims: bool = False) -> Self:
        """Whether any element along the axes is true."""
        return self._call("any", self, axis, keepdims)

    def all(self, axis: Any = None, keepdims: bool = False) -> Self:
        """Whether all elements along the axes are true."""
        return self._call("all", self, axis, keepdims)

    def argmax(self, axis: Any = None, keepdims: bool = False) -> Self:
        """Index of the first maximum along an axis."""
        return self._call("argmax", self, axis, keepdims)

    def argmin(self, axis: Any = None, keepdims: bool = False) -> Self:
        """Index of the first minimum along an axis."""
        return self._call("argmin", self, axis, keepdims)

    def dot(self, other: Any) -> Self:
        """Inner product over the last axis of self and the second-to-last of other."""
        return self._call("dot", self, other)

    def norm(self, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Self:
        """Norm of vectors over axes."""
        return self._call("norm", self, ord, axis, keepdims)

    def cumsum(self, axis: int | None = None, dtype: Any = None) -> Self:
        """Sums of the elements up to each one along an axis."""
        return self._call("cumsum", self, axis, dtype)

    def sort(self, axis: int | None = -1) -> Self:
        """The elements in ascending order along an axis; a new value, unlike NumPy's method."""
        return self._call("sort", self, axis)

    def argsort(self, axis: int | None = -1) -> Self:
        """The positions that sort the elements along an axis."""
        return self._call("argsort", self, axis)

    def nonzero(self) -> tuple[Self, ...]:
        """Where the elements are not zero, as an index."""
        result: tuple[Self, ...] = hooks["nonzero"](self)
        return result

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Self:
        """A diagonal."""
        return self._call("diagonal", self, offset, axis1, axis2)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Self:
        """The sum of a diagonal."""
        return self._call("trace", self, offset, axis1, axis2)

    def swapaxes(self, axis1: int, axis2: int) -> Self:
        """Two axes exchanged."""
        return self._call("swapaxes", self, axis1, axis2)

    def clip(self, low: Any = None, high: Any = None) -> Self:
        """Limit the values to [low, high]."""
        return self._call("clip", self, low, high)

    def repeat(self, repeats: Any, axis: int | None = None) -> Self:
        """Repeat every element."""
        return self._call("repeat", self, repeats, axis)

    def take(self, indices: Any, axis: int | None = None) -> Self:
        """Elements at integer positions along an axis."""
        return self._call("take", self, indices, axis)

    def copy(self) -> Self:
        """The value itself under a new node."""
        return self._call("identity", self)

    def eval(self, values: Mapping[Any, Any] | None = None, **flags: Any) -> Any:
        """Compute the value, for exploring; see ``symdrop.function`` for everything else."""
        return hooks["eval"](self, values or {}, **flags)

    def __str__(self) -> str:
        text: str = hooks["to_text"](self)
        return text

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))
