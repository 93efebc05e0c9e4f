"""Sinking, a code motion: a function meets what made its operand behind everything that only moves elements.

    log(concatenate(softmax(a), b)[i])  ->  concatenate(log_softmax(a), log(b))[i]

Elementwise functions commute with data movement. So a rule about ``log(softmax(x))`` holds
with any movement in between: the function is pushed through the movement, to every source
of elements, and where a rule fires at one of them the movement is made again of the
results. Where none fires, nothing changes: the rewriting is driven by demand. Compilers
call such code motion towards definitions sinking.

A function is what elementwise nodes make of one operand, such as ``log(1 - p)``, and may
be cut at each of them: 1 - p of selected p is selected from 1 - p.

Source: J. Knoop, O. Ruething and B. Steffen, "Partial dead code elimination", PLDI 1994
(assignment sinking).

Read next: ../engine.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, NamedTuple

from ...graph import Node, toposort
from ...op import Constant, Sizes, constant_scalar
from ...ops.join import item
from ...ops.logic import cast
from ...ops.scan import Loop, loop_of_value
from ...syntax import Operation
from ...types import is_float
from ..core.pattern import Alternatives, Bound, itself
from ..core.predicates import as_literal
from ..core.rewrite_rule import Fired, RewriteRuleSet
from ..rules.constant_folding import folded
from ..scan.parts import ScanParts
from .logarithms import FORMULAS, LOGARITHMIC, Better, Logarithms
from .movement import Movement, Movements

# Patterns of rules are no deeper than this.
_DEPTH = 3


class Pointwise(NamedTuple):
    """A function of one operand, as elementwise nodes over it and literals.

    Attributes:
        nodes: them, inputs first.
        inputs: of every node the inputs, by which better forms may stand for its own.
        operand: what it is a function of.
        key: equal for equal functions.
    """

    nodes: tuple[Node, ...]
    inputs: tuple[tuple[Node, ...], ...]
    operand: Node
    key: tuple[Any, ...]

    def of(self, value: Node, better: Callable[[Node], Node] = lambda node: node) -> Node:
        """The function of another operand; ``better`` may replace the nodes below the last."""
        made = {self.operand: value}
        for node, inputs in zip(self.nodes, self.inputs, strict=True):
            new = Node.apply(
                node.op, [made[source] if source in made else as_literal(source) for source in inputs], node.params
            )
            made[node] = new if node is self.nodes[-1] else better(new)
        return made[self.nodes[-1]]


class Sunk(NamedTuple):
    """The function of a node, without computing the node first.

    Attributes:
        node: the value.
        fired: the rule that fired for some source of elements.
        bound: where the whole is elementwise, what the rule's pattern is bound to.
    """

    node: Node
    fired: Fired
    bound: Bound | None


class MovementSinking:
    """Sinking through data movement: functions are pushed through it, where rewrite rules then fire.

    What was found for a function and a node is remembered, so many functions of one chain of movements take time
    linear in its length.

    Args:
        rules: those that may fire, about elementwise functions.
        sizes: the known sizes.
        alternatives: as of rules; nodes without any are not looked through.
    """

    def __init__(self, rules: RewriteRuleSet, sizes: Sizes, alternatives: Alternatives = itself) -> None:
        self._rules = rules
        self._sizes = sizes
        self._alternatives = alternatives
        self._found: dict[tuple[Any, Node], Sunk | None] = {}
        self._movements = Movements(alternatives)
        self._logarithms = Logarithms(rules, self._better_form, self._movements)
        self._ends: dict[Node, frozenset[Operation]] = {}
        self._operands: dict[Node, frozenset[Node]] = {}
        self._loops: dict[Node, tuple[Fired, int, Loop] | None] = {}
        # Functions of what is computed from a state are functions of that state: no deeper than patterns are.
        self._within = 0

    def __call__(self, node: Node) -> Fired | None:
        """The better form of a node: the first rule that fires for a source of its operand, and what it leads to."""
        if node.op.kind != "elementwise":
            loop = loop_of_value(node)
            return None if loop is None else self._of_better_loop(loop, node.params["index"])
        sunk = self._sunk(node)
        return None if sunk is None else sunk.fired._replace(node=sunk.node)

    def _better_form(self, node: Node) -> Better | None:
        fired = self._rules.first(node, self._sizes, self._alternatives) or self(node)
        return None if fired is None else Better(fired.node, fired)

    def _of_better_loop(self, loop: Loop, index: int) -> Fired | None:
        """A loop's value from the loop whose steps take in functions of what comes from outside them."""
        if loop.node not in self._loops:
            self._loops[loop.node] = self._better_loop(loop)
        found = self._loops[loop.node]
        if found is None:
            return None
        fired, states, made = found
        # New states come behind the others.
        return fired._replace(node=item(made.node, index=index + (len(made.states) - states if index >= states else 0)))

    def _better_loop(self, loop: Loop) -> tuple[Fired, int, Loop] | None:
        self._movements.enter(loop)
        first: Fired | None = None
        replaced: dict[Node, Node] = {}
        for one in loop.body.nodes():
            fired = self(one)
            if fired is not None and self._movements.crosses(fired.node):
                replaced[one] = fired.node
                first = first or fired
        if first is None:
            return None
        parts = ScanParts(loop)
        parts.replace(replaced)
        self._movements.complete(parts)
        return first, len(loop.states), parts.make()

    def _sunk(self, node: Node) -> Sunk | None:
        found = self._logarithms(node) if node.op in LOGARITHMIC else None
        if found is None or (found.node.dtype, found.node.ndim) != (node.dtype, node.ndim):
            return self._pushed(node)
        return Sunk(found.node, found.because, None)

    def _pushed(self, node: Node) -> Sunk | None:
        # Numbers tell most nodes from patterns; what else they are functions of takes longer to find.
        wanted = self._rules.wanted(node.op, map(self._movements.best, node.inputs))
        if node.op in LOGARITHMIC:
            wanted |= self._logarithms.wanted(node)
        operands = self._operands_of(node) if wanted else ()
        if len(operands) != 1:
            return None
        (operand,) = operands
        if wanted.isdisjoint(self._ends_of(operand)):
            return None
        function = self._function(node, operand)
        found = None if function is None else self._through(function)
        return found if found is not None and (found.node.dtype, found.node.ndim) == (node.dtype, node.ndim) else None

    def _sources(self, node: Node) -> list[Node]:
        """The inputs of a node, but for literals."""
        return [source for source in map(self._movements.best, node.inputs) if not _is_literal(source)]

    def _sources_inside(self, node: Node) -> Sequence[Node]:
        return self._sources(node) if self._computes(node) else ()

    def _operands_of(self, root: Node) -> frozenset[Node]:
        """The nodes of which a node is a function, through all that belongs to functions; of more than two, two."""
        known, sources = self._operands, self._sources(root)
        if new := [source for source in sources if source not in known]:
            # Mostly they are asked about first.
            for node in toposort(new, known.__contains__, self._sources_inside):
                if node not in known:
                    known[node] = self._union(self._sources(node)) if self._computes(node) else frozenset((node,))
        found = self._union(sources)
        if self._computes(root):
            known[root] = found
        return found

    def _union(self, sources: Sequence[Node]) -> frozenset[Node]:
        found: frozenset[Node] = frozenset().union(*[self._operands[source] for source in sources])
        return found if len(found) <= 2 else frozenset(islice(found, 2))

    def _function(self, root: Node, operand: Node) -> Pointwise | None:
        """The function that a node is of its only operand: its cone of elementwise nodes; None if that is deep."""
        if operand.op is not cast and self._movements(operand) is None:
            return None
        inputs: dict[Node, tuple[Node, ...]] = {}
        inner = {root}
        for _ in range(_DEPTH):
            inputs.update((node, tuple(map(self._movements.best, node.inputs))) for node in inner)
            inner = {source for node in inner for source in self._sources(node)} - inputs.keys() - {operand}
            if not inner:
                return _pointwise(root, inputs, operand)
        return None

    def _computes(self, node: Node) -> bool:
        """True if a node belongs to a function, rather than being its operand."""
        return (
            node.op.kind == "elementwise"
            and node.op is not cast
            and self._movements(node) is None
            and len(self._alternatives(node)) > 0
        )

    def _ends_of(self, node: Node) -> frozenset[Operation]:
        """The ops that compute the elements of a node, as far as rules are about them."""
        ends = self._ends
        for one in self._movements.below(node, ends.__contains__):
            found = self._movements(one)
            if found is not None:
                ends[one] = frozenset().union(*(ends[source] for source in found.sources))
            else:
                computed = one.inputs[0] if one.op is cast else one
                ends[one] = frozenset((computed.op,)) & (self._rules.interior | FORMULAS)
        return ends[node]

    def _through(self, function: Pointwise) -> Sunk | None:
        key, found = function.key, self._found
        for node in self._movements.below(function.operand, lambda node: (key, node) in found):
            moved = self._movements(node)
            if moved is None:
                found[key, node] = self._at(function, node)
            else:
                found[key, node] = self._again(function, moved, [found[key, source] for source in moved.sources])
        return found[key, function.operand]

    def _again(self, function: Pointwise, moved: Movement, parts: Sequence[Sunk | None]) -> Sunk | None:
        """The movement of the function of its sources, if a rule fired for one of them."""
        first = next((part for part in parts if part is not None), None)
        if first is None:
            return None
        if first.bound is not None and not moved.repeats:
            # Less may come out of the movement than went in: the whole formula is computed behind it.
            bound = {
                name: moved.again([value], function.of) if isinstance(value, Node) and not _is_literal(value) else value
                for name, value in first.bound.items()
            }
            made = first.fired.rule.build(**bound)
            if made is not None:
                return Sunk(made, first.fired, bound)
        values = [
            _of(function, source) if part is None else part.node
            for source, part in zip(moved.sources, parts, strict=True)
        ]
        return Sunk(moved.again(values, lambda value: _of(function, value)), first.fired, None)

    def _at(self, function: Pointwise, node: Node) -> Sunk | None:
        """The function of what is computed, if a rule fires for it."""
        computed = _widened(node) if node.op is cast else node
        if computed is None or computed.is_leaf or self._within >= _DEPTH:
            return None
        self._within += 1
        try:
            value = function.of(computed, self._simplified)
            fired = self._rules.first(value, self._sizes, self._alternatives)
            if fired is None:
                return self._sunk(value)
        finally:
            self._within -= 1
        return Sunk(fired.node, fired, fired.bound if fired.rule.is_elementwise else None)

    def _simplified(self, node: Node) -> Node:
        fired = self._rules.first(node, self._sizes, self._alternatives) or self(node)
        return node if fired is None else fired.node


def _pointwise(root: Node, inputs: dict[Node, tuple[Node, ...]], operand: Node) -> Pointwise:
    order: list[Node] = []
    _collect(root, inputs, order)
    position = {node: k for k, node in enumerate(order)}
    key = tuple(
        (
            node.op,
            tuple(sorted(node.params.items())),
            tuple(position[s] if s in position else None if s is operand else _literal_key(s) for s in inputs[node]),
        )
        for node in order
    )
    return Pointwise(tuple(order), tuple(inputs[node] for node in order), operand, key)


def _collect(node: Node, inputs: dict[Node, tuple[Node, ...]], order: list[Node]) -> None:
    """The nodes of a cone, which is as shallow as patterns are, inputs first."""
    for source in inputs[node]:
        if source in inputs and source not in order:
            _collect(source, inputs, order)
    if node not in order:
        order.append(node)


def _is_literal(node: Node) -> bool:
    source = as_literal(node)
    return isinstance(source, Constant) and source.ndim == 0


def _literal_key(node: Node) -> Any:
    literal = as_literal(node)
    assert isinstance(literal, Constant)
    return literal.key()


def _of(function: Pointwise, node: Node) -> Node:
    """The function of a node; of a number, the number."""
    if constant_scalar(node) is None:
        return function.of(node)
    return _folded(function.of(node, _folded))


def _folded(node: Node) -> Node:
    value = folded(node)
    return node if value is None else value


def _widened(node: Node) -> Node | None:
    """A value computed in floats and then converted to wider ones, computed in those; integers may be sizes."""
    if node.op is not cast:
        return None
    (source,) = node.inputs
    if source.is_leaf or source.items is not None or not is_float(source.dtype):
        return None
    inputs = [cast(one, dtype=node.dtype) if one.dtype == source.dtype else one for one in source.inputs]
    made = Node.apply(source.op, inputs, source.params)
    return made if made.dtype == node.dtype else None
