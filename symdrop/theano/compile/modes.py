"""Modes of Theano: how a function was to be compiled, and which of its calls are watched.

Every function is compiled in the same way. A mode that looks at values runs the call node by node before it is made,
by the engine's trace.

Read next: sparse_values.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...binding import public
from ...errors import ArgumentError, here, shown
from ...graph import describe
from ...inspect import Debug, trace
from ...types import is_float
from ..applications import owner_of
from ..op_names import op_of
from ..settings import config

# What NanGuardMode calls a big value.
BIG = 1e10


class Mode:
    """How Theano was to compile; accepted and not looked at.

    Args:
        linker, optimizer: the names of Theano's.

    Example:
        >>> import symdrop.theano as theano
        >>> theano.compile.get_default_mode().excluding("gpu")
        Mode(linker=None, optimizer=None)
    """

    @public
    def __init__(self, linker: Any = None, optimizer: Any = "default") -> None:
        self.linker = linker
        self.optimizer = None if optimizer == "default" else optimizer

    @public
    def including(self, *tags: str) -> Mode:
        """The mode itself."""
        return self

    excluding = requiring = register = including

    @public
    def clone(self, **options: Any) -> Mode:
        """The mode itself."""
        return self

    @property
    def looks(self) -> bool:
        """True if it looks at the values of a call."""
        return False

    def look(self, function: Any, args: Sequence[Any], kwargs: Any) -> None:
        """Look at the values of a call before it is made."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(linker={self.linker}, optimizer={self.optimizer})"


class _Looking(Mode):
    """A mode that looks at values."""

    @property
    def looks(self) -> bool:
        return True


class NanGuardMode(_Looking):
    """Refuses values that are NaN, infinite or big, before any state changes.

    Args:
        nan_is_error, inf_is_error: whether such values are refused; by default they are.
        big_is_error: whether absolute values above 1e10 are refused; by default they are.
        optimizer, linker: accepted; they change nothing.

    Raises:
        AssertionError: by a call; it names the node, its line, and what it was computed from.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x = T.scalar("x")
        >>> f = theano.function([x], T.log(x), mode=theano.compile.nanguardmode.NanGuardMode(True, True, True))
        >>> f(-1.0)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        AssertionError: NaN detected: ...
    """

    @public
    def __init__(
        self,
        nan_is_error: bool | None = None,
        inf_is_error: bool | None = None,
        big_is_error: bool | None = None,
        optimizer: Any = "default",
        linker: Any = None,
    ) -> None:
        super().__init__(linker, optimizer)
        self.nan_is_error, self.inf_is_error = nan_is_error is not False, inf_is_error is not False
        self.big_is_error = big_is_error is not False

    def look(self, function: Any, args: Sequence[Any], kwargs: Any) -> None:
        """Refuse the first bad value of a call."""
        for node, value in trace(function, *args, inside=True, **kwargs):
            if not is_float(value.dtype.name):
                continue
            finite = value[np.isfinite(value)]
            found = {
                "NaN": self.nan_is_error and np.isnan(value).any(),
                "Inf": self.inf_is_error and np.isinf(value).any(),
                "Big value": self.big_is_error and finite.size > 0 and np.abs(finite).max() > BIG,
            }
            bad = [f"{what} detected" for what, is_there in found.items() if is_there]
            if bad:
                where = "an input of the graph" if node.is_leaf else "the output of a node"
                raise AssertionError(
                    f"{', '.join(bad)}: NanGuardMode found an error in {where} of {function.name}: {describe(node)}; "
                    f"value: {np.array2string(value, threshold=20)}"
                )


class DebugMode(_Looking):
    """Computes every node by NumPy too and compares; accepts Theano's arguments, which change nothing.

    Raises:
        BadValueError: by a call, where the two differ.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x = T.vector("x")
        >>> theano.function([x], T.exp(x), mode="DebugMode")([0.0]).tolist()
        [1.0]
    """

    @public
    def __init__(self, optimizer: Any = "fast_run", **options: Any) -> None:
        super().__init__(None, optimizer)

    def look(self, function: Any, args: Sequence[Any], kwargs: Any) -> None:
        """Compare the values of a call."""
        Debug(function, nan=False, inf=False, compare=True).check(*args, **kwargs)


class MonitorMode(_Looking):
    """Calls functions of the user's before and after every node: ``pre_func(i, node, fn)`` and ``post_func`` likewise.

    Args:
        pre_func, post_func: functions of the number of a node, its ``Apply``, and an object with ``inputs`` and
            ``outputs``: lists of lists with one array, outputs empty before.
        optimizer, linker: accepted; they change nothing.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x = T.vector("x")
        >>> show = theano.compile.MonitorMode(post_func=lambda i, node, fn: print(i, node.op, fn.outputs[0][0]))
        >>> theano.function([x], T.exp(x), mode=show)([0.0]).tolist()
        0 Elemwise{exp,no_inplace} [1.]
        [1.0]
    """

    @public
    def __init__(
        self,
        pre_func: Callable[..., Any] | None = None,
        post_func: Callable[..., Any] | None = None,
        optimizer: Any = "default",
        linker: Any = None,
    ) -> None:
        super().__init__(linker, optimizer)
        self.pre_func, self.post_func = pre_func, post_func

    def look(self, function: Any, args: Sequence[Any], kwargs: Any) -> None:
        """Tell the functions of every node of a call."""
        known: dict[Any, Any] = {}
        count = 0
        for node, value in trace(function, *args, **kwargs):
            known[node] = value
            owner = owner_of(node, op_of)
            if owner is None:
                continue
            seen = Thunk([[known[one]] for one in node.inputs if one in known])
            if self.pre_func is not None:
                self.pre_func(count, owner, seen)
            seen.outputs[0][0] = value
            if self.post_func is not None:
                self.post_func(count, owner, seen)
            count += 1


class Thunk:
    """The values of a node's inputs and of its output, as ``MonitorMode`` shows them to functions.

    Args:
        inputs: a list for each input, with its value.
    """

    def __init__(self, inputs: list[list[Any]]) -> None:
        self.inputs = inputs
        self.outputs: list[list[Any]] = [[None]]


# Theano's names of modes.
predefined_modes: dict[str, Mode] = {
    "DebugMode": DebugMode(), "DEBUG_MODE": DebugMode(), "FAST_COMPILE": Mode("py", "fast_compile"),
    "FAST_RUN": Mode("cvm", "fast_run"), "Mode": Mode(), "NanGuardMode": NanGuardMode(),
    "ProfileMode": Mode(),
}  # fmt: skip
FAST_RUN, FAST_COMPILE = predefined_modes["FAST_RUN"], predefined_modes["FAST_COMPILE"]


@public
def get_mode(orig_string: Any = None) -> Any:
    """A mode by its name.

    Args:
        orig_string: the name, None for that in ``theano.config.mode``, or a mode, which is given back.

    Returns:
        A ``Mode``.

    Raises:
        ArgumentError: if there is no mode of that name.

    Example:
        >>> get_mode("FAST_RUN")
        Mode(linker=cvm, optimizer=fast_run)
    """
    name = config.mode if orig_string is None else orig_string
    if not isinstance(name, str):
        return name
    if name not in predefined_modes:
        known = ", ".join(predefined_modes)
        raise ArgumentError(f"No predefined mode exist for string: {shown(name)}; there are {known}{here()}")
    return predefined_modes[name]


@public
def get_default_mode() -> Any:
    """The mode of functions for which none is given.

    Returns:
        A ``Mode``.

    Example:
        >>> get_default_mode()
        Mode(linker=None, optimizer=None)
    """
    return get_mode(None)
