"""Operations composed of others mean what NumPy's of the same name mean: values, dtypes' kinds, sizes, and gradients.

Arrays of a case become variables, whose sizes are once known and once not; NumPy's function of the same arguments is
the oracle. Floats take part in a gradient test, since a composition may hide a wrong pullback at its edges.
"""

import warnings

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.graph import Node

RNG = np.random.default_rng(11)
V3, V4, W4 = RNG.normal(size=3), RNG.normal(size=4), RNG.normal(size=4)
M, N = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4))
C = RNG.normal(size=(2, 3, 4))
I4, J4 = RNG.integers(-5, 6, 4), RNG.integers(-5, 6, 4)
B4 = I4 > 0
AT = np.array([0.0, 1.0, 1.5, 4.0])
HOLES = np.where(RNG.random((3, 4)) < 0.3, np.nan, M)
NAN = (
    "nansum", "nanprod", "nancumsum", "nancumprod", "nanmax", "nanmin", "nanargmax", "nanargmin", "nanmean", "nanvar",
    "nanstd", "nanmedian",
)  # fmt: skip
METHODS = ("linear", "lower", "higher", "midpoint", "nearest")
PADS = (
    "constant", "edge", "reflect", "symmetric", "wrap", "maximum", "minimum", "mean", "median", "linear_ramp",
)  # fmt: skip
EDGES = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0])


def case(name, *args, **kwargs):
    """A call, of NumPy's function and of ours."""
    return pytest.param(name, args, kwargs, id=name)


def edge(name, *args, **kwargs):
    """A call at a point where the result jumps or bends, so that it has no gradient to compare."""
    return pytest.param(name, args, kwargs, id=f"{name}-edge")


CASES = [
    *(case(name, [V3, V3]) for name in ("vstack", "hstack", "dstack", "column_stack")),
    *(case(name, (M, N)) for name in ("vstack", "hstack", "dstack", "column_stack")),
    case("column_stack", [V3, M]),
    case("hstack", [V3, V4]),
    case("vstack", [V4, M]),
    case("atleast_3d", 2.0), case("atleast_3d", V3), case("atleast_3d", M), case("atleast_3d", C),
    case("append", M, N), case("append", M, N, axis=0), case("append", V3, 2.0), case("append", M, N, 1),
    case("block", [[M, N], [N, M]]), case("block", [V3, 1.0, V4]), case("block", [[M], [V4]]), case("block", M),
    case("block", [[[C, C]], [[C, C]]]),
    case("array_split", np.arange(7.0), 3), case("array_split", M, 2, axis=1), case("array_split", M, 5),
    case("array_split", np.arange(7.0), [2, 5]), case("array_split", np.arange(7.0), [-2]),
    case("hsplit", M, 2), case("hsplit", V4, 2), case("hsplit", M, [1, 3]), case("vsplit", M, 3),
    case("vsplit", M, [2]), case("dsplit", C, 2), case("dsplit", C, [1]),
    case("roll", V4, 1), case("roll", M, 3), case("roll", M, -1, 0), case("roll", M, (1, 2), (0, 1)),
    case("roll", M, 6, axis=1), case("roll", M, (1, -2), axis=(1, 0)), case("roll", np.zeros(0), 3),
    case("roll", M, 2, (0, 1)),
    *(case("rot90", M, k) for k in (-1, 0, 1, 2, 3, 5)), case("rot90", C, 1, (2, 0)), case("rot90", C, -1, axes=(1, 2)),
    case("flipud", M), case("fliplr", M), case("flipud", V3),
    case("diff", V4), case("diff", M, 2), case("diff", M, axis=0), case("diff", V4, 0), case("diff", V4, 5),
    case("diff", M, prepend=0.0), case("diff", M, append=N), case("diff", B4), case("diff", I4, prepend=7, append=1),
    case("trapezoid", V4), case("trapezoid", M, V4), case("trapezoid", M, V3, axis=0), case("trapezoid", M, N),
    case("trapezoid", M, dx=0.5), case("trapezoid", C, axis=1),
    case("unwrap", 5 * V4), case("unwrap", 9 * M), case("unwrap", 9 * M, axis=0), case("unwrap", V4, 4.0),
    case("unwrap", 20 * V4, period=7.0), case("unwrap", np.array([0, np.pi, 2 * np.pi, 0, -np.pi])),
    case("broadcast_arrays", V4, M), case("broadcast_arrays", M, V3[:, None], 2.0),
    case("meshgrid", V3, V4), case("meshgrid", V3, V4, indexing="ij"), case("meshgrid", V3, V4, V3[:2]),
    case("meshgrid", V3, V4, sparse=True), case("meshgrid", V3),
    case("ix_", np.array([0, 2]), np.array([1, 3])), case("ix_", np.array([True, False, True]), np.array([1])),
    case("vander", V3), case("vander", V3, 5), case("vander", V3, 2, increasing=True), case("vander", I4, 3),
    case("polyval", [1.0, -2.0, 0.5], M), case("polyval", V3, 2.0),
    case("vdot", M, N), case("vdot", I4, J4),
    case("vecdot", M, N), case("vecdot", M, V4), case("vecdot", M, N, axis=0),
    case("matvec", M, V4), case("matvec", C, V4), case("vecmat", V3, M), case("vecmat", N[:2, :3], C),
    case("kron", V3, V4), case("kron", M, N), case("kron", M, V3), case("kron", 2.0, M), case("kron", C, M),
    case("cross", V3, V3[::-1].copy()), case("cross", M.T, N.T), case("cross", M, N, axis=0),
    case("cross", C, C[0], axisa=1, axisb=0), case("cross", C, C[0], axisa=1, axisb=0, axisc=0),
    *(case("convolve", a, b, mode) for mode in ("full", "same", "valid") for a, b in ((V3, V4), (V4, V3))),
    *(case("convolve", V4, V3[:2], mode) for mode in ("full", "same", "valid")),
    *(case("correlate", a, b, mode) for mode in ("full", "same", "valid") for a, b in ((V3, V4), (V4, V3))),
    case("convolve", I4, J4), case("correlate", V4, V3),
    case("isclose", EDGES[:, None], EDGES), case("isclose", M, M + 1e-9), case("isclose", EDGES, EDGES, equal_nan=True),
    case("isclose", I4, J4), case("allclose", M, M * (1 + 1e-7)), case("allclose", M, N, 10.0, 1.0),
    case("array_equal", M, M), case("array_equal", M, N), case("array_equal", M, V4),
    case("array_equal", EDGES, EDGES, True),
    case("isin", I4, J4), case("isin", I4, J4, invert=True), case("isin", I4.reshape(2, 2), [1, 2]),
    case("count_nonzero", I4), case("count_nonzero", M > 0, axis=1), case("count_nonzero", M > 0, 0, keepdims=True),
    case("flatnonzero", I4), case("argwhere", M > 0), case("isposinf", EDGES), case("isneginf", EDGES),
    case("tri", 3), case("tri", 3, 4, 1), case("tril_indices", 3), case("tril_indices", 3, -1),
    case("tril_indices", 3, 1, 5), case("triu_indices", 3), case("triu_indices", 4, 1, 3),
    case("indices", (2, 3)), case("indices", (2, 3), sparse=True),
    case("logspace", 0.0, 2.0, 5), case("logspace", V3[0], V3[1], 4, base=2.0), case("geomspace", 1.0, 256.0, 9),
    case("average", M), case("average", M, 0), case("average", M, 1, np.abs(V4)), case("average", M, weights=np.abs(N)),
    case("average", M, 0, np.abs(V3), returned=True), case("average", I4, weights=J4 + 6),
    case("average", M, returned=True),
    case("median", V3), case("median", V4), case("median", M, 0), case("median", C, (0, 2), keepdims=True),
    edge("median", EDGES), case("median", I4),
    *(case("quantile", M, 0.3, axis, method=method) for axis in (None, 0, 1) for method in METHODS),
    edge("quantile", M, np.array([0.0, 0.25, 1.0]), 1), case("quantile", C, [0.1, 0.9], (0, 1), keepdims=True),
    case("percentile", M, 30.0, 0), case("percentile", V4, [10, 50]),
    case("cov", M), case("cov", M, N), case("cov", M, rowvar=False), case("cov", V4), case("cov", V4, W4),
    case("cov", M, bias=True),
    case("cov", M, ddof=0), case("corrcoef", M), case("corrcoef", M, N), case("corrcoef", V4, W4), case("corrcoef", V4),
    case("bincount", np.abs(I4)), case("bincount", np.abs(I4), W4), case("bincount", np.abs(I4), minlength=9),
    case("bincount", np.array([], int)), case("searchsorted", np.sort(V4), M),
    case("searchsorted", np.sort(I4), J4, "right"),
    case("digitize", M, np.sort(V4)), case("digitize", J4, np.sort(I4), right=True),
    case("histogram", M), case("histogram", M, 4, (-1.0, 1.0)), case("histogram", M, np.sort(V4)),
    case("histogram", I4, 3),
    case("histogram", M, 5, weights=N), case("histogram", M, 5, density=True), edge("histogram", np.ones(3), 2),
    *(edge(name, HOLES) for name in NAN),
    *(edge(name, HOLES, 1) for name in NAN if name not in ("nanargmax", "nanargmin")),
    *(case(name, M) for name in NAN), *(edge(name, EDGES) for name in ("nansum", "nanmax", "nanmin", "nancumsum")),
    edge("nanmean", HOLES, (0, 1), keepdims=True), edge("nanvar", HOLES, 0, ddof=1), edge("nanquantile", HOLES, 0.3, 0),
    edge("nanquantile", HOLES, 0.7), edge("nanquantile", HOLES, 0.7, 1, keepdims=True),
    case("select", [B4, J4 > 0], [V4, W4]), case("select", [B4, J4 > 0], [V4, 2.0], 7.0),
    case("select", [M > 0], [M], N),
    case("choose", np.abs(I4) % 3, [V4, W4, V4 * 2]), case("choose", I4, [V4, W4], mode="clip"),
    case("choose", I4, [V4, W4], mode="wrap"), case("choose", np.abs(I4) % 2, [M, N]),
    case("compress", np.array([True, False, True]), M, 0), case("compress", B4, M, axis=1), case("compress", B4, V4),
    case("extract", M > 0, M), case("delete", V4, 1), case("delete", M, [0, 2], 1), case("delete", M, slice(0, 2), 0),
    case("delete", M, -1, 0), case("delete", M, [1, 5]), case("delete", V4, [True, False, True, False]),
    case("insert", V4, 1, 9.0), case("insert", V4, [1, 3], [8.0, 9.0]), case("insert", M, 1, V3, axis=1),
    case("insert", M, 1, 5.0, 0), case("insert", M, [1, 2], 5.0, axis=0), case("insert", M, 3, V4, axis=0),
    case("insert", V4, 2, W4), case("insert", V4, [3, 1, 1], [7.0, 8.0, 9.0]), case("insert", M, 2, 1.5),
    case("insert", V4, slice(0, 2), 3.0), case("insert", M, -1, V4, 0), case("insert", V4, [2], [1.0, 2.0]),
    case("unravel_index", np.array([1, 5, 11]), (3, 4)),
    case("ravel_multi_index", (np.array([0, 2]), np.array([1, 3])), (3, 4)),
    case("ravel_multi_index", (I4, J4), (3, 4), mode="wrap"), case("ravel_multi_index", (I4, J4), (3, 4), mode="clip"),
    case("lexsort", (I4, J4)), case("lexsort", (J4 % 3, I4 % 2)), case("lexsort", (I4 % 2, J4, I4)),
    case("unique", I4), case("unique", I4, True, True, True), edge("unique", np.array([np.nan, 1.0, np.nan, 1.0])),
    case("unique", I4.reshape(2, 2), return_inverse=True), case("unique", M > 0, return_counts=True),
    case("unique", np.array([], float)),
    *(case("pad", M, ((1, 2), (3, 0)), mode) for mode in PADS), *(case("pad", I4, (2, 3), mode) for mode in PADS),
    *(case("pad", V3, 5, mode) for mode in ("constant", "edge", "reflect", "symmetric", "wrap")),
    case("pad", M, 1, constant_values=2.0), case("pad", M, (1, 2), constant_values=((1.0, 2.0), (3.0, 4.0))),
    case("pad", M, ((0, 1),), "linear_ramp", end_values=(5.0, -5.0)), case("pad", M, 2, "mean", stat_length=2),
    case("pad", M, 2, "maximum", stat_length=((1, 2), (2, 1))), case("pad", V3, [2], "edge"),
    case("pad", V3[:1], 3, "reflect"),
    case("interp", M, np.sort(V4), W4), case("interp", M, np.sort(V4), W4, -5.0, 5.0),
    case("interp", M, V4, W4, period=1.5),
    edge("interp", np.sort(V4), np.sort(V4), W4), case("interp", 0.1, np.sort(V4), W4),
    case("gradient", V4), case("gradient", M), case("gradient", M, 2.0), case("gradient", M, 0.5, AT),
    case("gradient", M, np.array([0.0, 1.0, 3.0]), axis=0), case("gradient", C, axis=(1, 2)),
    case("gradient", M, AT, axis=-1),
    case("geomspace", -2.0, -32.0, 5), case("broadcast_shapes", (3, 1), (2,), 5 * (1,)),
    *(case(name, 7) for name in ("bartlett", "blackman", "hamming", "hanning")),
    case("hanning", 1), case("bartlett", 1),
    case("kaiser", 6, 3.0), case("kaiser", 1, 3.0), case("blackman", 0),
    case("polyadd", V3, V4), case("polysub", V4, V3), case("polymul", V3, V4), case("polymul", I4, J4),
    case("polydiv", V4, V3 + 4), case("polydiv", V3, V4 + 4), case("polyder", V4), case("polyder", I4, 2),
    case("polyint", V4), case("polyint", V3, 2, [1.0, 2.0]), case("poly", V3), case("polyfit", V4, W4, 2),
    case("polyfit", V4, N.T, 1), case("polyfit", V4, W4, 1, w=np.abs(M[0])),
    *(case(name, I4, J4) for name in ("union1d", "intersect1d", "setdiff1d", "setxor1d")),
    *(case(name, I4) for name in ("unique_all", "unique_counts", "unique_inverse")),
    case("ediff1d", M), case("ediff1d", V3, to_end=V4, to_begin=2.0), case("trim_zeros", np.array([0, 0, 1, 0, 2, 0])),
    edge("trim_zeros", np.array([0, 0, 1.5, 0]), "b"), edge("trim_zeros", np.array([0, 0, 1.5, 0]), "f"),
    edge("trim_zeros", np.zeros(3)),
    case("histogram_bin_edges", M, 4), case("histogram_bin_edges", I4, 3, (0.0, 6.0)),
    case("histogram2d", V4, W4), case("histogram2d", V4, W4, (3, np.sort(V4)), density=True),
    case("histogram2d", V4, W4, 3, [[-1.0, 1.0], [-2.0, 2.0]], weights=np.abs(V4)),
    case("tril_indices_from", M), case("triu_indices_from", M, 1), case("diag_indices", 3), case("diag_indices", 2, 3),
    case("diag_indices_from", M[:, :3].copy()), case("diagflat", M[:2, :2].copy(), 1), case("diagflat", V3),
    case("resize", M, (5, 3)), case("resize", V3, 7), case("resize", V3, (1, 2)),
    case("unstack", M), case("unstack", M, axis=1),
    case("rollaxis", C, 2), case("rollaxis", C, 0, 3), case("rollaxis", C, 1, -1), case("matrix_transpose", C),
    case("packbits", B4), case("packbits", I4.reshape(2, 2), 1, "little"), case("packbits", np.arange(20) % 3 == 0),
    case("unpackbits", np.arange(5, dtype="uint8")),
    case("unpackbits", np.arange(6, dtype="uint8").reshape(2, 3), axis=0),
    case("unpackbits", np.arange(5, dtype="uint8"), bitorder="little"),
    case("array_equiv", M, M), case("array_equiv", M, V4), case("array_equiv", M, M[:1]),
    case("nanpercentile", M, 30.0), edge("nanpercentile", HOLES, 30.0, 1),
    case("cumulative_sum", V4), case("cumulative_sum", M, axis=1, include_initial=True), case("cumulative_sum", I4),
    case("cumulative_prod", V4, include_initial=True), case("cumulative_prod", M, axis=0),
    case("float_power", np.abs(M), N), case("float_power", np.abs(I4) + 1, -2), edge("angle", EDGES),
    case("angle", M, True), case("angle", I4),
    case("isreal", M), case("iscomplex", M), case("imag", M), case("astype", M, "int64"), case("copy", M),
    case("around", M, 1), case("round", M, 2), case("round", I4 * 7, -1),
    case("around", 100 * M, -1), case("round", EDGES, 1),
    case("spacing", M), case("spacing", EDGES),
]  # fmt: skip
# By which the result jumps, or that are no floats.
NO_GRADIENT = {
    "isclose", "allclose", "array_equal", "isposinf", "isneginf", "count_nonzero", "argwhere", "isin", "unwrap",
    "searchsorted", "digitize", "histogram", "unique", "nanargmax", "nanargmin", "unique_all", "unique_counts",
    "unique_inverse", "unique_values", "histogram2d", "histogram_bin_edges", "array_equiv", "isreal", "iscomplex",
    "around", "round", "spacing", "angle", "astype", "tril_indices_from", "triu_indices_from", "diag_indices_from",
}  # fmt: skip
SMOOTH = [one for one in CASES if one.values[0] not in NO_GRADIENT and not one.id.endswith("-edge")]


def symbolic(given, arrays, known):
    """The argument with variables for its arrays, which are collected."""
    if isinstance(given, np.ndarray):
        shape = given.shape if known else [1 if size == 1 else None for size in given.shape]
        arrays.append((T.tensor(given.dtype.name, tuple(shape)), given))
        return arrays[-1][0]
    if isinstance(given, list | tuple):
        return type(given)(symbolic(one, arrays, known) for one in given)
    return given


def flat(made):
    """The nodes or numbers of a result in order."""
    if isinstance(made, list | tuple):
        return [one for part in made for one in flat(part)]
    return [made]


def needs_sizes(name):
    """Those that ask for a size while the graph is built: elements of vectors, places in an axis."""
    return name in {
        "cross", "polyval", "delete", "insert", "unstack", "poly", "polyadd", "polysub", "polydiv", "diag_indices_from"
    }  # fmt: skip


@pytest.mark.parametrize("name", dict.fromkeys(one.values[0] for one in CASES))
@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_values_are_numpys(name, backend):
    """Of known and of unknown sizes; a float stays one, an integer too.

    One function computes all cases of a name, since compiling is what takes the time here.
    """
    # To the NumPy back end known sizes are nothing special.
    tried = (True,) if needs_sizes(name) else (True, False) if backend == "native" else (False,)
    arrays, outputs, expected = [], [], []
    for args, kwargs in (one.values[1:] for one in CASES if one.values[0] == name):
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            values = flat(getattr(np, name)(*args, **kwargs))
        for known in tried:
            own = []
            with sd.config.change(floatX="float64"):
                made = flat(getattr(T, name)(*symbolic(args, own, known), **symbolic_of(kwargs, own, known)))
                outputs += map(T.as_tensor_variable, made)
            call = f"{name}(*{args}, **{kwargs}), sizes {'known' if known else 'unknown'}"
            if own and not (kwargs and isinstance(getattr(np, name), np.ufunc)):
                by_numpy = flat(getattr(np, name)(*symbolic(args, [], known), **symbolic_of(kwargs, [], known)))
                assert [type(one) for one in by_numpy] == [type(one) for one in made], call
            assert len(made) == len(values), call
            expected += [(value, call) for value in values]
            arrays += own
    f = sd.function([v for v, _ in arrays], outputs, backend=backend, on_unused_input="ignore")
    for one, (value, call) in zip(f(*[value for _, value in arrays]), expected, strict=True):
        assert one.shape == np.shape(value) and one.dtype.kind == np.asarray(value).dtype.kind, call
        np.testing.assert_allclose(one, value, rtol=1e-12, atol=1e-13, err_msg=call)


def symbolic_of(kwargs, arrays, known):
    return {key: symbolic(value, arrays, known) for key, value in kwargs.items()}


@pytest.mark.numpy_alone
@pytest.mark.parametrize(("name", "args", "kwargs"), SMOOTH)
def test_gradients_are_those_of_differences(name, args, kwargs):
    """By every array of floats, all results together."""
    arrays = []
    symbolic(args, arrays, True), symbolic_of(kwargs, arrays, True)
    points = [value for _, value in arrays if value.dtype.kind == "f" and value.size]
    if not points:
        return

    def of_points(*nodes):
        given = iter(nodes)

        def put(value):
            if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size:
                return next(given)
            return type(value)(map(put, value)) if isinstance(value, list | tuple) else value

        made = getattr(T, name)(*put(args), **{key: put(value) for key, value in kwargs.items()})
        return sum(T.sum(T.sin(one)) for one in flat(made) if isinstance(one, Node) and one.dtype[0] == "f")

    with sd.config.change(backend="numpy"):
        sd.verify_grad(of_points, points, rng=np.random.default_rng(0))


def test_python_numbers_widen_nothing():
    """A share, an exponent or a width written as a number takes the dtype of what it meets; float16 is storage."""
    x, half = T.fvector(), T.vector(dtype="float16")
    with sd.config.change(floatX="float64"):
        made = [T.quantile(x, 0.3), T.nanquantile(x, 0.3), T.percentile(x, 30), T.average(x), T.ldexp(x, 2)]
        assert {one.dtype for one in made} == {"float32"}
    assert {T.median(half).dtype, T.nnet.mish(half).dtype, T.modf(half)[0].dtype} == {"float32"}
