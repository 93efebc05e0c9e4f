"""Vector IR: what one iteration of a loop computes, for several elements side by side.

A *value* is a number, or ``width`` numbers that belong to neighbouring elements. It
is made by one *operation* from other IR values, and it lives in the *block* of the loop
that it depends on: what depends on no loop is computed once, what depends on the row is
computed once a row. So nothing has to be moved out of loops later, and equal operations
in a block are one operation.

    with builder.loop(start, stop, step=16) as loop:
        x = builder.load(buffer, loop.index, width=16)
        builder.store(other, loop.index, builder.make("mul", x, x))

Operators on IR values run the formulas of ops on them, as everywhere. Where many
operations make one function, a *span* says so, for readers; outside of loops, where its time
does not count, the function is *called*, so that it is compiled once and not wherever it is used.

Read next: block_loop.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

import numpy as np

from ...syntax import Operation, Term

INDEX = "int64"

# Operations whose result is a truth value for every element.
COMPARISONS = frozenset(("lt", "le", "gt", "ge", "eq", "ne"))


class Value(Term):
    """An IR value, scalar or vector: the result of one operation.

    Attributes:
        op: the operation that makes it.
        type: name of the dtype of an element.
        width: how many elements stand side by side; 1 is a plain number.
        inputs: the IR values it is made from.
        attribute: what else the operation needs: a constant's value, a buffer, of an index whether it is even.
        depth: loop depth, the number of loops it stands in.
        number: unique within the kernel, in the order of making.
        span: the function it is a result of, for readers.
    """

    __slots__ = ("attribute", "builder", "depth", "inputs", "number", "op", "span", "type", "width")

    def __init__(
        self, builder: IRBuilder, op: str, type: str, width: int, inputs: tuple[Value, ...], attribute: Any, depth: int
    ) -> None:
        self.builder = builder
        self.op = op
        self.type = type
        self.width = width
        self.inputs = inputs
        self.attribute = attribute
        self.depth = depth
        self.number = next(builder.numbers)
        self.span: Span | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of an element, for formulas that depend on it."""
        return np.dtype(self.type)

    @classmethod
    def apply(cls, op: Operation, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
        builder = next(value.builder for value in inputs if isinstance(value, Value))
        return op.formula(builder.maths, *inputs, **params)

    def __repr__(self) -> str:
        return f"%{self.number}"


@dataclass(frozen=True, slots=True)
class Span:
    """A named function that was inlined as several operations, remembered for readers."""

    name: str
    operands: tuple[Value, ...]
    results: tuple[Value, ...]


@dataclass(eq=False, frozen=True, slots=True)
class Function:
    """An outlined function, called by kernels. Of a name, and kinds of operands, there is one in a process.

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


@dataclass(eq=False, frozen=True, slots=True)
class Procedure:
    """Operations that are called for what they do to memory.

    Attributes:
        name: what it is called.
        memory: the memory it is given; it has these names for buffers.
        numbers: what else it is given, by name.
        body: its operations.
    """

    name: str
    memory: tuple[str, ...]
    numbers: Mapping[str, Value]
    body: Block


@dataclass(eq=False, slots=True)
class Carried:
    """A loop-carried value: each iteration hands it to the next."""

    first: Value
    now: Value
    next: Value | None = None


@dataclass(eq=False, slots=True)
class Loop:
    """A counted loop, ``for index in range(start, stop, step)``.

    Attributes:
        label: what it runs over, for readers.
        is_remainder: whether it is the masked remainder (tail) of the vectorised loop before it.
        carried: values handed from iteration to iteration.
    """

    index: Value
    start: Value
    stop: Value
    step: int
    body: Block
    label: str
    is_remainder: bool = False
    carried: list[Carried] = field(default_factory=list)

    @property
    def indices(self) -> tuple[Value, ...]:
        """The indices that it gives its body."""
        return (self.index,)

    @property
    def operations(self) -> tuple[Value, ...]:
        """The operations that it consists of, besides its body."""
        return ()

    def carry(self, first: Value) -> Carried:
        """A loop-carried value that starts as ``first``; assign its ``next`` before the loop ends."""
        now = Value(first.builder, "carried", first.type, first.width, (), None, self.index.depth)
        self.carried.append(Carried(first, now))
        return self.carried[-1]

    def result(self, carried: Carried) -> Value:
        """A carried value after the last iteration; ask after the loop has ended."""
        now = carried.now
        return now.builder.insert(Value(now.builder, "result", now.type, now.width, (now,), None, now.depth - 1))


AnyLoop = TypeVar("AnyLoop", bound=Loop)


@dataclass(eq=False, slots=True)
class Block:
    """A block: operations and loops in order, and the values by which equal operations are found again."""

    items: list[Value | Loop] = field(default_factory=list)
    known: dict[Any, Value] = field(default_factory=dict)


class IRBuilder:
    """The builder of a kernel's vector IR: operations are appended to the block of their loop depth, equal ones once.

    Args:
        maths: makes the maths namespace in which formulas run on IR values, from this.
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
    def depth(self) -> int:
        """How many loops are open."""
        return len(self._open) - 1

    def insert(self, value: Value) -> Value:
        """Append a new value to the block of its loop depth."""
        self._open[value.depth].items.append(value)
        return value

    def constant(self, value: Any, type: str) -> Value:
        """A constant, which stands before all loops."""
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
        self, op: str, *inputs: Value, type: str | None = None, width: int | None = None, attribute: Any = None
    ) -> Value:
        """The value of an operation, found if it was made before; scalars among vector operands are splat."""
        widest, depth = 1, 0
        for value in inputs:
            if value.width > widest:
                widest = value.width
            if value.depth > depth:
                depth = value.depth
        if width is None:
            width = widest
            if width > 1:
                inputs = tuple([value if value.width == width else self.splat(value, width) for value in inputs])
        if type is None:
            type = "bool" if op in COMPARISONS else inputs[-1].type
        key = (op, type, width, inputs, attribute)
        block = self._open[depth]
        made = block.known.get(key)
        if made is None:
            made = block.known[key] = Value(self, op, type, width, inputs, attribute, depth)
            block.items.append(made)
        return made

    def splat(self, value: Value, width: int) -> Value:
        """A number repeated over ``width`` elements."""
        if value.width == width:
            return value
        return self.make("splat", value, type=value.type, width=width)

    def convert(self, value: Value, type: str) -> Value:
        """The value in another dtype, as C converts."""
        return value if value.type == type else self.make("convert", value, type=type)

    def iota(self, width: int, type: str = INDEX, numbers: tuple[int, ...] | None = None) -> Value:
        """0, 1, 2, ... side by side, or other known numbers."""
        return self.make("iota", type=type, width=width, attribute=numbers)

    # Memory. A buffer is whatever the caller names it by; offsets count elements.

    def load(self, buffer: Any, offset: Value, type: str, width: int = 1, mask: Value | None = None) -> Value:
        """``width`` neighbouring elements from ``offset`` on, or zeros where the mask is false."""
        inputs = (offset,) if mask is None else (offset, mask)
        return self.make("load", *inputs, type=type, width=width, attribute=buffer)

    def load_here(self, buffer: Any, offset: Value, type: str, width: int = 1, mask: Value | None = None) -> Value:
        """A ``load`` that is not moved out of the open loop, nor past a store before it."""
        inputs = (offset,) if mask is None else (offset, mask)
        return self.insert(Value(self, "load", type, width, inputs, buffer, self.depth))

    def gather(self, buffer: Any, offsets: Value, type: str, mask: Value | None = None) -> Value:
        """The elements at several offsets, or zeros where the mask is false."""
        inputs = (offsets,) if mask is None else (offsets, mask)
        return self.make("gather", *inputs, type=type, width=offsets.width, attribute=buffer)

    def prefetch(self, buffer: Any, offset: Value, type: str, cache: int) -> None:
        """Ask for the line of an element, which may lie outside of the memory, in the first or the second cache."""
        self.effect("prefetch", (offset,), type, (buffer, cache))

    def store(self, buffer: Any, offset: Value, value: Value, mask: Value | None = None) -> None:
        """Put neighbouring elements into memory from ``offset`` on, those where the mask is true."""
        inputs = (offset, value) if mask is None else (offset, value, mask)
        self._open[-1].items.append(Value(self, "store", value.type, value.width, inputs, buffer, self.depth))

    def stream(self, buffer: Any, offset: Value, value: Value) -> None:
        """A non-temporal ``store``, past the caches: at an address that is a multiple of 64, before a "fence"."""
        self._open[-1].items.append(Value(self, "stream", value.type, value.width, (offset, value), buffer, self.depth))

    def effect(self, op: str, inputs: Sequence[Value], type: str, attribute: Any) -> None:
        """Append an operation for its side effect."""
        self._open[-1].items.append(Value(self, op, type, 1, tuple(inputs), attribute, self.depth))

    def check(self, holds: Value, number: int) -> None:
        """Note in the frame that check ``number`` failed, unless the condition holds for every element."""
        value = Value(self, "check", "bool", holds.width, (holds,), number, holds.depth)
        key = ("check", holds.number, number)
        known = self._open[holds.depth].known
        if key not in known:
            known[key] = self.insert(value)

    @contextmanager
    def nest(self, loop: AnyLoop) -> Iterator[AnyLoop]:
        """Append a loop, whose body is what is made inside the ``with`` block."""
        self._open.append(loop.body)
        yield loop
        self._open.pop()
        self._open[-1].items.append(loop)

    @contextmanager
    def loop(
        self, start: Value, stop: Value, step: int, label: str, is_even: bool = False, is_remainder: bool = False
    ) -> Iterator[Loop]:
        """A loop; what is made inside and depends on its index becomes its body.

        Args:
            start, stop: the first index, and the one to stop before.
            step: from index to index.
            label: what it runs over, for readers.
            is_even: whether its indices are even numbers.
            is_remainder: as of ``Loop``.
        """
        index = Value(self, "index", INDEX, 1, (), is_even, self.depth + 1)
        with self.nest(Loop(index, start, stop, step, Block(), label, is_remainder)) as made:
            yield made

    # Functions.

    def procedure(self, name: str, memory: Sequence[str], numbers: Mapping[str, str]) -> Procedure:
        """The operations written here, as a procedure that is given memory, and numbers of some dtypes, by name."""
        given = {one: Value(self, "parameter", type, 1, (), None, 0) for one, type in numbers.items()}
        return Procedure(name, tuple(memory), given, self.body)

    def invoke(self, procedure: Procedure, memory: Mapping[str, Any], numbers: Mapping[str, Value]) -> None:
        """Call a procedure, given buffers and numbers by the names that it has for them."""
        buffers = tuple(memory[name] for name in procedure.memory)
        self.effect("invoke", [numbers[name] for name in procedure.numbers], INDEX, (procedure.name, buffers))

    def span(self, name: str, operands: Sequence[Value], function: Callable[..., Any]) -> Any:
        """The result of a function of operands, one value or a tuple, remembered under the function's name."""
        before = next(self.numbers)
        made = function(*operands)
        results = made if isinstance(made, tuple) else (made,)
        if all(isinstance(value, Value) and value.number > before for value in results):
            span = Span(name, tuple(operands), results)
            for value in results:
                value.span = span
        return made

    def function(self, name: str, operands: Sequence[Value], write: Callable[..., Any]) -> Any:
        """A ``span`` that is called outside of loops, once.

        Not so for the rest of a row, which would be as quick: the loop before it would then be made slower code.

        Args:
            name: the function's name.
            operands: what it is given.
            write: from a builder and operands makes the operations, which depend on nothing else.
        """
        if all(value.depth == 0 for value in operands):
            return self.span(name, operands, lambda *_: self.call(name, operands, write))
        return self.span(name, operands, lambda *values: write(self, *values))

    def call(self, name: str, operands: Sequence[Value], write: Callable[..., Any]) -> Any:
        """A ``function`` that is called wherever it stands."""
        key = (name, *((value.type, value.width) for value in operands))
        called = _FUNCTIONS.get(key)
        if called is None:
            inner = IRBuilder(self.make_maths, self.width)
            parameters = tuple(Value(inner, "parameter", value.type, value.width, (), None, 0) for value in operands)
            made = write(inner, *parameters)
            kinds = "_".join(f"{value.type}x{value.width}" for value in parameters)
            results = made if isinstance(made, tuple) else (made,)
            # Another thread may have written it meanwhile, and there is one in a process.
            called = _FUNCTIONS.setdefault(key, Function(f"{name}_{kinds}", parameters, inner.body, results))
        first, *others = called.results
        call = self.make("function", *operands, type=first.type, width=first.width, attribute=called)
        if not others:
            return call
        return tuple(
            self.make("taken", call, type=value.type, width=value.width, attribute=i)
            for i, value in enumerate(called.results)
        )


# By their names and the kinds of their operands; what they compute depends on nothing else.
_FUNCTIONS: dict[Any, Function] = {}


def values_of(block: Block) -> list[Value]:
    """Every operation of a block and its loops."""
    found: list[Value] = []
    for item in block.items:
        found += (*item.operations, *values_of(item.body)) if isinstance(item, Loop) else (item,)
    return found
