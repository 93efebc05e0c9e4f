"""Theano's streams with symdrop's numbers, which ``theano.config.rng = "symdrop"`` asks for.

A face of ``RandomStream``: the methods and arguments are Theano's. The same seed gives other numbers than in Theano,
and the same ones on every machine; native code draws them, and a mask is computed again instead of being kept.

Read next: sandbox/mrg31k3p.py
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import numpy as np

from .. import tensor as engine
from ..binding import public
from ..graph import Node
from ..op import SharedVariable
from ..random import RandomStream
from .missing import no_name
from .settings import resolved
from .sizes import float_type, sizes_of
from .variable import speaking


class CounterStreams:
    """The draws of both kinds of streams.

    All methods take these arguments:

    * ``size``: a tuple or list of integers and integer scalars, such as ``x.shape``; an integer vector, whose length
      is ``ndim`` if it is not known; or None for the shape of the parameters.
    * ``ndim``: how many axes the draw has; only looked at with ``size``.
    * ``dtype``: "floatX" and None mean ``theano.config.floatX``. Counts are int64 unless told otherwise, as in Theano.

    Args:
        seed: an integer from 0, a list of integers, or None.
    """

    default_seed: Any = None

    @public
    def __init__(self, seed: Any = None) -> None:
        self.default_instance_seed = self.default_seed if seed is None else seed
        number = None if self.default_instance_seed is None else self._seed(self.default_instance_seed)
        self._stream = RandomStream(seed=number)
        if number is None:
            self.default_instance_seed = self._stream.seed
        self.state_updates = self.updates()

    def _seed(self, seed: Any) -> int:
        """A seed as the integer a stream starts from."""
        if isinstance(seed, list | tuple | np.ndarray):
            digest = blake2b(repr([int(one) for one in seed]).encode(), digest_size=8).digest()
            return int.from_bytes(digest, "big")
        number: int = seed
        return number

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._stream!r}>"

    @public
    def seed(self, seed: Any = None) -> None:
        """Start again, with another seed or, if None is given, with the first; compiled functions follow."""
        self._stream.reseed(self._seed(self.default_instance_seed if seed is None else seed))

    @public
    def updates(self) -> list[tuple[SharedVariable, Node]]:
        """The state and its next value, for ``function(updates=...)``, which knows them without being told."""
        step = self._stream._step
        assert step.default_update is not None
        return [(step, step.default_update)]

    @speaking
    @public
    def uniform(
        self,
        size: Any = None,
        low: Any = 0.0,
        high: Any = 1.0,
        ndim: Any = None,
        dtype: Any = None,
        nstreams: Any = None,
    ) -> Node:
        """Numbers from low to high, all equally likely."""
        name = float_type(dtype, low, high)
        return self._stream.uniform(low=low, high=high, size=_sizes(size, ndim), dtype=name)

    @speaking
    @public
    def normal(
        self,
        size: Any = None,
        avg: Any = 0.0,
        std: Any = 1.0,
        ndim: Any = None,
        dtype: Any = None,
        nstreams: Any = None,
    ) -> Node:
        """Normal numbers of mean avg and standard deviation std."""
        return self._stream.normal(mean=avg, std=std, size=_sizes(size, ndim), dtype=float_type(dtype, avg, std))

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
    ) -> Node:
        """How many of n trials of probability p (``prob`` in old scripts) succeed."""
        chance = p if prob is None else prob
        return self._stream.binomial(n=n, p=chance, size=_sizes(size, ndim), dtype=resolved(dtype))

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
    ) -> Node:
        """How often each category occurs among n choices; a matrix pvals has a distribution in every row."""
        chances = [0.5, 0.5] if pvals is None else pvals
        return self._stream.multinomial(n=n, pvals=chances, size=_sizes(size, ndim), dtype=resolved(dtype))

    @speaking
    @public
    def choice(
        self,
        size: Any = 1,
        a: Any = 2,
        replace: bool = True,
        p: Any = None,
        ndim: Any = None,
        dtype: Any = "int64",
        nstreams: Any = None,
    ) -> Node:
        """Elements of a, or integers below it, chosen with the probabilities p."""
        shape = () if size is None else _sizes(size, ndim)
        made = self._stream.choice(a=a, size=shape, p=p, replace=bool(replace))
        return made if isinstance(a, Node) and a.ndim else engine.cast(made, resolved(dtype))

    def __getattr__(self, name: str) -> Any:
        no_name(type(self).__name__, name, [known for known in dir(type(self)) if not known.startswith("_")])


def _sizes(size: Any, ndim: Any) -> Any:
    return None if size is None else sizes_of(size, ndim)
