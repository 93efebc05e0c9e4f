"""Vectorization: a graph written for one example, computed for a batch of them at once.

Every node is asked for its batching rule (``batch``); what has none is computed example by
example, in a loop that holds nothing else:

    tanh(x @ W)                    becomes     tanh(xs @ W)
    tanh(draw(key(i)) * x)         becomes     tanh(scan(draw(key(i))) * xs)

Sides of choices that an example makes for itself stay inside a loop too, so that an example computes
the side it has chosen, and no other.

Source: the batching interpreter of J. Bradbury et al., "JAX: composable transformations of
Python+NumPy programs" (2018).

Read next: scan_batching.py
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from ..graph import Node, rebuild, relabel, substitution, toposort
from ..op import INPUT, Batched, BatchedResult, KnownSizes, Size, as_node, is_choice
from ..types import TensorType
from .batched_indexing import positions
from .closures import close_over
from .derived_batching import derived_batching
from .join import item
from .lengths import placeholder
from .regions import conditional
from .scan import Loop, scan
from .views import dim

# How the name of a loop begins that computes example by example; the ops without a batching rule follow.
ONE_BY_ONE: Final = "one by one: "


class Batching:
    """The values of a graph's nodes for all examples.

    Args:
        outputs: the nodes computed for one example.
        rows: the number of examples.
        leaves: for placeholders among the graph's leaves what stands for them; all other leaves are the same for all.
        position: the placeholder of the number of an example; None without one.
    """

    def __init__(
        self, outputs: Sequence[Node], rows: Node, leaves: Mapping[Node, Batched], position: Node | None = None
    ) -> None:
        self._rows = rows
        self._position = position
        self._order = toposort(outputs)
        self._known: dict[Node, Batched | Sequence[Batched]] = dict(leaves)
        if position is not None:
            self._known[position] = Batched(positions(rows), True)
        self._sizes = KnownSizes()
        self._lazy = self._chosen_by_examples(outputs)
        self._without_rule = {node for node in self._lazy if is_choice(node)}
        # Without a value for all examples so far: they have no rule, or depend on what has none.
        self._waiting: set[Node] = set()
        for node in self._order:
            if node not in self._known:
                self._compute(node)
        self._loop([output for output in outputs if output in self._waiting])

    def __getitem__(self, output: Node) -> Batched:
        """The value of an output for all examples, or the one that all share."""
        return self._operand(output)

    def _chosen_by_examples(self, outputs: Sequence[Node]) -> set[Node]:
        """The choices that examples make for themselves, and with them the nodes that only sides of choices need."""
        varying = {leaf for leaf in self._known if self._is_batched(leaf)}
        for node in self._order:
            if node.op is not dim and any(source in varying for source in node.inputs):
                varying.add(node)
        choices = {node for node in self._order if is_choice(node) and node.inputs[0] in varying}
        return choices | (conditional(outputs) & varying) if choices else choices

    def _compute(self, node: Node) -> None:
        if node.op is dim and not self._has_shared_size(node):
            self._waiting.add(node)
        elif node.op is dim:
            self._known[node] = Batched(self._size(node), False)
        elif not any(source in self._waiting or self._is_batched(source) for source in node.inputs):
            same = rebuild(node, [self._operand(source).value for source in node.inputs])
            self._known[node] = Batched(same, False)
        else:
            self._vectorize(node)

    def _vectorize(self, node: Node) -> None:
        found = None if node in self._lazy else self._by_rule(node)
        if found is None:
            self._waiting.add(node)
        elif isinstance(found, Node):
            values = [self._operand(source).value for source in node.inputs]
            self._known[node] = Batched(found if found in values else relabel(found, node), True)
        else:
            self._known[node] = found

    def _by_rule(self, node: Node) -> Node | Batched | Sequence[Batched] | None:
        if node.op is item:
            several = self._known.get(node.inputs[0])
            assert not isinstance(several, Batched)
            return None if several is None else several[node.params["index"]]
        waiting = [source for source in node.inputs if source in self._waiting]
        if not all(map(self._fits_an_array, waiting)):
            return None
        # A rule is asked before a loop is made for its operands: it may know no way.
        asked = {source: Batched(_stack_of(source), True) for source in waiting}
        found: BatchedResult
        found = batch(node, self._rows, [asked.get(s) or self._operand(s) for s in node.inputs])
        if found is None:
            self._without_rule.add(node)
        if found is not None and waiting:
            self._loop(waiting)
            found = batch(node, self._rows, [self._operand(source) for source in node.inputs])
        return found

    # Sizes. Rows of unequal sizes are no array, so what depends on such a value waits as it does.

    def _fits_an_array(self, node: Node) -> bool:
        """True if all examples have values of one shape; of several values nobody asks for their shapes together."""
        return node.items is None and all(self._shared(size) is not None for size in self._sizes(node))

    def _has_shared_size(self, node: Node) -> bool:
        source, axis = node.inputs[0], node.params["axis"]
        return source not in self._waiting or self._shared(self._sizes(source)[axis]) is not None

    def _size(self, node: Node) -> Node:
        source, axis = node.inputs[0], node.params["axis"]
        if source in self._waiting:
            shared = self._shared(self._sizes(source)[axis])
            assert shared is not None
            return shared
        value, batched = self._operand(source)
        return dim(value, axis=axis + batched)

    def _shared(self, size: Size) -> Node | None:
        """A size that all examples share, in terms of what is known of them; None if it may differ."""
        formula = as_node(size)
        for part in toposort([formula]):
            if part.op is dim and part.inputs[0] in self._waiting:
                return None
            if part not in self._known and part not in self._waiting:
                self._compute(part)
        if formula in self._waiting or self._is_batched(formula):
            return None
        return self._operand(formula).value

    def _is_batched(self, node: Node) -> bool:
        known = self._known[node]
        return known.batched if isinstance(known, Batched) else True

    def _operand(self, node: Node) -> Batched:
        known = self._known[node]
        assert isinstance(known, Batched)
        return known

    def _loop(self, nodes: Iterable[Node]) -> None:
        """Compute those of the nodes that wait example by example, in one loop."""
        wanted = self._one_by_one(nodes)
        if not wanted:
            return
        region = toposort(wanted, stop=lambda node: node not in self._waiting)
        inside: dict[Node, Node] = {}
        sequences: dict[Node, Node] = {}
        for node in region:
            if node in self._waiting or node is self._position:
                continue
            value, batched = self._operand(node)
            inside[node] = placeholder(node) if batched else value
            if batched:
                sequences[inside[node]] = value
        new = substitution(wanted, inside)
        body, captured = close_over([new[node] for node in wanted], [self._number(), *sequences])
        loop = Loop(scan(
            self._rows, 0, self._rows, *sequences.values(), *captured, body=body, offsets=(0,) * len(sequences),
            carries=0, reverse=False, until=False, truncate=-1, keep="products",
        ))  # fmt: skip
        without = self._without_rule.intersection(region)
        # Of several in a row the last is named.
        without -= {source for node in without for source in node.inputs}
        loop.node.name = ONE_BY_ONE + ", ".join(sorted({node.op.name for node in without}))
        for k, node in enumerate(wanted):
            self._known[node] = Batched(relabel(loop.stack(k), node), True)
            self._waiting.remove(node)

    def _number(self) -> Node:
        """The placeholder of the number of an example."""
        if self._position is not None:
            return self._position
        return Node(INPUT, (), TensorType("int64", ()), None, "example")

    def _one_by_one(self, nodes: Iterable[Node]) -> list[Node]:
        """Those that wait, and with an item of several values the other items."""
        found = {node: None for node in nodes if node in self._waiting}
        several = {node if node.items is not None else node.inputs[0] for node in found if _is_item(node)}
        found.update({node: None for node in self._order if _is_item(node) and node.inputs[0] in several})
        return [node for node in found if node.items is None and node in self._waiting]


def _stack_of(node: Node) -> Node:
    """A placeholder of the values of a node for all examples."""
    return Node(INPUT, (), TensorType(node.dtype, (None, *node.type.shape)), None, node.name)


def _is_item(node: Node) -> bool:
    return node.op is item


def batch(node: Node, rows: Node, operands: Sequence[Batched]) -> BatchedResult:
    """The values of a node for all examples: by the rule of its op, or by what the op declares instead.

    Args:
        node: the node for one example.
        rows: the number of examples.
        operands: its inputs, of which one is batched at least.

    Returns:
        The values along a new first axis, an operand for every item of a node that has several, or None if there is
        no way but one example after the other.
    """
    made: BatchedResult = node.op.batch(node, rows, operands)
    return derived_batching(node, rows, operands, Batching) if made is None else made
