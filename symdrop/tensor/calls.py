"""Functions of symbolic values with a gradient, a name or a batching rule of their own, and functions computed twice.

Each is traced: called once on placeholders, it gives the closed graph of a ``call`` node (ops/calls/call.py).

Source: ``jax.custom_vjp`` and ``jax.checkpoint`` of J. Bradbury et al., "JAX: composable transformations of
Python+NumPy programs" (2018).

Read next: foreign_functions.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

from ..binding import public
from ..errors import GraphTypeError, ShapeError, here, shown
from ..graph import Graph, Node, describe
from ..op import INPUT, Batched, convert
from ..ops.calls.call import Rules, call
from ..ops.closures import close_over
from ..ops.join import item
from ..types import TensorType, cotangent_dtype, is_float, may_fit
from .trees import checked_function, in_form, leaves, leaves_like, some_leaves


class _Trace:
    """The arguments of a call, and placeholders that stand for them.

    Args:
        args: the arguments: variables, or tuples, lists and dicts of them.
        label: what errors call the function.
    """

    def __init__(self, args: Sequence[Any], label: str) -> None:
        self.args = args
        self.label = label
        self.given = [leaves(arg, f"{label}: argument {k}") for k, arg in enumerate(args)]
        self.nodes = [node for own in self.given for node in own]
        self.leaves = [Node(INPUT, (), node.type, None, node.name) for node in self.nodes]
        self.cotangents: list[Node] = []

    def arguments(self) -> list[Any]:
        """The placeholders in the form of the arguments."""
        placed = iter(self.leaves)
        return [in_form(arg, [next(placed) for _ in own]) for arg, own in zip(self.args, self.given, strict=True)]

    def pulled(self, result: Any, values: Sequence[Node], pullback: Callable[..., Any]) -> dict[int, Node]:
        """The cotangents that a pullback gives, by the numbers of the arguments' leaves."""
        types = [TensorType(cotangent_dtype(value.dtype), value.type.shape) for value in values]
        self.cotangents = [Node(INPUT, (), type, None, "g") for type in types]
        returned = pullback(in_form(result, self.cotangents))
        parts = list(returned) if isinstance(returned, list | tuple) else [returned]
        if len(parts) != len(self.args):
            raise GraphTypeError(
                f"{self.label}: the pullback gives a cotangent, or None, for each of {len(self.args)} arguments, not "
                f"{shown(returned)}{here()}"
            )
        found: dict[int, Node] = {}
        first = 0
        for k, (part, arg, own) in enumerate(zip(parts, self.args, self.given, strict=True)):
            if part is not None:
                what = f"{self.label}: the cotangent of argument {k}"
                made = leaves_like(part, arg, what, "the argument")
                pairs = zip(made, own, strict=True)
                found.update((first + i, self._checked(g, node, what)) for i, (g, node) in enumerate(pairs))
            first += len(own)
        return found

    def _checked(self, g: Node, node: Node, what: str) -> Node:
        if not is_float(node.dtype):
            raise GraphTypeError(f"{what}, {describe(node)}, is None: it has no gradient, not {describe(g)}{here()}")
        if not may_fit(node.type.shape, g.type.shape):
            raise ShapeError(f"{what} is {describe(g)}, which is not of the shape of {describe(node)}{here()}")
        return convert(g, cotangent_dtype(node.dtype))

    def call(
        self,
        result: Any,
        values: Sequence[Node],
        name: str = "",
        pulled: Mapping[int, Node] | None = None,
        batching: Callable[..., Any] | None = None,
        recomputed: bool = False,
    ) -> Any:
        """The call that gives the values, in the form of the result."""
        found = list((pulled or {}).values())
        graph, captured = close_over([*values, *found], [*self.leaves, *self.cotangents])
        count = len(self.leaves)
        inner = [*self.leaves, *graph.inputs[count + len(self.cotangents) :]]
        own = None
        if pulled is not None:
            own = Graph([*inner, *self.cotangents], graph.outputs[len(values) :])
        rules = None if own is None and batching is None else Rules(own, tuple(pulled or ()), batching)
        made = call(
            *self.nodes, *captured, body=Graph(inner, graph.outputs[: len(values)]), label=name,
            rules=rules, recomputed=recomputed,
        )  # fmt: skip
        return in_form(result, [item(made, index=k) for k in range(len(values))])


@public
def custom_gradient(fn: Callable[..., Any]) -> Callable[..., Any]:
    """A function with a gradient of its own.

    Args:
        fn: a function of variables, or of tuples, lists and dicts of them, which returns the value, a variable or such
            a collection, and the pullback: a function that is given the cotangent of the value, in the value's form,
            and returns the cotangents of all arguments in order, None for an argument that has none. It may use
            whatever ``fn`` has computed. What ``fn`` uses besides its arguments gets no gradient.

    Returns:
        The function, which returns the value.

    Raises:
        GraphTypeError: when called, if the function returns something else, or the pullback another number of
            cotangents.
        ShapeError: when called, if a cotangent does not have its argument's shape.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> @sd.custom_gradient
        ... def through(x):
        ...     "Rounded, with the gradient of what is rounded (the straight-through estimator)."
        ...     return T.round(x), lambda g: g
        >>> x = T.dscalar("x")
        >>> y = through(3 * x)
        >>> float(y.eval({x: 0.5})), float(sd.grad(y, x).eval({x: 0.5}))
        (2.0, 3.0)
    """
    checked_function(fn, "custom_gradient: fn")
    label = f"custom_gradient of {getattr(fn, '__name__', 'a function')}"

    @wraps(fn)
    def called(*args: Any) -> Any:
        trace = _Trace(args, label)
        returned = fn(*trace.arguments())
        if not isinstance(returned, tuple) or len(returned) != 2:
            raise GraphTypeError(f"{label}: it returns a value and its pullback, not {shown(returned)}{here()}")
        result, pullback = returned
        values = some_leaves(result, f"{label}: the value")
        checked_function(pullback, f"{label}: the pullback")
        return trace.call(result, values, pulled=trace.pulled(result, values, pullback))

    return called


@public
def checkpoint(fn: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose values are computed again for the gradient, instead of being kept (rematerialisation).

    Between the way forward and the way back only its arguments and its results are kept. Loops have
    ``checkpoint_every``.

    Args:
        fn: a function of variables, or of tuples, lists and dicts of them, that returns variables.

    Returns:
        The function of equal values and gradients, to rounding. What follows from leaves alone, inputs and shared
        variables, is not computed again.

    Raises:
        GraphTypeError: if ``fn`` is no function; when called, if it returns something else than variables.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.dscalar("x")
        >>> y = sd.checkpoint(lambda h: T.sin(T.sin(h)))(x * 2)
        >>> str(sd.grad(y, x)) != str(sd.grad(T.sin(T.sin(x * 2)), x))
        True
    """
    checked_function(fn, "checkpoint: fn")
    label = f"checkpoint of {getattr(fn, '__name__', 'a function')}"

    @wraps(fn)
    def called(*args: Any) -> Any:
        trace = _Trace(args, label)
        result = fn(*trace.arguments())
        return trace.call(result, some_leaves(result, f"{label}: the value"), recomputed=True)

    return called


@public
def composite(
    fn: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    pullback: Callable[..., Any] | None = None,
    batching: Callable[..., Any] | None = None,
) -> Callable[..., Any]:
    """A function that is one node under a name, in pictures and in print, until kernels are made of it.

    Args:
        fn: a function of variables, or of tuples, lists and dicts of them, that returns variables. Without it
            ``composite`` is a decorator.
        name: what the node is called; by default as the function.
        pullback: ``pullback(g, y, *args)`` gives the cotangents of all arguments, None for one that has none, from the
            cotangent ``g`` of the value ``y``; by default that of what ``fn`` computes.
        batching: ``batching(rows, batched, *args)`` gives what ``vmap`` of the function is, and says of each result if
            it is batched: ``batched`` tells of each argument if it has the ``rows`` examples along a new first axis.
            By default that of what ``fn`` computes.

    Returns:
        The function.

    Raises:
        GraphTypeError: if ``fn`` is no function or the name no text; when called, if it returns something else than
            variables, or its rules something else than what they are to give.
        ShapeError: when called, if a cotangent does not have its argument's shape.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> @sd.composite
        ... def swish(x):
        ...     return x * T.nnet.sigmoid(x)
        >>> x = T.dvector("x")
        >>> print(swish(x) + 1)
        swish(x) + 1
    """
    if fn is None:
        return lambda given: composite(given, name=name, pullback=pullback, batching=batching)
    checked_function(fn, "composite: fn")
    for what, rule in (("pullback", pullback), ("batching", batching)):
        if rule is not None:
            checked_function(rule, f"composite: {what}")
    called_by = getattr(fn, "__name__", "composite") if name is None else name
    if not isinstance(called_by, str) or not called_by:
        raise GraphTypeError(f"composite: name is a text, not {shown(name)}{here()}")
    label = f"composite {called_by!r}"

    @wraps(fn)
    def called(*args: Any) -> Any:
        trace = _Trace(args, label)
        arguments = trace.arguments()
        result = fn(*arguments)
        values = some_leaves(result, f"{label}: the value")
        pulled = None
        if pullback is not None:
            pulled = trace.pulled(result, values, lambda g: pullback(g, result, *arguments))
        batched = None if batching is None else _batching(batching, trace, result, len(values))
        return trace.call(result, values, called_by, pulled, batched)

    return called


def _batching(rule: Callable[..., Any], trace: _Trace, result: Any, count: int) -> Callable[..., Any]:
    """The batching rule of a call by that of its user."""

    def batch(rows: Node, operands: Sequence[Batched]) -> list[Batched]:
        if any(operand.batched for operand in operands[len(trace.nodes) :]):
            raise GraphTypeError(
                f"{trace.label}: what it uses besides its arguments differs from example to example; make that an "
                f"argument, for its batching rule to know{here()}"
            )
        placed = iter(operands)
        flags, values = [], []
        for arg, own in zip(trace.args, trace.given, strict=True):
            mine = [next(placed) for _ in own]
            values.append(in_form(arg, [one.value for one in mine]))
            flags.append(any(one.batched for one in mine))
        returned = rule(rows, flags, *values)
        if not isinstance(returned, tuple) or len(returned) != 2:
            raise GraphTypeError(
                f"{trace.label}: its batching rule returns results and if they are batched, not "
                f"{shown(returned)}{here()}"
            )
        found = leaves_like(returned[0], result, f"{trace.label}: what its batching rule returns", "the value")
        are = returned[1] if isinstance(returned[1], list | tuple) else [returned[1]] * count
        return [Batched(node, bool(one)) for node, one in zip(found, are, strict=True)]

    return batch
