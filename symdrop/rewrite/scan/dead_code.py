"""Dead-code elimination in scans: rows nobody reads, states that do not change, inputs that are not used.

Source: dead-code elimination, A. Aho, M. Lam, R. Sethi and J. Ullman, "Compilers", 2nd ed.,
2006, section 9.1.6.

Read next: batching.py
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from ...graph import Graph, Node, toposort
from ...op import Constant, KnownSizes, as_node, is_dim
from ...ops.join import undeclared
from ...ops.lengths import placeholder
from ...ops.scan import Loop
from ...ops.views import broadcast, filled
from ...ops.zero_flow import zeros_given
from ..core.predicates import as_literal, is_structural_zero, structural_zeros_of
from ..core.rewrite_rule import Firing
from .parts import Captured, Replacements, ScanParts, loop_pass, positions, run_loop_passes, visits_all


@loop_pass
def remove_unused(loop: Loop, used: frozenset[int]) -> Replacements | None:
    """Stacks nobody reads, states that influence no output, and inputs that the body does not use are left out."""
    count = len(loop.states)
    stacks = [k for k in range(len(loop.stacked)) if count + k in used]
    live = {k for k in range(count) if k in used}
    ends = [loop.stacked[k] for k in stacks] + ([] if loop.stop is None else [loop.stop])
    sizes = _sizes_of_changing(loop)
    while True:
        # To ask for the size of a state is not to need it.
        needed = set(toposort([*ends, *(loop.new_states[k] for k in live)], stop=sizes.__contains__))
        more = {k for k, state in enumerate(loop.states) if state in needed} - live
        if not more:
            break
        live |= more
    states = sorted(live)
    parts = ScanParts(loop)
    parts.states = [parts.states[k] for k in states]
    parts.stacked = [loop.stacked[k] for k in stacks]
    parts.sequences = [one for one in parts.sequences if one.leaf in needed]
    parts.captured = [one for one in parts.captured if one.leaf in needed]
    if len(parts.outputs) == len(loop.body.outputs) and (
        1 + len(parts.sequences) + len(states) + len(parts.captured) == len(loop.body.inputs)
    ):
        return None
    kept = {loop.states[k] for k in states} | {one.leaf for one in parts.sequences}
    replaced: dict[Node, Node] = {}
    for node in (node for node in sizes if node in needed and node.inputs[0] not in kept):
        replaced[node] = size = sizes[node]
        if not isinstance(size, Constant):
            replaced[node] = placeholder(size, "size")
            parts.captured.append(Captured(replaced[node], size))
    if replaced:
        parts.replace(replaced)
    return parts.values(used, positions(states), positions(stacks))


def _sizes_of_changing(loop: Loop) -> dict[Node, Node]:
    """The sizes of elements and states for which the body asks, as they are outside."""
    changing = {*loop.slices, *loop.states}
    found: dict[Node, Node] = {}
    for node in loop.body.nodes():
        if is_dim(node) and node.inputs[0] in changing:
            size = loop.outside(node)
            if size is not None:
                found[node] = as_node(size)
    return found


@loop_pass
def merge_duplicate_inputs(loop: Loop, used: frozenset[int]) -> Replacements | None:
    """Duplicates among stacked rows, captured values and sequences become one."""
    parts = ScanParts(loop)
    same: dict[Node, Node] = {}
    first: dict[Hashable, Node] = {}
    whats: list[tuple[Node, Hashable]] = [(one.leaf, (one.node, one.offset)) for one in parts.sequences]
    whats += [(one.leaf, one.node) for one in parts.captured]
    for leaf, what in whats:
        # A placeholder's type is its own.
        kept = first.setdefault((what, leaf.type), leaf)
        if kept is not leaf:
            same[leaf] = kept
    parts.sequences = [one for one in parts.sequences if one.leaf not in same]
    parts.captured = [one for one in parts.captured if one.leaf not in same]
    if same:
        parts.replace(same)
    stacks = {output: k for k, output in enumerate(dict.fromkeys(parts.stacked))}
    now = {k: stacks[output] for k, output in enumerate(parts.stacked)}
    if not same and len(stacks) == len(parts.stacked):
        return None
    parts.stacked = list(stacks)
    return parts.values(used, positions(range(len(loop.states))), now)


@loop_pass
def invariant_state_to_constant(loop: Loop, used: frozenset[int]) -> Replacements | None:
    """A loop-invariant state is a captured constant of the loop."""
    sizes = KnownSizes()
    same = [k for k in range(len(loop.states)) if _is_unchanged(loop, k, sizes)]
    return _captured_states(loop, used, same) if same else None


def _is_unchanged(loop: Loop, k: int, sizes: KnownSizes) -> bool:
    """True if a step hands a state on as it is, declared at most to have the sizes that it has at first."""
    new, declared = undeclared(loop.new_states[k])
    if new is not loop.states[k]:
        return False
    first = sizes(loop.initial[k]) if declared else ()
    outside = [(loop.outside(size), first[axis]) for axis, size, _ in declared]
    return all(size is not None and sizes.canonical(size) == known for size, known in outside)


@loop_pass
def zero_state_to_constant(loop: Loop, used: frozenset[int]) -> Replacements | None:
    """A state that stays a structural zero is a captured one."""
    zeros = {k for k, initial in enumerate(loop.initial) if is_structural_zero(initial)}
    while zeros:
        found = zeros_given([loop.new_states[k] for k in zeros], [loop.states[k] for k in zeros])
        remaining = {k for k in zeros if loop.new_states[k] in found}
        if remaining == zeros:
            break
        zeros = remaining
    if not zeros:
        return None
    return _captured_states(loop, used, sorted(zeros))


def _captured_states(loop: Loop, used: frozenset[int], chosen: Sequence[int]) -> Replacements:
    """The loop with some states captured as what they are at first."""
    parts = ScanParts(loop)
    kept = [k for k in range(len(loop.states)) if k not in chosen]
    parts.states = [parts.states[k] for k in kept]
    parts.captured += [Captured(loop.states[k], loop.initial[k]) for k in chosen]
    found = parts.values(used, positions(kept), positions(range(len(loop.stacked))))
    found.update((k, loop.initial[k]) for k in chosen if k in used)
    return found


@loop_pass
def inline_broadcasts(loop: Loop, used: frozenset[int]) -> Replacements | None:
    """A captured broadcast of a constant is broadcast inside the body, where rules see the constant."""
    parts = ScanParts(loop)
    moved = [one for one in parts.captured if as_literal(one.node) is not one.node]
    if not moved:
        return None
    known = KnownSizes()
    inside: dict[Node, Node] = {}
    for one in moved:
        parts.captured.remove(one)
        sizes: list[Node] = []
        for size in map(as_node, known(one.node)):
            if not isinstance(size, Constant):
                parts.captured.append(Captured(placeholder(size, "size"), size))
                size = parts.captured[-1].leaf
            sizes.append(size)
        inside[one.leaf] = filled(as_literal(one.node), sizes)
    parts.replace(inside)
    return parts.values(used, positions(range(len(loop.states))), positions(range(len(loop.stacked))))


@loop_pass
def known_outputs(loop: Loop, used: frozenset[int]) -> Replacements | None:
    """Stacks that need no loop: of a sequence the sequence, of an invariant its repetition, of zeros zeros."""
    known = KnownSizes()
    inside = KnownSizes()
    everywhere = visits_all(loop)
    found: dict[int, Node] = {}
    for k, output in enumerate(loop.stacked):
        value = None
        if is_structural_zero(output):
            sizes = [loop.outside(size) for size in inside(output)]
            if None not in sizes:
                value = structural_zeros_of(output.dtype, [loop.rows, *(size for size in sizes if size is not None)])
        elif everywhere and output in loop.slices:
            at = loop.slices.index(output)
            sequence, offset = loop.sequences[at], loop.node.params["offsets"][at]
            if offset == 0 and known(sequence)[0] == known.canonical(loop.rows):
                value = sequence
        elif everywhere and (output in loop.inner or isinstance(output, Constant)):
            value = loop.captured[loop.inner.index(output)] if output in loop.inner else output
            value = broadcast(value, loop.rows, axes=(0,), ndim=value.ndim + 1)
        if value is not None:
            found[k] = value
    if not found:
        return None
    parts = ScanParts(loop)
    kept = [k for k in range(len(loop.stacked)) if k not in found]
    parts.stacked = [loop.stacked[k] for k in kept]
    values = parts.values(used, positions(range(len(loop.states))), positions(kept))
    values.update((len(loop.states) + k, value) for k, value in found.items() if len(loop.states) + k in used)
    return values


DEAD_CODE = (
    remove_unused,
    invariant_state_to_constant,
    zero_state_to_constant,
    inline_broadcasts,
    known_outputs,
    merge_duplicate_inputs,
)


def eliminate_dead_code(graph: Graph) -> tuple[Graph, list[Firing]]:
    """The graph with dead code in its loops eliminated."""
    return run_loop_passes(graph, DEAD_CODE)
