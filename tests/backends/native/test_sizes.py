"""Sizes in native code: they follow from what is given, in an order without circles, in every segment and in loops."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native.segment import NativeSegment
from symdrop.op import structured

pytestmark = pytest.mark.usefixtures("quick_code")


def agree(inputs, outputs, *values, stream=None, updates=None):
    """The outputs of the native back end, which must be those of the NumPy back end, memory guarded or not."""
    made = []
    options = {"updates": updates, "on_unused_input": "ignore"}
    reference = sd.function(inputs, outputs, backend="numpy", **options)
    # A function that is made with guards has no short way, which would go round them.
    with sd.config.change(guard="end"):
        f = sd.function(inputs, outputs, backend="native", **options)
    for call, guard in ((reference, "off"), (f, "off"), (f, "end"), (f, "start")):
        with sd.config.change(guard=guard):
            if stream is not None:
                stream.reseed(3)
            made.append(call(*values))
    for other in made[1:]:
        for a, b in zip(made[0], other, strict=True):
            assert a.shape == b.shape and a.dtype == b.dtype
            np.testing.assert_allclose(b, a, rtol=1e-12, atol=1e-12)
    assert f.backend == "native"
    return f


@structured(axis_params=("axis",))
def summed(m, x, *, axis):
    """Cumulative sums of float64 by NumPy: an op without a lowering."""
    return m.cumsum(x, axis=axis)


@summed.infer
def summed_type(x, *, axis):
    return x.type


@summed.sizes
def summed_sizes(sizes, x, *, axis):
    return sizes(x)


@summed.pullback
def summed_pullback(g, y, x, *, axis):
    return T.flip(summed(T.flip(g, axis), axis=axis), axis)


def product_of(row):
    """The product of a row, by a loop of its own."""
    return sd.reduce(lambda e, a: a * e, row, T.constant(1.0, dtype="float64"))[0]


COMPUTED_BY_NUMPY = {
    "cumsum": lambda x: summed(x, axis=0),
    "mask": lambda x: x[x[:, 0] > 0.5],
    "nonzero": lambda x: x[T.nonzero(x[:, 0] > 0.5)[0]],
    "sort": lambda x: T.sort(x, 1),
    "repeated": lambda x: T.concatenate([summed(x, axis=1), x])[1:],
}


@pytest.mark.parametrize("name", COMPUTED_BY_NUMPY)
def test_loops_in_loops_over_what_numpy_computes(name):
    """The rows that a loop writes lie as far apart as their sizes say; that size came from another segment."""
    x = T.dmatrix("x")
    rows = COMPUTED_BY_NUMPY[name](x)
    values = np.random.default_rng(0).uniform(0.4, 2, (3, 4))
    agree([x], [sd.grad(sd.scan(product_of, rows)[0].sum(), x), sd.scan(product_of, rows)[0]], values)
    loops = sd.scan(lambda row: sd.scan(lambda e, f: e * f, row, non_sequences=row[0])[0], rows)[0]
    agree([x], [loops, sd.grad((loops**2).sum(), x)], values)


def test_rows_of_rows_of_computed_sizes():
    """Three loops inside each other over slices; measuring the kernels asks for the sizes of all they touch."""
    x, n = T.dmatrix("x"), T.iscalar("n")
    cut = T.concatenate([x[1:], x[:1]])[:, n:]
    cubes = T.stack([cut, cut * 2.0]).dimshuffle(1, 0, 2)[n:]

    def rows(m):
        return sd.scan(lambda r: sd.scan(lambda e: e * 3.0 + r.sum(), r)[0][::-1], m)[0]

    y = sd.scan(rows, cubes)[0]
    values = np.arange(20.0).reshape(4, 5), 1
    f = agree([x, n], [y, sd.grad((y**2).sum(), x)], *values)
    assert len(f.profile(*values, repeats=1).kernels) == len(f.kernels)


def test_no_size_crosses_a_border():
    """A segment computes sizes from what it is given; as values of another segment they would have no name."""
    x, n = T.dmatrix("x"), T.iscalar("n")
    y = summed(x[:n], axis=0)
    out = summed(T.exp(y) * y.shape[0] + x.shape[1], axis=1) * T.arange(x[:n].shape[1])
    f = agree([x, n], [out], np.ones((5, 3)), 4)
    segments = [piece for piece in f._program.pieces if isinstance(piece, NativeSegment)]
    assert len(segments) > 1
    crossing = [node for segment in segments for node in segment.lowered.segment.outputs]
    assert not [node for node in crossing if node.ndim == 0]


def joined(x):
    """x, rolled by one."""
    return T.concatenate([x[1:], x[:1]])


# Values of which the tests ask for a size alone, from a matrix and a number.
SIZED = {
    "join": lambda x, n: joined(x),
    "joins": lambda x, n: joined(joined(x)),
    "join, cut": lambda x, n: joined(x)[1:],
    "joins, cut": lambda x, n: joined(joined(x)[1:])[1:],
    "stack": lambda x, n: T.stack([x[1:], x[:-1]])[:, 1:],
    "split": lambda x, n: T.split(joined(x), [n, x.shape[0] - n], 2, axis=0)[1][1:],
    "set": lambda x, n: T.set_subtensor(joined(x)[1:], 0.0)[1:],
    "add": lambda x, n: T.inc_subtensor(x[n:], 1.0)[n:],
    "gather": lambda x, n: joined(x)[T.arange(n)][1:],
    "gather by array": lambda x, n: x[T.concatenate([T.arange(n), T.arange(n)])][1:],
    "reshape": lambda x, n: joined(x).reshape((-1,))[n:],
    "reshape both": lambda x, n: joined(x).reshape((x.shape[1], -1))[:, 1:],
    "flatten": lambda x, n: joined(x).flatten()[1:],
    "scan": lambda x, n: sd.scan(lambda row: joined(row), joined(x))[0][1:],
    "scan of n": lambda x, n: sd.scan(lambda row: row * 2, outputs_info=joined(x)[0], n_steps=n)[0][1:],
    "state": lambda x, n: sd.scan(lambda row: row * 2, outputs_info=joined(x[0]), n_steps=n)[0][-1][1:],
    "branch": lambda x, n: sd.ifelse(T.gt(n, 1), joined(x) * 2, x)[n:],
    "branch, cut": lambda x, n: sd.ifelse(T.gt(n, 1), x[:n] * T.arange(n).dimshuffle(0, "x"), x[:n])[1:],
    "product": lambda x, n: (joined(x) @ joined(x).T)[1:, n:],
    "softmax": lambda x, n: T.nnet.softmax(joined(x))[1:],
    "repeat": lambda x, n: T.repeat(joined(x), 2, axis=0)[1:],
    "tile": lambda x, n: T.tile(joined(x), (2, 1))[n:],
    "mask": lambda x, n: joined(x)[x[:, 0] > 0][1:],
    "sort": lambda x, n: T.sort(joined(x), 0)[1:],
    "cumsum": lambda x, n: T.cumsum(joined(x), 0)[n:],
    "NumPy": lambda x, n: summed(joined(x), axis=0)[n:],
    "arange": lambda x, n: T.arange(joined(x)[1:].shape[0])[1:],
    "draw": lambda x, n: STREAM.uniform(size=(joined(x)[1:].shape[0], n), dtype="float64")[1:],
    "dropout": lambda x, n: sd.dropout(joined(x)[1:], p=0.5, stream=STREAM, training=True)[1:],
}
STREAM = sd.RandomStream(seed=3)


@pytest.mark.parametrize("name", SIZED)
def test_only_a_size_is_used(name):
    """Of what is computed for its size alone nothing is left; it failed as what nobody stores, and nobody can."""
    x, n = T.dmatrix("x"), T.lscalar("n")
    y = SIZED[name](x, n)
    values = np.random.default_rng(1).uniform(0.5, 1.5, (4, 6)), 3
    agree([x, n], [y.shape[0]], *values, stream=STREAM)
    agree([x, n], [y.shape[-1], T.zeros(y.shape) + x.sum(), y], *values, stream=STREAM)


# Those without a gradient, and those of which another stands for the same slices and scatters.
NO_NEW_GRADIENT = {"arange", "draw", "join", "joins", "gather by array", "reshape both", "branch", "scan of n", "tile"}


@pytest.mark.parametrize("name", sorted(SIZED.keys() - NO_NEW_GRADIENT))
def test_gradients_of_cut_values(name):
    """Teacher forcing, rolling twice: the gradient of a slice asks for sizes of what was joined or scattered."""
    x, n = T.dmatrix("x"), T.lscalar("n")
    y = SIZED[name](x, n)
    values = np.random.default_rng(1).uniform(0.5, 1.5, (4, 6)), 3
    agree([x, n], [sd.grad((y**2).sum(), x), sd.grad((y[1:] * y[:-1]).sum(), x)], *values, stream=STREAM)


def test_work_on_a_slice_in_a_branch_and_its_gradient():
    """A size inside of a branch was the one around it, and that one was called by the name inside: a circle."""
    data, v = sd.shared(np.arange(18.0).reshape(6, 3)), sd.shared(np.arange(3.0) + 1)
    flag, n = T.iscalar("flag"), T.iscalar("n")
    q = data[:n] * v
    h = sd.ifelse(flag, q * T.arange(q.shape[0]).dimshuffle(0, "x"), q)
    for on in (0, 1):
        for rows in (0, 1, 4, 9, -2):
            agree([flag, n], [h, sd.grad(h.sum(), v)], on, rows)


def test_dropout_in_a_branch_of_a_minibatch():
    """The minibatch of Theano's tutorials: a slice of shared data, as long as the data are; the last one is shorter."""
    data, W = sd.shared(np.arange(30.0).reshape(10, 3)), sd.shared(np.linspace(-1, 1, 12).reshape(3, 4))
    i, train = T.lscalar("i"), T.iscalar("train")
    h = T.tanh(data[i * 4 : (i + 1) * 4] @ W)
    for _ in range(3):
        mask = STREAM.bernoulli(p=0.5, size=h.shape, dtype="float64")
        h = sd.ifelse(train, h * mask, h * 0.5)
    for number in (0, 2, 3):
        for on in (0, 1):
            agree([i, train], [h, sd.grad((h**2).sum(), W)], number, on, stream=STREAM)


def test_long_definitions_of_sizes():
    """However many sizes one size is made of, computing it takes no recursion."""
    x = T.dvector("x")
    y = T.concatenate([x[i : 2 * i + 1] for i in range(400)])
    cut = x
    for i in range(400):
        cut = T.concatenate([cut[: x.shape[0] - i], x[:1]])
    filled = [T.zeros(y[1:].shape) + x[0], T.ones(cut[1:].shape) * x[0]]
    agree([x], [y.shape[0], y[1:].shape[0], cut[1:].shape[0], *filled], np.arange(500.0))


def test_loops_that_draw_and_hand_on_updates():
    """Theano's idiom: the step of a loop returns the updates of a loop inside; the stream's step is then a state."""
    x = T.dmatrix("x")

    def row(r):
        sums, updates = sd.scan(
            lambda e, s: s + e * STREAM.uniform(size=(), dtype="float64"), r, T.zeros((), "float64")
        )
        return sums[-1], updates

    for steps in (1, 3):
        sums, updates = sd.scan(row, x)
        f = agree([x], [sums, sd.grad(sums.sum(), x)], np.ones((steps, 4)), stream=STREAM, updates=updates)
        assert not [line for line in f.kernels if line.startswith("fallback")]


def test_a_draw_whose_step_is_out_of_range_in_a_loop_is_refused():
    """What a loop makes of a step is checked where it is made, before any state has been overwritten."""
    total = sd.shared(np.zeros(3), name="total")
    stream, n = sd.RandomStream(seed=4), T.lscalar("n")
    draws = sd.function([], stream.uniform(size=(2,)))
    (step,) = draws.updates

    def row(i):
        return stream.uniform(size=(3,), dtype="float64") + i, {step: step + n}

    rows, updates = sd.scan(row, T.arange(4))
    f = sd.function([n], [], updates={**updates, total: total + rows.sum(0)}, backend="native")
    f(1)
    before, now = total.get_value(), step.get_value()
    with pytest.raises(sd.errors.SymdropError, match="step"):
        f(2**31)
    np.testing.assert_array_equal(total.get_value(), before)
    assert step.get_value() == now == 4


def test_every_part_of_a_size_is_computed_where_the_size_is():
    """A length asks whether a bound is negative: the answer, no integer, stayed in the segment before."""
    x, n = T.dmatrix("x"), T.iscalar("n")
    y = summed(T.exp(x[:n]), axis=0)
    z = summed(y * T.cast(x[:n].shape[0] > 2, "float64"), axis=1) + x[:n] * T.cast(n, "float64") * 0.5
    for rows in (3, 1, -2):
        agree([x, n], [z, sd.grad(z.sum(), x)], np.random.default_rng(2).uniform(size=(4, 3)), rows)
        agree([x, n], [T.nonzero(x[:n, 0])[0] * T.cast(n, "int64")], np.ones((4, 3)), rows)


def test_branches_whose_sizes_were_declared_before_write_to_one_place():
    """A size that somebody else has declared of a branch's value is not the size that the other branch has."""
    x, W, c = T.dmatrix("x"), T.dmatrix("W"), T.iscalar("c")
    n, m = T.lscalar("n"), T.lscalar("m")
    then, otherwise = (T.specify_shape(y, (size, None)) for y, size in ((T.tanh(x), n), (T.exp(W), m)))
    for side in (otherwise, T.specify_shape(T.exp(W), (3, None))):
        y = sd.ifelse(c, then, side)
        for on in (0, 1):
            f = agree([x, W, c, n, m], [y, *sd.grad((y**2).sum(), [x, W])], np.ones((3, 2)), np.ones((3, 2)), on, 3, 3)
        assert not [line for line in f.kernels if line.startswith("fallback")]
