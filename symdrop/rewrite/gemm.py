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

Read next: specialise.py
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np

from ..graph import Graph, Node
from ..op import Constant, Sizes, constant_scalar
from ..ops.arithmetic import mul, neg
from ..ops.linalg import gemm, matmul, transposed
from ..ops.views import exchanges
from .core.cse import follow, merging
from .core.predicates import as_literal
from .core.rule import Firing, RuleSet, node_rule
from .engine import Rewriter

_DTYPES = ("float32", "float64")
_EXCHANGED = (1, 0)


class Term(NamedTuple):
    """A node times a scalar factor."""

    factor: Node
    node: Node

    def times(self, factor: Node) -> Term:
        """The term times another factor; that of numbers is a number."""
        first, second = constant_scalar(factor), constant_scalar(self.factor)
        if first is not None and second is not None:
            return Term(_scalar(first * second, factor.dtype), self.node)
        made = factor if second == 1 else -self.factor if first == -1 else factor * self.factor
        return Term(made, self.node)


def _scalar(value: float, dtype: str) -> Node:
    return Constant(np.asarray(value, dtype), lines=())


def _factor(node: Node) -> Node | None:
    """The scalar that a node repeats over its shape, or None."""
    source = as_literal(node)
    if source is node and node.op.stretches:
        source = node.inputs[0]
    return source if source.ndim == 0 else None


def _plain(node: Node) -> bool:
    return node.op is matmul and node.ndim == node.inputs[0].ndim == node.inputs[1].ndim == 2 and node.dtype in _DTYPES


def product_rules(graph: Graph) -> RuleSet:
    """The rules for a graph in which equal nodes are one node.

    Example:
        >>> [rule.name for rule in product_rules(Graph([], [])).rules]
        ['product_transposed', 'product_added', 'product_subtracted']
    """
    uses = Counter(source for node in graph.nodes() for source in node.inputs)
    uses.update(graph.outputs)
    outputs = set(graph.outputs)

    def term(node: Node) -> Term:
        """A node without the factors before it, as far as nobody else uses what is between."""
        if uses[node] == 1 and node.op is neg:
            return term(node.inputs[0]).times(_scalar(-1, node.dtype))
        if uses[node] == 1 and node.op is mul:
            for scalar, other in (node.inputs, node.inputs[::-1]):
                factor = _factor(scalar)
                if factor is not None:
                    return term(other).times(factor)
        return Term(_scalar(1, node.dtype), node)

    def total(first: Term, second: Term) -> Node | None:
        for product, added in ((first, second), (second, first)):
            if _plain(product.node) and uses[product.node] == 1 and added.node.is_leaf and added.node.ndim == 2:
                return gemm(added.node, *product.node.inputs, product.factor, added.factor)
        return None

    @node_rule("dimshuffle")
    def product_transposed(node: Node, sizes: Sizes) -> Node | None:
        """(A @ B).T = B.T @ A.T, whose transposes cost nothing."""
        (product,) = node.inputs
        if node.params["pattern"] != _EXCHANGED or not _plain(product) or uses[product] != 1:
            return None
        a, b = (x.inputs[0] if _is_transpose(x) else transposed(x) for x in product.inputs)
        return matmul(b, a)

    @node_rule("add")
    def product_added(node: Node, sizes: Sizes) -> Node | None:
        """alpha * (A @ B) + beta * C is one product."""
        if node not in outputs or node.dtype not in _DTYPES:
            return None
        return total(*map(term, node.inputs))

    @node_rule("sub")
    def product_subtracted(node: Node, sizes: Sizes) -> Node | None:
        """beta * C - alpha * (A @ B) is one product, and so is their difference the other way round."""
        if node not in outputs or node.dtype not in _DTYPES:
            return None
        first, second = map(term, node.inputs)
        return total(first, second.times(_scalar(-1, node.dtype)))

    return RuleSet((product_transposed, product_added, product_subtracted))


def _is_transpose(node: Node) -> bool:
    return exchanges(node)


def make_gemms(graph: Graph) -> tuple[Graph, list[Firing], dict[Node, Node]]:
    """A graph of equal value, with products and what is added to them made one; the firings; what its nodes become.

    Example:
        >>> import symdrop.tensor as T
        >>> V, X, G = T.matrices("V", "X", "G")
        >>> print(make_gemms(Graph([V, X, G], [0.9 * V - 0.1 * (X.T @ G)]))[0])
        inputs: V: float32[?, ?], X: float32[?, ?], G: float32[?, ?]
        output 0 = gemm(V, X.T, G, -0.1, 0.9)
    """
    log: list[Firing] = []
    became = {node: node for node in graph.nodes()}
    while True:
        # Each round's rules know that round's nodes alone: what a firing made anew is for the next.
        graph, merged = merging(graph)
        rewriter = Rewriter(product_rules(graph))
        made = {node: rewriter(node) for node in graph.nodes()}
        graph = graph.with_outputs([made[output] for output in graph.outputs])
        became = follow(follow(became, merged), made)
        if not rewriter.firings:
            return graph, log, became
        log += rewriter.firings
