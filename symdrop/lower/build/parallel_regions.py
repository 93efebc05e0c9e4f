"""Parallel regions: which kernels are handed out to a team of threads together.

All parts of all kernels of a region may run at once and in any order, so none touches what another writes; behind
a region the thread that handed it out goes on when all parts are done, as in the fork-join model. Nothing else
waits. A kernel's part depends on numbers alone, not on who computes it, and so do its results.

Source: the fork-join model and the parallel regions of OpenMP 5.2, section 1.3.

Read next: lowered_module.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..ir.control_flow import For, Region, Statement
from ..ir.frame import NO_WORD, WORK, Buffer, FrameLayout
from ..ir.loop_nest import LoopNest

# A call looks at signals between regions, so a region has no more kernels than this.
_MOST = 8


def parallel_regions(
    memory: FrameLayout, nests: Sequence[LoopNest], statements: Sequence[Statement], border: int
) -> list[Region]:
    """The regions of a segment, in order; every kernel stands in one.

    Args:
        memory: gives each region that is shared a word for the work in it.
        nests: the kernels.
        statements: the numbers of those outside of loops and choices, and these, in order.
        border: the number of a kernel that begins a region, since something is asked before it.
    """
    regions = list(_formed(nests, statements, border, ()))
    shared = [region for region in regions if not all(nest.alone for nest in nests[region.begin : region.end])]
    for region in shared:
        divided = [nest for nest in nests[region.begin : region.end] if not nest.alone]
        # The next part of one product would find packed what another needs.
        region.finest = 0 if sum(nest.packs for nest in divided) > 1 else min(nest.finest for nest in divided)
        # The only one does all the work there is.
        region.work = WORK if len(shared) == 1 and not region.loops else memory.word()
    return regions


def _formed(
    nests: Sequence[LoopNest], statements: Sequence[Statement], border: int, loops: tuple[For, ...]
) -> Iterator[Region]:
    last: Region | None = None
    for one in statements:
        if isinstance(one, int):
            if last is not None and one != border and _may_join(nests, last, one):
                last.end += 1
            else:
                last = Region(one, one + 1, loops, NO_WORD, 0)
                yield last
            continue
        last = None
        if isinstance(one, For):
            yield from _formed(nests, one.items, border, (*loops, one))
        else:
            yield from _formed(nests, one.then, border, loops)
            yield from _formed(nests, one.otherwise, border, loops)


def _may_join(nests: Sequence[LoopNest], region: Region, number: int) -> bool:
    """True if a kernel may run while those of a region do."""
    before, nest = nests[region.begin : region.end], nests[number]
    if len(before) == _MOST:
        return False
    read: set[Buffer] = set().union(*(one.reads for one in before))
    written: set[Buffer] = set().union(*(one.writes for one in before))
    if not (written.isdisjoint(nest.reads) and written.isdisjoint(nest.writes) and read.isdisjoint(nest.writes)):
        return False
    # In the arena a buffer may have the place of one that is no longer needed.
    in_arena = {buffer for buffer in (*read, *written) if buffer.in_arena}
    return not any(buffer.in_arena for buffer in nest.writes) or in_arena <= nest.writes
