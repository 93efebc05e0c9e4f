"""Arguments of a call: which array becomes which input, and what is refused.

Read next: recipe.py
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from threading import TIMEOUT_MAX
from typing import Any

import numpy as np

from ..binding import public
from ..errors import GraphTypeError, ShapeError, at_lines, here, shown
from ..graph import Node
from ..op import CONSTANT, FLAG, SHARED
from ..op.values import converted, read_array
from ..types import is_float

Array = np.ndarray[Any, Any]

# A function without a name is called by the line that compiles it: "the function of script.py:3: f = sd.function(...)".
NAMELESS = "the function of "

# For ``allow_input_downcast``: numbers and lists are taken for their values, which must stay, arrays for their dtype.
VALUES = "values"
# The same, except that a Python float may lose digits.
PYTHON = "python"


@public
@dataclass(frozen=True, slots=True)
class In:
    """An input with more to say than which variable it is.

    Args:
        variable: the input variable.
        value: what it is when a call does not give it.
        name: the keyword by which calls may give it; by default the variable's name.
        allow_downcast: overrides ``allow_input_downcast`` for this input.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x, rate = T.dvector("x"), T.dscalar("rate")
        >>> f = sd.function([x, sd.In(rate, value=0.5)], x * rate)
        >>> f([2.0]).tolist(), f([2.0], rate=3.0).tolist()
        ([1.0], [6.0])
    """

    variable: Node
    value: Any = None
    name: str | None = None
    allow_downcast: bool | str | None = None

    @property
    def label(self) -> str | None:
        """The keyword by which calls may give it."""
        return self.name or self.variable.name


class Signature:
    """The inputs of a function, and how a call's arguments become arrays."""

    def __init__(self, inputs: Sequence[In], function_name: str, allow_input_downcast: bool | str | None) -> None:
        self.inputs = tuple(inputs)
        self.function_name = function_name
        self.called = short_name(function_name)
        self.allow_input_downcast = allow_input_downcast
        labels = [spec.label for spec in inputs]
        # A keyword that could mean two inputs means neither.
        self._position = {label: i for i, label in enumerate(labels) if label and labels.count(label) == 1}
        self._exact = [(np.dtype(spec.variable.dtype), spec.variable.type.shape) for spec in inputs]
        self._names = [spec.variable.dtype for spec in inputs]
        self._defaults: list[Any] = [
            None if spec.value is None else self._coerce(i, spec.value).copy() for i, spec in enumerate(inputs)
        ]

    def bind(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Array]:
        """The arrays of a call, in the order of the inputs.

        Raises:
            GraphTypeError: for too many, missing or unknown arguments, and for a wrong dtype or rank.
            ShapeError: for a size that a type fixes otherwise.
        """
        if len(args) > len(self.inputs):
            raise GraphTypeError(
                f"{self.called} takes {len(self.inputs)} arguments ({self.names()}), got {len(args)}{here()}"
            )
        if len(args) == len(self.inputs) and not kwargs:
            return [self._coerce(i, value) for i, value in enumerate(args)]
        given: list[Any] = [*args, *[None] * (len(self.inputs) - len(args))]
        for label, value in kwargs.items():
            if label not in self._position:
                hint = "; compile with training='runtime' to choose it in each call" if label == "training" else ""
                names = self.names()
                raise GraphTypeError(f"{self.called} has no input {shown(label)}; its inputs are {names}{hint}{here()}")
            if self._position[label] < len(args):
                raise GraphTypeError(f"{self.called} got input {shown(label)} twice{here()}")
            given[self._position[label]] = value
        missing = [i for i, value in enumerate(given) if value is None and self._defaults[i] is None]
        if missing:
            names = ", ".join(self.inputs[i].label or f"input {i}" for i in missing)
            raise GraphTypeError(f"{self.called} needs a value for {names}; its inputs are {self.names()}{here()}")
        return [self._defaults[i] if value is None else self._coerce(i, value) for i, value in enumerate(given)]

    def names(self) -> str:
        """The inputs as a call names them."""
        return ", ".join(spec.label or f"input {i}" for i, spec in enumerate(self.inputs)) or "none"

    def of_a_call(self) -> inspect.Signature:
        """The parameters of a call as Python shows them; any arguments, where names of inputs cannot be parameters."""
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        try:
            return inspect.Signature(
                [
                    inspect.Parameter(
                        str(spec.label), kind, default=inspect.Parameter.empty if spec.value is None else spec.value
                    )
                    for spec in self.inputs
                ]
            )
        except ValueError:
            return inspect.signature(_any_arguments)

    def _coerce(self, i: int, value: Any) -> Array:
        dtype, shape = self._exact[i]
        if type(value) is np.ndarray and value.dtype == dtype and len(value.shape) == len(shape):
            array = value
        else:
            array = self._convert(i, value, dtype)
        for axis, size in enumerate(shape):
            if size is not None and array.shape[axis] != size:
                raise ShapeError(self._bad(i, f"axis {axis} must have size {size}, got shape {array.shape}"))
        return array

    def _bad(self, i: int, problem: str) -> str:
        """The sentence about an argument: which one, what is wrong with it, and last where its variable was made."""
        variable = self.inputs[i].variable
        name = f"{shown(self.inputs[i].label)} " if self.inputs[i].label else ""
        which = f"Bad input argument to {self.called} at position {i}: {name}of type {variable.type}"
        return f"{which}: {problem}{at_lines(variable.lines)}"

    def _convert(self, i: int, value: Any, dtype: np.dtype[Any]) -> Array:
        if isinstance(value, Node):
            problem = f"got the symbolic {shown(value)}; a call takes values, givens= variables"
            raise GraphTypeError(self._bad(i, problem))
        try:
            array = read_array(value, self._names[i])
        except GraphTypeError as error:
            raise GraphTypeError(self._bad(i, str(error))) from error.__cause__
        if array.dtype.kind not in "biuf":
            problem = f"{type(value).__name__} {shown(value)} is not an array of numbers"
            raise GraphTypeError(self._bad(i, problem))
        if array.ndim != self.inputs[i].variable.ndim:
            expected = self.inputs[i].variable.ndim
            problem = f"Wrong number of dimensions: expected {expected}, got {array.ndim} with shape {array.shape}"
            raise GraphTypeError(self._bad(i, problem))
        if array.dtype == dtype:
            return array
        allow = self.inputs[i].allow_downcast
        if allow is None:
            allow = self.allow_input_downcast
        if allow is None:
            try:
                return converted(array, self._names[i])
            except GraphTypeError as error:
                raise GraphTypeError(
                    self._bad(i, f"{_lossy(array)}: {error}, or compile with allow_input_downcast=True")
                ) from None
        with np.errstate(all="ignore"):
            made = array.astype(dtype)
        safe = np.can_cast(array.dtype, dtype, "safe") or allow is True
        if safe or _keeps(array, made, value, allow):
            return made
        remedy = f"convert it with .astype({shown(dtype.name)}) or compile with allow_input_downcast=True"
        raise GraphTypeError(self._bad(i, f"{_lossy(array)}; {remedy}"))


def _any_arguments(*args: Any, **kwargs: Any) -> None:
    """The signature of calls that name no parameters."""


def _lossy(array: Array) -> str:
    return f"cannot store a value of dtype {array.dtype} without risking loss of precision"


def short_name(name: str) -> str:
    """The name by which errors call a function: its own, without the text of the line that may stand in place of one.

    Example:
        >>> short_name("the function of script.py:3: f = sd.function([x], y)"), short_name("train: x")
        ('the function of script.py:3', 'train: x')
    """
    return name.partition(": ")[0] if name.startswith(NAMELESS) else name


def _keeps(array: Array, made: Array, value: Any, allow: bool | str) -> bool:
    """True if a conversion loses nothing: the dtype of an array is meant, a Python number is only its value."""
    by_value = allow in (PYTHON, VALUES)
    has_dtype = not isinstance(value, (bool, int, float, list, tuple, *((np.generic,) if by_value else ())))
    to_float = is_float(made.dtype.name)
    from_float = array.dtype.kind == "f"
    if has_dtype or (from_float and not to_float and not by_value):
        return to_float and not from_float and np.array_equal(made, array)
    is_rounded = allow == PYTHON and to_float and type(value) is float
    return is_rounded or np.array_equal(made, array, equal_nan=from_float)


def as_input(value: Any) -> In:
    """An input given as a variable or as ``In``.

    Raises:
        GraphTypeError: if it cannot be an input.
    """
    spec = value if isinstance(value, In) else In(value)
    variable = spec.variable
    if not isinstance(variable, Node):
        raise GraphTypeError(f"Unknown parameter type: inputs are variables, not {shown(variable)}{here()}")
    if variable.op is SHARED:
        raise GraphTypeError(
            f"the shared variable {shown(variable)} cannot be an input; functions use it by themselves, "
            f"and givens={{shared: variable}} replaces it{here()}"
        )
    if variable.op in (CONSTANT, FLAG):
        raise GraphTypeError(
            f"{shown(variable)} is a {variable.op.name} and cannot be an input; flags are set by flags={here()}"
        )
    if not isinstance(spec.name, str | None):
        raise GraphTypeError(f"the name of an input is a string, not {shown(spec.name)}{here()}")
    return spec


def checked_timeout(timeout: Any) -> float | None:
    """The argument of ``wait``, no longer than threads can wait.

    Raises:
        GraphTypeError: if it is neither None nor a number of seconds.
    """
    if timeout is None:
        return None
    if isinstance(timeout, bool) or not isinstance(timeout, Real) or timeout != timeout:
        raise GraphTypeError(f"timeout={shown(timeout)}: expected a number of seconds, or None{here()}")
    return min(max(0.0, float(timeout)), TIMEOUT_MAX)
