"""The generator MRG31k3p: two recurrences modulo primes, as arithmetic of a graph and as jumps between streams.

    x[n] = (2**22 x[n-2] + (2**7 + 1) x[n-3]) mod M1        M1 = 2**31 - 1
    y[n] = (2**15 y[n-1] + (2**15 + 1) y[n-3]) mod M2       M2 = 2**31 - 21069
    z[n] = (x[n] - y[n]) mod M1, in 1 .. M1

A state is ``x[n], x[n-1], x[n-2], y[n], y[n-1], y[n-2]``. Many streams stand in the rows of a matrix, and element i of
a draw is the next value of row i modulo the number of rows, so all rows step at once.

Source: L'Ecuyer and Touzin, "Fast combined multiple recursive generators with multipliers of the form a = +-2**q
+-2**r", Winter Simulation Conference 2000.

Read next: truncation.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import tensor as engine
from ...graph import Node
from ...ops.barriers import disconnected_grad
from ...tensor.scan_node import make_loop

M1 = 2**31 - 1
M2 = 2**31 - 21069
# How far apart the streams of two draws, and the streams of one draw, begin.
DRAWS_APART = 2**134
STREAMS_APART = 2**72

Matrix = np.ndarray[Any, np.dtype[np.int64]]
States = np.ndarray[Any, np.dtype[np.int32]]
_STEPS = (
    (np.array([[0, 2**22, 2**7 + 1], [1, 0, 0], [0, 1, 0]]), M1),
    (np.array([[2**15, 0, 2**15 + 1], [1, 0, 0], [0, 1, 0]]), M2),
)


def _product(a: Matrix, b: Matrix, modulus: int) -> Matrix:
    # Every product is below 2**62, three of them might not be.
    products = (a[..., :, :, None] * b[..., None, :, :]) % modulus
    remainders: Matrix = products.sum(-2) % modulus
    return remainders


def _power(step: Matrix, exponent: int, modulus: int) -> Matrix:
    result = np.eye(3, dtype=np.int64)
    while exponent:
        if exponent & 1:
            result = _product(result, step, modulus)
        step = _product(step, step, modulus)
        exponent >>= 1
    return result


def jumped(states: States, steps: int) -> States:
    """States as they are so many steps later.

    Args:
        states: six integers in the last axis.
        steps: the number of steps.

    Example:
        >>> jumped(np.array([1, 2, 3, 4, 5, 6], np.int32), 1).tolist()
        [8388995, 1, 2, 327686, 4, 5]
    """
    return _moved(states, [_power(step, steps, modulus) for step, modulus in _STEPS])


def _moved(states: States, jumps: Sequence[Matrix]) -> States:
    halves = []
    for k, (jump, (_, modulus)) in enumerate(zip(jumps, _STEPS, strict=True)):
        half = states[..., 3 * k : 3 * k + 3, None].astype(np.int64)
        halves.append(_product(jump, half, modulus)[..., 0])
    return np.concatenate(halves, axis=-1).astype(np.int32)


def substreams(state: States, count: int) -> States:
    """The first states of streams ``STREAMS_APART`` from one another, of which a state is the first.

    Args:
        state: six integers.
        count: the number of streams.

    Returns:
        A row for every stream.
    """
    rows = state[None]
    jumps = [_power(step, STREAMS_APART, modulus) for step, modulus in _STEPS]
    while len(rows) < count:
        # What lies len(rows) streams behind those that there are; twice as far the next time.
        rows = np.concatenate([rows, _moved(rows[: count - len(rows)], jumps)])
        jumps = [_product(jump, jump, modulus) for jump, (_, modulus) in zip(jumps, _STEPS, strict=True)]
    return np.ascontiguousarray(rows[:count])


def _word(number: int) -> Any:
    return np.uint32(number)


def _reduced(value: Node, modulus: int) -> Node:
    """A word below twice the modulus, reduced: what is below it already wraps around to something greater."""
    return engine.minimum(value, value - _word(modulus))


def _next_first(second: Node, third: Node) -> Node:
    """x[n] from x[n-2] and x[n-3]: to multiply by a power of two modulo M1 is to rotate 31 bits."""
    turned = ((second & _word(2**9 - 1)) << _word(22)) + (second >> _word(9))
    turned += ((third & _word(2**24 - 1)) << _word(7)) + (third >> _word(24))
    return _reduced(_reduced(turned, M1) + third, M1)


def _shifted(value: Node) -> Node:
    """2**15 times a value modulo M2."""
    return _reduced(((value & _word(2**16 - 1)) << _word(15)) + _word(21069) * (value >> _word(16)), M2)


def _next_second(first: Node, third: Node) -> Node:
    """y[n] from y[n-1] and y[n-3]."""
    return _reduced(_reduced(_shifted(third) + third, M2) + _shifted(first), M2)


def draw_integers(states: Node, count: Any) -> tuple[Node, Node]:
    """The next values of many streams.

    Args:
        states: an int32 matrix with a stream in every row.
        count: how many values are wanted, an integer or integer scalar; the streams take turns.

    Returns:
        The states afterwards, and an int32 vector of values from 1 to M1.

    Example:
        >>> import symdrop as sd
        >>> first = sd.shared(np.array([[1, 2, 3, 4, 5, 6]], np.int32))
        >>> states, values = draw_integers(first, 2)
        >>> states.eval().tolist(), values.eval().tolist()
        ([[4194562, 8388995, 1, 465798, 327686, 4]], [8061309, 3728764])
    """
    streams = states.shape[0]
    offsets = engine.arange((count + (streams - 1)) // streams) * streams
    rows = engine.cast(engine.arange(streams), "int32")

    def step(offset: Node, *state: Node) -> list[Node]:
        x, y = _next_first(state[1], state[2]), _next_second(state[3], state[5])
        after = [x, state[0], state[1], y, state[3], state[4]]
        # In the last round the streams whose turn does not come stay where they are.
        turn = rows < engine.cast(engine.minimum(count - offset, streams), "int32")
        return [*(engine.where(turn, new, old) for new, old in zip(after, state, strict=True)), x, y]

    # A vector for each of the six, so that what a step computes is a kernel of few loads.
    columns = engine.cast(states.T, "uint32")
    made = make_loop(step, offsets, [*(columns[k] for k in range(6)), None, None], None, None)
    x, y = made.outputs[6:]
    values = engine.cast(engine.where(x <= y, x - y + _word(M1), x - y), "int32").reshape((-1,))[:count]
    last = engine.stack([made.loop.last_state(k) for k in range(6)], axis=1)
    return disconnected_grad(engine.cast(last, "int32")), disconnected_grad(values)
