"""Binding of arguments: a public function called with arguments it does not take says what it takes.

Python's own error of a call that does not bind counts ``self`` and knows no other library.
``public`` keeps its reason, adds the parameters there are, and for a keyword of NumPy, PyTorch,
JAX or Theano the word that is used here. A call that fails inside, by an error that is not the
library's, is looked at once more: an argument that is not of its annotated type is what is
wrong, or one that cannot be read. A call that succeeds pays nothing for that; errors of the
user's own functions pass unchanged.

Read next: lazy_loading.py
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import wraps
from textwrap import shorten
from traceback import walk_tb
from types import TracebackType, UnionType
from typing import (
    Any,
    BinaryIO,
    ForwardRef,
    Literal,
    ParamSpec,
    TextIO,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)

import numpy as np

from .errors import GraphTypeError, SymdropError, here, is_user_frame, locate, shown

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Made = TypeVar("Made")

# Of all arguments together, and of the reason why they cannot be read, in characters.
_MOST_SHOWN = 300

# Keywords of other libraries, and the parameters that mean the same; the first that the function has is named.
KEYWORDS: Mapping[str, tuple[str, ...]] = {
    "a": ("x",),
    "alpha": ("slope",),
    "argnums": ("wrt",),
    "avg": ("mean",),
    "axes": ("axis", "pattern"),
    "axis": ("axes",),
    "batch_size": ("size", "batch"),
    "betas": ("beta1",),
    "cond": ("condition",),
    "dim": ("axis",),
    "dims": ("axis",),
    "eps": ("epsilon", "abs_tol"),
    "in_features": ("inputs",),
    "init": ("outputs_info", "initial"),
    "input": ("x",),
    "keep_prob": ("p",),
    "keepdim": ("keepdims",),
    "key": ("stream", "seed"),
    "learning_rate": ("rate",),
    "length": ("n_steps",),
    "loc": ("mean",),
    "lr": ("rate",),
    "maxval": ("high",),
    "minval": ("low",),
    "momentum": ("decay",),
    "mu": ("mean",),
    "ndim": ("n",),
    "negative_slope": ("slope", "alpha"),
    "noise_shape": ("shared_axes",),
    "nsteps": ("n_steps",),
    "out_features": ("units",),
    "parameters": ("wrt",),
    "prob": ("p",),
    "probability": ("p",),
    "probs": ("pvals", "p"),
    "pvalues": ("pvals",),
    "rate": ("p",),
    "rng": ("stream",),
    "scale": ("std",),
    "shape": ("size",),
    "sigma": ("std",),
    "size": ("shape",),
    "stddev": ("std",),
    "train": ("training",),
    "validation_data": ("validate",),
    "verbose": ("progress",),
    "xs": ("sequences",),
}
# Keywords of other libraries for what functions of their own do here; of a function that has no such parameter.
OTHER_FUNCTIONS: Mapping[str, str] = {
    "clipnorm": "write before=[sd.optim.clip_by_norm(most)]",
    "clipvalue": "write before=[sd.optim.clip_by_value(most)]",
    "inplace": "nothing is changed in place; take what is returned",
    "momentum": "write sd.optim.momentum(loss, parameters, rate, decay=)",
    "nesterov": "write sd.optim.nesterov(loss, parameters, rate, decay=)",
    "weight_decay": "write sd.optim.adamw(loss, parameters, rate, decay=)",
}


# Errors that say more to a program than a sentence about arguments would.
_PASSING = (MemoryError, OSError, Warning)


@overload
def public(function: type[Made]) -> type[Made]: ...
@overload
def public(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]: ...
def public(function: Any) -> Any:
    """The function, whose calls with arguments that it does not take, or cannot read, raise an error of the library.

    A class is given back with a constructor of which that is true.

    Raises:
        GraphTypeError: when called with too many, too few or unknown arguments, or when it fails because of what an
            argument is. Errors that a function of the user's raises, ``MemoryError`` and warnings pass.

    Example:
        >>> @public
        ... def half(x, axis):
        ...     return x / 2
        >>> half(3, dim=0)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        symdrop.errors.GraphTypeError: half() got an unexpected keyword argument 'dim'; write axis= (it ...
    """
    if isinstance(function, type):
        made: Any = function
        made.__init__ = public(made.__init__)
        return function

    truths = _truth_values(function)

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            for place, name in truths:
                _check_truth(args[place] if place < len(args) else kwargs.get(name, True), name)
            return function(*args, **kwargs)
        except SymdropError as error:
            locate(error)
            raise
        except _PASSING:
            raise
        except Exception as error:
            inside = error.__traceback__ and error.__traceback__.tb_next
            if raised_by_user(inside):
                raise
            if not inside and isinstance(error, TypeError):
                problem = refusal(function, args, kwargs, str(error))
            else:
                problem = does_not_bind(function, args, kwargs) or misfit(function, args, kwargs)
            if problem:
                raise GraphTypeError(problem + here()) from None
            raise GraphTypeError(unreadable(function, args, kwargs, error) + here()) from error

    return call


def _truth_values(function: Callable[..., Any]) -> list[tuple[int, str]]:
    """The parameters that are True or False, by position (past all others for those that have none) and name."""
    if not {"bool", bool} & set(getattr(function, "__annotations__", {}).values()):
        return []
    parameters = inspect.signature(function).parameters.values()
    return [
        (sys.maxsize if p.kind is p.KEYWORD_ONLY else i, p.name)
        for i, p in enumerate(parameters)
        if p.annotation in ("bool", bool) and p.default is not p.empty
    ]


def _check_truth(value: Any, name: str) -> None:
    if not (isinstance(value, np.bool_) or (isinstance(value, int) and value in (0, 1))):
        raise GraphTypeError(f"{name} is True or False, not {shown(value)}")


def raised_by_user(frames: TracebackType | None) -> bool:
    """True if an error comes from a function of the user's that the library called.

    What Python calls on its own when a value is read, such as ``__array__``, is no such function.
    """
    outside = next((frame for frame, _ in walk_tb(frames) if is_user_frame(frame)), None)
    return outside is not None and not outside.f_code.co_name.rpartition(".")[2].startswith("__")


def called(function: Callable[..., Any], args: Sequence[Any] = ()) -> str:
    """The name by which a function is called: of a constructor that of its class, of a callable object its own."""
    name = function.__name__
    if name == "__call__" and args:
        return str(getattr(args[0], "__name__", type(args[0]).__name__))
    # Classes of the package may take their constructor from one that is private.
    is_own = bool(args) and type(args[0]).__module__.startswith("symdrop")
    of_class = type(args[0]).__name__ if is_own else function.__qualname__.split(".")[-2:][0]
    return of_class if name == "__init__" else name


def unreadable(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], error: Exception) -> str:
    """The sentence about arguments of the right types that the function cannot work with."""
    own = next(iter(inspect.signature(function).parameters), "") == "self"
    words = [*map(shown, args[own:]), *(f"{name}={shown(value)}" for name, value in kwargs.items())]
    given = shorten(", ".join(words), _MOST_SHOWN, placeholder=" ...")
    reason = shorten(f"{type(error).__name__}: {error}", _MOST_SHOWN, placeholder=" ...")
    return f"{called(function, args)}({given}) cannot work with these arguments: {reason}"


def misfit(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """The sentence about the first argument that is not of its annotated type, or "" if all are."""
    try:
        hints = get_type_hints(function)
    except NameError:
        # A name that is imported for type checkers alone.
        return ""
    signature = inspect.signature(function)
    for name, value in signature.bind(*args, **kwargs).arguments.items():
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            values = value
        else:
            values = value.values() if kind is inspect.Parameter.VAR_KEYWORD else (value,)
        hint = hints.get(name, Any)
        for one in values:
            if not fits(one, hint):
                return f"{called(function, args)}: {name} is {in_words(hint)}, not {shown(one)}"
    return ""


def fits(value: Any, hint: Any) -> bool:
    """Compare a value with an annotation, as far as its outermost class.

    Example:
        >>> fits(np.int8(3), int), fits(True, int), fits([1], Sequence[int]), fits(1j, float | None)
        (True, False, True, False)
    """
    if isinstance(hint, TypeVar | ForwardRef) or hint is Any:
        return True
    if get_origin(hint) in (Union, UnionType):
        return any(fits(value, one) for one in get_args(hint))
    if get_origin(hint) is Literal:
        return isinstance(value, str | int | None) and value in get_args(hint)
    if hint in NUMBERS:
        return isinstance(value, NUMBERS[hint]) and not (isinstance(value, bool) and hint is not bool)
    if hint in (TextIO, BinaryIO):
        return callable(getattr(type(value), "write", None))
    cls = get_origin(hint) or hint
    if cls in (Sequence, Iterable) and isinstance(value, str):
        return False
    return not isinstance(cls, type) or isinstance(value, cls)


NUMBERS: Mapping[Any, tuple[type, ...]] = {
    bool: (bool, np.bool_),
    int: (int, np.integer),
    float: (float, int, np.floating, np.integer),
}
_WORDS: Mapping[str, str] = {
    "Node": "a symbolic value",
    "Graph": "a graph",
    "NoneType": "None",
    "bool": "True or False",
    "float": "a number",
    "int": "an integer",
    "str": "a string",
    "TextIO": "a file open for writing",
    "Mapping": "a dict",
    "Sequence": "a list or tuple",
    "Iterable": "a list or tuple",
    "Callable": "a function",
    "PathLike": "a path",
}


def in_words(hint: Any) -> str:
    """An annotation for an error.

    Example:
        >>> in_words(int | None)
        'an integer or None'
    """
    if get_origin(hint) in (Union, UnionType):
        return " or ".join(dict.fromkeys(in_words(one) for one in get_args(hint)))
    if get_origin(hint) is Literal:
        return " or ".join(map(repr, get_args(hint)))
    name = getattr(get_origin(hint) or hint, "__name__", str(hint))
    return _WORDS.get(name, f"a {name}")


def does_not_bind(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """The sentence about arguments that a function does not take, or "" if it takes them."""
    try:
        inspect.signature(function).bind(*args, **kwargs)
    except TypeError as error:
        return refusal(function, args, kwargs, str(error))
    return ""


def refusal(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], reason: str) -> str:
    """The sentence about a call that does not bind: Python's reason, and what the function takes."""
    parameters = inspect.signature(function).parameters
    reason = reason.replace(f"{getattr(function, '__qualname__', '')}()", f"{called(function, args)}()")
    names = [name for name in parameters if name != "self"]
    own = "self" in parameters
    positional = [p for p in parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if "positional argument" in reason and "given" in reason:
        most = len(positional) - own
        reason = f"{called(function, args)}() takes {most or 'no'} argument{'s' * (most != 1)} by position"
        reason += f", and was given {len(args) - own}"
    unknown = next((word for word in kwargs if word not in parameters), None)
    hint = ""
    if unknown is not None:
        near = [name for name in KEYWORDS.get(unknown, ()) if name in names] or get_close_matches(unknown, names, 1)
        hint = f"; write {near[0]}=" if near else f"; {OTHER_FUNCTIONS[unknown]}" if unknown in OTHER_FUNCTIONS else ""
    taken = [name for name in names if parameters[name].kind is not inspect.Parameter.KEYWORD_ONLY]
    by_name = [name for name in names if name not in taken]
    return f"{reason}{hint} (it takes {', '.join([*taken, *['*'] * bool(by_name), *by_name]) or 'nothing'})"
