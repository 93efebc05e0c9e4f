"""Attention block by block against the plain formula: values, masks, slopes, draws, memory."""

from __future__ import annotations

import math
import re
from functools import partial

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, ShapeError
from symdrop.ops.attention import operands

RNG = np.random.default_rng(23)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks of few queries and keys, so that short sequences have several, and one that is not filled."""
    monkeypatch.setattr(operands, "BLOCK", 4)


def plain(q, k, v, bias=0.0, drop=None, by=1.0):
    """The formula, every step of it a node."""
    scores = T.matmul(q, T.swapaxes(k, -1, -2)) / np.sqrt(4) + bias
    weights = T.nnet.softmax(scores)
    return T.matmul(weights if drop is None else T.where(drop, 0, weights * by), v)


def arrays(lead=(2, 3), queries=9, keys=11, depth=4, width=5, dtype="float64"):
    """Queries, keys and values."""
    rng = np.random.default_rng(0)
    shapes = ((queries, depth), (keys, depth), (keys, width))
    return [rng.normal(size=(*lead, *shape)).astype(dtype) for shape in shapes]


def variables(ndim=4, dtype="float64"):
    """The same as variables of unknown sizes."""
    return [T.tensor(dtype, (None,) * ndim, name=name) for name in "qkv"]


def with_slopes(out, wrt):
    """Attention and its slopes along something that is not linear."""
    return [out, *sd.grad(T.sum(T.sin(out)), wrt)]


def biased_by_distance(q, k):
    """A bias by distance, and every third key is padding: a formula of positions."""
    rows, columns = T.arange(q.shape[-2]).dimshuffle(0, "x"), T.arange(k.shape[-2])
    return T.where(T.eq(T.mod(columns, 3), 2), -math.inf, -0.1 * T.abs(rows - columns).astype("float64"))


CASES = {
    "all": (lambda q, k: {}, lambda q, k: 0.0),
    "causal": (
        lambda q, k: {"causal": True},
        lambda q, k: T.where(T.arange(q.shape[-2]).dimshuffle(0, "x") >= T.arange(k.shape[-2]), 0.0, -math.inf),
    ),
    "bias": (lambda q, k: {"mask": biased_by_distance(q, k)}, biased_by_distance),
}


@pytest.mark.parametrize(("case", "dropout"), [("all", 0.0), ("causal", 0.4), ("bias", 0.4)])
def test_native_and_numpy_are_the_plain_formula(case, dropout):
    """For two sizes by one compile, draws included; nothing is left to NumPy in native code."""
    options, bias = CASES[case]
    q, k, v = variables()
    stream = sd.RandomStream(seed=3)
    out = T.nnet.attention(q, k, v, dropout=dropout, stream=stream if dropout else None, site=1, **options(q, k))
    size = (*q.shape[:-1], k.shape[-2])
    drop = stream.bernoulli(p=dropout, size=size, dtype="bool", site=1) if dropout else None
    expected = plain(q, k, v, bias(q, k), drop, 1 / (1 - dropout))
    native, numpy, reference = (
        sd.function([q, k, v], with_slopes(made, [q, k, v]), training=True, backend=backend, no_default_updates=True)
        for made, backend in ((out, "native"), (out, "numpy"), (expected, "numpy"))
    )
    for sizes in ({}, {"queries": 3, "keys": 4}):
        values = arrays(**sizes)
        for found, one, wanted in zip(native(*values), numpy(*values), reference(*values), strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-13)
            np.testing.assert_allclose(one, wanted, rtol=1e-11, atol=1e-13)
    assert not any("fallback" in kernel for kernel in native.kernels)


def test_lengths_known_to_be_short():
    """One block needs no loop; its values and slopes are the same."""
    x = [T.tensor("float64", (None, 3, 4, 4), name=name) for name in "qkv"]
    stream = sd.RandomStream(seed=3)
    short, unknown = (
        sd.function(
            wrt, with_slopes(T.nnet.attention(*wrt, causal=True, dropout=0.3, stream=stream, site=1), wrt),
            training=True, no_default_updates=True, backend="native",
        )
        for wrt in (x, variables())
    )  # fmt: skip
    kinds = [[node.op.kind for node in f.stages["decomposed"].nodes()].count("control") for f in (short, unknown)]
    assert kinds == [0, 2]
    values = arrays(queries=4, keys=4, width=4)
    for one, wanted in zip(short(*values), unknown(*values), strict=True):
        np.testing.assert_allclose(one, wanted, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("mode", ["inverted", "scale"])
def test_the_flag_chooses(mode):
    """In testing nothing is drawn; both modes keep the expected value as dropout does."""
    q, k, v = variables()
    stream = sd.RandomStream(seed=3)
    out = T.nnet.attention(q, k, v, dropout=0.25, stream=stream, mode=mode, site="here")
    compiled = partial(sd.function, [q, k, v], backend="numpy")
    test = compiled(with_slopes(out, [q]), training=False)
    assert not any(node.op.kind == "draw" for node in test.stages["specialised"].nodes())
    assert not test.updates
    values = arrays()
    whole = compiled(plain(q, k, v))(*values)
    np.testing.assert_allclose(test(*values)[0], whole * (0.75 if mode == "scale" else 1), rtol=1e-11)
    train = compiled(out, training=True)
    both = compiled(out, training="runtime")
    drop = stream.bernoulli(p=0.25, size=(2, 3, 9, 11), dtype="bool", site="here")
    by = 1 / 0.75 if mode == "inverted" else 1
    wanted = compiled(plain(q, k, v, 0.0, drop, by), no_default_updates=True)(*values)
    np.testing.assert_allclose(train(*values), wanted, rtol=1e-11, atol=1e-13)
    stream.reseed(3)
    np.testing.assert_allclose(both(*values, training=True), wanted, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(both(*values, training=False), test(*values)[0], rtol=1e-11)


def test_slopes_of_the_second_order():
    """Of queries, keys, values and bias, dropped and causal, against the plain formula's."""
    q, k, v = variables(2)
    bias = T.matrix("bias", dtype="float64")
    stream = sd.RandomStream(seed=3)
    out = T.nnet.attention(q, k, v, bias, causal=True, dropout=0.3, stream=stream, site=1, training=True)
    drop = stream.bernoulli(p=0.3, size=(q.shape[0], k.shape[0]), dtype="bool", site=1)
    seen = T.where(T.arange(q.shape[0]).dimshuffle(0, "x") >= T.arange(k.shape[0]), 0.0, -math.inf)
    found = []
    for made in (out, plain(q, k, v, bias + seen, drop, 1 / 0.7)):
        first = sd.grad(T.sum(T.sin(made)), [q, k, v, bias])
        second = sd.grad(sum(T.sum(T.sin(one)) for one in first), [q, k, v, bias])
        found.append([made, *first, *second])
    f = sd.function([q, k, v, bias], [*found[0], *found[1]], backend="numpy", no_default_updates=True)
    values = f(*arrays((), 5, 6), np.random.default_rng(1).normal(size=(5, 6)))
    for one, wanted in zip(values[:9], values[9:], strict=True):
        np.testing.assert_allclose(one, wanted, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_a_query_that_sees_no_key(backend):
    """It gets zeros and hands on no gradient; the others are as if it were not there."""
    q, k, v = variables(2)
    mask = T.matrix("mask", dtype="bool")
    f = sd.function([q, k, v, mask], with_slopes(T.nnet.attention(q, k, v, mask), [q, k, v]), backend=backend)
    values = arrays((), 6, 9)
    seen = np.random.default_rng(1).random((6, 9)) < 0.5
    seen[2] = False
    out, to_q, to_k, to_v = f(*values, seen)
    assert not out[2].any() and not to_q[2].any()
    rest = [values[0][[0, 1, 3, 4, 5]], *values[1:], seen[[0, 1, 3, 4, 5]]]
    for one, wanted in zip((np.delete(out, 2, 0), np.delete(to_q, 2, 0), to_k, to_v), f(*rest), strict=True):
        np.testing.assert_allclose(one, wanted, rtol=1e-11, atol=1e-13)


def by_numpy(q, k, v):
    """The plain formula on arrays, for heads that all have keys of their own."""
    scores = q @ k.swapaxes(-1, -2) / 2
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True) @ v


@pytest.mark.parametrize(("shape", "repeats"), [((None, 1), 4), ((None, 2), 2), ((4,), 1)])
def test_heads_that_share_keys(shape, repeats):
    """One head of keys for all, one for a group of heads, or all heads for a whole batch."""
    q, *keyed = arrays((2, 4))
    keys, values = (one[0] if len(shape) == 1 else one[:, : shape[1]] for one in keyed)
    x = T.tensor("float64", (None, 4, None, 4))
    y, z = (T.tensor("float64", (*shape, None, None)) for _ in range(2))
    found = sd.function([x, y, z], T.nnet.attention(x, y, z), backend="numpy")(q, keys, values)
    wide = (np.broadcast_to(np.repeat(one, repeats, -3), (2, 4, *one.shape[-2:])) for one in (keys, values))
    np.testing.assert_allclose(found, by_numpy(q, *wide), rtol=1e-11)


def test_a_batch_by_vmap():
    """One axis more in front; of the slopes too."""
    q, k, _ = variables(3)
    shared = T.matrix("m", dtype="float64")

    def slope(a, b, c):
        out = T.nnet.attention(a, b, c, causal=True)
        return out, sd.grad(T.sum(T.sin(out)), a)

    one_by_one = sd.vmap(slope, in_axes=(0, 0, None))(q, k, shared)
    out = T.nnet.attention(q, k, T.repeat(shared.dimshuffle("x", 0, 1), q.shape[0], 0), causal=True)
    assert not any(node.op.kind == "control" for node in sd.Graph([q, k, shared], list(one_by_one)).nodes())
    f = sd.function([q, k, shared], [*one_by_one, out, sd.grad(T.sum(T.sin(out)), q)], backend="numpy")
    values = arrays((3,))
    first, second, *wanted = f(values[0], values[1], values[2][0])
    np.testing.assert_allclose(first, wanted[0], rtol=1e-11)
    np.testing.assert_allclose(second, wanted[1], rtol=1e-11, atol=1e-13)


def test_one_thread_and_two_give_the_same_bits():
    """Blocks, not threads, decide the order of sums."""
    q, k, v = variables(dtype="float32")
    out = T.nnet.attention(q, k, v, causal=True, dropout=0.2, stream=sd.RandomStream(seed=1))
    values = arrays((2, 8), 66, 70, 4, 5, "float32")
    found = []
    for threads in (1, 2):
        with sd.config.change(threads=threads):
            f = sd.function([q, k, v], with_slopes(out, [q, k, v]), training=True, no_default_updates=True)
            found.append(f(*values))
    for one, two in zip(*found, strict=True):
        np.testing.assert_array_equal(one, two)


def test_inside_a_loop():
    """A stack of layers as a scan: every layer has a mask of its own, forwards and back, and all of it is native."""
    x, W = T.tensor3("x", dtype="float64"), T.tensor3("W", dtype="float64")
    stream = sd.RandomStream(seed=2)

    def layer(w, h):
        return h + T.nnet.attention(h @ w, h, h, causal=True, dropout=0.3, stream=stream)

    states, _ = sd.scan(layer, W, x)
    made = with_slopes(states[-1], [x, W])
    values = np.linspace(-1, 1, 2 * 7 * 3).reshape(2, 7, 3), np.random.default_rng(0).normal(size=(3, 3, 3))
    found = []
    for backend in ("native", "numpy"):
        f = sd.function([x, W], made, training=True, backend=backend, no_default_updates=True)
        found.append(f(*values))
        assert backend == "numpy" or not any("fallback" in kernel for kernel in f.kernels)
    for one, wanted in zip(*found, strict=True):
        np.testing.assert_allclose(one, wanted, rtol=1e-10, atol=1e-12)


def test_forward_mode():
    """The Jacobian times a vector is the same as by the plain formula."""
    q, k, v = variables(2)
    along = T.matrix("along", dtype="float64")
    made = [sd.jvp(out, q, along) for out in (T.nnet.attention(q, k, v), plain(q, k, v))]
    values = arrays((), 5, 6)
    one, wanted = sd.function([q, k, v, along], made)(*values, np.ones((5, 4)))
    np.testing.assert_allclose(one, wanted, rtol=1e-10, atol=1e-12)


def test_memory_grows_with_the_length(monkeypatch):
    """Twice as many queries and keys take no more than twice the arena, forwards and back, masks and all."""
    monkeypatch.setattr(operands, "BLOCK", 64)
    q, k, v = variables(dtype="float32")
    bias = biased_by_distance(q, k)
    out = T.nnet.attention(q, k, v, bias, causal=True, dropout=0.1, stream=sd.RandomStream(seed=1))
    f = sd.function([q, k, v], with_slopes(out, [q, k, v]), training=True, backend="native")
    arena = {}
    for length in (512, 1024, 2048):
        values = arrays((1, 1), length, length, 8, 8, "float32")
        arena[length] = f.profile(*values).memory.arena
    # Apart from what products need at any length.
    assert arena[2048] - arena[1024] < 2.1 * (arena[1024] - arena[512])
    assert arena[2048] - arena[512] < 2048 * 2048 * 4 / 8


@pytest.mark.parametrize(("call", "kind", "says"), [
    (lambda x, s: T.nnet.attention(x, x, x, dropout=0.5), ArgumentError, "attention draws its mask from a stream"),
    (lambda x, s: T.nnet.attention(x, x, x, dropout=0.5, stream=3), GraphTypeError, "from a RandomStream, not 3"),
    (lambda x, s: T.nnet.attention(x, x, x, dropout=2, stream=s), ArgumentError, "[0, 1]"),
    (lambda x, s: T.nnet.attention(x, x, x, mode="no"), ArgumentError, 'mode is "inverted" or "scale"'),
    (lambda x, s: T.nnet.attention(T.imatrix("i"), x, x), GraphTypeError, "q holds floats"),
    (lambda x, s: T.nnet.attention(x, T.vector("k"), x), GraphTypeError, "k holds floats and has two axes"),
    (lambda x, s: T.nnet.attention(x, x, x, T.imatrix("m")), GraphTypeError, "a mask holds truth values"),
    (lambda x, s: T.nnet.attention(x, x, x, np.ones((2, 5))), ShapeError, "a mask stretches to (..., queries, keys)"),
    (lambda x, s: T.nnet.attention(x, T.matrix("k", shape=(6, 7)), x), ShapeError, "sizes 4 and 7 differ"),
    (lambda x, s: T.nnet.attention(x, x, x, scale=x), GraphTypeError, "scale is one number"),
])  # fmt: skip
def test_what_is_refused(call, kind, says):
    """Each by one sentence, at the user's line."""
    with pytest.raises(kind, match=re.escape(says)) as caught:
        call(T.matrix("x", shape=(6, 4)), sd.RandomStream(seed=1))
    assert "test_attention.py" in str(caught.value)


@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_sizes_that_turn_out_not_to_fit(backend):
    """Values for other keys, or a mask for them, are refused in the call."""
    q, k, v = variables(2)
    f = sd.function([q, k, v], T.nnet.attention(q, k, v), backend=backend)
    with pytest.raises(ShapeError):
        f(np.ones((3, 2)), np.ones((4, 2)), np.ones((5, 2)))
    with pytest.raises(ShapeError):
        f(np.ones((3, 2)), np.ones((4, 3)), np.ones((4, 2)))


@pytest.mark.parametrize("given", [
    {},
    {"is_causal": True, "scale": 0.7},
    {"bias": RNG.normal(size=(1, 4, 5, 6))},
    {"mask": RNG.random((2, 1, 5, 6)) > 0.3, "bias": RNG.normal(size=(2, 4, 5, 6))},
    {"local_window_size": (2, 1)},
    {"local_window_size": 2, "is_causal": True},
    {"query_seq_lengths": np.array([3, 5], "int32"), "key_value_seq_lengths": np.array([4, 6], "int32")},
    {"query_seq_lengths": np.array([3, 5], "int32"), "bias": RNG.normal(size=(1, 4, 5, 6))},
])  # fmt: skip
def test_the_layout_of_jax(given):
    """Positions before heads: jax's values and slopes; heads of keys serve two heads of queries each."""
    jax = pytest.importorskip("jax")
    q, k, v = (RNG.normal(size=size).astype("float32") for size in ((2, 5, 4, 3), (2, 6, 2, 3), (2, 6, 2, 3)))
    given = {name: one.astype("float32") if name == "bias" else one for name, one in given.items()}
    x = T.tensor("float32", (None, None, 4, None))
    made = T.nnet.dot_product_attention(x, k, v, **given)
    value, slope = sd.function([x], [made, sd.grad((made**2).sum(), x)])(q)

    # As one program: each operation by itself would be one.
    @jax.jit
    def reference(q):
        value, pull = jax.vjp(lambda q: jax.nn.dot_product_attention(q, k, v, **given), q)
        return value, pull(2 * value)[0]

    expected, expected_slope = reference(q)
    np.testing.assert_allclose(value, expected, atol=2e-6)
    np.testing.assert_allclose(slope, expected_slope, atol=2e-5)


@pytest.mark.parametrize(("given", "error", "says"), [
    ({"mask": np.ones((5, 5))}, GraphTypeError, "what is added is a bias"),
    ({"local_window_size": "2"}, ArgumentError, "one integer or two"),
    ({"local_window_size": (1, 2, 3)}, ArgumentError, "one integer or two"),
    ({"key_value_seq_lengths": 2.5}, GraphTypeError, "lengths of sequences are integers"),
])  # fmt: skip
def test_what_the_layout_of_jax_refuses(given, error, says):
    """While the graph is built."""
    x = T.tensor("float32", (2, 5, 4, 3))
    with pytest.raises(error, match=says):
        T.nnet.dot_product_attention(x, x, x, **given)
    with pytest.raises(GraphTypeError, match="length, heads, depth"):
        T.nnet.dot_product_attention(T.matrix(), x, x)
