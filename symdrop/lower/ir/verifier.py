"""The verifier of vector IR: types agree, every value is defined before it is used, every loop has a known extent.

Machine code has no types in memory: eight bytes stored where one was meant write over what lies behind. So the types
of every kernel are verified when it is finished, before a line of it is written for the machine. Definitions and
extents are verified in the tests and with ``SYMDROP_DEBUG=verify`` (build/module_verifier.py).

Read next: ../vectorize/__init__.py
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import zip_longest
from typing import Any

from ...errors import VerificationError
from .kernel_code import KernelCode
from .vector_ir import COMPARISONS, INDEX, Block, Loop, Value

FAULT = "this is a fault of the compiler, not of the program; please report it"


def verify_value(value: Value, kernel: str) -> None:
    """Reject an operation whose operands do not fit together, or do not fit what they are stored in.

    Args:
        value: what the operation makes.
        kernel: the kernel's title, for the error.

    Raises:
        VerificationError: naming the kernel, the operation, and the dtypes.
    """
    check = _CHECKS.get(value.op)
    if check is not None and not check(value):
        operands = ", ".join(f"{source.type}x{source.width}" for source in value.inputs)
        buffer = f" in {value.attribute} of {value.attribute.dtype}" if value.op in _MEMORY else ""
        raise VerificationError(
            f"kernel {kernel!r}: {value.op}({operands}){buffer} makes a {value.type}x{value.width}; {FAULT}"
        )


def verify_alike(code: KernelCode, other: KernelCode, kernel: str) -> None:
    """Reject code that a kernel shares with others, in the kernel's own names, if lowering it gives something else.

    Args:
        code: what it shares.
        other: the kernel lowered.
        kernel: the kernel's title, for the error.

    Raises:
        VerificationError: naming the kernel, and both operations.
    """
    pairs = zip_longest(code.blocks, other.blocks, fillvalue=Block())
    for one, two in ((one, two) for a, b in pairs for one, two in zip_longest(_lines(a), _lines(b))):
        if one != two:
            raise VerificationError(f"kernel {kernel!r}: its code is {one} in another's, but {two} in its own; {FAULT}")


def _lines(block: Block) -> Iterator[tuple[Any, ...]]:
    """Loops and operations, each as all that can be told of it."""
    for item in block.items:
        if isinstance(item, Loop):
            carried = [value for one in item.carried for value in (one.now, one.first, one.next) if value is not None]
            numbers = [value.number for value in (item.start, item.stop, *item.indices, *carried)]
            yield item.__class__.__name__, item.label, numbers, item.step, item.is_remainder
            yield from map(_line, item.operations)
            yield from _lines(item.body)
            yield ("end",)
        else:
            yield _line(item)


def _line(value: Value) -> tuple[Any, ...]:
    operands = [(x.op, x.type, x.width, repr(x.attribute) if x.op == "constant" else x.number) for x in value.inputs]
    return value.op, value.type, value.width, value.number, value.depth, operands, value.attribute


def _reads(value: Value) -> bool:
    return bool(value.attribute.dtype == value.type) and value.inputs[0].type == INDEX


def _writes(value: Value) -> bool:
    offset, stored, *masks = value.inputs
    fits = bool(value.attribute.dtype == stored.type) and offset.type == INDEX
    return fits and all(mask.type == "bool" for mask in masks)


def _alike(value: Value) -> bool:
    for source in value.inputs:
        if source.type != value.type or source.width != value.width:
            return False
    return True


def _compares(value: Value) -> bool:
    a, b = value.inputs
    return value.type == "bool" and a.type == b.type and a.width == b.width == value.width


def _selects(value: Value) -> bool:
    condition, a, b = value.inputs
    return condition.type == "bool" and a.type == b.type == value.type and a.width == b.width == value.width


def _multiplies(value: Value) -> bool:
    return all(buffer.dtype == value.type for buffer in value.attribute[:3])


_MEMORY: Mapping[str, Callable[[Value], bool]] = {"load": _reads, "gather": _reads, "store": _writes, "stream": _writes}
_ALIKE = (
    "add", "sub", "mul", "div", "and", "or", "xor", "shl", "shr", "copysign", "fma",
    "sqrt", "abs", "floor", "ceil", "trunc", "rint", "neg", "not", "rotate",
)  # fmt: skip
_CHECKS: Mapping[str, Callable[[Value], bool]] = {
    **_MEMORY,
    **dict.fromkeys(_ALIKE, _alike),
    **dict.fromkeys(COMPARISONS, _compares),
    "select": _selects,
    "product": _multiplies,
}


def verify_block(block: Block, where: str, given: Collection[Value] = ()) -> None:
    """Reject a value that is used before it is defined, or outside of the loop that defines it, and a loop without end.

    Args:
        block: operations and loops.
        where: the stage and the kernel, for the error.
        given: what is defined before the block: the parameters of a function.

    Raises:
        VerificationError: naming the stage, the kernel and the value.
    """
    _Scope(where, given).visit(block)


class _Scope:
    """The values that are defined at one point of a block, by their numbers: a value that is spilled keeps its own."""

    def __init__(self, where: str, given: Collection[Value]) -> None:
        self._where = where
        self._defined = {value.number for value in given}
        # Carried by loops that have ended: only a "result" may name them.
        self._ended: set[int] = set()

    def _operations(self, loop: Loop) -> None:
        for value in loop.operations:
            verify_value(value, self._where)
            self._operands(value, self._defined)

    def visit(self, block: Block) -> list[int]:
        """Verify a block; gives what it has defined."""
        made: list[int] = []
        for item in block.items:
            if isinstance(item, Loop):
                self._loop(item)
                continue
            verify_value(item, self._where)
            self._operands(item, self._ended if item.op == "result" else self._defined)
            if item.op == "function":
                called = item.attribute
                inner = _Scope(f"{self._where}, function {called.name}", called.parameters)
                inner.visit(called.body)
                for result in called.results:
                    inner._use(result, "the result", inner._defined)
            self._defined.add(item.number)
            made.append(item.number)
        return made

    def _loop(self, loop: Loop) -> None:
        name = f"the loop over {loop.label}"
        for end, value in (("start", loop.start), ("stop", loop.stop)):
            self._use(value, f"the {end} of {name}", self._defined)
            if (value.type, value.width) != (INDEX, 1):
                self._reject(f"the {end} of {name} is a {value.type}x{value.width}, not one {INDEX}")
        self._operations(loop)
        if loop.step < 1:
            self._reject(f"the step of {name} is {loop.step}")
        for carried in loop.carried:
            self._use(carried.first, f"what {name} begins with", self._defined)
        inside = [*(index.number for index in loop.indices), *(carried.now.number for carried in loop.carried)]
        self._defined.update(inside)
        inside += self.visit(loop.body)
        for carried in loop.carried:
            if carried.next is None:
                self._reject(f"{name} carries {carried.now!r}, which has no next value")
            else:
                self._use(carried.next, f"what {name} hands on", self._defined)
                kinds = {(value.type, value.width) for value in (carried.first, carried.now, carried.next)}
                if len(kinds) > 1:
                    self._reject(f"{name} carries {carried.now!r} as values of several kinds, {sorted(kinds)}")
        self._defined.difference_update(inside)
        self._ended.update(carried.now.number for carried in loop.carried)

    def _operands(self, value: Value, defined: Collection[int]) -> None:
        # Words for an error are put together where there is one: every value of a kernel comes here.
        for source in value.inputs:
            if source.number not in defined and source.op != "constant":
                self._use(source, f"{value.op} {value!r}", defined)

    def _use(self, value: Value, user: str, defined: Collection[int]) -> None:
        if value.op != "constant" and value.number not in defined:
            self._reject(f"{user} uses {value.op} {value!r}, which is not defined there")

    def _reject(self, problem: str) -> None:
        raise VerificationError(f"{self._where}: {problem}; {FAULT}")
