"""Sparse updates: rows that are looked up move as the optimizer says, the others stay as they are, states included."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError

RNG = np.random.default_rng(0)
TABLE, TARGET = RNG.normal(size=(9, 4)), RNG.normal(size=4)
BATCHES = [[7, 2, 7, 7, 1], [2, 2], [0, 8, -1], [3]]


def steps(make, wrapped, batches=BATCHES, lookup=lambda E, ids: E[ids]):
    """The table after every batch."""
    E, ids = sd.shared(TABLE, name="E"), T.lvector("ids")
    loss = T.sum(T.tanh(lookup(E, ids) - TARGET) ** 2)
    step = sd.function([ids], loss, updates=make(loss, [sd.optim.sparse(E) if wrapped else E]))
    made = []
    for batch in batches:
        step(batch)
        made.append(E.get_value())
    return made


ADAGRAD = lambda loss, parameters: sd.optim.adagrad(loss, parameters, rate=0.3)


@pytest.mark.parametrize("make", [
    lambda loss, parameters: sd.optim.sgd(loss, parameters, rate=0.2),
    ADAGRAD,
    lambda loss, parameters: sd.optim.sgd(loss, parameters, rate=0.2, before=[sd.optim.clip_by_global_norm(0.5)]),
], ids=["sgd", "adagrad", "clipped"])  # fmt: skip
def test_where_zero_gradients_change_nothing_it_is_the_whole_update(make):
    """Equal ids are summed before they are squared; norms count each row once; -1 and 8 are one row."""
    for one, other in zip(steps(make, True), steps(make, False), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_lookups_of_any_shape_and_in_several_places():
    """The gradients of all of them come together."""
    both = lambda E, ids: E[ids.reshape((1, -1))] * T.sum(E[ids[:1]], 0)
    for one, other in zip(steps(ADAGRAD, True, lookup=both), steps(ADAGRAD, False, lookup=both), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_adam_is_torchs_sparse_adam():
    """Means of rows that are not looked up do not decay; the number of the step counts for all."""
    torch = pytest.importorskip("torch")
    layer = torch.nn.Embedding(9, 4, sparse=True, dtype=torch.float64, _weight=torch.tensor(TABLE))
    optimizer = torch.optim.SparseAdam(layer.parameters(), lr=0.1, eps=1e-14)
    adam = lambda loss, parameters: sd.optim.adam(loss, parameters, rate=0.1, epsilon=1e-14)
    with sd.config.change(floatX="float64"):
        made = steps(adam, True)
    for batch, one in zip(BATCHES, made, strict=True):
        optimizer.zero_grad()
        (torch.tanh(layer(torch.tensor(batch) % 9) - torch.tensor(TARGET)) ** 2).sum().backward()
        optimizer.step()
        np.testing.assert_allclose(one, layer.weight.detach().numpy(), rtol=1e-9)


def test_other_rows_and_their_states_are_not_touched():
    """Momentum would move every row at every step; beside it a parameter that is not sparse moves as always."""
    E, b, ids = sd.shared(TABLE, name="E"), sd.shared(TARGET, name="b"), T.lvector("ids")
    loss = T.sum((E[ids] - b) ** 2)
    updates = sd.optim.momentum(loss, {"E": sd.optim.sparse(E), "b": b}, rate=0.1)
    assert sorted(state.name for state in updates) == ["E", "E.momentum", "E.slot", "b", "b.momentum"]
    step = sd.function([ids], loss, updates=updates)
    step([7, 2])
    before, trace = E.get_value(), next(state for state in updates if state.name == "E.momentum")
    kept = trace.get_value()
    step([1, 2, 1])
    others = [0, 3, 4, 5, 6, 7, 8]
    np.testing.assert_array_equal(E.get_value()[others], before[others])
    np.testing.assert_array_equal(trace.get_value()[others], kept[others])
    assert (trace.get_value()[[1, 2]] != kept[[1, 2]]).all() and (b.get_value() != TARGET).all()


def test_nothing_as_large_as_the_table_is_computed():
    """Of what a step copies only the slots, integers, have the table's rows; it is native throughout."""
    E, ids = sd.shared(np.ones((1000, 3), "float32"), name="E"), T.lvector("ids")
    loss = T.sum(E[ids] ** 2)
    step = sd.function([ids], loss, updates=sd.optim.adam(loss, sd.optim.sparse(E)))
    assert not any("copy E.mean" in name or "copy E " in name for name in step.kernels)
    assert not any("fallback" in name for name in step.kernels)


E, ids = sd.shared(np.ones((4, 2)), name="E"), T.lvector("ids")


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: sd.optim.sparse(T.dmatrix()), GraphTypeError, "a sparse parameter is a shared variable of floats"),
    (lambda: sd.optim.sparse(sd.shared(np.arange(3))), GraphTypeError, "a shared variable of floats with rows"),
    (lambda: sd.optim.sgd(T.sum(E[ids] @ E.T), sd.optim.sparse(E), 0.1), ArgumentError, "reads it too; give the param"),
    (lambda: sd.optim.sgd(T.sum(E[ids, 0]), sd.optim.sparse(E), 0.1), ArgumentError, r"table\[ids\]: gather"),
    (lambda: sd.optim.sgd(T.sum(ids * 1.0), sd.optim.sparse(E), 0.1), ArgumentError, "looks up no rows of 'E'"),
    (lambda: sd.optim.sgd(T.sum(E[ids]), [sd.optim.sparse(E), E], 0.1), ArgumentError, "a parameter occurs twice"),
    (lambda: sd.optim.minimize(T.sum(E[ids]), sd.optim.sparse(E), sd.optim.accumulate(2)), ArgumentError, "other rows"),
])  # fmt: skip
def test_wrong_arguments(call, error, says):
    """One sentence each."""
    with pytest.raises(error, match=says):
        call()


def test_norms_count_every_row_once():
    """A row that is looked up three times is decayed, kept and clipped like one that is looked up once."""
    found = []
    for ids, weights in (([0, 1], [1.0, 1.0]), ([0, 1, 1, 1], [1.0, 1 / 3, 1 / 3, 1 / 3])):
        table, i, g = sd.shared(np.ones((3, 2)), name="table"), T.lvector("i"), T.dvector("g")
        loss = (table[i].sum(axis=1) * g).sum()
        chain = [sd.optim.add_decayed_weights(1.0), sd.optim.trace(0.9), sd.optim.clip_by_global_norm(1.0)]
        updates = sd.optim.minimize(loss, [sd.optim.sparse(table)], *chain, sd.optim.scale_by_rate(0.1))
        step = sd.function([i, g], loss, updates=updates)
        for _ in range(3):
            step(ids, weights)
        found.append(table.get_value())
    np.testing.assert_allclose(*found, rtol=1e-12)
