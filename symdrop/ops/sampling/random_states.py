"""Draws from a state of NumPy's ``RandomState``, by NumPy, which give the state afterwards too.

A state is a vector of 32-bit words: the 624 of the Mersenne twister, its position, whether a normal number is left
over, and that number. So it is kept, compared and handed on as any value is.

Read next: ../../rewrite/__init__.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import GraphTypeError
from ...graph import Node
from ...op import NO_DERIVATIVE, ZERO, Cotangent, Size, Sizes, Structured, constant_scalar
from ...op.shaped import as_size, checked_shape
from ...types import TensorType, TupleType

Words = np.ndarray[Any, np.dtype[np.uint32]]
WORDS = 624 + 4
STATE = TensorType("uint32", (WORDS,))


def words_of(state: np.random.RandomState) -> Words:
    """A state as a vector."""
    _, key, position, left, number = state.get_state()
    last = np.frombuffer(np.float64(number).tobytes(), np.uint32)
    return np.concatenate([key, np.array([position, left], np.uint32), last])


def state_of(words: Words, state: np.random.RandomState | None = None) -> np.random.RandomState:
    """A vector as a state.

    Args:
        words: the vector.
        state: what is to be in that state; by default a new one.

    Example:
        >>> words = words_of(np.random.RandomState(3))
        >>> state_of(words).randint(100), np.random.RandomState(3).randint(100)
        (24, 24)
    """
    made = np.random.RandomState(0) if state is None else state
    number = float(np.frombuffer(words[626:].tobytes(), np.float64)[0])
    np.random.RandomState.set_state(made, ("MT19937", words[:624], int(words[624]), int(words[625]), number))
    return made


Law = Callable[..., Any]


def _each(draw: Callable[..., Any], shape: tuple[int, ...], *parameters: Any) -> Any:
    """Draws for one element after the other, whose parameters are broadcast over a shape."""
    given = [np.broadcast_to(one, shape).ravel() for one in parameters]
    return np.array([draw(*row) for row in zip(*given, strict=True)] or np.empty(0)).reshape(shape)


def _random_integers(state: np.random.RandomState, shape: tuple[int, ...], low: Any, high: Any) -> Any:
    if np.ndim(low) == np.ndim(high) == 0:
        return state.randint(int(low), int(high) + 1, shape, np.int64)
    return _each(lambda one, other: state.randint(one, other + 1, dtype=np.int64), shape, low, high)


def _choice(state: np.random.RandomState, shape: tuple[int, ...], a: Any, replace: Any, p: Any = None) -> Any:
    return state.choice(int(a) if np.ndim(a) == 0 else a, shape, bool(replace), p)


def _permutation(state: np.random.RandomState, shape: tuple[int, ...], n: Any) -> Any:
    count = int(np.prod(shape[:-1], dtype=np.int64))
    return np.array([state.permutation(int(n)) for _ in range(count)], np.int64).reshape(shape)


def _multinomial(state: np.random.RandomState, shape: tuple[int, ...], n: Any, pvals: Any) -> Any:
    trials, rows = np.broadcast_to(n, shape[:-1]).ravel(), np.broadcast_to(pvals, shape).reshape((-1, shape[-1]))
    return np.array([state.multinomial(*one) for one in zip(trials, rows, strict=True)], np.int64).reshape(shape)


LAWS: Mapping[str, Law] = {
    "binomial": lambda state, shape, n, p: state.binomial(n, p, shape),
    "choice": _choice,
    "multinomial": _multinomial,
    "normal": lambda state, shape, avg, std: state.normal(avg, std, shape),
    "permutation": _permutation,
    "poisson": lambda state, shape, lam: state.poisson(lam, shape),
    "random_integers": _random_integers,
    "uniform": lambda state, shape, low, high: state.uniform(low, high, shape),
}


class StateDraw(Structured):
    """A draw from a state: its inputs are the state, as many sizes as ``ndim`` says and the law's parameters."""

    def prepare(self, inputs: list[Node], params: Mapping[str, Any]) -> Sequence[Node]:
        first = 1 + params["ndim"]
        return [inputs[0], *map(as_size, inputs[1:first]), *inputs[first:]]


def _drawn(m: Any, words: Any, *values: Any, law: str, ndim: int, dtype: str) -> Any:
    """The state after a draw by a law of NumPy's ``RandomState``, and what is drawn; not differentiable."""
    given = [m.array(value) for value in values]
    state = state_of(np.asarray(m.array(words)))
    made = LAWS[law](state, checked_shape(given[:ndim]), *given[ndim:])
    return words_of(state), np.asarray(made, dtype, order="C")


random_state_draw = StateDraw(_drawn, name="random_state_draw")


@random_state_draw.infer
def random_state_draw_type(words: Node, *values: Node, law: str, ndim: int, dtype: str) -> TupleType:
    if words.dtype != STATE.dtype or words.ndim != 1 or words.type.shape[0] not in (None, WORDS):
        raise GraphTypeError(f"a state is {WORDS} words of dtype uint32, not {words.type}")
    return TupleType((STATE, TensorType(dtype, tuple(constant_scalar(size) for size in values[:ndim]))))


@random_state_draw.sizes
def random_state_draw_sizes(
    sizes: Sizes, words: Node, *values: Node, law: str, ndim: int, dtype: str
) -> Sequence[Sequence[Size | None]]:
    return [(WORDS,), values[:ndim]]


@random_state_draw.pullback
def random_state_draw_pullback(
    g: Any, y: Node, words: Node, *values: Node, law: str, ndim: int, dtype: str
) -> tuple[Cotangent, ...]:
    return (ZERO,) * (1 + ndim) + (NO_DERIVATIVE,) * (len(values) - ndim)


@random_state_draw.samples
def random_state_draw_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    words = words_of(np.random.RandomState(3))
    yield (words, 2, 3, 0.0, 1.0), {"law": "uniform", "ndim": 2, "dtype": dtype}
    yield (words, 4, 4), {"law": "permutation", "ndim": 1, "dtype": "int64"}
