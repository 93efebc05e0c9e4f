"""Recomputed values of a function with a memory limit: every one, its bytes, and the operations that it takes.

Read next: reasons.py
"""

from __future__ import annotations

from ..compiler import Function
from ..errors import at_lines
from ..rewrite.rematerialisation import RecomputedValue
from .brief import brief

# How many values are listed; of the others the sums are told.
_SHOWN = 60


def recomputed_values(f: Function) -> str:
    """A table of the values that a function computes again, and what that saves and takes."""
    found = f.recomputation
    if found is None:
        return f"{f.name} has no memory limit, and computes again only what checkpoints say"
    if not found.values:
        return f"{f.name} computes nothing again: intermediate values take {found.planned:,} bytes"
    more = sum(value.operations for value in found.values)
    share = more / max(found.operations, 1)
    lines = [
        f"{f.name} computes {len(found.values)} values again: intermediate values take {found.planned:,} bytes "
        f"instead of {found.without:,}, for {more:,} more operations ({share:.1%})"
    ]
    lines += map(_line, found.values[:_SHOWN])
    rest = found.values[_SHOWN:]
    if rest:
        size = sum(value.size for value in rest)
        lines.append(f"  ... and {len(rest)} more: {size:,} bytes, {sum(v.operations for v in rest):,} operations")
    return "\n".join(lines)


def _line(value: RecomputedValue) -> str:
    what = f"{brief(value.node)}{at_lines(value.node.lines)}"
    return f"  {what}: {value.size:,} bytes, {value.operations:,} operations"
