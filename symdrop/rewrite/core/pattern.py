"""Patterns that look like the mathematics they match.

A pattern is an expression over ``Variable``s: ``log(exp(x))`` with ``x = Variable("x")``
is built by the very ops that build nodes, and matches a node ``log(exp(...))``. Numbers in
a pattern match scalar constants of that value; commutative ops match in both orders; a
variable that occurs twice must stand for the same node both times.

Source: C. Hoffmann and M. O'Donnell, "Pattern matching in trees", JACM 29(1), 1982.

Read next: predicates.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ...graph import Node
from ...op import CONSTANT, TEXT, Constant, Text, constant_scalar
from ...ops.views import pattern_of
from ...syntax import Operation, Term

Bound = dict[str, Any]
Alternatives = Callable[[Node], Sequence[Node]]
OpTest = Callable[[Operation], bool]


class Pattern(Term):
    """An op applied to patterns; ``params`` may name a ``Variable`` where any value is right."""

    __slots__ = ("inputs", "op", "params")

    op: Operation
    inputs: tuple[Pattern, ...]
    params: Mapping[str, Any]

    def __init__(self, op: Operation, inputs: tuple[Pattern, ...], params: Mapping[str, Any]) -> None:
        self.op = op
        self.inputs = inputs
        self.params = params

    @classmethod
    def apply(cls, op: Operation, inputs: Sequence[Any], params: Mapping[str, Any]) -> Pattern:
        return Pattern(op, tuple(value if isinstance(value, Pattern) else Literal(value) for value in inputs), params)

    def may_be(self, op: Operation) -> bool:
        """True if a node of an op may match."""
        return op is self.op

    def may_be_number(self, number: Any) -> bool:
        """True if a literal of a value may match; None is no literal."""
        return number is None

    def may_have(self, literals: Sequence[Any]) -> bool:
        """True if a node with these inputs may match, given the numbers that they are, None where they are none."""
        orders = (literals, literals[::-1]) if self.op.commutative else (literals,)
        return any(
            all(one.may_be_number(number) for one, number in zip(self.inputs, order, strict=True)) for order in orders
        )

    def ops(self) -> Iterator[Operation]:
        """The ops of the pattern, root first."""
        yield self.op
        yield from self.interior_ops()

    def interior_ops(self) -> Iterator[Operation]:
        """The ops below the root."""
        for pattern in self.inputs:
            yield from pattern.ops()

    def innermost_ops(self) -> Iterator[Operation]:
        """The ops below the root that are applied to variables: what would be computed of constants."""
        for pattern in self.inputs:
            if any(isinstance(source, Variable) for source in pattern.inputs):
                yield pattern.op
            yield from pattern.innermost_ops()

    @property
    def is_elementwise(self) -> bool:
        """True if it consists of elementwise ops alone."""
        return self.op.kind == "elementwise" and all(pattern.is_elementwise for pattern in self.inputs)

    def match(self, node: Node, bound: Bound, alternatives: Alternatives) -> Iterator[Bound]:
        """Every way in which the node, or a node known to equal it, is this pattern."""
        for candidate in alternatives(node):
            yield from self.match_root(candidate, bound, alternatives)

    def match_root(self, node: Node, bound: Bound, alternatives: Alternatives) -> Iterator[Bound]:
        """Every way in which the node itself is this pattern."""
        if node.op is not self.op or len(node.inputs) != len(self.inputs):
            return
        bound = dict(bound)
        for name, value in self.params.items():
            if isinstance(value, Variable):
                if bound.setdefault(value.name, node.params[name]) != node.params[name]:
                    return
            elif node.params[name] != value:
                return
        yield from _match_all(self.inputs, node.inputs, bound, alternatives)
        if self.op.commutative and len(self.inputs) == 2:
            yield from _match_all(self.inputs, node.inputs[::-1], bound, alternatives)

    def written(self) -> Text:
        """The pattern as mathematics, in the notation of its ops."""
        return TEXT.write(self, [pattern.written() for pattern in self.inputs])

    def __repr__(self) -> str:
        return self.written().text


class Variable(Pattern):
    """A pattern that matches any node, remembered under its name."""

    __slots__ = ("name",)

    inputs = ()
    is_elementwise = True

    def __init__(self, name: str) -> None:
        self.name = name

    def may_be(self, op: Operation) -> bool:
        return True

    def may_be_number(self, number: Any) -> bool:
        return True

    def ops(self) -> Iterator[Operation]:
        yield from ()

    def match(self, node: Node, bound: Bound, alternatives: Alternatives) -> Iterator[Bound]:
        if self.name not in bound:
            yield {**bound, self.name: node}
        elif _alike(bound[self.name], node):
            yield bound

    def written(self) -> Text:
        return Text(self.name)


class Literal(Pattern):
    """A pattern that matches a scalar constant of a given value, also when it is stretched over a shape."""

    __slots__ = ("value",)

    inputs = ()
    is_elementwise = True

    def __init__(self, value: Any) -> None:
        self.value = value

    def may_be(self, op: Operation) -> bool:
        return op is CONSTANT or op.stretches

    def may_be_number(self, number: Any) -> bool:
        return bool(number == self.value)

    def ops(self) -> Iterator[Operation]:
        yield from ()

    def match(self, node: Node, bound: Bound, alternatives: Alternatives) -> Iterator[Bound]:
        source = node.inputs[0] if node.op.stretches else node
        if constant_scalar(source) == self.value:
            yield bound

    def written(self) -> Text:
        return Text(repr(self.value))


class Stretched(Pattern):
    """A reduction put back along the axes it was reduced over, as ``keepdims=True`` and broadcasting do."""

    __slots__ = ("inner",)

    inputs = ()
    is_elementwise = False

    def __init__(self, inner: Term) -> None:
        assert isinstance(inner, Pattern)
        self.inner = inner

    def may_be(self, op: Operation) -> bool:
        return op.keeps_all or self.inner.may_be(op)

    def ops(self) -> Iterator[Operation]:
        yield from self.inner.ops()

    def innermost_ops(self) -> Iterator[Operation]:
        yield from self.inner.innermost_ops()

    def match(self, node: Node, bound: Bound, alternatives: Alternatives) -> Iterator[Bound]:
        ndim = node.ndim
        # For every axis of the node being looked at, the axis of the whole along which it lies.
        axes: list[int | None] = list(range(ndim))
        while forms := alternatives(node):
            node = forms[-1]
            pattern = pattern_of(node)
            if not node.op.stretches and pattern is None:
                break
            (source, *_) = node.inputs
            if pattern is None:
                axes = axes[node.ndim - source.ndim :]
            else:
                axes = [axes[pattern.index(axis)] if axis in pattern else None for axis in range(source.ndim)]
            node = source
        if node.op.kind == "reduction" and axes == [axis for axis in range(ndim) if axis not in node.params["axis"]]:
            yield from self.inner.match(node, bound, alternatives)

    def written(self) -> Text:
        return Text(f"stretched({self.inner})")


def _match_all(
    patterns: Sequence[Pattern], nodes: Sequence[Node], bound: Bound, alternatives: Alternatives
) -> Iterator[Bound]:
    if not patterns:
        yield bound
        return
    for found in patterns[0].match(nodes[0], bound, alternatives):
        yield from _match_all(patterns[1:], nodes[1:], found, alternatives)


def _alike(a: Node, b: Node, depth: int = 6) -> bool:
    """True if two nodes are the same formula: before CSE one may be written twice."""
    if a is b:
        return True
    if isinstance(a, Constant) or isinstance(b, Constant):
        return isinstance(a, Constant) and isinstance(b, Constant) and a.key() == b.key()
    if not depth or a.op is not b.op or len(a.inputs) != len(b.inputs) or a.is_leaf or a.op.kind in ("draw", "control"):
        return False
    return dict(a.params) == dict(b.params) and all(
        _alike(x, y, depth - 1) for x, y in zip(a.inputs, b.inputs, strict=True)
    )


def itself(node: Node) -> Sequence[Node]:
    """The only node known to equal a node, where nothing more is known."""
    return (node,)
