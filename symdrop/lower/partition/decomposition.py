"""Decomposition (legalisation): structured nodes are taken apart into elementwise nodes, views and reductions.

The formula of softmax is already written over a maths namespace; run over *nodes* instead
of arrays it gives the nodes that softmax consists of. What picks one element of a row, and
what puts one element into a row of zeros (the two halves of a cross-entropy and its
gradient), become a comparison with the element's number. Then fusion needs no special
cases: a row is read, its maximum and sum are found and its outputs are written in passes
of one kernel.

Read next: size_propagation.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ...graph import Graph, Node, rebuild, toposort
from ...op import (
    Contraction,
    Draw,
    Elementwise,
    KnownSizes,
    Op,
    Reduction,
    bodies,
    check_replacement,
    constant_scalar,
    convert,
    is_item,
    renamed,
    with_bodies,
)
from ...op.provenance import adopt
from ...ops.combined_scatter import max_subtensor, min_subtensor, mul_subtensor
from ...ops.composed import composition
from ...ops.contracted import written_out
from ...ops.creation import arange, counts_axis
from ...ops.indexing import gather, in_range, indexed_axes, position
from ...ops.join import concatenate
from ...ops.linalg import MatrixProduct, matmul
from ...ops.logic import eq, ge, where
from ...ops.reduce import sum_
from ...ops.scatter import Scatter, inc_subtensor, is_scatter_add, set_subtensor
from ...ops.views import broadcast, dim, exchanges, pattern_of
from ...rewrite.core.cse import compose, cse_with_substitution
from ...rewrite.core.predicates import as_literal, as_sized
from ...syntax import Operation

# A graph, and what the nodes become of that from which it was made, those of its bodies included: those that change.
Changed = tuple[Graph, dict[Node, Node]]


def _counts_rows(index: Node, target: Node, axis: int, sizes: KnownSizes) -> bool:
    """True if an index is 0, 1, 2, ... up to the size of an axis."""
    return counts_axis(index, sizes(target)[axis], sizes)


def _one_in_every_row(node: Node, sizes: KnownSizes) -> Node | None:
    """Zeros with v[i] added at [i, y[i]] are v[i] where the column's number is y[i]."""
    target, value, *parts = node.inputs
    if node.params["entries"] != ("a", "a") or node.ndim != 2 or parts[1].ndim != 1 or parts[0].ndim != 1:
        return None
    zero = as_literal(target)
    rows, columns = target.shape
    if constant_scalar(zero) != 0 or value.dtype != node.dtype:
        return None
    if not _counts_rows(parts[0], target, 0, sizes) or value.ndim > 1:
        return None
    if value.ndim == 1 and value.type.shape[0] == 1 and target.type.shape[0] != 1:
        return None
    numbers = arange(0, columns, 1, dtype="int64")
    chosen = position(parts[1], columns)
    along = broadcast(chosen.dimshuffle(0, "x"), columns, axes=(1,), ndim=2)
    across = broadcast(numbers.dimshuffle("x", 0), rows, axes=(0,), ndim=2)
    row_value = value if value.ndim else broadcast(value, rows, axes=(0,), ndim=1)
    filled = broadcast(row_value.dimshuffle(0, "x"), columns, axes=(1,), ndim=2)
    return convert(where(eq(across, along), filled, zero), node.dtype)


def _checked_positions(node: Node, sizes: KnownSizes) -> Node | None:
    """Indices are counted from the front, and checked, before anything is gathered with them."""
    source, *parts = node.inputs
    changed = _positions(node, source, parts, sizes)
    if changed == parts:
        return _read_of_every_row(node, sizes)
    return Node.apply(node.op, [source, *changed], node.params)


def _read_of_every_row(node: Node, sizes: KnownSizes) -> Node | None:
    """One element of every row of f(x, r), in which r is one value a row, is f of that element of x and of r.

    So the whole matrix f(x, r) is not stored where only that is read of it: the log of a softmax, say.
    """
    source, *parts = node.inputs
    if node.params["entries"] != ("a", "a") or source.ndim != 2 or [part.ndim for part in parts] != [1, 1]:
        return None
    if not _is_of_row(source) or not _counts_rows(parts[0], source, 0, sizes):
        return None

    def read(x: Node) -> Node:
        value = _row_value(x)
        if value is not None or not x.ndim:
            return x if value is None else value
        if _is_of_row(x):
            return Node.apply(x.op, [read(one) for one in x.inputs], x.params)
        return Node.apply(node.op, [x, *parts], node.params)

    return read(source)


def _row_value(x: Node) -> Node | None:
    """The vector of which a matrix has each element in a whole row; None for any other matrix."""
    is_row = x.op is broadcast and x.ndim == 2 and pattern_of(x.inputs[0]) == (0, "x")
    return x.inputs[0].inputs[0] if is_row else None


def _is_of_row(x: Node) -> bool:
    """True for an elementwise function one of whose operands is one value a row."""
    return isinstance(x.op, Elementwise) and any(_row_value(one) is not None for one in x.inputs)


def _changed_part(node: Node, sizes: KnownSizes) -> Node | None:
    """Indices of a scatter are counted from the front, and checked, before anything is overwritten."""
    made = _one_in_every_row(node, sizes) if is_scatter_add(node) else None
    source, value, *parts = node.inputs
    if made is not None or any(part.dtype == "bool" for part in parts):
        return made
    changed = _positions(node, source, parts, sizes)
    return None if changed == parts else Node.apply(node.op, [source, value, *changed], node.params)


def _positions(node: Node, source: Node, parts: Sequence[Node], sizes: KnownSizes) -> list[Node]:
    """The parts of an index, with positions in place of index arrays, and of single numbers where a part is changed."""
    kinds = ("a", "i") if isinstance(node.op, Scatter) else ("a",)
    changed = []
    # A changed value is as large as before, and what was in range is so still.
    sized = source
    while isinstance(sized.op, Scatter):
        sized = sized.inputs[0]
    for entry, axis, inputs in indexed_axes(node.params["entries"], parts):
        for part in inputs:
            inside = in_range(part) or (part.ndim == 1 and _counts_rows(part, source, axis, sizes))
            wanted = entry in kinds and part.dtype != "bool" and not inside
            changed.append(position(part, dim(sized, axis=axis)) if wanted else part)
    return changed


def _view_last(node: Node) -> Node | None:
    """An elementwise function of values with new axes of size 1 is computed before they get these axes."""
    ndim = node.ndim
    full = [source for source in node.inputs if source.ndim == ndim]
    if not ndim or pattern_of(full[0]) is None:
        return None
    patterns = set(map(pattern_of, full))
    if len(patterns) != 1:
        return None
    pattern = patterns.pop() or ()
    kept = [axis for axis in pattern if axis != "x"]
    if "x" not in pattern or kept != list(range(full[0].inputs[0].ndim)):
        return None
    inner = [source.inputs[0] if source in full else source for source in node.inputs]
    if len({source.ndim for source in inner if source.ndim}) > 1:
        return None
    return Node.apply(node.op, inner, node.params).dimshuffle(*pattern)


def _sum_of_one(node: Node, sizes: KnownSizes) -> Node | None:
    """The sum over a row that has one element and zeros otherwise is that element."""
    (x,) = node.inputs
    if node.params["axis"] != (1,) or x.op is not where or x.ndim != 2:
        return None
    condition, value, other = x.inputs
    if constant_scalar(other) != 0 or condition.op is not eq or value.op is not broadcast:
        return None
    across, along = condition.inputs
    if not (across.op is along.op is broadcast):
        return None
    numbers, chosen = across.inputs[0], along.inputs[0]
    if any(pattern_of(one) is None for one in (numbers, chosen, value.inputs[0])):
        return None
    if numbers.inputs[0].op is not arange or not in_range(chosen.inputs[0]):
        return None
    # The sum depends on the index all the same: it may be out of range.
    return convert(where(ge(chosen.inputs[0], 0), value.inputs[0].inputs[0], other), node.dtype)


def _masked_product(node: Node, sizes: KnownSizes) -> Node | None:
    """A vector times a matrix of which elements are dropped is a sum: then the matrix is never stored."""
    vector, matrix = node.inputs if node.inputs[0].ndim == 1 else node.inputs[::-1]
    if (vector.ndim, matrix.ndim) != (1, 2) or not _is_masked(matrix):
        return None
    # The axis of the matrix that is summed over.
    axis = 0 if vector is node.inputs[0] else 1
    if pattern_of(matrix) is not None:
        matrix, axis = matrix.inputs[0], 1 - axis
    pattern: tuple[Any, ...] = (0, "x") if axis == 0 else ("x", 0)
    return convert((matrix * vector.dimshuffle(*pattern)).sum(axis=axis), node.dtype)


def _is_masked(matrix: Node) -> bool:
    """True if computing a matrix in place means drawing random numbers."""
    if exchanges(matrix):
        matrix = matrix.inputs[0]
    if not isinstance(matrix.op, Elementwise):
        return False
    inside = toposort([matrix], stop=lambda node: not isinstance(node.op, Elementwise))
    return any(isinstance(node.op, Draw) for node in inside)


# A kernel has a loop for every part that it joins, and LLVM's work grows faster than its function.
_MOST_JOINED = 32


def _joined_in_groups(node: Node, sizes: KnownSizes) -> Node | None:
    """Many parts are joined in groups first, each by a kernel of its own."""
    if len(node.inputs) <= _MOST_JOINED:
        return None
    groups = [node.inputs[k : k + _MOST_JOINED] for k in range(0, len(node.inputs), _MOST_JOINED)]
    return concatenate(*(concatenate(*group, **node.params) for group in groups), **node.params)


_DECOMPOSITIONS: dict[Operation, Callable[[Node, KnownSizes], Node | None]] = {
    gather: _checked_positions,
    **dict.fromkeys((set_subtensor, inc_subtensor, mul_subtensor, max_subtensor, min_subtensor), _changed_part),
    sum_: _sum_of_one,
    matmul: _masked_product,
    concatenate: _joined_in_groups,
}


def _apart(node: Node, sizes: KnownSizes) -> Node | None:
    if node.inputs and (node.inputs[0].items is not None or 0 in node.inputs[0].type.shape):
        # Of no elements there is no largest one.
        return None
    op = node.op
    assert isinstance(op, Op)
    if op.composed:
        return composition(node)
    if op.decomposition_rule is not None and node.items is None:
        found: Node | None = op.decomposition_rule(sizes, node, *node.inputs, **node.params)  # type: ignore[assignment]
        return found
    if isinstance(op, Elementwise):
        return _view_last(node)
    if isinstance(op, Reduction) and node.params["axis"] == () and op.returns != "index":
        return convert(node.inputs[0], node.dtype)
    if isinstance(op, Contraction) and not isinstance(op, MatrixProduct):
        return written_out(node, sizes)
    decomposition = _DECOMPOSITIONS.get(op)
    return decomposition(node, sizes) if decomposition else None


def _one_of_several(node: Node, sizes: KnownSizes, found: dict[Node, Any]) -> Node | None:
    """One value of an op that has several, by the op's decomposition.

    Args:
        node: the value.
        sizes: those of the graph's nodes.
        found: the decompositions that have been asked for; all values are to be those of one.
    """
    (source,) = node.inputs
    if source not in found:
        rule = source.op.decomposition_rule if isinstance(source.op, Op) else None
        empty = any(0 in one.type.shape for one in source.inputs if one.items is None)
        found[source] = None if rule is None or empty else rule(sizes, source, *source.inputs, **source.params)
    several: Sequence[Node] | None = found[source]
    return None if several is None else several[node.params["index"]]


def in_bodies(graph: Graph, change: Callable[[Graph], Changed]) -> Changed:
    """The graph with the bodies of its loops changed."""
    if not any(map(bodies, graph.nodes())):
        return graph, {}
    made: dict[Node, Node] = {}
    inside: dict[Node, Node] = {}

    def changed(body: Graph) -> Graph:
        new, became = change(body)
        inside.update(became)
        return new

    for node in graph.nodes():
        made[node] = with_bodies(rebuild(node, [made[source] for source in node.inputs]), changed)
    return graph.with_outputs([made[output] for output in graph.outputs]), {**inside, **made}


def in_place_of_nodes(graph: Graph, instead: Callable[[Node], Node | None], old: set[Node]) -> Changed:
    """The graph with other nodes in place of some, without common subexpressions.

    Args:
        graph: a graph without common subexpressions.
        instead: of a node, whose inputs have been changed, what comes in its place; None where it stays.
        old: the nodes that there were before; those that are made are added.
    """
    made: dict[Node, Node] = {}
    for node in graph.nodes():
        # Before the first node that is replaced, nothing has become another.
        current = rebuild(node, [made.get(source, source) for source in node.inputs]) if made else node
        found = instead(current)
        if found is not None:
            adopt(found, old.__contains__, current.lines, current.origin)
            current = found
        if current is not node:
            made[node] = current
            old.add(current)
    if not made:
        return graph, made
    changed, unique = cse_with_substitution(graph.with_outputs([made.get(output, output) for output in graph.outputs]))
    return changed, compose(made, unique)


def _own_body(body: Graph, sizes: KnownSizes) -> Changed:
    """A body decomposed, over inputs that no other graph has: several loops may hold one body."""
    body, became = decompose(body, sizes)
    own, made = renamed(body)
    return own, compose(became, made)


def decompose(graph: Graph, known: KnownSizes | None = None) -> Changed:
    """The graph with rows' functions and one-element gathers written out, and what its nodes become.

    Args:
        graph: a closed graph.
        known: the sizes found in the graphs around it, those of the graphs inside among them.
    """
    sizes = KnownSizes() if known is None else known
    old = set(graph.nodes())
    graph, became = in_bodies(graph, partial(_own_body, sizes=sizes))
    graph, unique = cse_with_substitution(graph)
    became = compose(became, unique)
    asked: set[Node] = set()
    changed: dict[Node, Node] | None = None
    while changed is None or changed:
        # Sizes may be those of nodes of an earlier round.
        old.update(graph.nodes())
        graph, changed = in_place_of_nodes(graph, _Decomposition(sizes, asked), old)
        became = compose(became, changed)
    return graph, became


class _Decomposition:
    """The decomposition of nodes, one round of it.

    Args:
        sizes: those of the graph's nodes.
        asked: nodes that have none; those that are found to have none are added.
    """

    def __init__(self, sizes: KnownSizes, asked: set[Node]) -> None:
        self._sizes = sizes
        self._asked = asked
        self._several: dict[Node, Any] = {}

    def __call__(self, node: Node) -> Node | None:
        if node in self._asked:
            return None
        apart = _one_of_several(node, self._sizes, self._several) if is_item(node) else _apart(node, self._sizes)
        if apart is None:
            self._asked.add(node)
            return None
        apart = as_sized(apart, node)
        check_replacement(apart, node, f"the decomposition of {node.op.name}")
        return apart
