"""Control dependence: under which outcomes of conditions each value of a graph is needed.

A value that only one side of an ``ifelse`` uses is needed if that side is chosen; one that
several sides use is needed if one of these is. One walk from users to inputs finds it.

    y = ifelse(p, ifelse(q, exp(x), x), z)        exp(x) is needed if p and q hold
    ifelse(p, f(t), x) + ifelse(q, g(t), x)       t is needed if p or q holds

Source: J. Ferrante, K. Ottenstein and J. Warren, "The program dependence graph and its use in
optimization", ACM TOPLAS 9(3), 1987.

Read next: literals.py
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Self

from ..graph import Node, toposort
from ..op import Elementwise, is_choice, is_dim, is_item
from ..types import is_float

# The inputs of a choice that are its sides.
THEN, OTHERWISE = 1, 2

# A value that is needed in more regions than these is needed where one condition says so.
_MOST_TERMS = 8


class Outcome(NamedTuple):
    """That a condition holds (side THEN), or that it does not (side OTHERWISE)."""

    condition: Node | Either
    side: int


class _Regions(NamedTuple):
    regions: frozenset[Region]


class Either(_Regions):
    """The condition that in one of several regions all outcomes are as given.

    Attributes:
        conditions: the nodes that must be known to know it. Regions hold such conditions of regions that hold others:
            found once each, when made, or all ways through them would be walked.
    """

    conditions: frozenset[Node]

    def __new__(cls, regions: frozenset[Region]) -> Self:
        made = super().__new__(cls, regions)
        made.conditions = frozenset[Node]().union(*map(conditions, regions))
        return made


Region = frozenset[Outcome]
EVERYWHERE: Region = frozenset()


def side_in(region: Iterable[Outcome], condition: Node) -> int | None:
    """The side of a condition that is known in a region."""
    return next((one.side for one in region if one.condition is condition), None)


def conditions(outcomes: Iterable[Outcome]) -> set[Node]:
    """The nodes that must be known to know whether outcomes are as given."""
    found: set[Node] = set()
    for condition, _ in outcomes:
        if isinstance(condition, Either):
            found |= condition.conditions
        else:
            found.add(condition)
    return found


def is_consistent(region: Region) -> bool:
    """True if no condition is asked to be one way and the other."""
    return len({one.condition for one in region}) == len(region)


def is_size(node: Node) -> bool:
    """True if a node is a size, or arithmetic with single integers or truth values: cheap, and it cannot fail."""
    if node.items is not None or node.ndim:
        return False
    return is_dim(node) or (isinstance(node.op, Elementwise) and not is_float(node.dtype))


class ControlDependence:
    """The regions in which a computation's nodes are needed.

    Args:
        outputs: what is needed in any case.

    Attributes:
        order: the nodes that the outputs depend on, inputs first.
        index: where they stand in it.
        portable: leaves, and what ``is_size`` and follows from leaves alone; it can be computed anywhere.
        region: for every node that is needed at all the outcomes under which it is.
    """

    def __init__(self, outputs: Sequence[Node]) -> None:
        self.order = toposort(outputs)
        self.index = {node: i for i, node in enumerate(self.order)}
        self.portable: set[Node] = set()
        for node in self.order:
            if node.is_leaf or (is_size(node) and all(source in self.portable for source in node.inputs)):
                self.portable.add(node)
        self.region: dict[Node, Region] = {}
        self._demand: dict[Node, set[Region]] = {node: {EVERYWHERE} for node in outputs}
        self._behind: dict[Node, frozenset[Node]] = {}
        for node in reversed(self.order):
            if node in self._demand:
                self._settle(node, self.narrowed(node, simplified(self._demand.pop(node))))
        for node in self.order:
            if is_item(node) and node in self.region:
                # A value of several is where they are.
                self.region[node] = self.region[node.inputs[0]]

    def narrowed(self, node: Node, demanded: set[Region]) -> set[Region]:
        """The regions in which a node is computed that is asked for in some."""
        return demanded

    def demands(self, node: Node, terms: set[Region]) -> Iterator[tuple[Node, Iterable[Region]]]:
        """The values that a node demands, with the regions, if it is computed in some regions."""
        if not is_choice(node):
            for source in node.inputs:
                yield source, terms
            return
        condition = node.inputs[0]
        if any(side_in(one, condition) is None for one in terms):
            yield condition, terms
        for one in terms:
            known = side_in(one, condition)
            for side in (THEN, OTHERWISE) if known is None else (known,):
                yield node.inputs[side], [one | {Outcome(condition, side)}]

    def need(self, node: Node, terms: Iterable[Region]) -> None:
        """Note that a node's value is asked for in regions."""
        known = self._demand.setdefault(node, set())
        known.update(terms)
        if len(known) > 2 * _MOST_TERMS:
            # Taken together from time to time, or a leaf of a thousand links would be asked for in a thousand regions.
            self._demand[node] = few(simplified(known))

    def _settle(self, node: Node, terms: set[Region]) -> None:
        terms = self._answerable(node, terms)
        self.region[node] = _as_region(terms)
        for source, where in self.demands(node, few(terms)):
            self.need(source, where)

    def _answerable(self, node: Node, terms: set[Region]) -> set[Region]:
        """Regions without conditions for which the node itself may have to be known."""
        if len(terms) == 1:
            return terms
        shared = frozenset.intersection(*terms)
        asked = set[Node]().union(*(conditions(region - shared) for region in terms))
        circular = {one for one in asked if self.index[one] > self.index[node] and node in self._ancestors(one)}
        if not circular:
            return terms
        left = {
            frozenset(one for one in region if circular.isdisjoint(conditions((one,)))) | shared for region in terms
        }
        return simplified(left)

    def _ancestors(self, node: Node) -> frozenset[Node]:
        if node not in self._behind:
            self._behind[node] = frozenset(toposort([node]))
        return self._behind[node]


def simplified(terms: set[Region]) -> set[Region]:
    """Regions that together are the same: none within another, and a condition that may be either way left out."""
    if len(terms) == 1 or EVERYWHERE in terms:
        return terms if len(terms) == 1 else {EVERYWHERE}
    least: set[Region] = set()
    for term in sorted(terms, key=len):
        if not any(one <= term for one in least):
            least.add(term)
    for term in least:
        for one in term:
            opposite = term - {one} | {Outcome(one.condition, THEN + OTHERWISE - one.side)}
            if opposite in least:
                return simplified(least - {term, opposite} | {term - {one}})
    return least


def few(terms: set[Region]) -> set[Region]:
    """Regions, or if they are many the one that they are together."""
    return terms if len(terms) <= _MOST_TERMS else {_as_region(terms)}


def _as_region(terms: set[Region]) -> Region:
    """One region for several: what they share, and that it is one of them."""
    if len(terms) == 1:
        return next(iter(terms))
    shared = frozenset.intersection(*terms)
    return shared | {Outcome(Either(frozenset(region - shared for region in terms)), THEN)}
