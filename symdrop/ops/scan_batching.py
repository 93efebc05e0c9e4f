"""The batching rule of a loop: one loop whose states and elements are those of all examples.

Source: the batching rule of scan, J. Bradbury et al., "JAX: composable transformations of
Python+NumPy programs" (2018).

Read next: scan_gradient.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph import Node
from ..op import INPUT, Batched, BatchedResult, constant_scalar
from ..types import TensorType
from .batching import Batching
from .closures import close_over
from .join import refine_shape
from .scan import Loop, scan
from .views import dimshuffle, stacked


@scan.batching
def scan_batching(rows: Node, y: Node, *operands: Batched, **params: Any) -> BatchedResult:
    loop = Loop(y)
    if any(bound.batched for bound in operands[:3]):
        return None
    values = operands[3:]
    count, carries = len(loop.sequences), len(loop.states)
    sequences, initial, captured = values[:count], values[count : count + carries], values[count + carries :]
    varying = [state.batched for state in initial]
    while True:
        step = _Step(loop, rows, sequences, varying, captured)
        grown = [was or step.found[new].batched for was, new in zip(varying, loop.new_states, strict=True)]
        if grown == varying:
            break
        # A state that differs from example to example after a step does so in every step.
        varying = grown
    if loop.stop is not None and step.found[loop.stop].batched:
        # Every example makes as many steps as it needs.
        return None
    return step.loop(operands[:3], sequences, initial, params)


class _Step:
    """The body of the loop for all examples, once it is known which states differ among them."""

    def __init__(
        self, loop: Loop, rows: Node, sequences: Sequence[Batched], varying: Sequence[bool], captured: Sequence[Batched]
    ) -> None:
        self._loop = loop
        self._rows = rows
        self._varying = varying
        flags = [*(sequence.batched for sequence in sequences), *varying]
        inner = (*loop.slices, *loop.states)
        self._placeholders = [_placeholder(leaf, rows, batched) for leaf, batched in zip(inner, flags, strict=True)]
        leaves = dict(zip(inner, map(Batched, self._placeholders, flags), strict=True))
        leaves.update(zip(loop.inner, captured, strict=True))
        self.found = Batching(loop.body.outputs, rows, leaves)

    def loop(
        self, bounds: Sequence[Batched], sequences: Sequence[Batched], initial: Sequence[Batched], params: Any
    ) -> list[Batched]:
        """The values of the loop for all examples."""
        old, found = self._loop, self.found
        new_states = [
            self._refined(stacked(found[new], self._rows), 0) if batched else found[new].value
            for new, batched in zip(old.new_states, self._varying, strict=True)
        ]
        outputs = [*new_states, *(found[row].value for row in old.stacked)]
        outputs += [found[old.stop].value] if old.stop is not None else []
        body, captured = close_over(outputs, [old.position, *self._placeholders])
        starts = [
            self._refined(stacked(start, self._rows), 0) if batched else start.value
            for start, batched in zip(initial, self._varying, strict=True)
        ]
        inputs = [*(bound.value for bound in bounds), *map(self._steps_first, sequences), *starts, *captured]
        made = Loop(scan(*inputs, **{**params, "body": body}))
        made.node.name = old.node.name
        states = [Batched(made.last_state(k), batched) for k, batched in enumerate(self._varying)]
        stacks = [
            Batched(_exchanged(made.stack(k)) if found[row].batched else made.stack(k), found[row].batched)
            for k, row in enumerate(old.stacked)
        ]
        return [*states, *stacks, *([Batched(made.steps, False)] if old.stop is not None else [])]

    def _steps_first(self, sequence: Batched) -> Node:
        return self._refined(_exchanged(sequence.value), 1) if sequence.batched else sequence.value

    def _refined(self, value: Node, axis: int) -> Node:
        """A value whose number of examples is known, if it is known at all."""
        shape = [None] * value.ndim
        return refine_shape(value, (*shape[:axis], constant_scalar(self._rows), *shape[axis + 1 :]))


def _placeholder(leaf: Node, rows: Node, batched: bool) -> Node:
    if not batched:
        return leaf
    shape = (constant_scalar(rows), *leaf.type.shape)
    return Node(INPUT, (), TensorType(leaf.dtype, shape), leaf.params, leaf.name, leaf.lines)


def _exchanged(x: Node) -> Node:
    """x with its first two axes exchanged: those of the steps and of the examples."""
    return dimshuffle(x, pattern=(1, 0, *range(2, x.ndim)))
