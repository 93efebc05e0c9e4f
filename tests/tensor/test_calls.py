"""Functions with a gradient, a name or a batching rule of their own, functions computed twice, and Python functions.

What a call means is what its graph means, written in its place; what its rules say is seen in gradients alone.
"""

import pickle
import re

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native.cache_entry import fingerprint
from symdrop.backends.native.jit.target import host
from symdrop.errors import ArgumentError, GraphTypeError, NotDifferentiableError, ShapeError

BACKENDS = ["native", "numpy"]
V = np.array([0.1, -0.2, 0.3])
X = T.dvector("x")


@sd.custom_gradient
def tenfold(a, b):
    """Two values in a dict, with gradients of its own; what was computed is used again."""
    u = T.exp(a["u"])
    return {"p": u * b, "q": T.sin(b)}, lambda g: ({"u": 10 * g["p"] * u * b}, None)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_custom_gradient_is_used_instead(backend):
    """Values are those of the function; an argument without a cotangent gets none, whatever it goes into."""
    made = tenfold({"u": X}, X + 1)
    cost = T.sum(made["p"]) + T.sum(made["q"])
    f = sd.function([X], [made["p"], made["q"], sd.grad(cost, X)], backend=backend)
    p, q, slope = f(V)
    np.testing.assert_allclose(p, np.exp(V) * (V + 1))
    np.testing.assert_allclose(q, np.sin(V + 1))
    np.testing.assert_allclose(slope, 10 * np.exp(V) * (V + 1))
    assert not [node for node in f.stages["rewritten"].nodes() if node.op.name == "call"]


def test_a_custom_gradient_has_derivatives_of_its_own():
    """The pullback is graph: differentiated again, forwards, and for a batch."""
    through = sd.custom_gradient(lambda x: (T.round(x), lambda g: g * x))
    s, v = T.dscalar("s"), T.dscalar("v")
    y = through(s)
    slope = sd.grad(y, s)
    assert slope.eval({s: 2.4}) == 2.4 and sd.grad(slope, s).eval({s: 2.4}) == 1
    assert sd.jvp(y, s, v).eval({s: 2.4, v: 10.0}) == 24
    each = sd.grad(T.sum(sd.vmap(through)(X)), X)
    assert each.eval({X: V}).tolist() == V.tolist()
    shared = sd.grad(T.sum(sd.vmap(lambda x: through(s) * x)(X)), s)
    np.testing.assert_allclose(shared.eval({s: 2.4, X: V}), 2.4 * V.sum())
    weighted = sd.custom_gradient(lambda x, w: (x * w, lambda g: (g, g * 100)))
    summed = sd.grad(T.sum(sd.vmap(weighted, in_axes=(0, None))(X, s)), s)
    assert summed.eval({s: 2.4, X: V}) == 300


@sd.composite
def swish(x, beta):
    """Swish with a slope."""
    return x * T.nnet.sigmoid(beta * x)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_composite_is_one_node_until_kernels_are_made(backend):
    """In print, in stages, and differentiated as what it computes; the kernels are those of what stands inside."""
    y = swish(X, 2.0)
    assert str(y + 1) == "swish(x, 2) + 1"
    cost = T.sum(y)
    f = sd.function([X], [y, sd.grad(cost, X)], backend=backend)
    assert [node.params["label"] for node in f.stages["rewritten"].nodes() if node.op.name == "call"] == ["swish"]
    plain = X * T.nnet.sigmoid(2.0 * X)
    expected = sd.function([X], [plain, sd.grad(T.sum(plain), X)], backend="numpy")(V)
    for one, other in zip(f(V), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-15)
    if backend == "native":
        assert "call" not in {node.op.name for node in f.stages["decomposed"].nodes()}
        assert len(f.kernels) == 1


def test_flags_reach_the_inside_of_a_composite():
    """The test function and its gradient hold no draw."""
    stream = sd.RandomStream(seed=3)
    layer = sd.composite(lambda x: sd.dropout(T.tanh(x), p=0.5, stream=stream), name="layer")
    cost = T.sum(layer(X))
    f = sd.function([X], [cost, sd.grad(cost, X)], training=False)
    outside = f.stages["rewritten"].nodes()
    inside = [node for one in outside if "body" in one.params for node in one.params["body"].nodes()]
    assert inside and not f.updates and not [node for node in (*outside, *inside) if node.op.kind == "draw"]
    np.testing.assert_allclose(f(V)[0], np.tanh(V).sum())


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_composite_with_rules(backend):
    """A pullback is given the value too; a batching rule says what is batched."""
    asked = []

    def batched(rows, batched, x, w):
        asked.append(tuple(batched))
        return x * w + 1000, True

    made = sd.composite(
        lambda x, w: x * w, name="scaled", pullback=lambda g, y, x, w: (g * y, None), batching=batched
    )  # fmt: skip
    w = T.dscalar("w")
    f = sd.function([X, w], [sd.grad(T.sum(made(X, w)), X), sd.vmap(lambda x: made(x, w))(X)], backend=backend)
    slope, values = f(V, 3.0)
    np.testing.assert_allclose(slope, 3 * V)
    np.testing.assert_allclose(values, 3 * V + 1000)
    assert asked == [(True, False)]


def test_compiled_composites_are_found_again():
    """Their rules are for gradients, which are taken by then: what is left is written down, and found in the cache."""
    made = sd.composite(lambda x: T.tanh(x) * 7, name="seven", pullback=lambda g, y, x: g * y)
    f = sd.function([X], [made(X), sd.grad(T.sum(made(X)), X)], backend="native")
    np.testing.assert_allclose(f(V)[1], np.tanh(V) * 7)
    (node,) = (node for node in f.stages["rewritten"].nodes() if node.op.name == "call")
    assert node.params["rules"] is None
    assert fingerprint(f.stages["rewritten"], {}, host()).name is not None


def test_functions_with_calls_can_be_pickled():
    """What a call holds is graphs."""
    f = sd.function([X], [swish(X, 2.0), sd.checkpoint(T.tanh)(X)])
    for one, other in zip(pickle.loads(pickle.dumps(f))(V), f(V), strict=True):
        assert (one == other).all()


def layers(wrap, count=6):
    """A deep network: each layer of products and of functions whose values a gradient needs."""
    h = T.dmatrix("h")
    weights = [sd.shared(np.random.default_rng(k).normal(size=(64, 64)) / 8, name=f"W{k}") for k in range(count)]

    def layer(h, w):
        return T.tanh(T.sin(T.tanh(T.sin(T.tanh(h @ w) * 2) @ w) * 2) @ w)

    top = h
    for w in weights:
        top = wrap(layer)(top, w)
    cost = T.sum(top**2)
    return h, cost, sd.grad(cost, weights)


def test_a_checkpoint_has_the_gradient():
    """To rounding, in both back ends, however the parts are ordered."""
    point = np.random.default_rng(0).normal(size=(32, 64))
    found = []
    for wrap, backend in ((lambda f: f, "numpy"), (sd.checkpoint, "numpy"), (sd.checkpoint, "native")):
        h, cost, slopes = layers(wrap)
        found.append(sd.function([h], [cost, *slopes], backend=backend)(point))
    for other in found[1:]:
        for one, expected in zip(other, found[0], strict=True):
            np.testing.assert_allclose(one, expected, rtol=1e-9, atol=1e-12)


def test_a_checkpoint_takes_less_memory():
    """What a layer computes is not there between forward and backward: the plan says so, in bytes."""
    arenas = []
    for wrap in (lambda f: f, sd.checkpoint):
        h, cost, slopes = layers(wrap, 12)
        f = sd.function([h], [cost, *slopes], backend="native")
        assert not [kernel for kernel in f.kernels if "fallback" in kernel]
        arenas.append(f.profile(np.ones((512, 64)), repeats=1).memory.arena)
    assert arenas[1] < 0.6 * arenas[0], arenas


def test_a_checkpoint_draws_once():
    """A mask that is computed again is the same mask."""
    stream = sd.RandomStream(seed=5)
    x = T.dmatrix("x")
    block = sd.checkpoint(lambda v: sd.dropout(T.tanh(v), p=0.5, stream=stream))
    y = block(x * 2)
    f = sd.function([x], [y, sd.grad(T.sum(y), x)], training=True)
    value, slope = f(np.full((20, 20), 0.3))
    assert ((value == 0) == (slope == 0)).all() and 0 < (value == 0).sum() < 400


# Python functions.


@sd.as_op([T.dvector, T.dscalar], [T.dvector, T.lscalar], sizes=lambda x, s: [x, ()],
          pullback=lambda g, y, x, s: (g[0] * s, T.sum(g[0] * x)))  # fmt: skip
def scaled(x, s):
    """A product, made by changing an argument, and where it is largest."""
    x *= s
    return x, x.argmax()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_function_of_arrays_is_an_op(backend):
    """Its arguments are its own, sizes need no computing, and gradients are those it is given."""
    s = T.dscalar("s")
    value, place = scaled(T.exp(X), s)
    f = sd.function([X, s], [value, place, *sd.grad(T.sum(value**2), [X, s])], backend=backend)
    got = f(V, 2.0)
    np.testing.assert_allclose(got[0], 2 * np.exp(V))
    assert got[1] == 2
    np.testing.assert_allclose(got[2], 8 * np.exp(2 * V))
    np.testing.assert_allclose(got[3], 4 * np.exp(2 * V).sum())
    size = sd.function([X, s], value.shape[0], backend=backend, on_unused_input="ignore")
    assert "scaled" not in {node.op.name for node in size.stages["rewritten"].nodes()}
    batch = sd.vmap(lambda x: scaled(x, 3.0)[0])(T.dmatrix("m"))
    assert batch.ndim == 2


def test_results_of_other_types_are_refused_in_the_call():
    """An array that is not what was declared would be read as something else."""
    wrong = sd.as_op([T.dvector], T.dvector, name="wrong_dtype")(lambda x: x.astype("float32"))
    few = sd.as_op([T.dvector], [T.dvector, T.dvector], name="too_few")(lambda x: [x])
    fixed = sd.as_op([T.dvector], T.tensor("float64", (3,)), name="wrong_size")(lambda x: x[:2])
    for made, error, says in (
        (wrong(X), GraphTypeError, "wrong_dtype: result 0 is float32[3], and declared float64[?]"),
        (few(X)[0], ArgumentError, "too_few: the function returned 1 results, not 2"),
        (fixed(X), ShapeError, "wrong_size: result 0 has shape (2,), and is declared float64[3]"),
    ):
        with pytest.raises(error, match=re.escape(says)):
            sd.function([X], made)(V)


@pytest.mark.parametrize("backend", BACKENDS)
def test_callbacks_run_in_the_order_in_which_they_were_written(backend):
    """Values pass unchanged, with their gradients; each is seen once a call, in its form."""
    seen = []

    def note(name):
        return lambda *values: seen.append((name, *values))

    u = sd.callback(note("u"), T.exp(X))
    w, z = sd.callback(note("w"), X * 2, {"k": X + 1})
    total = sd.callback(note("total"), T.sum(u))
    unused = sd.callback(note("unused"), X)
    f = sd.function([X], [total, z["k"], w, sd.grad(total, X)], backend=backend)
    value, _, _, slope = f(V)
    assert [one[0] for one in seen] == ["u", "w", "total"] and unused is not None
    assert seen[1][2]["k"].tolist() == (V + 1).tolist() and seen[2][1] == value
    np.testing.assert_allclose(slope, np.exp(V))


def test_callbacks_in_loops_branches_and_batches():
    """At every step, in the side that is taken, and for every example."""
    seen = []
    look = lambda v: sd.callback(lambda value: seen.append(float(value)), v)
    flag = T.bscalar("flag")
    for made in (sd.scan(lambda r: look(r * 2), X)[0], sd.vmap(lambda r: look(r * 2))(X)):
        assert sd.function([X], made)(V).tolist() == (V * 2).tolist()
        assert seen == (V * 2).tolist()
        seen.clear()
    f = sd.function([flag, X], sd.ifelse(flag, look(X[0]), X[1]))
    f(0, V)
    assert not seen
    f(1, V)
    assert seen == [V[0]]


def test_what_a_callback_keeps_is_its_own():
    """Memory is used again by the next call; what was seen stays what it was. An error ends the call."""
    kept = []
    f = sd.function([X], sd.callback(kept.append, T.exp(X)) + 1)
    f(V), f(2 * V)
    np.testing.assert_allclose(kept, [np.exp(V), np.exp(2 * V)])

    def fail(value):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        sd.function([X], sd.callback(fail, X))(V)


# Clones.


def test_clones_replace_what_they_are_told():
    """At once, so that variables change places; of its own inputs where asked; in the form given."""
    y = T.dvector("y")
    made = sd.clone([T.exp(X) + y, {"k": X}], {X: y, y: X})
    assert str(made[0]) == "exp(y) + x" and made[1]["k"] is y
    own = sd.clone(T.exp(X) + y, share_inputs=False)
    leaves = sd.Graph([X, y], [T.exp(X) + y]).leaves("input")
    assert str(own) == "exp(x) + y" and not set(leaves) & {*own.inputs[0].inputs, *own.inputs}
    assert sd.replace(X * 2, [(X, y)]).eval({y: V}).tolist() == (2 * V).tolist()
    w = sd.shared(V)
    assert sd.clone(w * X, {w: X}).eval({X: V}).tolist() == (V * V).tolist()


def test_copies_of_functions():
    """Over other states, without updates; streams that are left alone do not advance."""
    a, b, stream = sd.shared(1.0, name="a"), sd.shared(10.0, name="b"), sd.RandomStream(seed=1)
    x = T.dscalar("x")
    f = sd.function([x], {"y": a * x + 0 * stream.uniform(size=())}, updates={a: a + 1})
    g, h, same = f.copy(swap={a: b}, name="over b"), f.copy(delete_updates=True), f.copy(share_memory=True)
    assert g(2.0)["y"] == 20 and b.get_value() == 11 and a.get_value() == 1 and g.name == "over b"
    assert h(2.0)["y"] == 2 and not h.updates and same(2.0)["y"] == 2 and f(2.0)["y"] == 4


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: sd.custom_gradient(3), GraphTypeError, "custom_gradient: fn is a function of symbolic values, not 3"),
    (lambda: sd.custom_gradient(lambda x: x)(X), GraphTypeError, "it returns a value and its pullback, not"),
    (lambda: sd.custom_gradient(lambda x: (x, 3))(X), GraphTypeError, "the pullback is a function of symbolic values"),
    (lambda: sd.custom_gradient(lambda x: (x, lambda g: (g, g)))(X), GraphTypeError, "for each of 1 arguments, not"),
    (lambda: sd.custom_gradient(lambda x: (x, lambda g: T.sum(g)))(X), ShapeError, "the cotangent of argument 0 is"),
    (lambda: sd.custom_gradient(lambda x: (x * 1.0, lambda g: g))(T.lscalar("k")), GraphTypeError, "has no gradient"),
    (lambda: sd.composite(T.tanh, name=3), GraphTypeError, "composite: name is a text, not 3"),
    (lambda: sd.composite(T.tanh, pullback=3), GraphTypeError, "composite: pullback is a function"),
    (lambda: sd.composite(lambda x: "x", name="bad")(X), GraphTypeError, "composite 'bad': the value"),
    (lambda: sd.checkpoint(lambda x: ())(X), ArgumentError, "the value is (), which holds no value"),
    (lambda: sd.as_op(T.dvector, T.dvector), GraphTypeError, "as_op: inputs is a list of types, not"),
    (lambda: sd.as_op([3], T.dvector), GraphTypeError, "as_op: input 0 is a variable, or a function that makes one"),
    (lambda: sd.as_op([T.dvector], []), ArgumentError, "as_op: an op has an output at least"),
    (lambda: sd.as_op([T.dvector], T.dvector)(np.exp), GraphTypeError, "an op is declared by a function of arrays"),
    (lambda: scaled(X), ArgumentError, "scaled(x: float64[?]): it takes 2 arguments, not 1"),
    (lambda: scaled(X, T.lscalar("k")), GraphTypeError, "argument 1 is declared float64[], and given int64[]"),
    (lambda: sd.callback(3, X), GraphTypeError, "callback: fn is a function of symbolic values, not 3"),
    (lambda: sd.callback(print), ArgumentError, "callback: values is (), which holds no value"),
    (lambda: sd.clone(X, {3: X}), GraphTypeError, "clone: variables are replaced, not 3"),
    (lambda: sd.clone(X, 3), GraphTypeError, "clone: replacements are a dict or a list of pairs, not 3"),
    (lambda: sd.replace(X, {X: T.dmatrix()}), GraphTypeError, "replace: 'x' of type float64[?]"),
    (lambda: sd.function([X], X).copy(swap={X: X}), GraphTypeError, "copy: shared variables are swapped, not"),
    (lambda: sd.function([X], X).copy(swap={sd.shared(1.0): sd.shared(1.0)}), ArgumentError, "has no state"),
])  # fmt: skip
def test_what_is_wrong_is_told(call, error, says):
    """By the function's own name, at the user's line."""
    with pytest.raises(error, match=re.escape(says)) as caught:
        call()
    assert "test_calls.py" in str(caught.value)


def test_an_op_without_a_pullback_has_no_gradient():
    """It is named."""
    plain = sd.as_op([T.dvector], T.dvector, name="no_slope")(lambda x: x * 2)
    with pytest.raises(NotDifferentiableError, match="no_slope has no gradient"):
        sd.grad(T.sum(plain(X)), X)
