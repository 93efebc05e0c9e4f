"""Word dropout: rows of an embedding are dropped, by types of word or by occurrences.

    training:  where(drop, 0, E[ids] / (1 - p))        testing:  E[ids]

By *type* a word that is dropped is dropped wherever it occurs: the mask is one of rows of E, and
dropping "the" drops every "the" of the sequence. This is the law that follows from a
Bernoulli distribution of the embedding's rows. By *token* every occurrence has a choice of its own.

Sources: by type: Gal and Ghahramani, "A theoretically grounded application of dropout in
recurrent neural networks", NeurIPS 2016, section 4.2. By token: Iyyer, Manjunatha, Boyd-Graber and
Daume, "Deep unordered composition rivals syntactic methods for text classification", ACL 2015.

Read next: zoneout.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import tensor as T
from ...binding import public
from ...errors import ArgumentError, GraphTypeError, ShapeError, here, shown
from ...graph import Node, describe
from ...op import as_node, constant_scalar
from ...random import RandomStream
from ...random.arguments import Site
from ...tensor.training import TRAINING, checked_training, choose, keep_and_scale
from ...types import is_integer
from .arguments import finished, floats, one_of, random_stream, rate


@public
def word_dropout(
    E: Any,
    ids: Any,
    p: Any = 0.1,
    *,
    stream: RandomStream | None = None,
    by: str = "type",
    batch_axis: int | None = None,
    training: Any = TRAINING,
    site: Site = None,
    name: str | None = None,
) -> Node:
    """Embeddings of words, some of which are dropped: whole types of word, or single occurrences.

    Args:
        E: the embedding, floats of shape (words, features).
        ids: numbers of words, integers of any shape.
        p: the probability of dropping.
        stream: where the mask comes from.
        by: "type" drops a word everywhere, "token" every occurrence by itself.
        batch_axis: the axis of ``ids`` along which sequences lie that drop types of their own; None drops the same
            types in the whole batch.
        training: as for ``sd.dropout``; in testing the result is ``E[ids]``.
        site: see ``RandomStream``.
        name: the name of the result.

    Returns:
        Floats of shape (*ids.shape, features).

    Raises:
        GraphTypeError: if E holds no floats, or ``ids`` no integers.
        ShapeError: if E is no matrix.
        ArgumentError: without a stream, for p outside [0, 1], for another word than these two, and if ``ids`` has no
            axis ``batch_axis``.

    Source: Gal and Ghahramani, "A theoretically grounded application of dropout in recurrent neural networks", 2016.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> E, ids = sd.shared(np.ones((5, 1), "float32")), T.ivector("ids")
        >>> e = sd.nn.word_dropout(E, ids, 0.5, stream=sd.RandomStream(seed=1))
        >>> sd.function([ids], e, training=True)([0, 1, 2, 3, 4, 0, 1, 2, 3, 4]).ravel().tolist()
        [2.0, 0.0, 2.0, 2.0, 0.0, 2.0, 0.0, 2.0, 2.0, 0.0]
    """
    table, words, p = floats(E, "word_dropout", "E"), as_node(ids), rate(p)
    if table.ndim != 2:
        raise ShapeError(f"word_dropout: E has the axes (words, features), not {describe(table)}{here()}")
    if not is_integer(words.dtype):
        raise GraphTypeError(f"word_dropout: ids are integers, not {describe(words)}{here()}")
    by, training = one_of(by, ("type", "token"), "word_dropout: by"), checked_training(training)
    axis = _batch_axis(batch_axis, words, by)
    source, rows = random_stream(stream, "word_dropout"), table[words]
    if by == "token":
        drop = source.bernoulli(p=p, size=words.shape, dtype="bool", site=site)
    elif axis is None:
        drop = source.bernoulli(p=p, size=(table.shape[0],), dtype="bool", site=site)[words]
    else:
        of_types = source.bernoulli(p=p, size=(words.shape[axis], table.shape[0]), dtype="bool", site=site)
        sequence = T.arange(words.shape[axis]).dimshuffle(*("x" if i != axis else 0 for i in range(words.ndim)))
        drop = of_types[T.broadcast_to(sequence, words.shape), words]
    if constant_scalar(p) == 0:
        return finished(rows, table, name)
    _, scale = keep_and_scale(p, table.dtype)
    kept = T.where(T.expand_dims(drop, -1), 0, rows * scale)
    return finished(choose(training, kept, rows), table, name)


def _batch_axis(axis: Any, words: Node, by: str) -> int | None:
    if axis is None:
        return None
    if isinstance(axis, bool) or not isinstance(axis, int | np.integer) or not -words.ndim <= axis < words.ndim:
        raise ArgumentError(f"word_dropout: batch_axis={shown(axis)} is no axis of {describe(words)}{here()}")
    if by == "token":
        raise ArgumentError(f'word_dropout: batch_axis is for by="type"; tokens are dropped by themselves{here()}')
    return int(axis) % words.ndim
