"""The operations: what users write between variables, grouped as NumPy groups them.

Read next: arguments.py
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from ..errors import GraphTypeError, here
from ..lazy_loading import LazyNames
from . import (
    creation,
    diagonals,
    elementwise,
    indexing,
    joining,
    matrix_products,
    nnet,
    reductions,
    shaping,
    variables,
)  # fmt: skip
from .creation import *
from .diagonals import *
from .elementwise import *
from .elementwise import find as _find
from .foreign import OPERATIONS, no_name
from .indexing import *
from .joining import *
from .matrix_products import *
from .reductions import *
from .refusals import refusal
from .shaping import *
from .variables import *

if TYPE_CHECKING:
    # What is loaded when it is first used, for type checkers; a test compares it with the table below.
    from . import fft, linalg, sparse
    from .composed import *
    from .linalg.fitting import polyfit
    from .mapping import apply_along_axis, apply_over_axes, fromfunction, vectorize
    from .summation import einsum

_LAZY = LazyNames(globals(), {
    "linalg.fitting": ("polyfit",),
    "mapping": ("apply_along_axis", "apply_over_axes", "fromfunction", "vectorize"),
    "summation": ("einsum",),
})  # fmt: skip

# Namespaces that are loaded when they are first used.
_MODULES = ("fft", "linalg", "sparse")

_AT_ONCE = [
    *_LAZY.home,
    *_MODULES,
    "nnet",
    *creation.__all__,
    *diagonals.__all__,
    *elementwise.__all__,
    *indexing.__all__,
    *joining.__all__,
    *matrix_products.__all__,
    *reductions.__all__,
    *shaping.__all__,
    *variables.__all__,
]


@cache
def names() -> tuple[str, ...]:
    """The names of all functions, of which those that are composed of others are loaded now."""
    composed = import_module(f"{__name__}.composed")
    found = (*_AT_ONCE, *composed.__all__)
    globals().update({name: getattr(composed, name) for name in composed.__all__}, __all__=list(found))
    return found


def spellings() -> dict[str, str]:
    """How every function is written, by its name."""
    elsewhere = {name: f"T.{home}.{name}" for home in _MODULES for name in import_module(f"{__name__}.{home}").__all__}
    return {
        **elsewhere,
        **{name: f"T.nnet.{name}" for name in nnet.__all__},
        **{name: f"T.{name}" for name in names() if name not in _MODULES},
    }


def __getattr__(name: str) -> Any:
    """A function that is loaded when it is first used; elementwise ops defined anywhere are operations too."""
    if name in _LAZY:
        return _LAZY.load(name)
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    every = names()  # which are bound from now on
    found = globals().get(name) or _find(name)
    if found is None:
        here = {name: f"write {own}" for name, own in spellings().items()}
        no_name("symdrop.tensor", name, every, {name: refusal(name), **here, **OPERATIONS})
    return found


class _Functions(ModuleType):
    """The namespace ``T``, in which of the modules that importing binds to it only namespaces are names."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not isinstance(value, ModuleType):
            super().__setattr__(name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse ``sd.tensor(...)``, which makes a value elsewhere."""
        raise GraphTypeError(
            "symdrop.tensor is a module of functions; T.constant and sd.shared hold values, T.matrix(name) and its "
            f"like make variables{here()}"
        )


def _unbind_modules() -> None:
    for name in [name for name, value in globals().items() if isinstance(value, ModuleType) and name not in _AT_ONCE]:
        del globals()[name]


sys.modules[__name__].__class__ = _Functions
_unbind_modules()


def __dir__() -> list[str]:
    return sorted(names())
