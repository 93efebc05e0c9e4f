"""Bugs that once were: each test says what went wrong."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.op import ops_of_kind, registry, structured
from tests.ops.samples import unknown_slopes


def test_arrays_of_the_other_byte_order_keep_their_values():
    """Constants and states kept the byte order they came in: equal bytes merged, and masks chose bytes in disorder."""
    numbers = np.array([1, 2], ">i4")
    bytes_of_others = T.constant(numbers.view("<i4"))
    a, b = sd.function([], [T.constant(numbers), bytes_of_others])()
    assert a.tolist() == [1, 2] and b.tolist() == numbers.view("<i4").tolist()
    assert a.dtype == np.dtype("int32")

    kept = T.bvector("kept")
    state = sd.shared(np.array([1.5, 2.5], ">f8"))
    f = sd.function([kept], T.where(kept > 0, state, 0.0))
    assert state.get_value().dtype.isnative
    assert f(np.array([1, 0], "int8")).tolist() == [1.5, 0.0]


def test_a_chosen_minus_zero_stays_minus_zero():
    """A choice of the literal -0.0 was taken for one of 0, which has another sign."""
    x = T.dvector("x")
    f = sd.function([x], T.where(x > 0, x, -0.0))
    assert np.signbit(f([1.0, -1.0])).tolist() == [False, True]


def test_ops_of_one_name_are_different_ops():
    """Defining an op anew, as a notebook does, made nodes of the old op compute the new one or the other way round."""

    def times(factor):
        @sd.elementwise
        def defined_anew(m, x):
            "Several times x."
            return m.multiply(x, factor)

        return defined_anew

    def rows(factor):
        @structured
        def structured_anew(m, x):
            "Several times x."
            return x * factor

        structured_anew.infer(lambda x: x.type)
        return structured_anew

    x = T.dvector("x")
    try:
        assert [y.tolist() for y in sd.function([x], [times(2)(x), times(3)(x)])([1.0])] == [[2.0], [3.0]]
        assert [y.tolist() for y in sd.function([x], [rows(2)(x), rows(3)(x)])([1.0])] == [[2.0], [3.0]]
    finally:
        for name in ("defined_anew", "structured_anew"):
            registry.pop(name, None)


def test_jacobian_of_no_elements_has_the_shape_of_its_rows():
    """Without rows, sizes that only running tells were taken to be 0, and its gradient had no elements."""
    x, w = T.dvector("x"), T.dmatrix("w")
    rows = sd.jacobian(x * w.sum(), w)
    slope = sd.grad((rows * w.sum()).sum(), w)
    found, size, g = sd.function([x, w], [rows, rows.shape[2], slope])(np.zeros(0), np.ones((2, 3)))
    assert found.shape == (0, 2, 3) and size == 3
    assert g.tolist() == np.zeros((2, 3)).tolist()


def test_gradient_through_a_jacobian_of_no_elements():
    """The rows' shares in the gradient of what they use were stacked to the wrong shape where there were none."""
    x, w = T.dvector("x"), T.dmatrix("w")
    rows = sd.jacobian(x * (w**3).sum(), w)
    f = sd.function([x, w], sd.grad((rows**2).sum(), w))
    assert f(np.zeros(0), np.ones((2, 3))).tolist() == np.zeros((2, 3)).tolist()


def test_dropout_keeps_the_dtype_of_float16():
    """Scaling made float16 activations float32, except where p is 0."""
    x = T.tensor("float16", (None,), "x")
    for mode in ("inverted", "scale"):
        for p in (0, 0.5, T.scalar("p")):
            assert sd.dropout(x, p=p, stream=sd.RandomStream(seed=1), mode=mode).dtype == "float16"


def test_shared_axes_may_be_a_numpy_integer():
    """An axis computed by NumPy was refused as something that cannot be iterated over."""
    x = T.matrix("x")
    h = sd.dropout(x, p=0.5, stream=sd.RandomStream(seed=1), shared_axes=np.int64(0))
    rows = sd.function([x], h, training=True)(np.ones((3, 50), "float32"))
    assert (rows == rows[0]).all() and 0 < (rows[0] == 0).sum() < 50


def test_givens_may_use_a_computed_input():
    """A computed variable among the inputs was computed again where givens referred to it."""
    x, y = T.dvector("x"), T.dvector("y")
    h = T.tanh(x)
    f = sd.function([h], h + y, givens={y: h * 2})
    assert f([1.0]).tolist() == [3.0]


def test_errors_of_a_call_show_constants_too():
    """The note that names the inputs of a failing step called every constant an object of no shape."""
    x = T.dvector("x")
    f = sd.function([x], x[np.array([0, 5])])
    try:
        f([1.0])
    except IndexError as error:
        assert "constant: int64[2]" in error.__notes__[0]
    else:
        raise AssertionError("no error")


def test_notes_pair_inputs_with_their_own_values():
    """A literal is no value of the program; the operands after it must not move into its place."""
    x, i = T.dmatrix("x"), T.lscalar("i")
    f = sd.function([x, i], T.where(x[i] > 0, 0.0, x[i]))
    with pytest.raises(IndexError) as caught:
        f(np.ones((2, 3)), 5)
    assert "subtensor(x: float64[2, 3], i: int64[])" in "".join(caught.value.__notes__)


def test_a_keyword_that_could_mean_two_inputs_means_neither():
    """Two variables may have one name; silently taking the last would be a wrong answer."""
    a, b = T.dscalar("a"), T.dscalar("a")
    f = sd.function([a, b], a - b)
    assert f(3.0, 1.0) == 2
    with pytest.raises(TypeError, match="has no input 'a'"):
        f(3.0, a=1.0)


@pytest.mark.parametrize("select", [lambda p, i: p[i], lambda p, i: p.dimshuffle(0, "x"), lambda p, i: p[::2]])
def test_logarithm_of_selected_complements_of_a_sigmoid(select):
    """log((1 - sigmoid(x))[i]) was -inf at 1000, and its gradient NaN, once 1 - sigmoid(x) was left as it stands."""
    x, i = T.dvector("x"), T.lvector("i")
    y = T.log(select(1 - T.nnet.sigmoid(x), i))
    f = sd.function([x, i], [y, sd.grad(y.sum(), x)], on_unused_input="ignore")
    value, slope = f([1000.0, 3.0, -1000.0], [0, 2])
    assert np.allclose(np.ravel(value)[[0, -1]], [-1000, 0])
    assert np.isfinite(slope).all() and np.isclose(slope[0], -1)


def test_dropout_on_a_state_of_known_size_is_no_hindrance_in_testing():
    """The branch without the mask knew less of its sizes than the state, and the gradient could not be compiled."""
    x = T.dmatrix("x")
    W = sd.shared(np.random.default_rng(0).normal(size=(3, 3)))
    stream = sd.RandomStream(seed=1)

    def slope(change, **flags):
        states, _ = sd.scan(lambda row, h: T.tanh(change(h) @ W + row), x, T.zeros(3, "float64"))
        return sd.function([x], sd.grad((states**2).sum(), W), **flags)(np.ones((4, 3)))

    plain = slope(lambda h: h)
    assert np.allclose(slope(lambda h: sd.dropout(h, p=0.5, stream=stream), training=False), plain)


def test_operators_with_a_number_on_the_left():
    """``2 << n``, ``2 >> n`` and ``divmod(7, n)`` were TypeErrors: the reflected operators were missing."""
    n = T.lvector("n")
    f = sd.function([n], [100 << n, 100 >> n, *divmod(100, n)])
    values = np.array([1, 2, 3])
    expected = [100 << values, 100 >> values, *divmod(100, values)]
    assert [got.tolist() for got in f(values)] == [each.tolist() for each in expected]


def test_functions_of_truth_values_have_gradients():
    """The gradient of a cost that goes through abs of a truth value asked for the sign of one: a GraphTypeError.

    Every elementwise op that accepts truth values is tried.
    """
    x = T.dvector("x")
    for op in ops_of_kind("elementwise"):
        if op.module.startswith("symdrop.") and op.accepts == "any" and not op.formula.__code__.co_kwonlyargcount:
            if unknown_slopes(op) or (op.module.endswith("barriers") and op.pull_rule is None):
                continue
            cost = T.sum(T.cast(op(*[x > 0] * op.arity), "float64"))
            slope = sd.grad(cost, x, disconnected_inputs="ignore")
            assert not sd.function([x], slope, on_unused_input="ignore")([1.0, -1.0]).any(), op


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_a_loop_without_steps_reads_no_elements(backend):
    """A sequence shorter than its taps reach was refused, though the loop makes no step: -1 elements for 0 steps."""
    x, y = T.dvector("x"), T.dvector("y")
    pairs, _ = sd.scan(lambda a, b, c, d: a * b + c * d, [{"input": x, "taps": [-1, 0]}, {"input": y, "taps": [0, 1]}])
    last, _ = sd.reduce(lambda a, b, s: a * b + s, {"input": x, "taps": [-1, 0]}, T.constant(1.0, dtype="float64"))
    f = sd.function([x, y], [pairs, last, sd.grad(pairs.sum() + last + (x**2).sum(), x)], backend=backend)
    assert [got.tolist() for got in f(np.zeros(0), np.zeros(0))] == [[], 1.0, []]
    assert [got.tolist() for got in f(np.ones(1), np.zeros(0))] == [[], 1.0, [2.0]]
    assert [got.tolist() for got in f(np.ones(3), np.ones(3))] == [[2.0, 2.0], 3.0, [4.0, 6.0, 4.0]]
    for shapes in ((0, 2), (2, 0), (2, 1)):
        with pytest.raises(ValueError, match="as many steps"):
            f(*map(np.ones, shapes))


def test_gradient_of_a_loop_that_captures_float16():
    """The cotangents of a captured float16 value were summed as float16 from zeros of float32: a GraphTypeError.

    They are summed in float32: beyond 4096 float16 does not count on by 1.5.
    """
    scale = T.tensor("float16", (None,), "scale")
    rows, _ = sd.scan(lambda k: T.cast(k, "float32") * 1.5 * T.cast(scale, "float32"), sequences=T.arange(4001) * 0 + 1)
    slope = sd.function([scale], sd.grad(rows.sum(), scale))(np.ones(2, "float16"))
    assert slope.astype("float16").tolist() == [np.float16(6001.5)] * 2

    x, halves, d = T.dmatrix("x"), T.dmatrix("halves"), T.dmatrix("d")
    (same, _), _ = sd.scan(lambda a: [a, T.cast(halves, "float16")], outputs_info=[x, None], n_steps=4)
    moved = sd.jvp(sd.grad((same**2).sum(), [x]), [x], [d])
    one = np.ones((1, 1))
    assert sd.function([x, halves, d], moved, on_unused_input="ignore")(one, one, one)[0].tolist() == [[8.0]]


def test_stability_rules_leave_sizes_alone():
    """Computing in a wider dtype converted all operands of a broadcast integer, its sizes too: a GraphTypeError."""
    x, i = T.dmatrix("x"), T.ivector("i")

    def step(row):
        changed = T.set_subtensor(T.nnet.softmax(row, axis=0)[None, 0, 9::2], 1)
        return [T.cast(0.5 * T.tanh(changed) + 0.25 * row, "float64")] * 2

    (states, _), _ = sd.scan(step, outputs_info=[x[i, -10:7], None], n_steps=0)
    f = sd.function([x, i], sd.grad(states.sum(), x), on_unused_input="ignore")
    assert f(np.ones((2, 2)), np.array([1], "int32")).tolist() == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "int64", "float16", "float32"])
@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_products_of_vectors_in_loops_keep_their_dtype(dtype, backend):
    """Products of every step became one sum, which grows small integers to 64 bits: a GraphTypeError."""
    x = T.tensor(dtype, (None, None), "x")
    rows, _ = sd.scan(lambda row: T.dot(row, row), x)
    value = np.array([[100, 3], [0, 1]]).astype(dtype)
    alone = [T.dot(T.constant(row), T.constant(row)) for row in value]
    expected = sd.function([], alone, backend=backend)()
    found = sd.function([x], rows, backend=backend)(value)
    assert found.dtype == expected[0].dtype
    np.testing.assert_array_equal(found, expected)
