"""Costs of a compiled function: operations and bytes of every node, or of every kernel.

Nodes are evaluated one by one on example arguments (compiler/node_costs.py), so every size is the real one.

Read next: counterparts.py
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..backends.native.tools.memory_plan import MemoryPlan
from ..binding import public
from ..compiler import Function
from ..compiler.node_costs import node_costs
from ..errors import ArgumentError, here, shown
from ..graph import Node
from .brief import brief
from .history import checked_function

# Rows that are printed; what further ones cost is added up.
_SHOWN = 200


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
    counted, _ = node_costs(f.stages["rewritten"], f.arguments(*args))
    rows = (Cost(brief(one.node, width=50), one.flops, one.moved, one.stored, one.times) for one in counted)
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
