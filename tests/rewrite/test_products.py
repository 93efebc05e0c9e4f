"""Rules that join products and sums: each on examples, what they must leave alone, and values."""

from __future__ import annotations

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.graph import Graph, toposort
from symdrop.op import INPUT, SHARED, evaluate
from symdrop.ops.linalg import gemm
from symdrop.ops.numpy_maths import NUMPY
from symdrop.rewrite import optimise
from symdrop.rewrite.gemm import fuse_into_gemm, gemm_rules

A, B, C = T.dmatrix("A"), T.dmatrix("B"), T.dmatrix("C")
SQUARE = sd.shared(np.random.default_rng(1).normal(size=(3, 3)), "square")
lr, mom = T.dscalar("lr"), T.dscalar("mom")
P = A @ B

# What is built, the rule that fires, and how the result prints.
EXAMPLES = [
    ("product_added", C + P, "gemm(C, A, B, 1, 1)"),
    ("product_added", P + C, "gemm(C, A, B, 1, 1)"),
    ("product_added", 0.5 * C + P, "gemm(C, A, B, 1, 0.5)"),
    ("product_added", C + P * 2.0, "gemm(C, A, B, 2, 1)"),
    ("product_added", mom * C + lr * P, "gemm(C, A, B, lr, mom)"),
    ("product_added", -lr * 0.5 * P + SQUARE, "gemm(square, A, B, -lr * 0.5, 1)"),
    ("product_added", 3 * (2 * P) + C, "gemm(C, A, B, 6, 1)"),
    ("product_added", C + 2 * (-P), "gemm(C, A, B, -2, 1)"),
    ("product_subtracted", C - P, "gemm(C, A, B, -1, 1)"),
    ("product_subtracted", P - C, "gemm(C, A, B, 1, -1)"),
    ("product_subtracted", mom * SQUARE - lr * P, "gemm(square, A, B, -lr, mom)"),
    ("product_subtracted", 0.9 * C - 0.1 * (A.T @ B), "gemm(C, A.T, B, -0.1, 0.9)"),
    ("product_subtracted", P * lr - C * mom, "gemm(C, A, B, lr, -mom)"),
    ("product_subtracted", C - (A @ B).T, "gemm(C, B.T, A.T, -1, 1)"),
    ("transpose_of_product", (A @ B).T, "B.T @ A.T"),
    ("transpose_of_product", (A.T @ B).T * 2, "B.T @ A * 2"),
]


def matrices(graph):
    """Values for the leaves."""
    rng = np.random.default_rng(0)
    return {node: rng.normal(size=(3,) * node.ndim) for node in toposort(graph.outputs) if node.op is INPUT}


def joined(*outputs):
    """The outputs as native lowering meets them, with products joined, and the names of the rules that fired."""
    graph, _ = optimise(Graph([node for node in toposort(outputs) if node.op is INPUT], outputs))
    made, firings, _ = fuse_into_gemm(graph)
    values = matrices(graph)
    for got, wanted in zip(evaluate(made, NUMPY, values), evaluate(graph, NUMPY, values), strict=True):
        assert got.dtype == wanted.dtype
        np.testing.assert_allclose(got, wanted, rtol=1e-5 if got.dtype == np.float32 else 1e-13)
    return made, [firing.rule for firing in firings]


@pytest.mark.parametrize(("name", "node", "text"), EXAMPLES, ids=[f"{e[0]} {i}" for i, e in enumerate(EXAMPLES)])
def test_rule(name, node, text):
    """The rule fires on its example, leaves what it says, and keeps value and type."""
    made, fired = joined(node)
    assert fired[-1] == name
    assert str(made.outputs[0]) == text


def test_every_rule_has_an_example_and_a_sentence():
    """A new rule without an example fails here."""
    rules = gemm_rules(Graph([], [])).rules
    assert {rule.name for rule in rules} == {name for name, *_ in EXAMPLES}
    assert all(rule.summary.endswith(".") for rule in rules)


def test_factors_of_the_product_dtype():
    """Python's numbers take the dtype of the matrices, so that a step in single precision stays there."""
    c, a, b = T.fmatrices("c", "a", "b")
    made, fired = joined(0.9 * c - 0.1 * (a @ b))
    assert fired and [node.dtype for node in made.outputs[0].inputs] == ["float32"] * 5


def test_products_used_twice_are_computed_once():
    """A product, or its multiple, that somebody else needs is not folded away, which would compute it again."""
    for outputs in ((C - P, P), (C - P, T.exp(P)), (C + 2 * P, 2 * P), (P.T, P), (C + P, SQUARE - P)):
        made, fired = joined(*outputs)
        assert not fired
        assert sum(node.op.name in ("matmul", "gemm") for node in made.nodes()) == 1


def test_sums_that_are_better_elementwise():
    """Where the sum is a term of more, or C must be computed or stretched first, a pass of its own would be lost."""
    row = T.dvector("row")
    for node in (T.exp(C + P), T.exp(C) + P, P + row, P + 1.0, P + P, P * C, lr * P, C - lr * (P + 0.01 * C)):
        made, fired = joined(node)
        assert not fired and not [inner for inner in made.nodes() if inner.op is gemm]


def test_what_no_blas_computes():
    """Integers, half precision, vectors and stacks of matrices stay products and sums."""
    for dtype in ("int64", "float16"):
        c, a, b = (T.tensor(dtype, (None, None), name) for name in "cab")
        assert not fuse_into_gemm(Graph([c, a, b], [c + a @ b]))[1]
    x, y, stack = T.dvector("x"), T.dvector("y"), T.dtensor3("stack")
    assert not joined(y + A @ x)[1]
    assert not joined(stack + stack @ stack)[1]


def test_a_training_step():
    """The update of a momentum is one product; the weights move by the new momentum, elementwise."""
    x = T.dmatrix("x")
    W = sd.shared(np.random.default_rng(2).normal(size=(3, 4)), "W")
    V = sd.shared(np.zeros((3, 4)), "V")
    slope = sd.grad((T.tanh(x @ W) ** 2).mean(), W)
    new = mom * V - lr * slope
    made, fired = joined(new, W + new)
    assert fired == ["product_subtracted"]
    assert made.outputs[0].op is gemm and made.outputs[1].inputs[1] is made.outputs[0]
    assert made.outputs[0].inputs[0].op is SHARED


def test_chains():
    """One output may be what another adds to; both become products, in whatever order they are looked at."""
    first = SQUARE + P
    made, fired = joined(first, C - first @ A)
    assert fired == ["product_added", "product_subtracted"]
    assert [node.op for node in made.outputs] == [gemm, gemm]
    assert made.outputs[1].inputs[1] is made.outputs[0]


def test_mismatched_sizes_are_refused():
    """A gemm stretches nothing: a row of C is not repeated, as NumPy's sum would."""
    with pytest.raises(sd.errors.ShapeError, match="cannot be added"):
        gemm(T.dmatrix("c", shape=(1, 4)), T.dmatrix("a", shape=(3, 2)), T.dmatrix("b", shape=(2, 4)), 1.0, 1.0)
    with pytest.raises(sd.errors.GraphTypeError, match="three matrices and two scalars of floats"):
        gemm(T.dvector("c"), A, B, 1.0, 1.0)
    graph = Graph([A, B, C], [gemm(C, A, B, 1.0, 1.0)])
    with pytest.raises(sd.errors.ShapeError, match="cannot be added"):
        evaluate(graph, NUMPY, {A: np.ones((3, 2)), B: np.ones((2, 4)), C: np.ones((1, 4))})
