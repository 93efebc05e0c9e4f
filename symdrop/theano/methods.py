"""Operators and methods of Theano's variables: each is the function of that name in ``theano.tensor``.

A formula means what the file it stands in means: the engine's own files (pullbacks, rewrites, functions composed of
others) compute with Theano's variables by the engine's rules, everybody else's by Theano's.

Read next: scalar_ops.py
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from ..errors import MissingNameError, here, shown
from ..syntax import Term, hooks

# Theano's functions by name; filled once, by theano/tensor/__init__.py, which stands further up.
operators: dict[str, Callable[..., Any]] = {}

_HERE = str(Path(__file__).parent)
_ENGINE = str(Path(__file__).parents[1])

# NumPy's functions that have another name in Theano.
_OF_NUMPY = {
    "absolute": "abs_", "bitwise_not": "invert", "divide": "true_div", "equal": "eq", "floor_divide": "int_div",
    "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le", "multiply": "mul", "negative": "neg",
    "not_equal": "neq", "power": "pow", "remainder": "mod", "rint": "round", "sign": "sgn", "square": "sqr",
    "subtract": "sub",
}  # fmt: skip


def of_the_engine(frame: FrameType) -> bool:
    """True if a frame runs code of the engine's, and none of ``symdrop.theano``."""
    filename = frame.f_code.co_filename
    return filename.startswith(_ENGINE) and not filename.startswith(_HERE)


def method(name: str) -> Any:
    """The method that is the function of that name, given the variable first."""

    def call(self: Any, *arguments: Any, **named: Any) -> Any:
        return operators[name](self, *arguments, **named)

    call.__name__ = name
    call.__doc__ = f"``T.{name}`` of the variable."
    return call


def _comparison(name: str) -> Any:
    """A comparison by an operator, whose truth is refused: it would always be True."""

    def call(self: Any, other: Any) -> Any:
        made = (hooks if of_the_engine(sys._getframe(1)) else operators)[name](self, other)
        made.is_comparison = True
        return made

    call.__name__ = f"__{name}__"
    return call


class Methods(Term):
    """Operators of a variable, and methods with the arguments that Theano gave them."""

    __slots__ = ()

    def _call(self, name: str, *arguments: Any) -> Any:
        # The frame behind this one is that of the operator.
        if name not in operators or of_the_engine(sys._getframe(2)):
            return super()._call(name, *arguments)
        return operators[name](*arguments)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **named: Any) -> Any:
        name = _OF_NUMPY.get(ufunc.__name__, ufunc.__name__)
        if method != "__call__" or named or name not in operators:
            return super().__array_ufunc__(ufunc, method, *inputs, **named)
        return operators[name](*inputs)

    # Of these the truth is refused.
    __lt__ = _comparison("lt")
    __le__ = _comparison("le")
    __gt__ = _comparison("gt")
    __ge__ = _comparison("ge")

    argmax = method("argmax")
    argmin = method("argmin")
    argsort = method("argsort")
    astype = method("cast")
    arccos = method("arccos")
    arccosh = method("arccosh")
    arcsin = method("arcsin")
    arcsinh = method("arcsinh")
    arctan = method("arctan")
    arctanh = method("arctanh")
    ceil = method("ceil")
    choose = method("choose")
    clip = method("clip")
    compress = method("compress")
    conj = conjugate = method("conj")
    cos = method("cos")
    cosh = method("cosh")
    cumprod = method("cumprod")
    cumsum = method("cumsum")
    deg2rad = method("deg2rad")
    diagonal = method("diagonal")
    dot = method("dot")
    exp = method("exp")
    exp2 = method("exp2")
    expm1 = method("expm1")
    fill = method("fill")
    flatten = method("flatten")
    floor = method("floor")
    get_scalar_constant_value = method("get_scalar_constant_value")
    log = method("log")
    log10 = method("log10")
    log1p = method("log1p")
    log2 = method("log2")
    nonzero = method("nonzero")
    nonzero_values = method("nonzero_values")
    norm = method("norm")
    ones_like = method("ones_like")
    prod = method("prod")
    ptp = method("ptp")
    rad2deg = method("rad2deg")
    repeat = method("repeat")
    searchsorted = method("searchsorted")
    sin = method("sin")
    sinh = method("sinh")
    sort = method("sort")
    sqrt = method("sqrt")
    squeeze = method("squeeze")
    std = method("std")
    sum = method("sum")
    swapaxes = method("swapaxes")
    take = method("take")
    tan = method("tan")
    tanh = method("tanh")
    transfer = method("transfer")
    trunc = method("trunc")
    var = method("var")
    zeros_like = method("zeros_like")

    any = method("any")
    all = method("all")
    max = method("max")
    min = method("min")

    real = property(method("real"))
    imag = property(method("imag"))

    def mean(self, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None) -> Any:
        """``T.mean`` of the variable."""
        return operators["mean"](self, axis, dtype, False, keepdims, acc_dtype)

    def round(self, mode: Any = None) -> Any:
        """``T.round`` of the variable; Python's own ``round`` gives no mode but a 0."""
        return operators["round"](self, mode or None)

    def trace(self, *arguments: Any) -> Any:
        """The sum of a diagonal."""
        return operators["diagonal"](self, *arguments).sum(-1)

    def ravel(self) -> Any:
        """All elements on one axis."""
        return operators["flatten"](self)

    def reshape(self, *shape: Any, ndim: int | None = None) -> Any:
        """``T.reshape`` of the variable; the sizes may be given one by one."""
        sizes: Any = shape[0] if len(shape) == 1 else shape
        if len(shape) == 2 and ndim is None and isinstance(shape[0], list | tuple):
            sizes, ndim = shape
        return operators["reshape"](self, sizes, ndim)

    def copy(self, name: str | None = None) -> Any:
        """The value itself under a new node."""
        made = operators["tensor_copy"](self)
        made.name = name
        return made

    def __contains__(self, value: object) -> NoReturn:
        raise MissingNameError(f"'in' is not defined for {shown(self)}; write T.any(T.eq(x, value)){here()}")
