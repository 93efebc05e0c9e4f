"""Automatic vectorization: a function mapped over a batch computes what a Python loop over the batch computes."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, IndexingError, ShapeError
from symdrop.graph import Graph, Node
from symdrop.op import INPUT, Batched, as_node, evaluate, lookup, registry
from symdrop.ops.batching import Batching
from symdrop.ops.decompositions.matrices import MatrixFunction
from symdrop.ops.numpy_maths import NUMPY
from symdrop.types import TensorType

BATCH = 4
BACKENDS = ("numpy", "native")


def number_of_loops(f):
    return sum(node.op.name == "scan" for node in f.stages["rewritten"].nodes())


# Every op: its batching rule, or the loop in its place, against its formula on one example after the other.


def samples():
    rng = np.random.default_rng(5)
    for name, op in sorted(registry.items()):
        if op.module.split(".")[0] != "symdrop" or (op.samples_rule is None and op.kind != "elementwise"):
            continue
        if op.kind == "elementwise":
            dtype = {"bool": "bool", "integer": "int32", "discrete": "int32"}.get(op.accepts, "float64")
            params = {"dtype": "float32"} if "dtype" in op.parameters else {}
            params |= {name: value for name, value in (("low", -0.7), ("high", 0.7)) if name in op.parameters}
            if op.samples_rule is not None:
                params = next(iter(op.samples_rule(rng, dtype)))[1]
            cases = [([rng.uniform(*op.domain, (2, 3)).astype(dtype) for _ in range(op.arity)], params)]
        else:
            cases = op.samples_rule(rng, "float64")
        for number, (arrays, params) in enumerate(cases):
            yield pytest.param(op, [np.asarray(array) for array in arrays], params, id=f"{name}-{number}")


def variations(array, op):
    """As many arrays of the same shape as there are examples; of floats, with the same elements in another order.

    A matrix that may not be singular, or is positive definite, stays so where it is multiplied.
    """
    if isinstance(op, MatrixFunction):
        return np.stack([array * (k + 1) for k in range(BATCH)])
    rolls = range(BATCH) if array.dtype.kind == "f" else [0] * BATCH
    return np.stack([np.roll(array, k) for k in rolls])


def variable(array, batch=False):
    shape = tuple(1 if size == 1 else None for size in array.shape)
    return Node(INPUT, (), TensorType(str(array.dtype), (None, *shape) if batch else shape))


@pytest.mark.parametrize("op, arrays, params", [*samples()])
def test_every_op_is_vectorized(op, arrays, params):
    """Rules are written op by op, so each is tried on the op's own samples, with one operand mapped, and with all."""
    chosen = [k for k, array in enumerate(arrays) if array.dtype.kind == "f"] or list(range(len(arrays)))
    for mapped in {frozenset([k]) for k in chosen} | {frozenset(chosen)}:
        batches = {k: variations(arrays[k], op) for k in mapped}
        one = {k: variable(arrays[k]) for k in mapped}
        all_of_them = {k: variable(arrays[k], batch=True) for k in mapped}
        node = op(*(one.get(k, array) for k, array in enumerate(arrays)), **params)
        outputs = [node] if node.items is None else [lookup("item")(node, index=k) for k in range(len(node.items))]
        found = Batching(outputs, as_node(BATCH), {one[k]: Batched(all_of_them[k], True) for k in mapped})
        for output in outputs:
            value, batched = found[output]
            assert value.dtype == output.dtype and value.ndim == output.ndim + batched
            with np.errstate(all="ignore"):
                given = {all_of_them[k]: batches[k] for k in mapped}
                (got,) = evaluate(Graph([*given], [value]), NUMPY, given)
                for example in range(BATCH):
                    given = {one[k]: batches[k][example] for k in mapped}
                    (want,) = evaluate(Graph([*given], [output]), NUMPY, given)
                    np.testing.assert_allclose(got[example] if batched else got, want, rtol=1e-12, atol=1e-12)


# Functions, on both back ends, with their gradients.

RNG = np.random.default_rng(0)
W = RNG.normal(size=(3, 2))
X, Y = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 3))
I = np.array([0, 1, 2, 1, 0])


def inner_loop(x, w):
    states, _ = sd.scan(lambda e, s: T.tanh(e + s @ w @ w.T), T.stack([x, 2 * x]), T.zeros(3, "float64"))
    return states


def until_negative(x, w):
    values, _ = sd.scan(lambda s: (s - 1, sd.until(s < 0)), outputs_info=T.abs(x[0]) * 3, n_steps=9)
    return values.sum()


# A function of one example, its mapped arguments, and how many loops stand in what it becomes.
FUNCTIONS = {
    "affine": (lambda x, w: T.tanh(x @ w), (X,), 0),
    "two arguments": (lambda x, y, w: (x * y).sum() + w[0, 0] * x[0], (X, Y), 0),
    "outer": (lambda x, y, w: T.outer(x, y) @ w, (X, Y), 0),
    "dot": (lambda x, y, w: T.dot(x, y) * w, (X, Y), 0),
    "left": (lambda x, w: w.T @ x, (X,), 0),
    "reductions": (lambda x, w: x.max() + x.min() + x.mean() + T.prod(x) + T.logsumexp(x), (X,), 0),
    "an index of its own": (lambda x, i, w: x[i] * w[i], (X, I), 0),
    "rows of a table": (lambda i, w: w[i], (I,), 0),
    "slices": (lambda x, w: T.concatenate([x[::-1], x[1:], w[:, 0]]), (X,), 0),
    "mixed index": (lambda x, i, w: T.outer(x, x)[T.stack([i, 0]), :][:, T.stack([i, i, 1])], (X, I), 0),
    "shared index arrays": (lambda x, w: T.outer(x, x)[np.array([0, 2]), np.array([1, 1])], (X,), 0),
    "set": (lambda x, i, w: T.set_subtensor(x[i], w[0, 0]), (X, I), 0),
    "one hot": (lambda i, w: T.inc_subtensor(T.zeros(3, "float64")[i], w[0, 0]), (I,), 0),
    "sort": (lambda x, w: T.sort(x) * w[:, 0], (X,), 0),
    "cumulative": (lambda x, w: T.cumsum(x) + T.cumprod(x), (X,), 0),
    "shapes": (lambda x, w: T.tile(x.reshape((-1, 1)), (1, 2)) * T.arange(x.shape[0]).dimshuffle(0, "x"), (X,), 0),
    "diagonal": (lambda x, w: T.diag(x) @ w, (X,), 0),
    "softmax": (lambda x, w: T.log(T.nnet.softmax(x @ w)), (X,), 0),
    "labels": (lambda x, i, w: T.nnet.softmax_crossentropy(x.dimshuffle("x", 0), i.dimshuffle("x")).sum(), (X, I), 0),
    "a shared choice": (lambda x, w: sd.ifelse(w[0, 0] > 0, x * 2, T.exp(x)), (X,), 0),
    "a choice of its own": (lambda x, w: sd.ifelse(x[0] > 0, x * 2, T.exp(x)), (X,), 1),
    "a loop": (inner_loop, (X,), 1),
    "a loop that stops": (until_negative, (X,), 1),
    "nested": (lambda x, w: sd.vmap(lambda e: T.exp(e) * x.sum() + w[0])(x), (X,), 0),
    "its own gradient": (lambda x, w: sd.grad(T.sum(T.tanh(x @ w) ** 2), w), (X,), 0),
    "gradient of a loop": (lambda x, w: sd.grad(inner_loop(x, w).sum(), w), (X,), 2),
    "ragged": (lambda x, i, w: x[:i].sum() + w[0, 0], (X, I), 1),
    "constant": (lambda x, w: w * 2, (X,), 0),
}  # fmt: skip


def variables(arrays):
    return [T.tensor(str(array.dtype), (None,) * array.ndim) for array in arrays]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_batch_is_a_python_loop(name, backend):
    """Values, and gradients with respect to what is mapped and what is shared."""
    fn, mapped, loops = FUNCTIONS[name]
    w = T.dmatrix("w")
    batch, one = variables(mapped), variables([array[0] for array in mapped])
    mapping = sd.vmap(fn, (*(0 for _ in mapped), None))
    whole, single = mapping(*batch, w), fn(*one, w)
    f = sd.function([*batch, w], whole, backend=backend, on_unused_input="ignore")
    by_hand = sd.function([*one, w], single, backend="numpy", on_unused_input="ignore")
    want = [by_hand(*examples, W) for examples in zip(*mapped, strict=True)]
    np.testing.assert_allclose(f(*mapped, W), np.stack(want), rtol=1e-12)
    assert number_of_loops(f) == loops

    wrt = [v for v in (*batch, w) if v.dtype == "float64"]
    ones = [v for v in (*one, w) if v.dtype == "float64"]
    weights = [np.cos(np.arange(value.size).reshape(value.shape) + k) for k, value in enumerate(want)]
    g = T.tensor("float64", (None,) * whole.ndim)
    h = T.tensor("float64", (None,) * single.ndim)
    slopes, slope = (
        sd.function(
            inputs, sd.grad(cost.sum(), variables, disconnected_inputs="ignore"), backend=run, on_unused_input="ignore"
        )
        for inputs, cost, variables, run in (
            ([*batch, w, g], whole * g, wrt, backend), ([*one, w, h], single * h, ones, "numpy"),
        )
    )  # fmt: skip
    got = slopes(*mapped, W, np.stack(weights))
    found = [slope(*examples, W, weight) for *examples, weight in zip(*mapped, weights, strict=True)]
    for value, examples in zip(got[:-1], list(zip(*found, strict=True))[:-1], strict=True):
        np.testing.assert_allclose(value, np.stack(examples), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(got[-1], np.sum([examples[-1] for examples in found], axis=0), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_axes_and_collections(backend):
    """Every argument and every result says where its examples lie; collections are mapped leaf by leaf."""
    x, y, w = T.tensor3("x", dtype="float64"), T.dmatrix("y"), T.dvector("w")

    def fn(pair, scale, *, shift):
        first, rest = pair
        return {"sum": first + rest["b"] * scale, "both": [first * 2, (shift, None)]}

    out_axes = {"sum": 1, "both": (0, -1)}
    made = sd.vmap(fn, ((2, {"b": -1}), None), out_axes)((x, {"b": y}), w, shift=y.T)
    assert made["both"][1][1] is None
    f = sd.function([x, y, w], [made["sum"], made["both"][0], made["both"][1][0]], backend=backend)
    a, b, c = RNG.normal(size=(3, 2, 4)), RNG.normal(size=(2, 4)), RNG.normal(size=2)
    total, double, shift = f(a, b, c)
    np.testing.assert_allclose(total, np.stack([a[:, :, k] + b[:, k] * c for k in range(4)], axis=1))
    np.testing.assert_allclose(double, np.moveaxis(a, 2, 0) * 2)
    np.testing.assert_allclose(shift, b)


def test_what_all_examples_share():
    """A result that depends on no example may be returned once, and only such a one."""
    x, w = T.dmatrix("x"), sd.shared(W, "w")
    shared, mapped = sd.vmap(lambda e: (w.sum(), e), out_axes=(None, 0))(x)
    assert shared.ndim == 0 and mapped.ndim == 2
    with pytest.raises(GraphTypeError, match=r"out_axes says None for the result, .*, which differs from example"):
        sd.vmap(lambda e: e, out_axes=None)(x)


def test_nested_over_different_axes():
    """All pairs: the outer function maps one argument, the inner one the other."""
    x, y = T.dmatrix("x"), T.dmatrix("y")
    pairs = sd.vmap(lambda a: sd.vmap(lambda b: T.sum((a - b) ** 2))(y))(x)
    got = sd.function([x, y], pairs)(X, Y[:2])
    np.testing.assert_allclose(got, ((X[:, None] - Y[None, :2]) ** 2).sum(-1))


def test_no_examples():
    """A batch of none has the shape of one."""
    x = T.dmatrix("x")
    got = sd.function([x], sd.vmap(lambda e: T.outer(e, e))(x))(np.zeros((0, 3)))
    assert got.shape == (0, 3, 3)


# Draws.


@pytest.mark.parametrize("backend", BACKENDS)
def test_different_draws_are_those_of_a_scan(backend):
    """An example's number is folded into the key as an iteration's is, so that masks can be replayed alike."""
    x = T.dmatrix("x")

    def noisy(stream):
        def fn(e):
            return sd.dropout(e, p=0.5, stream=stream) + stream.normal(size=e.shape) * T.tanh(e)

        return fn

    mapped = sd.vmap(noisy(sd.RandomStream(seed=3)), randomness="different")(x)
    looped, _ = sd.map(noisy(sd.RandomStream(seed=3)), x)
    f, g = (sd.function([x], made, training=True, backend=backend) for made in (mapped, looped))
    for _ in range(2):
        np.testing.assert_array_equal(f(X), g(X))


@pytest.mark.parametrize("backend", BACKENDS)
def test_nested_draws_are_those_of_nested_scans(backend):
    """The outermost first, as loops are counted."""
    x = T.dmatrix("x")

    def nested(over, stream):
        return over(lambda row: over(lambda e: e + stream.uniform(size=(2,), dtype="float64"), row), x)

    mapped = nested(lambda fn, values: sd.vmap(fn, randomness="different")(values), sd.RandomStream(seed=3))
    looped = nested(lambda fn, values: sd.map(fn, values)[0], sd.RandomStream(seed=3))
    f, g = (sd.function([x], made, backend=backend) for made in (mapped, looped))
    np.testing.assert_array_equal(f(X), g(X))


def test_the_same_draw_for_all():
    """One mask serves the whole batch; parameters may differ all the same."""
    x = T.dmatrix("x")
    stream = sd.RandomStream(seed=3)
    mask, shifted = sd.vmap(
        lambda e: (stream.bernoulli(p=0.5, size=(8,)), e.sum() + stream.normal(mean=e[0], size=(), dtype="float64")),
        randomness="same", out_axes=(None, 0),
    )(x)  # fmt: skip
    f = sd.function([x], [mask, shifted])
    assert f(X)[0].shape == (8,)
    noise = f(X)[1] - X.sum(1) - X[:, 0]
    np.testing.assert_allclose(noise, noise[0])


def test_draws_are_refused_unless_asked_for():
    """Silently equal, or silently different, masks would be somebody's surprise; inside of loops too."""
    x, stream = T.dmatrix("x"), sd.RandomStream(seed=3)
    with pytest.raises(ArgumentError, match=r"the function draws bernoulli\(.*randomness='different' draws anew"):
        sd.vmap(lambda e: sd.dropout(e, p=0.5, stream=stream))(x)
    with pytest.raises(ArgumentError, match="the function draws"):
        sd.vmap(lambda e: sd.map(lambda v: v + stream.normal(size=(), dtype="float64"), e)[0])(x)
    outside = stream.normal(size=(3,), dtype="float64")
    assert sd.vmap(lambda e: e + outside)(x).ndim == 2, "a draw made outside is a value like any other"


# Laziness, and what is said about loops.


def test_a_side_not_chosen_is_not_computed():
    """An example that has no element 2 chooses the side that asks for none."""
    x, n = T.dmatrix("x"), T.ivector("n")
    fn = lambda e, k: sd.ifelse(k < 3, e[k], e.sum())
    f = sd.function([x, n], sd.vmap(fn)(x, n))
    np.testing.assert_allclose(f(X, [0, 9, 1, 7, 2]), [X[0, 0], X[1].sum(), X[2, 1], X[3].sum(), X[4, 2]])


def test_why_names_ops_without_a_batching_rule():
    """Who wonders about the time learns which op is computed example by example."""
    x, stream = T.dmatrix("x"), sd.RandomStream(seed=3)
    y = sd.vmap(lambda e: T.tanh(e) + stream.normal(size=e.shape), randomness="different")(x)
    assert "standard_normal example by example: there is no batching rule" in sd.inspect.why(sd.function([x], y), y)
    z = sd.vmap(T.tanh)(x)
    assert "example by example" not in sd.inspect.why(sd.function([x], z), z)


def test_rows_of_unequal_sizes_are_refused():
    """They are no array; the call says so."""
    x, n = T.dmatrix("x"), T.ivector("n")
    f = sd.function([x, n], sd.vmap(lambda e, k: e[:k])(x, n))
    assert f(X[:2], [2, 2]).shape == (2, 2)
    with pytest.raises(ShapeError):
        f(X[:2], [1, 2])


# Bad input.

MISTAKES = {
    "no axis 1": (lambda x: sd.vmap(lambda e: e, 1)(x[0]), IndexingError, r"argument\[0\], .* has no axis 1 .*; None"),
    "no axis 7": (lambda x: sd.vmap(lambda e: e, out_axes=7)(x), IndexingError, "the result, .* has no axis 7"),
    "a scalar": (lambda x: sd.vmap(lambda e: e)(2.0), IndexingError, "has no axis 0"),
    "entries": (lambda x: sd.vmap(lambda e: e, (0, 0))(x), GraphTypeError, "in_axes has 2 entries, .* 1 arguments"),
    "nothing mapped": (lambda x: sd.vmap(lambda e: e, None)(x), ArgumentError, "no argument is mapped"),
    "no arguments": (lambda x: sd.vmap(lambda: x)(), ArgumentError, "no argument is mapped"),
    "a fraction": (lambda x: sd.vmap(lambda e: e, 0.5)(x), GraphTypeError, "an axis or None, not 0.5"),
    "a bool": (lambda x: sd.vmap(lambda e: e, True)(x), GraphTypeError, "an axis or None, not True"),
    "another form": (lambda x: sd.vmap(lambda e: e, ((0, 1),))([x]), GraphTypeError, "does not have the form"),
    "another result": (lambda x: sd.vmap(lambda e: "x")(x), GraphTypeError, "the result is 'x'"),
    "sizes": (lambda x: sd.vmap(lambda a, b: a)(T.zeros((3, 2)), T.zeros(4)), ShapeError, "axis 0 of .* 3 .*axis 0"),
    "a word": (lambda x: sd.vmap(lambda e: e, randomness="yes"), ArgumentError, "'error', 'different' or 'same'"),
    "no function": (lambda x: sd.vmap(x), GraphTypeError, "fn is"),
    "torch's word": (lambda x: sd.vmap(lambda e: e, in_dims=0), GraphTypeError, "in_axes"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name):
    """One sentence each, with the argument, what was expected, and the user's line."""
    call, error, text = MISTAKES[name]
    with pytest.raises(error, match=text) as raised:
        call(T.dmatrix("x"))
    assert "test_vmap.py" in str(raised.value)


def test_sizes_that_only_a_call_knows():
    """Then the call refuses, naming the argument."""
    x, y = T.dmatrix("x"), T.dmatrix("y")
    f = sd.function([x, y], sd.vmap(lambda a, b: a + b)(x, y))
    with pytest.raises(ShapeError, match=r"vmap: argument\[1\], .* must have as many examples as the others"):
        f(X, Y[:3])
