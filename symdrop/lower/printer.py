"""The printer of lowered modules: kernels as indented text, short enough to read aloud.

    kernel 0: exp
        for i8 in this thread's share of (x.shape[0] + 8191) / 8192:  # chunks
            ...

Values keep the numbers by which LLVM's text calls them. A function that takes many
operations is one line; a number that is used once stands where it is used; what is left
over at the end of a row is not written out again. ``full`` shows every operation instead.

Read next: ../backends/__init__.py
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from ..types import is_float
from .build.lowered_module import LoweredModule
from .ir.block_loop import BlockLoop
from .ir.control_flow import For, If, Statement
from .ir.loop_nest import LoopNest
from .ir.packing_loop import PACKING, PackingLoop
from .ir.private_memory import Private
from .ir.vector_ir import INDEX, Block, Loop, Span, Value, values_of
from .loops.nontemporal_stores import LARGE

_SYMBOLS = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "and": "&", "or": "|", "xor": "^", "shl": "<<", "shr": ">>",
    "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=",
}  # fmt: skip
_SHORT = {"float": "f", "int": "i", "uint": "u", "bool": "b"}
# They are there for what they do, and have no value.
_EFFECTS = frozenset(("store", "stream", "fence", "check", "set_word", "product"))
# They are written where they are used.
_OPERANDS = frozenset(("constant", "splat", "iota", "word", "thread", "threads", "result"))


def listing(step: LoweredModule, full: bool = False) -> str:
    """The text of a step's kernels.

    Args:
        step: the lowered step.
        full: whether to show every operation, and ``prepare``.

    Returns:
        Lines; loops are indented.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.vector("x")
        >>> "load x" in sd.function([x], 2 * x, backend="native").source("kernels")
        True
    """
    words = dict(_sizes(step))
    lines = ["prepare", *_BlockPrinter(step.prepare, words, full).lines()] if full else []
    lines += _items(step, step.items, words, full)
    return "\n".join(lines)


def kernel_listings(step: LoweredModule) -> list[str]:
    """The same kernel by kernel, each below the loops and choices that it stands in."""
    words = dict(_sizes(step))
    found: dict[int, str] = {}
    waiting: list[tuple[Statement, list[str]]] = [(item, []) for item in step.items]
    for item, around in waiting:
        if isinstance(item, int):
            lines = [*around, *("    " * len(around) + line for line in _kernel(item, step.nests[item], words, False))]
            found[item] = "\n".join(lines)
            continue
        for head, inside in _ways(item):
            waiting += [(inner, [*around, "    " * len(around) + head]) for inner in inside]
    return [found[number] for number in sorted(found)]


def _ways(item: For | If) -> Iterator[tuple[str, Sequence[Statement]]]:
    """The first line of a loop, or of both sides of a choice, and what stands in it."""
    if isinstance(item, For):
        order = "from the last position to the first" if item.reverse else "for every position"
        until = f", until {item.stop}" if item.stop is not None else ""
        yield f"loop t{item.position} {order}{until}: {item.title}", item.items
    else:
        yield f"if c{item.chosen}: {item.title}", item.then
        yield "otherwise", item.otherwise


def _items(step: LoweredModule, items: Sequence[Statement], words: dict[int, str], full: bool) -> Iterator[str]:
    """Kernels and loops; what stands in a loop is indented."""
    for item in items:
        if isinstance(item, int):
            yield from _kernel(item, step.nests[item], words, full)
            continue
        for head, inside in _ways(item):
            yield head
            yield from ("    " + line for line in _items(step, inside, words, full))


def _kernel(number: int, nest: LoopNest, words: dict[int, str], full: bool) -> Iterator[str]:
    yield f"kernel {number}: {nest.title}{' (one thread)' if nest.alone else ''}"
    own = dict.fromkeys(value.attribute for value in values_of(nest.body) if isinstance(value.attribute, Private))
    if any(memory.elements for memory in own):
        yield f"    own memory: {', '.join(f'{one}: {one.dtype}[{one.elements}]' for one in own if one.elements)}"
    yield from _BlockPrinter(nest.body, words, full).lines()
    if nest.streamed is not None:
        yield f"    ... and the same with streaming stores, for outputs of {LARGE >> 20} MiB or more"
        yield from _BlockPrinter(nest.streamed.body, words, full).lines() if full else []


def _sizes(step: LoweredModule) -> Iterator[tuple[int, str]]:
    """The frame's words that hold sizes, and what each is the size of."""
    for buffer in (*step.memory.inputs, *step.memory.outputs):
        for axis in range(len(buffer.sizes)):
            yield buffer.word + 1 + axis, f"{buffer.name}.shape[{axis}]"
    for word, size in step.memory.named_sizes():
        text = str(size)
        yield word, text if "\n" not in text else f"size {word}"
    for word in step.arena.chunk_words.values():
        yield word, "chunks"
    for item in step.items:
        if isinstance(item, If):
            yield item.chosen, f"c{item.chosen}"
    for repeat in step.repeats:
        yield repeat.position, f"t{repeat.position}"


class _BlockPrinter:
    """The lines of one block.

    Args:
        block: what to write.
        words: names of the frame's words.
        full: whether to show every operation.
    """

    def __init__(self, block: Block, words: dict[int, str], full: bool) -> None:
        self._block = block
        self._words = words
        self._full = full
        # For a loop the one that does the rest; for what that carries, what it is carried from.
        self._rest: dict[Loop, Loop] = {}
        self._carried_from: dict[Value, Value] = {}
        # How often a value is mentioned in what is shown.
        self._mentions: Counter[Value] = Counter()
        if not full:
            self._pair_loops(block)
            self._count(block)

    def lines(self) -> Iterator[str]:
        """The lines, indented once."""
        return self._lines(self._block, "    ")

    # What is shown.

    def _pair_loops(self, block: Block) -> None:
        main = None
        for item in block.items:
            if isinstance(item, Loop):
                self._pair_loops(item.body)
                if item.is_remainder and main is not None:
                    self._rest[main] = item
                    self._carried_from.update((carried.now, carried.first) for carried in item.carried)
                main = item

    def _count(self, block: Block) -> None:
        """Begin with what has an effect: only what that depends on is shown."""
        for item in block.items:
            if isinstance(item, Loop):
                if item not in self._rest.values():
                    self._mention(*self._bounds(item), *(x for value in item.operations for x in value.inputs))
                    self._mention(*(value for c in item.carried for value in (c.first, c.next) if value is not None))
                    self._count(item.body)
            elif item.op in _EFFECTS:
                self._mention(*item.inputs)

    def _mention(self, *values: Value) -> None:
        pending = list(values)
        while pending:
            value = self._meant(pending.pop())
            self._mentions[value] += 1
            if self._mentions[value] > 1:
                continue
            if value.span is None:
                pending += value.inputs
            elif not any(self._mentions[other] for other in value.span.results if other is not value):
                pending += value.span.operands

    def _bounds(self, loop: Loop) -> Sequence[Value]:
        """The operands that the first line of a loop mentions: both ends, or the number whose share a thread takes."""
        start, stop = loop.start, (self._rest.get(loop) or loop).stop
        if not self._full and start.span is not None and start.span is stop.span and start.span.name == "share":
            return start.span.operands
        return start, stop

    def _meant(self, value: Value) -> Value:
        """The value whose name stands for another: a splat or a loop's result goes by its operand's."""
        while True:
            if value.op in ("splat", "result"):
                value = value.inputs[0]
            elif value in self._carried_from:
                value = self._carried_from[value]
            else:
                return value

    def _is_inline(self, value: Value) -> bool:
        """True if a value is written where it is used: single numbers from memory, and arithmetic of indices."""
        if self._full or value.width > 1 or value.span is not None:
            return False
        if value.op == "load":
            return len(value.inputs) == 1 and value.inputs[0].op == "constant"
        return value.type == INDEX and value.op in _SYMBOLS and self._mentions[value] == 1

    # Lines.

    def _lines(self, block: Block, indent: str) -> Iterator[str]:
        for item in block.items:
            if isinstance(item, Loop):
                if item not in self._rest.values():
                    yield from self._loop(item, indent)
            elif item.op in _EFFECTS:
                yield indent + self._effect(item)
            elif item.op not in _OPERANDS and (self._full or self._mentions[item]) and not self._is_inline(item):
                yield from (indent + line for line in self._value(item))

    def _blocks(self, loop: BlockLoop, indent: str) -> Iterator[str]:
        first, after, *columns = (f"i{index.number}" for index in loop.indices)
        yield indent + self._product(loop.product)
        yield f"{indent}for rows {first} to {after} and columns {' to '.join(columns)} of each block, once it is there:"
        yield from self._lines(loop.body, indent + "    ")

    def _loop(self, loop: Loop, indent: str) -> Iterator[str]:
        if isinstance(loop, BlockLoop):
            yield from self._blocks(loop, indent)
            return
        if isinstance(loop, PackingLoop):
            given = ", ".join(f"{name} i{index.number}" for name, index in zip(PACKING, loop.indices, strict=True))
            yield f"{indent}for panels of {loop.operand}, as {self._text(loop.stop)} rows are packed: {given}"
            yield from self._lines(loop.body, indent + "    ")
            return
        bounds = [self._text(value, outermost=True) for value in self._bounds(loop)]
        where = f"from {bounds[0]} to {bounds[1]}" if len(bounds) == 2 else f"in this thread's share of {bounds[0]}"
        step = f" step {loop.step}" if loop.step != 1 else ""
        carried = "".join(f", {self._text(c.now)} from {self._text(c.first)}" for c in loop.carried)
        yield f"{indent}for {self._text(loop.index)} {where}{step}{carried}:  # {loop.label}"
        yield from self._lines(loop.body, indent + "    ")
        for c in loop.carried:
            assert c.next is not None
            yield f"{indent}    next {self._text(c.now)} = {self._text(c.next, outermost=True)}"
        if loop in self._rest:
            yield f"{indent}    ... and the rest of the row, masked"

    def _effect(self, value: Value) -> str:
        if value.op == "product":
            return self._product(value)
        inputs = [self._text(source, outermost=True) for source in value.inputs]
        if value.op == "fence":
            return "fence"
        if value.op in ("store", "stream"):
            masked = f" where {inputs[2]}" if len(inputs) == 3 else ""
            return f"{value.op} {_place(value, inputs[0])} = {inputs[1]}{masked}"
        return f"frame[{value.attribute}] = {inputs[0]}" if value.op == "set_word" else f"check {inputs[0]}"

    def _product(self, value: Value) -> str:
        a, b, c, *_ = value.attribute
        m, n, k, alpha, _, swap_a, _, swap_b, beta = map(self._text, value.inputs[:9])
        left, right = (f"{x}{'.T' if swap == '1' else ''}" for x, swap in ((a, swap_a), (b, swap_b)))
        factor = f"{alpha} * " if alpha != "1.0" else ""
        added = f" + {beta} * {c}" if beta != "0.0" else ""
        return f"{c} = {factor}{left} @ {right}{added}  # ({m} x {k}) @ ({k} x {n}), this thread's share"

    def _value(self, value: Value) -> Iterator[str]:
        if self._full or value.span is None:
            yield f"v{value.number}: {_type(value)} = {self._operation(value)}"
            return
        results = [other for other in value.span.results if self._mentions[other]]
        if value is max(results, key=lambda other: other.number):
            names = ", ".join(f"v{other.number}" if other in results else "_" for other in value.span.results)
            yield f"{names}: {_type(value)} = {self._call(value.span)}"

    def _call(self, span: Span) -> str:
        return f"{span.name}({', '.join(self._text(source, outermost=True) for source in span.operands)})"

    # Expressions.

    def _text(self, value: Value, outermost: bool = False) -> str:
        value = self._meant(value)
        if value.op == "constant":
            return str(np.dtype(value.type).type(value.attribute)) if is_float(value.type) else str(value.attribute)
        if value.op == "iota":
            return f"[0..{value.width - 1}]" if value.attribute is None else str(list(value.attribute))
        if value.op == "word":
            return self._words.get(value.attribute, f"word {value.attribute}")
        if value.op in ("thread", "threads"):
            return value.op
        if self._is_inline(value):
            text = self._operation(value)
            return text if outermost or value.op == "load" else f"({text})"
        return f"i{value.number}" if value.op == "index" else f"v{value.number}"

    def _operation(self, value: Value) -> str:
        inputs = [self._text(source, outermost=value.op not in _SYMBOLS) for source in value.inputs]
        if value.op in ("load", "gather"):
            masked = f" where {inputs[1]}" if len(inputs) == 2 else ""
            text = _place(value, inputs[0]) + masked
            return text if self._is_inline(value) else f"{value.op} {text}"
        if value.op in _SYMBOLS and len(inputs) == 2:
            return f"{inputs[0]} {_SYMBOLS[value.op]} {inputs[1]}"
        if value.op in ("convert", "saturate"):
            return f"{_type(value)}({inputs[0]})"
        if value.op == "neg":
            return f"-{inputs[0]}"
        if value.op in ("call", "call_where"):
            return f"{value.attribute}{value.op.removeprefix('call')}({', '.join(inputs)})"
        attribute = [] if value.attribute is None else [str(value.attribute)]
        return f"{value.op}({', '.join(inputs + attribute)})"


def _place(value: Value, offset: str) -> str:
    """The elements that an operation reads or writes; a single number has no offset."""
    return f"{value.attribute}[{offset}]" if value.attribute.sizes or offset != "0" else str(value.attribute)


def _type(value: Value) -> str:
    kind = value.type.rstrip("0123456789")
    return f"{_SHORT[kind]}{value.type[len(kind) :]}" + (f"x{value.width}" if value.width > 1 else "")
