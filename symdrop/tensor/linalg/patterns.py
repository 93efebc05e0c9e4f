"""Powers and products of many matrices, and matrices of blocks.

Read next: fitting.py
"""

from __future__ import annotations

from typing import Any

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here
from ...graph import Node, describe
from ...op import as_node, members
from ..arguments import python_integer
from ..creation import zeros
from ..diagonals import eye
from ..joining import concatenate
from ..matrix_products import matmul
from ..summation import einsum
from .systems import inv


@public
def matrix_power(a: Any, n: int) -> Node:
    """A whole power of square matrices, by repeated squaring.

    Args:
        a: matrices (..., n, n).
        n: the exponent, a Python integer; of a negative one the inverse is taken.

    Returns:
        Matrices of a's shape.

    Raises:
        GraphTypeError: if a is no matrix, or the exponent no integer.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.matrix_power(T.constant([[1, 1], [0, 1]]), 3).eval().tolist()
        [[1, 3], [0, 1]]
    """
    node, exponent = as_node(a), python_integer(n, "an exponent")
    if node.ndim < 2:
        raise GraphTypeError(f"matrix_power takes matrices, not {describe(node)}{here()}")
    if exponent < 0:
        return matrix_power(inv(node), -exponent)
    if exponent == 0:
        return eye(node.shape[-1], dtype=node.dtype) + 0 * node
    made: Node | None = None
    while exponent:
        if exponent % 2:
            made = node if made is None else matmul(made, node)
        exponent //= 2
        node = matmul(node, node) if exponent else node
    assert made is not None
    return made


@public
def multi_dot(arrays: Any) -> Node:
    """Product of several matrices, in the order that takes the fewest multiplications.

    Args:
        arrays: at least two matrices; the first and the last may be vectors.

    Returns:
        A matrix, a vector or a scalar.

    Raises:
        ArgumentError: if there are fewer than two.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.multi_dot([T.constant([[1.0, 2.0]]), [[1.0], [1.0]], [[2.0]]]).eval().tolist()
        [[6.0]]
    """
    nodes = [as_node(one) for one in members(arrays, "matrices")]
    if len(nodes) < 2 or any(node.ndim not in (1, 2) for node in nodes):
        raise ArgumentError(f"multi_dot takes two or more matrices, not {', '.join(map(describe, nodes))}{here()}")
    letters = "abcdefghijklmnopqrstuvwxyz"
    if len(nodes) >= len(letters):
        raise ArgumentError(f"multi_dot takes fewer than {len(letters)} matrices, not {len(nodes)}{here()}")
    first = 0 if nodes[0].ndim == 2 else 1
    terms = [letters[i : i + 2] for i in range(len(nodes))]
    terms[0] = terms[0][first:]
    if nodes[-1].ndim == 1:
        terms[-1] = terms[-1][:1]
    output = (terms[0][0] if not first else "") + (terms[-1][-1] if nodes[-1].ndim == 2 else "")
    return einsum(",".join(terms) + "->" + output, *nodes)


@public
def block_diag(*arrs: Any) -> Node:
    """Matrix with matrices along its diagonal and zeros elsewhere.

    Args:
        *arrs: matrices; vectors are rows, scalars are 1 x 1.

    Returns:
        A matrix.

    Raises:
        GraphTypeError: if one has more than two axes.
        ArgumentError: if there are none.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.block_diag([[1, 2]], [[3]]).eval().tolist()
        [[1, 2, 0], [0, 0, 3]]
    """
    nodes = []
    for one in arrs:
        node = as_node(one)
        if node.ndim > 2:
            raise GraphTypeError(f"block_diag takes matrices, not {describe(node)}{here()}")
        nodes.append(node.dimshuffle(*["x"] * (2 - node.ndim), *range(node.ndim)))
    if not nodes:
        raise ArgumentError(f"block_diag: there are no blocks{here()}")
    rows = []
    for i, node in enumerate(nodes):
        empty = [zeros((node.shape[0], other.shape[1]), node.dtype) for other in nodes]
        rows.append(concatenate([*empty[:i], node, *empty[i + 1 :]], 1))
    return concatenate(rows, 0)


__all__ = ["block_diag", "matrix_power", "multi_dot"]
