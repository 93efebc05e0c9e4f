"""The gradient of a loop: a loop over the same positions the other way round.

Its states are the cotangents of the forward states, and one running sum for everything
captured; its sequences are the cotangents of the stacked rows, the sequences of the way
forward, and what was kept of it:

    g(states), rows of g(sequences), sums += g(captured)
        = pullback of body(position, sequences[position], states before that step, captured)

The states before every step are kept, and by default what is expensive to compute again; the
rest, dropout masks above all, is computed again inside the backward step. To keep a value
is to let the forward loop stack it: a second scan is made that also gives these stacks,
and ``rewrite/scan/merge_duplicates.py`` makes one of the two.

Read next: attention/__init__.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import GraphTypeError
from ..graph import Graph, Node, substitution, toposort
from ..op import INPUT, ZERO, Contraction, Cotangent, KnownSizes, as_node, convert, is_dim
from ..types import Shape, TensorType, cotangent_dtype
from .arithmetic import minimum
from .barriers import structural_zeros_like
from .closures import close_over
from .join import item, refine_shape
from .logic import where
from .nnet import RowFunction
from .regions import conditional
from .scan import Loop, scan
from .scatter import inc_subtensor

Differentiate = Callable[..., dict[Node, Node]]


@scan.pullback
def scan_pullback(
    g: Sequence[Cotangent], y: Node, *inputs: Node, differentiate: Differentiate, **params: Any
) -> tuple[Cotangent, ...]:
    loop = Loop(y)
    back = _Backwards(loop, g, differentiate)
    return back.cotangents()


class _Backwards:
    """The backward loop of a scan.

    Args:
        loop: the scan.
        g: the cotangents of its values.
        differentiate: ``autodiff.pull_back``.
    """

    def __init__(self, loop: Loop, g: Sequence[Cotangent], differentiate: Differentiate) -> None:
        self.loop = loop
        self.g = g
        count = len(loop.states)
        self.g_rows = [
            (
                output,
                _as_precise(part, cotangent_dtype(output.dtype), (None, *output.type.shape)),
                _cotangent_leaf("g", output, "row"),
            )
            for output, part in zip(loop.stacked, g[count:], strict=False)
            if isinstance(part, Node)
        ]
        self.g_states: dict[int, Node] = {}
        self.found = self._differentiate(differentiate)

    def _differentiate(self, differentiate: Differentiate) -> dict[Node, Node]:
        """The pullback of one step; states whose cotangents stay structural zeros are left out."""
        loop = self.loop
        wrt = (*loop.slices, *loop.states, *loop.inner)
        live = {k for k, part in enumerate(self.g[: len(loop.states)]) if isinstance(part, Node)}
        while True:
            for k in sorted(live - set(self.g_states)):
                self.g_states[k] = _cotangent_leaf("g", loop.states[k], "state")
            seeds: dict[Node, Node] = {}
            pairs = [(loop.new_states[k], leaf) for k, leaf in self.g_states.items()]
            for node, leaf in [*pairs, *((output, leaf) for output, _, leaf in self.g_rows)]:
                seeds[node] = seeds[node] + leaf if node in seeds else leaf
            found = differentiate(seeds, wrt)
            reached = {k for k, state in enumerate(loop.states) if state in found}
            if reached <= set(self.g_states):
                return found
            live |= reached

    def cotangents(self) -> tuple[Cotangent, ...]:
        """The cotangents of the scan's inputs."""
        loop, found = self.loop, self.found
        slices = [k for k, leaf in enumerate(loop.slices) if leaf in found]
        summed = [k for k, leaf in enumerate(loop.inner) if leaf in found]
        # Sums start at zeros of a dtype in which there is arithmetic, whatever is captured.
        sums = [_cotangent_leaf("sum_g", loop.inner[k], "captured") for k in summed]
        outputs = [found.get(loop.states[k], structural_zeros_like(loop.states[k])) for k in self.g_states]
        outputs += [total + found[loop.inner[k]] for total, k in zip(sums, summed, strict=True)]
        outputs += [found[loop.slices[k]] for k in slices]
        made = self._loop(outputs, sums, summed)
        result: list[Cotangent] = [ZERO] * len(loop.node.inputs)
        first_initial = 3 + len(loop.sequences)
        first_captured = first_initial + len(loop.initial)
        for at, k in enumerate(self.g_states):
            result[first_initial + k] = self._reaching_the_beginning(item(made, index=at))
        for at, k in enumerate(summed, len(self.g_states)):
            result[first_captured + k] = item(made, index=at)
        for at, k in enumerate(slices, len(self.g_states) + len(summed)):
            result[3 + k] = self._in_place(item(made, index=at), k)
        return tuple(result)

    def _loop(self, outputs: Sequence[Node], sums: Sequence[Node], summed: Sequence[int]) -> Node:
        loop, params = self.loop, self.loop.node.params
        outputs, original = self._sizes_from_outside(outputs)
        position = _leaf("position", loop.position.type)
        replaced: dict[Node, Node] = dict(zip(loop.inner, loop.captured, strict=True))
        replaced[loop.position] = position
        needed = set(toposort(outputs))
        sequences: list[tuple[Node, Node, int]] = [(leaf, part, 0) for _, part, leaf in self.g_rows]
        for leaf, sequence, offset in zip(loop.slices, loop.sequences, params["offsets"], strict=True):
            if leaf in needed:
                replaced[leaf] = _leaf(leaf.name, leaf.type)
                sequences.append((replaced[leaf], sequence, offset))
        for node, stack in self._kept(outputs, original):
            replaced[node] = _leaf(node.name or f"kept_{node.op.name}", node.type)
            sequences.append((replaced[node], stack, 0))
        states = [*self.g_states.values(), *sums]
        inner = substitution(outputs, replaced)
        placeholders = [position, *(leaf for leaf, _, _ in sequences), *states]
        # A step gives what it was given: sizes that the way forward has checked are known here too.
        new = [inner[output] for output in outputs]
        new[: len(states)] = [_as_precise(g, s.dtype, s.type.shape) for g, s in zip(new, states, strict=False)]
        body, captured = close_over(new, placeholders)
        initial = [self._initial(k) for k in self.g_states] + [structural_zeros_like(loop.captured[k]) for k in summed]
        first, count = self._range()
        made = scan(
            loop.rows,
            first,
            count,
            *(sequence for _, sequence, _ in sequences),
            *initial,
            *captured,
            body=body,
            offsets=tuple(offset for _, _, offset in sequences),
            carries=len(states),
            reverse=not params["reverse"],
            until=False,
            truncate=-1,
            keep=params["keep"],
        )
        made.name = f"{loop.node.name} backwards" if loop.node.name else None
        return made

    def _initial(self, k: int) -> Node:
        part, state = self.g[k], self.loop.states[k]
        if not isinstance(part, Node):
            part = structural_zeros_like(self.loop.initial[k])
        return _as_precise(part, cotangent_dtype(state.dtype), state.type.shape)

    def _reaching_the_beginning(self, g: Node) -> Node:
        """The cotangent of an initial state: a structural zero if truncation ends the way back before it."""
        truncate = self.loop.node.params["truncate"]
        if truncate < 0:
            return g
        reached = self.loop.steps <= truncate
        return where(reached, g, convert(as_node(0), g.dtype))

    def _range(self) -> tuple[Any, Any]:
        """The first position and the number of steps of the way back: those made, or the last of them."""
        loop, params = self.loop, self.loop.node.params
        steps = count = loop.steps
        first = loop.first
        if params["truncate"] >= 0:
            count = minimum(steps, params["truncate"])
        if params["reverse"]:
            return first + loop.count - steps if loop.stop is not None else first, count
        return first + steps - count if params["truncate"] >= 0 else first, count

    def _in_place(self, rows: Node, k: int) -> Node:
        """Rows of a sequence's cotangent where the sequence had its elements; structural zeros elsewhere."""
        loop = self.loop
        sequence, offset = loop.sequences[k], loop.node.params["offsets"][k]
        known = KnownSizes()
        length = known(sequence)[0]
        if offset == 0 and (known.canonical(loop.rows) == length or known(rows)[0] == length):
            return rows
        stop = loop.rows + offset
        return inc_subtensor(structural_zeros_like(sequence), rows, offset, stop, entries=("i:i:",))

    # What is needed of the way forward.

    def _sizes_from_outside(self, outputs: Sequence[Node]) -> tuple[list[Node], dict[Node, Node]]:
        """The outputs without a step's values that serve only to tell their sizes, and what nodes were before."""
        known = KnownSizes()
        inside = set(self.loop.body.nodes())
        found: dict[Node, Node] = {}
        for node in toposort(outputs):
            if is_dim(node) and node.inputs[0] in inside:
                size = self.loop.outside(known(node.inputs[0])[node.params["axis"]])
                if size is not None:
                    found[node] = as_node(size)
        made = substitution(outputs, found)
        return [made[output] for output in outputs], {new: old for old, new in made.items()}

    def _kept(self, outputs: Sequence[Node], original: dict[Node, Node]) -> list[tuple[Node, Node]]:
        """The values of the way forward that the way back needs, and their stacks."""
        loop = self.loop
        changing = {loop.position, *loop.slices, *loop.states}
        for node in loop.body.nodes():
            if any(source in changing for source in node.inputs):
                changing.add(node)
        products = loop.node.params["keep"] == "products"
        lazy = conditional(loop.body.outputs)
        sizes = KnownSizes()

        def is_kept(node: Node) -> bool:
            if node in loop.states:
                return True
            old = original.get(node, node)
            # To keep what a step may not have computed would be to compute it.
            if not (products and old in changing and old not in lazy and _is_expensive(node)):
                return False
            # Rows that may be larger in one step than in another make no stack.
            return all(loop.outside(size) is not None for size in sizes(old))

        kept = [node for node in toposort(outputs, stop=is_kept) if is_kept(node)]
        known = {output: loop.stack(k) for k, output in enumerate(loop.stacked)}
        new = [old for node in kept if (old := original.get(node, node)) not in known]
        if new:
            body = loop.body
            ends = [] if loop.stop is None else [loop.stop]
            longer = Graph(body.inputs, [*loop.new_states, *loop.stacked, *new, *ends])
            again = Loop(scan(*loop.node.inputs, **{**loop.node.params, "body": longer}))
            again.node.name = loop.node.name
            known.update((node, again.stack(len(loop.stacked) + k)) for k, node in enumerate(new))
        return [(node, known[original.get(node, node)]) for node in kept]


def _is_expensive(node: Node) -> bool:
    """True for what is kept for the way back if it depends on the step."""
    return node.items is None and (node.op.kind == "reduction" or isinstance(node.op, Contraction | RowFunction))


def _as_precise(g: Node, dtype: str, shape: Shape) -> Node:
    """A cotangent that is known to have the dtype and the sizes of what it belongs to."""
    return refine_shape(convert(g, dtype), shape)


def _cotangent_leaf(what: str, node: Node, otherwise: str) -> Node:
    """The part of a value's cotangent that a step is handed, or of the sum of its cotangents so far."""
    return _leaf(f"{what}_{node.name or otherwise}", TensorType(cotangent_dtype(node.dtype), node.type.shape))


def _leaf(name: str | None, type: TensorType) -> Node:
    if not isinstance(type, TensorType):
        raise GraphTypeError(f"a value handed from step to step is one array, not {type}")
    return Node(INPUT, (), TensorType(type.dtype, type.shape), None, name)
