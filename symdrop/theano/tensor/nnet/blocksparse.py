"""``theano.tensor.nnet.blocksparse`` and ``ctc``: products of chosen blocks, and the cost of unaligned labels.

Read next: ../signal/__init__.py
"""

from __future__ import annotations

from typing import Any

from ....binding import public
from ....graph import Node
from ....op import as_node
from ....tensor import inc_subtensor
from ....tensor import nnet as engine
from ....tensor import sum as sum_over
from ...applications import OpObject
from ...missing import missing_name
from ...variable import spoken


@public
def sparse_block_dot(W: Any, h: Any, inputIdx: Any, b: Any, outputIdx: Any) -> Node:
    """Products of the blocks of a weight matrix that were chosen for every example.

    Args:
        W: of shape (input blocks, output blocks, input size, output size).
        h: of shape (batch, chosen inputs, input size), or of one example without a batch.
        inputIdx: the numbers of the input blocks, of shape (batch, chosen inputs).
        b: biases of shape (output blocks, output size).
        outputIdx: the numbers of the output blocks, of shape (batch, chosen outputs).

    Returns:
        Of shape (batch, chosen outputs, output size).

    Example:
        >>> import symdrop.theano.tensor as T
        >>> from symdrop.theano.tensor.nnet.blocksparse import sparse_block_dot
        >>> W, b = T.ones((2, 2, 3, 1)), T.zeros((2, 1))
        >>> sparse_block_dot(W, T.ones((1, 2, 3)), [[0, 1]], b, [[1]]).eval().tolist()
        [[[6.0]]]
    """
    inputs, biases = as_node(h), as_node(b)
    first, last = as_node(inputIdx), as_node(outputIdx)
    if inputs.ndim == 2:
        one = sparse_block_dot(W, inputs[None], first[None], b, last[None])
        return one[0]
    return sparse_block_gemv(biases[last], W, inputs, first, last)


class SparseBlockGemv(OpObject):
    """The op that adds products of chosen blocks of a weight matrix.

    Args:
        inplace: accepted; it changes nothing.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> from symdrop.theano.tensor.nnet.blocksparse import sparse_block_gemv
        >>> o, W, h = T.ones((1, 1, 1)), T.ones((2, 2, 3, 1)), T.ones((1, 2, 3))
        >>> sparse_block_gemv(o, W, h, [[0, 1]], [[1]]).eval().tolist()
        [[[7.0]]]
    """

    @public
    def __init__(self, inplace: bool = False) -> None:
        self.inplace = inplace

    @public
    def __call__(self, o: Any, W: Any, h: Any, inputIdx: Any, outputIdx: Any) -> Node:
        """``o``, of shape (batch, chosen outputs, output size), plus ``sparse_block_dot`` without biases."""
        first, last = as_node(inputIdx), as_node(outputIdx)
        # (batch, inputs, outputs, input size, output size), one block of weights for every pair.
        chosen = as_node(W)[first.dimshuffle(0, 1, "x"), last.dimshuffle(0, "x", 1)]
        made: Node = spoken(as_node(o) + sum_over(as_node(h).dimshuffle(0, 1, "x", 2, "x") * chosen, (1, 3)))
        return made


class SparseBlockOuter(OpObject):
    """The op that adds outer products to chosen blocks of a weight matrix.

    Args:
        inplace: accepted; it changes nothing.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> from symdrop.theano.tensor.nnet.blocksparse import sparse_block_outer
        >>> o, x, y = T.zeros((2, 1, 1, 1)), T.ones((1, 2, 1)), T.ones((1, 1, 1))
        >>> sparse_block_outer(o, x, y, [[1, 1]], [[0]]).eval().ravel().tolist()
        [0.0, 2.0]
    """

    @public
    def __init__(self, inplace: bool = False) -> None:
        self.inplace = inplace

    @public
    def __call__(self, o: Any, x: Any, y: Any, xIdx: Any, yIdx: Any, alpha: Any = None) -> Node:
        """``o`` with ``alpha`` times the outer products of x and y added to the blocks that xIdx and yIdx name."""
        first, last = as_node(xIdx), as_node(yIdx)
        blocks = as_node(o)[first.dimshuffle(0, 1, "x"), last.dimshuffle(0, "x", 1)]
        products = as_node(x).dimshuffle(0, 1, "x", 2, "x") * as_node(y).dimshuffle(0, "x", 1, "x", 2)
        made: Node = spoken(inc_subtensor(blocks, products if alpha is None else products * as_node(alpha)))
        return made


sparse_block_gemv, sparse_block_outer = SparseBlockGemv(), SparseBlockOuter()


@public
def ctc(activations: Any, labels: Any, input_lengths: Any) -> Node:
    """The cost of labels that are not aligned with time: -log of the probability of all their alignments.

    Args:
        activations: (times, batch, classes), before the softmax; class 0 is the blank.
        labels: (batch, labels), -1 behind the end of a shorter one.
        input_lengths: how many times every example has.

    Returns:
        A vector: a cost for every example.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nnet.ctc.ctc(T.zeros((1, 1, 2)), [[1]], [1]).eval().round(3).tolist()
        [0.693]
    """
    given = as_node(labels)
    known = (given >= 0).astype("int64")
    lengths = sum_over(known, 1)
    scores = as_node(activations).dimshuffle(1, 0, 2)
    made: Node = spoken(engine.ctc_loss(scores, given * known, input_lengths, lengths))
    return made


@public
def ctc_available() -> bool:
    """True: no other library is needed for ``ctc``."""
    return True


# Modules beside these are found missing when they are used.
__path__: list[str] = []

__all__ = [
    "SparseBlockGemv", "SparseBlockOuter", "ctc", "ctc_available", "sparse_block_dot", "sparse_block_gemv",
    "sparse_block_outer",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.nnet.blocksparse", name, __all__)
