"""Jacobians by batching rules: all rows of a matrix of derivatives at once."""

from __future__ import annotations

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T


@pytest.mark.parametrize("build", [
    lambda x, w: T.tanh(w @ x), lambda x, w: T.nnet.softmax(x), lambda x, w: T.cumsum(x) * x.sum(),
    lambda x, w: T.sort(x) * 2, lambda x, w: T.log(T.nnet.softmax(w @ x)), lambda x, w: x[::-1] * w[0],
], ids=["product", "softmax", "cumsum", "sort", "log_softmax", "indexing"])  # fmt: skip
def test_rows_of_a_jacobian_are_computed_at_once(build):
    """By the batching rules of its ops, so no loop is left; every row is the gradient of its element."""
    x, w = T.dvector("x"), T.dmatrix("w")
    y = build(x, w)
    f = sd.function([x, w], sd.jacobian(y, x), on_unused_input="ignore")
    assert not [node for node in f.stages["user"].nodes() if node.op.kind == "control"]
    one = T.iscalar("i")
    row = sd.function([one, x, w], sd.grad(y[one], x), backend="numpy", on_unused_input="ignore")
    rng = np.random.default_rng(0)
    at = rng.normal(size=4), rng.normal(size=(4, 4))
    np.testing.assert_allclose(f(*at), [row(i, *at) for i in range(4)], rtol=1e-12, atol=1e-14)


def test_jacobians_of_draws_share_them():
    """All rows see one mask, on the way forward and back: the Jacobian is that of the value drawn."""
    x, stream = T.dvector("x"), sd.RandomStream(seed=3)
    y = sd.dropout(x**2, 0.5, stream=stream)
    f = sd.function([x], [y, sd.jacobian(y, x)], training=True)
    at = np.arange(1.0, 9.0)
    for _ in range(2):
        value, J = f(at)
        np.testing.assert_allclose(J, np.diag(value * 2 / at))
