"""The random streams of Theano: ``MRG_RandomStreams`` and ``shared_randomstreams.RandomStreams``.

Both are faces of one ``RandomStream``: the methods and arguments are Theano's, the numbers are
symdrop's. So the same seed gives other numbers than in Theano, and the same numbers on every
machine.

Read next: sandbox/__init__.py
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np

from .. import tensor as engine
from ..binding import public
from ..errors import ArgumentError, ShapeError, here, shown
from ..graph import Node
from ..op import SharedVariable, as_node
from ..random import RandomStream
from ..types import is_float, promote
from .missing import no_name
from .settings import config, resolved
from .variable import speaking


class Streams:
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

    @property
    @public
    def state_updates(self) -> list[tuple[SharedVariable, Node]]:
        """The same."""
        return self.updates()

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
        name = _float(dtype, low, high)
        return self._stream.uniform(low=low, high=high, size=_size(size, ndim), dtype=name)

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
        return self._stream.normal(mean=avg, std=std, size=_size(size, ndim), dtype=_float(dtype, avg, std))

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
        return self._stream.binomial(n=n, p=chance, size=_size(size, ndim), dtype=resolved(dtype))

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
        return self._stream.multinomial(n=n, pvals=chances, size=_size(size, ndim), dtype=resolved(dtype))

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
        shape = () if size is None else _size(size, ndim)
        made = self._stream.choice(a=a, size=shape, p=p, replace=bool(replace))
        return made if isinstance(a, Node) and a.ndim else engine.cast(made, resolved(dtype))

    def __getattr__(self, name: str) -> Any:
        no_name(type(self).__name__, name, [known for known in dir(type(self)) if not known.startswith("_")])


class MRG_RandomStreams(Streams):
    """The streams of ``theano.sandbox.rng_mrg``.

    Args:
        seed: a positive integer or a list of six.
        use_cuda: accepted; it changes nothing.

    Raises:
        ArgumentError: for the seed 0, as in Theano, or one out of range.

    Example:
        >>> import symdrop.theano as theano
        >>> from symdrop.theano.sandbox.rng_mrg import MRG_RandomStreams
        >>> srng = MRG_RandomStreams(1234)
        >>> mask = srng.binomial((2, 3), n=1, p=0.8, dtype=theano.config.floatX)
        >>> mask.dtype, theano.function([], mask)().shape
        ('float64', (2, 3))
    """

    default_seed = 12345

    @public
    def __init__(self, seed: Any = 12345, use_cuda: Any = None) -> None:
        super().__init__(seed)

    def _seed(self, seed: Any) -> int:
        several = isinstance(seed, list | tuple | np.ndarray)
        if (several and len(seed) != 6) or (not several and seed == 0):
            raise ArgumentError(f"MRG_RandomStreams: the seed is a positive integer or six, not {shown(seed)}{here()}")
        return super()._seed(seed)


class RandomStreams(Streams):
    """The streams of ``theano.tensor.shared_randomstreams``.

    Args:
        seed: an integer; None takes one from the operating system.

    Raises:
        ArgumentError: for a seed out of range.

    Example:
        >>> import symdrop.theano as theano
        >>> from symdrop.theano.tensor.shared_randomstreams import RandomStreams
        >>> order = RandomStreams(seed=234).permutation(n=4)
        >>> sorted(theano.function([], order)().tolist())
        [0, 1, 2, 3]
    """

    @speaking
    @public
    def random_integers(
        self, size: Any = None, low: Any = 0, high: Any = 1, ndim: Any = None, dtype: Any = "int64"
    ) -> Node:
        """Integers from low to high, which is one of them."""
        return self._stream.integers(low=low, high=high + 1, size=_size(size, ndim), dtype=resolved(dtype))

    @speaking
    @public
    def permutation(self, size: Any = None, n: Any = 1, ndim: Any = None, dtype: Any = "int64") -> Node:
        """Random orders of the integers below n, one along the last axis for every element of ``size``."""
        shape = () if size is None else _size(size, ndim)
        return engine.cast(self._stream.permutation(n=n, size=shape), resolved(dtype))

    @speaking
    @public
    def shuffle_row_elements(self, input: Node) -> Node:
        """Every row of a matrix, or a vector, in a random order of its own."""
        rows = as_node(input)
        order = self._stream.permutation(n=rows.shape[-1], size=rows.shape[:-1])
        return engine.take_along_axis(rows, order, axis=-1)


def _size(size: Any, ndim: Any) -> Any:
    """A size as ``RandomStream`` takes it."""
    if size is None:
        return None
    if isinstance(size, Node) and size.ndim == 1 and size.type.shape[0] is None and ndim is not None:
        return tuple(size[axis] for axis in range(ndim))
    if ndim is not None and isinstance(size, Sequence) and len(size) != ndim:
        raise ShapeError(f"ndim={ndim} does not fit a size of {len(size)} axes{here()}")
    return size


def _float(dtype: Any, *parameters: Any) -> str:
    """The dtype of a draw: by default floatX, or that of its parameters where it is greater."""
    if dtype is not None:
        return resolved(dtype)
    types = [node.type for node in map(as_node, parameters) if not node.type.weak and is_float(node.dtype)]
    return promote([as_node(np.zeros((), config.floatX)).type, *types])
