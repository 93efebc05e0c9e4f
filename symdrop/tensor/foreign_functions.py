"""Python functions inside of graphs: NumPy functions as ops, and functions that only look.

Source: the arguments of ``as_op`` are those of Theano's decorator of that name; ``jax.debug.callback``.

Read next: clones.py
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import Any

import numpy as np

from ..binding import public
from ..errors import ArgumentError, GraphTypeError, ShapeError, here, shown
from ..graph import Node
from ..op import Op, Size, Sizes, Structured, as_node, give_way
from ..ops.calls.callback import Observer
from ..ops.calls.callback import callback as callback_op
from ..ops.join import item
from ..types import TensorType, TupleType, may_fit
from .trees import checked_function, in_form, some_leaves


class NumpyFunction(Structured):
    """An op whose values a NumPy function computes.

    Args:
        function: the function.
        inputs, outputs: the types of its arguments and results.
        single: whether it returns one array that is in no list.
        name: what the op is called.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        inputs: Sequence[TensorType],
        outputs: Sequence[TensorType],
        single: bool,
        name: str,
    ) -> None:
        self.input_types = inputs
        self.output_types = outputs

        def formula(m: Any, *values: Any) -> Any:
            given = [m.array(value) for value in values]
            returned = function(*given)
            results = [returned] if single else list(returned)
            if len(results) != len(outputs):
                raise ArgumentError(f"{name}: the function returned {len(results)} results, not {len(outputs)}")
            pairs = zip(results, outputs, strict=True)
            made = tuple(_checked(result, type, f"{name}: result {k}") for k, (result, type) in enumerate(pairs))
            return made[0] if single else made

        formula.__doc__, formula.__module__ = function.__doc__, function.__module__
        self.single = single
        super().__init__(formula, name=name)

    def prepare(self, inputs: list[Node], params: Mapping[str, Any]) -> Sequence[Node]:
        if len(inputs) != len(self.input_types):
            raise ArgumentError(f"it takes {len(self.input_types)} arguments, not {len(inputs)}")
        return [give_way(node, type.dtype) for node, type in zip(inputs, self.input_types, strict=True)]

    def infer_type(self, inputs: Sequence[Node], params: Mapping[str, Any]) -> TensorType | TupleType:
        for k, (node, type) in enumerate(zip(inputs, self.input_types, strict=True)):
            if node.dtype != type.dtype or node.ndim != type.ndim or not may_fit(type.shape, node.type.shape):
                raise GraphTypeError(f"argument {k} is declared {type}, and given {node.type}")
        return self.output_types[0] if self.single else TupleType(tuple(self.output_types))


def _checked(result: Any, type: TensorType, what: str) -> Any:
    # A copy: the function may return an argument, or one array every time.
    array = np.array(result, order="C")
    if array.dtype.name != type.dtype or array.ndim != type.ndim:
        raise GraphTypeError(f"{what} is {array.dtype.name}{list(array.shape)}, and declared {type}")
    if not may_fit(type.shape, array.shape):
        raise ShapeError(f"{what} has shape {array.shape}, and is declared {type}")
    return array


@public
def as_op(
    inputs: Sequence[Any],
    outputs: Any,
    *,
    sizes: Callable[..., Any] | None = None,
    pullback: Callable[..., Any] | None = None,
    name: str | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare an op by a NumPy function, which back ends call as it is.

    Args:
        inputs: the types of the arguments: variables, or functions that make them, such as ``T.dmatrix``.
        outputs: the type of the result, or a list of types where the function returns several.
        sizes: the shape of the result from the shapes of the arguments, tuples of integers and integer scalars; a list
            of shapes where there are several. Without it only running can tell what the types do not.
        pullback: ``pullback(g, y, *inputs)`` gives the cotangents of the inputs, as symbolic values; of several results
            ``g`` is a tuple, with ``ZERO`` for those that nobody used. Without it the op has no gradient.
        name: what the op is called; by default as the function.

    Returns:
        A decorator. The function it gives takes symbolic values; the one that it is given takes arrays, of which it may
        do what it likes.

    Raises:
        GraphTypeError: for types that are none; when called, if an argument is of another type, and in a compiled call
            if a result is.
        ArgumentError: if an op of that name is there; when called, if there are not as many arguments.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> @sd.as_op([T.dvector], T.dvector, sizes=lambda x: x, pullback=lambda g, y, x: g[::-1])
        ... def backwards(x):
        ...     return np.flip(x)
        >>> x = T.dvector("x")
        >>> backwards(x * 2).eval({x: [1.0, 2.0]}).tolist()
        [4.0, 2.0]
        >>> sd.grad(backwards(x)[0], x).eval({x: [1.0, 2.0]}).tolist()
        [0.0, 1.0]
    """
    if not isinstance(inputs, list | tuple):
        raise GraphTypeError(f"as_op: inputs is a list of types, not {shown(inputs)}{here()}")
    taken = [_type_of(one, f"as_op: input {k}") for k, one in enumerate(inputs)]
    single = not isinstance(outputs, list | tuple)
    given = [_type_of(one, f"as_op: output {k}") for k, one in enumerate([outputs] if single else outputs)]
    if not given:
        raise ArgumentError(f"as_op: an op has an output at least{here()}")
    for what, rule in (("sizes", sizes), ("pullback", pullback)):
        if rule is not None:
            checked_function(rule, f"as_op: {what}")
    if name is not None and not isinstance(name, str):
        raise GraphTypeError(f"as_op: name is a text, not {shown(name)}{here()}")

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        if not isinstance(function, FunctionType):
            raise GraphTypeError(f"as_op: an op is declared by a function of arrays, not by {shown(function)}{here()}")
        op = NumpyFunction(function, taken, given, single, name or function.__name__)
        if sizes is not None:
            op.sizes(_sizes_rule(sizes))
        if pullback is not None:
            op.pullback(pullback)
        return op if single else _several(op)

    return declare


def _sizes_rule(rule: Callable[..., Any]) -> Callable[..., Sequence[Size | None]]:
    def sizes_of(sizes: Sizes, *inputs: Node) -> Sequence[Size | None]:
        found: Sequence[Size | None] = rule(*(sizes(node) for node in inputs))
        return found

    return sizes_of


def _several(op: Op) -> Callable[..., list[Node]]:
    """The op of several results as a function that lists them."""

    def call(*inputs: Any) -> list[Node]:
        made = op(*inputs)
        return [item(made, index=k) for k in range(len(made.items or ()))]

    call.__name__, call.__doc__ = op.__name__, op.summary
    return call


def _type_of(given: Any, what: str) -> TensorType:
    """The type that a variable has, or the variables that a function makes."""
    node = given() if callable(given) and not isinstance(given, Node) else given
    found = node.type if isinstance(node, Node) else node
    if not isinstance(found, TensorType):
        raise GraphTypeError(
            f"{what} is a variable, or a function that makes one such as T.dmatrix, not {shown(given)}{here()}"
        )
    return TensorType(found.dtype, found.shape)


@public
def callback(fn: Callable[..., object], *values: Any) -> Any:
    """Values as they are, at which a Python function looks whenever they are computed: to print, log or plot them.

    Callbacks of one call run in the order in which they were written, unless the values of one are needed for another.
    One whose values nothing that is asked for needs does not run; in a side of ``ifelse`` it runs if that side is
    taken, and in a loop at every step. For a batch it runs once for every example.

    Args:
        fn: a function of arrays, which get copies; what it returns is ignored, what it raises ends the call.
        values: variables, or tuples, lists and dicts of them.

    Returns:
        The values, in their form: the one, or a tuple of several.

    Raises:
        GraphTypeError: if ``fn`` is no function.
        ArgumentError: without values.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.dscalar("x")
        >>> y = sd.callback(lambda v: print("seen", v), x * 2) + 1
        >>> float(sd.function([x], y)(3.0))
        seen 6.0
        7.0
    """
    checked_function(fn, "callback: fn")
    nodes = [as_node(node) for node in some_leaves(values, "callback: values")]
    # The clock only grows, so that it says which callback was written first.
    made = callback_op(*nodes, observer=Observer(_of_form(fn, values), time.monotonic_ns()), count=len(nodes))
    found = in_form(values, [item(made, index=k) for k in range(len(nodes))])
    return found[0] if len(values) == 1 else found


def _of_form(fn: Callable[..., object], values: Sequence[Any]) -> Callable[..., object]:
    """The function of values in a row, which puts them into their form."""
    if all(not isinstance(value, list | tuple | Mapping) for value in values):
        return fn

    def of_leaves(*arrays: Any) -> object:
        return fn(*in_form(values, arrays))

    of_leaves.__name__ = getattr(fn, "__name__", "callback")
    return of_leaves
