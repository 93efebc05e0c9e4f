"""The parallel driver: region after region, loop after loop, as the thread that makes a call runs them.

One thread runs through all loops and choices, and hands out the work of parallel regions (fork-join): each region is
divided into parts, which whoever is awake takes; where all are done, the thread goes on. A region in which there is
little to do it runs by itself. So a thread that comes late, or not at all, is not waited for (runtime/pool.py).

Until the first state is written a call may be left: because a check failed, or because the handler of
a signal raised, which is looked up before regions (runtime/interrupts.py).

A long sequence is cut into functions of a bounded length, which one function calls: the time that
LLVM takes for a function grows faster than its length.

Read next: module.py
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import count

from ....lower.build.lowered_module import LoweredModule
from ....lower.ir.control_flow import For, If, Region, Statement
from ....lower.ir.frame import ARENA, ASKING, NO_WORD, Buffer
from ..templates import fill

# Regions, loops and choices of one function.
_MOST = 64
# More than all polls at which signals may be passed over.
_NOW = 1 << 32

_Item = Region | For | If


class ParallelDriverWriter:
    """A writer of the parallel driver: regions of kernels, and the loops and branches around them.

    Args:
        step: the lowered step.
        declare: told every function that is called.
    """

    def __init__(self, step: LoweredModule, declare: Callable[[str, str], None]) -> None:
        self.step = step
        self._regions = {region.begin: region for region in step.regions}
        self._may_fail = 0 < step.commit_point < len(step.nests)
        # The first kernel that writes over a state; from there on the call runs to its end.
        inputs = set(step.memory.inputs)
        self._first_overwrite = next(
            (i for i, nest in enumerate(step.nests) if _touches(nest.writes, inputs)), len(step.nests)
        )
        # Of the loop that is being written, the outermost one.
        self._loop: For | None = None
        # Of the function that is being written, its loops, and the functions that hold its regions.
        self._loops: list[For] = []
        self._outlined: list[str] = []
        self._numbers, self._labels = count(), count(1)
        self._made: list[str] = []
        declare("symdrop_share", "declare void @symdrop_share(ptr, ptr, i64, i64, i64)")
        declare("symdrop_poll", "declare i64 @symdrop_poll(ptr, i64)")

    def functions(self) -> list[str]:
        """The text of ``body``, which runs the whole step, and of the functions it calls, the last one."""
        self._write("body", self._grouped(self.step.items))
        return self._made

    def _grouped(self, statements: Sequence[Statement]) -> list[_Item]:
        """Regions instead of the kernels in them."""
        return [
            self._regions[one] if isinstance(one, int) else one
            for one in statements
            if not isinstance(one, int) or one in self._regions
        ]

    def _write(self, name: str, items: Sequence[_Item]) -> None:
        """Append the text of a function that runs some items, and of the regions in it."""
        around, self._loops, self._outlined = (self._loops, self._outlined), [], []
        lines = "\n".join(self._items(items))
        body = fill("llvm/body.ll", name=name, asking=ASKING, counters=map(_counter, self._loops), lines=lines)
        self._made.append("\n".join([*self._outlined, body]))
        self._loops, self._outlined = around

    def _items(self, items: Sequence[_Item]) -> Iterator[str]:
        if len(items) <= _MOST:
            for item in items:
                yield from self._before(item)
                yield self._item(item)
            return
        for part in _parts(items, {self.step.commit_point, self._first_overwrite}):
            name = f"part_{next(self._numbers)}"
            self._write(name, part)
            yield fill("llvm/part.ll", name=name, label=self._label())

    def _item(self, item: _Item) -> str:
        if isinstance(item, Region):
            return self._region(item)
        return self._for(item) if isinstance(item, For) else self._if(item)

    def _before(self, item: _Item) -> Iterator[str]:
        """Leave at the commit point if a check failed, or where a signal's handler raised."""
        if self._may_fail and item.begin == self.step.commit_point:
            self._may_fail = False
            yield fill("llvm/failed.ll", label=self._label())
        last = item.begin if self._loop is None else self._loop.end
        if (item.begin or self._loop) and last <= self._first_overwrite:
            # In a loop signals need not be looked at at once.
            yield fill("llvm/poll.ll", label=self._label(), now=0 if self._loop else _NOW)

    def _region(self, region: Region) -> str:
        """The kernels of a region: called one by one, or handed out to the team."""
        numbers = range(region.begin, region.end)
        if region.work == NO_WORD:
            return fill("llvm/kernels.ll", numbers=numbers)
        body = f"kernel_{region.begin}"
        if len(numbers) > 1:
            body = f"region_{region.begin}"
            alone = [number for number in numbers if self.step.nests[number].alone]
            shared = [number for number in numbers if not self.step.nests[number].alone]
            self._outlined.append(fill("llvm/region.ll", name=body, alone=alone, shared=shared))
        return fill("llvm/share.ll", body=body, work=region.work, finest=region.finest, label=self._label())

    def _for(self, loop: For) -> str:
        self._loops.append(loop)
        around, self._loop = self._loop, self._loop or loop
        body = "\n".join(self._items(self._grouped(loop.items)))
        self._loop = around
        stop = [] if loop.stop is None else [loop.stop.word]
        return fill(
            "llvm/loop.ll",
            name=f"r{loop.begin}.{loop.position}",
            counter=_counter(loop),
            first=loop.first,
            count=loop.count,
            position=loop.position,
            backward=["left"] if loop.reverse else [],
            forward=[] if loop.reverse else ["step"],
            body=body,
            endless=[] if stop else ["head"],
            stop=stop,
            made=loop.made,
            arena=ARENA,
        )

    def _if(self, choice: If) -> str:
        ways = [
            (way, "\n".join(self._items(self._grouped(items))))
            for way, items in (("yes", choice.then), ("no", choice.otherwise))
        ]
        return fill("llvm/choice.ll", name=f"c{choice.begin}.{choice.chosen}", chosen=choice.chosen, ways=ways)

    def _label(self) -> str:
        return f"b{next(self._labels)}"


def _parts(items: Sequence[_Item], borders: Collection[int]) -> Iterator[Sequence[_Item]]:
    """Items in parts of a bounded length; those that begin with a kernel of ``borders`` begin one."""
    begin = 0
    for i in range(1, len(items) + 1):
        if i == len(items) or i - begin == _MOST or items[i].begin in borders:
            yield items[begin:i]
            begin = i


def _touches(buffers: Collection[Buffer], others: Collection[Buffer]) -> bool:
    return any(buffer.root in others for buffer in buffers)


def _counter(loop: For) -> str:
    return f"%step{loop.begin}.{loop.position}"
