"""The embedding: a row of a table for every index.

Read next: convolution.py
"""

from __future__ import annotations

from dataclasses import KW_ONLY, InitVar, dataclass, field
from functools import partial
from typing import Any

from ...binding import public
from ...errors import GraphTypeError, here
from ...graph import Node, describe
from ...op import SharedVariable, as_node
from ...ops.join import refine_shape
from ...tensor.costs import class_labels
from ...types import is_integer
from ..initializers import Initializer, Seed, generator, normal
from .layer import Layer, checked_sizes, weights


@public
@dataclass(frozen=True, eq=False, repr=False)
class Embedding(Layer):
    """A vector for every one of a number of things: row i of the table W stands for index i.

    Args:
        count: how many things there are.
        features: the size of the vectors.
        initializer: the law of the initial vectors, by default normal numbers of deviation 1, as in PyTorch.
        seed: of the initial vectors: an integer, a NumPy generator, a ``RandomStream``, or None for others each time.
        dtype: of the table; ``config.floatX`` if None.

    Attributes:
        W: the table, shape (count, features).

    Raises:
        ArgumentError: if a size is not a positive integer.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> words = sd.nn.Embedding(1000, 16, seed=0)
        >>> words(T.imatrix("sentences")).type
        TensorType(dtype='float32', shape=(None, None, 16), weak=False)
    """

    count: int
    features: int
    _: KW_ONLY
    initializer: Initializer = field(default=partial(normal, std=1.0), repr=False)
    seed: InitVar[Seed] = None
    dtype: InitVar[str | None] = None
    W: SharedVariable = field(init=False)

    def __post_init__(self, seed: Seed, dtype: str | None) -> None:
        shape = checked_sizes("Embedding", count=self.count, features=self.features)
        self._keep(W=weights("Embedding", shape, self.initializer, generator(seed), dtype))

    @public
    def __call__(self, indices: Any) -> Node:
        """The vectors of indices.

        Args:
            indices: integers from 0 on, of any shape.

        Returns:
            A tensor of shape (*indices.shape, features).

        Raises:
            GraphTypeError: if there are no integers.
            IndexingError: if there is no such row; negative ones do not count from the end. Of a variable when running.
        """
        node = as_node(indices)
        if not is_integer(node.dtype):
            raise GraphTypeError(f"{self!r} is called on integers, not on {describe(node)}; cast it{here()}")
        rows = class_labels(node, self.count, f"{self!r}: an index of {describe(node, lines=False)}")
        W = refine_shape(self.W, (self.count, self.features), label=f"the weights of {self!r}")
        return W[rows]
