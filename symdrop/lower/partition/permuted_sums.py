"""Sums of what a matrix product wants with its axes permuted: the sum is one of the permuted value, and one pass.

The gradient of a convolution by its filters multiplies the cotangent with the examples' axis behind the channels'; the
gradient by the biases sums it as it came. The permuted value is stored, since a product reads it, and the other one
would be computed again for the sum. Axes that are summed over are met in the same order in both: not a bit changes.

Read next: branch_sizes.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ...graph import Graph, Node, rebuild
from ...op import Contraction, Elementwise, Reduction
from ...op.provenance import adopt
from ...op.shaped import View
from ...ops.views import pattern_of
from ...rewrite.core.cse import compose, cse_with_substitution
from ..vectorize.reductions import NUMBERED
from .decomposition import Changed, in_bodies

_Users = Mapping[Node, Sequence[Node]]


class _Permutation(NamedTuple):
    """The views that permute a value one after the other, and the value's axes in their order behind the last one."""

    views: Sequence[Node]
    axes: tuple[Any, ...]


def permute_sums(graph: Graph) -> Changed:
    """The graph in which such reductions are those of the permuted values, in the graphs inside it too."""
    graph, became = in_bodies(graph, permute_sums)
    permuted = dict(_permuted(graph))
    if not permuted:
        return graph, became
    old = set(graph.nodes())
    made: dict[Node, Node] = {}
    for node in graph.nodes():
        current = rebuild(node, [made[source] for source in node.inputs])
        found = permuted.get(node.inputs[0]) if isinstance(node.op, Reduction) else None
        if found is not None:
            (value,) = current.inputs
            for view in found.views:
                value = Node.apply(view.op, [value, *view.inputs[1:]], view.params)
            axes = tuple(found.axes.index(axis) for axis in node.params["axis"])
            current = Node.apply(node.op, [value], {**node.params, "axis": axes})
            adopt(current, old.__contains__, node.lines, node.origin)
        made[node] = current
    graph, unique = cse_with_substitution(graph.with_outputs([made[output] for output in graph.outputs]))
    return graph, compose(compose(became, made), unique)


def _permuted(graph: Graph) -> Iterator[tuple[Node, _Permutation]]:
    """The values of which products read a permutation and all others a reduction."""
    users: dict[Node, list[Node]] = {output: [output] for output in graph.outputs}
    read: set[Node] = set()
    for node in reversed(graph.nodes()):
        # Users come first: what a view of a factor is of is read by a product, too.
        if isinstance(node.op, Contraction):
            read.update(node.inputs[k] for k in node.op.factors)
        elif node in read and isinstance(node.op, View):
            read.update(node.inputs[:1])
        for source in node.inputs:
            users.setdefault(source, []).append(node)
    for node, others in users.items():
        sums = [one for one in others if isinstance(one.op, Reduction)]
        if not isinstance(node.op, Elementwise) or not sums or len(sums) + 1 != len(others):
            continue
        (first,) = (one for one in others if one not in sums)
        found = _permutation(first, node.ndim, users) if first in read else None
        if found is not None and all(_keeps_order(one, found.axes) for one in sums):
            yield node, found


def _permutation(node: Node, ndim: int, users: _Users) -> _Permutation | None:
    """A view, and those of it and nothing else, up to the first that has the axes permuted, but for the last one."""
    views: list[Node] = []
    axes: tuple[Any, ...] = tuple(range(ndim))
    while (pattern := pattern_of(node)) is not None:
        views.append(node)
        axes = tuple(axes[axis] if isinstance(axis, int) else axis for axis in pattern)
        if len(axes) == ndim and "x" not in axes:
            return _Permutation(views, axes) if axes[-1] == ndim - 1 else None
        if len(users.get(node, ())) != 1:
            return None
        (node,) = users[node]
    return None


def _keeps_order(node: Node, order: tuple[Any, ...]) -> bool:
    """True if a reduction goes over its axes, and leaves the others, in the same order."""
    summed = node.params["axis"]
    over, left = ([axis for axis in order if (axis in summed) is inside] for inside in (True, False))
    assert isinstance(node.op, Reduction)
    return tuple(over) == tuple(summed) and left == sorted(left) and node.op.combine not in NUMBERED
