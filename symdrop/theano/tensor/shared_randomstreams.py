"""``theano.tensor.shared_randomstreams``: random streams with the bits of NumPy's ``RandomState``, as Theano's had.

Read next: sharedvar.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import tensor as engine
from ...binding import public
from ...errors import ArgumentError, here, shown
from ...graph import Node
from ...op import as_node
from ..loop_states import remember_loops
from ..missing import missing_name, no_name
from ..random_state_variables import RandomStateSharedVariable
from ..settings import config, resolved
from ..sizes import sizes_of
from ..streams import CounterStreams
from ..variable import speaking
from . import raw_random

# Seeds of draws lie below.
SEEDS = 2**30


class RandomStreams:
    """Random streams of NumPy's ``RandomState``: the same seed gives the numbers it gave in Theano.

    The k-th draw has a state of its own, seeded by the k-th integer that ``RandomState(seed).randint(2**30)`` gives;
    NumPy draws, in the middle of a call (``f.kernels`` lists it). ``theano.config.rng = "symdrop"`` gives symdrop's own
    numbers instead, which native code draws and every machine repeats.

    All methods take ``size``, a tuple or list of integers and integer scalars, an integer vector such as ``x.shape``,
    or None for the shape of the parameters; ``ndim``, looked at where a vector's length is not known; and ``dtype``, by
    default ``theano.config.floatX``, of counts int64.

    A draw ``u`` has ``u.rng``, its state, a shared variable whose value is a ``numpy.random.RandomState``, and
    ``u.update``, the pair of that state and its next value.

    Args:
        seed: an integer from 0, a list of integers, or None for one from the operating system.

    Attributes:
        state_updates: pairs of every draw's state and its next value.
        gen_seedgen: the ``RandomState`` that gives the seeds of draws.

    Raises:
        ArgumentError: for a seed out of range.

    Example:
        >>> import symdrop.theano as theano
        >>> from symdrop.theano.tensor.shared_randomstreams import RandomStreams
        >>> order = RandomStreams(seed=234).permutation(n=4)
        >>> theano.function([], order)().tolist()
        [3, 1, 2, 0]
    """

    default_instance_seed: Any

    def __new__(cls, *arguments: Any, **named: Any) -> RandomStreams:
        chosen = _CounterRandomStreams if cls is RandomStreams and config.rng == "symdrop" else cls
        return object.__new__(chosen)

    @public
    def __init__(self, seed: Any = None) -> None:
        self.state_updates: list[tuple[RandomStateSharedVariable, Node]] = []
        self.default_instance_seed = seed
        self.gen_seedgen = _seeded(seed)

    @property
    @public
    def random_state_variables(self) -> list[tuple[RandomStateSharedVariable, Node]]:
        """``state_updates``, as it was called before."""
        return self.state_updates

    @public
    def gen(self, op: Callable[..., tuple[Node, Node]], *args: Any, **kwargs: Any) -> Node:
        """A draw by a function of ``theano.tensor.raw_random``, with a state of its own.

        Args:
            op: the function, called with the state.
            *args, **kwargs: what it is called with besides.
        """
        state = RandomStateSharedVariable(_seeded(int(self.gen_seedgen.randint(SEEDS))))
        remember_loops(state)
        after, draw = op(state, *args, **kwargs)
        state.set_default_update(after)
        self.state_updates.append((state, after))
        vars(draw).update(rng=state, update=(state, after))
        return draw

    @public
    def updates(self) -> list[tuple[RandomStateSharedVariable, Node]]:
        """Pairs of every draw's state and its next value."""
        return list(self.state_updates)

    @public
    def seed(self, seed: Any = None) -> None:
        """Start all draws again, with another seed or, if None is given, with the first."""
        seeds = _seeded(self.default_instance_seed if seed is None else seed)
        for state, _ in self.state_updates:
            state.set_value(_seeded(int(seeds.randint(SEEDS))))

    def __getitem__(self, item: RandomStateSharedVariable) -> np.random.RandomState:
        """The ``RandomState`` that a draw's ``rng`` holds, of which ``seed`` and ``set_state`` change the draw."""
        state: np.random.RandomState = item.get_value(borrow=True)
        return state

    def __setitem__(self, item: RandomStateSharedVariable, value: np.random.RandomState) -> None:
        """Replace the ``RandomState`` that a draw's ``rng`` holds."""
        item.set_value(value)

    @public
    def uniform(self, size: Any = None, low: Any = 0.0, high: Any = 1.0, ndim: Any = None, dtype: Any = None) -> Node:
        """Numbers from low to high, all equally likely."""
        return self.gen(raw_random.uniform, size, low, high, ndim, dtype)

    @public
    def normal(self, size: Any = None, avg: Any = 0.0, std: Any = 1.0, ndim: Any = None, dtype: Any = None) -> Node:
        """Normal numbers of mean avg and standard deviation std."""
        return self.gen(raw_random.normal, size, avg, std, ndim, dtype)

    @public
    def binomial(
        self, size: Any = None, n: Any = 1, p: Any = 0.5, ndim: Any = None, dtype: Any = "int64", prob: Any = None
    ) -> Node:
        """How many of n trials of probability p (``prob`` in old scripts) succeed."""
        return self.gen(raw_random.binomial, size, n, p, ndim, dtype, prob)

    @public
    def poisson(self, size: Any = None, lam: Any = None, ndim: Any = None, dtype: Any = "int64") -> Node:
        """Counts of events of which lam are expected."""
        return self.gen(raw_random.poisson, size, lam, ndim, dtype)

    @public
    def random_integers(
        self, size: Any = None, low: Any = 0, high: Any = 1, ndim: Any = None, dtype: Any = "int64"
    ) -> Node:
        """Integers from low to high, which is one of them."""
        return self.gen(raw_random.random_integers, size, low, high, ndim, dtype)

    @public
    def choice(
        self,
        size: Any = None,
        a: Any = 2,
        replace: Any = True,
        p: Any = None,
        ndim: Any = None,
        dtype: Any = "int64",
    ) -> Node:
        """Elements of a, or integers below it, chosen with the probabilities p."""
        return self.gen(raw_random.choice, size, a, replace, p, ndim, dtype)

    @public
    def permutation(self, size: Any = None, n: Any = 1, ndim: Any = None, dtype: Any = "int64") -> Node:
        """Random orders of the integers below n, one along the last axis for every element of ``size``."""
        return self.gen(raw_random.permutation, size, n, ndim, dtype)

    @public
    def multinomial(
        self, size: Any = None, n: Any = 1, pvals: Any = (0.5, 0.5), ndim: Any = None, dtype: Any = "int64"
    ) -> Node:
        """How often each category occurs among n choices, for the distributions along the last axis of pvals."""
        return self.gen(raw_random.multinomial, size, n, pvals, ndim, dtype)

    @public
    def shuffle_row_elements(self, input: Any) -> Node:
        """Every row of a matrix, or a vector, in a random order of its own."""
        return self.gen(raw_random.shuffle_row_elements, input)

    def __getattr__(self, name: str) -> Any:
        no_name(type(self).__name__, name, [known for known in dir(type(self)) if not known.startswith("_")])


class _CounterRandomStreams(CounterStreams, RandomStreams):  # type: ignore[misc]
    """``RandomStreams`` with symdrop's own numbers."""

    @speaking
    @public
    def random_integers(
        self, size: Any = None, low: Any = 0, high: Any = 1, ndim: Any = None, dtype: Any = "int64"
    ) -> Node:
        """Integers from low to high, which is one of them."""
        shape = None if size is None else sizes_of(size, ndim)
        return self._stream.integers(low=low, high=high + 1, size=shape, dtype=resolved(dtype))

    @speaking
    @public
    def permutation(self, size: Any = None, n: Any = 1, ndim: Any = None, dtype: Any = "int64") -> Node:
        """Random orders of the integers below n, one along the last axis for every element of ``size``."""
        shape = () if size is None else sizes_of(size, ndim)
        return engine.cast(self._stream.permutation(n=n, size=shape), resolved(dtype))

    @speaking
    @public
    def poisson(self, size: Any = None, lam: Any = None, ndim: Any = None, dtype: Any = "int64") -> Node:
        """Counts of events of which lam are expected."""
        shape = None if size is None else sizes_of(size, ndim)
        return engine.cast(self._stream.poisson(lam=lam, size=shape), resolved(dtype))

    @speaking
    @public
    def shuffle_row_elements(self, input: Any) -> Node:
        """Every row of a matrix, or a vector, in a random order of its own."""
        rows = as_node(input)
        order = self._stream.permutation(n=rows.shape[-1], size=rows.shape[:-1])
        return engine.take_along_axis(rows, order, axis=-1)


def _seeded(seed: Any) -> np.random.RandomState:
    try:
        return np.random.RandomState(seed)
    except (TypeError, ValueError):
        raise ArgumentError(
            f"RandomStreams: a seed is an integer from 0 and less than 2**32, a list of them, or None, not "
            f"{shown(seed)}{here()}"
        ) from None


__all__ = ["RandomStreams"]


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.shared_randomstreams", name, __all__)
