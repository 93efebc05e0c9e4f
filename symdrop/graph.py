"""Nodes and closed graphs: the one data structure of symdrop.

A node is immutable and its identity is the user's: two lines that build ``exp(x)`` make
two nodes, each with its own name and line, compared with ``is``. A ``Graph`` is a closed
program over nodes: positional inputs, positional outputs, everything else reachable from
the outputs. Constants, shared states and flags are legal leaves that need not be listed.

Nothing here recurses over the graph, so a chain of 100,000 nodes is an ordinary graph.

Read next: op/__init__.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from .array_term import ArrayTerm, Shape
from .binding import public
from .config import config
from .errors import GraphTypeError, MissingInputError, MissingNameError, SourceLine, at_lines, here, lines_now, shown
from .syntax import Operation, Shown, hooks
from .types import TensorType, TupleType

if TYPE_CHECKING:
    import networkx

_assign = object.__setattr__
_TYPES = (TensorType, TupleType)


class Origin(NamedTuple):
    """Which rule made a node on behalf of which other node."""

    rule: str
    node: Node


class Node(ArrayTerm, Shown):
    """One value of a graph: an op applied to the values of other nodes.

    Attributes:
        op: what is computed; a leaf's op says what kind of leaf it is.
        inputs: the nodes it is computed from.
        params: what else the op needs to know (an axis, a dtype); never changed.
        type: dtype and shape of the value.
        name: the user's name for it, or None; a label, and the only attribute that may be assigned.
        lines: the user's lines that made it; more than one after equal nodes were merged.
        origin: for nodes made by a gradient, the pullback and the forward node it belongs to.
    """

    __slots__ = ("__weakref__", "inputs", "lines", "name", "op", "origin", "params", "type")

    op: Operation
    inputs: tuple[Node, ...]
    params: Mapping[str, Any]
    type: TensorType
    name: str | None
    lines: tuple[SourceLine, ...]
    origin: Origin | None

    # Class of the nodes that are computed from this one: another where a vocabulary has variables of its own.
    results: ClassVar[Callable[..., Node]]

    def __init__(
        self,
        op: Operation | None = None,
        inputs: tuple[Node, ...] = (),
        type: TensorType | TupleType | None = None,
        params: Mapping[str, Any] | None = None,
        name: str | None = None,
        lines: tuple[SourceLine, ...] | None = None,
        origin: Origin | None = None,
    ) -> None:
        if lines is None:
            lines = lines_now()
        if not isinstance(type, _TYPES):
            raise GraphTypeError(f"a node has a TensorType, not {shown(type)}; T.matrix(name) makes variables{here()}")
        _assign(self, "op", op)
        _assign(self, "inputs", inputs)
        _assign(self, "params", params or {})
        _assign(self, "type", type)
        _check_name(name)
        _assign(self, "name", name)
        _assign(self, "lines", lines)
        _assign(self, "origin", origin)

    def __setattr__(self, attribute: str, value: Any) -> None:
        if attribute != "name":
            raise MissingNameError(f"nodes are immutable: cannot set {attribute!r} of {shown(self)}{here()}")
        _check_name(value)
        _assign(self, "name", value)

    @classmethod
    def apply(cls, op: Operation, inputs: Sequence[Any], params: Mapping[str, Any]) -> Node:
        made: Node = op.make(inputs, params)
        return made

    @property
    def dtype(self) -> str:
        """Name of the dtype."""
        return self.type.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.type.shape)

    @property
    def shape(self) -> tuple[Any, ...]:
        """The sizes of the axes: Python ints where known, integer scalars of the graph elsewhere."""
        return Shape(hooks["shape"](self))

    @property
    def size(self) -> Any:
        """The number of elements."""
        return hooks["size"](self)

    @property
    def broadcastable(self) -> tuple[bool, ...]:
        """Which axes are known to have size 1 and so stretch."""
        return tuple(size == 1 for size in self.type.shape)

    @property
    def items(self) -> tuple[TensorType, ...] | None:
        """The types of its values if it has several, else None."""
        type: TensorType | TupleType = self.type
        return type.items if isinstance(type, TupleType) else None

    @property
    def is_leaf(self) -> bool:
        """True for a node that is computed from nothing."""
        return not self.inputs

    @public
    def relabelled(self, like: Node) -> Node:
        """A copy with the name, lines and origin of another node."""
        return self.results(self.op, self.inputs, self.type, self.params, like.name, like.lines, like.origin)

    def __repr__(self) -> str:
        return f"<{self.name or self.op.name}: {self.type}>"

    def __reduce__(self) -> tuple[Any, ...]:
        if self.is_leaf:
            return self.__class__, (self.op, (), self.type, dict(self.params), self.name, self.lines)
        return load_nodes, (*flatten((self,)), True)

    def __copy__(self) -> Node:
        return self


Node.results = Node


def class_of_result(inputs: Iterable[Node]) -> Callable[..., Node]:
    """The class of a node computed from others: that of the first one's vocabulary which is not the common one."""
    for node in inputs:
        if node.results is not Node:
            return node.results
    return Node


def _check_name(name: Any) -> None:
    if name is not None and not isinstance(name, str):
        raise GraphTypeError(f"a name is a string, not {shown(name)}{here()}")


def describe(node: Node, lines: bool = True) -> str:
    """A node named for an error message: its name or what computes it, its type, and, if asked, the user's line."""
    label = repr(node.name) if node.name else node.op.name
    if not node.name and node.inputs:
        label += f"({', '.join(unstretched(source).name or source.op.name for source in node.inputs)})"
    return f"{label} of type {node.type}{at_lines(node.lines) if lines else ''}"


def unstretched(node: Node) -> Node:
    """The node that a node repeats along new axes, or the node itself."""
    while node.op.stretches:
        node = node.inputs[0]
    return node


def toposort(
    outputs: Iterable[Node],
    stop: Callable[[Node], bool] | None = None,
    sources: Callable[[Node], Sequence[Node]] = attrgetter("inputs"),
) -> list[Node]:
    """Every node the outputs depend on, inputs before users, in a fixed order.

    Args:
        outputs: where to start.
        stop: nodes for which it is true are listed but not looked behind.
        sources: gives what a node depends on, by default its inputs.
    """
    order: list[Node] = []
    seen: set[Node] = set()
    # Users that wait until what they are computed from is listed, each with its siblings that come after it.
    waiting: list[tuple[Node, Iterator[Node]]] = []
    siblings = iter(outputs)
    while True:
        for node in siblings:
            if node not in seen:
                seen.add(node)
                needed = () if stop and stop(node) else sources(node)
                if needed:
                    waiting.append((node, siblings))
                    siblings = iter(needed)
                    break
                order.append(node)
        else:
            if not waiting:
                return order
            node, siblings = waiting.pop()
            order.append(node)


def rebuild(node: Node, inputs: Sequence[Node]) -> Node:
    """The same op on other inputs, with its type inferred anew; name, lines and origin are kept."""
    inputs = tuple(inputs)
    if inputs == node.inputs:
        return node
    if config.compute_test_value == "off" and all(map(_infer_alike, inputs, node.inputs)):
        # Inference would find what it found before.
        return class_of_result(inputs)(node.op, inputs, node.type, node.params, node.name, node.lines, node.origin)
    return relabel(node.op.make(inputs, node.params), node)


def _infer_alike(new: Node, old: Node) -> bool:
    """True if inference cannot tell two inputs apart: it sees their types and, of leaves, what they are."""
    if new is old or not (new.inputs and old.inputs):
        return new is old
    a, b = new.type, old.type
    return a is b or (isinstance(a, TensorType) and a == b and a.weak == b.weak)


def relabel(made: Node, like: Node) -> Node:
    """``made`` with the name, lines and origin of ``like``; leaves stay as they are."""
    return made if made.is_leaf or made is like else made.relabelled(like)


def substitute(outputs: Sequence[Node], replacements: Mapping[Node, Node]) -> list[Node]:
    """The outputs with some nodes replaced, rebuilding only what depends on them."""
    new = substitution(outputs, replacements) if replacements else {}
    return [new.get(output, output) for output in outputs]


def substitution(outputs: Sequence[Node], replacements: Mapping[Node, Node], make: Any = rebuild) -> dict[Node, Node]:
    """Substitution: every node the outputs depend on, with some nodes replaced; ``make`` rebuilds one."""
    new: dict[Node, Node] = {}
    for node in toposort(outputs, stop=replacements.__contains__):
        if node in replacements:
            new[node] = replacements[node]
        else:
            new[node] = make(node, [new[source] for source in node.inputs])
    return new


def flatten(outputs: Sequence[Node]) -> tuple[list[Any], list[int]]:
    """Nodes as a flat table, so that pickling and copying never recurse along the graph.

    Leaves stand in the table as themselves and keep their identity within one pickle.
    """
    roots = list(outputs)
    order = toposort(roots)
    # A gradient says on behalf of which nodes it was made, also where it does not need their values.
    known = set(order)
    while lost := dict.fromkeys(n.origin.node for n in order if n.origin and n.origin.node not in known):
        roots += lost
        order = toposort(roots)
        known = set(order)
    number = {node: i for i, node in enumerate(order)}
    table: list[Any] = [
        node
        if node.is_leaf
        else (
            node.op,
            tuple(number[source] for source in node.inputs),
            node.type,
            dict(node.params),
            node.name,
            node.lines,
            node.origin.rule if node.origin else None,
            number.get(node.origin.node) if node.origin else None,
        )
        for node in order
    ]
    return table, [number[output] for output in outputs]


def load_nodes(table: list[Any], outputs: list[int], single: bool) -> Any:
    """The nodes that ``flatten`` wrote down: the one, or a list."""
    nodes: list[Node] = []
    for row in table:
        if isinstance(row, Node):
            nodes.append(row)
            continue
        op, sources, type, params, name, lines, _, _ = row
        inputs = tuple(nodes[i] for i in sources)
        nodes.append(class_of_result(inputs)(op, inputs, type, params, name, lines))
    for node, row in zip(nodes, table, strict=True):
        if not isinstance(row, Node) and row[-1] is not None:
            _assign(node, "origin", Origin(row[-2], nodes[row[-1]]))
    return nodes[outputs[0]] if single else [nodes[i] for i in outputs]


class Graph(Shown):
    """A closed program: given values of the inputs, the values of the outputs.

    Args:
        inputs: leaves, in the order in which values are given.
        outputs: nodes, in the order in which values are returned.
        labels: what each output is for, such as "output" or "update of W"; for printing.

    Raises:
        GraphTypeError: if something else than a node is given.
        MissingInputError: if an output depends on an input leaf that is not listed.

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.vector("x")
        >>> graph = Graph([x], [T.exp(x) * 2])
        >>> [node.op.name for node in graph.nodes()]
        ['input', 'exp', 'constant', 'mul']
    """

    __slots__ = ("_nodes", "inputs", "labels", "outputs")

    @public
    def __init__(self, inputs: Iterable[Node], outputs: Iterable[Node], labels: Iterable[str] = ()) -> None:
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self.labels = tuple(labels) or tuple(f"output {i}" for i in range(len(self.outputs)))
        self._nodes: list[Node] | None = None
        for given in (*self.inputs, *self.outputs):
            if not isinstance(given, Node):
                raise GraphTypeError(f"a graph has nodes for inputs and outputs, not {shown(given)}{here()}")
        listed = set(self.inputs)
        missing = [leaf for leaf in self.leaves("input") if leaf not in listed]
        if missing:
            users = (f"used by {describe(node)}" for node in self.nodes() if missing[0] in node.inputs)
            names = ", ".join(repr(node.name) for node in self.inputs) or "none"
            raise MissingInputError(
                f"the graph needs the input {describe(missing[0])}, {next(users, 'which is an output')}, but it is not "
                f"among the inputs ({names}); add it, or replace it by givens"
            )

    @public
    def nodes(self) -> list[Node]:
        """All nodes the outputs depend on, in topological order."""
        if self._nodes is None:
            self._nodes = toposort(self.outputs)
        return list(self._nodes)

    @public
    def leaves(self, op_name: str) -> list[Node]:
        """The leaves of one kind: "input", "constant", "shared" or "flag"."""
        return [node for node in self.nodes() if not node.inputs and node.op.name == op_name]

    @public
    def substitute(self, replacements: Mapping[Node, Node]) -> Graph:
        """The graph with some nodes replaced; replaced inputs are no longer inputs."""
        inputs = [node for node in self.inputs if node not in replacements]
        return Graph(inputs, substitute(self.outputs, replacements), self.labels)

    @public
    def with_outputs(self, outputs: Iterable[Node]) -> Graph:
        """The graph with as many other outputs over the same inputs; the graph itself if they are its own."""
        return self if (new := tuple(outputs)) == self.outputs else Graph(self.inputs, new, self.labels)

    @public
    def to_networkx(self) -> networkx.MultiDiGraph[int]:
        """The graph for networkx: an edge from every input to its user.

        Returns:
            A ``MultiDiGraph`` whose nodes are integers in topological order with the attributes ``node`` (the Node),
            ``op``, ``kind``, ``name``, ``dtype``, ``shape``, ``lines``, ``origin`` (pullback name or None), ``label``,
            ``outputs`` (labels of the outputs it is) and ``bodies`` (the closed graphs that loops and branches hold,
            drawn likewise, by parameter); edges have ``argument``, the position among the user's inputs.
        """
        drawn: networkx.MultiDiGraph[int] = hooks["to_networkx"](self)
        return drawn

    def __reduce__(self) -> tuple[Any, ...]:
        return _load_graph, (*flatten((*self.inputs, *self.outputs)), len(self.inputs), self.labels)

    def __len__(self) -> int:
        return len(self.nodes())

    def __str__(self) -> str:
        return str(hooks["graph_to_text"](self))

    def __repr__(self) -> str:
        return f"<Graph: {len(self.inputs)} inputs, {len(self)} nodes, {len(self.outputs)} outputs>"


def _load_graph(table: list[Any], numbers: list[int], inputs: int, labels: tuple[str, ...]) -> Graph:
    nodes = load_nodes(table, numbers, False)
    return Graph(nodes[:inputs], nodes[inputs:], labels)
