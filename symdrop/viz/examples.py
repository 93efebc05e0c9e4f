"""Example arguments for a function: those given, or some that fit.

The sizes that a call would be checked for are known beforehand: axes that must be as long as
a state's, or as each other, are made so. Whether the rest fits is found out by trying.

Read next: values.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from typing import Any, NamedTuple

import numpy as np

from ..compiler import Function, In
from ..errors import ArgumentError, SymdropError, here
from ..graph import Graph, Node
from ..lower.build.scan import unify_sizes
from ..lower.ir.frame import FrameLayout
from ..lower.partition.shape_guards import find_shape_guards
from ..op import SharedVariable, evaluate
from ..ops.numpy_maths import NUMPY
from ..ops.scan import Loop, scan
from ..types import is_float, is_integer

Array = np.ndarray[Any, Any]

# Sizes of axes about which nothing is known, one after the other.
_SIZES = (16, 12, 20, 10, 14, 18, 22, 24)


class Examples(NamedTuple):
    """Arguments of a call.

    Attributes:
        arrays: a value for every input.
        how: what each one is, in words.
        made_up: whether nobody gave them.
    """

    arrays: tuple[Any, ...]
    how: tuple[str, ...]
    made_up: bool


class _Filling(NamedTuple):
    """How arrays are filled: integers below a bound, one single integer, and floats."""

    below: int
    single: int
    floats: str


# Class numbers must be indices, probabilities probabilities: what fails as the first is tried as the next.
_FILLINGS = (_Filling(10, 3, "normal"), _Filling(2, 1, "normal"), _Filling(1, 1, "normal"),
             _Filling(2, 1, "uniform"), _Filling(1, 0, "uniform"))  # fmt: skip
_FLOATS = {"normal": "standard normal numbers", "uniform": "numbers between 0 and 1"}


def given(f: Function, inputs: Any) -> Examples:
    """Arguments that somebody gave.

    Args:
        f: the function.
        inputs: a tuple or list in the order of the inputs, or a dictionary by name or variable.

    Raises:
        ArgumentError: for anything else, or what the function would refuse.
    """
    if not isinstance(inputs, tuple | list | Mapping):
        raise ArgumentError(f"inputs are a tuple, or a dictionary by name, not {type(inputs).__name__}{here()}")
    keywords: dict[str, Any] = {}
    if isinstance(inputs, Mapping):
        labels = {spec.variable: spec.label for spec in f.inputs}
        keywords = {str(labels.get(key, key)) if isinstance(key, Node) else key: value for key, value in inputs.items()}
    positional = () if isinstance(inputs, Mapping) else tuple(inputs)
    try:
        bound = f.arguments(*positional, **keywords)
    except (SymdropError, TypeError) as error:
        raise ArgumentError(f"the example inputs do not fit: {error}{here()}") from error
    arrays = tuple(bound[leaf] for leaf in f.stages["rewritten"].inputs)
    return Examples(arrays, ("given",) * len(arrays), False)


def made_up(f: Function) -> Examples:
    """Arguments that the function accepts and can be evaluated with.

    Raises:
        SymdropError: as the last trial did, if none is found.
    """
    failed: Exception | None = None
    for shapes in _shapes(f):
        for filling in _FILLINGS:
            rng = np.random.default_rng(0)
            values, words = [], []
            for spec, shape in zip(f.inputs, shapes, strict=True):
                value, how = _filled(spec, shape, filling, rng) if spec.value is None else (spec.value, "its default")
                values.append(value)
                words.append(how)
            try:
                graph = f.stages["rewritten"]
                with np.errstate(all="ignore"):
                    evaluate(graph, NUMPY, f.arguments(*values))
            except Exception as error:  # of ops that others have written too
                failed = error
                continue
            return Examples(tuple(values), tuple(words), True)
    raise ArgumentError(f"no example inputs were found with which it can be evaluated: {failed}")


def _filled(spec: In, shape: Sequence[int], filling: _Filling, rng: np.random.Generator) -> tuple[Array, str]:
    dtype = spec.variable.dtype
    if is_float(dtype):
        numbers = rng.standard_normal(shape) if filling.floats == "normal" else rng.uniform(size=shape)
        return np.asarray(numbers, dtype), _FLOATS[filling.floats]
    if is_integer(dtype) and not shape:
        return np.asarray(filling.single, dtype), f"the number {filling.single}"
    if is_integer(dtype):
        return rng.integers(0, filling.below, shape).astype(dtype), f"integers below {filling.below}"
    return np.asarray(rng.integers(0, 2, shape), dtype), "true or false by chance"


def _shapes(f: Function) -> Iterator[list[tuple[int, ...]]]:
    """Shapes of the inputs: as what is known of sizes has them, else with all unknown axes of one length."""
    rewritten = f.stages["rewritten"]
    states = list(dict.fromkeys(node for node in rewritten.nodes() if isinstance(node, SharedVariable)))
    memory = FrameLayout(Graph([*rewritten.inputs, *states], rewritten.outputs))
    _learn(rewritten, memory)
    lengths: dict[Any, int] = {}
    for state in states:
        for size, length in zip(memory.sizes(state), state.container.read().shape, strict=True):
            lengths.setdefault(memory.find(size), length)
    axes = [[memory.find(size) for size in memory.sizes(leaf)] for leaf in rewritten.inputs]
    unknown = [s for own in axes for s in own if not isinstance(s, int) and s not in lengths]
    distinct = dict(zip(dict.fromkeys(unknown), cycle(_SIZES), strict=False))
    yield _completed(axes, lengths | distinct)
    if unknown:
        usual = sorted((n for n in lengths.values() if n > 1), key=list(lengths.values()).count)
        for length in dict.fromkeys((*usual[-1:], _SIZES[0])):
            yield _completed(axes, lengths | dict.fromkeys(unknown, length))


def _completed(axes: Sequence[Sequence[Any]], lengths: Mapping[Any, int]) -> list[tuple[int, ...]]:
    return [tuple(size if isinstance(size, int) else lengths[size] for size in own) for own in axes]


def _learn(graph: Graph, memory: FrameLayout) -> None:
    """Tell ``memory`` which sizes a call would be checked to have in common, those inside of loops included."""
    for current in (waiting := [graph]):
        find_shape_guards(current, memory)
        for node in current.nodes():
            if node.op is scan:
                unify_sizes(Loop(node), memory)
                waiting.append(node.params["body"])
