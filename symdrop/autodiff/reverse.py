"""Reverse accumulation: the gradient as more nodes of the same graph.

Walk the nodes from the cost back to what is differentiated. Each node hands its cotangent
to its pullback (its vector-Jacobian product), which hands one to every input; where
several arrive, they add up. That is ``accumulate``; the rest says what the pullback of a
node is.

Read next: recording.py
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from ..errors import NotDifferentiableError, lines_held
from ..graph import Node, Origin, describe, substitution
from ..op import INPUT, NO_DERIVATIVE, ZERO, Control, Cotangents, Op, convert
from ..op.provenance import adopt
from ..types import cotangent_dtype, is_float
from .accumulation import Accumulator
from .linearization import Linearization

# The contributions of one node: to which nodes, and what is added to the cotangent of each.
Contributions = Sequence[tuple[Node, Cotangents]]


def accumulate(
    order: Sequence[Node],
    arrived: defaultdict[Node, list[Cotangents]],
    total: Callable[[Node, Sequence[Cotangents]], Cotangents],
    pull: Callable[[Node, Cotangents], Contributions],
) -> dict[Node, Cotangents]:
    """Reverse accumulation: the cotangents of all nodes that one arrives at.

    Args:
        order: the nodes, inputs first.
        arrived: the contributions to the cotangent of each node; those of the walk are added.
        total: sums the contributions that arrived at a node.
        pull: gives the contributions of a node, from its cotangent.

    Source: Griewank and Walther, "Evaluating Derivatives", 2nd ed., SIAM 2008, chapter 3 (reverse mode).
    """
    cotangents: dict[Node, Cotangents] = {}
    for node in reversed(order):
        if node in arrived:
            g = cotangents[node] = total(node, arrived[node])
            for source, pulled in pull(node, g):
                arrived[source].append(pulled)
    return cotangents


# The line of the user is that of the whole walk, so it is looked for once.
@lines_held()
def pull_back(
    cotangents: Mapping[Node, Node], wrt: Collection[Node], constant: Collection[Node] = ()
) -> dict[Node, Node]:
    """The cotangents of ``wrt`` from cotangents of other nodes.

    Args:
        cotangents: a cotangent for every output, of the output's shape.
        wrt: the nodes whose cotangents are wanted.
        constant: nodes through which nothing is pulled back.

    Returns:
        The cotangents that are not structurally zero.
    """
    linear = Linearization(cotangents, wrt, constant, opaque=cotangents)
    pull = partial(pull_through, linear, pull_back)
    return nodes_of(wrt, accumulate(linear.order, seeds(cotangents), Accumulator(linear), pull))


def seeds(cotangents: Mapping[Node, Node]) -> defaultdict[Node, list[Cotangents]]:
    """The contributions with which a walk begins."""
    return defaultdict(list, {node: [g] for node, g in cotangents.items()})


def nodes_of(wrt: Collection[Node], cotangents: Mapping[Node, Cotangents]) -> dict[Node, Node]:
    """The cotangents of ``wrt`` among those of a walk."""
    wanted = frozenset(wrt)
    return {node: g for node, g in cotangents.items() if node in wanted and isinstance(g, Node)}


def pull_through(linear: Linearization, differentiate: Callable[..., Any], node: Node, g: Cotangents) -> Contributions:
    """The contributions of a node: all of its cotangent to its better formula, or to its inputs those of its pullback.

    Args:
        linear: what there is to be differentiated.
        differentiate: ``pull_back``, for the bodies of control ops.
        node: one of the nodes.
        g: its cotangent.
    """
    if node in linear.better:
        return [(linear.better[node], g)]
    if node.is_leaf or node in linear.constant or node not in linear.active:
        return []
    pulled = [
        (source, part)
        for source, part in zip(node.inputs, pulled_back(node, g, differentiate), strict=True)
        if part is not ZERO and source in linear.active
    ]
    for source, part in pulled:
        if part is NO_DERIVATIVE:
            raise NotDifferentiableError(
                f"no derivative is known of {describe(node)} by its operand {describe(source)}; sd.disconnected_grad "
                "holds that constant"
            )
    return pulled


def pulled_back(node: Node, g: Cotangents, differentiate: Callable[..., Any]) -> tuple[Cotangents, ...]:
    """The cotangents of a node's inputs by its pullback; new nodes tell that they were made on its behalf."""
    if isinstance(g, Node) and not is_float(node.dtype):
        g = convert(g, cotangent_dtype(node.dtype))
    if isinstance(node.op, Control):
        pulled = node.op.pull_control(node, g, differentiate)
    elif isinstance(node.op, Op) and node.op.expansion_rule is not None:
        pulled = _through_expansion(node, node.op.expansion_rule, g, differentiate)
    else:
        pulled = node.op.pull(node, g)
    old = {node, *node.inputs, *(part for part in (g if isinstance(g, tuple) else (g,)) if isinstance(part, Node))}
    for cotangent in pulled:
        if isinstance(cotangent, Node):
            adopt(cotangent, old.__contains__, node.lines, Origin(f"{node.op.name}_pullback", node))
    return pulled


def _through_expansion(
    node: Node, expansion: Callable[..., Sequence[Node]], g: Cotangents, differentiate: Callable[..., Any]
) -> tuple[Cotangents, ...]:
    """The cotangents of a node's inputs by the ops that its own is made of."""
    leaves = [Node(INPUT, (), x.type, None, x.name) for x in node.inputs]
    outputs = expansion(*leaves, **node.params)
    given = zip(outputs, g if isinstance(g, tuple) else (g,), strict=True)
    found = differentiate({output: part for output, part in given if isinstance(part, Node)}, leaves)
    made = substitution(list(found.values()), dict(zip(leaves, node.inputs, strict=True)))
    return tuple(made[found[leaf]] if leaf in found else ZERO for leaf in leaves)
