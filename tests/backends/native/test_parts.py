"""Parts of values, on the native back end: slices of any size, shapes, joining, splitting, and changing parts."""

import itertools
import re

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native.jit import compiler
from tests.helpers.native import TARGETS, holding

pytestmark = pytest.mark.usefixtures("quick_code")


@pytest.fixture(params=["guarded", *TARGETS[1:]])
def place(request):
    """The host with a protected page behind every buffer, with three threads, and every target with fewer lanes."""
    if request.param == compiler.host().level:
        pytest.skip("the guarded host is of this target")
    settings = {"guard": "end", "threads": 3} if request.param == "guarded" else {"target": request.param}
    with holding(settings.get("target", "host")), sd.config.change(**settings):
        yield request.param


def on_some_targets(cases, telling):
    """Pairs of a case and a place: every case on the guarded host, those whose loops differ most on other targets."""
    return [(case, "guarded") for case in cases] + [(case, target) for case in telling for target in TARGETS[1:]]


def attempt(f, arguments):
    try:
        results = f(*arguments)
        return results if isinstance(results, list) else [results]
    except (ValueError, IndexError) as error:
        return error


def same(inputs, outputs, calls, **options):
    """Compile for both back ends, without a fallback; all calls give the same bits, or are refused alike."""
    native, numpy = (
        sd.function(inputs, outputs, backend=backend, on_unused_input="ignore", **options)
        for backend in ("native", "numpy")
    )
    assert not [line for line in native.kernels if "fallback" in line]
    for arguments in calls:
        got, expected = attempt(native, arguments), attempt(numpy, arguments)
        if isinstance(expected, Exception):
            assert type(got) is type(expected), (arguments, got, expected)
            continue
        for a, b in zip(got, expected, strict=True):
            assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, np.ascontiguousarray(b).tobytes()), arguments
    return native


def counted(*shape, dtype="float32"):
    return np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)


def comparisons(f):
    """How many sizes a function compares for equality before it computes."""
    return len(re.findall(r"(v\d+): b = .* == .*\n *check \1\n", f.source("lanes").split("kernel 0")[0]))


# Slices.


def test_slices_of_axes_of_unknown_size(place):
    """Python's slices with constant bounds, also far outside: the size is computed before anything else."""
    x = T.vector("x")
    bounds = (None, 0, 1, 3, 100, -1, -3, -100)
    slices = [slice(a, b, c) for a, b in itertools.product(bounds, bounds) for c in (None, 2, -1, -3)]
    # Every pair of bounds comes with some step, and every bound with every step.
    slices = slices[:: 3 if place == "guarded" else 7]
    same([x], [x[one] * 2 for one in slices], [(counted(n),) for n in (0, 1, 2, 3, 4, 40)])


@pytest.mark.parametrize("step", [None, 1, 3, -1, -2])
def test_slices_with_bounds_that_are_arguments(step):
    """Any integers, of any dtype, to the ends of what their dtype holds."""
    x, i, j, u = T.vector("x"), T.lscalar("i"), T.scalar("j", dtype="int8"), T.scalar("u", dtype="uint64")
    parts = [(i, j), (i, None), (None, j), (j, 3), (-2, i), (u, j), (None, u), (i + 1, i + 3)]
    far = [-(2**63), -(2**62), 2**62, 2**63 - 5]
    numbers = itertools.product(
        (0, 1, 4), (-5, -4, -1, 0, 2, 4, 9, *far), (-128, -2, 0, 3, 127), (0, 2, 2**63, 2**64 - 1)
    )
    same(
        [x, i, j, u], [x[a:b:step] * 2 for a, b in parts], [(counted(n), a, b, np.uint64(c)) for n, a, b, c in numbers]
    )


def test_sizes_of_slices_have_one_form():
    """What is known to be equal is not compared: x[1:], x[:-1]; slices of slices; what has been compared before."""
    x, y = T.vector("x"), T.vector("y")
    for made in (x[1:] - x[:-1], x[1:][:-1] + x[1:-1] * x[2:], x[::2] + x[::2], (2 * x)[3:] * x[:-3], x[-4:] + x[-4:]):
        f = same([x], made, [(counted(n),) for n in range(6)])
        assert comparisons(f) == 0
    two = same([x, y], x[1:] + y[:-1], [(counted(n), counted(k)) for n in range(4) for k in range(4)])
    assert comparisons(two) == 1
    size = sd.function([x], x[2:][:-1].shape[0], backend="numpy")
    assert "maximum(x.shape[0] - 3, 0)" in str(size.stages["rewritten"])
    assert [int(size(counted(n))) for n in (0, 3, 5)] == [0, 0, 2]


# Shapes.


def test_shapes_with_sizes_left_out(place):
    """Sizes that stand for what is left, or may when running, and shapes that do not fit."""
    x, i, j = T.matrix("x"), T.lscalar("i"), T.scalar("j", dtype="int8")
    sizes = [(a, b) for a in range(4) for b in (0, 1, 2, 6)]
    given = itertools.product((0, 1, 3), (0, 2, 6), (-2, -1, 0, 2, 3), (-1, 0, 2, 3))
    calls = [(counted(a, b), k, n) for a, b, k, n in given]
    for shape in [(i, j), (i, -1), (3, j)]:
        same([x, i, j], T.reshape(x, shape) * 2, calls)
    calls = [(counted(*size), 0, 0) for size in sizes]
    rows, columns = x.shape
    for shape in [(-1,), (-1, 2), (2, -1, 3), (rows, -1), (-1, columns), (columns, rows)]:
        same([x, i, j], T.reshape(x, shape) * 2, calls)
    same([x, i, j], [x.flatten() * 2, x[1:].flatten(), x[:, 1:].reshape((-1,)) + 1], calls)


def test_known_factors_are_left():
    """Of 4 unknown images of 3 x 5 x 5, as rows, the rows are known to be 75 long."""
    x = T.tensor4("x", shape=(None, 3, 5, 5))
    w = T.matrix("w", shape=(75, 2))
    f = same([x, w], x.reshape((x.shape[0], -1)) @ w, [(counted(n, 3, 5, 5), counted(75, 2)) for n in (1, 4)])
    assert "// maximum" not in str(f.source("lanes"))


def test_ranges_between_arguments(place):
    """As many numbers as lie between two arguments; none if they lie the other way round."""
    i, j, x = T.lscalar("i"), T.scalar("j", dtype="int8"), T.vector("x")
    ranges = [T.arange(i), T.arange(i, j), T.arange(i, j, 3), T.arange(i, j, -2), T.arange(j, dtype="float32")[1:] * 2]
    same([i, j], ranges, itertools.product(range(-5, 6), (-128, -3, 0, 1, 4, 70)))
    same([x], [T.arange(x[1:].shape[0]) * x[1:], T.arange(x.shape[0] - 2) + 1], [(counted(n),) for n in range(5)])


def test_sizes_of_computed_bounds_cost_no_more_than_the_slice():
    """A bound that is itself computed from elements leaves the slice to NumPy, and nothing else."""
    x = T.vector("x")
    f = sd.function([x], x[: T.cast(T.sum(x), "int64")] * x[0] + 1, backend="native")
    assert [node.op.name for node in f._program.fallbacks] == ["subtensor"]
    assert f(np.array([1, 1, 5], "float32")[:2]).tolist() == [2, 2]


def test_cross_entropies_of_flattened_batches_are_native():
    """The logits of a sequence as rows, their labels flattened: rows are as many as labels, and nothing falls back."""
    x, labels = T.tensor3("x"), T.lmatrix("labels")
    rows = T.nnet.softmax(x.reshape((-1, x.shape[2])))
    cost = T.mean(T.nnet.categorical_crossentropy(rows, labels.flatten()))
    functions = [sd.function([x, labels], [cost, sd.grad(cost, x)], backend=b) for b in ("native", "numpy")]
    assert not [line for line in functions[0].kernels if "fallback" in line or "subtensor" in line]
    given = counted(3, 4, 5) % 7, np.arange(12).reshape(3, 4) % 5
    for a, b in zip(*(f(*given) for f in functions), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    for f in functions:
        with pytest.raises((ValueError, IndexError)):
            f(given[0], given[1][:2])


# Joining and splitting.


@pytest.mark.parametrize(
    ("dtype", "place"), on_some_targets(["float32", "float64", "bool", "int8"], ["float32", "int8"]), indirect=["place"]
)
def test_joining_along_every_axis(place, dtype):
    """Operands of any sizes, none too; computed on the way, or read twice; and stacking, along a new axis.

    Of the other dtypes, whose elements are of other widths, along the axis that lies densest.
    """
    x, y = T.tensor3("x", dtype=dtype), T.tensor3("y", dtype=dtype)
    sizes = [(0, 1), (1, 1), (2, 5), (3, 0), (17, 33)]
    for axis in range(3) if dtype == "float32" else [2]:
        shapes = [[(*(4, 2, 3)[:axis], n, *(4, 2, 3)[axis + 1 :]) for n in pair] for pair in sizes]
        calls = [(counted(*a, dtype=dtype), counted(*b, dtype=dtype)) for a, b in shapes]
        calls += [(counted(2, 2, 2, dtype=dtype), counted(3, 3, 3, dtype=dtype))]
        outputs = [T.concatenate([x, y], axis), T.concatenate([y, T.maximum(x, x), y, x], axis)]
        same([x, y], [*outputs, T.stack([x, x], axis), T.stack([T.concatenate([x, y], axis)] * 3, -1)], calls)


def test_joined_values_are_read_in_kernels_and_products():
    """A recurrent layer's [h, x] @ W, and its gradient, which is split; dropout before joining has one mask."""
    h, x, w = T.matrix("h"), T.matrix("x"), T.matrix("w")
    both = T.concatenate([3 * h, 2 * x], 1)
    grads = sd.grad(T.sum(both * both), [h, x])
    given = [(counted(5, 3), counted(5, n), counted(3 + n, 2)) for n in (0, 1, 40)]
    same([h, x, w], [both @ w, both, *grads], given)
    dropped = T.concatenate([x, sd.dropout(h, p=0.5, stream=sd.RandomStream(seed=1))], 1)
    f = sd.function([h, x], [dropped, *sd.grad(dropped.sum(), [h, x])], training=True, backend="native")
    for shape in [(3, 5), (3, 8), (70, 33), (1, 1)]:
        joined, slope, ones = f(np.ones(shape, "float32"), np.ones((shape[0], 2), "float32"))
        assert joined[:, 2:].tobytes() == slope.tobytes() and (joined[:, :2] == ones).all()
    assert not [line for line in f.kernels if "fallback" in line]


def test_a_state_that_is_joined_from_itself(place):
    """A queue: the oldest row leaves, a new one comes; and one whose rows change places."""
    results = []
    for backend in ("native", "numpy"):
        queue, row = sd.shared(counted(6, 5), "queue"), T.vector("row")
        turned = T.concatenate([queue[1:], row.dimshuffle("x", 0)])
        f = sd.function([row], queue.sum(), updates={queue: turned[::-1]}, backend=backend)
        results.append([f(counted(5) * k).tolist() for k in range(4)] + [queue.get_value().tolist()])
    assert results[0] == results[1]


def test_splitting(place):
    """Parts of fixed and computed sizes, read on the way; sizes that do not fit, or are negative, are refused."""
    x, i, j = T.matrix("x"), T.lscalar("i"), T.scalar("j", dtype="int8")
    calls = [(counted(a, 5), b, c) for a in range(5) for b in (-2, 0, 1, 3, 4) for c in (-2, 0, 1, 2, 4)]
    parts = T.split(x, [i, j], axis=0)
    same([x, i, j], [part * 2 for part in parts], calls)
    same([x, i, j], parts[0].T + 1, calls)
    same([x, i, j], T.split(x, [i, 1, j, 1], axis=0)[2] * 2, calls)
    first, second, third = T.split(x, [1, 2, 2], axis=1)
    same([x], [first + third * second, T.concatenate([third, first], 1)], [(counted(n, 5),) for n in (0, 1, 40)])


# Changing parts.


CHANGED = {
    "an element": lambda x, v, i, k, n: x[i, n],
    "a row": lambda x, v, i, k, n: x[i],
    "a column": lambda x, v, i, k, n: x[:, -1],
    "rows": lambda x, v, i, k, n: x[i:],
    "other rows": lambda x, v, i, k, n: x[n:i:2, ::-1],
    "columns": lambda x, v, i, k, n: x[:, 1:-1],
    "a new axis": lambda x, v, i, k, n: x[:, None, 1:],
    "rows by number": lambda x, v, i, k, n: x[k],
    "rows by numbers": lambda x, v, i, k, n: x[T.stack([k, k[::-1]])],
    "columns by number": lambda x, v, i, k, n: x[:, k],
    "elements by number": lambda x, v, i, k, n: x[k, k[::-1]],
    "parts of rows by number": lambda x, v, i, k, n: x[k, 1:],
    "rows of columns by number": lambda x, v, i, k, n: x[1:, k],
    "elements of a row": lambda x, v, i, k, n: x[i, k],
    "fixed rows": lambda x, v, i, k, n: x[[0, 1, 0]],
}


@pytest.mark.parametrize(
    ("name", "place"),
    on_some_targets(CHANGED, ["rows", "other rows", "columns by number", "elements by number"]),
    indirect=["place"],
)
def test_changed_parts(place, name):
    """Parts of any kind are set and added to; repeated positions add up in NumPy's order, to the last bit."""
    x, v, i, k, n = T.matrix("x"), T.scalar("v"), T.lscalar("i"), T.vector("k", dtype="int32"), T.lscalar("n")
    rng = np.random.default_rng(0)
    calls = [
        (rng.normal(size=shape).astype("float32"), np.float32(0.1), a, np.array(rows, "int32"), b)
        for shape in [(0, 0), (0, 3), (2, 0), (2, 2), (3, 40), (40, 3), (70, 70)]
        for a, rows, b in [(0, [], 0), (1, [0], -1), (-2, [1, -1, 0, 1, 1, 1, 0], 1), (5, [2], 3), (0, [-9], 0)]
    ]
    part = CHANGED[name](x, v, i, k, n)
    values = v, part * v, T.broadcast_to(v * 3, part.shape)
    outputs = [change(part, value) for value in values for change in (T.set_subtensor, T.inc_subtensor)]
    same([x, v, i, k, n], outputs, calls)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float64"])
def test_changed_parts_of_every_dtype(dtype):
    """Integers wrap around, and truth values add up to true."""
    x, k = T.matrix("x", dtype=dtype), T.lvector("k")
    calls = [(counted(3, n, dtype=dtype) + np.ones((), dtype), np.array([2, 0, 2])) for n in (1, 7)]
    outputs = [T.inc_subtensor(x[k], x[k]), T.inc_subtensor(x[1:], x[1:]), T.set_subtensor(x[k, 0], x[0, 0])]
    same([x, k], outputs, calls)


def test_values_that_do_not_fit_are_refused():
    """As by NumPy, except that nothing stretches which is not known to be 1."""
    x, v = T.vector("x"), T.vector("v")
    calls = [(counted(n), counted(k)) for n in (1, 2, 4, 5) for k in (0, 1, 3, 4)]
    same([x, v], [T.inc_subtensor(x[1:], v)], calls)
    same([x, v], [T.set_subtensor(x[::2], v)], calls)


def test_changes_of_changes_are_made_in_one_place():
    """The gradient of differences fills one buffer with zeros and adds to it twice."""
    x = T.vector("x")
    cost = T.sum(T.sqr(x[1:] - x[:-1])) + T.sum(x[::2])
    f = same([x], sd.grad(cost, x), [(counted(n),) for n in (1, 2, 3, 40)])
    assert len([line for line in f.kernels if "inc_subtensor out0" in line]) == 3
    assert not [line for line in f.kernels if "copy" in line]
    y = T.set_subtensor(x[:1], 5)
    same([x], [T.inc_subtensor(y[1:], 1), y], [(counted(3),)])


CHANGES = {
    "rows": lambda e, k: T.inc_subtensor(e[k], 1),
    "rows by others": lambda e, k: T.inc_subtensor(e[k], e[k[::-1]] * 0.5),
    "moved rows": lambda e, k: T.set_subtensor(e[1:], e[:-1]),
    "what is changed is computed": lambda e, k: T.inc_subtensor((e * 2)[k], e[k]),
    "another way round": lambda e, k: T.inc_subtensor(e.T[:, k], 1).T,
    "from another place": lambda e, k: T.set_subtensor(e[::-1][k], 3),
    "one after the other": lambda e, k: T.set_subtensor(T.inc_subtensor(e[k], 1)[0], e[-1]),
    "a row by a leaf": lambda e, k: T.inc_subtensor(e[k[0]], e[0]),
}


@pytest.mark.parametrize(
    ("name", "place"), on_some_targets(CHANGES, ["rows by others", "moved rows"]), indirect=["place"]
)
def test_states_whose_parts_change(place, name):
    """New values of states are computed from old ones only; a refused call leaves the states alone."""
    results = []
    for backend in ("native", "numpy"):
        e, k = sd.shared(counted(7, 7), "e"), T.lvector("k")
        changed = {e: CHANGES[name](e, k)}
        f = sd.function([k], [e.sum(), e], updates=changed, backend=backend, on_unused_input="ignore")
        made = [f(np.array(rows))[1].tolist() for rows in ([0, 3, 3, -1], [6], [2, 2, 2, 2, 1])]
        before = e.get_value()
        if "k" in str(f.stages["rewritten"].outputs[-1]):
            for rows in ([0, 7], [-8, 0]):
                attempt(f, [np.array(rows)])
            assert np.array_equal(before, e.get_value()) or name == "a row by a leaf"
        results.append([*made, e.get_value().tolist()])
    assert results[0] == results[1]


def embedding(backend, rate, steps):
    """The states after some steps of gradient descent on an embedding of 8000 words, and the function."""
    rng = np.random.default_rng(0)
    e = sd.shared(rng.normal(size=(8000, 128)).astype("float32"), "E")
    w = sd.shared(rng.normal(size=(128, 10)).astype("float32"), "W")
    words, lr = T.lmatrix("words"), T.scalar("lr")
    cost = T.mean(T.sqr(T.sum(e[words], axis=1) @ w)) + T.mean(T.sqr(e[words[:, 0]]))
    grads = sd.grad(cost, [e, w])
    updates = {state: state - rate(lr) * grad for state, grad in zip([e, w], grads, strict=True)}
    f = sd.function([words, lr], cost, updates=updates, backend=backend, on_unused_input="ignore")
    start = e.get_value()
    given = rng.integers(0, 8000, (steps, 16, 5))
    given[:, 0] = 7
    for one in given:
        f(one, 0.1)
    return f, start, e, w, given


@pytest.mark.parametrize("rate", [lambda lr: lr, lambda lr: 0.1], ids=["variable", "constant"])
def test_gradient_descent_touches_only_the_rows_of_a_batch(rate):
    """No kernel runs over an embedding of 8000 words: a step adds to the rows it has read, and keeps all others."""
    f, start, e, w, given = embedding("native", rate, 3)
    (segment,) = f._program.pieces
    step = segment.lowered.module
    rows = {buffer for buffer in step.memory.inputs if buffer.name == "E"}
    for nest in step.nests:
        assert not any(8000 in (size if isinstance(size, int) else 0 for size in nest.space) for _ in rows)
        assert tuple(nest.space) not in {buffer.sizes for buffer in rows}
        assert "copy" not in nest.title
        assert not {buffer for buffer in nest.writes if buffer.sizes in {b.sizes for b in rows}} - rows
    assert f._program.in_place and not f._program.fallbacks
    after = e.get_value()
    untouched = np.setdiff1d(np.arange(8000), given)
    assert after[untouched].tobytes() == start[untouched].tobytes()
    assert (after[np.unique(given)] != start[np.unique(given)]).any(axis=1).all()
    _, _, expected, other, _ = embedding("numpy", rate, 3)
    np.testing.assert_allclose(after, expected.get_value(), rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(w.get_value(), other.get_value(), rtol=1e-3, atol=1e-3)
    with pytest.raises(IndexError):
        f(np.full((16, 5), 8000), 0.1)
    assert after.tobytes() == e.get_value().tobytes()


def test_many_parts_are_joined_in_groups():
    """A loop in one function for each of hundreds of parts took LLVM minutes; groups of them are kernels."""
    x = T.dvector("x")
    joined = T.stack([x * i for i in range(100)])
    f = sd.function([x], [joined.sum(), sd.grad((joined**2).sum(), x)], backend="native")
    total, slope = f([1.0, -2.0])
    factors = np.arange(100.0)
    assert total == -factors.sum() and slope.tolist() == [2 * (factors**2).sum(), -4 * (factors**2).sum()]
    assert len(f.kernels) > 5, "several kernels write the parts"
