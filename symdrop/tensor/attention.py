"""Attention as users write it: masks, causality, dropout of the weights, and heads that share their keys.

``dot_product_attention`` is the same in JAX's layout.

Read next: nnet.py
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..binding import public
from ..errors import ArgumentError, GraphTypeError, ShapeError, here, shown
from ..graph import Node, describe
from ..op import Size, as_node, constant_scalar, convert
from ..ops.attention.attention import attention as attention_op
from ..ops.join import item
from ..types import broadcast_shapes, is_float, is_integer, promote
from .axes import expand_dims, shape_padleft, swapaxes
from .creation import arange
from .elementwise import cast, sqrt, where
from .shaping import reshape, stretch_to
from .training import TRAINING, MaskSource, checked_mode, checked_stream, checked_training, choose, keep_and_scale


@public
def attention(
    q: Any,
    k: Any,
    v: Any,
    mask: Any = None,
    causal: bool = False,
    dropout: Any = 0.0,
    stream: MaskSource | None = None,
    scale: Any = None,
    *,
    mode: str = "inverted",
    training: Any = TRAINING,
    site: Any = None,
) -> Node:
    """Scaled dot-product attention: for every query the mean of the values, weighted by the softmax of its scores.

    ``dropped(softmax(q @ k.T * scale + mask)) @ v``. Native code computes it block by block, forwards and backwards, in
    memory that grows with the number of queries and keys and not with their product, its masks included.

    Args:
        q: queries, floats (..., heads, queries, depth); any number of leading axes, also none.
        k: keys (..., heads, keys, depth). Leading axes known to have size 1, and missing ones, stretch; one head of
            keys may serve several heads of queries, a divisor of as many as are known.
        v: values (..., heads, keys, width).
        mask: truth values, true where a query may see a key; or floats that are added to the scores, to which
            gradients flow. It stretches to (..., heads, queries, keys): (batch, 1, 1, keys) masks padding.
        causal: whether query i sees the keys up to number i alone.
        dropout: the probability with which a weight is dropped while training, a float or a symbolic scalar.
        stream: where the mask of dropped weights comes from; needed unless ``dropout`` is 0. It draws truth values of
            shape (..., heads, queries, keys).
        scale: by what scores are multiplied; by default 1 / sqrt(depth).
        mode: "inverted" divides what is kept by 1 - dropout in training; "scale" multiplies by it in testing.
        training: the flag ``sd.training``, another flag, a symbolic scalar, or a Python bool.
        site: see ``RandomStream``.

    Returns:
        A tensor (..., heads, queries, width). A query that sees no key gets zeros, and hands on no gradient.

    Raises:
        GraphTypeError: for operands that are no floats, a mask of integers, or a stream that is no ``RandomStream``.
        ShapeError: if sizes are known not to fit; when running, if they turn out not to.
        ArgumentError: for a dropout without a stream.

    Sources: Vaswani et al., "Attention is all you need", NIPS 2017; Dao et al., "FlashAttention: fast and
    memory-efficient exact attention with IO-awareness", NeurIPS 2022.

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.constant([[0.0], [1.0]])
        >>> T.nnet.attention(x, x, x, causal=True, scale=0.0).eval().tolist()
        [[0.0], [0.5]]
    """
    operands = [_floats(x, name) for x, name in zip((q, k, v), "qkv", strict=True)]
    training, p = checked_training(training), as_node(dropout)
    checked_mode(mode)
    if p.ndim:
        raise GraphTypeError(f"the probability of dropping is one number, not {describe(p)}{here()}")
    dtype = promote(x.type for x in operands)
    # float16 is storage.
    computed = "float32" if dtype == "float16" else dtype
    queries, keys, values = _equal_heads(*(convert(x, computed) for x in operands))
    shape = (*queries.shape[:-1], keys.shape[-2])
    given = [] if mask is None else [_bias(mask, shape, computed)]
    drops = stream is not None or constant_scalar(p) != 0
    # The draw takes its site also where nothing is dropped.
    drop = checked_stream(stream, "attention").bernoulli(p=p, size=shape, dtype="bool", site=site) if drops else None
    drops = drops and constant_scalar(p) != 0 and training is not False
    if drops:
        given.append(choose(training, drop, np.bool_(False)))
    made = attention_op(
        queries * _scale(scale, queries), keys, values, *given, causal=causal, biased=mask is not None, dropped=drops
    )
    out = item(made, index=0)
    if constant_scalar(p) != 0:
        keep, by = keep_and_scale(p, computed)
        out = out * (choose(training, by, 1.0) if mode == "inverted" else choose(training, 1.0, keep))
    return cast(out, dtype)


@public
def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    *,
    scale: Any = None,
    is_causal: bool = False,
    query_seq_lengths: Any = None,
    key_value_seq_lengths: Any = None,
    local_window_size: Any = None,
) -> Node:
    """Scaled dot-product attention in the layout (..., length, heads, depth): that of ``jax.nn``.

    It is ``attention`` with other axes, and computed as such.

    Args:
        query: queries, floats (..., queries, heads, depth).
        key: keys (..., keys, heads, depth); one head of keys may serve several heads of queries.
        value: values (..., keys, heads, width).
        bias: floats added to the scores, which stretch to (..., heads, queries, keys).
        mask: truth values of the same form, true where a query may see a key.
        scale: by what scores are multiplied; by default 1 / sqrt(depth).
        is_causal: whether query i sees the keys up to number i alone.
        query_seq_lengths: how many queries there are, integers of the shape of the leading axes; the others give zeros.
        key_value_seq_lengths: how many keys are seen, integers of the shape of the leading axes.
        local_window_size: how many keys before a query's place it sees, and how many behind it: two integers, or one
            for both.

    Returns:
        A tensor (..., queries, heads, width). A query that sees no key gets zeros; with JAX, a mean of the values.

    Raises:
        GraphTypeError: for operands that are no floats, a mask of numbers, or lengths that are no integers.
        ShapeError: if sizes are known not to fit; when running, if they turn out not to.
        ArgumentError: for a window that is no one or two integers.

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.constant([[[0.0]], [[1.0]]])
        >>> T.nnet.dot_product_attention(x, x, x, is_causal=True, scale=0.0).eval().tolist()
        [[[0.0]], [[0.5]]]
    """
    parts = [as_node(one) for one in (query, key, value)]
    for part in parts:
        if part.ndim < 3:
            raise GraphTypeError(
                f"dot_product_attention takes tensors (..., length, heads, depth), not {describe(part)}{here()}"
            )
    q, k, v = (swapaxes(part, -2, -3) for part in parts)
    seen = None if mask is None else as_node(mask)
    if seen is not None and seen.dtype != "bool":
        raise GraphTypeError(f"a mask holds truth values, and what is added is a bias; got {describe(seen)}{here()}")
    rows, columns = expand_dims(arange(q.shape[-2]), -1), arange(k.shape[-2])
    if local_window_size is not None:
        before, behind = _window(local_window_size)
        seen = _both(seen, (columns >= rows - before) & (columns <= rows + behind))
    if key_value_seq_lengths is not None:
        seen = _both(seen, columns < _lengths(key_value_seq_lengths))
    there = None
    if query_seq_lengths is not None:
        there = rows < _lengths(query_seq_lengths)
        seen = _both(seen, there)
    given: Any = seen
    if bias is not None:
        given = as_node(bias) if seen is None else where(seen, bias, -np.inf)
    made = attention(q, k, v, given, is_causal, scale=scale)
    return swapaxes(made if there is None else where(there, made, 0), -2, -3)


def _both(mask: Node | None, other: Node) -> Node:
    made: Node = other if mask is None else mask & other
    return made


def _lengths(given: Any) -> Node:
    """Lengths of sequences beside heads, queries and keys."""
    node = as_node(given)
    if not is_integer(node.dtype):
        raise GraphTypeError(f"lengths of sequences are integers, not {describe(node)}{here()}")
    return expand_dims(node, (-3, -2, -1))


def _window(size: Any) -> tuple[int, int]:
    both = (size, size) if isinstance(size, int | np.integer) else size
    if not isinstance(both, tuple | list) or len(both) != 2 or not all(isinstance(n, int | np.integer) for n in both):
        raise ArgumentError(f"local_window_size is one integer or two, not {shown(size)}{here()}")
    return int(both[0]), int(both[1])


def _floats(x: Any, name: str) -> Node:
    node = as_node(x)
    if not is_float(node.dtype) or node.ndim < 2:
        raise GraphTypeError(
            f"attention: {name} holds floats and has two axes at least, (..., length, depth); got "
            f"{describe(node)}{here()}"
        )
    return node


def _scale(scale: Any, queries: Node) -> Any:
    """The number by which scores are multiplied."""
    if scale is None:
        depth = queries.shape[-1]
        return 1 / math.sqrt(depth or 1) if isinstance(depth, int) else 1 / sqrt(cast(depth, queries.dtype))
    node = as_node(scale)
    if node.ndim:
        raise GraphTypeError(f"attention: scale is one number, not {describe(node)}{here()}")
    return scale


def _equal_heads(q: Node, k: Node, v: Node) -> tuple[Node, Node, Node]:
    """Queries, keys and values with equal leading axes."""
    ndim = max(x.ndim for x in (q, k, v))
    q, k, v = (shape_padleft(x, ndim - x.ndim) if x.ndim < ndim else x for x in (q, k, v))
    k, v = (_grouped(x, q) for x in (k, v))
    try:
        lead = broadcast_shapes([x.type.shape[:-2] for x in (q, k, v)])
    except ShapeError:
        raise ShapeError(
            f"attention: the leading axes of q, k and v do not fit: {describe(q, lines=False)}, "
            f"{describe(k, lines=False)}, {describe(v, lines=False)}{here()}"
        ) from None
    # A size that is unknown in all is taken from one; the op checks that the others are equal.
    sizes = [
        size if size is not None else next(x.shape[axis] for x in (q, k, v) if x.type.shape[axis] != 1)
        for axis, size in enumerate(lead)
    ]
    q, k, v = (stretch_to(x, (*sizes, *x.shape[-2:])) for x in (q, k, v))
    return q, k, v


def _grouped(x: Node, q: Node) -> Node:
    """Keys or values whose every head is there for each query head of its group."""
    if q.ndim < 3:
        return x
    heads, own = q.type.shape[-3], x.type.shape[-3]
    if own in (None, 1, heads) or heads is None or heads % own:
        return x
    *lead, _, length, width = x.shape
    repeated = stretch_to(expand_dims(x, -3), (*lead, own, heads // own, length, width))
    return reshape(repeated, (*lead, heads, length, width))


def _bias(mask: Any, shape: Sequence[Size], dtype: str) -> Node:
    """A mask as what is added to the scores."""
    node = as_node(mask)
    if node.dtype != "bool" and not is_float(node.dtype):
        raise GraphTypeError(
            "attention: a mask holds truth values, true where a query may see a key, or floats that are added to the "
            f"scores, not {describe(node)}; compare with 0{here()}"
        )
    known = tuple(size if isinstance(size, int) else None for size in shape)
    pairs = zip(node.type.shape[::-1], known[::-1], strict=False)
    if node.ndim > len(shape) or any(None not in pair and pair[0] not in (1, pair[1]) for pair in pairs):
        raise ShapeError(
            f"attention: a mask stretches to (..., queries, keys), here {known}; got {describe(node)}{here()}"
        )
    bias = where(node, 0.0, -math.inf) if node.dtype == "bool" else node
    return stretch_to(cast(bias, dtype), shape)


__all__ = ["attention"]
