"""Connections of a cost with variables: through loops only as far as a step hands it on, as Theano counted.

The engine differentiates a loop as a whole; a state that no step reads has a gradient of zeros there, and Theano called
it disconnected.

Read next: gof/__init__.py
"""

from __future__ import annotations

from collections.abc import Iterator

from ..graph import Node, toposort
from ..op import is_dim
from ..ops.scan import Loop, loop_of_value


def connected(cost: Node) -> set[Node]:
    """The nodes from which a cost is computed; nothing is of its sizes.

    Args:
        cost: a variable.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x, y = T.scalars("x", "y")
        >>> (a, b), _ = theano.scan(lambda a, b: (a * 2, a + 1), outputs_info=[x, y], n_steps=3)
        >>> x in connected(b[-1]), y in connected(b[-1])
        (True, False)
    """
    found: set[Node] = set()
    waiting = [cost]
    while waiting:
        node = waiting.pop()
        if node in found or is_dim(node):
            continue
        found.add(node)
        loop = loop_of_value(node)
        waiting += node.inputs if loop is None else _sources(loop, int(node.params["index"]))
    return found


def _sources(loop: Loop, index: int) -> Iterator[Node]:
    """The nodes around a loop from which one of its values is computed."""
    outside = {
        **dict(zip(loop.slices, loop.sequences, strict=True)),
        **dict(zip(loop.states, loop.initial, strict=True)),
        **dict(zip(loop.inner, loop.captured, strict=True)),
    }
    after = dict(zip(loop.states, loop.new_states, strict=True))
    waiting = [loop.body.outputs[index]]
    if index < len(loop.initial):
        # A loop of no steps gives the initial state.
        yield loop.initial[index]
    known: set[Node] = set()
    while waiting:
        for leaf in toposort([waiting.pop()], stop=is_dim):
            if leaf in outside and leaf not in known:
                known.add(leaf)
                yield outside[leaf]
                waiting += [after[leaf]] if leaf in after else []
