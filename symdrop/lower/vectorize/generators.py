"""Lowering rules of generators (ranges, sizes, keys), which need no memory, and of run-time checks.

Read next: reductions.py
"""

from __future__ import annotations

from ...graph import Node
from ...op import constant_scalar
from ...ops import checks, creation, indexing, random, views
from ...types import is_float
from ..ir.vector_ir import INDEX, Value
from .elemental import Axes, ElementalEmitter, lowering_rule
from .index_expressions import Flat, Point
from .indexing_maps import inside
from .threefry import WORD, encrypt
from .vector_maths import Unlowered


def _first_and_step(node: Node, at: Axes) -> list[tuple[Node, Axes]]:
    return [(node.inputs[0], ()), (node.inputs[2], ())]


def _counts(node: Node) -> bool:
    """True for a range of integers, and of floats that are whole numbers."""
    ends = (constant_scalar(node.inputs[i]) for i in (0, 2))
    return not is_float(node.dtype) or all(end is not None and int(end) == end for end in ends)


@lowering_rule(creation.arange, reads=_first_and_step, lowers=_counts)
def arange(emitter: ElementalEmitter, node: Node, at: Point) -> Value:
    """The i-th number of a range, start + i * step; floats only where these are whole numbers."""
    index = at.index if isinstance(at, Flat) else at[0]
    start, _, step = node.inputs
    first, by = constant_scalar(start), constant_scalar(step)
    maths, make = emitter.builder.maths, emitter.builder.make
    if is_float(node.dtype):
        if first is None or by is None or int(first) != first or int(by) != by:
            raise Unlowered("arange of fractions")
        return maths.cast(emitter.materialize(index) * int(by) + int(first), node.dtype)  # type: ignore[no-any-return]
    number = emitter.builder.convert(emitter.materialize(index), node.dtype)
    begin, stride = (maths.cast(emitter.number(source), node.dtype) for source in (start, step))
    if by != 1:
        number = make("mul", number, stride)
    return number if first == 0 else make("add", number, begin)


@lowering_rule(indexing.position, may_fail=True)
def position(emitter: ElementalEmitter, node: Node, at: Point) -> Value:
    """An index counted from the front, and a check that it is in range."""
    index, size = node.inputs
    number = emitter.builder.convert(emitter.value(index, at), INDEX)
    return inside(emitter, node, index, number, emitter.builder.convert(emitter.number(size), INDEX))


def _nothing(node: Node, at: Axes) -> list[tuple[Node, Axes]]:
    return []


@lowering_rule(views.dim, reads=_nothing)
def dim(emitter: ElementalEmitter, node: Node, at: Point) -> Value:
    """A size of the input."""
    return emitter.size(emitter.memory.sizes(node.inputs[0])[node.params["axis"]])


def _words(node: Node, at: Axes) -> list[tuple[Node, Axes]]:
    return [(source, (None,)) for source in node.inputs]


@lowering_rule(random.fold_in, reads=_words)
def fold_in(emitter: ElementalEmitter, node: Node, at: Point) -> Value:
    """A word of the key that a key and two more words make."""
    word = at.index if isinstance(at, Flat) else at[0]
    key, (counter, block) = map(emitter.words, node.inputs)
    words = encrypt(emitter.builder, key, counter, block)
    if word.base.op == "constant" and word.step == 0 and word.lanes is None:
        return words[word.base.attribute]
    is_first = emitter.builder.make("eq", emitter.materialize(word), emitter.index(0))
    return emitter.builder.make("select", is_first, *words)


@lowering_rule(random.loop_words)
def loop_words(emitter: ElementalEmitter, node: Node, at: Point) -> Value:
    """A word of a loop's position, the high one first."""
    word = at.index if isinstance(at, Flat) else at[0]
    number, make = emitter.number(node.inputs[0]), emitter.builder.make
    high = make("shr", number, emitter.index(32)) if number.op != "constant" else emitter.index(number.attribute >> 32)
    words = [emitter.builder.convert(part, WORD) for part in (high, number)]
    if word.base.op == "constant" and word.step == 0 and word.lanes is None:
        only: Value = words[word.base.attribute]
        return only
    is_first = make("eq", emitter.materialize(word), emitter.index(0))
    return make("select", is_first, *words)


def _has_one(node: Node) -> bool:
    """True unless probabilities have to sum to 1."""
    return node.params["axis"] is None


@lowering_rule(random.check_probability, lowers=_has_one, may_fail=True)
def check_probability(emitter: ElementalEmitter, node: Node, at: Point) -> Value:
    """A number, and a check that it is a probability."""
    if node.params["axis"] is not None:
        raise Unlowered("probabilities that sum to 1")
    p = emitter.value(node.inputs[0], at)
    emitter.check((p >= 0) & (p <= 1), node)
    return p


@lowering_rule(checks.require, may_fail=True)
def require(emitter: ElementalEmitter, node: Node, at: Point) -> Value:
    """A value, and a check that the condition on it holds."""
    x, holds = (emitter.value(source, at if source.ndim else ()) for source in node.inputs)
    emitter.check(holds, node)
    return x
