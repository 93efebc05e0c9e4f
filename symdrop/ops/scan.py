"""A loop: a closed graph run once a step, with states handed from step to step.

    positions first, first + 1, ..., first + count - 1 (or the other way round):
        states, rows[, stop] = body(position, sequences[position + offset], states, captured)

A ``scan`` has several values: the last states, then for every row its rows stacked (zeros
at positions never visited), then, where the body may stop the loop, the number of steps
made. What looks like more than this (taps, truncated gradients, loops run backwards, loops
in chunks) is expressed by it: see tensor/scan.py for what users write.

Read next: zero_flow.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import GraphTypeError, ShapeError
from ..graph import Graph, Node, describe, rebuild, substitution
from ..op import INPUT, Constant, KnownSizes, Op, Size, control, evaluate, is_item, size_outside
from ..types import TensorType, TupleType
from .join import item

# What the gradient of a loop keeps of the way forward: "products" keeps the states and what is expensive to compute
# again (products of matrices, sums); "states" keeps the states alone.
KEEP = ("products", "states")


class Loop:
    """A scan node taken apart.

    Attributes:
        node: the scan.
        body: what a step computes.
        rows, first, count: rows of what it stacks, first position, and number of steps.
        sequences, initial, captured: nodes around the loop.
        position, slices, states, inner: the body's inputs: the position, the sequences' elements, the states, and
            what stands for ``captured``.
        new_states, stacked: the body's outputs; ``stop`` is the last one, or None.
    """

    def __init__(self, node: Node) -> None:
        self.node = node
        params = node.params
        body: Graph = params["body"]
        carries: int = params["carries"]
        count = len(params["offsets"])
        self.body = body
        self.rows, self.first, self.count, *values = node.inputs
        self.sequences, self.initial, self.captured = _three(values, count, carries)
        self.position = body.inputs[0]
        self.slices, self.states, self.inner = _three(body.inputs[1:], count, carries)
        self.new_states = body.outputs[:carries]
        self.stop = body.outputs[-1] if params["until"] else None
        self.stacked = body.outputs[carries : len(body.outputs) - (self.stop is not None)]

    def last_state(self, k: int) -> Node:
        """The state after the last step."""
        return item(self.node, index=k)

    def stack(self, k: int) -> Node:
        """The stacked rows."""
        return item(self.node, index=len(self.states) + k)

    @property
    def steps(self) -> Node:
        """The number of steps made."""
        if self.stop is None:
            return self.count
        return item(self.node, index=len(self.states) + len(self.stacked))

    def outside(self, size: Size) -> Size | None:
        """A size inside the body as one outside of it, or None if only running can tell."""
        pairs = zip(
            (*self.inner, *self.slices, *self.states), (*self.captured, *self.sequences, *self.initial), strict=True
        )
        return size_outside(size, dict(pairs), self.inner)


def _three(values: Sequence[Node], first: int, second: int) -> tuple[tuple[Node, ...], ...]:
    return tuple(values[:first]), tuple(values[first : first + second]), tuple(values[first + second :])


def loop_of(node: Node) -> Loop | None:
    """The loop that a node is, taken apart; None if it is none."""
    return Loop(node) if node.op is scan else None


def loop_of_value(node: Node) -> Loop | None:
    """The loop of which a node is one of the values; None if it is none."""
    return loop_of(node.inputs[0]) if is_item(node) else None


def _behind_states(node: Node) -> int:
    return 3 + len(node.params["offsets"]) + int(node.params["carries"])


def _sequences(node: Node) -> range:
    return range(3, 3 + len(node.params["offsets"]))


@control(aliases=True, sizes=slice(3), captured_from=_behind_states, sequences=_sequences)
def scan(
    m: Any,
    rows: Any,
    first: Any,
    count: Any,
    *values: Any,
    body: Graph,
    offsets: tuple[int, ...],
    carries: int,
    reverse: bool,
    until: bool,
    truncate: int,
    keep: str,
) -> Any:
    """States handed from step to step, and rows stacked: a loop whose step is the graph ``body``."""

    def step(arguments: Sequence[Any]) -> Sequence[Any]:
        return evaluate(body, m, dict(zip(body.inputs, arguments, strict=True)))

    return run_loop(m, step, (int(rows), int(first), int(count)), values, body, offsets, carries, reverse, until)


def run_loop(
    m: Any,
    step: Callable[[Sequence[Any]], Sequence[Any]],
    bounds: tuple[int, int, int],
    values: Sequence[Any],
    body: Graph,
    offsets: tuple[int, ...],
    carries: int,
    reverse: bool,
    until: bool,
) -> tuple[Any, ...]:
    """The values of a scan; ``step`` gives the outputs of the body from its inputs."""
    rows, first, count = bounds
    sequences, states, captured = _three(list(values), len(offsets), carries)
    if min(rows, count) < 0:
        raise ShapeError(f"a loop makes 0 steps or more, not {min(rows, count)}")
    if first < 0 or first + count > rows:
        raise ShapeError(f"a loop of {count} steps from position {first} on does not lie within {rows} rows")
    for number, (sequence, offset) in enumerate(zip(sequences, offsets, strict=True)):
        if rows and len(sequence) < rows + offset:
            raise ShapeError(
                f"the loop makes {rows} steps, but sequence {number} has "
                f"{len(sequence) - offset} elements for them; it must not be shorter"
            )
    positions = range(first, first + count)
    made: dict[int, Sequence[Any]] = {}
    steps = 0
    for position in reversed(positions) if reverse else positions:
        elements = [sequence[position + offset] for sequence, offset in zip(sequences, offsets, strict=True)]
        results = list(step([m.asarray(position), *map(m.asarray, elements), *states, *captured]))
        stop = bool(results.pop()) if until else False
        states = tuple(map(m.asarray, results[:carries]))
        if len(results) > carries:
            # A loop that stacks nothing may make any number of steps.
            made[position] = results[carries:]
        steps += 1
        if stop:
            break
    stacks = _stacked(m, rows, made, body, carries, until, (sequences, states, captured))
    return (*states, *stacks, *([m.asarray(steps)] if until else []))


def _stacked(
    m: Any, rows: int, made: dict[int, Sequence[Any]], body: Graph, carries: int, until: bool, values: Any
) -> list[Any]:
    outputs = body.outputs[carries : len(body.outputs) - until]
    for k in range(len(outputs)):
        _check_alike({position: m.asarray(results[k]).shape for position, results in made.items()})
    if len(made) == rows and rows:
        return [m.stack([made[position][k] for position in range(rows)]) for k in range(len(outputs))]
    if made:
        like = next(iter(made.values()))
    else:
        like = _without_steps(m, body, values)[carries:]
    zeros = [m.zeros(m.asarray(row).shape, output.dtype) for row, output in zip(like, outputs, strict=False)]
    return [
        m.stack([made[position][k] if position in made else zero for position in range(rows)])
        if rows
        else m.zeros((0, *zero.shape), zero.dtype)
        for k, zero in enumerate(zeros)
    ]


def _check_alike(shapes: Mapping[int, tuple[int, ...]]) -> None:
    """Refuse rows of different shapes: they make no array."""
    first = next(iter(shapes), 0)
    for position, shape in shapes.items():
        if shape != shapes[first]:
            raise ShapeError(
                f"the values of all steps (of all examples, in vmap) are stacked and must have one shape, but that of "
                f"step {first} is {shapes[first]} and that of step {position} is {shape}"
            )


def _without_steps(m: Any, body: Graph, values: Any) -> Sequence[Any]:
    """The rows of a step made of zeros: only the shapes matter, so zeros are not asked to hold what values must."""
    sequences, states, captured = values
    zeros = [m.zeros(sequence.shape[1:], sequence.dtype) for sequence in sequences]
    new = substitution(body.outputs, {}, _unchecked)
    body = body.with_outputs([new[output] for output in body.outputs])
    with np.errstate(all="ignore"):
        return evaluate(body, m, dict(zip(body.inputs, [m.asarray(0), *zeros, *states, *captured], strict=True)))


def _unchecked(node: Node, inputs: Sequence[Node]) -> Node:
    return inputs[0] if isinstance(node.op, Op) and node.op.asserts else rebuild(node, inputs)


@scan.infer
def scan_type(
    rows: Node,
    first: Node,
    count: Node,
    *values: Node,
    body: Graph,
    offsets: tuple[int, ...],
    carries: int,
    reverse: bool,
    until: bool,
    truncate: int,
    keep: str,
) -> TupleType:
    sequences, initial, captured = _three(values, len(offsets), carries)
    _, *leaves = body.inputs
    slices, states, inner = _three(leaves, len(offsets), carries)
    for leaf, given in zip((*states, *inner), (*initial, *captured), strict=True):
        _accept(leaf, given, given.type.shape)
    for leaf, given in zip(slices, sequences, strict=True):
        if not given.ndim:
            raise GraphTypeError(f"a sequence has at least one axis, the one to step along; {describe(given)} has none")
        _accept(leaf, given, given.type.shape[1:])
    for leaf, new in zip(states, body.outputs, strict=False):
        if not leaf.type.accepts(new.type):
            raise GraphTypeError(f"the state {leaf.name or ''} of type {leaf.type} becomes {new.type} after a step")
    length = rows.value.item() if isinstance(rows, Constant) else None
    stacked = body.outputs[carries : len(body.outputs) - until]
    items = [leaf.type for leaf in states]
    items += [TensorType(output.dtype, (length, *output.type.shape)) for output in stacked]
    return TupleType((*items, *([TensorType("int64", ())] if until else [])))


def _accept(leaf: Node, given: Node, shape: Sequence[int | None]) -> None:
    if not leaf.type.accepts(TensorType(given.dtype, tuple(shape))):
        raise GraphTypeError(f"the body of the loop expects {leaf.type} for {leaf.name or 'a value'}, not {given.type}")


@scan.item_notation
def scan_item(node: Node, index: int) -> str:
    """A last state, stacked rows, or the number of steps."""
    loop = Loop(node)
    rows = index - len(loop.states)
    return f".last[{index}]" if rows < 0 else f".stack[{rows}]" if rows < len(loop.stacked) else ".steps"


@scan.sizes
def scan_sizes(
    sizes: KnownSizes,
    rows: Node,
    first: Node,
    count: Node,
    *values: Node,
    body: Graph,
    offsets: tuple[int, ...],
    carries: int,
    **params: Any,
) -> Sequence[Sequence[Size | None]]:
    loop = Loop(Node(scan, (rows, first, count, *values), TupleType(()), {
        "body": body, "offsets": offsets, "carries": carries, **params,
    }))  # fmt: skip
    inside = sizes.inside(body)
    stacked = [[rows, *map(loop.outside, inside(output))] for output in loop.stacked]
    return [*(sizes(initial) for initial in loop.initial), *stacked, *([()] if loop.stop is not None else [])]


@scan.samples
def scan_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    def leaf(name: str, dtype: str, ndim: int) -> Node:
        return Node(INPUT, (), TensorType(dtype, (None,) * ndim), None, name)

    position, x, h, w = leaf("i", "int64", 0), leaf("x", dtype, 0), leaf("h", dtype, 1), leaf("w", dtype, 1)
    new = h * w + x
    xs, start, factor = (rng.uniform(-1, 1, size).astype(dtype) for size in (4, 3, 3))
    common = {"offsets": (0,), "carries": 1, "reverse": False, "until": False, "truncate": -1, "keep": "products"}
    yield (4, 0, 4, xs, start, factor), {"body": Graph([position, x, h, w], [new, new * position]), **common}
    yield (4, 1, 2, xs, start, factor), {
        **common, "body": Graph([position, x, h, w], [new, new * x]), "reverse": True,
    }  # fmt: skip
    yield (3, 0, 3, xs, start, factor), {
        **common, "body": Graph([position, x, h, w], [new, new, position >= 1]), "offsets": (1,), "until": True,
    }  # fmt: skip
