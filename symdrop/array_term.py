"""The methods and refusals of a symbolic array: ``x.sum(axis=0)`` means ``T.sum(x, axis=0)``.

What Python would take for a number, a truth value, a length or an array is refused with one
sentence, since a formula is read before there are values.

Read next: graph.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, Self

from .binding import public
from .errors import GraphTypeError, MissingNameError, here, shown
from .syntax import Term, hooks


class Shape(tuple[Any, ...]):
    """The sizes of a value's axes: a tuple, which says so to whoever takes it for a method or for a value."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise GraphTypeError(
            "x.shape is a tuple of sizes, not a method: write x.shape, and x.shape[axis] for the size of one "
            f"axis{here()}"
        )

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("_"):
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            raise MissingNameError(
                f"x.shape is a tuple of sizes and has no {name!r}; T.stack(x.shape) is a vector of them, "
                f"x.size the number of elements{here()}"
            )


class ArrayTerm(Term):
    """A term that also has the methods of an array, and refuses to be mistaken for one.

    Every method is the function of that name in ``symdrop.tensor``, where its arguments are explained.

    ``==`` stays identity, so that variables can key dictionaries; write ``T.eq``.
    """

    __slots__ = ()

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            # Python and its tools probe for names with underscores, and expect a plain answer.
            if name.startswith("_"):
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            hooks["no_attribute"](repr(self), name)

    def __getitem__(self, index: Any) -> Self:
        return self._call("getitem", self, index)

    @property
    def at(self) -> Any:
        """To be indexed: ``x.at[i].set(v)``, ``.add``, ``.max``, ... are changed copies; ``.get(mode=)`` reads."""
        return hooks["at"](self)

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

    def __trunc__(self) -> int:
        self._no_number()

    def __round__(self, digits: int | None = None) -> Self:
        return self.round(digits or 0)

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

    @property
    def real(self) -> Self:
        """The value itself, since all values are real."""
        return self

    @public
    def conj(self) -> Self:
        """The value itself, since all values are real."""
        return self

    conjugate = conj

    @public
    def transpose(self, *axes: Any) -> Self:
        """Permute the axes; reverse them when none are named."""
        return self._call("transpose", self, *axes)

    @public
    def dimshuffle(self, *pattern: Any) -> Self:
        """Permute axes and insert axes of size 1 at each ``"x"``."""
        return self._call("dimshuffle", self, *pattern)

    @public
    def reshape(self, *shape: Any, ndim: int | None = None) -> Self:
        """The same elements in another shape; one size may be -1."""
        result: Self = hooks["reshape"](self, shape[0] if len(shape) == 1 else shape, ndim=ndim)
        return result

    @public
    def flatten(self, ndim: int = 1) -> Self:
        """Join the last axes so that ``ndim`` axes remain."""
        return self._call("flatten", self, ndim)

    @public
    def ravel(self) -> Self:
        """All elements on one axis."""
        return self._call("flatten", self, 1)

    @public
    def squeeze(self, axis: Any = None) -> Self:
        """Drop axes of size 1."""
        return self._call("squeeze", self, axis)

    @public
    def astype(self, dtype: Any) -> Self:
        """Convert to another dtype."""
        return self._call("cast", self, dtype)

    @public
    def sum(self, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Self:
        """Sum over axes."""
        return self._call("sum", self, axis, dtype, keepdims)

    @public
    def prod(self, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Self:
        """Product over axes."""
        return self._call("prod", self, axis, dtype, keepdims)

    @public
    def mean(self, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Self:
        """Mean over axes."""
        return self._call("mean", self, axis, dtype, keepdims)

    @public
    def var(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Self:
        """Variance over axes."""
        return self._call("var", self, axis, ddof, keepdims)

    @public
    def std(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Self:
        """Standard deviation over axes."""
        return self._call("std", self, axis, ddof, keepdims)

    @public
    def max(self, axis: Any = None, keepdims: bool = False) -> Self:
        """Maximum over axes."""
        return self._call("max", self, axis, keepdims)

    @public
    def min(self, axis: Any = None, keepdims: bool = False) -> Self:
        """Minimum over axes."""
        return self._call("min", self, axis, keepdims)

    @public
    def any(self, axis: Any = None, keepdims: bool = False) -> Self:
        """True if any element along the axes is true."""
        return self._call("any", self, axis, keepdims)

    @public
    def all(self, axis: Any = None, keepdims: bool = False) -> Self:
        """True if all elements along the axes are true."""
        return self._call("all", self, axis, keepdims)

    @public
    def argmax(self, axis: Any = None, keepdims: bool = False) -> Self:
        """Index of the first maximum along an axis."""
        return self._call("argmax", self, axis, keepdims)

    @public
    def argmin(self, axis: Any = None, keepdims: bool = False) -> Self:
        """Index of the first minimum along an axis."""
        return self._call("argmin", self, axis, keepdims)

    @public
    def dot(self, other: Any) -> Self:
        """Inner product over the last axis of self and the second-to-last of other."""
        return self._call("dot", self, other)

    @public
    def norm(self, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Self:
        """Norm of vectors over axes."""
        return self._call("norm", self, ord, axis, keepdims)

    @public
    def cumsum(self, axis: int | None = None, dtype: Any = None) -> Self:
        """Sums of the elements up to each one along an axis."""
        return self._call("cumsum", self, axis, dtype)

    @public
    def cumprod(self, axis: int | None = None, dtype: Any = None) -> Self:
        """Products of the elements up to each one along an axis."""
        return self._call("cumprod", self, axis, dtype)

    @public
    def ptp(self, axis: Any = None, keepdims: bool = False) -> Self:
        """The largest element minus the smallest one, over axes."""
        return self._call("ptp", self, axis, keepdims)

    @public
    def round(self, decimals: int = 0) -> Self:
        """The nearest numbers of so many decimals, halves going to the even one."""
        return self._call("round", self, decimals)

    @public
    def sort(self, axis: int | None = -1, kind: str | None = None) -> Self:
        """The elements in ascending order along an axis; a new value, unlike NumPy's method."""
        return self._call("sort", self, axis, kind)

    @public
    def argsort(self, axis: int | None = -1, kind: str | None = None) -> Self:
        """The positions that sort the elements along an axis, equal ones in their order."""
        return self._call("argsort", self, axis, kind)

    @public
    def nonzero(self) -> tuple[Self, ...]:
        """The indices of the elements that are not zero, one vector per axis."""
        result: tuple[Self, ...] = hooks["nonzero"](self)
        return result

    @public
    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Self:
        """A diagonal."""
        return self._call("diagonal", self, offset, axis1, axis2)

    @public
    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Self:
        """The sum of a diagonal."""
        return self._call("trace", self, offset, axis1, axis2)

    @public
    def swapaxes(self, axis1: int, axis2: int) -> Self:
        """Two axes exchanged."""
        return self._call("swapaxes", self, axis1, axis2)

    @public
    def clip(self, low: Any = None, high: Any = None) -> Self:
        """Limit the values to [low, high]."""
        return self._call("clip", self, low, high)

    @public
    def repeat(self, repeats: Any, axis: int | None = None) -> Self:
        """Repeat every element."""
        return self._call("repeat", self, repeats, axis)

    @public
    def take(self, indices: Any, axis: int | None = None) -> Self:
        """Elements at integer positions along an axis."""
        return self._call("take", self, indices, axis)

    @public
    def copy(self) -> Self:
        """The value itself under a new node."""
        return self._call("identity", self)

    @public
    def eval(self, values: Mapping[Any, Any] | None = None, **flags: Any) -> Any:
        """Compute the value, for exploring; see ``symdrop.compiler`` for everything else."""
        return hooks["eval"](self, values or {}, **flags)

    def __str__(self) -> str:
        text: str = hooks["to_text"](self)
        return text

    def __format__(self, specification: str) -> str:
        try:
            return format(str(self), specification)
        except ValueError:
            raise GraphTypeError(
                f"a symbolic value is no number to be written as {specification!r}; compute it with .eval(){here()}"
            ) from None

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))
