"""A call, node by node: every value on the way, and nothing committed.

The rewritten graph is run by the reference evaluation, whatever the function's back end,
from the states' present values. Since a draw is a pure function of its stream's step, a
trace sees the same draws as the call that comes next.

Read next: debug.py
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..binding import public
from ..compiler import Function, RuntimeFunction
from ..errors import GraphTypeError, shown
from ..graph import Graph, Node
from ..op import Constant, evaluate_node, explain, leaf_value
from ..ops.numpy_maths import NUMPY
from ..ops.scan import run_loop

Array = np.ndarray[Any, Any]


@public
@dataclass(frozen=True, slots=True)
class Step:
    """A node and its value; unpacks as these two.

    Attributes:
        node: a node of ``f.stages["rewritten"]``, or of a loop's body.
        value: its value.
        loops: the positions of the loops around it, the innermost last; empty outside of loops.
    """

    node: Node
    value: Array
    loops: tuple[int, ...] = ()

    def __iter__(self) -> Iterator[Any]:
        yield self.node
        yield self.value


Visit = Callable[[Step], None]


@public
def trace(f: Any, *args: Any, inside: bool = False, **kwargs: Any) -> Iterator[Step]:
    """The values of a compiled function's nodes, in the order of their computation, by NumPy; no state changes.

    Inputs and states come too, constants do not. A loop appears by what is taken from it: last states and stacked rows.

    Args:
        f: what ``sd.function`` made.
        args, kwargs: as of a call.
        inside: whether to give the nodes of loops' and branches' bodies as well, once for every time they are computed.

    Returns:
        An iterator of ``Step``; each computes one node more, or with ``inside`` one loop more.

    Raises:
        GraphTypeError: if ``f`` is no compiled function, or an argument is refused.
        SymdropError: if an op refuses its values; a note names the node, its inputs and the user's line.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.dvector("x")
        >>> f = sd.function([x], T.log(x).sum())
        >>> for node, value in sd.inspect.trace(f, [1.0, 0.0]):
        ...     print(node.name or node.op.name, value)
        x [1. 0.]
        log [  0. -inf]
        sum -inf
    """
    function = chosen(f, kwargs)
    return _trace(function.stages["rewritten"], function.arguments(*args, **kwargs), inside)


def _trace(graph: Graph, values: Mapping[Node, Array], inside: bool) -> Iterator[Step]:
    found: list[Step] = []
    for step in steps(graph, values, found.append if inside else None):
        yield from found
        found.clear()
        yield step


def chosen(f: Any, kwargs: dict[str, Any]) -> Function:
    """The function that a call is made of; ``training=`` is taken from the keywords where it chooses one.

    Raises:
        GraphTypeError: if ``f`` is no compiled function.
    """
    if isinstance(f, RuntimeFunction):
        return f.chosen(kwargs.pop("training", None))
    if not isinstance(f, Function):
        raise GraphTypeError(f"expected what sd.function returns, not {shown(f)}")
    return f


def steps(
    graph: Graph, values: Mapping[Node, Any], visit: Visit | None, loops: tuple[int, ...] = ()
) -> Generator[Step, None, list[Any]]:
    """Run a graph node by node; the generator returns the values of the outputs.

    Args:
        graph: a closed graph.
        values: of its inputs, and of whatever else is taken as given.
        visit: called with every step inside of loops and branches; None to run these as one.
        loops: the positions of the loops around the graph.
    """
    known: dict[Node, Any] = {}
    order = graph.nodes()
    last = {source: node for node in order for source in node.inputs}
    kept = set(graph.outputs)
    for node in order:
        if node in values:
            known[node] = values[node]
        elif node.op.kind == "leaf":
            known[node] = leaf_value(node)
        else:
            known[node] = _value(node, [known[source] for source in node.inputs], visit, loops)
            for source in node.inputs:
                if last[source] is node and source not in kept:
                    known.pop(source, None)
        if node.items is None and not isinstance(node, Constant):
            yield Step(node, np.asarray(known[node]), loops)
    return [known[output] for output in graph.outputs]


def _value(node: Node, arguments: Sequence[Any], visit: Visit | None, loops: tuple[int, ...]) -> Any:
    with np.errstate(all="ignore"):
        if visit is None or node.op.name not in _BODIES:
            return evaluate_node(node, NUMPY, arguments)
        try:
            return _BODIES[node.op.name](node, arguments, visit, loops)
        except Exception as error:
            explain(error, node, arguments)
            raise


def _loop(node: Node, arguments: Sequence[Any], visit: Visit, loops: tuple[int, ...]) -> Any:
    params = node.params
    body: Graph = params["body"]
    rows, first, count, *values = arguments

    def step(inner: Sequence[Any]) -> Sequence[Any]:
        return _visited(body, inner, visit, (*loops, int(inner[0])))

    return run_loop(
        NUMPY, step, (int(rows), int(first), int(count)), values, body,
        params["offsets"], params["carries"], params["reverse"], params["until"],
    )  # fmt: skip


def _branch(node: Node, arguments: Sequence[Any], visit: Visit, loops: tuple[int, ...]) -> Any:
    condition, *captured = arguments
    return tuple(_visited(node.params["then" if condition else "otherwise"], captured, visit, loops))


_BODIES: Mapping[str, Any] = {"scan": _loop, "branch": _branch}


def _visited(body: Graph, arguments: Sequence[Any], visit: Visit, loops: tuple[int, ...]) -> Sequence[Any]:
    """The outputs of a body, every step shown on the way."""
    walk = steps(body, dict(zip(body.inputs, arguments, strict=True)), visit, loops)
    while True:
        try:
            visit(next(walk))
        except StopIteration as end:
            outputs: Sequence[Any] = end.value
            return outputs
