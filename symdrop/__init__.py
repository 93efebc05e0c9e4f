"""symdrop: a symbolic graph engine with dropout at its heart.

    >>> import symdrop as sd
    >>> import symdrop.tensor as T

Here the parts are put together: the operators of Python find the operations, which live
further up than the nodes they are used on.

Read next: errors.py
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

from . import errors, ops, tensor
from .config import SETTINGS, VERSION, config
from .errors import MissingNameError
from .graph import Graph, Node
from .lazy_loading import LazyNames
from .op import elementwise, flag, shared
from .syntax import hooks
from .tensor.branches import cond, ifelse, switch
from .tensor.foreign import PACKAGE, no_attribute, no_name
from .tensor.numpy_protocol import numpy_function, numpy_ufunc
from .tensor.scan import foldl, foldr, map, reduce, scan
from .tensor.scan_arguments import until
from .tensor.trial import try_out

if TYPE_CHECKING:
    # What is loaded when it is first used, for type checkers; a test compares it with the table below.
    from . import data, inspect, io, nn, optim, viz
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
        stop_gradient,
        value_and_grad,
        zero_grad,
    )
    from .compiler import Function, In, RuntimeFunction, function
    from .inspect import verify_grad
    from .inspect.settings import show_config
    from .nn.bake import bake
    from .nn.dropout import dropout
    from .random import RandomStream
    from .tensor.associative_scan import associative_scan
    from .tensor.calls import checkpoint, composite, custom_gradient
    from .tensor.clones import clone, replace
    from .tensor.foreign_functions import as_op, callback
    from .tensor.structured_loops import fori_loop, while_loop
    from .tensor.vectorization import vmap

__version__ = VERSION


# The names of every module that is loaded when one of them is first used, since graphs are written without it.
_LAZY = LazyNames(globals(), {
    "autodiff": (
        "Lop", "Rop", "disconnected_grad", "grad", "grad_clip", "hessian", "hessian_vector_product", "jacobian", "jvp",
        "stop_gradient", "value_and_grad", "zero_grad",
    ),
    "compiler": ("Function", "In", "RuntimeFunction", "function"),
    "inspect": ("verify_grad",),
    "inspect.settings": ("show_config",),
    "nn": ("bake", "dropout"),
    "random": ("RandomStream",),
    "tensor.associative_scan": ("associative_scan",),
    "tensor.calls": ("checkpoint", "composite", "custom_gradient"),
    "tensor.clones": ("clone", "replace"),
    "tensor.foreign_functions": ("as_op", "callback"),
    "tensor.structured_loops": ("fori_loop", "while_loop"),
    "tensor.vectorization": ("vmap",),
})  # fmt: skip


if not TYPE_CHECKING:  # a checker reports a name that is not there by itself

    def __getattr__(name: str) -> Any:
        """A name, or a module of the package, that is loaded when it is first used."""
        if name.isidentifier() and not name.startswith("_") and find_spec(f".{name}", __name__) is not None:
            return import_module(f".{name}", __name__)
        if name in _LAZY:
            return _LAZY.load(name)
        elsewhere = {name: f"write T.{name}" for name in tensor.__all__}
        no_name(__name__, name, __all__, {**elsewhere, **PACKAGE})


def __dir__() -> list[str]:
    return sorted(__all__)


class _Package(ModuleType):
    """The namespace ``sd``, which tells whoever assigns to it what decides instead."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "training":
            raise MissingNameError(
                "sd.training is a flag in graphs, whose value a compiled function is given: write sd.function(..., "
                f"training={errors.shown(value)}){errors.here()}"
            )
        if name in SETTINGS and not isinstance(value, ModuleType):
            raise MissingNameError(
                f"{name} is a setting: write sd.config.{name} = {errors.shown(value)}{errors.here()}"
            )
        super().__setattr__(name, value)


def _late(module: str, name: str) -> Callable[..., Any]:
    """A function of a module that is loaded when it is first called."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return getattr(import_module(f".{module}", __name__), name)(*args, **kwargs)

    return call


hooks.update({
    name: getattr(tensor, name)
    for name in (
        "add", "sub", "mul", "true_div", "floor_div", "mod", "power", "neg", "abs", "matmul", "invert",
        "bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift", "lt", "le", "gt", "ge",
        "getitem", "iterate", "shape", "size", "transpose", "dimshuffle", "reshape", "flatten", "squeeze", "cast",
        "sum", "prod", "mean", "var", "std", "max", "min", "any", "all", "argmax", "argmin", "dot", "clip", "repeat",
        "take", "identity", "norm", "cumsum", "cumprod", "ptp", "round", "sort", "argsort", "nonzero", "diagonal",
        "trace", "swapaxes",
    )
})  # fmt: skip
hooks.update(
    at=_late("tensor.at", "At"),
    eval=_late("compiler", "eval_expression"),
    try_out=try_out,
    to_text=_late("inspect", "to_text"),
    formula=_late("inspect.brief", "formula"),
    around=_late("inspect.around", "around"),
    first_bad_value=_late("inspect.debug", "first_bad_value"),
    graph_to_text=_late("inspect", "graph_to_text"),
    to_networkx=_late("inspect.network", "to_networkx"),
    small_svg=_late("viz", "to_small_svg"),
    large_html=_late("viz", "to_large_html"),
    no_attribute=partial(no_attribute, tensor.spellings, dir(Node)),
    numpy_ufunc=partial(numpy_ufunc, tensor),
    numpy_function=partial(numpy_function, tensor),
)

training = flag("training")
sys.modules[__name__].__class__ = _Package

__all__ = [
    "Function", "Graph", "In", "Lop", "Node", "RandomStream", "Rop", "RuntimeFunction", "as_op", "associative_scan",
    "bake", "callback", "checkpoint", "clone", "composite", "cond", "config", "custom_gradient", "data",
    "disconnected_grad", "dropout", "elementwise", "errors", "flag", "foldl", "foldr", "fori_loop", "function",
    "grad", "grad_clip", "hessian", "hessian_vector_product", "ifelse", "inspect", "io", "jacobian", "jvp", "map",
    "nn", "ops", "optim", "reduce", "replace", "scan", "shared", "show_config", "stop_gradient", "switch", "tensor",
    "training", "until", "value_and_grad", "verify_grad", "viz", "vmap", "while_loop", "zero_grad",
]  # fmt: skip
