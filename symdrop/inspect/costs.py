"""Costs of a compiled function: operations and bytes of every node, or of every kernel.

Nodes are evaluated one by one on example arguments, so every size is the real one. Counts
are of the arithmetic that the formulas name; a function such as tanh counts as one.

Read next: counterparts.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..backends.native.tools.memory_plan import MemoryPlan
from ..binding import public
from ..compiler import Function
from ..errors import ArgumentError, here, shown
from ..graph import Graph, Node
from ..op import evaluate_node, leaf_value
from ..ops.numpy_maths import NUMPY
from ..ops.scan import Loop
from .brief import brief
from .history import checked_function

# Rows that are printed; what further ones cost is added up.
_SHOWN = 200

_KINDS_WITHOUT_ARITHMETIC = ("leaf", "view", "control")


@public
@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one node or kernel.

    Attributes:
        title: what is computed.
        flops: arithmetic operations.
        moved: bytes read and written.
        stored: bytes of the result, 0 for views.
        times: how often it is computed.
    """

    title: str
    flops: int
    moved: int
    stored: int
    times: int = 1

    @property
    def intensity(self) -> float:
        """Operations per byte."""
        return self.flops / self.moved if self.moved else 0.0


def _total(title: str, rows: Sequence[Cost]) -> Cost:
    return Cost(title, sum(r.flops for r in rows), sum(r.moved for r in rows), sum(r.stored for r in rows))


@public
@dataclass(frozen=True, slots=True)
class Costs:
    """The costs of a function; printed as a table.

    Attributes:
        rows: a cost for every node or kernel, in the order of computation.
        by: "node" or "kernel".
        memory: for kernels, the memory plan: what is stored between them, how long, and where.
    """

    rows: tuple[Cost, ...]
    by: str
    memory: MemoryPlan | None = None

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        table = [(self.by, "times", "flops", "bytes", "flops/byte", "stored")]
        hidden = self.rows[_SHOWN:]
        sums = [_total(f"... and {len(hidden):,} more", hidden)] * bool(hidden) + [_total("all", self.rows)]
        table += [
            (title, str(r.times), f"{r.flops:,}", f"{r.moved:,}", f"{r.intensity:.2f}", f"{r.stored:,}")
            for title, r in (*self._titled()[:_SHOWN], *((r.title, r) for r in sums))
        ]
        widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
        lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in table]
        return "\n".join([*lines, *(["", str(self.memory)] if self.memory else [])])

    def _titled(self) -> list[tuple[str, Cost]]:
        """Kernels are numbered, as in listings and in the memory plan."""
        return [(f"{i} {r.title}" if self.memory else r.title, r) for i, r in enumerate(self.rows)]


@public
def cost(f: Function, *args: Any, sizes: Mapping[str, Sequence[int]] | None = None, by: str = "node") -> Costs:
    """The operations and bytes of a compiled function for arguments of these sizes; no state changes.

    Args:
        f: a compiled function.
        *args: example arguments.
        sizes: instead of arguments the shapes of the inputs, by name; zeros of that shape are the arguments.
        by: "node" for the nodes of the rewritten graph, or "kernel" for what the native back end runs (which stores
            only what lies between kernels, so that it moves less), with its memory plan.

    Returns:
        ``Costs``, printed as a table; nodes in a loop count as often as its step is made.

    Raises:
        ArgumentError: for both arguments and sizes, another ``by``, a name that no input has, or kernels of a
            function that is not a single native call.
        GraphTypeError: if ``f`` is not a compiled function, or for arguments that it would refuse.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x, y = T.fmatrix("x"), T.fmatrix("y")
        >>> f = sd.function([x, y], x @ y, backend="numpy")
        >>> sd.inspect.cost(f, sizes={"x": (10, 20), "y": (20, 30)}).rows[0].flops
        12000
    """
    f = checked_function(f, "cost")
    if by not in ("node", "kernel"):
        raise ArgumentError(f"by={shown(by)}: expected 'node' or 'kernel'{here()}")
    leaves = f.stages["rewritten"].inputs
    if sizes is not None:
        args = _zeros(leaves, args, sizes)
    if by == "kernel":
        profile = f.profile(*args, repeats=1)
        return Costs(tuple(Cost(k.title, k.operations, k.moved, 0) for k in profile.kernels), by, profile.memory)
    rows: list[Cost] = []
    with np.errstate(all="ignore"):
        _walk(f.stages["rewritten"], f.arguments(*args), 1, rows)
    return Costs(tuple(rows), by)


def _zeros(leaves: Sequence[Node], args: Sequence[Any], sizes: Mapping[str, Sequence[int]]) -> tuple[Any, ...]:
    names = [leaf.name for leaf in leaves]
    unknown = [name for name in sizes if name not in names]
    if args or unknown or len(sizes) != len(leaves):
        raise ArgumentError(
            f"sizes names the shape of every input, instead of arguments: expected {names}, got {list(sizes)}"
            f" and {len(args)} arguments{here()}"
        )
    return tuple(np.zeros(tuple(sizes[leaf.name or ""]), leaf.dtype) for leaf in leaves)


def _walk(graph: Graph, given: Mapping[Node, Any], times: int, rows: list[Cost]) -> list[Any]:
    """Evaluate a graph, adding a cost for every node and for the nodes of the bodies in it."""
    known: dict[Node, Any] = dict(given)
    for node in graph.nodes():
        if node in known:
            continue
        if node.op.kind == "leaf":
            known[node] = leaf_value(node)
            continue
        values = [known[source] for source in node.inputs]
        known[node] = evaluate_node(node, NUMPY, values)
        if node.op.name in _BODIES:
            chosen, inner, often = _BODIES[node.op.name](node, values, known[node])
            if often:
                _walk(chosen, dict(zip(chosen.inputs, inner, strict=True)), times * often, rows)
        elif node.items is None and node.op.kind != "view" and node.op.name not in ("item", "dim"):
            result = np.asarray(known[node])
            moved = result.nbytes + sum(np.asarray(value).nbytes for value in values)
            rows.append(Cost(brief(node, width=50), times * _flops(node, values, result), times * moved,
                             result.nbytes, times))  # fmt: skip
    return [known[output] for output in graph.outputs]


def _flops(node: Node, values: Sequence[Any], result: Any) -> int:
    if node.op.name == "matmul":
        return 2 * int(result.size) * int(np.shape(values[0])[-1])
    if node.op.kind in _KINDS_WITHOUT_ARITHMETIC:
        return 0
    largest = max((int(np.size(value)) for value in values), default=0)
    return max(largest, int(result.size)) if node.op.kind == "reduction" else int(result.size)


_Step = tuple[Graph, Sequence[Any], int]


def _loop_step(node: Node, values: Sequence[Any], results: Sequence[Any]) -> _Step:
    """The first step of a loop, and how many were made."""
    loop = Loop(node)
    _, first, count, *others = values
    if loop.stop is not None:
        count = results[-1]
    n = len(loop.sequences)
    rows = [
        sequence[min(max(int(first) + offset, 0), len(sequence) - 1)]
        for sequence, offset in zip(others[:n], node.params["offsets"], strict=True)
        if len(sequence)
    ]
    often = int(count) if len(rows) == n else 0
    return loop.body, [np.asarray(first), *rows, *others[n:]], often


def _row_step(node: Node, values: Sequence[Any], results: Any) -> _Step:
    return node.params["body"], [np.asarray(0), *values[1:]], int(values[0])


def _branch_step(node: Node, values: Sequence[Any], results: Any) -> _Step:
    return node.params["then" if values[0] else "otherwise"], values[1:], 1


_BODIES: Mapping[str, Callable[[Node, Sequence[Any], Any], _Step]] = {
    "scan": _loop_step, "map_rows": _row_step, "branch": _branch_step,
}  # fmt: skip
