"""A native program step by step: every kernel's loops, machine code and nodes.

The text of a module's machine code is cut at the symbols of its functions. A kernel's part
is its own function and those that only such functions call: the ways it chooses between, and
the one function that equal kernels share.

Read next: planned_memory.py
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ...graph import Graph, Node
from ...lower.printer import kernel_listings
from ...op import bodies
from ..base import Listing
from .jit import compiler
from .segment import NativeSegment

_LABEL = re.compile(r"_?((?:kernel|equal)_\d+\w*):")
_MENTIONED = re.compile(r"\b_?((?:kernel|equal)_\d+\w*)")
_END = re.compile(r"\.?L?func_end|\s*\.(section|size|globl)\b")
# What tells an assembler or a debugger something, and a reader nothing.
_NOISE = re.compile(r"\s*(\.cfi_\w+|\.p2align|#|;|##)|\s*$")


def fallback(node: Node) -> str:
    """The text in place of code for a node that NumPy computes."""
    return f"NumPy evaluates the formula of {node.op.name}"


def listings(
    pieces: Sequence[NativeSegment | Node], graph: Graph, became: Mapping[Node, Node], assembly: bool
) -> list[Listing]:
    """The steps of a program.

    Args:
        pieces: its segments and fallbacks.
        graph: the compiled graph.
        became: what nodes of it were lowered to, the others staying themselves.
        assembly: whether to give machine code too.
    """
    made_from: dict[Node, set[Node]] = {}
    for node in _with_those_inside(graph):
        made_from.setdefault(became.get(node, node), set()).add(node)
    found = []
    for piece in pieces:
        if isinstance(piece, Node):
            code = fallback(piece)
            nodes = frozenset(made_from.get(piece, ()))
            found.append(Listing(f"fallback {piece.op.name}", code, "", nodes, frozenset((piece,))))
        else:
            found += _of_segment(piece, made_from, assembly)
    return found


def _with_those_inside(graph: Graph) -> Iterator[Node]:
    """The nodes of a graph and of the graphs that they hold."""
    pending = [graph]
    while pending:
        for node in pending.pop().nodes():
            yield node
            pending += bodies(node).values()


def _of_segment(piece: NativeSegment, made_from: Mapping[Node, set[Node]], assembly: bool) -> list[Listing]:
    step = piece.lowered.module
    copies: dict[Node, Node] = {copy: node for node, copy in piece.lowered.segment.copies.items()}
    functions = functions_of(compiler.assembly(piece.lowered.text, piece.target)) if assembly else {}
    found = []
    for number, (nest, code) in enumerate(zip(step.nests, kernel_listings(step), strict=True)):
        machine_code = "\n".join(functions[name] for name in _called(f"kernel_{number}", functions))
        decomposed = frozenset(copies.get(node, node) for node in nest.nodes)
        nodes = frozenset(node for made in decomposed for node in made_from.get(made, ()))
        found.append(Listing(nest.title, code, machine_code, nodes, decomposed))
    return found


def functions_of(assembly: str) -> dict[str, str]:
    """The kernels' functions in a module's machine code, by name.

    Example:
        >>> functions_of("kernel_0:\\n\\t.cfi_startproc\\n\\tretq\\n.Lfunc_end0:\\n\\t.size kernel_0, 1\\n")
        {'kernel_0': 'kernel_0:\\n\\tretq'}
    """
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in assembly.splitlines():
        label = _LABEL.match(line)
        if label:
            current = found.setdefault(label[1], [])
        elif _END.match(line):
            current = None
        if current is not None and not _NOISE.match(line):
            current.append(line)
    return {name: "\n".join(lines) for name, lines in found.items()}


def _called(name: str, functions: Mapping[str, str]) -> list[str]:
    """A function and those of the others that it calls, directly or not."""
    names = [name] if name in functions else []
    for current in names:
        names += [n for n in dict.fromkeys(_MENTIONED.findall(functions[current])) if n in functions and n not in names]
    return names
