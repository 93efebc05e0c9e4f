"""Which node of one stage a node of another stands for.

Rewriting makes other nodes in place of the user's. A node is looked for by identity; else by
what it is computed from, where that has been found; else by the rule that put it there; and
else by its op and the lines that made it, which rewriting keeps.

Read next: recomputed.py
"""

from __future__ import annotations

from collections.abc import Iterable

from ..graph import Graph, Node
from ..op import Flag, bodies
from ..rewrite import Firing


class Stage:
    """The nodes of a graph and of the bodies in it, and who uses each.

    Attributes:
        users: for every node its users, and how each uses it.
        order: all nodes, those of a graph before those of the bodies in it.
    """

    def __init__(self, graph: Graph) -> None:
        self.users: dict[Node, list[tuple[Node, str]]] = {}
        self.order: list[Node] = []
        waiting: list[tuple[Graph, Node | None]] = [(graph, None)]
        while waiting:
            body, holder = waiting.pop()
            new = [node for node in body.nodes() if node not in self.users]
            for node in new:
                self.users[node] = []
                waiting += [(inner, node) for inner in bodies(node).values()]
            self.order += new
            for user in new:
                for source in user.inputs:
                    self.users[source].append((user, "used by"))
            for label, output in zip(body.labels, body.outputs, strict=True):
                if holder is not None:
                    self.users[output].append((holder, f"is {label} of a step of"))

    def match(self, node: Node) -> list[Node]:
        """The nodes that are, or stand for, a node: itself, or those of its op, name and lines."""
        if node in self.users:
            return [node]
        if node.is_leaf:
            # A flag is its name: every sd.flag("training") is the same.
            return [n for n in self.order if isinstance(node, Flag) and isinstance(n, Flag) and n.name == node.name]
        found = [other for other in self.order if alike(node, other)]
        same_sources = [other for other in found if _labels(other.inputs) == _labels(node.inputs)]
        return same_sources or found


def alike(node: Node, other: Node) -> bool:
    """True if two nodes have one op, type, name and line, and both or neither are a gradient's."""
    return (
        node.op is other.op
        and node.items == other.items
        and (node.items is not None or node.dtype == other.dtype)
        and (node.origin is None) == (other.origin is None)
        and (node.name == other.name or not other.name)
        and not set(node.lines).isdisjoint(other.lines)
    )


def _labels(nodes: Iterable[Node]) -> tuple[str, ...]:
    return tuple(node.name or node.op.name for node in nodes)


def counterparts(new: Stage, old: Stage, firings: Iterable[Firing] = ()) -> dict[Node, Node]:
    """For the nodes of one stage those of an earlier one that they stand for, in time linear in both.

    Args:
        new: the later stage.
        old: the earlier stage.
        firings: the rules that led from one to the other.

    Returns:
        A node of ``old`` for every node of ``new`` of which that can be told; itself for a node of both.
    """
    known = _Known(old)
    replaced = {firing.after: firing.before for firing in firings}
    found: dict[Node, Node] = {}
    for node in new.order:
        before = node if node in old.users else known.same(node, found)
        if before is None:
            before = replaced.get(node)
            if before is not None and before not in old.users:
                before = known.same(before, found)
        if before is None:
            before = known.similar(node)
        if before is not None:
            found[node] = before
            known.taken.add(before)
    return found


class _Known:
    """The nodes of a stage by what they look like."""

    def __init__(self, stage: Stage) -> None:
        self.taken: set[Node] = set()
        self._users = stage.users
        self._like: dict[object, list[Node]] = {}
        for node in reversed(stage.order):
            for key in _looks(node):
                self._like.setdefault(key, []).append(node)

    def same(self, node: Node, found: dict[Node, Node]) -> Node | None:
        """The node of the same op and parameters over what its inputs stand for."""
        sources = [source if source in self._users else found.get(source) for source in node.inputs]
        if not node.inputs or None in sources:
            return None
        candidates = self._like.get((node.op.name, tuple(sources)), ())
        plain = [(name, value) for name, value in node.params.items() if not isinstance(value, Graph)]
        alike = [other for other in candidates[-8:] if all(other.params.get(name) == value for name, value in plain)]
        return next((other for other in reversed(alike) if other not in self.taken), alike[-1] if alike else None)

    def similar(self, node: Node) -> Node | None:
        """The first node of the same op and line that nobody stands for yet, or else the last one."""
        for key in _looks(node)[1:]:
            candidates = self._like.get(key, [])
            while len(candidates) > 1 and candidates[-1] in self.taken:
                candidates.pop()
            if candidates:
                return candidates[-1]
        return None


def _looks(node: Node) -> list[object]:
    """The keys by which a node is recognised: its inputs, a line and the names of its inputs, a line alone."""
    if node.is_leaf:
        return [None]
    kind = node.op.name, str(node.type).partition("[")[0], node.origin is None
    sources = _labels(node.inputs)
    return [(node.op.name, node.inputs), *((kind, line, sources) for line in node.lines),
            *((kind, line) for line in node.lines)]  # fmt: skip
