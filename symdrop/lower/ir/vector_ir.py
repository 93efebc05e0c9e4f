"""Vector IR: what one iteration of a loop computes, for several elements side by side.

A *lane value* is a number, or ``width`` numbers that belong to neighbouring elements. It
is made by one *operation* from other lane values, and it lives in the *block* of the loop
that it depends on: what depends on no loop is computed once, what depends on the row is
computed once a row. So nothing has to be moved out of loops later, and equal operations
in a block are one operation.

    with lanes.loop(start, stop, step=16) as loop:
        x = lanes.load(buffer, loop.index, width=16)
        lanes.store(other, loop.index, lanes.make("mul", x, x))

Operators on lane values run the formulas of ops on them, as everywhere. Where many
operations make one function, a *span* says so, for readers; outside of loops, where its time
does not count, the function is *called*, so that it is compiled once and not wherever it is used.

Read next: frame.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

from ...syntax import Operation, Term

INDEX = "int64"

# Operations whose result is a truth value for every element.
COMPARISONS = frozenset(("lt", "le", "gt", "ge", "eq", "ne"))


class Value(Term):
    """One value of the vector IR.

    Attributes:
        op: the operation that makes it.
        type: name of the dtype of an element.
        width: how many elements stand side by side; 1 is a plain number.
        inputs: the lane values it is made from.
        about: what else the operation needs: a constant's value, a buffer, of an index whether it is even.
        level: how many loops it is inside of.
        number: unique within the kernel, in the order of making.
        span: the function it is a result of, for readers.
    """

    __slots__ = ("about", "inputs", "lanes", "level", "number", "op", "span", "type", "width")

    def __init__(
        self, lanes: IRBuilder, op: str, type: str, width: int, inputs: tuple[Value, ...], about: Any, level: int
    ) -> None:
        self.lanes = lanes
        self.op = op
        self.type = type
        self.width = width
        self.inputs = inputs
        self.about = about
        self.level = level
        self.number = next(lanes.numbers)
        self.span: Span | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of an element, for formulas that depend on it."""
        return np.dtype(self.type)

    @classmethod
    def apply(cls, op: Operation, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
        lanes = next(value.lanes for value in inputs if isinstance(value, Value))
        return op.formula(lanes.maths, *inputs, **params)

    def __repr__(self) -> str:
        return f"%{self.number}"


@dataclass(frozen=True, slots=True)
class Span:
    """A function of lane values that takes several operations."""

    name: str
    operands: tuple[Value, ...]
    results: tuple[Value, ...]


@dataclass(eq=False, frozen=True, slots=True)
class Function:
    """Operations on operands of their own, to be called. Of a name, and kinds of operands, there is one in a process.

    Attributes:
        name: what it is called.
        parameters: its operands.
        body: its operations.
        results: what it gives.
    """

    name: str
    parameters: tuple[Value, ...]
    body: Block
    results: tuple[Value, ...]


@dataclass(eq=False, slots=True)
class Carried:
    """A value that each iteration of a loop hands to the next."""

    first: Value
    now: Value
    next: Value | None = None


@dataclass(eq=False, slots=True)
class Loop:
    """``for index in range(start, stop, step)``.

    Attributes:
        about: what it runs over, for readers.
        is_remainder: whether it is the masked remainder (tail) of the vectorised loop before it.
        carried: values handed from iteration to iteration.
    """

    index: Value
    start: Value
    stop: Value
    step: int
    body: Block
    about: str
    is_remainder: bool = False
    carried: list[Carried] = field(default_factory=list)

    def carry(self, first: Value) -> Carried:
        """A value that starts as ``first``; assign its ``next`` before the loop ends."""
        now = Value(first.lanes, "carried", first.type, first.width, (), None, self.index.level)
        self.carried.append(Carried(first, now))
        return self.carried[-1]

    def result(self, carried: Carried) -> Value:
        """The value after the last iteration; ask after the loop has ended."""
        now = carried.now
        return now.lanes.place(Value(now.lanes, "result", now.type, now.width, (now,), None, now.level - 1))


@dataclass(eq=False, slots=True)
class Block:
    """Operations and loops in order."""

    items: list[Value | Loop] = field(default_factory=list)
    known: dict[Any, Value] = field(default_factory=dict)


class IRBuilder:
    """A kernel's vector IR while it is written.

    Args:
        maths: makes the maths namespace in which formulas run on lane values, from this.
        width: how many elements the inner loops take at a time.
    """

    def __init__(self, maths: Callable[[IRBuilder], Any], width: int) -> None:
        self.width = width
        self.body = Block()
        self._open = [self.body]
        self.numbers = count()
        self.make_maths = maths
        self.maths = maths(self)

    @property
    def level(self) -> int:
        """How many loops are open."""
        return len(self._open) - 1

    def place(self, lane: Value) -> Value:
        """Put a new value at the end of its block."""
        self._open[lane.level].items.append(lane)
        return lane

    def constant(self, value: Any, type: str) -> Value:
        """A number, the same in every iteration."""
        # What was asked for in the same words is found without NumPy's help.
        known, asked = self.body.known, ("constant", type, value.__class__, repr(value))
        found = known.get(asked)
        if found is None:
            number = np.dtype(type).type(value).item() if type != "bool" else bool(value)
            key = ("constant", type, number.__class__, repr(number))
            found = known.get(key)
            if found is None:
                found = known[key] = Value(self, "constant", type, 1, (), number, 0)
            known[asked] = found
        return found

    def make(
        self, op: str, *inputs: Value, type: str | None = None, width: int | None = None, about: Any = None
    ) -> Value:
        """The value of an operation; numbers among wide operands are repeated over all elements."""
        widest, level = 1, 0
        for lane in inputs:
            if lane.width > widest:
                widest = lane.width
            if lane.level > level:
                level = lane.level
        if width is None:
            width = widest
            if width > 1:
                inputs = tuple([lane if lane.width == width else self.splat(lane, width) for lane in inputs])
        if type is None:
            type = "bool" if op in COMPARISONS else inputs[-1].type
        key = (op, type, width, inputs, about)
        block = self._open[level]
        made = block.known.get(key)
        if made is None:
            made = block.known[key] = Value(self, op, type, width, inputs, about, level)
            block.items.append(made)
        return made

    def splat(self, lane: Value, width: int) -> Value:
        """A number repeated over ``width`` elements."""
        if lane.width == width:
            return lane
        return self.make("splat", lane, type=lane.type, width=width)

    def convert(self, lane: Value, type: str) -> Value:
        """The value in another dtype, as C converts."""
        return lane if lane.type == type else self.make("convert", lane, type=type)

    def iota(self, width: int, type: str = INDEX) -> Value:
        """0, 1, 2, ... side by side."""
        return self.make("iota", type=type, width=width)

    # Memory. A buffer is whatever the caller names it by; offsets count elements.

    def load(self, buffer: Any, offset: Value, type: str, width: int = 1, mask: Value | None = None) -> Value:
        """``width`` neighbouring elements from ``offset`` on, or zeros where the mask is false."""
        inputs = (offset,) if mask is None else (offset, mask)
        return self.make("load", *inputs, type=type, width=width, about=buffer)

    def gather(self, buffer: Any, offsets: Value, type: str, mask: Value | None = None) -> Value:
        """The elements at several offsets, or zeros where the mask is false."""
        inputs = (offsets,) if mask is None else (offsets, mask)
        return self.make("gather", *inputs, type=type, width=offsets.width, about=buffer)

    def store(self, buffer: Any, offset: Value, value: Value, mask: Value | None = None) -> None:
        """Put neighbouring elements into memory from ``offset`` on, those where the mask is true."""
        inputs = (offset, value) if mask is None else (offset, value, mask)
        self._open[-1].items.append(Value(self, "store", value.type, value.width, inputs, buffer, self.level))

    def stream(self, buffer: Any, offset: Value, value: Value) -> None:
        """A non-temporal ``store``, past the caches: at an address that is a multiple of 64, before a "fence"."""
        self._open[-1].items.append(Value(self, "stream", value.type, value.width, (offset, value), buffer, self.level))

    def effect(self, op: str, inputs: Sequence[Value], type: str, about: Any) -> None:
        """An operation that is there for what it does."""
        self._open[-1].items.append(Value(self, op, type, 1, tuple(inputs), about, self.level))

    def check(self, holds: Value, number: int) -> None:
        """Note in the frame that check ``number`` failed, unless the condition holds for every element."""
        lane = Value(self, "check", "bool", holds.width, (holds,), number, holds.level)
        key = ("check", holds.number, number)
        known = self._open[holds.level].known
        if key not in known:
            known[key] = self.place(lane)

    @contextmanager
    def loop(
        self, start: Value, stop: Value, step: int, about: str, is_even: bool = False, is_remainder: bool = False
    ) -> Iterator[Loop]:
        """A loop; what is made inside and depends on its index becomes its body.

        Args:
            start, stop: the first index, and the one to stop before.
            step: from index to index.
            about: what it runs over, for readers.
            is_even: whether its indices are even numbers.
            is_remainder: as of ``Loop``.
        """
        block = Block()
        self._open.append(block)
        index = Value(self, "index", INDEX, 1, (), is_even, self.level)
        made = Loop(index, start, stop, step, block, about, is_remainder)
        yield made
        self._open.pop()
        self._open[-1].items.append(made)

    # Functions.

    def span(self, name: str, operands: Sequence[Value], function: Callable[..., Any]) -> Any:
        """The result of a function of operands, one value or a tuple, remembered under the function's name."""
        before = next(self.numbers)
        made = function(*operands)
        results = made if isinstance(made, tuple) else (made,)
        if all(isinstance(lane, Value) and lane.number > before for lane in results):
            span = Span(name, tuple(operands), results)
            for lane in results:
                lane.span = span
        return made

    def function(self, name: str, operands: Sequence[Value], write: Callable[..., Any]) -> Any:
        """A ``span`` that is called outside of loops, once.

        Not so for the rest of a row, which would be as quick: the loop before it would then be made slower code.

        Args:
            name: the function's name.
            operands: what it is given.
            write: from lanes and operands makes the operations, which depend on nothing else.
        """
        if all(lane.level == 0 for lane in operands):
            return self.span(name, operands, lambda *_: self._called(name, operands, write))
        return self.span(name, operands, lambda *lanes: write(self, *lanes))

    def _called(self, name: str, operands: Sequence[Value], write: Callable[..., Any]) -> Any:
        key = (name, *((lane.type, lane.width) for lane in operands))
        called = _FUNCTIONS.get(key)
        if called is None:
            inner = IRBuilder(self.make_maths, self.width)
            parameters = tuple(Value(inner, "parameter", lane.type, lane.width, (), None, 0) for lane in operands)
            made = write(inner, *parameters)
            kinds = "_".join(f"{lane.type}x{lane.width}" for lane in parameters)
            results = made if isinstance(made, tuple) else (made,)
            written = Function(f"{name}_{kinds}", parameters, inner.body, results)
            # Another thread may have written it meanwhile, and there is one in a process.
            called = _FUNCTIONS.setdefault(key, written)
        first, *others = called.results
        call = self.make("function", *operands, type=first.type, width=first.width, about=called)
        if not others:
            return call
        return tuple(
            self.make("taken", call, type=lane.type, width=lane.width, about=i) for i, lane in enumerate(called.results)
        )


# By their names and the kinds of their operands; what they compute depends on nothing else.
_FUNCTIONS: dict[Any, Function] = {}


def values_of(block: Block) -> Iterator[Value]:
    """Every operation of a block and its loops."""
    for item in block.items:
        if isinstance(item, Loop):
            yield from values_of(item.body)
        else:
            yield item
