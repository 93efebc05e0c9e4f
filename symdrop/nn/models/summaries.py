"""Model summaries: the layers of a model with what they give, their parameters, and the operations they take.

Read next: transformers.py
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from html import escape
from textwrap import shorten
from typing import Any, NamedTuple

import numpy as np

from ... import tensor as T
from ...binding import public
from ...compiler.node_costs import node_costs
from ...errors import ArgumentError, GraphTypeError, SymdropError, here, shown
from ...graph import Graph, Node, toposort
from ...op import INPUT, SharedVariable
from ...rewrite import specialise
from ...types import is_float
from ..walk import parameters, places, states
from .recorded import LayerCall, Recorder

_WIDTH = 48
_HEAD = ("path", "layer", "output", "parameters", "count", "flops")


class Row(NamedTuple):
    """A layer of a model; what belongs to the layers in it stands in their rows.

    Attributes:
        path: its place in the model.
        layer: the call that makes it, shortened.
        output: the shape of what it gives, "?" for sizes that are not known; "" if it was not called.
        variables: the shapes of its own parameters and states, by name.
        size: how many numbers are in them.
        flops: arithmetic operations of its calls, those of the layers in it left out.
    """

    path: str
    layer: str
    output: str
    variables: Mapping[str, tuple[int, ...]]
    size: int
    flops: int


@public
@dataclass(frozen=True, eq=False)
class Summary:
    """The layers of a model, a row for each; printed as a table, in notebooks as one of HTML.

    Attributes:
        rows: the layers, in the order of the walk.
        trained: the count of all numbers that are trained.
        kept: that of those that are not, such as running statistics.
        flops: arithmetic operations of one call of the model in testing; 0 if it was not called.
        notes: sentences below the table.
    """

    rows: tuple[Row, ...]
    trained: int
    kept: int
    flops: int
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        table = [_HEAD, *self._cells()]
        widths = [max(len(row[i]) for row in table) for i in range(len(_HEAD))]
        lines = [
            "  ".join([*map(str.ljust, row[:4], widths[:4]), *map(str.rjust, row[4:], widths[4:])]) for row in table
        ]
        return "\n".join([*lines, *self.notes])

    def _repr_html_(self) -> str:
        head, *body = ["".join(f"<t{tag}>{escape(cell)}</t{tag}>" for cell in row) for tag, row in self._tagged()]
        rows = "".join(f"<tr>{row}</tr>" for row in body)
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{notes}"

    def _tagged(self) -> Iterator[tuple[str, Sequence[str]]]:
        yield "h", _HEAD
        yield from (("d", row) for row in self._cells())

    def _cells(self) -> Iterator[tuple[str, ...]]:
        for row in self.rows:
            variables = ", ".join(f"{name} {shape}" for name, shape in row.variables.items())
            flops = f"{row.flops:,}" if row.output else ""
            yield row.path, row.layer, row.output, variables, f"{row.size:,}", flops
        yield "all", "", "", "", f"{self.trained + self.kept:,}", f"{self.flops:,}" if self.flops else ""


@public
def summary(model: Any, *inputs: Any) -> Summary:
    """The layers of a model: names, shapes, counts of parameters, and operations.

    Args:
        model: any nest of layers; see ``parameters``.
        *inputs: what the model is called on, in testing: example arrays, or variables, of which sizes that are not
            known count as 1. Without inputs nothing is called, and the table has parameters alone.

    Returns:
        A ``Summary``, printed as a table.

    Raises:
        GraphTypeError: if it is no model, or inputs are given and it cannot be called.
        ArgumentError: if it cannot be computed for sizes of 1.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> model = sd.nn.Sequential(sd.nn.Dense(784, 100), sd.nn.Dense(100, 10))
        >>> sd.nn.summary(model, np.zeros((1, 784), "float32"))
        path  layer            output    parameters               count    flops
        0     Dense(784, 100)  (1, 100)  W (784, 100), b (100,)  78,500  156,900
        1     Dense(100, 10)   (1, 10)   W (100, 10), b (10,)     1,010    2,010
        all                                                      79,510  158,910
    """
    known = states(model)
    if inputs and (not callable(model) or isinstance(model, Node)):
        raise GraphTypeError(f"summary: {shown(model)} is not called on inputs; give layers one by one{here()}")
    figures, notes = _called(model, inputs) if inputs else ({}, ())
    layers = {place.path: place.value for place in places(model) if _is_layer(place.value)}
    owned: dict[str, dict[str, tuple[int, ...]]] = {path: {} for path in layers}
    for path, variable in known.items():
        home = max((one for one in layers if not one or path.startswith(f"{one}.")), key=len, default=None)
        name = path if home is None else path[len(home) :].lstrip(".")
        owned.setdefault(path if home is None else home, {})[name] = variable.get_value(borrow=True).shape
    rows = []
    for path, variables in owned.items():
        output, flops = figures.get(path, ("", 0))
        if path in layers and (path or variables or flops):
            text = shorten(repr(layers[path]), _WIDTH, placeholder=" ...")
        elif path in layers:
            # A chain of layers alone is its rows.
            continue
        else:
            text = "variable"
        rows.append(Row(path, text, output, variables, sum(map(math.prod, variables.values())), flops))
    trained = sum(_size(one) for one in parameters(model).values())
    total = sum(row.flops for row in rows)
    return Summary(tuple(rows), trained, sum(map(_size, known.values())) - trained, total, notes)


def _is_layer(value: Any) -> bool:
    return is_dataclass(value) and not isinstance(value, type) and callable(value)


def _size(variable: SharedVariable) -> int:
    return variable.get_value(borrow=True).size


# What calls compute.


def _called(model: Any, inputs: Sequence[Any]) -> tuple[dict[str, tuple[str, int]], tuple[str, ...]]:
    """The shape of what every layer gives and its own operations, by path; and what is to be said about them."""
    variables = [one if isinstance(one, Node) else _variable(np.asarray(one)) for one in inputs]
    recorder = Recorder(model)
    recorder.model(*variables)
    calls = recorder.all_calls()
    flops = _flops(calls, dict(zip(variables, inputs, strict=True)))
    figures: dict[str, tuple[str, int]] = {}
    for call, count in zip(calls, flops, strict=True):
        figures[call.path] = ", ".join(map(_shape, _nodes(call.output))), figures.get(call.path, ("", 0))[1] + count
    unknown = any(None in one.type.shape for one in variables)
    return figures, ("sizes that are not known count as 1 in flops",) if unknown else ()


def _variable(array: np.ndarray[Any, Any]) -> Node:
    return T.tensor(str(array.dtype), array.shape)


def _flops(calls: Sequence[LayerCall], inputs: Mapping[Node, Any]) -> list[int]:
    """The operations of every call, those of the calls in it left out, in testing."""
    seen = [[*_nodes(call.inputs), *_nodes(call.output)] for call in calls]
    # A call in the body of a loop has values that nobody outside can compute.
    inside: set[Node] = set()
    for node in toposort([node for nodes in seen for node in nodes]):
        if (node.op is INPUT and node not in inputs) or not inside.isdisjoint(node.inputs):
            inside.add(node)
    seen = [nodes if inside.isdisjoint(nodes) else [] for nodes in seen]
    graph, _ = specialise(Graph([*inputs], [node for nodes in seen for node in nodes]), {"training": False})
    given = {leaf: _example(leaf, inputs.get(leaf)) for leaf in graph.inputs}
    try:
        costs, _ = node_costs(graph, given)
    except (SymdropError, ValueError) as error:
        sizes = ", ".join(str(value.shape) for value in given.values())
        raise ArgumentError(
            f"summary: the model cannot be computed for inputs of shape {sizes}; give example arrays: {error}{here()}"
        ) from None
    found = iter(graph.outputs)
    cones = [_cone(call, nodes, found) for call, nodes in zip(calls, seen, strict=True)]
    place = {id(call): number for number, call in enumerate(calls)}
    own = [
        cone.difference(*(cones[place[id(inner)]] for inner in call.inner))
        for call, cone in zip(calls, cones, strict=True)
    ]
    # Sizes are computed with integers.
    return [sum(c.flops for c in costs if c.within in nodes and _of_floats(c.node)) for nodes in own]


def _of_floats(node: Node) -> bool:
    return any(is_float(type.dtype) for type in node.items or (node.type,))


def _cone(call: LayerCall, nodes: Sequence[Node], found: Iterator[Node]) -> set[Node]:
    """The nodes of the specialised graph between what a layer is called on and what it gives."""
    mapped = [next(found) for _ in nodes]
    count = len(_nodes(call.inputs))
    ends, todo = set(mapped[:count]), mapped[count:]
    met: set[Node] = set()
    while todo:
        node = todo.pop()
        if node not in met and node not in ends:
            met.add(node)
            todo += node.inputs
    return met


def _nodes(value: Any) -> list[Node]:
    """The symbolic values of what a layer is called on or gives."""
    if isinstance(value, Node):
        return [value]
    return [node for one in value for node in _nodes(one)] if isinstance(value, tuple | list) else []


def _example(leaf: Node, value: Any) -> np.ndarray[Any, Any]:
    if value is not None and not isinstance(value, Node):
        return np.asarray(value)
    return np.zeros(tuple(1 if size is None else size for size in leaf.type.shape), leaf.dtype)


def _shape(node: Node) -> str:
    sizes = ["?" if size is None else str(size) for size in node.type.shape]
    return f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(sizes)})"
