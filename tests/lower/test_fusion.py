"""Loop fusion: which values are materialised, and which of these share a kernel."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native.driver import lower_graph
from symdrop.graph import Graph
from symdrop.lower.fusion.fusion import Fusion
from symdrop.lower.ir.frame import FrameLayout
from symdrop.lower.partition.shape_guards import find_shape_guards
from symdrop.lower.schedule.precedence_graph import Precedence
from symdrop.lower.schedule.schedule import schedule


def fused(inputs, *outputs):
    """The fusion of a graph, once its guards have said which sizes are equal; and the graph."""
    graph, _ = lower_graph(Graph(inputs, list(outputs)))
    memory = FrameLayout(graph)
    find_shape_guards(graph, memory)
    return Fusion(graph, memory), graph


def kernels(inputs, *outputs):
    """The ops whose values each kernel materialises."""
    fusion, _ = fused(inputs, *outputs)
    return [[unit.node.op.name for unit in kernel.units] for kernel in fusion.kernels]


def test_what_one_kernel_uses_is_not_stored():
    """Elementwise values are computed where they are used: only the output is materialised."""
    x = T.fvector("x")
    assert kernels([x], T.tanh(T.exp(x) * 2) + 1) == [["add"]]


def test_a_row_is_one_kernel():
    """A softmax is three passes over a row: its maximum and its sum are joined by what needs them at the same point."""
    x = T.fmatrix("x")
    fusion, _ = fused([x], T.nnet.softmax(x))
    (kernel,) = fusion.kernels
    assert [(unit.kind, unit.loop_level) for unit in kernel.units] == [
        ("reduce", "reduction"), ("reduce", "reduction"), ("map", "innermost"),
    ]  # fmt: skip
    assert [len(inside) for _, inside in kernel.passes()] == [1, 1, 1]


def test_values_over_other_spaces_do_not_share_a_loop():
    """A kernel has one space: what runs over rows and what runs over columns are two."""
    x = T.fmatrix("x")
    assert len(kernels([x], x.sum(axis=0), x.sum(axis=1))) == 2


def test_what_reads_a_whole_value_waits_for_it():
    """The total is known after the last element, so what divides by it is a kernel of its own."""
    x = T.fvector("x")
    assert kernels([x], x / x.sum()) == [["sum"], ["true_div"]]


def test_an_expensive_value_is_computed_once():
    """An exponential that two kernels need is stored; an addition is cheaper to repeat than to read."""
    x, w = T.fmatrix("x"), T.fmatrix("w")
    expensive, cheap = (make(x) for make in (T.exp, lambda x: x + 1))
    fusion, graph = fused([x, w], (expensive @ w), expensive.sum(axis=0))
    stored = {node.op.name for node in fusion.roots}
    assert "exp" in stored
    fusion, graph = fused([x, w], (cheap.sum(axis=1)), cheap.sum(axis=0))
    assert not any(node.op.name == "add" for node in fusion.roots)
    assert len(graph.outputs) == 2


def test_a_product_reads_and_writes_memory():
    """Operands of a product are materialised, but for a transposition, which is a flag of the call."""
    x, w = T.fmatrix("x"), T.fmatrix("w")
    assert kernels([x, w], T.tanh(x.T) @ w) == [["tanh"], ["matmul"]]
    assert kernels([x, w], x.T @ w) == [["matmul"]]


def test_what_consumes_a_product_at_the_same_point_shares_its_kernel():
    """An epilogue: any number of values, of which one may read another, and the product itself may be wanted too."""
    x, w, b = T.fmatrix("x"), T.fmatrix("w"), T.fvector("b")
    product = x @ w
    biased = product + b
    assert kernels([x, w, b], T.nnet.relu(biased)) == [["matmul", "relu"]]
    assert kernels([x, w, b], biased, biased * 2, product) == [["matmul", "add", "mul"]]


def test_what_costs_much_is_an_epilogue_where_rows_fill_vectors():
    """Of a row of four elements a vector of sixteen would be computed; one loop over all elements wastes nothing."""
    for columns, found in [(40, [["matmul", "tanh"]]), (None, [["matmul"], ["tanh"]]), (4, [["matmul"], ["tanh"]])]:
        x, w = T.fmatrix("x"), T.fmatrix("w", shape=(None, columns))
        assert kernels([x, w], T.tanh(x @ w)) == found


@pytest.mark.parametrize(
    "consume",
    [
        lambda product, x: product[:, ::-1] + 1,
        lambda product, x: product[::-1] + 1,
        lambda product, x: T.nnet.softmax(product),
        lambda product, x: product + product.sum(),
        lambda product, x: product.reshape((-1, 8)) * 2,
    ],
    ids=["rows reversed", "columns reversed", "rows", "the sum of all", "other rows"],
)
def test_what_consumes_a_product_elsewhere_waits_for_all_of_it(consume):
    """Of a product only the element at the same point is there when a block is finished."""
    x, w = T.fmatrix("x"), T.fmatrix("w")
    first, *others = kernels([x, w], consume(x @ w, x))
    assert first == ["matmul"]
    assert others


def test_what_a_reduction_needs_stays_in_one_loop_with_it():
    """An epilogue has no reductions yet: a value that is summed up too is better read once."""
    x, w = T.fmatrix("x"), T.fmatrix("w")
    slope = T.tanh(x @ w)
    assert kernels([x, w], slope, slope.sum(axis=0)) == [["matmul"], ["tanh", "sum"]]


def test_short_rows_are_no_blocks():
    """A result of fewer columns than a vector has elements is consumed in one loop over all of it."""
    x, w = T.fmatrix("x"), T.fmatrix("w", shape=(None, 3))
    assert kernels([x, w], T.tanh(x @ w)) == [["matmul"], ["tanh"]]


@pytest.mark.parametrize(
    ("new", "in_place"),
    [
        (lambda v, w, p: (0.9 * v - p, w + (0.9 * v - p)), {0: 0, 1: 1}),
        (lambda v, w, p: (0.9 * v - p, w + (0.9 * v - p) * v), {1: 1}),
        (lambda v, w, p: (0.9 * v - p, w[::-1] + (0.9 * v - p)), {0: 0}),
    ],
    ids=["momentum", "what the product replaces is read", "elsewhere"],
)
def test_states_are_updated_in_an_epilogue(new, in_place):
    """A state is overwritten at points where it alone is read; the one that the product is added to is gone by then."""
    v, w, x, y = (T.fmatrix(name) for name in "vwxy")
    graph, _ = lower_graph(Graph([v, w, x, y], list(new(v, w, x @ y))))
    memory = FrameLayout(graph)
    find_shape_guards(graph, memory)
    assert schedule(graph, Fusion(graph, memory), {0: 0, 1: 1}).in_place == in_place


def test_a_draw_is_never_stored():
    """A mask is a formula of its key: what needs it twice draws it twice."""
    x = T.fmatrix("x")
    mask = sd.RandomStream(seed=1).bernoulli(p=0.5, size=x.shape)
    f = sd.function([x], [(x * mask).sum(axis=0), (x * mask).sum(axis=1)], backend="native")
    graph = f._program.pieces[0].lowered.segment.graph
    fusion = Fusion(graph, FrameLayout(graph))
    assert any(node.op.name == "bernoulli" for node in graph.nodes())
    assert not any(node.op.name == "bernoulli" for node in fusion.roots)


def test_a_cross_entropy_stores_no_logarithms_of_probabilities():
    """One element of every row is read of what the logarithms are made of; the only matrix stored is the gradient."""
    logits, labels = T.fmatrix("logits"), T.ivector("labels")
    cost = T.nnet.softmax_crossentropy(logits, labels).mean()
    f = sd.function([logits, labels], [cost, sd.grad(cost, logits)], backend="native")
    graph = f._program.pieces[0].lowered.segment.graph
    roots = Fusion(graph, FrameLayout(graph)).roots
    assert [root for root in roots if root.ndim == 2 and root.inputs] == [graph.outputs[1]]
    given = np.float32([[1, 2, 4], [5, -900, 0]]), np.int32([2, 1])
    value, slope = f(*given)
    rows = given[0].astype("float64")
    logs = rows - np.log(np.exp(rows - rows.max(1, keepdims=True)).sum(1, keepdims=True)) - rows.max(1, keepdims=True)
    np.testing.assert_allclose(value, -(logs[0, 2] + logs[1, 1]) / 2, rtol=1e-6)
    chosen = np.array([[0, 0, 1], [0, 1, 0]])
    np.testing.assert_allclose(slope, (np.exp(logs) - chosen) / 2, rtol=1e-6, atol=1e-7)
    with pytest.raises(sd.errors.IndexingError, match="is 3 at position 1"):
        f(given[0], np.int32([0, 3]))


@pytest.mark.parametrize(
    ("new", "in_place"),
    [
        (lambda state, x: state * 0.5 + x, True),
        (lambda state, x: state[::-1] + x, False),
        (lambda state, x: state + state.sum() * x, True),
        (lambda state, x: T.inc_subtensor(state[1:], x[1:]), True),
    ],
    ids=["at the same point", "elsewhere", "after its last reader", "a part of it"],
)
def test_a_state_is_updated_in_place_where_nobody_reads_it_later(new, in_place):
    """Scheduling: a new value is written over the old one unless an element that is overwritten is still to be read."""
    x, state = T.fvector("x"), T.fvector("state")
    graph, _ = lower_graph(Graph([x, state], [new(state, x)]))
    memory = FrameLayout(graph)
    find_shape_guards(graph, memory)
    plan = schedule(graph, Fusion(graph, memory), {0: 1})
    assert (plan.in_place, plan.copied_back) == (({0: 1}, {}) if in_place else ({}, {0: 1}))


def test_the_order_of_kernels_is_the_given_one_where_nothing_else_says_so():
    """A topological order of the precedence graph; a circle is refused."""
    graph = Precedence("abc")
    assert graph.order() == ["a", "b", "c"]
    graph.add("c", "a")
    assert graph.order() == ["b", "c", "a"]
    graph.add("a", "c")
    with pytest.raises(ValueError, match="cyclic"):
        graph.order()


def test_exchanged_states_are_copied_at_the_end():
    """Two states that take each other's value cannot both be overwritten first."""
    a, b = (sd.shared(np.full(3, value, "float32"), name=name) for value, name in ((1, "a"), (2, "b")))
    f = sd.function([], updates={a: b * 1.0, b: a * 1.0}, backend="native")
    f()
    assert (a.get_value().tolist(), b.get_value().tolist()) == ([2, 2, 2], [1, 1, 1])


def test_parts_of_a_joined_value_are_written_where_they_go():
    """What is computed anyway is not copied into a concatenation: its memory is a piece of that one's."""
    a, b, w = T.fmatrix("a"), T.fmatrix("b"), T.fmatrix("w")
    f = sd.function([a, b, w], T.concatenate([a @ w, b @ w]).sum(axis=0))
    assert "kernel 2: sum" in f.source() and "concatenate.part1 = b @ w" in f.source()
    left, right, weights = (np.random.default_rng(k).standard_normal((5, 5), dtype="float32") for k in range(3))
    expected = (left @ weights).sum(axis=0) + (right @ weights).sum(axis=0)
    assert np.allclose(f(left, right, weights), expected, atol=1e-5)


def test_parts_that_others_read_are_read_from_the_joined_value():
    """A part of two joined values goes to both; who reads it finds it in the first."""
    x, w = T.fmatrix("x"), T.fmatrix("w")
    part = T.exp(x @ w)
    f = sd.function([x, w], [T.concatenate([part, part]), T.concatenate([part * 2, part]), part.sum(), w @ part])
    x, w = (np.random.default_rng(k).uniform(-1, 1, (4, 4)).astype("float32") for k in range(2))
    part = np.exp(x @ w)
    twice, other, total, product = f(x, w)
    assert np.allclose(twice, np.concatenate([part, part])) and np.allclose(other, np.concatenate([part * 2, part]))
    assert np.allclose(total, part.sum()) and np.allclose(product, w @ part)


def test_parts_behind_a_size_that_only_running_tells_are_copied():
    """A part that comes twice is written where it goes in front of a data-dependent size, and copied behind it."""
    x, w = T.fmatrix("x"), T.fmatrix("w")
    part, chosen = x @ w, x[T.nonzero(x[:, 0] > 0)[0]]
    f = sd.function([x, w], T.concatenate([part, chosen, part]))
    x, w = (np.random.default_rng(k).uniform(-1, 1, (4, 4)).astype("float32") for k in range(2))
    assert np.allclose(f(x, w), np.concatenate([x @ w, x[x[:, 0] > 0], x @ w]), atol=1e-6)


def test_columns_beside_one_another_are_copied():
    """Parts that are joined along the last of several axes do not lie one after the other."""
    a, b, w = T.fmatrix("a"), T.fmatrix("b"), T.fmatrix("w")
    f = sd.function([a, b, w], T.concatenate([a @ w, b @ w], axis=1))
    assert "concatenate" in f.source()
    left, right, weights = (np.random.default_rng(k).standard_normal((5, 5), dtype="float32") for k in range(3))
    assert np.allclose(f(left, right, weights), np.concatenate([left @ weights, right @ weights], axis=1), atol=1e-5)


def test_a_joined_value_over_an_old_state_waits_for_all_who_read_it():
    """The parts of a state's new value are not written while the old one is still read."""
    x, w = T.fmatrix("x"), T.fmatrix("w")
    state = sd.shared(np.arange(8, dtype="float32").reshape(4, 2), name="state")
    first = T.tanh(x @ w)
    f = sd.function([x, w], state.sum(), updates={state: T.concatenate([first, first + state[:2]])})
    x, w = (np.random.default_rng(k).uniform(-1, 1, (2, 2)).astype("float32") for k in range(2))
    first = np.tanh(x @ w)
    assert f(x, w) == 28
    assert np.allclose(state.get_value(), np.concatenate([first, first + np.array([[0, 1], [2, 3]])]))
