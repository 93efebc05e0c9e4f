"""NumPy's own functions on symbolic values: ``np.exp(x)`` builds the node ``T.exp(x)``.

Read next: loops.py
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import GraphTypeError
from ..op import registry

# NumPy's names where ours differ.
UFUNCS: Mapping[str, str] = {
    "absolute": "abs", "conjugate": "identity", "equal": "eq", "fabs": "abs", "float_power": "power",
    "floor_divide": "floor_div", "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le",
    "multiply": "mul", "negative": "neg", "not_equal": "neq", "positive": "identity",
    "remainder": "mod", "rint": "round", "square": "sqr", "subtract": "sub", "divide": "true_div",
    "true_divide": "true_div", "fmod": "", "logaddexp": "",
}  # fmt: skip

_REDUCTIONS = {
    "add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min", "logical_and": "all", "logical_or": "any",
}  # fmt: skip

FUNCTIONS = (
    "sum", "prod", "max", "min", "amax", "amin", "any", "all", "mean", "var", "std", "argmax", "argmin", "cumsum",
    "where", "concatenate", "stack", "dot", "tensordot", "outer", "clip", "reshape", "ravel", "transpose", "squeeze",
    "expand_dims", "broadcast_to", "moveaxis", "swapaxes", "zeros_like", "ones_like", "full_like", "take", "repeat",
    "tile", "flip", "argsort", "sort", "shape", "size", "round", "diagonal", "trace", "tril", "triu",
)  # fmt: skip


def numpy_ufunc(operations: Any, ufunc: Any, method: str, inputs: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """What a NumPy ufunc means when one of its arguments is symbolic."""
    name = ufunc.__name__
    if method == "reduce" and name in _REDUCTIONS:
        options = {k: v for k, v in kwargs.items() if v is not np._NoValue and (v is not None or k == "axis")}
        if not set(options) <= {"axis", "keepdims"}:
            raise GraphTypeError(f"np.{name}.reduce on symbolic values takes axis= and keepdims= alone, not {options}")
        return getattr(operations, _REDUCTIONS[name])(*inputs, **{"axis": 0, **options})
    if method != "__call__":
        raise GraphTypeError(f"np.{name}.{method} is not defined for symbolic values")
    if any(value is not None for key, value in kwargs.items() if key != "casting"):
        raise GraphTypeError(f"np.{name} on symbolic values takes no keyword arguments such as {next(iter(kwargs))}=")
    if name == "matmul":
        return operations.matmul(*inputs)
    ours = UFUNCS.get(name, name)
    function = getattr(operations, ours) if ours.startswith("logical_") else registry.get(ours)
    if function is None:
        raise GraphTypeError(f"np.{name} has no symbolic counterpart; see symdrop.tensor for the functions there are")
    return function(*inputs)


def numpy_function(operations: Any, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """What another NumPy function means when one of its arguments is symbolic."""
    name = {"amax": "max", "amin": "min"}.get(function.__name__, function.__name__)
    if function.__module__ == "numpy.linalg" and name == "norm":
        return operations.norm(*args, **kwargs)
    if function.__name__ not in FUNCTIONS or function.__module__ != "numpy":
        raise GraphTypeError(
            f"{function.__module__}.{function.__name__} has no symbolic counterpart; "
            "see symdrop.tensor for the functions there are"
        )
    given = {key: value for key, value in kwargs.items() if value is not None or key == "axis"}
    try:
        return getattr(operations, name)(*args, **given)
    except TypeError as error:
        if isinstance(error, GraphTypeError):
            raise
        raise GraphTypeError(f"np.{function.__name__} on symbolic values: {error}") from None
