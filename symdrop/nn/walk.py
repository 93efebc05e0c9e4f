"""The walk over a model: its parameters by their paths, through dataclasses, dicts, lists and tuples.

A model is any nest of these: a layer is a dataclass whose fields are sizes, options, parameters and other layers.
Nothing is registered anywhere; what a model consists of is what it is seen to hold when it is walked.

Source: the pytrees of J. Bradbury et al., "JAX: composable transformations of Python+NumPy programs" (2018).

Read next: initializers.py
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from types import FunctionType, MethodType
from typing import Any, NamedTuple

import numpy as np

from ..binding import public
from ..errors import ArgumentError, GraphTypeError, here, shown
from ..graph import Node
from ..op import SharedVariable
from ..types import is_float
from .hidden import hidden_variables, is_used_up


class Place(NamedTuple):
    """Something in a model, and where it was found.

    Attributes:
        path: the names of fields, keys and numbers that lead to it, joined by dots; "" for the model itself.
        value: what stands there.
        trained: False below a field that is declared not to be trained.
    """

    path: str
    value: Any
    trained: bool


@public
def parameters(model: Any) -> dict[str, SharedVariable]:
    """The trained variables of a model by their paths, in the order of its fields.

    A variable that has no name is called by its path from now on. One that occurs twice, as tied weights do, is listed
    at its first place alone. Integers, which have no gradient, are left out, and so is what lies in a
    field that is declared with ``field(metadata={"trained": False})``, such as running statistics.

    Args:
        model: a layer, which is a dataclass; or a dict, list or tuple of layers and shared variables, in any nest.

    Returns:
        Shared variables by path, such as "encoder.0.W": what ``sd.optim`` and ``sd.io`` take.

    Raises:
        GraphTypeError: if the model is none of these, or holds shared variables where no path leads: in an object, a
            function or a set.
        ArgumentError: if a parameter has no path, or two have the same.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> encoder = sd.nn.Sequential(sd.nn.Dense(4, 3, activation=T.tanh), sd.nn.Dense(3, 2, bias=False))
        >>> list(sd.nn.parameters({"encoder": encoder, "scale": sd.shared(1.0)}))
        ['encoder.0.W', 'encoder.0.b', 'encoder.1.W', 'scale']
    """
    return {path: one for path, one, trained in _variables(model) if trained and is_float(one.dtype)}


@public
def states(model: Any) -> dict[str, SharedVariable]:
    """All variables of a model by their paths: its parameters, and what is kept beside them, as running statistics are.

    Args:
        model: as of ``parameters``.

    Returns:
        Shared variables by path: what belongs in a file, ``sd.io.save(path, sd.nn.states(model))``.

    Raises:
        GraphTypeError: if the model is none of these, or holds shared variables where no path leads: in an object, a
            function or a set.
        ArgumentError: if a variable has no path, or two have the same.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> model = {"layer": sd.nn.Dense(4, 3), "batches": sd.shared(np.int64(0))}
        >>> list(sd.nn.states(model))
        ['layer.W', 'layer.b', 'batches']
    """
    return {path: one for path, one, _ in _variables(model)}


def places(model: Any) -> Iterator[Place]:
    """Everything in a model from the outside in: containers before what they hold, each once, at its first place."""
    todo, met = [Place("", model, True)], set[int]()
    while todo:
        place = todo.pop()
        if id(place.value) in met and not isinstance(place.value, str | int | float | None):
            continue
        met.add(id(place.value))
        yield place
        todo += [*_children(place)][::-1]


def _children(place: Place) -> Iterator[Place]:
    """The places in a container; anything else has none."""
    path, value, trained = place
    prefix = f"{path}." if path else ""
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            name = f"{prefix}{field.name}" if field.metadata.get("in_path", True) else path
            yield Place(name, getattr(value, field.name, None), trained and field.metadata.get("trained", True))
    elif isinstance(value, Mapping):
        for key, one in value.items():
            if not isinstance(key, str | int | np.integer):
                raise GraphTypeError(f"keys of a model are strings, of which paths are made, not {shown(key)}{here()}")
            yield Place(f"{prefix}{key}", one, trained)
    elif isinstance(value, list | tuple):
        names = getattr(type(value), "_fields", range(len(value)))
        yield from (Place(f"{prefix}{name}", one, trained) for name, one in zip(names, value, strict=True))


def _variables(model: Any) -> Iterator[Place]:
    """The shared variables of a model, called by their paths where they have no name."""
    if not (isinstance(model, Mapping | list | tuple | Node) or (is_dataclass(model) and not isinstance(model, type))):
        raise GraphTypeError(
            f"a model is a layer (a dataclass), or a dict, list or tuple of them, not {shown(model)}{here()}"
        )
    known, found = set[str](), [*places(model)]
    _refuse_hidden(found)
    for place in found:
        path, value, _ = place
        if not isinstance(value, SharedVariable):
            continue
        if not path:
            raise ArgumentError(f"{shown(value)} has no path of its own; give a dict, {{'W': ...}}, or a layer{here()}")
        if path in known:
            raise ArgumentError(
                f"two variables of the model have the path {path!r}; a key of a dict holds a dot{here()}"
            )
        known.add(path)
        if value.name is None:
            value.name = path
        yield place


def _refuse_hidden(found: list[Place]) -> None:
    """Refuse a model that holds variables to which none of its paths leads."""
    reached, met = {place.value for place in found if isinstance(place.value, SharedVariable)}, set[int]()
    for path, value, _ in found:
        if is_used_up(value):
            raise GraphTypeError(f"{shown(value)} at {path!r} gives its members but once; write a list of them{here()}")
        for variable in hidden_variables(value, met):
            if variable not in reached:
                raise GraphTypeError(
                    f"{shown(value)} at {path!r} holds the shared variable {_called(variable, value)}, to which no "
                    f"path leads: {_advice(value)}{here()}"
                )


def _called(variable: SharedVariable, owner: Any) -> str:
    own = getattr(owner, "__dict__", {})
    name = variable.name or next((name for name, one in own.items() if one is variable), None)
    return shown(variable) if name is None else repr(name)


def _advice(owner: Any) -> str:
    """The way in which what an object holds becomes a part of the model."""
    if is_dataclass(owner):
        return f"declare it as a field of {type(owner).__name__}"
    if isinstance(owner, FunctionType | MethodType | partial):
        return "put it, or the layer that has it, into the model too, or make the function a dataclass with __call__"
    if isinstance(owner, Collection):
        return f"make the {type(owner).__name__} a list, tuple or dict"
    return f"make {type(owner).__name__} a dataclass"
