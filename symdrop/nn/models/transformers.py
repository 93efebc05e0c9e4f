"""The transformer block: attention and two dense layers, each with a normalisation and a way around it.

    h = x + dropped(attention(norm(x)))            pre-norm
    y = h + dropped(dense(dropped(activation(dense(norm(h))))))

Sources: Vaswani et al., "Attention is all you need", NIPS 2017, who normalise behind the sum; in front of it: Xiong et
al., "On layer normalization in the transformer architecture", ICML 2020.

Read next: ../../optim/__init__.py
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, InitVar, dataclass, field
from typing import Any

from ... import tensor as T
from ...binding import public
from ...graph import Node
from ...op import as_node, constant_scalar
from ...random import RandomStream
from ...tensor.training import TRAINING
from ..dropout import dropout
from ..initializers import Initializer, Seed, generator, glorot_uniform
from ..layers.attention import MultiHeadAttention
from ..layers.dense import Dense
from ..layers.layer import Layer, check_activation, checked_input, checked_sizes
from ..normalization.layer_norms import LayerNorm


@public
@dataclass(frozen=True, eq=False, repr=False)
class TransformerBlock(Layer):
    """Attention of a sequence to itself, then a dense layer of many units and one back, each added to what it got.

    Args:
        features: of x and of the result, a multiple of the heads.
        heads: of the attention.
        hidden: the units of the dense layer; four times the features if None.
        activation: of the dense layer.
        causal: whether a place sees those before it alone, and itself.
        norm_first: whether normalisations stand in front of attention and dense layers (pre-norm), or behind the sums.
        dropout: the probability of dropping: attention weights, hidden units, and what is added.
        stream: where the masks come from; needed unless ``dropout`` is 0.
        training: the flag ``sd.training``, another flag, a symbolic scalar, or a Python bool.
        initializer: the law of the initial weights; see ``sd.nn.initializers``.
        seed: of the initial weights: an integer, a NumPy generator, a ``RandomStream``, or None for others each time.
        dtype: of the parameters; ``config.floatX`` if None.

    Attributes:
        attention, expand, contract, attention_norm, dense_norm: the layers it consists of.

    Raises:
        ArgumentError: if a size is not a positive integer, the heads do not divide the features, or there is dropout
            and no stream.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> block = sd.nn.TransformerBlock(16, 4, causal=True, dropout=0.1, stream=sd.RandomStream(seed=1))
        >>> block(T.ftensor3("x")).type.shape, sum(p.get_value().size for p in sd.nn.parameters(block).values())
        ((None, None, 16), 3280)
    """

    features: int
    heads: int
    _: KW_ONLY
    hidden: int | None = None
    activation: Callable[[Any], Any] | None = T.nnet.gelu
    causal: bool = False
    norm_first: bool = True
    dropout: Any = 0.0
    stream: RandomStream | None = field(default=None, repr=False)
    training: Any = field(default=TRAINING, repr=False)
    initializer: Initializer = field(default=glorot_uniform, repr=False)
    seed: InitVar[Seed] = None
    dtype: InitVar[str | None] = None
    attention: MultiHeadAttention = field(init=False)
    expand: Dense = field(init=False)
    contract: Dense = field(init=False)
    attention_norm: LayerNorm = field(init=False)
    dense_norm: LayerNorm = field(init=False)

    def __post_init__(self, seed: Seed, dtype: str | None) -> None:
        (features,) = checked_sizes("TransformerBlock", features=self.features)
        (hidden,) = checked_sizes("TransformerBlock", hidden=4 * features if self.hidden is None else self.hidden)
        check_activation("TransformerBlock", self.activation)
        rng, law = generator(seed), self.initializer
        self._keep(
            attention=MultiHeadAttention(
                features, self.heads, causal=self.causal, dropout=self.dropout, stream=self.stream,
                training=self.training, initializer=law, seed=rng, dtype=dtype,
            ),
            expand=Dense(features, hidden, activation=self.activation, initializer=law, seed=rng, dtype=dtype),
            contract=Dense(hidden, features, initializer=law, seed=rng, dtype=dtype),
            attention_norm=LayerNorm(features, dtype=dtype),
            dense_norm=LayerNorm(features, dtype=dtype),
        )  # fmt: skip

    @public
    def __call__(self, x: Any, mask: Any = None) -> Node:
        """The block's values for a sequence.

        Args:
            x: floats of shape (..., length, features).
            mask: as of ``T.nnet.attention``; (batch, 1, 1, length) masks padding.

        Returns:
            A tensor of the shape of x.

        Raises:
            GraphTypeError: if x holds no floats.
            ShapeError: if x has another number of features; when running, if it turns out to have.
        """
        node = checked_input(self, x, self.features, least=2)
        h = self._around(node, self.attention_norm, lambda inner: self.attention(inner, mask=mask))
        return self._around(h, self.dense_norm, lambda inner: self.contract(self._dropped(self.expand(inner))))

    def _around(self, x: Node, norm: LayerNorm, inner: Callable[[Node], Node]) -> Node:
        """x and what is made of it, added; normalised before or after."""
        return x + self._dropped(inner(norm(x))) if self.norm_first else norm(x + self._dropped(inner(x)))

    def _dropped(self, x: Node) -> Node:
        if constant_scalar(as_node(self.dropout)) == 0:
            return x
        return dropout(x, self.dropout, stream=self.stream, training=self.training)
