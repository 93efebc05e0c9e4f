"""Logarithms of densities of vectors and matrices.

Read next: ../log_prob.py
"""

from __future__ import annotations

import math
from typing import Any

from ... import tensor as T
from ...binding import public
from ...errors import GraphTypeError, here
from ...graph import Node, describe
from ...op import as_node
from ...tensor import linalg
from .operands import above_zero, floats, impossible, within


@public
def dirichlet(value: Any, *, alpha: Any) -> Node:
    """Log density of probabilities of categories, along the last axis; their sum is taken to be 1."""
    p, concentrations = floats(value, alpha)
    concentrations = above_zero(concentrations, "the concentration")
    for node in (p, concentrations):
        _axes(node, 1, "probabilities and concentrations are vectors")
    constant = T.gammaln(T.sum(concentrations, axis=-1)) - T.sum(T.gammaln(concentrations), axis=-1)
    inside = T.where(p < 0, 0.5, p)
    density = constant + T.sum(T.xlogy(concentrations - 1, inside), axis=-1)
    return impossible(T.any(p < 0, axis=-1), density)


@public
def multivariate_normal(value: Any, *, mean: Any, cov: Any) -> Node:
    """Log density of normal vectors, along the last axis."""
    x, centre, covariance = floats(value, mean, cov)
    _axes(x, 1, "a normal vector is a vector")
    off = x - centre
    n = off.shape[-1]
    L = linalg.cholesky(covariance)
    (count,) = floats(T.cast(as_node(n), x.dtype))
    roots = T.log(T.diagonal(L, axis1=-2, axis2=-1))
    constant = -T.sum(roots, axis=-1) - 0.5 * math.log(2 * math.pi) * count
    if L.ndim > 2:
        # A factor for each vector, or one for several.
        solved = linalg.matvec(linalg.solve_triangular(L, _units(L), lower=True), off)
        return constant - 0.5 * T.sum(solved**2, axis=-1)
    columns = T.swapaxes(T.reshape(off, (-1, n)), 0, 1)
    squares = T.sum(linalg.solve_triangular(L, columns, lower=True) ** 2, axis=0)
    return constant - 0.5 * T.reshape(squares, off.shape[:-1])


def _units(L: Node) -> Node:
    """Unit matrices in the shape of others."""
    return T.broadcast_to(T.eye(L.shape[-1], dtype=L.dtype), L.shape)


@public
def wishart(value: Any, *, df: Any, scale: Any) -> Node:
    """Log density of Wishart matrices, in the last two axes."""
    X, freedom, matrix = floats(value, df, scale)
    _axes(X, 2, "a Wishart matrix has two axes")
    n = X.shape[-1]
    (order,) = floats(T.cast(as_node(n), X.dtype))
    freedom = order - 1 + above_zero(freedom - order + 1, "df - (n - 1), of the order n of the matrices,")
    rows = T.cast(T.arange(n), X.dtype)
    constant = (
        0.5 * freedom * (order * math.log(2) + linalg.slogdet(matrix)[1])
        + 0.25 * order * (order - 1) * math.log(math.pi)
        + T.sum(T.gammaln(0.5 * (freedom - rows)))
    )
    trace = T.sum(linalg.inv(matrix) * X, axis=(-2, -1))
    return 0.5 * (freedom - order - 1) * linalg.slogdet(X)[1] - 0.5 * trace - constant


@public
def sphere(value: Any) -> Node:
    """Log density of directions by area: minus the logarithm of the area of the sphere."""
    (x,) = floats(value)
    _axes(x, 1, "a direction is a vector")
    half = 0.5 * T.cast(as_node(x.shape[-1]), x.dtype)
    made: Node = T.gammaln(half) - math.log(2) - half * math.log(math.pi) + 0 * T.sum(x, axis=-1)
    return made


@public
def ball(value: Any) -> Node:
    """Log density of points of the unit ball: minus the logarithm of its volume."""
    (x,) = floats(value)
    _axes(x, 1, "a point of a ball is a vector")
    half = 0.5 * T.cast(as_node(x.shape[-1]), x.dtype)
    length = T.sum(x**2, axis=-1)
    volume = half * math.log(math.pi) - T.gammaln(half + 1)
    return within(length > 1, length, 0.0, lambda inside: 0 * inside - volume)


def _axes(node: Node, least: int, sentence: str) -> None:
    if node.ndim < least:
        raise GraphTypeError(f"{sentence}, not {describe(node)}{here()}")


VECTORS = (dirichlet, multivariate_normal, wishart, sphere, ball)
