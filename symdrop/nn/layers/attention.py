"""Attention in several heads: queries, keys and values are read off the features, and each head attends for itself.

Read next: dropout_layer.py
"""

from __future__ import annotations

from dataclasses import KW_ONLY, InitVar, dataclass, field
from typing import Any

from ...binding import public
from ...errors import ArgumentError, here
from ...graph import Node
from ...op import as_node, constant_scalar
from ...random import RandomStream
from ...random.arguments import Site, probability
from ...tensor.attention import attention
from ...tensor.axes import swapaxes
from ...tensor.shaping import reshape
from ...tensor.training import TRAINING, checked_stream, checked_training
from ..initializers import Initializer, Seed, generator, glorot_uniform
from .dense import Dense
from .layer import Layer, checked_input, checked_sizes


@public
@dataclass(frozen=True, eq=False, repr=False)
class MultiHeadAttention(Layer):
    """Scaled dot-product attention in several heads, each over its share of the features; see ``T.nnet.attention``.

    Args:
        features: of x and of the result, a multiple of the heads.
        heads: how many there are.
        context_features: of the context, where there is one; by default those of x.
        causal: whether a place sees those before it alone, and itself.
        bias: whether the four linear maps have biases.
        dropout: the probability with which a weight is dropped while training.
        stream: where the masks come from; needed unless ``dropout`` is 0.
        training: the flag ``sd.training``, another flag, a symbolic scalar, or a Python bool.
        site: see ``RandomStream``.
        initializer: the law of the initial weights; see ``sd.nn.initializers``.
        seed: of the initial weights: an integer, a NumPy generator, a ``RandomStream``, or None for others each time.
        dtype: of the parameters; ``config.floatX`` if None.

    Attributes:
        query, key, value, output: ``Dense`` layers; of each of the first three a head reads its block of columns.

    Raises:
        ArgumentError: if a size is not a positive integer, the heads do not divide the features, or there is dropout
            and no stream.

    Source: Vaswani et al., "Attention is all you need", NIPS 2017.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> layer = sd.nn.MultiHeadAttention(16, 4, causal=True)
        >>> layer(T.ftensor3("x")).type.shape, list(sd.nn.parameters(layer))[:2]
        ((None, None, 16), ['query.W', 'query.b'])
    """

    features: int
    heads: int
    _: KW_ONLY
    context_features: int | None = None
    causal: bool = False
    bias: bool = True
    dropout: Any = 0.0
    stream: RandomStream | None = field(default=None, repr=False)
    training: Any = field(default=TRAINING, repr=False)
    site: Site = None
    initializer: Initializer = field(default=glorot_uniform, repr=False)
    seed: InitVar[Seed] = None
    dtype: InitVar[str | None] = None
    query: Dense = field(init=False)
    key: Dense = field(init=False)
    value: Dense = field(init=False)
    output: Dense = field(init=False)

    def __post_init__(self, seed: Seed, dtype: str | None) -> None:
        own = self.features if self.context_features is None else self.context_features
        features, heads, own = checked_sizes(
            "MultiHeadAttention", features=self.features, heads=self.heads, context_features=own
        )
        if features % heads:
            raise ArgumentError(f"MultiHeadAttention: {features} features are not {heads} heads of equal size{here()}")
        if constant_scalar(probability(self.dropout, "the probability of dropping")) != 0:
            checked_stream(self.stream, "MultiHeadAttention")
        checked_training(self.training)
        rng = generator(seed)
        widths = {"query": features, "key": own, "value": own, "output": features}
        for name, width in widths.items():
            made = Dense(width, features, bias=self.bias, initializer=self.initializer, seed=rng, dtype=dtype)
            self._keep(**{name: made})

    @public
    def __call__(self, x: Any, context: Any = None, mask: Any = None) -> Node:
        """For every place of x what it finds in the context.

        Args:
            x: floats of shape (..., length, features).
            context: floats of shape (..., others, context_features); x itself if None.
            mask: as of ``T.nnet.attention``: truth values, true where a place may see another; it stretches to
                (..., heads, length, others), so that (batch, 1, 1, others) masks padding.

        Returns:
            A tensor of the shape of x.

        Raises:
            GraphTypeError: if x or the context holds no floats.
            ShapeError: if one of them has another number of features; when running, if it turns out to have.
        """
        own = checked_input(self, x, self.features, least=2)
        other = own if context is None else as_node(context)
        q, k, v = (self._in_heads(part) for part in (self.query(own), self.key(other), self.value(other)))
        drops = self.stream if constant_scalar(as_node(self.dropout)) != 0 else None
        found = attention(
            q, k, v, mask, self.causal, self.dropout, drops, training=self.training, site=self.site
        )  # fmt: skip
        return self.output(_joined(found))

    def _in_heads(self, x: Node) -> Node:
        """(..., length, features) as (..., heads, length, depth)."""
        depth = self.features // self.heads
        return swapaxes(reshape(x, (*x.shape[:-1], self.heads, depth)), -3, -2)


def _joined(x: Node) -> Node:
    """(..., heads, length, depth) as (..., length, features)."""
    *lead, heads, length, depth = x.shape
    return reshape(swapaxes(x, -3, -2), (*lead, length, heads * depth))
