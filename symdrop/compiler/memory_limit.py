"""The limit of a function's memory: how it is written, for which sizes it holds, and the error if it cannot be kept.

Read next: stages.py
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..backends.base import Backend
from ..errors import ArgumentError, GraphTypeError, here, shown
from ..graph import Graph, Node, describe
from ..op import SharedVariable
from ..ops.known_shapes import KnownShapes
from ..rewrite.rematerialisation import Recomputation, within_memory
from .inputs import In

_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
_TEXT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMG]i?B|B)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MemoryLimit:
    """A limit.

    Attributes:
        most: bytes.
        shapes: the shapes of the inputs for which it holds, by position; None for those that nobody has given.
    """

    most: int
    shapes: tuple[tuple[int, ...] | None, ...]


def checked_limit(memory_limit: Any, sizes: Any, inputs: Sequence[In]) -> MemoryLimit | None:
    """The limit that a user has written.

    Args:
        memory_limit: bytes, a text such as "64 MB", or None.
        sizes: shapes by variable or by name.
        inputs: those of the function.

    Raises:
        ArgumentError, GraphTypeError: for what is no limit, no input, and no shape that an input may have.
    """
    if memory_limit is None:
        if sizes is not None:
            raise ArgumentError(f"sizes= says for which sizes memory_limit= holds, which is not given{here()}")
        return None
    return MemoryLimit(_bytes(memory_limit), _shapes({} if sizes is None else sizes, inputs))


def is_whole(value: Any) -> bool:
    """True for a whole number that is no truth value."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _bytes(given: Any) -> int:
    if is_whole(given) and given > 0:
        return int(given)
    found = _TEXT.fullmatch(given) if isinstance(given, str) else None
    most = 0 if found is None else int(float(found[1]) * _UNITS[found[2].upper()])
    if not most:
        raise ArgumentError(
            f"memory_limit={shown(given)}: expected a number of bytes above 0, or a text such as '64 MB' or '1.5 GiB'"
            f"{here()}"
        )
    return most


def _shapes(sizes: Any, inputs: Sequence[In]) -> tuple[tuple[int, ...] | None, ...]:
    if not isinstance(sizes, Mapping):
        raise GraphTypeError(f"sizes is a dict of shapes by input, not {shown(sizes)}{here()}")
    found: dict[int, tuple[int, ...]] = {}
    for key, shape in sizes.items():
        by_name = isinstance(key, str)
        places = [i for i, spec in enumerate(inputs) if (spec.label == key if by_name else spec.variable is key)]
        if len(places) != 1:
            raise ArgumentError(f"sizes: the function has no input {shown(key)}{here()}")
        found[places[0]] = _shape(inputs[places[0]].variable, shape)
    return tuple(found.get(i, _static(spec)) for i, spec in enumerate(inputs))


def _shape(variable: Node, shape: Any) -> tuple[int, ...]:
    sizes = tuple(shape) if isinstance(shape, Sequence) and not isinstance(shape, str) else (shape,)
    fit = len(sizes) == variable.ndim and all(
        is_whole(size) and size >= 0 and fixed in (None, size)
        for size, fixed in zip(sizes, variable.type.shape, strict=True)
    )
    if not fit:
        raise ArgumentError(f"sizes: {shown(shape)} is no shape of {describe(variable)}{here()}")
    return tuple(map(int, sizes))


def _static(spec: In) -> tuple[int, ...] | None:
    """The shape that a type fixes, or that of the value an input has if a call does not give it."""
    shape = spec.variable.type.shape
    if None not in shape:
        return tuple(size for size in shape if size is not None)
    return None if spec.value is None else np.shape(spec.value)


def shapes_of_leaves(limit: MemoryLimit, graph: Graph) -> KnownShapes:
    """The shapes for which a limit holds: of inputs those given, of states those that they have now.

    Args:
        limit: the limit.
        graph: the graph, whose inputs are those of the function and then its states.

    Raises:
        ArgumentError: if the shape of an input that matters is not given.
    """
    shapes: dict[Node, tuple[int, ...]] = {}
    used = set(graph.nodes())
    for k, leaf in enumerate(graph.inputs):
        if isinstance(leaf, SharedVariable):
            shapes[leaf] = leaf.container.read().shape
            continue
        shape = limit.shapes[k]
        if shape is None and leaf in used:
            name = shown(leaf.name) if leaf.name else "the input"
            raise ArgumentError(
                f"memory_limit: the sizes of {describe(leaf)} are not known before a call; say for which the limit is "
                f"to hold: sizes={{{name}: ({', '.join(['...'] * leaf.ndim)})}}{here()}"
            )
        shapes[leaf] = (0,) * leaf.ndim if shape is None else shape
    return KnownShapes(shapes)


def recompute_within(
    graph: Graph,
    limit: MemoryLimit,
    backend: Backend,
    closed: Callable[[Graph], tuple[Graph, Mapping[int, int]]],
    called: str,
) -> tuple[Recomputation, KnownShapes]:
    """The graph that stays within a limit, and the shapes for which it does.

    Args:
        graph: the graph, rewritten.
        limit: the limit.
        backend: plans memory.
        closed: gives a graph with its states as inputs, and the states that outputs replace.
        called: the name of the function.

    Raises:
        ArgumentError: if sizes are not known, or no plan is within the limit.
    """
    whole, positions = closed(graph)
    known = shapes_of_leaves(limit, whole)
    states = {graph.outputs[output]: whole.inputs[position] for output, position in positions.items()}
    found = within_memory(graph, states, limit.most, known, lambda made: backend.planned_bytes(*closed(made), known))
    if found.planned > limit.most:
        again = f", computing {len(found.values)} values again" if found.values else ""
        raise ArgumentError(
            f"memory_limit: {called} needs {found.planned:,} bytes for intermediate values at the least that was "
            f"found{again}; the limit is {limit.most:,}, and keeping every value takes {found.without:,}{here()}"
        )
    return found, known
