"""What the native back end promises: no masks in memory; the same bits at any size, on any machine, by any threads."""

import networkx
import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.bench.contest import WORKS
from symdrop.bench.contest.mlp import SMALL, symbolic
from symdrop.lower.fusion.fusion import Fusion
from symdrop.lower.ir.frame import FrameLayout
from symdrop.lower.partition.shape_guards import find_shape_guards
from symdrop.op import Draw
from tests.helpers.native import TARGETS, both, close, holding, native, whole

pytestmark = pytest.mark.usefixtures("quick_code")

# What is never in memory.


def mlp_step():
    """A training step of the multi-layer perceptron of the benchmarks, with dropout."""
    return symbolic(SMALL, True)().step


def mask():
    x = T.fmatrix("x")
    h = sd.dropout(T.nnet.relu(x), p=0.5, stream=sd.RandomStream(seed=1))
    return native([x], [h, sd.grad(T.sum(h * h), x)], training=True)


@pytest.mark.parametrize("make", [mlp_step, mask])
def test_no_mask_is_ever_in_memory(make):
    """No buffer holds truth values or a draw, and no loop stores any: draws are computed where they are used."""
    f = make()
    step = whole(f).lowered.module
    draws = {node for node in f.stages["rewritten"].nodes() if isinstance(node.op, Draw)}
    assert draws
    assert {buffer.dtype for buffer in step.arena.buffers} <= {"float32", "int64"}
    names = {"bernoulli", "dropout", "random_bits"}
    for nest in step.nests:
        assert {buffer.dtype for buffer in nest.writes} <= {"float32", "int64"}
        assert not names & {buffer.name for buffer in nest.reads | nest.writes}
    text = f.source("lanes")
    assert "interleave" in text or "rotate" in text
    assert not [line for line in text.splitlines() if "store" in line and ": b" in line]


def test_forward_and_backward_have_one_mask():
    """The gradient of sum(dropout(x)) is the mask itself, computed anew, at odd and even lengths of rows."""
    x = T.tensor3("x")
    h = sd.dropout(x, p=0.5, stream=sd.RandomStream(seed=1))
    f = native([x], [h, sd.grad(h.sum(), x)], training=True)
    for shape in [(3, 5, 7), (3, 5, 8), (1, 1, 1), (2, 70, 33), (0, 3, 4)]:
        value, slope = f(np.ones(shape, "float32"))
        assert np.array_equal(value, slope)
        assert value.size < 30 or 0.3 < np.mean(value == 0) < 0.7


# Fusion.


def quotient(graph):
    """The kernels of a graph, an edge from each to those that read what it makes."""
    memory = FrameLayout(graph)
    find_shape_guards(graph, memory)
    kernels = Fusion(graph, memory).kernels
    home = {unit.node: kernel for kernel in reversed(kernels) for unit in kernel.units}
    made = networkx.DiGraph()
    made.add_nodes_from(kernels)
    for kernel in kernels:
        sources = {home[node] for unit in kernel.units for node in unit.reads.at if node in home}
        made.add_edges_from((source, kernel) for source in sources - {kernel})
    return made


@pytest.mark.parametrize("name", WORKS)
def test_benchmarks_are_one_native_call(name):
    """None of the works falls back to NumPy, with all the dropout they have, and their kernels can be put in order."""
    # A contestant settles by waiting for its function, also where its step is a loop around that.
    f = WORKS[name].entries["symdrop"](True, True)().settle.__self__
    graph = whole(f).lowered.segment.graph
    assert not [line for line in f.kernels if "fallback" in line]
    assert networkx.is_directed_acyclic_graph(quotient(graph))


def test_fusion_of_a_diamond():
    """y and z could join one kernel each way round, but the reduction between them must not be closed into a circle."""
    x = T.dmatrix("x")
    a = T.exp(x)
    rows = a.sum(axis=1)
    b = a / rows.dimshuffle(0, "x")
    columns = b.sum(axis=0)
    f = native([x], [b, columns, a * columns + rows.dimshuffle(0, "x")])
    graph = quotient(whole(f).lowered.segment.graph)
    assert networkx.is_directed_acyclic_graph(graph) and len(graph) < 6
    value = np.random.default_rng(0).uniform(-1, 1, (70, 33))
    ea = np.exp(value)
    eb = ea / ea.sum(1, keepdims=True)
    for got, expected in zip(f(value), (eb, eb.sum(0), ea * eb.sum(0) + ea.sum(1, keepdims=True)), strict=True):
        close(got, expected)


# Sizes, layouts, machines, threads.


def network():
    """Rows through everything that has a kernel of its own: product, softmax, reductions, draws, a gather, a slice."""
    x, y = T.fmatrix("x"), T.ivector("y")
    w = sd.shared(np.random.default_rng(0).uniform(-1, 1, (9, 9)).astype("float32"), "w")
    h = sd.dropout(T.tanh(x @ w), p=0.5, stream=sd.RandomStream(seed=1))
    p = T.nnet.softmax(h)
    loss = T.nnet.categorical_crossentropy(p, y).mean()
    outputs = [loss, T.argmax(h, axis=1), p.max(axis=0), x[y % x.shape[0], ::-1], (h > 0).sum(axis=1), sd.grad(loss, x)]
    return [x, y], outputs, {w: w - 0.1 * sd.grad(loss, w)}


def test_fifty_sizes_one_program():
    """Sizes are words of the frame: nothing is compiled again."""
    inputs, outputs, updates = network()
    f, reference = both(inputs, outputs, updates=updates, training=True)
    state = next(iter(updates))
    stream = next(iter(set(f.updates) - {state}))
    rng = np.random.default_rng(1)
    for n in range(1, 51):
        before = state.get_value()
        x, y = rng.uniform(-1, 1, (n, 9)).astype("float32"), rng.integers(0, 9, n).astype("int32")
        got, changed = f(x, y), state.get_value()
        state.set_value(before)
        stream.set_value(stream.get_value() - 1)
        for a, b in zip((*got, changed), (*reference(x, y), state.get_value()), strict=True):
            if a.dtype.kind == "f":
                close(a, b)
            else:
                np.testing.assert_array_equal(a, b)
    assert f.compile_count == 1 and f.backend == "native"


def layouts(array):
    """The same values: in Fortran order, with gaps, backwards, misaligned, of the other byte order, read-only."""
    wide = np.zeros((2 * array.shape[0], 3 * array.shape[1]), array.dtype)
    wide[1::2, ::3] = array
    raw = np.zeros(array.nbytes + 1, "uint8")[1:].view(array.dtype).reshape(array.shape)
    raw[...] = array
    frozen = array.copy()
    frozen.flags.writeable = False
    return [
        np.asfortranarray(array), wide[1::2, ::3], array[::-1, ::-1].copy()[::-1, ::-1], raw,
        array.astype(array.dtype.newbyteorder()), frozen, np.broadcast_to(array[:1], array.shape),
    ]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "uint16", "int64", "bool"])
def test_layouts_of_inputs(dtype):
    """An argument may lie in memory as it likes; it is never written."""
    x = T.tensor(dtype, (None, None), "x")
    f = native([x], [T.cast(x, "float64").sum(axis=0), x.T, x])
    value = np.random.default_rng(0).integers(0, 2, (17, 33)).astype(dtype)
    for array in layouts(value):
        before = array.copy()
        total, turned, same = f(array)
        assert np.array_equal(array, before)
        assert np.array_equal(total, before.astype("float64").sum(0))
        assert np.array_equal(turned, before.T) and np.array_equal(same, before)
        assert turned.dtype == same.dtype == np.dtype(dtype)
        assert not np.may_share_memory(same, array)


@pytest.mark.parametrize("target", TARGETS)
def test_targets_compute_the_same(target):
    """Wide vectors, narrow ones and single numbers: draws and integers to the bit, floats within rounding."""
    with holding(target):
        inputs, outputs, updates = network()
        f = native(inputs, outputs, updates=updates, training=True)
        inputs, outputs, updates = network()
    reference = sd.function(inputs, outputs, updates=updates, training=True, backend="numpy")
    rng = np.random.default_rng(1)
    for n in (1, 2, 7, 64, 65):
        x, y = rng.uniform(-1, 1, (n, 9)).astype("float32"), rng.integers(0, 9, n).astype("int32")
        for a, b in zip(f(x, y), reference(x, y), strict=True):
            if a.dtype.kind == "f":
                close(a, b)
            else:
                np.testing.assert_array_equal(a, b)


def busy():
    """Kernels of every shape, with enough work for a team."""
    x, w = T.fmatrix("x"), T.fmatrix("w")
    state = sd.shared(np.zeros((300, 500), "float32"), "state")
    stream = sd.RandomStream(seed=1)
    h = sd.dropout(T.tanh(x), p=0.5, stream=stream)
    outputs = [
        h.sum(), h.sum(axis=0), h.sum(axis=1), T.nnet.log_softmax(h), h @ w, T.argmax(h, axis=0), h.T[::-1, 1],
        (h * h).mean(), stream.uniform(size=x.shape), state.T,
    ]  # fmt: skip
    return native([x, w], outputs, updates={state: state * 0.5 + h}, training=True), state


def test_threads_do_not_change_bits():
    """One, two and three threads compute the same."""
    rng = np.random.default_rng(0)
    arguments = [rng.uniform(-1, 1, shape).astype("float32") for shape in ((300, 500), (500, 40))]
    results = []
    for threads in (1, 2, 3):
        with sd.config.change(threads=threads):
            f, state = busy()
            whole(f)
            results.append([*f(*arguments), *f(*arguments), state.get_value()])
    for others in results[1:]:
        for a, b in zip(results[0], others, strict=True):
            assert a.tobytes() == b.tobytes()


# States.


def pair(*shape):
    return [sd.shared(np.arange(np.prod(shape), dtype="float64").reshape(shape) * k, f"w{k}") for k in (1, 2, 3)]


CHANGES = {
    "swap": lambda a, b, c: {a: b, b: a},
    "circle": lambda a, b, c: {a: b, b: c, c: a},
    "chain": lambda a, b, c: {a: b + 1, b: c * 2, c: c - 1},
    "from new values": lambda a, b, c: {a: a + 1, b: (a + 1) * b, c: (a + 1) * b - c},
    "transposed": lambda a, b, c: {a: a.T, b: b + a.T, c: c.T + c},
    "backwards": lambda a, b, c: {a: a[::-1], b: b[:, ::-1] + a, c: a + b},
    "its own sum": lambda a, b, c: {a: a / (1 + a.sum()), b: b - b.max(axis=0), c: c * c.sum(axis=1, keepdims=True)},
    "its own product": lambda a, b, c: {a: a @ a, b: b + 0.5 * (a @ b), c: c - b @ c},
    "one value twice": lambda a, b, c: {a: b * 2, b: b * 2, c: b},
    "itself": lambda a, b, c: {a: a, b: a, c: T.zeros_like(c)},
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("n", [1, 5, 17])
def test_states_that_read_each_other(name, n):
    """All new values are computed from old ones, whoever is overwritten first."""
    mine, theirs = pair(n, n), pair(n, n)
    f = native([], [mine[0].sum(), mine[1], mine[0].T], updates=CHANGES[name](*mine))
    g = sd.function([], [theirs[0].sum(), theirs[1], theirs[0].T], updates=CHANGES[name](*theirs), backend="numpy")
    assert f._program.in_place
    for _ in range(3):
        with np.errstate(all="ignore"):
            for a, b in zip([*f(), *mine], [*g(), *theirs], strict=True):
                a, b = (value.get_value() if isinstance(value, sd.Node) else value for value in (a, b))
                np.testing.assert_allclose(a, b, rtol=1e-12)


def test_states_of_large_rows_overwritten_by_a_team():
    """Kernels that several threads run overwrite a state that each of them still reads elsewhere."""
    w, v = (sd.shared(np.random.default_rng(k).normal(size=(300, 300)), f"w{k}") for k in (0, 1))
    start = w.get_value(), v.get_value()
    f = native([], v[0], updates={w: w.T + v, v: v - w.sum(axis=0)})
    expected = start
    with sd.config.change(threads=3):
        for _ in range(4):
            f()
            expected = expected[0].T + expected[1], expected[1] - expected[0].sum(axis=0)
    close(w.get_value(), expected[0], 1000)
    close(v.get_value(), expected[1], 1000)


def test_outputs_are_nobody_elses_memory():
    """The same value twice, an input, a state, its old value beside its new one: all in memory of their own."""
    x = T.dvector("x")
    w = sd.shared(np.arange(5.0), "w")
    y = w + x
    f = native([x], [y, y, x, w, w], updates={w: y})
    value = np.ones(5)
    first = f(value)
    for i, one in enumerate(first):
        for other in (*first[:i], value, w.get_value(borrow=True)):
            assert not np.may_share_memory(one, other)
    f(value)
    assert [one.tolist() for one in first[2:]] == [[1] * 5, [*range(5)], [*range(5)]]


def test_states_survive_refusals_of_every_kind():
    """Whatever is refused, before or while computing, is refused before a state has changed."""
    x, i, y = T.dvector("x"), T.lscalar("i"), T.lvector("y")
    refusals = {
        "constant index": (x[11], ([0.0] * 4, 0, [0])),
        "index": (x[i], ([0.0] * 4, 4, [0])),
        "index of nothing": (x[i], ([], 0, [0])),
        "indices": (x[y], ([0.0] * 4, 0, [0, -5])),
        "sizes": (x + x[y], ([0.0] * 4, 0, [0, 1, 2])),
        "nothing to compare": (T.max(x), ([], 0, [0])),
    }
    for output, arguments in refusals.values():
        w = sd.shared(np.zeros((3, 4)), "w")
        f = native([x, i, y], [output, (w + 1).sum()], updates={w: w + 1}, on_unused_input="ignore")
        for _ in range(2):
            with pytest.raises((IndexError, ValueError)):
                f(*arguments)
            assert not w.get_value().any()


# Memory that must not be touched.


def test_guarded_steps():
    """The works of the benchmarks, with a protected page at either side of every buffer, one thread and three."""
    for work in WORKS.values():
        results = []
        for guard, threads in (("off", 1), ("start", 1), ("end", 3)):
            with sd.config.change(guard=guard, threads=threads):
                contestant = work.entries["symdrop"](True, True)()
                results.append([contestant.values(contestant.step(*contestant.arguments)) for _ in range(3)])
        assert results[0] == results[1] == results[2]


def test_the_guard_guards():
    """A write behind a buffer ends the process; one into the gap before it is found."""
    from symdrop.backends.native.tools.guard_pages import GuardedArrays

    guarded = GuardedArrays("end")
    array = guarded.array([3], "float32")
    assert np.isnan(array).all() and array.ctypes.data % 4096 == 4096 - 12
    array[:] = 1
    guarded.check()
    np.ndarray(1, "uint8", array.base, 4096 + 4096 - 13)[0] = 7
    with pytest.raises(AssertionError, match="outside a buffer of 12 bytes"):
        guarded.check()
