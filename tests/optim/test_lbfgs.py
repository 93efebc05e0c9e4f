"""L-BFGS: SciPy's own minimum by gradients written in NumPy, and what is not finite is refused."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, DivergenceError, GraphTypeError

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(30, 4)), RNG.integers(0, 2, 30)


def logistic(place):
    """The loss and gradient of a logistic regression with a penalty, by hand."""
    w, b = place[:4], place[4]
    z = X @ w + b
    p = 1 / (1 + np.exp(-z))
    loss = np.mean(np.logaddexp(0, z) - Y * z) + 0.01 * (w**2).sum()
    return loss, np.append(X.T @ (p - Y) / 30 + 0.02 * w, (p - Y).mean())


def test_the_minimum_is_scipys():
    """The same steps, evaluations and place, from the same start; two parameters of two shapes, data as inputs."""
    optimize = pytest.importorskip("scipy.optimize")
    w, b = sd.shared(np.zeros((4, 1)), name="w"), sd.shared(np.array(0.0), name="b")
    x, y = T.dmatrix("x"), T.lvector("y")
    z = (x @ w)[:, 0] + b
    loss = T.mean(T.softplus(z) - y * z) + sd.nn.l2_penalty(w, 0.01)
    found = sd.optim.lbfgs(loss, {"w": w, "b": b}, {x: X, y: Y}, tolerance=1e-7)
    wanted = optimize.minimize(logistic, np.zeros(5), jac=True, method="L-BFGS-B", options={"gtol": 1e-7})
    assert found.converged and abs(found.steps - wanted.nit) <= 1 and found.evaluations >= found.steps
    np.testing.assert_allclose(found.loss, wanted.fun, rtol=1e-9)
    np.testing.assert_allclose(np.append(w.get_value(), b.get_value()), wanted.x, rtol=1e-4, atol=1e-6)


def test_steps_are_bounded_and_float32_works():
    """What was reached in so many steps is kept, in the parameters' own dtype."""
    w = sd.shared(np.array([-1.2, 1.0], "float32"), name="w")
    rosenbrock = (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2
    found = sd.optim.lbfgs(rosenbrock, w, steps=3)
    assert found.steps == 3 and not found.converged and found.loss < 24.2 and w.get_value().dtype == np.float32
    assert float(rosenbrock.eval()) == pytest.approx(found.loss, rel=1e-5)


def test_draws_are_the_same_in_every_evaluation():
    """A loss with dropout is one function of the parameters; the stream stays where it is."""
    stream, w = sd.RandomStream(seed=1), sd.shared(np.ones(20), name="w")
    loss = T.sum((sd.dropout(w, 0.5, stream=stream) - 3) ** 2)
    before = loss.eval(flags={sd.training: True})
    found = sd.optim.lbfgs(loss, w, training=True)
    assert found.converged and found.loss < before
    assert set(w.get_value().round(3)) <= {1.0, 1.5}


def test_what_is_not_finite_is_refused():
    """The parameters are those of the last step."""
    w = sd.shared(np.array([2.0]), name="w")
    with pytest.raises(DivergenceError, match=r"the loss is not finite after 0 steps.* \(made at test_lbfgs"):
        sd.optim.lbfgs(T.sum(T.log(w - 5)), w)
    assert w.get_value() == 2.0
    with pytest.raises(DivergenceError, match="the gradient by w is not finite"):
        sd.optim.lbfgs(T.sum(T.sqrt(w - 2)), w)


w = sd.shared(np.ones(2), name="w")


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: sd.optim.lbfgs(T.sum(w**2), w, steps=0), ArgumentError, "steps is an integer of at least 1, not 0"),
    (lambda: sd.optim.lbfgs(T.sum(w**2), w, tolerance=-1), ArgumentError, "a tolerance is 0 or more"),
    (lambda: sd.optim.lbfgs(T.sum(w**2), w, [X]), GraphTypeError, "inputs are a dict of variables and values"),
    (lambda: sd.optim.lbfgs(T.sum(w**2), []), ArgumentError, "there are no parameters"),
])  # fmt: skip
def test_wrong_arguments(call, error, says):
    """One sentence each."""
    with pytest.raises(error, match=says):
        call()
