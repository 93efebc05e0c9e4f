"""From graphs to pictures: a box for every operation.

Sizes and literals are written into the formulas that use them, as printing does, so that a
picture shows the way of the values; ``full=True`` draws every node. What is inside a loop or
a branch stands in a frame, fed by what is handed in, together with the node that runs it.

Nothing is drawn beyond a limit: a graph of a million nodes is counted instead.

Read next: dot.py
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature

from ..errors import ArgumentError, here, shown
from ..graph import Graph, Node
from ..inspect.brief import brief
from ..op import bodies
from ..ops.scan import Loop
from .labels import HOLE, called, clean, details, is_folded, operands, title
from .parts import PARTS, mark, parts
from .picture import MOST, Arrow, Box, Frame, Picture

# What an input of a body is to the node that holds the body.
_POSITION, _ROW, _STATE, _CAPTURED = "position", "row", "state", "from outside"

# Of the inputs of a body, how many its op makes itself; the others are handed in, and come last.
_MADE = {"scan": 1}

# As many ops are counted one by one.
_OPS = 12


def picture(graph: Graph, most: int = MOST, full: bool = False) -> Picture:
    """The boxes of a graph, or a count of them.

    Args:
        graph: any graph.
        most: the most boxes to draw.
        full: whether sizes, literals and rearrangements have boxes too.

    Raises:
        ArgumentError: for a limit below 1.
    """
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise ArgumentError(f"most={shown(most)}: expected a number of boxes, at least 1{here()}")
    boxes = 0
    for inner, _ in _graphs(graph):
        boxes += len(_drawn(inner, full))
        if boxes > most:
            return _counted(graph, most)
    return _Builder(full).build(graph) if boxes else Picture(note="nothing is computed")


def tally(graph: Graph) -> dict[str, Counter[str]]:
    """How often every op occurs in every part; what is inside of loops belongs where the loop does."""
    counts: dict[str, Counter[str]] = {part: Counter() for part in PARTS}
    for inner, part in _graphs(graph):
        found = parts(inner)
        for node in inner.nodes():
            counts[_part_inside(part, found[node])][node.op.name] += 1
    return {part: count for part, count in counts.items() if count}


def _part_inside(around: str, part: str) -> str:
    """A loop on the way forward may hold some of the way back; one on the way back holds nothing else."""
    return part if around == "forward" else around


def _graphs(graph: Graph) -> Iterator[tuple[Graph, str]]:
    """A graph and those inside it, each with the part that it stands in."""
    waiting = deque([(graph, "forward")])
    while waiting:
        current, part = waiting.popleft()
        yield current, part
        holders = [node for node in current.nodes() if node.op.kind == "control"]
        found = parts(current) if holders else {}
        waiting += [(body, _part_inside(part, found[node])) for node in holders for body in bodies(node).values()]


def _drawn(graph: Graph, full: bool) -> list[Node]:
    roots = set(graph.outputs)
    return [node for node in graph.nodes() if full or node in roots or not is_folded(node)]


def _counted(graph: Graph, most: int) -> Picture:
    """A box for every part, and how many values go from one to another."""
    counts = tally(graph)
    total = sum(sum(count.values()) for count in counts.values())
    made = Picture(note=f"{total:,} nodes are too many for most={most} boxes, so they are counted")
    found = parts(graph)
    flows = Counter((found[source], found[node]) for node in graph.nodes() for source in node.inputs)
    order = list(counts)
    for number, (part, count) in enumerate(counts.items()):
        lines = [f"{op} {n:,}" for op, n in count.most_common(_OPS)]
        if len(count) > _OPS:
            rest = sum(count.values()) - sum(n for _, n in count.most_common(_OPS))
            lines.append(f"{len(count) - _OPS} other ops {rest:,}")
        # Arrows lead down; a value computed from gradients makes a flow up, which is said in words.
        lines += [f"from {later}: {flows[later, part]:,}" for later in order[number + 1 :] if flows[later, part]]
        made.arrows += [
            Arrow(order.index(before), number, f"{flows[before, part]:,}")
            for before in order[:number]
            if flows[before, part]
        ]
        made.boxes.append(Box(number, (f"{part}: {sum(count.values()):,} nodes",), tuple(lines), part))
    return made


@dataclass(frozen=True, slots=True)
class _Fed:
    """An input of a body: what it is called, what it is there, if it is a state, and the boxes from which it comes."""

    name: str
    role: str
    state: bool = False
    feeders: Sequence[int] = ()


class _Scope:
    """A graph to be drawn.

    Args:
        graph: the graph.
        full: whether to draw every node.
        frame: where it stands.
        part: the part of the node that holds it.
        fed: for its inputs where they come from.
        results: for its outputs the box that takes them, and as what; empty outside of all loops.
    """

    def __init__(
        self,
        graph: Graph,
        full: bool,
        frame: int | None = None,
        part: str = "forward",
        fed: Mapping[Node, _Fed] | None = None,
        results: Sequence[tuple[int, str]] = (),
    ) -> None:
        self.graph, self.frame, self.fed, self.results = graph, frame, fed or {}, results
        self.nodes = _drawn(graph, full)
        self.parts = {node: _part_inside(part, own) for node, own in parts(graph).items()}
        # What something else is computed from than sizes.
        self.valued = {source for node in graph.nodes() if node.op.name != "dim" for source in node.inputs}
        self.valued.update(graph.outputs)
        self.labels: dict[Node, list[str]] = {}
        for label, output in zip(graph.labels, graph.outputs, strict=True):
            self.labels.setdefault(output, []).append(label)


class _Builder:
    """Makes a picture, from the outside in."""

    def __init__(self, full: bool) -> None:
        self.full = full
        self.made = Picture()

    def build(self, graph: Graph) -> Picture:
        waiting = deque([_Scope(graph, self.full)])
        while waiting:
            waiting += self._scope(waiting.popleft())
        return self.made

    def _scope(self, scope: _Scope) -> list[_Scope]:
        """Draw a graph; what is inside of its loops is drawn later."""
        first = len(self.made.boxes)
        numbers = {node: first + i for i, node in enumerate(scope.nodes)}
        inside: list[_Scope] = []
        for node, number in numbers.items():
            box = self._box(scope, node, numbers)
            self.made.boxes.append(box)
            if node in scope.fed:
                self._arrows(dict.fromkeys(scope.fed[node].feeders, ""), number)
            if bodies(node):
                inside += self._bodies(scope, node, box, numbers)
        taken: dict[tuple[int, int], list[str]] = {}
        for output, (taker, label) in zip(scope.graph.outputs, scope.results, strict=False):
            taken.setdefault((numbers[output], taker), []).append(label)
        self.made.arrows += [Arrow(*ends, ", ".join(labels)) for ends, labels in taken.items()]
        return inside

    def _arrows(self, sources: Mapping[int, str], target: int) -> None:
        self.made.arrows += [Arrow(source, target, label) for source, label in sources.items()]

    def _box(self, scope: _Scope, node: Node, numbers: Mapping[Node, int]) -> Box:
        """The box of a node; unless it holds graphs, the arrows that lead to it are drawn as well."""
        sources = operands(node.inputs, numbers, scope.valued)
        names = called(node, sources)
        heading, lines, marked = title(node, names), details(node, names), mark(node)
        fed, frame, part = scope.fed.get(node), scope.frame, scope.parts[node]
        if fed:
            heading = (clean((node.name or "").strip() or fed.name, 30),)
            lines = [line for line in (fed.role, *lines[1:]) if line != heading[0]]
            marked = "state" if fed.state else marked
        if bodies(node):
            frame = len(self.made.frames)
            self.made.frames.append(Frame(frame, heading[0], part, scope.frame))
        else:
            letters = {source: names.get(source, HOLE) for source in sources}
            self._arrows({numbers[s]: "" if x in (HOLE, s.name) else x for s, x in letters.items()}, numbers[node])
        if scope.frame is None:
            lines += [f"→ {clean(label, 40)}" for label in scope.labels.get(node, ())[:3] if label]
        tip = clean(str(node.lines[0])) if node.lines and marked != "flag" else ""
        result = scope.frame is None and node in scope.labels
        return Box(numbers[node], heading, tuple(lines), part, marked, tip, frame, result)

    def _bodies(self, scope: _Scope, node: Node, box: Box, numbers: Mapping[Node, int]) -> list[_Scope]:
        """The inside of a node, and the arrows that lead into it."""
        held, made, frame = bodies(node), _MADE.get(node.op.name, 0), box.frame
        own = len(node.inputs) - min(len(body.inputs) for body in held.values()) + made
        # The inputs that say how to run it are called as in its formula, which takes the maths namespace first.
        into = list(zip(node.inputs[:own], [*signature(node.op.formula).parameters][1:], strict=False))
        scopes = []
        for key, body in held.items():
            if len(held) > 1:
                frame = len(self.made.frames)
                self.made.frames.append(Frame(frame, key, box.part, box.frame))
            roles, results = _roles(node, key, body)
            used = set(body.nodes())
            fed = {leaf: _Fed(roles[leaf], roles[leaf]) for leaf in body.inputs[:made]}
            for leaf, outer in zip(body.inputs[made:], node.inputs[own:], strict=True):
                feeders = operands([outer], numbers, scope.valued)
                role, value, name = roles[leaf], clean(brief(outer), 30), roles[leaf]
                if role == _CAPTURED:
                    name = (outer.name or outer.op.name) if feeders else value
                first = f", from {value}" if role == _STATE and not feeders else ""
                fed[leaf] = _Fed(name, role + first, role == _STATE, [numbers[feeder] for feeder in feeders])
                if leaf not in used:
                    into.append((outer, ""))
            takers = [(box.number, result) for result in results]
            scopes.append(_Scope(body, self.full, frame, box.part, fed, takers))
        labels: dict[int, list[str]] = {}
        for outer, label in into:
            for source in operands([outer], numbers, scope.valued):
                labels.setdefault(numbers[source], []).extend([label] if label else [])
        self._arrows({source: ", ".join(words) for source, words in labels.items()}, box.number)
        return scopes


def _roles(node: Node, key: str, body: Graph) -> tuple[dict[Node, str], list[str]]:
    """The roles that the inputs and the outputs of a body have for the node that holds it."""
    roles = dict.fromkeys(body.inputs, _CAPTURED)
    if node.op.name != "scan":
        roles.update(dict.fromkeys(body.inputs[: _MADE.get(node.op.name, 0)], _POSITION))
        return roles, [key if len(body.outputs) == 1 else f"{key} {k}" for k in range(len(body.outputs))]
    loop = Loop(node)
    roles.update({loop.position: _POSITION, **dict.fromkeys(loop.slices, _ROW), **dict.fromkeys(loop.states, _STATE)})
    results = [f"next {clean(state.name or 'state', 20)}" for state in loop.states]
    results += [f"row {k}" for k in range(len(loop.stacked))]
    return roles, [*results, "until"][: len(body.outputs)]
