"""Fusion into gemm: a product of matrices, its factor and what is added to it become one node.

BLAS computes ``alpha * (A @ B) + beta * C`` as quickly as ``A @ B``, so that an update like
``V = momentum * V - rate * (X.T @ G)`` costs no pass of its own over V. Worth it is that only where the
sum is stored anyway, as an output is, and C lies in memory already, as a leaf does; elsewhere the sum is
one more term of an elementwise kernel, and costs less there.

A product that is also used elsewhere stays as it is, lest it be computed twice. Rules see one node and
not its users; so these are made for a graph, whose users were counted. They serve back ends that have
such a product (``ops/linalg.py``: gemm), and are not part of the pipeline.

Source: J. Dongarra, J. Du Croz, S. Hammarling and I. Duff, "A set of level 3 basic linear
algebra subprograms", ACM TOMS 16(1), 1990.

Read next: inlining.py
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np

from ..graph import Graph, Node
from ..op import Constant, Sizes, constant_scalar
from ..ops.arithmetic import add, mul, neg, sub
from ..ops.linalg import gemm, matmul, transposed
from ..ops.views import dimshuffle, exchanges
from .core.cse import compose, cse_with_substitution
from .core.predicates import repeated_scalar
from .core.rewrite_rule import Firing, RewriteRuleSet, node_rewrite_rule
from .engine import Rewriter

_DTYPES = ("float32", "float64")
_EXCHANGED = (1, 0)


class ScaledTerm(NamedTuple):
    """A node times a scalar factor."""

    factor: Node
    node: Node

    def times(self, factor: Node) -> ScaledTerm:
        """The term times another factor; that of numbers is a number."""
        first, second = constant_scalar(factor), constant_scalar(self.factor)
        if first is not None and second is not None:
            return ScaledTerm(_scalar(first * second, factor.dtype), self.node)
        made = factor if second == 1 else -self.factor if first == -1 else factor * self.factor
        return ScaledTerm(made, self.node)


def _scalar(value: float, dtype: str) -> Node:
    return Constant(np.asarray(value, dtype), lines=())


def _plain(node: Node) -> bool:
    return node.op is matmul and node.ndim == node.inputs[0].ndim == node.inputs[1].ndim == 2 and node.dtype in _DTYPES


def gemm_rules(graph: Graph) -> RewriteRuleSet:
    """The rules for a graph in which equal nodes are one node.

    Example:
        >>> [rule.name for rule in gemm_rules(Graph([], [])).rules]
        ['transpose_of_product', 'product_added', 'product_subtracted']
    """
    products = _Products(graph)
    heads = {dimshuffle: products.transpose_of_product, add: products.product_added, sub: products.product_subtracted}
    return RewriteRuleSet([node_rewrite_rule(op)(build) for op, build in heads.items()])


class _Products:
    """The products of a graph, and who uses them.

    Args:
        graph: a graph in which equal nodes are one node.
    """

    def __init__(self, graph: Graph) -> None:
        self._uses = Counter(source for node in graph.nodes() for source in node.inputs)
        self._uses.update(graph.outputs)
        self._outputs = set(graph.outputs)
        self._ones = {dtype: _scalar(1, dtype) for dtype in _DTYPES}

    def transpose_of_product(self, node: Node, sizes: Sizes) -> Node | None:
        """(A @ B).T = B.T @ A.T, whose transposes cost nothing."""
        (product,) = node.inputs
        if node.params["pattern"] != _EXCHANGED or not _plain(product) or self._uses[product] != 1:
            return None
        a, b = (x.inputs[0] if exchanges(x) else transposed(x) for x in product.inputs)
        return matmul(b, a)

    def product_added(self, node: Node, sizes: Sizes) -> Node | None:
        """alpha * (A @ B) + beta * C is one product."""
        return self._total(*map(self._term, node.inputs)) if self._is_stored(node) else None

    def product_subtracted(self, node: Node, sizes: Sizes) -> Node | None:
        """beta * C - alpha * (A @ B) is one product, and so is their difference the other way round."""
        if not self._is_stored(node):
            return None
        first, second = map(self._term, node.inputs)
        return self._total(first, second.times(_scalar(-1, node.dtype)))

    def _is_stored(self, node: Node) -> bool:
        return node in self._outputs and node.dtype in _DTYPES

    def _term(self, node: Node) -> ScaledTerm:
        """A node without the factors before it, as far as nobody else uses what is between."""
        if self._uses[node] == 1 and node.op is neg:
            return self._term(node.inputs[0]).times(_scalar(-1, node.dtype))
        if self._uses[node] == 1 and node.op is mul:
            for scalar, other in (node.inputs, node.inputs[::-1]):
                factor = repeated_scalar(scalar)
                if factor is not None:
                    return self._term(other).times(factor)
        return ScaledTerm(self._ones[node.dtype], node)

    def _total(self, first: ScaledTerm, second: ScaledTerm) -> Node | None:
        """The sum of a product and a matrix in memory, as one product."""
        for product, added in ((first, second), (second, first)):
            if _plain(product.node) and self._uses[product.node] == 1 and added.node.is_leaf and added.node.ndim == 2:
                return gemm(added.node, *product.node.inputs, product.factor, added.factor)
        return None


def fuse_into_gemm(graph: Graph) -> tuple[Graph, list[Firing], dict[Node, Node]]:
    """A graph of equal value, with products and what is added to them made one; the firings; what its nodes become.

    The graph is one in which equal nodes are one node.

    Example:
        >>> import symdrop.tensor as T
        >>> V, X, G = T.matrices("V", "X", "G")
        >>> print(fuse_into_gemm(Graph([V, X, G], [0.9 * V - 0.1 * (X.T @ G)]))[0])
        inputs: V: float32[?, ?], X: float32[?, ?], G: float32[?, ?]
        output 0 = gemm(V, X.T, G, -0.1, 0.9)
    """
    log: list[Firing] = []
    became: dict[Node, Node] = {}
    while True:
        # Each round's rules know that round's nodes alone: what a firing made anew is for the next.
        rewriter = Rewriter(gemm_rules(graph), cse=False)
        made = {node: rewriter(node) for node in graph.nodes()}
        if not rewriter.firings:
            return graph, log, became
        graph, unique = cse_with_substitution(graph.with_outputs([made[output] for output in graph.outputs]))
        became = compose(became, compose(made, unique))
        log += rewriter.firings
