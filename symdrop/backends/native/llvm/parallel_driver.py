"""The parallel driver: kernel after kernel, loop after loop, with barriers, as every thread of a team runs them.

A thread waits for the others only where a kernel touches what another has written. In a
loop all threads meet before a step, one of them writes the position into the frame, and they
meet again. A loop whose steps are too small for that is left to the first thread.

Until the first state is written a call may be left: because a check failed, or because the handler of
a signal raised. Signals are looked at where threads meet (runtime/interrupts.py); a call that looks at them
meets before every kernel outside of loops. Who leaves a loop meets the others behind it, and all leave the
next one out.

A long sequence is cut into functions of a bounded length, which one function calls: the time that
LLVM takes for a function grows faster than its length.

Read next: module.py
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import count
from typing import NamedTuple

from ....lower.build.lowered_module import LoweredModule
from ....lower.ir.control_flow import For, If, Statement
from ....lower.ir.frame import ARENA, ASKING, Buffer
from ....lower.ir.loop_nest import LoopNest

PARAMETERS = "(ptr noalias %frame, i64 %thread, i64 %threads)"
# Kernels, loops and choices of one function.
_MOST = 64
# More than all meetings at which signals may be passed over.
_NOW = 1 << 32
# The label where a function is left.
_LEFT = "left"


class Team(NamedTuple):
    """The names of the team of threads in the text.

    Attributes:
        threads: how many there are.
        single: whether there is only one.
        quiet: whether there is only one, and the call looks at no signals.
    """

    threads: str
    single: str
    quiet: str


class ParallelDriverWriter:
    """A writer of the parallel driver: the calls of kernels, the loops and branches around them, and barriers.

    Args:
        step: the lowered step.
        declare: told every function that is called.
    """

    def __init__(self, step: LoweredModule, declare: Callable[[str, str], None]) -> None:
        self.step = step
        self._may_fail = 0 < step.commit_point < len(step.nests)
        # The first kernel that writes over a state; from there on the call runs to its end.
        inputs = set(step.memory.inputs)
        self._first_overwrite = next(
            (i for i, nest in enumerate(step.nests) if _touches(nest.writes, inputs)), len(step.nests)
        )
        # Where a thread goes that leaves: out of the innermost loop, or out of the function.
        self._exit = _LEFT
        # What was read and written since all threads have waited for each other.
        self._read: set[Buffer] = set()
        self._written: set[Buffer] = set()
        self._in_arena: set[Buffer] = set()
        self._labels = 0
        self._numbers = count()
        self._made: list[str] = []
        declare("symdrop_barrier", "declare void @symdrop_barrier(i64)")
        declare("symdrop_meet", "declare i64 @symdrop_meet(ptr, i64, i64, i64)")

    def functions(self) -> list[str]:
        """The text of ``body``, which every thread of a team runs, and of the functions it calls, the last one."""
        self._write("body", self.step.items)
        return self._made

    def _write(self, name: str, items: Sequence[Statement]) -> None:
        """Append the text of a function that runs some items."""
        around, self._exit = self._exit, _LEFT
        lines = list(self._items(items, Team("%threads", "%single", "%quiet")))
        self._exit = around
        end = [f"{_LEFT}:", "  ret void"] if any(f"label %{_LEFT}" in line for line in lines) else []
        head = [
            f"define void @{name}{PARAMETERS} nounwind {{",
            "entry:",
            *(f"  {_counter(item)} = alloca i64" for item in _loops(items)),
            "  %first = icmp eq i64 %thread, 0",
            "  %single = icmp sle i64 %threads, 1",
            *_load("%asking", ASKING),
            "  %silent = icmp eq i64 %asking, 0",
            "  %quiet = and i1 %single, %silent",
        ]
        self._made.append("\n".join([*head, *lines, "  ret void", *end, "}"]))

    def _items(self, items: Sequence[Statement], team: Team) -> Iterator[str]:
        if len(items) <= _MOST:
            yield from self._each(items, team)
            return
        for part in _parts(items, {self.step.commit_point, self._first_overwrite}):
            if self._is_safe_now(_begin(part[0])):
                yield from self._leave_if_failed(self.step.commit_point, team)
            name = f"part_{next(self._numbers)}"
            self._write(name, part)
            yield f"  call void @{name}(ptr %frame, i64 %thread, i64 {team.threads})"
            yield from self._follow(_end(part[-1]), team)

    def _each(self, items: Sequence[Statement], team: Team) -> Iterator[str]:
        for item in items:
            if isinstance(item, For):
                yield from self._repeat(item, team)
            elif isinstance(item, If):
                yield from self._choice(item, team)
            else:
                yield from self._kernel(item, team)

    def _kernel(self, number: int, team: Team) -> Iterator[str]:
        nest = self.step.nests[number]
        yield from self._before(number, nest.reads, nest.writes, team)
        self._note(nest.reads, nest.writes)
        call = f"  call void @kernel_{number}(ptr %frame, i64 %thread, i64 {team.threads})"
        if nest.alone:
            yield from self._by_the_first(f"k{number}", [call])
        else:
            yield call

    def _enter(self, item: For | If, team: Team) -> Iterator[str]:
        """Wait for the others before a loop or a choice: one of them has written to the frame."""
        if self._is_safe_now(item.begin):
            yield from self._leave_if_failed(item.begin, team)
        else:
            yield from self._meet(item.end, team)

    def _before(self, number: int, reads: set[Buffer], writes: set[Buffer], team: Team) -> Iterator[str]:
        """Wait for the others if need be; leave if a check failed before states are overwritten."""
        if self._is_safe_now(number):
            yield from self._leave_if_failed(number, team)
        elif self._conflicts(reads, writes):
            yield from self._meet(number + 1, team)
        elif self._exit == _LEFT and number:
            yield from self._follow(number + 1, team)

    def _is_safe_now(self, number: int) -> bool:
        return self._may_fail and number == self.step.commit_point

    def _leave_if_failed(self, number: int, team: Team) -> Iterator[str]:
        """The commit point: all run-time checks have run; leave if one failed."""
        self._may_fail = False
        yield from self._barrier(team)
        yield f"  %failed{number} = load i64, ptr %frame, align 8"
        yield f"  %ok{number} = icmp eq i64 %failed{number}, 0"
        yield f"  br i1 %ok{number}, label %go{number}, label %{_LEFT}"
        yield f"go{number}:"

    def _repeat(self, repeat: For, team: Team) -> Iterator[str]:
        name = f"r{repeat.begin}.{repeat.position}"
        counter = _counter(repeat)
        nests = self.step.nests[repeat.begin : repeat.end]
        yield from self._enter(repeat, team)
        yield from _load(f"%{name}.first", repeat.first)
        yield from _load(f"%{name}.count", repeat.count)
        yield from _load(f"%{name}.small", repeat.alone)
        yield f"  %{name}.alone = icmp ne i64 %{name}.small, 0"
        yield f"  %{name}.team = select i1 %{name}.alone, i64 1, i64 {team.threads}"
        yield f"  %{name}.single = icmp sle i64 %{name}.team, 1"
        yield f"  %{name}.quiet = and i1 %{name}.single, %silent"
        yield f"  %{name}.here = icmp slt i64 %thread, %{name}.team"
        own = Team(f"%{name}.team", f"%{name}.single", f"%{name}.quiet")
        around, self._exit = self._exit, f"{name}.done"
        yield f"  store i64 0, ptr {counter}"
        yield f"  br i1 %{name}.here, label %{name}.head, label %{name}.done"
        yield f"{name}.head:"
        yield f"  %{name}.step = load i64, ptr {counter}"
        yield f"  %{name}.more = icmp slt i64 %{name}.step, %{name}.count"
        yield f"  br i1 %{name}.more, label %{name}.next, label %{name}.done"
        yield f"{name}.next:"
        yield f"  %{name}.after = add i64 %{name}.step, 1"
        yield f"  store i64 %{name}.after, ptr {counter}"
        yield from self._meet(repeat.end, own)
        yield from self._position(repeat, name)
        yield from self._barrier(own)
        yield from self._items(repeat.items, own)
        if repeat.stop is None:
            yield f"  br label %{name}.head"
        else:
            yield from self._barrier(own)
            yield from _stop(repeat.stop, name)
            yield f"  br i1 %{name}.last, label %{name}.done, label %{name}.head"
        yield f"{name}.done:"
        if repeat.stop is not None:
            yield f"  %{name}.made = load i64, ptr {counter}"
            yield from self._by_the_first(f"{name}.tell", list(_store(f"%{name}.made", repeat.made, f"%{name}.made")))
        self._exit = around
        yield from self._follow(repeat.end, team)
        # All that happened since the loop began may not have been waited for.
        self._forget()
        self._note(_union(nests, "reads"), _union(nests, "writes"))

    def _choice(self, choice: If, team: Team) -> Iterator[str]:
        name = f"c{choice.begin}.{choice.chosen}"
        nests = self.step.nests[choice.begin : choice.end]
        yield from self._enter(choice, team)
        yield from _load(f"%{name}.word", choice.chosen)
        yield f"  %{name}.then = icmp ne i64 %{name}.word, 0"
        yield f"  br i1 %{name}.then, label %{name}.yes, label %{name}.no"
        for way, items in (("yes", choice.then), ("no", choice.otherwise)):
            yield f"{name}.{way}:"
            self._forget()
            yield from self._items(items, team)
            yield f"  br label %{name}.done"
        yield f"{name}.done:"
        self._forget()
        self._note(_union(nests, "reads"), _union(nests, "writes"))

    def _position(self, repeat: For, name: str) -> Iterator[str]:
        if repeat.reverse:
            yield f"  %{name}.left = sub i64 %{name}.count, %{name}.after"
        left = f"%{name}.left" if repeat.reverse else f"%{name}.step"
        yield f"  %{name}.position = add i64 %{name}.first, {left}"
        yield from self._by_the_first(
            f"{name}.set", list(_store(f"%{name}.position", repeat.position, f"%{name}.position"))
        )

    # Threads.

    def _note(self, reads: set[Buffer], writes: set[Buffer]) -> None:
        """Memory that is touched from now on."""
        self._read |= reads
        self._written |= writes
        self._in_arena |= {buffer for part in (reads, writes) for buffer in part if buffer.in_arena}

    def _forget(self) -> None:
        """All threads have met: what was touched before does not matter any more."""
        self._read, self._written, self._in_arena = set(), set(), set()

    def _conflicts(self, reads: set[Buffer], writes: set[Buffer]) -> bool:
        """True if what touches these buffers must wait for what has been run since the last barrier."""
        if not (self._written.isdisjoint(reads) and self._written.isdisjoint(writes) and self._read.isdisjoint(writes)):
            return True
        # In the arena buffers may have the places of others.
        return any(buffer.in_arena for buffer in writes) and not self._in_arena <= writes

    def _barrier(self, team: Team) -> Iterator[str]:
        """All threads wait for each other, unless there is only one."""
        self._forget()
        name = self._label()
        yield f"  br i1 {team.single}, label %{name}.go, label %{name}.wait"
        yield f"{name}.wait:"
        yield f"  call void @symdrop_barrier(i64 {team.threads})"
        yield f"  br label %{name}.go"
        yield f"{name}.go:"

    def _meet(self, end: int, team: Team) -> Iterator[str]:
        """A barrier before kernels up to a number; if none of them writes over a state, all may leave here."""
        if end > self._first_overwrite:
            yield from self._barrier(team)
        else:
            self._forget()
            yield from self._meeting(team, team.quiet)

    def _follow(self, end: int, team: Team) -> Iterator[str]:
        """A meeting where no barrier is needed: in calls that look at signals all meet, and may leave."""
        if end <= self._first_overwrite:
            yield from self._meeting(team, "%silent")

    def _meeting(self, team: Team, unless: str) -> Iterator[str]:
        name = self._label()
        # In a loop signals need not be looked at at once.
        now = _NOW if self._exit == _LEFT else 0
        yield f"  br i1 {unless}, label %{name}.go, label %{name}.meet"
        yield f"{name}.meet:"
        yield f"  %{name}.word = call i64 @symdrop_meet(ptr %frame, i64 %thread, i64 {team.threads}, i64 {now})"
        yield f"  %{name}.stay = icmp eq i64 %{name}.word, 0"
        yield f"  br i1 %{name}.stay, label %{name}.go, label %{self._exit}"
        yield f"{name}.go:"

    def _label(self) -> str:
        self._labels += 1
        return f"b{self._labels}"

    def _by_the_first(self, name: str, lines: list[str]) -> list[str]:
        """A single-thread region: only one thread of the team runs it."""
        return [
            f"  br i1 %first, label %{name}.one, label %{name}.all",
            f"{name}.one:",
            *lines,
            f"  br label %{name}.all",
            f"{name}.all:",
        ]


def _parts(items: Sequence[Statement], borders: Collection[int]) -> Iterator[Sequence[Statement]]:
    """Items in parts of a bounded length; those that begin with a kernel of ``borders`` begin one."""
    begin = 0
    for i in range(1, len(items) + 1):
        if i == len(items) or i - begin == _MOST or _begin(items[i]) in borders:
            yield items[begin:i]
            begin = i


def _begin(item: Statement) -> int:
    return item if isinstance(item, int) else item.begin


def _end(item: Statement) -> int:
    return item + 1 if isinstance(item, int) else item.end


def _touches(buffers: Collection[Buffer], others: Collection[Buffer]) -> bool:
    return any(buffer.root in others for buffer in buffers)


def _loops(items: Sequence[Statement]) -> Iterator[For]:
    """The loops that the function of some items has to count the steps of."""
    for item in items if len(items) <= _MOST else ():
        if isinstance(item, For):
            yield item
            yield from _loops(item.items)
        elif isinstance(item, If):
            yield from _loops(item.then)
            yield from _loops(item.otherwise)


def _counter(repeat: For) -> str:
    return f"%step{repeat.begin}.{repeat.position}"


def _union(nests: list[LoopNest], which: str) -> set[Buffer]:
    found: set[Buffer] = set()
    for nest in nests:
        found |= nest.reads if which == "reads" else nest.writes
    return found


def _load(name: str, word: int) -> Iterator[str]:
    yield f"  {name}.word = getelementptr i64, ptr %frame, i64 {word}"
    yield f"  {name} = load i64, ptr {name}.word, align 8"


def _store(name: str, word: int, value: str) -> Iterator[str]:
    yield f"  {name}.to = getelementptr i64, ptr %frame, i64 {word}"
    yield f"  store i64 {value}, ptr {name}.to, align 8"


def _stop(buffer: Buffer, name: str) -> Iterator[str]:
    """True if a step has said that it is the last."""
    yield from _load(f"%{name}.offset", buffer.word)
    yield from _load(f"%{name}.arena", ARENA)
    yield f"  %{name}.base = inttoptr i64 %{name}.arena to ptr"
    yield f"  %{name}.flag = getelementptr i8, ptr %{name}.base, i64 %{name}.offset"
    yield f"  %{name}.byte = load i8, ptr %{name}.flag, align 1"
    yield f"  %{name}.last = icmp ne i8 %{name}.byte, 0"
