"""Recording a walk back, for those who tell how a gradient comes about.

The walk is that of ``pull_back``; what its nodes hand on is noted on the way.

Read next: gradient.py
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import NamedTuple

from ..graph import Node
from ..op import Cotangents
from .accumulation import Accumulator
from .linearization import Linearization
from .reverse import Contributions, accumulate, nodes_of, pull_through, seeds


class PullbackRecord(NamedTuple):
    """One node met on a walk back.

    Attributes:
        node: where the walk stands.
        arrived: what came from the users of its value; empty for a node of several values.
        cotangent: their sum, one per value where the node has several.
        rule: what hands it on: a pullback, or the stability rule whose better formula takes it over; "" if nothing is.
        handed: which nodes receive what.
        inside: for an op with a body, the walk back through its body.
    """

    node: Node
    arrived: tuple[Node, ...]
    cotangent: Cotangents
    rule: str
    handed: tuple[tuple[Node, Node], ...]
    inside: tuple[PullbackRecord, ...] = ()


def pull_back_recorded(
    cotangents: Mapping[Node, Node], wrt: Collection[Node], constant: Collection[Node] = ()
) -> tuple[dict[Node, Node], list[PullbackRecord]]:
    """The cotangents that ``pull_back`` finds, and a record of every node that has one, in the order of the walk."""
    linear = Linearization(cotangents, wrt, constant, opaque=cotangents)
    arrived = seeds(cotangents)
    handed: dict[Node, Contributions] = {}
    inside: dict[Node, list[PullbackRecord]] = {}

    def pull(node: Node, g: Cotangents) -> Contributions:
        inside[node] = []
        handed[node] = pull_through(linear, partial(_pull_back_inside, inside[node]), node, g)
        return handed[node]

    found = accumulate(linear.order, arrived, Accumulator(linear), pull)
    records = [
        PullbackRecord(
            node,
            tuple(part for part in arrived[node] if isinstance(part, Node)),
            g,
            (linear.rules.get(node) or f"{node.op.name}_pullback") if handed[node] else "",
            tuple((source, part) for source, pulled in handed[node] for part in _nodes_in(pulled)),
            tuple(inside[node]),
        )
        for node, g in found.items()
    ]
    return nodes_of(wrt, found), records


def _pull_back_inside(
    records: list[PullbackRecord], cotangents: Mapping[Node, Node], wrt: Collection[Node]
) -> dict[Node, Node]:
    """``pull_back`` through a body, recorded; of several walks through one body the last is the one that counts."""
    found, records[:] = pull_back_recorded(cotangents, wrt)
    return found


def _nodes_in(pulled: Cotangents) -> list[Node]:
    return [part for part in (pulled if isinstance(pulled, tuple) else (pulled,)) if isinstance(part, Node)]
