"""The forward and the backward pass of a graph, each in the order in which little has to be kept.

The backward pass is what pullbacks made, and what depends on that. Its nodes are ordered by depth, so that the gradient
by a weight is computed as soon as its cotangent is there, not when all cotangents are; what is larger than all that
it frees is computed as late as its users allow; and new values of states as soon as can be.

Read next: segments.py
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from ...graph import Graph, Node, toposort
from ...op import Elementwise, View, is_dim
from .liveness import BytesOf


class Passes:
    """The two passes of a graph with gradients.

    Args:
        graph: the graph, rewritten.
        states: for outputs that are the new value of a state that state.
        bytes_of: gives the bytes of a value.

    Attributes:
        forward, backward: the nodes of each, inputs before users; what no pullback made or led to counts as forward.
        order: all of them.
        position: where in the order a node stands.
        users: for every node those that read it.
        last: what is made of results of the backward pass point by point and read by nothing else, as new values of
            states are.
        depth: how many nodes of the backward pass lead to one of them, at most.
    """

    def __init__(self, graph: Graph, states: Mapping[Node, Node], bytes_of: BytesOf) -> None:
        self.graph = graph
        self._states = states
        order = graph.nodes()
        self.users: dict[Node, list[Node]] = {node: [] for node in order}
        behind: set[Node] = set()
        for node in order:
            for source in dict.fromkeys(node.inputs):
                self.users[source].append(node)
            if (node.origin is not None and not node.is_leaf) or not behind.isdisjoint(node.inputs):
                behind.add(node)
        self.forward = [node for node in order if node not in behind]
        self.backward = self._ordered([node for node in order if node in behind], bytes_of)
        self.order = [*self.forward, *self.backward]
        self.position = {node: k for k, node in enumerate(self.order)}
        outputs = set(graph.outputs)
        self._results = [k for k, node in enumerate(self.order) if node in outputs and self._is_result(node)]

    def _is_result(self, node: Node) -> bool:
        return node in self.depth and (node in self.last or not self.users[node]) and not isinstance(node.op, View)

    def _ordered(self, nodes: Sequence[Node], bytes_of: BytesOf) -> list[Node]:
        depth: dict[Node, int] = {}
        for node in nodes:
            depth[node] = 1 + max((depth[source] for source in node.inputs if source in depth), default=0)
        self.depth = dict(depth)
        last = self.last = set[Node]()
        for node in reversed(nodes):
            last_read = [x for x in dict.fromkeys(node.inputs) if x in depth and len(self.users[x]) == 1]
            if isinstance(node.op, Elementwise) and last.issuperset(self.users[node]):
                last.add(node)
            elif self.users[node] and bytes_of(node) >= sum(map(bytes_of, last_read)):
                depth[node] = min(depth[user] for user in self.users[node]) - 1
        first = {node: depth[node] for node in nodes}
        for node in filter(last.__contains__, nodes):
            first[node] = max((first[source] for source in node.inputs if source in first), default=0)
        return sorted(nodes, key=first.__getitem__)

    def results(self, begin: int, end: int) -> Iterator[Node]:
        """The gradients that the nodes of the backward pass in a range of positions give, which no later ones need.

        Of a gradient that changes a state it is the state's new value, since another reader would keep the product and
        what is added to it from becoming one. It is none as long as later nodes read the old value, over which it is
        written.
        """
        first, stop = (bisect_left(self._results, k) for k in (begin, end))
        for node in (self.order[k] for k in self._results[first:stop]):
            state = self._states.get(node)
            read = () if state is None else self.users.get(state, ())
            if all(self.position[user] < end for user in read):
                yield node

    def arrived(self, begin: int, end: int) -> Node | None:
        """The deepest value of a range of the backward pass that later nodes of it need; None if there is none."""
        found = [
            node
            for node in self.order[begin:end]
            if node.items is None and not is_dim(node) and node not in self.last
            if any(self.position[user] >= end and user not in self.last for user in self.users[node])
        ]
        return max(found, key=self.depth.__getitem__, default=None)

    def reads_again(self, node: Node) -> bool:
        """True if a node is read where values of the forward pass may have been computed a second time.

        New values of states read what others read: then a product and what is added to it still become one.
        """
        return node in self.depth and node not in self.last and not is_dim(node)

    def follow_from(self, node: Node, begin: int) -> set[Node]:
        """A node, and those from a position on that it is computed from."""
        return set(toposort([node], stop=lambda source: self.position[source] < begin))
