"""Shape guards: all that must hold of sizes before anything is computed.

Wherever two axes must be equal and are not known to be, the step's ``prepare`` compares
them; from then on they count as one size, so that what runs over one runs over the other.

Read next: reads.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..graph import Graph, Node
from ..op import Draw, Elementwise, Reduction, Size, constant_scalar
from ..ops.arithmetic import add
from ..ops.indexing import Entries, indexed_sizes, place
from ..ops.lengths import bounds, may_be_negative, resolved, total
from .memory import Memory


@dataclass(frozen=True, slots=True)
class Check:
    """Products of sizes that must be equal, or a size that must not be 0, or sizes not negative, or a draw in range."""

    kind: str
    first: tuple[Size, ...]
    second: tuple[Size, ...] = ()
    node: Node | None = None


def find_checks(graph: Graph, memory: Memory) -> list[Check]:
    """The checks of a graph; ``memory`` learns the sizes they make equal."""
    found: list[Check] = []
    given: dict[Size, None] = {}
    for node in graph.nodes():
        for a, b in _equal_sizes(node, memory):
            # What they are called so far, since from now on they have one name.
            first, second = memory.find(a), memory.find(b)
            if first != second:
                found.append(Check("equal", (first,), (second,)))
                memory.equate(a, b)
        if node.op.name == "gather":
            _name_sizes(node, memory)
        if node.op.name == "reshape":
            sizes = memory.sizes(node.inputs[0]), memory.sizes(node)
            if sorted(map(str, sizes[0])) != sorted(map(str, sizes[1])):
                found.append(Check("equal", *sizes))
            found += _inferred(node, sizes[1])
        elif isinstance(node.op, Reduction) and not node.op.accepts_empty:
            axes = [memory.sizes(node.inputs[0])[axis] for axis in node.params["axis"]]
            found += [Check("some", (size,)) for size in axes if not isinstance(size, int)]
        elif node.op.name == "item" and node.inputs[0].op.name == "split":
            lengths = [size for size in node.inputs[0].inputs[1:] if _is_doubtful(size)]
            found += [Check("least", tuple(lengths))] if lengths else []
        elif isinstance(node.op, Draw):
            found.append(Check("draw", memory.sizes(node), (), node))
        if node.items is None:
            given.update(dict.fromkeys(size for size in memory.exact_sizes(node) if _is_doubtful(size)))
    # Whatever is laid out, joined or walked over has sizes that were checked, on its own or as a part.
    return [*found, Check("least", tuple(given))] if given else found


def _is_doubtful(size: Size) -> bool:
    """True if a size is not known to be 0 or more, products that wrap around included."""
    return isinstance(size, Node) and bounds(size)[0] < 0


def _equal_sizes(node: Node, memory: Memory) -> Iterator[tuple[Size, Size]]:
    """Pairs of sizes that a node wants equal."""
    exact = memory.exact_sizes
    name = node.op.name
    if isinstance(node.op, Elementwise) or name == "require":
        full = [exact(source) for source in node.inputs if source.ndim == node.ndim]
        for other in full[1:]:
            yield from zip(full[0], other, strict=True)
    elif name == "matmul":
        a, b = map(exact, node.inputs)
        yield a[-1], b[-2:][0]
        yield from zip(a[:-2], b[:-2], strict=True)
    elif name == "gemm":
        c, a, b = map(exact, node.inputs[:3])
        yield from ((a[1], b[0]), (c[0], a[0]), (c[1], b[1]))
    elif name == "specify_shape":
        own = exact(node.inputs[0])
        yield from ((own[axis], exact(node)[axis]) for axis in node.params["axes"])
    elif isinstance(node.op, Draw):
        for source in node.inputs[2 + node.params["ndim"] :]:
            if source.ndim:
                yield from zip(exact(source), exact(node), strict=True)
    elif name == "gather":
        yield from _joint(node.params["entries"], node.inputs[1:], memory)
    elif name in ("set_subtensor", "inc_subtensor"):
        target, value, *parts = node.inputs
        yield from _joint(node.params["entries"], parts, memory)
        part = indexed_sizes(node.params["entries"], parts, exact(target), exact)
        yield from ((memory.canonical(a), b) for a, b in zip(part, exact(value), strict=True) if a is not None)
    elif name == "concatenate":
        axis = node.params["axis"]
        for operand in node.inputs[1:]:
            pairs = list(zip(exact(node.inputs[0]), exact(operand), strict=True))
            yield from pairs[:axis] + pairs[axis + 1 :]
    elif name == "item" and node.inputs[0].op.name == "split":
        source, *lengths = node.inputs[0].inputs
        known = [memory.canonical(resolved(size, exact)) for size in lengths]
        yield memory.canonical(total(known)), exact(source)[node.inputs[0].params["axis"]]


def _inferred(node: Node, sizes: Sequence[Size]) -> Iterator[Check]:
    """The guard of a size that stands for what is left: no other is 0, and no size is negative."""
    given = node.inputs[1:]
    if all(constant_scalar(size) != -1 and not may_be_negative(size) for size in given):
        return
    # One that is less than -1 stands for nothing.
    at_least = [add(size, 1) for size in given if may_be_negative(size) and constant_scalar(size) is None]
    yield Check("least", (*(size for size in sizes if isinstance(size, Node)), *at_least))
    if any(constant_scalar(size) == -1 for size in given):
        yield from (Check("some", (n,)) for n, size in zip(sizes, given, strict=True) if constant_scalar(size) != -1)


def _name_sizes(node: Node, memory: Memory) -> None:
    """Sizes that index arrays have in common are known once these are known to agree."""
    own = memory.exact_sizes(node)
    named = indexed_sizes(node.params["entries"], node.inputs[1:], memory.sizes(node.inputs[0]), memory.sizes)
    for size, name in zip(own, named, strict=True):
        if name is not None and isinstance(size, Node) and size.op.name == "dim" and size.inputs[0] is node:
            memory.equate(name, size)


def _joint(entries: Entries, parts: Sequence[Node], memory: Memory) -> Iterator[tuple[Size, Size]]:
    """Index arrays stand side by side; only an axis known to be 1 stretches."""
    arrays: Sequence[Node] = [p.parts[0] for p in place(entries, parts) if p.entry == "a"]
    ndim = max((array.ndim for array in arrays), default=0)
    for axis in range(-ndim, 0):
        sizes = [memory.exact_sizes(a)[axis] for a in arrays if a.ndim >= -axis]
        wide = [size for size in sizes if size != 1]
        yield from ((wide[0], size) for size in wide[1:])
