"""``theano.sandbox.rng_mrg``: random streams with the bits that Theano's had.

Read next: ../tensor/raw_random.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import tensor as engine
from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node
from ...op import SharedVariable, Size, as_node
from ...ops.barriers import undefined_grad
from ...tensor.scan import scan
from ..compile import shared
from ..loop_states import remember_loops
from ..missing import missing_name, no_name
from ..settings import config, resolved
from ..sizes import count_of, float_type, sizes_of
from ..streams import CounterStreams
from ..tensor.opt import RefusedValue
from ..variable import speaking
from .mrg31k3p import DRAWS_APART, M1, M2, States, draw_integers, jumped, substreams
from .truncation import TRUNCATED_STD, truncated

# As many streams as a draw has whose size is not known when it is made.
MOST_STREAMS = 60 * 256


class MRG_RandomStreams:
    """Random streams of the generator MRG31k3p: the same seed gives the numbers it gave in Theano on a processor.

    Every draw has a state of its own, a matrix with a row for every one of its streams, which functions replace by the
    state after the draw. Uniform numbers and what is made of them by comparing are equal in every bit; logarithms and
    cosines (``normal``) are equal up to rounding. ``theano.config.rng = "symdrop"`` gives symdrop's own numbers
    instead.

    All methods take ``size``, a tuple of integers and integer scalars or an integer vector, such as ``x.shape``;
    ``ndim``, looked at where a vector's length is not known; ``dtype``, by default ``theano.config.floatX``, of counts
    int64; and ``nstreams``: how many streams take turns, by default a sixth of the elements and at most 15360, which it
    is for ``normal`` and wherever the size is not known beforehand.

    Args:
        seed: an integer, more than 0 and less than 2147462579, or six.
        use_cuda: accepted; it changes nothing.

    Attributes:
        rstate: six integers, the state from which the next draw's streams start.
        state_updates: pairs of every draw's state and its next value.

    Raises:
        ArgumentError: for a seed out of range. ``GraphTypeError`` if it is no seed.

    Example:
        >>> import symdrop.theano as theano
        >>> from symdrop.theano.sandbox.rng_mrg import MRG_RandomStreams
        >>> srng = MRG_RandomStreams(1234)
        >>> theano.function([], srng.uniform((3,)))().tolist()
        [0.3725711116567254, 0.6576858377084136, 0.5925067821517587]
    """

    default_instance_seed: Any
    rstate: States

    def __new__(cls, *arguments: Any, **named: Any) -> MRG_RandomStreams:
        chosen = _CounterMRG if cls is MRG_RandomStreams and config.rng == "symdrop" else cls
        return object.__new__(chosen)

    @public
    def __init__(self, seed: Any = 12345, use_cuda: Any = None) -> None:
        self.state_updates: list[tuple[SharedVariable, Node]] = []
        self.set_rstate(seed)
        self.default_instance_seed = seed

    @public
    def set_rstate(self, seed: Any) -> None:
        """Let the next draw's streams start from a seed; those of draws that were made stay as they are."""
        self.rstate = _first_state(seed)

    @public
    def inc_rstate(self) -> None:
        """Move on to the streams of the next draw, 2**134 steps away."""
        self.rstate = jumped(self.rstate, DRAWS_APART)

    @public
    def get_substream_rstates(self, n_streams: int, dtype: Any, inc_rstate: bool = True) -> States:
        """The first states of a draw's streams, a row for each, 2**72 steps from one another.

        Args:
            n_streams: how many.
            dtype: accepted; it changes nothing.
            inc_rstate: whether to move on to those of the next draw.
        """
        made = substreams(self.rstate, n_streams)
        if inc_rstate:
            self.inc_rstate()
        return made

    @public
    def n_streams(self, size: Any) -> int:
        """How many streams take turns in a draw of a size."""
        return _streams_for(size)

    @public
    def seed(self, seed: Any = None) -> None:
        """Start all draws again, with another seed or, if None is given, with the first."""
        self.set_rstate(self.default_instance_seed if seed is None else seed)
        for state, *_ in self.state_updates:
            state.set_value(self.get_substream_rstates(len(state.get_value(borrow=True)), None), borrow=True)

    @public
    def updates(self) -> list[tuple[SharedVariable, Node]]:
        """Pairs of every draw's state and its next value."""
        return list(self.state_updates)

    @speaking
    @public
    def uniform(
        self,
        size: Any,
        low: Any = 0.0,
        high: Any = 1.0,
        ndim: Any = None,
        dtype: Any = None,
        nstreams: Any = None,
        target: Any = None,
    ) -> Node:
        """Numbers from low to high, all equally likely."""
        sizes = _checked(size, ndim)
        name = float_type(dtype, low, high)
        low, high = (undefined_grad(engine.cast(as_node(one), name)) for one in (low, high))
        streams = nstreams or _streams_for(size)
        return self._draw(sizes, streams, lambda words: _unit(words, name).reshape(sizes) * (high - low) + low)

    @speaking
    @public
    def normal(
        self,
        size: Any,
        avg: Any = 0.0,
        std: Any = 1.0,
        ndim: Any = None,
        dtype: Any = None,
        nstreams: Any = None,
        truncate: bool = False,
        target: Any = None,
    ) -> Node:
        """Normal numbers of mean avg and standard deviation std, by the method of Box and Muller."""
        sizes = _checked(size, ndim)
        name = float_type(dtype, avg, std)
        avg, std = (undefined_grad(engine.cast(as_node(one), name)) for one in (avg, std))
        count = count_of(sizes)
        pairs = (count + count % 2) // 2

        def made(words: Node) -> Node:
            unit = _unit(words, name)
            radius = engine.sqrt(-2.0 * engine.log(unit[:pairs]))
            angle = engine.cast(2.0 * np.pi, name) * unit[pairs:]
            both = engine.concatenate([radius * engine.cos(angle), radius * engine.sin(angle)])
            if truncate:
                both = truncated(radius, angle, lambda size, low: self.uniform((size,), low, 1.0, dtype=name))
            drawn: Node = both[:count].reshape(sizes) * std + avg
            return drawn

        return self._draw((2 * pairs,), nstreams or MOST_STREAMS, made)

    @public
    def truncated_normal(
        self, size: Any, avg: Any = 0.0, std: Any = 1.0, ndim: Any = None, dtype: Any = None, nstreams: Any = None,
        target: Any = None,
    ) -> Node:  # fmt: skip
        """Normal numbers no further from avg than 2.27 times std, which is the standard deviation of what is drawn."""
        return self.normal(size, avg, std / TRUNCATED_STD, ndim, dtype, nstreams, True)

    @speaking
    @public
    def binomial(
        self,
        size: Any = None,
        n: Any = 1,
        p: Any = 0.5,
        ndim: Any = None,
        dtype: Any = "int64",
        nstreams: Any = None,
        prob: Any = None,
        target: Any = None,
    ) -> Node:
        """1 with probability p (``prob`` in old scripts), otherwise 0."""
        if n != 1:
            raise ArgumentError(
                f"MRG_RandomStreams: binomial has one trial, n=1, not {shown(n)}; "
                f"tensor.shared_randomstreams.RandomStreams has others{here()}"
            )
        sizes, name = _checked(size, ndim), config.floatX
        chance = undefined_grad(as_node(p if prob is None else prob))
        streams = nstreams or _streams_for(size)
        return self._draw(
            sizes, streams, lambda words: engine.cast(_unit(words, name).reshape(sizes) < chance, resolved(dtype))
        )

    @speaking
    @public
    def multinomial(
        self,
        size: Any = None,
        n: Any = 1,
        pvals: Any = None,
        ndim: Any = None,
        dtype: Any = "int64",
        nstreams: Any = None,
        target: Any = None,
    ) -> Node:
        """How often each category occurs among n choices, for the distribution in every row of pvals."""
        chances = _distributions(pvals, size, "multinomial")
        rows, name = chances.shape[0], config.floatX
        reached = engine.cumsum(chances, axis=1)

        def made(words: Node) -> Node:
            places = _unit(words, name).reshape((n, rows))
            category = engine.sum(reached <= places[:, :, None], axis=2)
            hits = engine.eq(category[:, :, None], engine.arange(chances.shape[1]))
            return engine.sum(engine.cast(hits, chances.dtype if dtype == "auto" else resolved(dtype)), axis=0)

        return self._draw((rows * n,), nstreams or MOST_STREAMS, made)

    @speaking
    @public
    def choice(
        self,
        size: Any = 1,
        a: Any = None,
        replace: bool = True,
        p: Any = None,
        ndim: Any = None,
        dtype: Any = "int64",
        nstreams: Any = None,
        target: Any = None,
    ) -> Node:
        """``size`` different categories for the distribution in every row of p; only with ``replace=False``."""
        if replace or a is not None:
            raise ArgumentError(
                "MRG_RandomStreams: choice takes categories of p, without `a` and with replace=False; "
                f"tensor.shared_randomstreams.RandomStreams has others{here()}"
            )
        chances = _distributions(p, None, "choice")
        refusing = RefusedValue("choice without replacement: there are fewer categories than are to be chosen")
        chances = refusing(chances, as_node(size) <= chances.shape[1])
        rows, name = chances.shape[0], config.floatX

        def step(place: Node, left: Node) -> list[Node]:
            category = engine.sum(engine.cumsum(left, axis=1) <= place[:, None], axis=1)
            left = engine.where(engine.eq(category[:, None], engine.arange(left.shape[1])), 0, left)
            return [left / engine.sum(left, axis=1, keepdims=True), category]

        def made(words: Node) -> Node:
            places = _unit(words, name).reshape((size, rows))
            (_, categories), _ = scan(step, places, [chances, None])
            return engine.cast(categories.T, resolved(dtype))

        return self._draw((rows * size,), nstreams or MOST_STREAMS, made)

    @public
    def multinomial_wo_replacement(
        self,
        size: Any = None,
        n: Any = 1,
        pvals: Any = None,
        ndim: Any = None,
        dtype: Any = "int64",
        nstreams: Any = None,
        target: Any = None,
    ) -> Node:
        """``choice`` with Theano's older arguments."""
        _distributions(pvals, size, "multinomial_wo_replacement")
        return self.choice(n, None, False, pvals, ndim, dtype, nstreams)

    def _draw(self, sizes: tuple[Size, ...], streams: int, made: Any) -> Node:
        """A draw, which carries its state, and the state's update."""
        state = shared(self.get_substream_rstates(streams, None))
        remember_loops(state)
        after, words = draw_integers(state, count_of(sizes))
        state.set_default_update(after)
        self.state_updates.append((state, after))
        draw: Node = made(words)
        vars(draw).update(rng=state, rstate=state, update=(state, after))
        return draw

    def __getattr__(self, name: str) -> Any:
        no_name(type(self).__name__, name, [known for known in dir(type(self)) if not known.startswith("_")])


class _CounterMRG(CounterStreams, MRG_RandomStreams):  # type: ignore[misc]
    """``MRG_RandomStreams`` with symdrop's own numbers."""

    @public
    def __init__(self, seed: Any = 12345, use_cuda: Any = None) -> None:
        _first_state(seed)
        CounterStreams.__init__(self, seed)


def _first_state(seed: Any) -> States:
    """The six integers of a seed.

    Raises:
        ArgumentError: if they are no state of the generator, or the seed is 0.
        GraphTypeError: for anything but one or six integers.
    """
    if isinstance(seed, int | np.integer):
        if not 0 < seed < M2:
            raise ArgumentError(
                f"MRG_RandomStreams: a seed is more than 0 and less than {M2}, not {shown(seed)}{here()}"
            )
        return np.full(6, seed, np.int32)
    if not isinstance(seed, list | tuple | np.ndarray) or len(seed) != 6:
        raise GraphTypeError(f"MRG_RandomStreams: a seed is one integer or six, not {shown(seed)}{here()}")
    first, second = seed[:3], seed[3:]
    for three, modulus in ((first, M1), (second, M2)):
        if not any(three) or not all(0 <= one < modulus for one in three):
            raise ArgumentError(
                f"MRG_RandomStreams: three integers of a seed are from 0, less than {modulus} and not all 0, unlike "
                f"{shown(list(three))}{here()}"
            )
    return np.array(seed, np.int32)


def _checked(size: Any, ndim: Any) -> tuple[Size, ...]:
    """The sizes of a draw.

    Raises:
        GraphTypeError: unless they are given as a tuple or an integer vector.
        ArgumentError: for a size of 0 or less.
    """
    if not isinstance(size, tuple) and not (isinstance(size, Node) and size.ndim == 1):
        raise GraphTypeError(
            f"MRG_RandomStreams: a size is a tuple of integers and integer scalars, or an integer vector such as "
            f"x.shape, not {shown(size)}{here()}"
        )
    if isinstance(size, tuple) and any(isinstance(one, int | np.integer) and one <= 0 for one in size):
        raise ArgumentError(f"MRG_RandomStreams: sizes are at least 1, unlike {shown(size)}{here()}")
    return sizes_of(size, ndim)


def _streams_for(size: Any) -> int:
    # A tuple only: the shape of a variable is not known beforehand, in Theano, even where it is here.
    if type(size) not in (tuple, list) or not all(isinstance(one, int) for one in size):
        return MOST_STREAMS
    count: int = count_of(size)
    return min(count // 6 if count > 6 else count, MOST_STREAMS)


def _distributions(pvals: Any, size: Any, method: str) -> Node:
    if size is not None or pvals is None:
        error = GraphTypeError if pvals is None else ArgumentError
        raise error(
            f"MRG_RandomStreams: {method} takes a matrix of probabilities, with a distribution in every row, and no "
            f"size{here()}"
        )
    chances = undefined_grad(as_node(pvals))
    if chances.ndim != 2:
        raise ArgumentError(f"MRG_RandomStreams: {method} takes a matrix of probabilities, not {shown(pvals)}{here()}")
    return chances


def _unit(words: Node, dtype: str) -> Node:
    """Integers from 1 to M1 as numbers in (0, 1): the greatest float32 below 2**-31 keeps them below 1."""
    if dtype == "float16":
        return engine.cast(engine.cast(words & np.int32(2**15 - 1), "float32") * np.float32(2.0**-15), dtype)
    scale = np.float32(4.6566126e-10) if dtype == "float32" else np.float64(2.0**-31)
    return engine.cast(words, dtype) * scale


__all__ = ["MRG_RandomStreams"]


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.sandbox.rng_mrg", name, __all__)
