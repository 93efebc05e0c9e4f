"""Kernel code and renamings: what equal kernels have in common, and what each of them calls its memory.

Layers of a network repeat: their kernels differ in the buffers that they touch and in the words of the frame that hold
sizes. So the operations of a kernel are kept apart from these names: equal kernels share one ``KernelCode``, in the
names of the first of them, and each other one has a *renaming*, from the first one's buffers and words to its own.

Source: alpha-equivalence, terms that differ in bound names alone, A. Church, "The Calculi of Lambda-Conversion", 1941.

Read next: loop_nest.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .block_loop import BlockLoop
from .frame import Buffer
from .packing_loop import PackingLoop
from .vector_ir import Block, Carried, Loop, Span, Value

# Operations that name memory in ways that no renaming knows; a check has a number of its own.
NOT_RENAMED = frozenset(("check", "set_word", "prefetch", "invoke", "call_pointer"))
_ONE_BUFFER = frozenset(("load", "gather", "store", "stream"))


def named_buffers(value: Value) -> list[Buffer]:
    """The buffers that an operation names; memory that is private to the kernel has no other name elsewhere."""
    named = (value.attribute,) if value.op in _ONE_BUFFER else value.attribute[:-1] if value.op == "product" else ()
    return [one for one in named if isinstance(one, Buffer)]


@dataclass(frozen=True, slots=True)
class NontemporalVariant:
    """The variant of a kernel whose stores are non-temporal (loops/nontemporal_stores.py).

    Attributes:
        body: its loops and operations.
        choice: what is computed to decide whether it may run.
        may_run: the truth value that decides.
    """

    body: Block
    choice: Block
    may_run: Value


@dataclass(eq=False, frozen=True, slots=True)
class KernelCode:
    """The operations of a kernel, in ways of which one is run.

    Attributes:
        body: its loops and operations.
        streamed: the same with stores past the caches, for large outputs.
    """

    body: Block
    streamed: NontemporalVariant | None = None

    @property
    def blocks(self) -> list[Block]:
        """The ways in which it is written, and the choice between them."""
        streamed = self.streamed
        return [self.body] if streamed is None else [self.body, streamed.body, streamed.choice]


@dataclass(eq=False, frozen=True, slots=True)
class Renaming:
    """A renaming of the memory that a kernel's code names: distinct names stay distinct, and what has none here stays.

    Attributes:
        buffers: for a buffer of the code the one that it stands for.
        words: the same for words of the frame.
    """

    buffers: Mapping[Buffer, Buffer] = field(default_factory=dict)
    words: Mapping[int, int] = field(default_factory=dict)

    def word(self, number: int) -> int:
        """The word that a word of the code stands for."""
        return self.words.get(number, number)

    def buffer(self, buffer: Buffer) -> Buffer:
        """The buffer that a buffer of the code stands for."""
        return self.buffers.get(buffer, buffer)

    @property
    def is_consistent(self) -> bool:
        """True if different names stay different, and a buffer stays one of its dtype, whose address is in its word."""
        distinct = all(len(set(names.values())) == len(names) for names in (self.buffers, self.words))
        return distinct and all(
            one.dtype == other.dtype and self.word(one.word) == other.word for one, other in self.buffers.items()
        )

    def __call__(self, code: KernelCode) -> KernelCode:
        """The code in the new names."""
        if not self.buffers and not self.words:
            return code
        copy = _Copy(self)
        streamed = code.streamed
        if streamed is not None:
            body, choice = copy.block(streamed.body), copy.block(streamed.choice)
            streamed = NontemporalVariant(body, choice, copy.value(streamed.may_run))
        return KernelCode(copy.block(code.body), streamed)


# The renaming of a kernel that nobody shares its code with.
UNCHANGED = Renaming()


class _Copy:
    """A copy of operations in other names; values keep their numbers."""

    def __init__(self, renaming: Renaming) -> None:
        self._attributes: Mapping[str, Callable[[Any], Any]] = {
            "word": renaming.word,
            **dict.fromkeys(_ONE_BUFFER, renaming.buffer),
            "product": lambda attribute: (*map(renaming.buffer, attribute[:-1]), attribute[-1]),
        }
        self._made: dict[Value, Value] = {}
        self._spans: dict[int, Span] = {}

    def value(self, value: Value) -> Value:
        """The copy of a value, made when it is first asked for."""
        made = self._made.get(value)
        if made is None:
            rename = self._attributes.get(value.op)
            attribute = value.attribute if rename is None else rename(value.attribute)
            inputs = tuple([self.value(source) for source in value.inputs])
            made = Value(value.builder, value.op, value.type, value.width, inputs, attribute, value.depth)
            made.number = value.number
            self._made[value] = made
            if value.span is not None:
                made.span = self._span(value.span)
        return made

    def _span(self, span: Span) -> Span:
        known = self._spans.get(id(span))
        if known is None:
            operands, results = (tuple(map(self.value, values)) for values in (span.operands, span.results))
            # Its results may have been met while its operands were copied.
            known = self._spans.setdefault(id(span), Span(span.name, operands, results))
        return known

    def block(self, block: Block) -> Block:
        """The copy of a block."""
        return Block([self._loop(item) if isinstance(item, Loop) else self.value(item) for item in block.items])

    def _loop(self, loop: Loop) -> Loop:
        carried = [Carried(self.value(one.first), self.value(one.now)) for one in loop.carried]
        changes: dict[str, Any] = {
            "index": self.value(loop.index),
            "start": self.value(loop.start),
            "stop": self.value(loop.stop),
            "body": self.block(loop.body),
            "carried": carried,
        }
        if isinstance(loop, BlockLoop):
            changes |= {"product": self.value(loop.product), "edges": tuple(map(self.value, loop.edges))}
        elif isinstance(loop, PackingLoop):
            changes["edges"] = tuple(map(self.value, loop.edges))
        made = replace(loop, **changes)
        for one, old in zip(carried, loop.carried, strict=True):
            one.next = None if old.next is None else self.value(old.next)
        return made
