"""Variables that a model holds where no path leads: in closures, sets, undeclared fields, objects of other kinds.

The walk over a model does not enter these, for what lies there has no name that another process would find again. A
parameter among them would silently not be trained, so they are looked for, and refused.

Read next: walk.py
"""

from __future__ import annotations

import dis
import types
from collections import deque
from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any

import numpy as np

from ..compiler import Function
from ..graph import Node
from ..op import SharedVariable
from ..random import RandomStream

# These hold variables that belong to no model, or none at all.
_CLOSED = Node | RandomStream | Function | type | types.ModuleType | str | bytes | int | float | complex | None
_UNORDERED = (set, frozenset, deque, KeysView, ValuesView)
_ONCE = "builtins", "itertools"
_PACKAGE = __name__.partition(".")[0]


def hidden_variables(value: Any, met: set[int]) -> Iterator[SharedVariable]:
    """The shared variables inside a value that a walk over fields, keys and numbers does not come to.

    Args:
        value: something in a model.
        met: identities of what was looked through already; grows.
    """
    todo = [*_beside_paths(value)]
    while todo:
        one = todo.pop()
        if isinstance(one, SharedVariable):
            yield one
        elif not isinstance(one, _CLOSED) and id(one) not in met:
            met.add(id(one))
            todo += [*_on_paths(one), *_beside_paths(one)]


def is_used_up(value: Any) -> bool:
    """True for a generator or another iterator of Python's own, of which a look at its members would leave nothing."""
    return isinstance(value, Iterator) and type(value).__module__ in _ONCE


def _on_paths(value: Any) -> Iterator[Any]:
    """The members that the walk would come to, were it here."""
    if is_dataclass(value):
        yield from (getattr(value, field.name, None) for field in fields(value))
    elif isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, list | tuple):
        yield from value


def _beside_paths(value: Any) -> Iterator[Any]:
    """The members of a value beside the fields, keys and numbers of a model."""
    if isinstance(value, _CLOSED):
        return
    declared = {field.name for field in fields(value)} if is_dataclass(value) else set[str]()
    yield from (one for name, one in _attributes(value) if name not in declared)
    if isinstance(value, types.FunctionType):
        yield from _of_function(value)
    elif isinstance(value, types.MethodType):
        yield from (value.__self__, value.__func__)
    elif isinstance(value, partial):
        yield from (value.func, *value.args, *value.keywords.values())
    elif isinstance(value, np.ndarray):
        yield from value.flat if value.dtype == object else ()
    elif isinstance(value, _UNORDERED):
        yield from value
    elif isinstance(value, ItemsView):
        yield from (one for pair in value for one in pair)


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    """The attributes of an object, of its slots, and of its classes, by name."""
    yield from list(getattr(value, "__dict__", {}).items())
    for kind in type(value).__mro__:
        if kind.__module__.partition(".")[0] in (_PACKAGE, *_ONCE):
            continue
        for name, one in vars(kind).items():
            if isinstance(one, types.MemberDescriptorType):
                yield name, getattr(value, name, None)
            elif isinstance(one, SharedVariable) or _is_part(one):
                yield name, one


def _is_part(value: Any) -> bool:
    """True for what a class holds for all of its objects as a part of a model."""
    return isinstance(value, list | tuple) or (is_dataclass(value) and not isinstance(value, type))


def _of_function(function: types.FunctionType) -> Iterator[Any]:
    """The memory of a function of the user's: from the functions around it, as defaults, by names of its file."""
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()
    if (function.__module__ or "").partition(".")[0] != _PACKAGE:
        for instruction in dis.get_instructions(function):
            if instruction.opname == "LOAD_GLOBAL" and instruction.argval in function.__globals__:
                yield function.__globals__[instruction.argval]


__all__ = ["hidden_variables", "is_used_up"]
