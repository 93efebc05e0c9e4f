"""Values on the way to a state's new value lie in the state's memory, where nobody reads its old value any more."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native.driver import lower_graph
from symdrop.graph import Graph
from symdrop.lower.fusion.fusion import Fusion
from symdrop.lower.ir.frame import FrameLayout
from symdrop.lower.partition.shape_guards import find_shape_guards
from symdrop.lower.schedule.schedule import schedule


def step(W, V):
    """A value of a state that two kernels read: what it is divided by is known after all of it."""
    return W * 0.5 + T.exp(V)


def shortened(made):
    """Divided by lengths of columns, which a product with ones finds, as for max-norm."""
    return made / T.sqrt(T.ones((1, 40), made.dtype) @ made**2)


# New values of W, and of V or None, outputs, and how many intermediate values lie in a state.
CASES = {
    "one state": (lambda W, V, x: (shortened(step(W, V)), None, []), 1),
    "old value read before": (lambda W, V, x: (shortened(step(W, V)), None, [W * 3, W.T @ V]), 1),
    "old value read elsewhere by another state": (lambda W, V, x: (shortened(step(W, V)), V + 0.1 * W.T, []), 0),
    "old value read behind it": (lambda W, V, x: (shortened(step(W, V)), None, [W * T.sum(step(W, V), axis=0)]), 0),
    "old value read behind the new one": (
        lambda W, V, x: (shortened(step(W, V)), None, [W.T * shortened(step(W, V))]),
        0,
    ),
    "read with the old value": (lambda W, V, x: (shortened(step(W, V)) + W, None, []), 0),
    "also an output": (lambda W, V, x: (shortened(step(W, V)), None, [step(W, V)]), 0),
    "old value read transposed": (lambda W, V, x: (shortened(step(W.T, V)), None, []), 0),
    "states exchanged": (lambda W, V, x: (shortened(step(V, W)), shortened(step(W, V)), []), 2),
    "old value moved to another state": (lambda W, V, x: (shortened(step(W, V)), W, []), None),
    "old value moved and read": (lambda W, V, x: (shortened(step(W, x)), W, [W @ V, V + 1]), None),
    "two states": (lambda W, V, x: (shortened(step(W, x)), shortened(step(V, x)), [W @ V]), 2),
    "one value for both": (lambda W, V, x: (shortened(step(W, V)), step(W, V) / T.sum(step(W, V), axis=0), []), 1),
    "a product in between": (lambda W, V, x: (shortened(W - 0.1 * (x @ V)), None, [W.sum()]), None),
    "a check behind it": (
        lambda W, V, x: (shortened(step(W, V)), None, [W[T.cast(step(W, V)[0] * 0 + 2, "int64")]]),
        0,
    ),
}


def states():
    rng = np.random.default_rng(0)
    return [sd.shared(rng.normal(size=(40, 40)).astype("float32"), name=name) for name in ("W", "V")]


@pytest.mark.parametrize("case", CASES)
def test_old_values_are_read_by_whoever_reads_them(case):
    """Three steps of native code and of NumPy, which has memory for every value: the same states and outputs."""
    x, made = np.random.default_rng(1).normal(size=(40, 40)).astype("float32"), []
    for backend in ("native", "numpy"):
        W, V = states()
        given = T.fmatrix("x")
        new, other, outputs = CASES[case][0](W, V, given)
        updates = {W: new} | ({V: other} if other is not None else {})
        f = sd.function([given], outputs, updates=updates, backend=backend, on_unused_input="ignore")
        found = [f(x) for _ in range(3)][-1]
        made.append([*found, W.get_value(), V.get_value()])
    for one, other in zip(*made, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("case", [case for case in CASES if CASES[case][1] is not None])
def test_intermediate_values_need_no_memory_where_the_old_value_is_read_before(case):
    W, V, x = (T.matrix(name, shape=(40, 40)) for name in "WVx")
    new, other, outputs = CASES[case][0](W, V, x)
    graph, _ = lower_graph(Graph([W, V, x], [new, *([] if other is None else [other]), *outputs]))
    memory = FrameLayout(graph)
    find_shape_guards(graph, memory)
    plan = schedule(graph, Fusion(graph, memory), {0: 0} | ({1: 1} if other is not None else {}))
    assert len(plan.intermediate) == CASES[case][1], (plan.in_place, plan.copied_back)
