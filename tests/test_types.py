"""Dtypes and static shapes: promotion, weak numbers, and sizes that are known, unknown or stretched."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.graph import toposort
from symdrop.types import DTYPES, TensorType, broadcast_shapes, dtype_name, float_dtype, promote

STORED = [dtype for dtype in DTYPES if dtype != "float16"]

# Dtypes.


@pytest.mark.parametrize("first", STORED)
def test_promotion_is_numpys(first):
    """Two arrays meet in the dtype NumPy says, and so do an array and a weak Python number, but for floats."""
    for second in STORED:
        expected = np.result_type(first, second).name
        assert promote([TensorType(first, ()), TensorType(second, ())]) == expected
        assert (T.tensor(first, (2,)) + T.tensor(second, (2,))).dtype == expected
    x = T.tensor(first, (2,))
    for number in (np.True_, 2, 0.5):
        expected = np.result_type(first, bool(number) if isinstance(number, np.bool_) else number).name
        if number == 0.5 and first[0] != "f":
            # Where NumPy has float64: what no float array is part of is floatX.
            expected = "float32"
        assert (x + number).dtype == expected, (first, number)
        assert (number + x).dtype == expected
        assert promote([x.type, T.as_tensor_variable(number).type]) == expected
        if isinstance(number, np.bool_):
            continue
        assert sd.function([x], x + number)(np.ones(2, first)).dtype == expected


def test_weak_numbers_meet():
    """Two Python numbers stay weak; together with an array they take its dtype, however they were combined."""
    x = T.fvector("x")
    two_thirds = T.as_tensor_variable(2) / 3
    assert two_thirds.type.weak
    assert (x * two_thirds).dtype == "float32"
    np.testing.assert_array_equal((x * two_thirds).eval({x: [1.0]}), np.float32([1]) * np.float32(2 / 3))


def test_sizes_are_weak():
    """x.shape[0] is a Python number in NumPy, so float32 / x.shape[0] stays float32."""
    x = T.fmatrix("x")
    mean = x.sum() / x.shape[0]
    assert mean.dtype == "float32" and (x.shape[0] * x).dtype == "float32"
    assert mean.eval({x: [[1, 2], [3, 4]]}) == 5
    assert (x.shape[0] + 1).dtype == "int64"


def test_numpy_scalars_are_not_weak():
    """NumPy's scalars keep their dtypes as in NumPy 2, but np.float64 is a Python float, as in torch.

    It is a subclass of float, and what ``0.1 * np.cos(t)`` gives.
    """
    x, d = T.fvector("x"), T.dvector("d")
    assert (x * np.float64(0.1)).dtype == (np.float64(0.1) * x).dtype == (x - 0.1 * np.cos(3)).dtype == "float32"
    assert T.switch(x > 0, np.float64(1), np.float64(0)).dtype == T.full((2,), np.float64(1)).dtype == "float32"
    assert (x * np.float32(0.1)).dtype == "float32" and (d * np.float32(0.1)).dtype == "float64"
    assert (d * np.float64(0.1)).eval({d: [1.0]}) == 0.1
    assert (x * np.int64(2)).dtype == (x * np.ones(2)).dtype == (x * np.ones(())).dtype == "float64"
    w = sd.shared(np.ones(2, "float32"))
    sd.function([], updates={w: w * np.float64(0.5)})()
    assert w.get_value().tolist() == [0.5, 0.5]


def test_a_shared_python_float_takes_floatX():
    """A rate kept in a state does not widen a float32 graph into an update that is refused."""
    assert sd.shared(0.1).dtype == "float32" and sd.shared(0.1).get_value() == np.float32(0.1)
    with sd.config.change(floatX="float64"):
        assert sd.shared(0.1).dtype == "float64" and sd.shared(0.1).get_value() == 0.1
    assert sd.shared(np.float64(0.5)).dtype == sd.shared(np.array(0.5)).dtype == sd.shared([0.5]).dtype == "float64"
    assert sd.shared(3).dtype == "int64" and sd.shared(np.float32(3)).dtype == "float32"
    rate, w = sd.shared(0.5), sd.shared(np.ones(2, "float32"))
    sd.function([], updates={w: w - rate * sd.grad(T.sum(w**2), w), rate: rate * 0.5})()
    assert w.get_value().tolist() == [0, 0] and rate.get_value() == 0.25


def of_integers():
    """Floats made of integers, truth values, sizes and Python numbers alone."""
    x, i, b, n = T.fmatrix("x"), T.ivector("i"), T.bvector("b"), T.lscalar("n")
    size, made = x.shape[0], []
    for whole in (i, b, n, T.tensor("uint64", (2,)), x > 0, size, T.tensor("bool", ())):
        made += [whole * 0.5, 0.5 + whole, whole / 2, 2 / whole, whole / whole, T.exp(whole), T.sqrt(whole), whole**0.5]
        made += [T.maximum(whole, 0.0), T.clip(whole, 0.0, 1.0), T.mean(whole), T.var(whole), T.std(whole)]
        made += [T.switch(whole > 1, 1.0, 0.0), T.switch(whole > 1, whole, 0.5), T.nnet.sigmoid(whole), whole % 1.5]
    made += [1.0 - T.eq(x, 0), 1.0 - T.eq(b, i), T.switch(x > 0, 1.0, 0.0).sum(), T.mean(T.eq(i, b)), i.sum() / size]
    made += [T.arange(size) / size, T.nnet.softmax(i), T.norm(i), T.logsumexp(i), T.cumsum(i * 0.5), (i * 0.1).max()]
    made += [T.as_tensor_variable(0.5), T.exp(0.5), T.sum(0.5), T.stack([0.5, 1.5]), T.dot(i, i * 0.5), T.max(0.5)]
    made += [T.full((2,), 0.5), T.broadcast_to(0.5, (2,)), T.repeat(0.5, 2), sd.ifelse(size > 1, 1.0, 0.0)]
    made += [T.arange(0.0, 1.0, 0.1), T.linspace(0, 1, 3), T.constant(0.5), T.concatenate([i * 0.5, i]), T.zeros(2)]
    return made


@pytest.mark.parametrize("floatX", ["float32", "float64"])
def test_floats_of_integers_are_floatX(floatX):
    """Nothing that says no precision widens: a Python float that meets integers, and quotients of these, are floatX."""
    with sd.config.change(floatX=floatX):
        for made in of_integers():
            assert made.dtype == floatX, made
    assert sd.function([], 0.5)().dtype == sd.function([], T.exp(0.5))().dtype == "float32"


def test_what_contains_them_updates_a_float32_state():
    """The updates of the issue: masks, comparisons, choices and quotients leave a float32 update float32."""
    w = sd.shared(np.ones(3, "float32"))
    x, i = T.fvector("x"), T.ivector("i")
    updates = w + (x > 0) * 0.5 + (1.0 - T.eq(i, 1)) + T.switch(i > 1, 1.0, 0.0).sum() + i / 2 + i.mean() + T.exp(0 * i)
    sd.function([x, i], updates={w: updates * (i.shape[0] / 2) * (x.sum() / i.shape[0])})([1, 0, 2], [1, 2, 3])
    x, i = np.array([1, 0, 2.0]), np.array([1, 2, 3])
    expected = 1 + (x > 0) * 0.5 + (1.0 - (i == 1)) + 2 + i / 2 + 2 + 1
    np.testing.assert_allclose(w.get_value(), expected * 1.5 * 1, rtol=1e-6)


def test_floats_of_integers_lose_no_digits_in_float64():
    """floatX is what they are alone; with float64 arrays they are computed in float64 from the first number on."""
    d, i = T.dvector("d"), T.ivector("i")
    values, n = np.array([7, 3, 16777217], "int32"), i.shape[0]
    for made, expected in (
        (1.0 / n, 1 / 3),
        (i * 0.1, values * 0.1),
        (T.switch(i > 5, 0.1, 0.2) * 0.3, np.where(values > 5, 0.1, 0.2) * 0.3),
        (T.sqrt(2), np.sqrt(2)),
        (i / 3, values / 3),
        (i.mean(), values.mean()),
        ((T.switch(i > 5, 0.1, 0.2)).sum(), np.where(values > 5, 0.1, 0.2).sum()),
        (T.constant([1, 2, 3]) / 10, np.array([1, 2, 3]) / 10),
        (T.as_tensor_variable(0.1).dimshuffle("x") * i, 0.1 * values),
        (sd.ifelse(n > 2, 0.1, 0.2), 0.1),
        (T.exp(i % 5), np.exp(values % 5.0)),
        (T.cast(n * 0.1, "float64"), 3 * 0.1),
        (T.cast(0.1, "float64"), 0.1),
    ):
        product = d * made
        assert product.dtype == "float64"
        needed = [v for v in (d, i) if v in set(toposort([product]))]
        found = sd.function(needed, product)(*[{d: np.ones(3), i: values}[v] for v in needed])
        np.testing.assert_allclose(found, np.broadcast_to(expected, 3), rtol=1e-15)


def test_comparisons_with_python_floats_are_exact():
    """A comparison widens nothing, so large integers are told apart from floats as NumPy does."""
    i = T.lvector("i")
    values = [2**24, 2**24 + 1, 2**24 + 2]
    assert T.gt(i, 2.0**24 + 0.5).eval({i: values}).tolist() == [False, True, True]
    assert not T.gt(i, 0.5).type.weak


def test_weak_floats_do_not_lose_their_fraction_in_states_of_integers():
    """A float of sizes alone takes the dtype of a float state; it is refused for a state of integers."""
    x = T.fvector("x")
    n, f = sd.shared(3), sd.shared(np.zeros((), "float64"))
    sd.function([x], updates={f: x.shape[0] * 0.1}, on_unused_input="ignore")([1, 2, 3])
    assert f.get_value() == 3 * 0.1
    with pytest.raises(TypeError, match="must have the same type"):
        sd.function([x], updates={n: x.shape[0] * 0.5})
    with pytest.raises(TypeError, match=r"0\.5 does not fit into int64"):
        sd.function([], updates={n: 0.5})
    with pytest.raises(TypeError, match="Cannot convert Type"):
        sd.function([x], n * 2, givens={n: x.shape[0] * 0.5})


def test_python_integers_that_do_not_fit():
    """300 does not fit into int8: NumPy 2 refuses, and so do we, while building."""
    x = T.bvector("x")
    assert (x + 100).dtype == "int8"
    with pytest.raises(TypeError, match="300 does not fit into int8"):
        x + 300
    with pytest.raises(TypeError, match="-1 does not fit into uint8"):
        T.tensor("uint8", (2,)) * -1
    with pytest.raises(TypeError, match="does not fit into 64 bits"):
        x + 2**70


@pytest.mark.parametrize("value", [300, -129, [1, 300], np.array([[1, -200]]), np.int64(128)])
def test_constants_that_do_not_fit(value):
    """A constant of an integer dtype holds the integers that were written down, and says which one it cannot hold."""
    with pytest.raises(sd.errors.GraphTypeError, match=r"does not fit into int8.*test_types"):
        T.constant(value, "int8")
    if np.ndim(value) == 0:
        with pytest.raises(sd.errors.GraphTypeError, match="does not fit into int8"):
            T.full((2,), value, dtype="int8")
    assert T.constant(value, "int16").value.tolist() == np.asarray(value).tolist()
    assert T.cast(T.constant(value), "int8").eval().tolist() == np.asarray(value).astype("int8").tolist()


def test_floats_keep_all_digits():
    """A Python float is rounded once, to the dtype it meets: 0.1 in a float64 expression is 0.1."""
    x = T.dscalar("x")
    assert (x * 0.1).eval({x: 1.0}) == 0.1
    assert (T.cast(x, "float32") * 0.1).eval({x: 1.0}) == np.float32(0.1)


def test_integer_division_and_functions():
    """/ of integers and functions of them are floatX; // stays integer."""
    i, b = T.ivector("i"), T.bvector("b")
    assert (i / i).dtype == (b / b).dtype == T.exp(i).dtype == T.exp(b).dtype == "float32"
    assert (i // 2).dtype == "int32" and (i % 2).dtype == "int32"
    assert (i // 2).eval({i: [-7, 7]}).tolist() == [-4, 3] and (i % 3).eval({i: [-7, 7]}).tolist() == [2, 1]
    assert (T.fvector() * (i > 0)).dtype == "float32"
    assert [float_dtype(dtype) for dtype in ("bool", "int16", "int32", "float32", "float16")] == [
        "float32", "float32", "float32", "float32", "float32",
    ]  # fmt: skip


def test_reduction_dtypes():
    """Sums of bool and integers are 64 bits wide, floats keep their dtype, argmax is int64."""
    for dtype, expected in (("bool", "int64"), ("int8", "int64"), ("uint8", "uint64"), ("float32", "float32")):
        x = T.tensor(dtype, (None, None))
        assert x.sum().dtype == expected
        assert x.sum().eval({x: np.ones((2, 2), dtype)}).dtype == expected
    assert T.ivector().argmax().dtype == "int64" and T.fvector().max().dtype == "float32"
    assert T.fvector().mean().dtype == "float32" and T.lvector().mean().dtype == "float32"


def test_float16_is_for_storage():
    """float16 goes in and out; arithmetic with it is float32, and nothing is silently computed in half precision."""
    h = T.tensor("float16", (None,), "h")
    assert (h + 1).dtype == "float32" and T.exp(h).dtype == "float32" and (h * h).dtype == "float32"
    assert (h * T.dvector()).dtype == "float64"
    assert h[1:].dtype == h.reshape((2, -1)).dtype == "float16"
    value = np.array([1, 2], "float16")
    assert sd.function([h], h[::-1])(value).dtype == "float16"
    assert T.cast(T.fvector("x"), "float16").dtype == "float16"
    state = sd.shared(value)
    sd.function([], updates={state: T.cast(state * 2, "float16")})()
    assert state.get_value().tolist() == [2, 4] and state.get_value().dtype == "float16"


@pytest.mark.parametrize("bad", ["complex64", "complex128", complex, np.complex64])
def test_complex_is_refused_clearly(bad):
    """Complex dtypes are refused where they enter, with advice."""
    for attempt in (
        lambda: T.tensor(bad, (2,)),
        lambda: T.cast(T.vector("x"), bad),
        lambda: sd.shared(np.zeros(2, bad)),
        lambda: T.vector("x") + np.zeros(2, bad),
        lambda: T.constant(np.zeros(2, bad)),
    ):
        with pytest.raises(TypeError, match=r"dtype complex\d+ is not supported.*real and imaginary"):
            attempt()


def test_a_complex_number_is_refused():
    """A Python complex number cannot stand in an expression either."""
    with pytest.raises(TypeError, match="complex128 is not supported"):
        T.vector("x") + 1j


def test_other_dtypes_are_refused():
    """Strings, objects and dates are not dtypes of tensors."""
    for bad in ("object", "U3", "datetime64[s]", "no such", object):
        with pytest.raises(TypeError, match=r"is not supported|is not a dtype"):
            T.tensor(bad, (2,))
    for value in ("text", None, {"a": 1}, [[1], [1, 2]], object()):
        with pytest.raises(TypeError):
            T.vector("x") + value


def test_dtype_names():
    """Dtypes may be given as names, NumPy dtypes, Python types, in either byte order."""
    assert [dtype_name(dtype) for dtype in (bool, int, float, np.int8, np.dtype(">f4"), "f8")] == [
        "bool", "int64", "float64", "int8", "float32", "float64",
    ]  # fmt: skip


def test_types_print():
    """Types print as dtype and sizes, and compare without regard to weakness."""
    assert str(TensorType("float32", (None, 3))) == "float32[?, 3]"
    assert TensorType("int64", (), weak=True) == TensorType("int64", ())
    matrix = TensorType("float32", (None, 3))
    assert matrix.accepts(TensorType("float32", (2, 3))) and not TensorType("float32", (2, 3)).accepts(matrix)


# Static shapes and broadcasting.


def test_broadcast_shapes():
    """An axis stretches only if its size is known to be 1; unknown against a number is that number."""
    assert broadcast_shapes([(None, 1), (5,)]) == (None, 5)
    assert broadcast_shapes([(None,), (5,)]) == (5,)
    assert broadcast_shapes([(None,), (1,)]) == (None,)
    assert broadcast_shapes([(), (2, 3)]) == (2, 3)
    assert broadcast_shapes([(0,), (1,)]) == (0,)
    with pytest.raises(ValueError, match="sizes 2 and 3 of axis -1 do not broadcast"):
        broadcast_shapes([(2,), (3,)])


def test_known_sizes_that_differ():
    """Known sizes that differ are an error while building, naming both operands and the line."""
    with pytest.raises(sd.errors.ShapeError, match=r"mul\(a: float32\[2, 3\], b: float32\[2\]\).*test_types\.py:\d+"):
        T.matrix("a", shape=(2, 3)) * T.vector("b", shape=(2,))


def test_lower_rank_is_padded_on_the_left():
    """A vector is a row to a matrix, as in NumPy."""
    x, v = T.dmatrix("x"), T.dvector("v")
    assert (x + v).type.shape == (None, None)
    np.testing.assert_array_equal((x + v).eval({x: [[1, 2], [3, 4]], v: [10, 20]}), [[11, 22], [13, 24]])


def test_static_axes_stretch():
    """Rows, columns, keepdims, dimshuffle and literal sizes of 1 stretch; broadcastable tells which do."""
    x, row, col = T.dmatrix("x"), T.drow("row"), T.dcol("col")
    assert row.broadcastable == (True, False) and col.broadcastable == (False, True)
    assert (row + col).broadcastable == (False, False)
    values = {row: [[1, 2, 3]], col: [[10], [20]]}
    np.testing.assert_array_equal((row + col).eval(values), [[11, 12, 13], [21, 22, 23]])
    centred = x - x.mean(axis=0, keepdims=True)
    np.testing.assert_array_equal(centred.eval({x: [[1, 2], [3, 6]]}), [[-1, -2], [1, 2]])


@pytest.mark.parametrize("shapes", [((5,), (1,)), ((1,), (5,)), ((5,), (4,))])
@pytest.mark.parametrize("build", [
    lambda x, y: x + y,
    lambda x, y: T.exp(x) + T.exp(y),
    lambda x, y: T.exp(x) * T.sin(y) - x,
    lambda x, y: T.where(x > 0, y, 0.0),
    lambda x, y: T.maximum(T.exp(x), T.sqrt(T.exp(y)) + 1),
])  # fmt: skip
def test_unknown_sizes_never_stretch(build, shapes):
    """A size of 1 that only shows when running is an error naming both operands, never a silent broadcast."""
    x, y = T.dvector("x"), T.dvector("y")
    f = sd.function([x, y], build(x, y))
    with pytest.raises(sd.errors.ShapeError, match=r"shape \(\d,\) of .* and shape \(\d,\) of .* differ") as caught:
        f(np.ones(shapes[0]), np.ones(shapes[1]))
    assert "test_types.py" in str(caught.value)
    f(np.ones(3), np.ones(3))


def test_sizes_that_only_running_tells():
    """The same where a size is that of a product, a transpose, a join, a mask's selection or a declared column."""
    x, m, column = T.dvector("x"), T.dmatrix("m"), T.dcol("column")
    ones = np.ones
    cases = [
        ([m, x], T.tanh(m @ x) + T.exp(x), (ones((3, 3)), ones(3)), (ones((1, 3)), ones(3))),
        ([m], T.exp(m) + T.exp(m).T, (ones((2, 2)),), (ones((1, 2)),)),
        ([x, m], T.exp(T.concatenate([x, x])) + T.exp(m[0]), (ones(1), ones((3, 2))), (ones(1), ones((3, 1)))),
        ([x, m], T.exp(x[x > 0]) + T.exp(m[0]), (np.array([1.0, -1.0]), ones((1, 1))), (ones(2), ones((1, 1)))),
        ([column, m], T.exp(column) * T.exp(m), (ones((2, 1)), ones((2, 3))), (ones((1, 1)), ones((2, 3)))),
        ([m, x], T.where(m > 0, x, 0.0) - m, (ones((2, 3)), ones(3)), (ones((2, 3)), ones(1))),
    ]
    for inputs, node, good, bad in cases:
        f = sd.function(inputs, node)
        f(*good)
        with pytest.raises(sd.errors.ShapeError, match="differ"):
            f(*bad)
        f(*good)


def test_the_hint_about_stretching():
    """Where a 1 is involved, the error says how to make an axis stretch."""
    x, y = T.dmatrix("x"), T.dmatrix("y")
    f = sd.function([x, y], x + y)
    with pytest.raises(ValueError, match=r"T\.row, T\.col, shape=\(1, None\), keepdims=True"):
        f(np.ones((3, 4)), np.ones((1, 4)))
    with pytest.raises(ValueError) as caught:
        f(np.ones((3, 4)), np.ones((2, 4)))
    assert "T.row" not in str(caught.value)
    assert "'x' of type float64[?, ?]" in str(caught.value) and "'y' of type float64[?, ?]" in str(caught.value)
