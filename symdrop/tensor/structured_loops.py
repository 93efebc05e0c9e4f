"""Structured loops by JAX's names: a counted loop and a loop with a condition, over a state of any form.

Each is a ``scan`` that keeps the last state alone:

    fori_loop(lower, upper, body, init)     for i in range(lower, upper): init = body(i, init)
    while_loop(cond, body, init)            while cond(init): init = body(init)

The number of steps of a loop with a condition is known when it has ended. Its gradient is that of
the counted loop of as many steps, which keeps the states on the way.

Source: J. Bradbury et al., "JAX: composable transformations of Python+NumPy programs" (2018), jax.lax.

Read next: associative_scan.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..binding import public
from ..errors import GraphTypeError, here
from ..graph import Graph, Node, describe
from ..op import convert
from ..ops.arithmetic import maximum
from ..ops.barriers import gradient_from
from ..ops.logic import cast, where
from ..ops.scan import Loop, scan
from ..types import is_integer
from .loops import loops_around
from .scan_arguments import read_node, until
from .scan_node import make_loop
from .trees import checked_function, in_form, leaves_like, some_leaves

# More steps than any loop makes.
_ENDLESS = 2**62


@public
def fori_loop(
    lower: Any,
    upper: Any,
    body: Callable[..., Any],
    init: Any,
    *,
    name: str | None = None,
    checkpoint_every: int | None = None,
) -> Any:
    """A counted loop: the state after ``for i in range(lower, upper): state = body(i, state)``.

    Args:
        lower: the first number, an integer or an integer scalar.
        upper: the number before which the loop ends.
        body: gives the state after a step from the step's number, an int64 scalar, and the state before; called once.
        init: the state before the first step: a variable, or tuples, lists and dicts of them.
        name: what errors call the loop.
        checkpoint_every: keep the states of every so many steps for the gradient, and compute those between again.

    Returns:
        The state after the last step, in the form of ``init``.

    Raises:
        GraphTypeError: if a bound is no integer scalar, or the state changes its form, dtype or number of axes.
        ShapeError: if the state changes its sizes.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.dscalar("x")
        >>> y = sd.fori_loop(0, 3, lambda i, y: y * x + i, x)
        >>> float(y.eval({x: 2.0}))
        20.0
    """
    label = f"fori_loop {name!r}" if name else "fori_loop"
    checked_function(body, f"{label}: body")
    first, last = _bound(lower, f"{label}: lower"), _bound(upper, f"{label}: upper")
    initial = some_leaves(init, f"{label}: init")

    def step(*states: Node) -> list[Node]:
        # Weak, as sizes are: what is counted widens nothing.
        number = cast(first + loops_around()[-1], dtype="int64", weak=True)
        made = body(number, in_form(init, states))
        return leaves_like(made, init, f"{label}: what body returns", "init")

    loop = make_loop(
        step, None, initial, None, name, n_steps=maximum(last - first, 0), checkpoint_every=checkpoint_every,
        stacked=False, label=label, given_as="init",
    ).loop  # fmt: skip
    return in_form(init, [loop.last_state(k) for k in range(len(initial))])


def _bound(value: Any, label: str) -> Node:
    node = read_node(value, label)
    if node.ndim or not is_integer(node.dtype):
        raise GraphTypeError(f"{label} is an integer scalar, not {describe(node)}{here()}")
    return convert(node, "int64")


@public
def while_loop(
    cond: Callable[..., Any], body: Callable[..., Any], init: Any, *, name: str | None = None
) -> Any:  # fmt: skip
    """A loop with a condition: the state after ``while cond(state): state = body(state)``.

    Args:
        cond: says of a state if another step is made: a scalar truth value; called twice.
        body: gives the state after a step from the state before it; called once.
        init: the state before the first step: a variable, or tuples, lists and dicts of them.
        name: what errors call the loop.

    Returns:
        The first state for which the condition does not hold, in the form of ``init``. It has a gradient: that of a
        loop of as many steps, run a second time to keep the states. The condition has none.

    Raises:
        GraphTypeError: if the condition is no scalar, or the state changes its form, dtype or number of axes.
        ShapeError: if the state changes its sizes.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.dscalar("x")
        >>> y = sd.while_loop(lambda y: y < 100, lambda y: y * x, x)
        >>> float(y.eval({x: 3.0})), float(sd.grad(y, x).eval({x: 3.0}))
        (243.0, 405.0)
    """
    label = f"while_loop {name!r}" if name else "while_loop"
    checked_function(cond, f"{label}: cond"), checked_function(body, f"{label}: body")
    initial = some_leaves(init, f"{label}: init")

    def goes_on(states: Sequence[Node]) -> Node:
        holds = read_node(cond(in_form(init, states)), f"{label}: what cond returns")
        if holds.ndim:
            raise GraphTypeError(f"{label}: what cond returns is one truth value, not {describe(holds)}{here()}")
        return holds.astype("bool")

    def step(*states: Node) -> tuple[list[Node], Any]:
        made = leaves_like(body(in_form(init, states)), init, f"{label}: what body returns", "init")
        return made, until(~goes_on(made))

    count = where(goes_on(initial), _ENDLESS, 0)
    loop = make_loop(step, None, initial, None, name, n_steps=count, stacked=False, label=label, given_as="init").loop
    again = _counted(loop)
    values = [gradient_from(loop.last_state(k), again.last_state(k)) for k in range(len(initial))]
    return in_form(init, values)


def _counted(loop: Loop) -> Loop:
    """The loop of as many steps as a loop with a condition makes."""
    body = Graph(loop.body.inputs, loop.new_states)
    _, _, _, *values = loop.node.inputs
    made = Loop(scan(loop.steps, 0, loop.steps, *values, **{**loop.node.params, "body": body, "until": False}))
    made.node.name = loop.node.name
    return made
