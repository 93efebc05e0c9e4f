"""Distributions of vectors and matrices: normal vectors, directions, points of a ball, covariances and rotations.

Read next: replay.py
"""

from __future__ import annotations

from typing import Any

from .. import tensor as T
from ..binding import public
from ..errors import ArgumentError, GraphTypeError, ShapeError, here
from ..graph import Node, describe
from ..op import Size, as_node
from ..ops import random as draws
from ..tensor import linalg
from ..tensor.arguments import one_size
from .arguments import Site, fit, float_dtypes, positive
from .implicit import log_gamma
from .quantiles import place_of
from .selection import Selection


class Vectors(Selection):
    """Draws whose last axis, or last two, hold one vector or matrix."""

    @public
    def multivariate_normal(
        self, *, mean: Any, cov: Any, size: Any = None, dtype: Any = None, site: Site = None
    ) -> Node:
        """Normal vectors of a mean and a covariance: mean + L z, where L is the Cholesky factor of the covariance.

        Args:
            mean: a vector, or several along the last axis; an array or variable.
            cov: a symmetric positive definite matrix, or several: (..., n, n).
            size: the shape in front of the vectors; by default that of mean without its last axis, and of cov without
                its last two, stretched to each other.
            dtype: by default that of the parameters if they are float variables or arrays, else ``config.floatX``.
            site: see ``RandomStream``.

        Returns:
            A node of shape ``(*size, n)``; gradients flow to mean and covariance.

        Raises:
            GraphTypeError: if mean has no axis, or cov is no matrix.
            ShapeError: if a covariance is known not to be square, or sizes do not fit.
            ArgumentError: in the call, if the covariance is not positive definite.

        Example:
            >>> import symdrop as sd
            >>> x = sd.RandomStream(seed=1).multivariate_normal(mean=[0.0, 1.0], cov=[[2.0, 1.0], [1.0, 2.0]], size=3)
            >>> x.eval().shape
            (3, 2)
        """
        centre, covariance = as_node(mean), as_node(cov)
        if not centre.ndim:
            raise GraphTypeError(f"the mean of normal vectors is a vector, not {describe(centre)}{here()}")
        n = _order(covariance, "the covariance", several=True)
        dtype, drawn = float_dtypes(dtype, centre, covariance)
        several = covariance.ndim > 2
        stretched = T.add(centre, covariance[..., 0]) if several else centre
        lead, _ = fit(stretched.shape[:-1] if size is None else size)
        z = self._draw(draws.standard_normal, (*lead, n), dtype=drawn, site=site)
        L = linalg.cholesky(covariance)
        return T.cast(centre + (linalg.matvec(L, z) if several else T.matmul(z, L.T)), dtype)

    @public
    def wishart(self, *, df: Any, scale: Any, size: Any = (), dtype: Any = None, site: Site = None) -> Node:
        """Wishart matrices: sums of df products x x' of normal vectors x whose covariance is ``scale``.

        Args:
            df: degrees of freedom, above the order of the matrices less 1, not necessarily whole; a number or scalar.
            scale: a symmetric positive definite matrix.
            size: the shape in front of the matrices.
            dtype: by default that of the parameters if they are float variables or arrays, else ``config.floatX``.
            site: see ``RandomStream``.

        Returns:
            A node of shape ``(*size, n, n)``; gradients flow to df and scale.

        Raises:
            GraphTypeError: if scale is no matrix, or df no scalar.
            ArgumentError: if df is too small, in the call where it is symbolic; there also if scale is not positive
                definite.

        Source: Bartlett, "On the theory of statistical regression", 1933: the Cholesky factor of a Wishart matrix.

        Example:
            >>> import symdrop as sd
            >>> sd.RandomStream(seed=1).wishart(df=5, scale=[[2.0, 1.0], [1.0, 2.0]], size=3).eval().shape
            (3, 2, 2)
        """
        freedom, matrix = as_node(df), as_node(scale)
        if freedom.ndim:
            raise GraphTypeError(f"the degrees of freedom are one number, not {describe(freedom)}{here()}")
        n = _order(matrix, "the scale")
        dtype, _ = float_dtypes(dtype, freedom, matrix)
        lead, _ = fit(size)
        words = self._draw(draws.random_bits, (*lead, n, n), dtype="uint64", site=site)
        spare = positive(T.cast(freedom, "float64") - (as_node(n) - 1), "df - (n - 1), of the order n of the matrices,")
        # The squares on the diagonal have a degree of freedom less in every row.
        shapes = (spare + (as_node(n) - 1 - T.arange(n))) / 2
        diagonal = T.diagonal(words, axis1=-2, axis2=-1)
        roots = T.exp(0.5 * (T.log(2.0) + log_gamma(diagonal, _stretched(shapes, diagonal))))
        A = T.tril(place_of(words).normal(), -1) + T.eye(n, dtype="float64") * roots.dimshuffle(*range(roots.ndim), "x")
        L = T.matmul(T.cast(linalg.cholesky(matrix), "float64"), A)
        return T.cast(T.matmul(L, T.swapaxes(L, -1, -2)), dtype)

    @public
    def sphere(self, *, n: Any, size: Any = (), dtype: Any = None, site: Site = None) -> Node:
        """Directions: vectors of length 1 in n dimensions, all equally likely.

        Args:
            n: how many components a vector has, at least 1.
            size: the shape in front of the vectors.
            dtype: by default ``config.floatX``.
            site: see ``RandomStream``.

        Returns:
            A node of shape ``(*size, n)``: normal vectors over their length.

        Raises:
            ArgumentError: if n is 0.
            GraphTypeError: for a dtype that is not a float.

        Example:
            >>> import symdrop as sd
            >>> x = sd.RandomStream(seed=1).sphere(n=3, size=(4,)).eval()
            >>> bool(abs((x**2).sum(axis=1) - 1).max() < 1e-6)
            True
        """
        return self._directions(_dimension(n), size, dtype, site)

    def _directions(self, n: Size, size: Any, dtype: Any, site: Site) -> Node:
        dtype, drawn = float_dtypes(dtype)
        lead, _ = fit(size)
        z = self._draw(draws.standard_normal, (*lead, n), dtype=drawn, site=site)
        return T.cast(z / T.sqrt(T.sum(z**2, axis=-1, keepdims=True)), dtype)

    @public
    def ball(self, *, n: Any, size: Any = (), dtype: Any = None, site: Site = None) -> Node:
        """Points of the unit ball in n dimensions, all equally likely.

        Args:
            n: how many components a point has, at least 1.
            size: the shape in front of the points.
            dtype: by default ``config.floatX``.
            site: see ``RandomStream``.

        Returns:
            A node of shape ``(*size, n)``: the first n components of directions in n + 2 dimensions.

        Raises:
            ArgumentError: if n is 0.
            GraphTypeError: for a dtype that is not a float.

        Source: Voelker, Gosmann and Stewart, "Efficiently sampling vectors and coordinates from the n-sphere and
        n-ball", 2017.

        Example:
            >>> import symdrop as sd
            >>> bool((sd.RandomStream(seed=1).ball(n=3, size=(4,)).eval() ** 2).sum(axis=1).max() < 1)
            True
        """
        dimension = _dimension(n)
        made: Node = self._directions(dimension + 2, size, dtype, site)[..., :dimension]
        return made

    @public
    def orthogonal(self, *, n: Any, size: Any = (), dtype: Any = None, site: Site = None) -> Node:
        """Orthogonal matrices, all equally likely: the law of Haar.

        Args:
            n: the order of the matrices.
            size: the shape in front of the matrices.
            dtype: by default ``config.floatX``.
            site: see ``RandomStream``.

        Returns:
            A node of shape ``(*size, n, n)``: Q of the QR decomposition of normal matrices in which R has a positive
            diagonal.

        Raises:
            GraphTypeError: for a dtype that is not a float.

        Source: Mezzadri, "How to generate random matrices from the classical compact groups", Notices of the AMS 2007.

        Example:
            >>> import numpy as np
            >>> import symdrop as sd
            >>> Q = sd.RandomStream(seed=1).orthogonal(n=3).eval()
            >>> bool(np.allclose(Q @ Q.T, np.eye(3), atol=1e-5))
            True
        """
        dtype, drawn = float_dtypes(dtype)
        order = _dimension(n)
        lead, _ = fit(size)
        z = self._draw(draws.standard_normal, (*lead, order, order), dtype=drawn, site=site)
        Q, R = linalg.qr(z)
        signs = T.sign(T.diagonal(R, axis1=-2, axis2=-1))
        return T.cast(Q * signs.dimshuffle(*range(signs.ndim - 1), "x", signs.ndim - 1), dtype)


def _order(matrix: Node, what: str, several: bool = False) -> Size:
    """The order of a square matrix, or of several.

    Raises:
        GraphTypeError: if it is no matrix; ``ShapeError`` if it is known not to be square.
    """
    if matrix.ndim < 2 or (matrix.ndim > 2 and not several):
        raise GraphTypeError(f"{what} is a matrix, not {describe(matrix)}{here()}")
    rows, columns = matrix.type.shape[-2:]
    if rows is not None and columns is not None and rows != columns:
        raise ShapeError(f"{what} is a square matrix, not {describe(matrix)}{here()}")
    return matrix.shape[-2] if rows is None else rows


def _dimension(n: Any) -> Size:
    """A number of dimensions, at least 1."""
    size = one_size(n)
    if isinstance(size, int) and not size:
        raise ArgumentError(f"a number of dimensions is at least 1, not 0{here()}")
    return size


def _stretched(vector: Node, like: Node) -> Node:
    return vector if like.ndim == 1 else vector + T.zeros(like.shape, dtype=vector.dtype)
