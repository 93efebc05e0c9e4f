"""Evaluation of a graph over a maths namespace: the plainest meaning a graph has.

Read next: provenance.py
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from ..errors import IndexingError, MissingInputError, ShapeError, SymdropError, at_lines
from ..graph import Graph, Node, describe, unstretched
from ..syntax import hooks
from .base import label_of
from .elementwise import Elementwise
from .leaves import FLAG, Constant
from .states import SharedVariable

STRETCHING = "an axis stretches only if its size is known to be 1 (T.row, T.col, shape=(1, None), keepdims=True)"


def evaluate(graph: Graph, m: Any, values: Mapping[Node, Any]) -> list[Any]:
    """The values of a graph's outputs, computed node by node.

    Args:
        graph: a closed graph.
        m: the maths namespace: ``NUMPY`` of ops/numpy_maths.py, or anything that has the same functions.
        values: for every input (and for any node whose value should be taken as given) an array.

    Raises:
        SymdropError: if an op refuses its values; a note names the node, its inputs and the user's line.
    """
    known: dict[Node, Any] = dict(values)
    last = {source: node for node in graph.nodes() for source in node.inputs}
    kept = set(graph.outputs) | set(values)
    for node in graph.nodes():
        if node in known:
            continue
        if node.op.kind == "leaf":
            known[node] = leaf_value(node)
            continue
        arguments = [known[source] for source in node.inputs]
        known[node] = evaluate_node(node, m, arguments, graph)
        for source in node.inputs:
            if last.get(source) is node and source not in kept:
                known.pop(source, None)
    return [known[output] for output in graph.outputs]


def leaf_value(node: Node) -> Any:
    """The value a leaf has by itself."""
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, SharedVariable):
        return node.container.read()
    what = "flag" if node.op is FLAG else "input"
    raise MissingInputError(f"no value is given for the {what} {describe(node)}")


def evaluate_node(node: Node, m: Any, arguments: Sequence[Any], graph: Graph | None = None) -> Any:
    """The value of one node from those of its inputs; errors say where in the graph it stands."""
    try:
        if isinstance(node.op, Elementwise):
            check_same_shape(node, arguments)
        return node.op.evaluate(m, arguments, node.params)
    except Exception as error:
        explained = explain(error, node, arguments, graph)
        if explained is error:
            raise
        raise explained from None


def check_same_shape(node: Node, arguments: Sequence[Any]) -> None:
    """Refuse operands whose sizes differ: an axis of unknown size never stretches.

    Raises:
        ShapeError: naming both operands.
    """
    full = [i for i, source in enumerate(node.inputs) if source.ndim == node.ndim]
    for i in full[1:]:
        if arguments[i].shape != arguments[full[0]].shape:
            raise_shapes_differ(node, full[0], i, arguments[full[0]].shape, arguments[i].shape)


def raise_shapes_differ(node: Node, i: int, j: int, first: tuple[int, ...], second: tuple[int, ...]) -> NoReturn:
    """Say that operands i and j of a node have different shapes."""
    one, other = unstretched(node.inputs[i]), unstretched(node.inputs[j])
    hint = ""
    if any(1 in pair for pair in zip(reversed(first), reversed(second), strict=False)):
        hint = f"; {STRETCHING}"
    named = [describe(operand, lines=False) for operand in (one, other)]
    raise ShapeError(
        f"{node.op.name}: shape {first} of {named[0]} and shape {second} of {named[1]} differ{hint}"
        f"{at_lines(one.lines[:1] + other.lines[:1])}"
    )


# What NumPy raises in a formula of the library's own ops, as an error of the library's of the same kind.
_OWN: Mapping[type[Exception], type[SymdropError]] = {IndexError: IndexingError, ValueError: ShapeError}


def explain(error: Exception, node: Node, arguments: Sequence[Any], graph: Graph | None = None) -> Exception:
    """The error to raise for one from a formula, with a note: the node, its inputs, the line, and what is around it.

    A node whose body has failed adds its first line alone: the surroundings are told where the error was.

    Returns:
        The same error, or one of the library's where NumPy refused what one of the library's own ops asked it for.
    """
    if not isinstance(error, SymdropError) and node.op.is_ours:
        kind = next((own for kind, own in _OWN.items() if isinstance(error, kind)), None)
        error = kind(f"{node.op.name}: {error}") if kind else error
    values = [np.asarray(value) for value in arguments if not isinstance(value, tuple)]
    given = ", ".join(
        f"{label_of(source)}: {value.dtype}{list(value.shape)}"
        for source, value in zip(node.inputs, values, strict=False)
    )
    note = f"while computing {label_of(node)}({given}){at_lines(node.lines)}"
    notes: list[str] = getattr(error, "__notes__", [])
    if note not in [first for earlier in notes for first in earlier.splitlines()[:1]]:
        error.add_note(note if notes else "\n  ".join([note, *hooks["around"](node, graph)]))
    return error
