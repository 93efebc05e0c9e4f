"""symdrop: a symbolic graph engine with dropout at its heart.

    >>> import symdrop as sd
    >>> import symdrop.tensor as T

Here the parts are put together: the operators of Python find the operations, which live
further up than the nodes they are used on.

Read next: errors.py
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

from . import data, errors, inspect, nn, ops, tensor
from .autodiff import (
    Lop,
    Rop,
    disconnected_grad,
    grad,
    grad_clip,
    hessian,
    hessian_vector_product,
    jacobian,
    jvp,
    value_and_grad,
    zero_grad,
)
from .config import VERSION, config
from .function import Function, In, RuntimeFunction, eval_expression, function
from .graph import Graph, Node
from .inspect import graph_to_text, to_text, verify_grad
from .inspect.around import around
from .inspect.brief import formula
from .inspect.network import to_networkx
from .inspect.settings import show_config
from .nn import bake, dropout
from .op import elementwise, flag, shared
from .random import RandomStream
from .syntax import hooks
from .tensor.branches import ifelse
from .tensor.foreign import PACKAGE, no_attribute, no_name
from .tensor.numpy_protocol import numpy_function, numpy_ufunc
from .tensor.scan import foldl, foldr, map, reduce, scan
from .tensor.scan_arguments import until
from .tensor.trial import try_out

__version__ = VERSION


def __getattr__(name: str) -> Any:
    """``sd.viz`` is loaded when it is first used: a program that trains draws nothing."""
    if name == "viz":
        return import_module(".viz", __name__)
    elsewhere = {name: f"write T.{name}" for name in tensor.__all__}
    no_name(__name__, name, __all__, {**elsewhere, **PACKAGE})


def __dir__() -> list[str]:
    return sorted(__all__)


def _small_svg(what: Any) -> str | None:
    svg: str | None = __getattr__("viz").to_small_svg(what)
    return svg


def _large_html(what: Any) -> str | None:
    html: str | None = __getattr__("viz").to_large_html(what)
    return html


hooks.update({
    name: getattr(tensor, name)
    for name in (
        "add", "sub", "mul", "true_div", "floor_div", "mod", "power", "neg", "abs", "matmul", "invert",
        "bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift", "lt", "le", "gt", "ge",
        "getitem", "iterate", "shape", "size", "transpose", "dimshuffle", "reshape", "flatten", "squeeze", "cast",
        "sum", "prod", "mean", "var", "std", "max", "min", "any", "all", "argmax", "argmin", "dot", "clip", "repeat",
        "take", "identity", "norm", "cumsum", "sort", "argsort", "nonzero", "diagonal", "trace", "swapaxes",
    )
})  # fmt: skip
hooks.update(
    eval=eval_expression,
    try_out=try_out,
    to_text=to_text,
    formula=formula,
    around=around,
    graph_to_text=graph_to_text,
    to_networkx=to_networkx,
    small_svg=_small_svg,
    large_html=_large_html,
    no_attribute=partial(no_attribute, tensor.spellings(), dir(Node)),
    numpy_ufunc=partial(numpy_ufunc, tensor),
    numpy_function=partial(numpy_function, tensor),
)

training = flag("training")

__all__ = [
    "Function", "Graph", "In", "Lop", "Node", "RandomStream", "Rop", "RuntimeFunction", "bake", "config", "data",
    "disconnected_grad", "dropout", "elementwise", "errors", "flag", "foldl", "foldr", "function", "grad", "grad_clip",
    "hessian", "hessian_vector_product", "ifelse", "inspect", "jacobian", "jvp", "map", "nn", "ops", "reduce", "scan",
    "shared", "show_config", "tensor", "training", "until", "value_and_grad", "verify_grad", "viz", "zero_grad",
]  # fmt: skip
