"""NumPy's own functions on symbolic values: ``np.exp(x)`` builds the node ``T.exp(x)``.

Read next: loops.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..binding import does_not_bind
from ..errors import GraphTypeError, here
from ..graph import Node
from ..op import as_node, registry
from .arguments import one_axis
from .foreign import OPERATIONS
from .joining import split

# Names of NumPy's ufuncs, and of SciPy's, where ours differ.
UFUNCS: Mapping[str, str] = {
    "absolute": "abs", "conjugate": "identity", "equal": "eq", "fabs": "abs",
    "floor_divide": "floor_div", "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le",
    "multiply": "mul", "negative": "neg", "not_equal": "neq", "positive": "identity",
    "remainder": "mod", "rint": "round", "square": "sqr", "subtract": "sub", "divide": "true_div",
    "true_divide": "true_div", "expit": "sigmoid",
}  # fmt: skip

_REDUCTIONS = {
    "add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min", "logical_and": "all", "logical_or": "any",
}  # fmt: skip

# Transforms of complex numbers: an array of pairs, which T.fft takes, means another thing to NumPy.
OF_COMPLEX = ("fft", "fft2", "fftn", "hfft", "ifft", "ifft2", "ifftn")

# Names of NumPy's other functions where ours differ.
FUNCTIONS: Mapping[str, str] = {
    "amax": "max", "amin": "min", "concat": "concatenate", "permute_dims": "transpose",
}  # fmt: skip


def numpy_ufunc(operations: Any, ufunc: Any, method: str, inputs: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """The meaning of a NumPy ufunc when one of its arguments is symbolic."""
    name = ufunc.__name__
    if method == "reduce" and name in _REDUCTIONS:
        options = {k: v for k, v in kwargs.items() if v is not np._NoValue and (v is not None or k == "axis")}
        if not set(options) <= {"axis", "keepdims"}:
            names = ", ".join(options)
            raise GraphTypeError(
                f"np.{name}.reduce on symbolic values takes axis= and keepdims= alone, not {names}{here()}"
            )
        return getattr(operations, _REDUCTIONS[name])(*inputs, **{"axis": 0, **options})
    if method != "__call__":
        raise GraphTypeError(f"np.{name}.{method} is not defined for symbolic values{here()}")
    if any(value is not None for key, value in kwargs.items() if key != "casting"):
        word = next(iter(kwargs))
        raise GraphTypeError(f"np.{name} on symbolic values takes no keyword arguments such as {word}={here()}")
    if name == "matmul":
        return operations.matmul(*inputs)
    ours = UFUNCS.get(name, name)
    function = getattr(operations, ours) if ours in operations.__all__ else registry.get(ours)
    if function is None:
        raise GraphTypeError(f"np.{name} has no symbolic counterpart; {_instead(name)}{here()}")
    return function(*inputs)


def _instead(name: str) -> str:
    """The words about a function of NumPy's that symbolic values do not have."""
    hint = OPERATIONS.get(name, "")
    return f"it {hint}" if hint.startswith("is ") else hint or "see symdrop.tensor for the functions there are"


def numpy_function(operations: Any, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """The meaning of any other NumPy function when one of its arguments is symbolic."""
    name = FUNCTIONS.get(function.__name__, function.__name__)
    whole = f"{function.__module__}.{function.__name__}"
    if function.__module__ == "numpy" and name in operations.__all__:
        ours = ADAPTED.get(name) or getattr(operations, name)
    elif function.__module__ == "numpy.linalg" and name in operations.linalg.__all__:
        ours = getattr(operations.linalg, name)
    elif function.__module__ == "numpy.fft" and name in operations.fft.__all__:
        if name in OF_COMPLEX:
            raise GraphTypeError(
                f"{whole}: symbolic values are real; write T.fft.rfft(x), or T.fft.{name}(T.fft.pairs(x)){here()}"
            )
        ours = getattr(operations.fft, name)
    else:
        raise GraphTypeError(f"{whole} has no symbolic counterpart; {_instead(name)}{here()}")
    given = {key: value for key, value in kwargs.items() if value is not None or key == "axis"}
    if refused := does_not_bind(ours, args, given):
        raise GraphTypeError(f"np.{function.__name__} on symbolic values: {refused}{here()}")
    return ours(*args, **given)


def split_at(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Node]:
    """Parts of a tensor as ``np.split`` names them: a number of equal ones, or where each but the first begins."""
    if not isinstance(indices_or_sections, Sequence | np.ndarray):
        return split(ary, indices_or_sections, axis=axis)
    x = as_node(ary)
    before = (slice(None),) * one_axis(axis, x.ndim)
    begins = [None, *indices_or_sections]
    return [x[(*before, slice(first, last))] for first, last in zip(begins, [*begins[1:], None], strict=True)]


# Functions of NumPy that take other arguments than those of the same name here.
ADAPTED: Mapping[str, Callable[..., Any]] = {"split": split_at}
