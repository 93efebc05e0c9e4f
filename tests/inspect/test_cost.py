"""Costs and plans of memory: operations counted, kernels, loops, and places taken over."""

from __future__ import annotations

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.ops.scan import Loop
from tests.inspect.samples import ROWS, chained, dropout_network, with_loop, with_updates


def test_cost_counts_products_and_loops():
    x, w, _, loss = dropout_network()
    f = sd.function([x], loss, training=False, backend="numpy")
    by_title = {row.title: row for row in sd.inspect.cost(f, ROWS).rows}
    assert by_title["x @ w"].flops == 2 * 2 * 3 * 4
    assert by_title["x @ w"].moved == 4 * (6 + 12 + 8)
    assert sd.inspect.cost(f, sizes={"x": (20, 3)}).rows[0].times == 1
    x, w, cost = with_loop()
    table = sd.inspect.cost(sd.function([x, w], cost, backend="numpy"), ROWS[0], 0.5)
    assert any(row.times == 3 and row.title.startswith("tanh(") for row in table.rows)
    with pytest.raises(sd.errors.ArgumentError, match=r"expected \['x'\], got \['y'\]"):
        sd.inspect.cost(f, sizes={"y": (1, 3)})


def test_cost_of_every_function(compiled):
    f, arguments = compiled
    table = sd.inspect.cost(f, *arguments)
    assert table.rows and str(table).splitlines()[-1].startswith("all ")
    assert {len(line) for line in str(table).splitlines()} == {len(str(table).splitlines()[0])}


def test_cost_by_kernel():
    x = T.fmatrix("x")
    f = sd.function([x], T.exp(x).sum(axis=0), backend="native")
    (kernel,) = sd.inspect.cost(f, ROWS, by="kernel").rows
    assert kernel.title == "sum" and kernel.moved > 0


def test_memory_plan_of_a_training_step():
    """No two buffers are in one place at one time, all lie in the arena, and states are written in place."""
    f = with_updates()
    assert f.backend == "native"
    costs = sd.inspect.cost(f, np.ones((500, 3), "float32"), by="kernel")
    plan = costs.memory
    assert plan.buffers and plan.in_place == tuple(state.name for state in f.updates)
    for one in plan.buffers:
        assert 0 <= one.born <= one.last < len(costs.rows)
        assert one.place % 64 == 0 and one.place + one.size <= plan.arena
        for other in plan.buffers:
            together = one.born <= other.last and other.born <= one.last
            apart = one.place + one.size <= other.place or other.place + other.size <= one.place
            assert one is other or apart or not together, (one, other)
    assert str(costs).endswith(f"arena: {plan.arena:,} bytes\nwritten over their old values: w, stream.step")
    assert sd.inspect.cost(f, ROWS).memory is None


def test_kernels_of_single_numbers_count_too():
    """A loop whose step is a formula of numbers computes something."""
    x, a = T.fvector("x"), T.fscalar("a")
    last = sd.reduce(lambda row, state: state * a + row, x, T.zeros(()))[0]
    rows = sd.inspect.cost(sd.function([x, a], last), np.ones(7, "float32"), np.float32(2), by="kernel").rows
    assert sum(row.flops for row in rows) == 7 * 2


def test_a_place_is_taken_over():
    """A chain of equal products needs two places, however long it is."""
    x, w = T.fmatrix("x"), T.fmatrix("w")
    y = x
    for _ in range(6):
        y = y @ w
    plan = sd.inspect.cost(sd.function([x, w], y), *(np.ones((2, 4, 4), "float32")), by="kernel").memory
    assert [buffer.place for buffer in plan.buffers] == [0, 64, 0, 64, 0]
    assert [buffer.instead_of for buffer in plan.buffers] == ["", "", "matmul", "matmul.2", "matmul.3"]


@pytest.mark.parametrize("by", ["node", "kernel"])
def test_cost_counts_the_steps_that_a_loop_really_made(by):
    """A loop that stops itself costs what it did, not what it might have done."""
    x = T.fvector("x")
    rows, _ = sd.scan(lambda a, s: (T.tanh(s + a), sd.until(s > 0.9)), x, T.zeros(()))
    loop = next(Loop(node) for node in sd.graph.toposort([rows]) if node.op.name == "scan")
    f = sd.function([x], [loop.last_state(0), loop.steps])
    x = np.ones(100, "float32")
    made = int(f(x)[1])
    costs = sd.inspect.cost(f, x, by=by)
    assert 1 < made < 10
    if by == "node":
        assert {row.times for row in costs.rows if "tanh" in row.title} == {made}
    else:
        assert any(row.title.startswith(f"{made} x ") for row in costs.rows)


def test_cost_of_a_long_chain(linear):
    assert len(linear(lambda f: sd.inspect.cost(f, ROWS[0]), chained, 300, 3_000).rows) == 3_000
