"""Shape guards: all that must hold of sizes before anything is computed.

Wherever two axes must be equal and are not known to be, the step's ``prepare`` compares
them; from then on they count as one size, so that what runs over one runs over the other,
and a value that was declared to have a size need not be copied to have it.

Read next: ../fusion/__init__.py
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ...graph import Graph, Node
from ...op import Draw, Elementwise, Guard, Op, Reduction, Size, equal, is_dim, map_owner
from ...op.bounds import bounds_of
from ...ops.join import undeclared
from ...ops.lengths import bounds
from ..ir.frame import FrameLayout
from ..ir.vector_ir import INDEX
from ..vectorize.elemental import is_pointwise
from ..vectorize.reductions import NUMBERED, number_type


@dataclass(frozen=True, slots=True)
class ShapeGuard:
    """Products of sizes that must be equal, or a size that must not be 0, or sizes not negative, or a draw in range."""

    kind: str
    first: tuple[Size, ...]
    second: tuple[Size, ...] = ()
    node: Node | None = None


def find_shape_guards(graph: Graph, memory: FrameLayout) -> list[ShapeGuard]:
    """The checks of a graph; ``memory`` learns the sizes they make equal."""
    found: list[ShapeGuard] = []
    given: dict[Size, None] = {}
    # Sizes that a node before has are no names of this one's, and were looked at.
    seen: set[tuple[Size, ...]] = set()
    for node in graph.nodes():
        for guard in _guards(node, memory):
            first, second = (tuple(map(memory.canonical, sizes)) for sizes in (guard.first, guard.second))
            if guard.kind == "equal" and len(first) == len(second) == 1:
                # What they are called so far, since from now on they have one name.
                a, b = memory.find(first[0]), memory.find(second[0])
                if a != b:
                    found.append(ShapeGuard("equal", (a,), (b,)))
                    memory.equate(*first, *second)
            elif guard.kind == "least":
                found.append(ShapeGuard("least", guard.first))
            else:
                found.append(ShapeGuard(guard.kind, tuple(map(memory.find, first)), tuple(map(memory.find, second))))
        if isinstance(node.op, Draw):
            found.append(ShapeGuard("draw", memory.sizes(node), (), node))
        if node.items is None and (own := memory.exact_sizes(node)) not in seen:
            seen.add(own)
            _name_sizes(node, memory)
            given.update(dict.fromkeys(size for size in own if _is_doubtful(size)))
    # Whatever is laid out, joined or walked over has sizes that were checked, on its own or as a part.
    return [*found, ShapeGuard("least", tuple(given))] if given else found


def erase_declarations(graph: Graph, memory: FrameLayout) -> Graph:
    """The graph without declarations of sizes at its ends: once guards hold, a declared value is the value itself.

    Args:
        graph: whose guards ``memory`` has learned.
        memory: learns which value each declaration stands for, so that loops and branches read that one.

    Returns:
        The same inputs, and the values below the declarations of outputs.
    """
    for node in graph.nodes():
        if node not in memory.aliases and (value := undeclared(node)[0]) is not node:
            if memory.sizes(node) == memory.sizes(value):
                memory.aliases[node] = value
    return Graph(graph.inputs, [node if node.is_leaf else memory.aliases.get(node, node) for node in graph.outputs])


def _is_doubtful(size: Size) -> bool:
    """True if a size is not known to be 0 or more, products that wrap around included."""
    return isinstance(size, Node) and bounds(size)[0] < 0


def _guards(node: Node, memory: FrameLayout) -> Iterable[Guard]:
    """The guards of a node: those its op declares, and those its kind implies."""
    exact, op = memory.exact_sizes, node.op
    if isinstance(op, Draw):
        return [pair for x in node.inputs[2 + node.params["ndim"] :] if x.ndim for pair in _same(exact(x), exact(node))]
    if isinstance(op, Reduction):
        sizes = [exact(node.inputs[0])[axis] for axis in node.params["axis"]]
        some = [] if op.accepts_empty else [Guard("some", (n,)) for n in sizes if not isinstance(n, int)]
        return [*some, *_counted(op, node.inputs[0].dtype, sizes)]
    if isinstance(op, Elementwise) or is_pointwise(node):
        first, *others = [exact(x) for x in node.inputs if x.ndim == node.ndim] or [()]
        return [pair for other in others for pair in _same(first, other)]
    found: list[Guard] = []
    if isinstance(op, Op) and op.guards_rule is not None:
        found += op.guards_rule(exact, node, *node.inputs, **node.params)
    owner = map_owner(node)
    if owner is not None and not owner.op.is_ours:
        found += bounds_of(node, owner, exact)
    return found


def _counted(op: Reduction, source: str, sizes: Sequence[Size]) -> Iterable[Guard]:
    """The guard that positions along an axis fit into what lanes count them in."""
    if op.combine in NUMBERED and (counter := number_type(source)) != INDEX:
        most = int(np.iinfo(counter).max)
        rest = [most - n for n in sizes if isinstance(n, Node) or n > most]
        yield from [Guard("least", tuple(rest))] if rest else ()


def _same(first: Sequence[Size], second: Sequence[Size]) -> list[Guard]:
    return [] if first == second else [equal(a, b) for a, b in zip(first, second, strict=True)]


def _name_sizes(node: Node, memory: FrameLayout) -> None:
    """Equate a data-dependent size with its op's formula for it, once the sizes in that are known to agree."""
    own = memory.exact_sizes(node)
    if not any(_is_data_dependent(size, node) for size in own):
        return
    for size, name in zip(own, node.op.output_sizes(node, memory.sizes), strict=True):
        if name is not None and _is_data_dependent(size, node):
            memory.equate(name, size)


def _is_data_dependent(size: Size, node: Node) -> bool:
    return is_dim(size) and size.inputs[0] is node and not node.is_leaf
