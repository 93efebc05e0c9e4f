"""Recomputation in the backward pass: values of the forward pass that are not kept are computed a second time.

Values computed of one another form a *part*. A part begins when the backward pass has come to the first node that
reads it: one input of each of its first nodes waits, by ``after``, for what was computed until then. So nothing of it
is merged with the forward pass. Where that frees memory, the backward pass itself waits: for gradients by weights,
which nothing else waits for, and which would be computed last, holding all that they are computed from.

    forward     h1 = f(x)          h2 = g(h1)          kept: h2
    backward    g1 = pullback(h2, g2)
                h1' = f(after(g1, x))                   gW = pullback(h1', g1)

A draw is computed once: both computations read the same. So is what has an effect, a loop or a branch.

Source: A. Griewank and A. Walther, "Algorithm 799: revolve", ACM TOMS 26, 2000 (recomputation).

Read next: choice.py
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ...graph import Graph, Node, rebuild
from ...op import Constant, Control, Draw, Elementwise, Op, View, is_dim
from ...op.shaped import Sized
from ...ops.calls.recomputation import after, when_known
from .liveness import BytesOf, Step, last_uses, stored_in
from .passes import Passes


def may_repeat(node: Node) -> bool:
    """True if a value may be computed a second time: it is one array that an op of this package computes of others."""
    op = node.op
    if not isinstance(op, Op) or node.is_leaf or node.items is not None or not node.ndim or is_dim(node):
        return False
    return op.is_ours and not isinstance(op, Draw | Control) and all(source.items is None for source in node.inputs)


class Parts:
    """The values that are computed a second time if some are kept, in the parts that they form.

    Args:
        passes: the passes of the graph.
        kept: what is not to be computed again; nor are outputs.

    Attributes:
        members: the values of every part, parts in the order in which the backward pass needs them.
    """

    def __init__(self, passes: Passes, kept: Collection[Node]) -> None:
        self._passes = passes
        again = self._again({*kept, *map(stored_in, passes.graph.outputs)})
        self.members: list[list[Node]] = self._grouped(again)
        self._drop_parts_needed_at_once()

    def _again(self, kept: Collection[Node]) -> list[Node]:
        """The values to compute again, inputs before users: what the backward pass reads, and what that takes."""
        possible: dict[Node, None] = {}
        for node in self._passes.forward:
            if node in kept or not may_repeat(node):
                continue
            if any(x in possible for x in node.inputs) or _may_begin(node):
                possible[node] = None
        needed: set[Node] = set()
        for node in reversed(possible):
            if any(user in needed or self._passes.reads_again(user) for user in self._passes.users[node]):
                needed.add(node)
        return [node for node in possible if node in needed]

    def _grouped(self, again: Sequence[Node]) -> list[list[Node]]:
        part: dict[Node, list[Node]] = {}
        for node in again:
            joined = [node]
            for other in {id(part[x]): part[x] for x in node.inputs if x in part}.values():
                joined += other
            for member in joined:
                part[member] = joined
        # What is needed first by one node waits for the same.
        needed_by: dict[int, list[Node]] = {}
        for members in {id(members): members for members in part.values()}.values():
            needed_by.setdefault(self.first_read(members), []).extend(members)
        return [sorted(needed_by[k], key=self._passes.position.__getitem__) for k in sorted(needed_by)]

    def first_read(self, members: Iterable[Node]) -> int:
        """The position of the first node of the backward pass that reads one of some values."""
        users = (user for node in members for user in self._passes.users[node])
        return min(self._passes.position[user] for user in users if self._passes.reads_again(user))

    def _drop_parts_needed_at_once(self) -> None:
        """Parts that the backward pass reads before it has computed anything to wait for are kept."""
        begin = len(self._passes.forward)
        while self.members and self._passes.arrived(begin, self.first_read(self.members[0])) is None:
            self.members.pop(0)

    @property
    def beginning(self) -> dict[int, list[Node]]:
        """The parts by the position before which they begin."""
        return {self.first_read(members): members for members in self.members}

    def steps(self) -> Iterator[Step]:
        """All that is computed, in order; what is computed a second time is named by its node twice."""
        beginning, again = self.beginning, set[Node]()
        for k, node in enumerate(self._passes.order):
            for member in beginning.get(k, ()):
                again.add(member)
                yield Step((member, member), member, [(x, x) if x in again else x for x in member.inputs])
            reads_again = self._passes.reads_again(node)
            yield Step(node, node, [(x, x) if reads_again and x in again else x for x in node.inputs])

    @property
    def all(self) -> list[Node]:
        """All that is computed again."""
        return [node for members in self.members for node in members]


def _may_begin(node: Node) -> bool:
    """True if a value may be computed again from what is kept; a view of that takes no memory anyway."""
    return not isinstance(node.op, View) and _waiting_input(node) is not None


def _waiting_input(node: Node) -> int | None:
    """The number of the input that waits where a value is computed again: a small one, since it may be copied."""
    sizes = range(len(node.inputs))[node.op.size_inputs] if isinstance(node.op, Sized) else range(0)
    fit = [
        k
        for k, source in enumerate(node.inputs)
        if k not in sizes and source.ndim and not isinstance(source, Constant) and not isinstance(source.op, Draw)
    ]
    # Of few axes: biases before matrices; and weights before what has as many rows as the batch.
    return min(fit, key=lambda k: (node.inputs[k].ndim, not stored_in(node.inputs[k]).is_leaf), default=None)


class Barriers:
    """The barriers of the backward pass: there it waits for gradients that came before.

    Args:
        passes: the passes of the graph.
        bytes_of: gives the bytes of a value.
    """

    def __init__(self, passes: Passes, bytes_of: BytesOf) -> None:
        self._passes = passes
        self._bytes_of = bytes_of
        self._since = len(passes.forward)
        self._last = last_uses(passes.order)

    def here(self, position: int, *arrived: Node | None) -> list[Node]:
        """The values waited for at a position: gradients computed since the last barrier, and what has arrived."""
        found = [*self._passes.results(self._since, position), *arrived]
        self._since = position
        return [node for node in found if node is not None]

    def before_part(self, position: int) -> list[Node]:
        """The values that a part waits for which is needed first at a position."""
        return self.here(position, self._passes.arrived(len(self._passes.forward), position))

    def helps(self, node: Node) -> bool:
        """True if a node can wait at no cost, and the gradients that it waits for free memory."""
        position = self._passes.position[node]
        if not isinstance(node.op, Elementwise) or not node.ndim or chained_input(node, self._passes) is None:
            return False
        gradients = list(self._passes.results(self._since, position))
        if not gradients:
            return False
        done = self._passes.follow_from(node, self._since)
        overtaken = [other for other in gradients if other not in done]
        read = {stored_in(source) for other in overtaken for source in self._sources(other)}
        return any(self._bytes_of(source) and self._last[source] < position for source in read)

    def _sources(self, node: Node) -> Iterable[Node]:
        """The nodes that a node is computed from since the last barrier, and what that reads."""
        return (x for other in self._passes.follow_from(node, self._since) for x in (other, *other.inputs))


def chained_input(node: Node, passes: Passes) -> int | None:
    """The number of the input that lies deepest in the backward pass."""
    fit = [k for k, x in enumerate(node.inputs) if x.ndim and x in passes.depth]
    return max(fit, key=lambda k: passes.depth[node.inputs[k]], default=None)


def recomputed(passes: Passes, parts: Parts, bytes_of: BytesOf) -> Graph:
    """The graph whose backward pass computes the values of the parts a second time, and holds little meanwhile.

    Args:
        passes: the passes of the graph.
        parts: what is computed again.
        bytes_of: gives the bytes of a value.
    """
    barriers = Barriers(passes, bytes_of)
    beginning = parts.beginning
    made: dict[Node, Node] = {}
    again: dict[Node, Node] = {}
    for k, node in enumerate(passes.order):
        reads_again, waits = passes.reads_again(node), False
        if k in beginning:
            _begin(beginning[k], _known(barriers.before_part(k), made), made, again)
        elif reads_again and passes.users[node]:
            waits = barriers.helps(node)
        sources = [again.get(x, made[x]) if reads_again else made[x] for x in node.inputs]
        if waits:
            number = chained_input(node, passes)
            assert number is not None
            sources[number] = after(_known(barriers.here(k), made), sources[number])
        made[node] = rebuild(node, sources)
    return passes.graph.with_outputs([made[output] for output in passes.graph.outputs])


def _known(values: Iterable[Node], made: Mapping[Node, Node]) -> Node:
    """A truth value that is known when some values are."""
    return when_known([made[node] for node in values])


def _begin(members: Iterable[Node], there: Node, made: Mapping[Node, Node], again: dict[Node, Node]) -> None:
    """Compute the values of a part a second time."""
    for node in members:
        sources = [again.get(x, made[x]) for x in node.inputs]
        waiting = _waiting_input(node)
        if waiting is not None and not any(x in again for x in node.inputs):
            sources[waiting] = after(there, sources[waiting])
        again[node] = rebuild(node, sources)
